//! The engine as its callers see it: load, decide, commit, answer. Holds no rule of a programme.

#[cfg(feature = "sqlite")]
mod audit;
mod deploy;
mod due;
mod erased;
mod facts;
mod failure;
mod hints;
mod load;
mod ready;
mod report;
mod roster;
mod search;
mod settle;
mod stir;
mod turns;
mod unit;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, RwLock};

use annona_definitions::Programme;
use annona_definitions::programme::ProgrammeId;
use jiff::Timestamp;
use lru::LruCache;

use crate::application::Application;
use crate::clock::Clock;
use crate::command::{Action, Command, Submit};
use crate::decide::refused;
use crate::event::Event;
use crate::id::{ApplicationId, Who};
use crate::recorded::Hash;
use crate::store::{Store, StoredOutcome};
use crate::vault::MasterKey;
use crate::voucher::keys::SigningKey;
use crate::writer::Writer;

#[cfg(feature = "sqlite")]
pub use audit::{AuditError, Audited, audit};
pub use deploy::{DeployError, Deployed};
pub use due::Swept;
pub use erased::erase_without_key;
pub use failure::Failure;
pub use load::Loaded;
pub use report::Report;
pub use search::Filled;
pub use unit::TOKEN_PATH;

/// Applications kept in memory with their opened values.
const CACHED_APPLICATIONS: usize = 4_096;

/// The engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    writer: Writer,
    clock: Arc<dyn Clock>,
    master: MasterKey,
    signer: Arc<SigningKey>,
    settings: Settings,
    programmes: RwLock<HashMap<Hash, Arc<Programme>>>,
    applications: Mutex<LruCache<ApplicationId, Arc<Loaded>>>,
    roster: roster::Followed,
    /// Held while a roster is recorded and followed, so that rights follow rosters in their order.
    applying: tokio::sync::Mutex<()>,
    turns: turns::Turns,
    stirred: stir::Stirred,
}

/// What the installation says of itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer as named in the trust list.
    pub issuer: String,
    /// Address for people and devices, without a trailing slash.
    pub address: String,
    /// How many indexes one status list has.
    pub status_list_size: u32,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A person or provider of the roster.
    Listed(Who),
    /// An applicant, known by the keyed hash of their contact in one programme.
    Applicant {
        /// The programme.
        programme: ProgrammeId,
        /// Keyed hash of the contact.
        contact: Hash,
    },
    /// The engine itself.
    Engine,
}

impl Principal {
    /// Returns who stands in the events.
    #[must_use]
    pub fn who(&self) -> Who {
        match self {
            Self::Listed(who) => who.clone(),
            Self::Applicant { .. } => Who::Applicant,
            Self::Engine => Who::Engine,
        }
    }

    /// Returns a hash that tells this principal from every other.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self {
            Self::Listed(who) => Hash::of(who.to_string().as_bytes()),
            Self::Applicant { programme, contact } => {
                Hash::of(format!("applicant:{programme}:{contact}").as_bytes())
            }
            Self::Engine => Hash::of(b"engine"),
        }
    }
}

/// The key of a request: the same key and body are answered alike, and done once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idempotency {
    /// SHA-256 of principal, route and key.
    pub scope: Hash,
    /// SHA-256 of the body.
    pub request: Hash,
}

/// What a command came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The application afterwards.
    pub application: Application,
    /// What was recorded.
    pub events: Vec<Event>,
    /// Whether it was recorded by an earlier request of the same key.
    pub replayed: bool,
}

impl Engine {
    /// Starts the engine over a store.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the roster cannot be read.
    pub async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        master: MasterKey,
        signer: SigningKey,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let roster = roster::Followed::read(&*store).await?;
        let writer = Writer::start(Arc::clone(&store));
        Ok(Self(Arc::new(Inner {
            store,
            writer,
            clock,
            master,
            signer: Arc::new(signer),
            settings,
            programmes: RwLock::default(),
            applications: Mutex::new(LruCache::new(
                NonZeroUsize::new(CACHED_APPLICATIONS).unwrap_or(NonZeroUsize::MIN),
            )),
            roster,
            applying: tokio::sync::Mutex::default(),
            turns: turns::Turns::default(),
            stirred: stir::Stirred::default(),
        })))
    }

    /// Returns the store, for reading.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// Returns the clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Returns the instant now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Returns the master key.
    #[must_use]
    pub fn master(&self) -> &MasterKey {
        &self.0.master
    }

    /// Returns what the installation says of itself.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Stops taking work and waits until what was taken is recorded.
    pub async fn stop(&self) {
        self.0.writer.stop().await;
    }

    /// Sends an application.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with the answer, or why it could not be recorded.
    pub async fn submit(
        &self,
        principal: &Principal,
        submit: Submit,
        idempotency: Option<Idempotency>,
    ) -> Result<Outcome, Failure> {
        let programme = self.newest(&submit.programme).await?.ok_or(crate::Refusal::NotFound)?;
        let on_behalf_of = matches!(principal, Principal::Listed(_)).then_some(Who::Applicant);
        let command =
            Command { who: principal.who(), on_behalf_of, action: Action::Submit(submit) };
        self.settle(principal, None, &programme, &command, idempotency).await
    }

    /// Does something with an application.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with the answer, or why it could not be recorded.
    pub async fn handle(
        &self,
        principal: &Principal,
        application: ApplicationId,
        action: Action,
        idempotency: Option<Idempotency>,
    ) -> Result<Outcome, Failure> {
        // Its definition never changes: what is kept here tells it, however old.
        let loaded = self.load_recent(application).await?.ok_or(crate::Refusal::NotFound)?;
        let programme = self.programme(loaded.application.definition).await?;
        let speaks = matches!(action, Action::Answer { .. } | Action::Withdraw);
        let for_another = speaks && matches!(principal, Principal::Listed(_));
        let on_behalf_of = for_another.then_some(Who::Applicant);
        let command = Command { who: principal.who(), on_behalf_of, action };
        self.settle(principal, Some(application), &programme, &command, idempotency).await
    }

    /// Returns what an earlier request of the same key came to.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if it was refused although something was recorded, or why it cannot be told.
    pub async fn earlier(
        &self,
        idempotency: Option<Idempotency>,
    ) -> Result<Option<Outcome>, Failure> {
        let Some(key) = idempotency else { return Ok(None) };
        match self.0.store.idempotent(key.scope).await? {
            Some(stored) => self.replay(stored, idempotency).await.map(Some),
            None => Ok(None),
        }
    }

    /// Answers again from what was recorded: the row is folded up to where it stood then.
    async fn replay(
        &self,
        stored: StoredOutcome,
        idempotency: Option<Idempotency>,
    ) -> Result<Outcome, Failure> {
        if idempotency.is_none_or(|key| key.request != stored.request) {
            return Err(Failure::IdempotencyMismatch);
        }
        let mut recorded = self.0.store.events(stored.application, 1).await?;
        recorded.retain(|event| event.version <= stored.last);
        let application = crate::evolve::fold(&recorded)
            .map_err(|cause| Failure::Broken(cause.to_string()))?
            .ok_or_else(|| Failure::Broken("an answered request left no event".to_owned()))?;
        let events = recorded
            .iter()
            .filter(|event| event.version >= stored.first)
            .map(|event| {
                Event::read(&event.bytes).map_err(|cause| Failure::Broken(cause.to_string()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        match refused(&application, &events) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(Outcome { application, events, replayed: true }),
        }
    }
}
