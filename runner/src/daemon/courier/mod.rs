//! The courier: takes an entry of the outbox to everybody whom it concerns, by the channels that reach them.
//!
//! Words come from the programme ([`annona_engine::message`]); when to try again is the outbox's.

mod code;
mod reader;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use annona_definitions::Programme;
use annona_definitions::value::Value;
use annona_engine::effect::Notify;
use annona_engine::event::{Body, Event};
use annona_engine::id::ApplicationId;
use annona_engine::message::{self, Telling};
use annona_engine::outbox::{self, Tried};
use annona_engine::recorded::Opened;
use annona_engine::service::{Engine, Failure, Loaded, TOKEN_PATH};
use annona_engine::store::{OutboxContent, OutboxEntry};
use annona_engine::voucher::qr;
use async_trait::async_trait;

use self::reader::{Reader, readers};
use crate::channels::{Address, Attachment, Channel, Delivery, Outgoing};

/// Pixels for each module of a voucher's code.
const QR_SCALE: u32 = 6;
/// Most entries of which it is remembered whom they have reached.
const MAX_REMEMBERED: usize = 10_000;
/// Characters of a message's id that tell its reader.
const READER_CHARACTERS: usize = 20;

/// Takes messages to people.
#[derive(Debug)]
pub(super) struct Courier {
    engine: Engine,
    /// In order; the first that reaches an address is used.
    channels: Vec<Arc<dyn Channel>>,
    /// Ids of messages that arrived, by entries that are not done: they are not sent twice while this process lives.
    arrived: Mutex<HashMap<u64, HashSet<String>>>,
}

impl Courier {
    /// Returns a courier with these channels.
    pub(super) fn new(engine: Engine, channels: Vec<Arc<dyn Channel>>) -> Self {
        Self { engine, channels, arrived: Mutex::default() }
    }

    /// Returns the messages of an entry; none where there is nobody to be told.
    async fn messages(&self, entry: &OutboxEntry) -> Result<Vec<Outgoing>, Failure> {
        match &entry.content {
            OutboxContent::SignIn(sealed) => code::message(&self.engine, entry.id, sealed)
                .map(|message| message.into_iter().collect()),
            OutboxContent::Notice { application, notify } => {
                self.notices(entry.id, *application, notify).await
            }
        }
    }

    async fn notices(
        &self,
        entry: u64,
        application: ApplicationId,
        notify: &Notify,
    ) -> Result<Vec<Outgoing>, Failure> {
        let Some(loaded) = self.engine.load(application).await? else { return Ok(Vec::new()) };
        if loaded.application.erased {
            return Ok(Vec::new());
        }
        let programme = self.engine.programme(loaded.application.definition).await?;
        let notice = programme.notices.get(usize::from(notify.notice));
        let Some(notice) = notice.filter(|notice| notice.event == notify.event) else {
            return Err(Failure::Broken("a notice is not in its definition".to_owned()));
        };
        let event = self.event(application, notify.version).await?;
        let roster = self.engine.current_roster().await?;
        let provider = match &event.body {
            Body::VoucherRedeemed { provider, .. } => roster.provider(provider),
            _ => None,
        };
        let telling = Telling {
            programme: &programme,
            application: &loaded.application,
            opened: &loaded.opened,
            event: &event,
            address: &self.engine.settings().address,
            provider: provider.map(|provider| provider.name.as_str()),
        };
        let readers = readers(&programme, &loaded, notify, &notice.by, &roster, provider);
        let written = readers.into_iter().map(|reader| {
            let words = message::render(telling, notice, &notify.to, &reader.language);
            let attachments =
                if words.attach_voucher { voucher(&programme, &loaded)? } else { Vec::new() };
            Ok(self.outgoing(entry, reader, words.subject, words.body, attachments))
        });
        written.collect()
    }

    async fn event(&self, application: ApplicationId, version: u64) -> Result<Event, Failure> {
        let events = self.engine.store().events(application, version).await?;
        let stored = events.first().filter(|event| event.version == version);
        stored.and_then(|stored| Event::read(&stored.bytes).ok()).ok_or_else(|| {
            Failure::Broken("a notice tells of an event that is not there".to_owned())
        })
    }

    fn outgoing(
        &self,
        entry: u64,
        reader: Reader,
        subject: String,
        body: String,
        attachments: Vec<Attachment>,
    ) -> Outgoing {
        let id = message_id(&self.engine, entry, &reader.to);
        Outgoing { id, to: reader.to, subject, body, attachments, at: self.engine.now() }
    }

    /// Tries once to send a message by the first channel that reaches its address.
    async fn send(&self, message: &Outgoing) -> Delivery {
        match self.channels.iter().find(|channel| channel.reaches(&message.to)) {
            Some(channel) => channel.deliver(message).await,
            None => Delivery::Permanent { cause: "no channel reaches this address".to_owned() },
        }
    }

    fn has_arrived(&self, entry: u64, message: &str) -> bool {
        let arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.get(&entry).is_some_and(|arrived| arrived.contains(message))
    }

    fn remember(&self, entry: u64, message: &str) {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        if arrived.len() < MAX_REMEMBERED || arrived.contains_key(&entry) {
            arrived.entry(entry).or_default().insert(message.to_owned());
        }
    }
}

#[async_trait]
impl outbox::Courier for Courier {
    async fn deliver(&self, entry: &OutboxEntry) -> Tried {
        let messages = match self.messages(entry).await {
            Ok(messages) => messages,
            Err(failure) => {
                tracing::error!(entry = entry.id, cause = %failure, "a message cannot be written");
                return Tried::Later {
                    cause: "the message cannot be written from what is stored".to_owned(),
                    retry_after: None,
                };
            }
        };
        // One reader who is not reached does not keep the message from the others; a wait outweighs a refusal.
        let (mut waits, mut refused) = (None, None);
        for message in messages {
            if self.has_arrived(entry.id, &message.id) {
                continue;
            }
            match self.send(&message).await {
                Delivery::Delivered => self.remember(entry.id, &message.id),
                Delivery::Temporary { cause, retry_after } => {
                    waits = Some(Tried::Later { cause, retry_after });
                }
                Delivery::Permanent { cause } => refused = Some(Tried::Never { cause }),
            }
        }
        let tried = waits.or(refused).unwrap_or(Tried::Done);
        if tried == Tried::Done {
            self.arrived.lock().unwrap_or_else(PoisonError::into_inner).remove(&entry.id);
        }
        tried
    }
}

/// Returns the id of a message: the same at every try, another in every installation, and silent about its reader.
fn message_id(engine: &Engine, entry: u64, to: &Address) -> String {
    let (kind, address) = match to {
        Address::Email(address) => ("email", address),
        Address::Phone(number) => ("phone", number),
    };
    let reader = engine.master().hash("message", &format!("{entry}\n{kind}\n{address}"));
    let reader: String = reader.to_string().chars().take(READER_CHARACTERS).collect();
    format!("{entry:08}-{reader}")
}

/// Returns the voucher's code as a picture; nothing where it has none.
fn voucher(programme: &Programme, loaded: &Loaded) -> Result<Vec<Attachment>, Failure> {
    let Some(token) = token(&loaded.opened) else { return Ok(Vec::new()) };
    let number = loaded.application.voucher.as_ref().map(|voucher| voucher.number.as_str());
    let name = format!("{}-{}.png", programme.id, number.unwrap_or("voucher"));
    let bytes = qr::png(token, QR_SCALE).map_err(|cause| Failure::Broken(cause.to_string()))?;
    Ok(vec![Attachment { name, media_type: "image/png".to_owned(), bytes }])
}

fn token(opened: &Opened) -> Option<&str> {
    opened.0.values().find(|personal| personal.path == TOKEN_PATH).and_then(|personal| {
        match &personal.value {
            Value::Text(token) => Some(token.as_str()),
            _ => None,
        }
    })
}
