//! A small programme, its people, and engines over one store.

use std::sync::Arc;

use annona_definitions::programme::ProgrammeId;
use annona_engine::application::Application;
use annona_engine::clock::Still;
use annona_engine::command::{Action, Decide, Submit, Verdict};
use annona_engine::event::{Body, Event};
use annona_engine::id::{ApplicationId, Who};
use annona_engine::service::{Engine, Principal, Settings};
use annona_engine::store::Memory;
use annona_engine::vault::MasterKey;
use annona_engine::voucher::SigningKey;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Monday, nine o'clock in Kampala.
pub(crate) const START: &str = "2026-03-02T06:00:00Z";

const PROGRAMME: &str = r#"
format: 1
programme: kit
title: Kit
currency: USD
calendar: {timezone: Africa/Kampala}
roles: {clerk: Clerk, supervisor: Supervisor}
form:
  name: {label: Name, type: text}
  phone: {label: Phone, type: phone}
  school: {label: School, type: text}
stages:
  - stage: visit
    role: clerk
    send_back: {to: applicant, answer_within: 3 days, then: reject, reason: no_answer}
    due: 2 days
    if_late:
      - {after: 1 days, do: remind}
      - {after: 2 days, do: escalate, to: supervisor}
      - {after: 5 days, do: pass}
  - {stage: final, role: supervisor, due: 3 days}
reasons:
  reject: {no_answer: No answer came}
  send_back: {missing: Something is missing}
notify:
  submitted: {to: applicant, en: "{reference} received"}
  reminder: {to: officer, en: "{reference} is due {deadline}"}
  escalated: {en: "{reference} is late"}
  rejected: {to: applicant, en: "{reason}"}
voucher: {amount: 50, valid: 10 days, providers: [shop]}
SCHEDULES
keep: 1 year
"#;

/// Engines over one store and one clock.
pub(crate) struct World {
    pub(crate) store: Arc<Memory>,
    pub(crate) clock: Arc<Still>,
    pub(crate) engine: Engine,
}

impl World {
    /// Returns an engine with the programme deployed.
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// Returns an engine with the programme and these lines of it deployed.
    pub(crate) async fn with(schedules: &str) -> Self {
        let store = Arc::new(Memory::new());
        let clock = Arc::new(Still::at(START.parse().unwrap()));
        let engine = start(&store, &clock).await;
        let person = |id: &str, role: &str| json!({"id": id, "name": id, "holds": [{"programme": "kit", "role": role}]});
        let roster = json!({"people": [
            person("ann", "clerk"), person("sue", "supervisor"),
            {"id": "portal", "name": "Portal", "holds": [{"role": "intake"}]},
        ]});
        engine.set_roster(&Who::Engine, serde_json::from_value(roster).unwrap()).await.unwrap();
        let source = PROGRAMME.replace("SCHEDULES", schedules);
        engine.deploy(&Who::Engine, source.as_bytes()).await.unwrap();
        Self { store, clock, engine }
    }

    /// Returns another daemon's engine over the same store.
    pub(crate) async fn another(&self) -> Engine {
        start(&self.store, &self.clock).await
    }

    /// Moves the clock on.
    pub(crate) fn pass(&self, duration: SignedDuration) {
        self.clock.set(self.engine.now() + duration);
    }

    /// Moves the clock to an instant.
    pub(crate) fn at(&self, instant: &str) {
        self.clock.set(instant.parse::<Timestamp>().unwrap());
    }

    /// Sends an application.
    pub(crate) async fn submit(&self) -> ApplicationId {
        let form = json!({"name": "Amina", "phone": "+256700000001", "school": "Gulu Primary"});
        let submit = Submit { programme: ProgrammeId::recorded("kit"), form };
        let portal = Principal::Listed(Who::Person("portal".into()));
        self.engine.submit(&portal, submit, None).await.unwrap().application.id
    }

    /// Decides on the open task.
    pub(crate) async fn decide(
        &self,
        who: &str,
        id: ApplicationId,
        verdict: Verdict,
        reason: Option<&str>,
    ) {
        let task = self.application(id).await.tasks[0].clone();
        let action = Action::Decide(Decide {
            task: task.number,
            seen: Some(task.content),
            verdict,
            reason: reason.map(annona_definitions::programme::ReasonId::recorded),
            note: None,
        });
        let who = Principal::Listed(Who::Person(who.into()));
        self.engine.handle(&who, id, action, None).await.unwrap();
    }

    /// Takes an application through both stages, so that it has a voucher.
    pub(crate) async fn approve(&self, id: ApplicationId) {
        for who in ["ann", "sue"] {
            self.decide(who, id, Verdict::Approve { answers: json!({}) }, None).await;
        }
    }

    /// Returns an application as it stands.
    pub(crate) async fn application(&self, id: ApplicationId) -> Application {
        self.engine.load(id).await.unwrap().unwrap().application.clone()
    }

    /// Returns an application as the store has it, whichever engine wrote it.
    pub(crate) async fn fresh(&self, id: ApplicationId) -> Application {
        let stored = annona_engine::store::Store::application(&*self.store, id).await;
        stored.unwrap().unwrap().application
    }

    /// Returns how many of an application's events are such.
    pub(crate) async fn count(&self, id: ApplicationId, is: fn(&Body) -> bool) -> usize {
        let events = annona_engine::store::Store::events(&*self.store, id, 1).await.unwrap();
        let events = events.iter().map(|event| Event::read(&event.bytes).unwrap());
        events.filter(|event| is(&event.body)).count()
    }
}

async fn start(store: &Arc<Memory>, clock: &Arc<Still>) -> Engine {
    let settings = Settings {
        issuer: "annona".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 10,
    };
    let key = SigningKey::from_seed(&[7; 32]);
    Engine::start(
        Arc::clone(store) as _,
        Arc::clone(clock) as _,
        MasterKey::new([1; 32]),
        key,
        settings,
    )
    .await
    .unwrap()
}

/// Returns so many days.
pub(crate) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}
