//! A run over what is due passes the applications that fail.

use std::sync::Arc;

use annona_definitions::programme::ProgrammeId;
use serde_json::json;

use super::super::{Engine, Failure, Principal, Settings};
use crate::application::{Status, Timer, TimerRule};
use crate::clock::Still;
use crate::command::Submit;
use crate::id::Who;
use crate::roster::Roster;
use crate::store::conformance::sample::{new, unit, voucher};
use crate::store::{Memory, Store as _};
use crate::vault::MasterKey;
use crate::voucher::SigningKey;

/// Applications that fail before the one that does not: more than a page.
const BROKEN: u32 = 450;

const PROGRAMME: &str = r"
format: 1
programme: surgery
title: Surgery
roles: {clerk: Clerk}
form: {name: {label: Name, type: text}}
stages:
  - {stage: review, role: clerk, due: 1 day, if_late: [{after: 1 day, do: reject, reason: late}]}
reasons: {reject: {late: Nobody decided}}
keep: 10 days
";

/// Returns an engine with many applications of which everything is due and whose definition is missing.
async fn engine(clock: &Arc<Still>) -> Engine {
    let store = Memory::new();
    for n in 1..=BROKEN {
        let mut one = new(n);
        let due = one.application.submitted_at;
        let timer = Timer { rule: TimerRule::Late(0), due };
        one.application.tasks.iter_mut().for_each(|task| task.timers = vec![timer]);
        one.application.voucher = Some(voucher(n, due));
        one.erase_at = Some(due);
        store.commit(&[unit(&one)]).await.unwrap();
    }
    let settings = Settings {
        issuer: "annona".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 17,
    };
    let key = SigningKey::from_seed(&[7; 32]);
    let master = MasterKey::new([1; 32]);
    let engine = Engine::start(Arc::new(store), clock.clone(), master, key, settings);
    let engine = engine.await.unwrap();
    let ada = Who::Person("ada".into());
    let roster: Roster = serde_json::from_value(json!({"people": [
        {"id": "ada", "name": "Ada", "holds": [{"role": "administrator"}]},
        {"id": "portal", "name": "Portal", "holds": [{"role": "intake"}]},
    ]}))
    .unwrap();
    engine.set_roster(&ada, roster).await.unwrap();
    engine.deploy(&ada, PROGRAMME.as_bytes()).await.unwrap();
    engine
}

#[tokio::test]
async fn what_is_due_behind_many_failing_applications_is_done_and_they_are_named() {
    let clock = Arc::new(Still::at("2026-03-02T06:00:00Z".parse().unwrap()));
    let engine = engine(&clock).await;
    let portal = Principal::Listed(Who::Person("portal".into()));
    let submit = Submit {
        programme: ProgrammeId::recorded("surgery"),
        form: json!({"name": "Amina Nakato"}),
    };
    let sent = engine.submit(&portal, submit, None).await.unwrap().application;

    clock.set("2026-03-04T06:00:00Z".parse().unwrap());
    let fired = engine.fire_timers().await.unwrap();
    assert_eq!(fired.done, 1);
    let row = engine.load(sent.id).await.unwrap().unwrap();
    assert_eq!(row.application.status, Status::Rejected);

    clock.set("2026-04-04T06:00:00Z".parse().unwrap());
    let erased = engine.erase_past_keeping().await.unwrap();
    assert_eq!(erased.done, 1);
    assert!(engine.load(sent.id).await.unwrap().unwrap().application.erased);

    let expired = engine.expire_vouchers("surgery").await.unwrap();
    assert_eq!(expired.done, 0);
    for swept in [fired, erased, expired] {
        assert_eq!(swept.failed.len(), usize::try_from(BROKEN).unwrap());
        assert!(swept.failed.values().all(|failure| matches!(failure, Failure::Broken(_))));
    }
}

#[tokio::test]
async fn a_run_ends_with_the_writer() {
    let clock = Arc::new(Still::at("2026-03-02T06:00:00Z".parse().unwrap()));
    let engine = engine(&clock).await;
    engine.is_writable().await.unwrap();
    engine.stop().await;
    assert!(engine.is_writable().await.is_err());
    assert!(engine.fire_timers().await.is_err());
}
