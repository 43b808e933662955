//! Messages as people get them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use annona_definitions::programme::ProgrammeId;
use annona_engine::clock::Still;
use annona_engine::command::{Action, Decide, Redeem, Submit, Verdict};
use annona_engine::id::{DocumentId, Who};
use annona_engine::outbox::{Courier as _, Outbox};
use annona_engine::recorded::Hash;
use annona_engine::roster::Roster;
use annona_engine::service::{Principal, Settings};
use annona_engine::store::{Memory, Record, SignIn, Store as _, StoredDocument};
use annona_engine::vault::MasterKey;
use annona_engine::voucher::SigningKey;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::*;
use crate::sign_in_message::CodeMessage;

/// Monday, nine o'clock in Kampala.
const START: &str = "2026-03-02T06:00:00Z";

/// A channel for some addresses, which may be busy with one of them.
#[derive(Debug, Default)]
struct Sent {
    messages: Mutex<Vec<Outgoing>>,
    only_mail: bool,
    busy_with: Option<&'static str>,
    is_free: AtomicBool,
}

#[async_trait]
impl Channel for Sent {
    fn reaches(&self, to: &Address) -> bool {
        !self.only_mail || matches!(to, Address::Email(_))
    }

    async fn deliver(&self, message: &Outgoing) -> Delivery {
        let is_busy = self.busy_with.is_some_and(|busy| address(message) == busy);
        if is_busy && !self.is_free.load(Ordering::SeqCst) {
            return Delivery::Temporary { cause: "busy".to_owned(), retry_after: None };
        }
        self.messages.lock().unwrap().push(message.clone());
        Delivery::Delivered
    }
}

impl Sent {
    fn taken(&self) -> Vec<Outgoing> {
        std::mem::take(&mut *self.messages.lock().unwrap())
    }
}

fn address(message: &Outgoing) -> &str {
    let (Address::Email(to) | Address::Phone(to)) = &message.to;
    to
}

/// Who was told what.
fn told(messages: &[Outgoing]) -> Vec<String> {
    messages.iter().map(|message| format!("{}: {}", address(message), message.body)).collect()
}

struct World {
    engine: Engine,
    store: Arc<Memory>,
    clock: Arc<Still>,
}

impl World {
    async fn new() -> Self {
        Self::of(&String::from_utf8(example("urgent-surgery/programme.yaml")).unwrap()).await
    }

    /// Returns an engine in which this definition is deployed.
    async fn of(source: &str) -> Self {
        let (store, clock) = (Arc::new(Memory::new()), Arc::new(Still::at(START.parse().unwrap())));
        let settings = Settings {
            issuer: "annona".into(),
            address: "https://aid.example".into(),
            status_list_size: 1 << 10,
        };
        let key = SigningKey::from_seed(&[7; 32]);
        let (opened, master) = (Arc::clone(&store), MasterKey::new([1; 32]));
        let engine = Engine::start(opened, Arc::clone(&clock) as _, master, key, settings);
        let engine = engine.await.unwrap();
        let roster: Roster = serde_yaml::from_slice(&example("roster.yaml")).unwrap();
        engine.set_roster(&Who::Engine, roster).await.unwrap();
        engine.deploy(&Who::Engine, source.as_bytes()).await.unwrap();
        Self { engine, store, clock }
    }

    fn outbox(&self, channels: &[&Arc<Sent>]) -> Outbox {
        Outbox::new(self.engine.clone(), Arc::new(self.courier(channels)))
    }

    fn courier(&self, channels: &[&Arc<Sent>]) -> Courier {
        let channels = channels.iter().map(|channel| Arc::clone(channel) as Arc<dyn Channel>);
        Courier::new(self.engine.clone(), channels.collect())
    }

    fn pass(&self, duration: SignedDuration) {
        self.clock.set(self.engine.now() + duration);
    }

    /// Sends the example application, with other values in places.
    async fn submit(&self, other: &Json) -> ApplicationId {
        let id = ProgrammeId::recorded("urgent-surgery");
        let programme = self.engine.newest(&id).await.unwrap().unwrap();
        let portal = person("portal");
        let document = StoredDocument {
            id: DocumentId(uuid::Uuid::from_bytes(crate::random::bytes().unwrap())),
            sha256: Hash([9; 32]),
            size: 9,
            media_type: "application/pdf".into(),
            file: "9".into(),
            key: Vec::new(),
            uploader: portal.hash(),
            uploaded_at: self.engine.now(),
            application: None,
        };
        let mut form = programme.examples["amina"].clone();
        form["estimate"] = json!(document.id.to_string());
        self.engine.record(Record::AddDocument(document)).await.unwrap();
        for (name, value) in other.as_object().unwrap() {
            form[name] = value.clone();
        }
        let submit = Submit { programme: id, form };
        self.engine.submit(&portal, submit, None).await.unwrap().application.id
    }

    async fn approve(&self, id: ApplicationId, who: &str, answers: Json) {
        let loaded = self.engine.load(id).await.unwrap().unwrap();
        let task = &loaded.application.tasks[0];
        let action = Action::Decide(Decide {
            task: task.number,
            seen: Some(task.content),
            verdict: Verdict::Approve { answers },
            reason: None,
            note: None,
        });
        self.engine.handle(&person(who), id, action, None).await.unwrap();
    }
}

fn person(id: &str) -> Principal {
    Principal::Listed(Who::Person(id.into()))
}

fn example(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path)).unwrap()
}

async fn deliver_all(outbox: &Outbox) {
    while outbox.deliver_next().await.unwrap() {}
}

#[tokio::test]
async fn an_applicant_is_told_by_phone_in_their_language() {
    let world = World::new().await;
    world.submit(&json!({"language": "fr"})).await;
    let sent = Arc::new(Sent::default());
    deliver_all(&world.outbox(&[&sent])).await;
    let messages = sent.taken();
    let told = told(&messages);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("+256700000001: Demande US-"), "{told:?}");
    assert!(told[0].ends_with(" reçue."), "{told:?}");
    assert!(messages[0].attachments.is_empty());
}

#[tokio::test]
async fn a_voucher_goes_out_with_its_code() {
    let world = World::new().await;
    let id = world.submit(&json!({"cost": "900.00"})).await;
    world.approve(id, "ama", json!({"visited": true})).await;
    world.approve(id, "grace", json!({"amount": "900.00"})).await;
    world.approve(id, "daniel", json!({})).await;
    let sent = Arc::new(Sent::default());
    deliver_all(&world.outbox(&[&sent])).await;
    let messages = sent.taken();
    assert_eq!(messages.len(), 2, "received, then the voucher");
    assert!(messages[1].body.starts_with("Approved: "), "{:?}", messages[1].body);
    let [code] = &*messages[1].attachments else { panic!("one attachment") };
    assert_eq!(code.media_type, "image/png");
    let number = voucher_number(&world, id).await;
    assert_eq!(code.name, format!("urgent-surgery-{number}.png"));
    assert!(code.bytes.starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn an_officer_is_reminded_of_what_they_hold_and_nobody_of_what_nobody_holds() {
    let world = World::new().await;
    let held = world.submit(&json!({})).await;
    world.engine.handle(&person("ama"), held, Action::Claim { task: 1 }, None).await.unwrap();
    world.submit(&json!({"national_id": "0000000000"})).await;
    world.pass(SignedDuration::from_hours(48));
    world.engine.fire_timers().await.unwrap();
    let sent = Arc::new(Sent::default());
    deliver_all(&world.outbox(&[&sent])).await;
    let messages = sent.taken();
    let reminders: Vec<_> =
        messages.iter().filter(|message| message.body.contains("is due")).collect();
    assert_eq!(reminders.len(), 1);
    assert_eq!(address(reminders[0]), "ama@example.org");
}

#[tokio::test]
async fn an_escalation_reaches_those_who_hold_the_role_by_the_named_channel_alone() {
    let world = World::new().await;
    world.submit(&json!({})).await;
    world.pass(SignedDuration::from_hours(72));
    world.engine.fire_timers().await.unwrap();
    let (mail, folder) =
        (Arc::new(Sent { only_mail: true, ..Sent::default() }), Arc::new(Sent::default()));
    deliver_all(&world.outbox(&[&mail, &folder])).await;
    let by_mail = told(&mail.taken());
    assert_eq!(by_mail.len(), 1);
    assert!(by_mail[0].starts_with("sofia@example.org: US-"), "{by_mail:?}");
    assert!(by_mail[0].contains(" is late: https://aid.example/v1/tasks/"), "{by_mail:?}");
    // What no other channel reaches goes to the last one.
    assert!(told(&folder.taken())[0].starts_with("+256700000001: "));
}

#[tokio::test]
async fn a_message_has_one_id_at_every_try_and_another_for_every_reader() {
    let world = World::new().await;
    world.submit(&json!({})).await;
    world.submit(&json!({"national_id": "0000000000", "phone": "+256700000002"})).await;
    let entries = world.store.due_outbox(world.engine.now(), 9).await.unwrap();
    let sent = Arc::new(Sent::default());
    let mut ids = Vec::new();
    for entry in [&entries[0], &entries[0], &entries[1]] {
        // A courier of its own each time: as after a crash before the outcome was recorded.
        assert_eq!(world.courier(&[&sent]).deliver(entry).await, Tried::Done);
        ids.push(sent.taken()[0].id.clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert!(ids.iter().all(|id| id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')));
}

#[tokio::test]
async fn a_reader_who_was_reached_is_not_told_again_because_another_was_not() {
    let world = World::new().await;
    let mut roster = (*world.engine.roster()).clone();
    let mut second = roster.person("sofia").unwrap().clone();
    (second.id, second.email) = ("sam".into(), Some("sam@example.org".into()));
    roster.people.push(second);
    world.engine.set_roster(&Who::Engine, roster).await.unwrap();
    world.submit(&json!({})).await;
    world.pass(SignedDuration::from_hours(72));
    world.engine.fire_timers().await.unwrap();
    let sent = Arc::new(Sent { busy_with: Some("sofia@example.org"), ..Sent::default() });
    let outbox = world.outbox(&[&sent]);
    deliver_all(&outbox).await;
    let late = |messages: &[Outgoing]| {
        told(messages).into_iter().filter(|it| it.contains("is late")).collect::<Vec<_>>()
    };
    let first = late(&sent.taken());
    assert!(first.len() == 1 && first[0].starts_with("sam@example.org"), "{first:?}");
    sent.is_free.store(true, Ordering::SeqCst);
    world.pass(SignedDuration::from_hours(1));
    deliver_all(&outbox).await;
    let second = late(&sent.taken());
    assert!(second.len() == 1 && second[0].starts_with("sofia@example.org"), "{second:?}");
}

#[tokio::test]
async fn a_message_of_an_application_that_was_erased_is_dropped() {
    let world = World::new().await;
    let id = world.submit(&json!({})).await;
    let entry = world.store.due_outbox(world.engine.now(), 9).await.unwrap().remove(0);
    world.engine.handle(&person("portal"), id, Action::Withdraw, None).await.unwrap();
    world.pass(SignedDuration::from_hours(24 * 400));
    assert_eq!(world.engine.erase_past_keeping().await.unwrap().done, 1);
    let sent = Arc::new(Sent::default());
    assert_eq!(world.courier(&[&sent]).deliver(&entry).await, Tried::Done);
    deliver_all(&world.outbox(&[&sent])).await;
    assert!(sent.taken().is_empty());
}

#[tokio::test]
async fn a_provider_is_told_of_what_it_redeemed() {
    let source = String::from_utf8(example("urgent-surgery/programme.yaml")).unwrap();
    let notice = r#"voucher_redeemed: {to: provider, en: "{provider}: {amount} taken, {balance} left", fr: "{balance}"}"#;
    let world =
        World::of(&source.replace("  reminder: {to", &format!("  {notice}\n  reminder: {{to")))
            .await;
    let mut roster = (*world.engine.roster()).clone();
    roster.providers[0].email = Some("ward@example.org".into());
    world.engine.set_roster(&Who::Engine, roster).await.unwrap();
    let id = world.submit(&json!({"cost": "900.00"})).await;
    world.approve(id, "ama", json!({"visited": true})).await;
    world.approve(id, "grace", json!({"amount": "900.00"})).await;
    world.approve(id, "daniel", json!({})).await;
    let loaded = world.engine.load(id).await.unwrap().unwrap();
    let voucher = loaded.application.voucher.as_ref().unwrap().id;
    let amount = Some("100".parse().unwrap());
    let redeem = Redeem { voucher, amount, check: Some("1234567890".into()) };
    let mulago = Principal::Listed(Who::Provider("mulago".into()));
    world.engine.handle(&mulago, id, Action::Redeem(redeem), None).await.unwrap();
    let sent = Arc::new(Sent::default());
    deliver_all(&world.outbox(&[&sent])).await;
    let messages = told(&sent.taken());
    assert_eq!(messages[2], "ward@example.org: Mulago Hospital: USD 100.00 taken, USD 800.00 left");
    assert_eq!(messages.len(), 3);
}

async fn voucher_number(world: &World, id: ApplicationId) -> String {
    let loaded = world.engine.load(id).await.unwrap().unwrap();
    loaded.application.voucher.as_ref().unwrap().number.clone()
}

async fn sign_in(world: &World, to: Address, language: &str) {
    let expires_at: Timestamp = world.engine.now() + SignedDuration::from_mins(10);
    let message = CodeMessage {
        to,
        code: "01234567".into(),
        title: "Urgent surgery".into(),
        language: language.into(),
        expires_at,
    };
    let sign_in = SignIn {
        id: uuid::Uuid::new_v4(),
        code: Hash([1; 32]),
        programme: "urgent-surgery".into(),
        contact: Hash([2; 32]),
        message: message.seal(world.engine.master(), [3; 24]),
        created_at: world.engine.now(),
        expires_at,
        tries_left: 5,
    };
    world.engine.record(Record::AddSignIn(sign_in)).await.unwrap();
}

#[tokio::test]
async fn a_code_goes_where_it_was_asked_for_and_not_once_it_is_over() {
    let world = World::new().await;
    sign_in(&world, Address::Email("amina@example.org".into()), "en").await;
    sign_in(&world, Address::Phone("+256700000001".into()), "fr").await;
    let sent = Arc::new(Sent::default());
    deliver_all(&world.outbox(&[&sent])).await;
    let messages = sent.taken();
    assert_eq!(messages[0].subject, "Urgent surgery: your code");
    insta::assert_snapshot!(told(&messages).join("\n"), @r"
    amina@example.org: Your code is 01234567. It can be used until 06:10 UTC. Give it to nobody: no officer asks for it.
    +256700000001: Votre code est 01234567. Il est valable jusqu'à 06:10 UTC. Ne le donnez à personne : aucun agent ne le demande.
    ");
    sign_in(&world, Address::Phone("+256700000001".into()), "en").await;
    world.pass(SignedDuration::from_mins(10));
    deliver_all(&world.outbox(&[&sent])).await;
    assert!(sent.taken().is_empty());
}
