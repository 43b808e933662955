//! Many at once, and callers that go away: nothing is lost, and the next read sees what was written.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::sync::Arc;

use annona_definitions::programme::ProgrammeId;
use annona_engine::Refusal;
use annona_engine::application::{Application, VoucherStatus};
use annona_engine::clock::Still;
use annona_engine::command::{Action, Decide, Redeem, Submit, Verdict};
use annona_engine::id::Who;
use annona_engine::roster::Roster;
use annona_engine::service::{Engine, Failure, Principal, Settings};
use annona_engine::store::Memory;
use annona_engine::vault::MasterKey;
use annona_engine::voucher::SigningKey;
use serde_json::json;

const PROGRAMME: &str = r"
format: 1
programme: kit
title: Kit
currency: USD
roles: {clerk: Clerk}
form: {name: {label: Name, type: text}}
stages: [{stage: review, role: clerk, due: 3 days}]
reasons: {reject: {no: No}}
voucher: {amount: 50, valid: 60 days, providers: [shop], redeem: {times: 1000, partial: true}}
keep: 1 year
";

fn person(id: &str) -> Principal {
    Principal::Listed(Who::Person(id.into()))
}

fn roster() -> Roster {
    let roster = json!({
        "people": [
            {"id": "ada", "name": "Ada", "holds": [{"role": "administrator"}]},
            {"id": "ann", "name": "Ann", "holds": [{"programme": "kit", "role": "clerk"}]},
            {"id": "portal", "name": "Portal", "holds": [{"role": "intake"}]},
        ],
        "providers": [{"id": "sun", "name": "Sun", "kind": "shop", "programmes": ["kit"]}],
    });
    serde_json::from_value(roster).unwrap()
}

async fn engine(status_list_size: u32) -> (Engine, Arc<Still>) {
    let clock = Arc::new(Still::at("2026-03-02T06:00:00Z".parse().unwrap()));
    let address = "https://aid.example".into();
    let settings = Settings { issuer: "annona".into(), address, status_list_size };
    let (master, key) = (MasterKey::new([1; 32]), SigningKey::from_seed(&[7; 32]));
    let engine = Engine::start(Arc::new(Memory::new()), clock.clone(), master, key, settings);
    let engine = engine.await.unwrap();
    engine.set_roster(&Who::Engine, roster()).await.unwrap();
    engine.deploy(&Who::Engine, PROGRAMME.as_bytes()).await.unwrap();
    (engine, clock)
}

async fn send(engine: &Engine) -> Application {
    let form = json!({"name": "Amina Nakato"});
    let submit = Submit { programme: ProgrammeId::recorded("kit"), form };
    engine.submit(&person("portal"), submit, None).await.unwrap().application
}

fn approve(sent: &Application) -> Action {
    let seen = Some(sent.tasks[0].content);
    let verdict = Verdict::Approve { answers: json!({}) };
    Action::Decide(Decide { task: 1, seen, verdict, reason: None, note: None })
}

async fn with_voucher(engine: &Engine) -> Application {
    let sent = send(engine).await;
    let approved = engine.handle(&person("ann"), sent.id, approve(&sent), None).await;
    approved.unwrap().application
}

/// Begins something, goes away as soon as it waits to be recorded, and waits until what is recorded after it is answered.
async fn leave<T>(engine: &Engine, begun: impl Future<Output = T>) {
    tokio::select! {
        biased;
        _ = begun => panic!("it was recorded at once"),
        () = std::future::ready(()) => {}
    }
    send(engine).await;
}

#[tokio::test]
async fn a_hundred_redemptions_at_once_are_all_answered_and_take_no_more_than_there_is() {
    let (engine, _) = engine(1 << 10).await;
    let done = with_voucher(&engine).await;
    let (id, voucher) = (done.id, done.voucher.unwrap().id);
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let engine = engine.clone();
            let redeem = Redeem { voucher, amount: Some(1.into()), check: None };
            let shop = Principal::Listed(Who::Provider("sun".into()));
            tokio::spawn(
                async move { engine.handle(&shop, id, Action::Redeem(redeem), None).await },
            )
        })
        .collect();
    let (mut taken, mut refused) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => taken += 1,
            Err(Failure::Refused(Refusal::VoucherUsedUp { .. })) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((taken, refused), (50, 50));
    let voucher = engine.load(id).await.unwrap().unwrap().application.voucher.clone().unwrap();
    assert_eq!((voucher.status, voucher.redemptions.len()), (VoucherStatus::Redeemed, 50));
}

#[tokio::test]
async fn what_a_caller_left_before_its_answer_is_seen_by_the_next_read() {
    let (engine, _) = engine(1 << 10).await;
    let sent = send(&engine).await;
    leave(&engine, engine.handle(&person("ann"), sent.id, approve(&sent), None)).await;
    let stored = engine.store().application(sent.id).await.unwrap().unwrap().application;
    assert!(stored.voucher.is_some());
    assert_eq!(engine.load(sent.id).await.unwrap().unwrap().application, stored);
}

#[tokio::test]
async fn values_are_erased_from_memory_too_where_the_caller_left() {
    let (engine, clock) = engine(1 << 10).await;
    let done = with_voucher(&engine).await;
    clock.set("2026-06-02T06:00:00Z".parse().unwrap());
    leave(&engine, engine.handle(&person("ada"), done.id, Action::Erase, None)).await;
    let loaded = engine.load(done.id).await.unwrap().unwrap();
    assert!(loaded.application.erased);
    assert!(loaded.key.is_none() && loaded.opened.0.is_empty());
}

#[tokio::test]
async fn rights_follow_a_roster_whose_sender_left_before_the_answer() {
    let (engine, _) = engine(1 << 10).await;
    let mut without_ann = roster();
    without_ann.people.retain(|person| person.id != "ann");
    leave(&engine, engine.set_roster(&Who::Engine, without_ann.clone())).await;
    assert_eq!(engine.store().roster().await.unwrap().unwrap().event.version, 2);
    assert_eq!(*engine.roster(), without_ann);
}

#[tokio::test]
async fn of_rosters_applied_at_once_rights_follow_the_last_that_is_recorded() {
    let (engine, _) = engine(1 << 10).await;
    let applied: Vec<_> = (0..20)
        .map(|number| {
            let (engine, mut next) = (engine.clone(), roster());
            next.people[1].name = format!("Ann {number}");
            tokio::spawn(async move { engine.set_roster(&Who::Engine, next).await })
        })
        .collect();
    for task in applied {
        task.await.unwrap().unwrap();
    }
    let recorded = engine.store().roster().await.unwrap().unwrap();
    assert_eq!(recorded.event.version, 21);
    let recorded: Roster = serde_json::from_str(&recorded.roster).unwrap();
    assert_eq!(*engine.roster(), recorded);
}

#[tokio::test]
async fn vouchers_go_on_to_the_next_status_list_where_one_is_full() {
    let (engine, _) = engine(1).await;
    let mut places = Vec::new();
    for _ in 0..3 {
        let index = with_voucher(&engine).await.voucher.unwrap().status_index;
        places.push((index.list, index.index));
    }
    assert_eq!(places, [(0, 0), (1, 0), (2, 0)]);
}
