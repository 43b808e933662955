//! A store that somebody has altered: each alteration is named, in a copy of a real file.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::path::Path;
use std::sync::Arc;

use annona_definitions::programme::ProgrammeId;
use annona_engine::application::Application;
use annona_engine::clock::Still;
use annona_engine::command::{Action, Decide, Redeem, Submit, Verdict};
use annona_engine::id::{ApplicationId, Who};
use annona_engine::service::{Audited, Engine, Principal, Settings, audit};
use annona_engine::store::Sqlite;
use annona_engine::vault::MasterKey;
use annona_engine::voucher::SigningKey;
use rusqlite::Connection;
use serde_json::json;

const PROGRAMME: &str = r"
format: 1
programme: kit
title: Kit
currency: USD
roles: {clerk: Clerk}
form:
  name: {label: Name, type: text}
  phone: {label: Phone, type: phone}
  cost: {label: Cost, type: money}
stages: [{stage: review, role: clerk, due: 3 days, if_late: [{after: 2 days, do: remind}]}]
reasons: {reject: {no: No}}
voucher: {amount: form.cost, ceiling: 500, valid: 60 days, providers: [shop], redeem: {partial: true}}
keep: 1 year
";

fn master() -> MasterKey {
    MasterKey::new([1; 32])
}

fn person(id: &str) -> Principal {
    Principal::Listed(Who::Person(id.into()))
}

async fn engine(file: &Path) -> (Engine, Sqlite) {
    let store = Sqlite::open(file).await.unwrap();
    let settings = Settings {
        issuer: "annona".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 10,
    };
    let clock = Arc::new(Still::at("2026-03-02T06:00:00Z".parse().unwrap()));
    let key = SigningKey::from_seed(&[7; 32]);
    let engine = Engine::start(Arc::new(store.clone()), clock, master(), key, settings);
    let engine = engine.await.unwrap();
    let roster = json!({
        "people": [
            {"id": "ann", "name": "Ann", "holds": [{"programme": "kit", "role": "clerk"}]},
            {"id": "portal", "name": "Portal", "holds": [{"role": "intake"}]},
        ],
        "providers": [{"id": "sun", "name": "Sun", "kind": "shop", "programmes": ["kit"]}],
    });
    engine.set_roster(&Who::Engine, serde_json::from_value(roster).unwrap()).await.unwrap();
    engine.deploy(&Who::Engine, PROGRAMME.as_bytes()).await.unwrap();
    (engine, store)
}

async fn send(engine: &Engine) -> Application {
    let form = json!({"name": "Amina", "phone": "+256700123456", "cost": "100.00"});
    let submit = Submit { programme: ProgrammeId::recorded("kit"), form };
    engine.submit(&person("portal"), submit, None).await.unwrap().application
}

/// Writes a file with an application in review, and one whose voucher is redeemed in part.
async fn written(file: &Path) -> [ApplicationId; 2] {
    let (engine, store) = engine(file).await;
    let (open, sent) = (send(&engine).await.id, send(&engine).await);
    let done = sent.id;
    let verdict = Verdict::Approve { answers: json!({}) };
    let decide =
        Decide { task: 1, seen: Some(sent.tasks[0].content), verdict, reason: None, note: None };
    let approved = engine.handle(&person("ann"), done, Action::Decide(decide), None).await.unwrap();
    let voucher = approved.application.voucher.unwrap().id;
    let redeem = Redeem { voucher, amount: Some("30.00".parse().unwrap()), check: None };
    let shop = Principal::Listed(Who::Provider("sun".into()));
    engine.handle(&shop, done, Action::Redeem(redeem), None).await.unwrap();
    // What no application stays on, and a roster that follows another.
    let later = PROGRAMME.replace("title: Kit", "title: Kits");
    engine.deploy(&Who::Engine, later.as_bytes()).await.unwrap();
    let mut next = (*engine.roster()).clone();
    next.people[0].name = "Anna".into();
    engine.set_roster(&Who::Engine, next).await.unwrap();
    engine.stop().await;
    store.close().await;
    [open, done]
}

async fn found(file: &Path, master: &MasterKey) -> Result<Audited, String> {
    let store = Sqlite::open_to_read(file).await.unwrap();
    let found = audit(&store, master).await.map_err(|difference| difference.to_string());
    store.close().await;
    found
}

/// Does something to a copy of the file, and returns what is found then, with the two applications as `OPEN` and `DONE`.
async fn after(file: &Path, ids: [ApplicationId; 2], sql: &'static str) -> String {
    let copy = file.with_extension("copy");
    std::fs::copy(file, &copy).unwrap();
    let connection = Connection::open(&copy).unwrap();
    let changed = connection.execute(sql, (ids[1].0.as_bytes(),)).unwrap();
    assert!(changed > 0, "{sql}");
    connection.close().unwrap();
    let found = found(&copy, &master()).await.unwrap_err();
    found.replace(&ids[0].to_string(), "OPEN").replace(&ids[1].to_string(), "DONE")
}

#[tokio::test]
async fn a_file_that_nobody_altered_has_no_difference_even_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("annona.db");
    written(&file).await;
    let (engine, _store) = engine(&file).await;
    let writing = tokio::spawn(async move {
        for _ in 0..20 {
            send(&engine).await;
        }
    });
    while !writing.is_finished() {
        found(&file, &master()).await.unwrap();
    }
    let audited = found(&file, &master()).await.unwrap();
    assert_eq!((audited.applications, audited.definitions), (22, 2));
    assert!(audited.events > 44, "{audited:?}");
}

/// What is done to a copy of the file, and what is found then.
const ALTERATIONS: &[(&str, &str)] = &[
    (
        "UPDATE event SET bytes = unhex(replace(hex(bytes), hex('annona'), hex('annonb')))
              WHERE application = ?1 AND hex(bytes) LIKE '%' || hex('annona') || '%'",
        "application DONE, event 5: its bytes do not match its digest",
    ),
    (
        "DELETE FROM event WHERE application = ?1 AND version = 2",
        "application DONE, event 2: it is missing: the next event is 3",
    ),
    (
        "UPDATE event SET (digest, bytes) = (SELECT o.digest, o.bytes FROM event o
                WHERE o.application = ?1 AND o.version = 5 - event.version)
              WHERE application = ?1 AND version IN (2, 3)",
        "application DONE, event 2: it belongs to another place",
    ),
    (
        "UPDATE application SET state = (SELECT o.state FROM application o WHERE o.id <> ?1)
              WHERE id = ?1",
        "application DONE, event 1: its row is gone, or another's",
    ),
    (
        "UPDATE application SET state = unhex(replace(hex(state), hex('70.00'), hex('90.00')))
              WHERE id = ?1",
        "application DONE, event 7: the row is not what the events come to",
    ),
    (
        "UPDATE application SET status = 'approved' WHERE id <> ?1",
        "application OPEN, event 3: table `application` is not what the row comes to",
    ),
    (
        "DELETE FROM application WHERE id = ?1",
        "application DONE, event 1: it has events and no row",
    ),
    (
        "DELETE FROM task WHERE application <> ?1",
        "application OPEN, event 3: table `task` is not what the row comes to",
    ),
    (
        "UPDATE queue SET role = 'chief' WHERE application <> ?1",
        "application OPEN, event 3: table `queue` is not what the row comes to",
    ),
    (
        "UPDATE timer SET due = due + 1 WHERE application <> ?1",
        "application OPEN, event 3: table `timer` is not what the row comes to",
    ),
    (
        "UPDATE voucher SET balance = '100.00' WHERE application = ?1",
        "application DONE, event 7: table `voucher` is not what the row comes to",
    ),
    (
        "DELETE FROM redemption WHERE application = ?1",
        "application DONE, event 7: table `redemption` is not what the row comes to",
    ),
    (
        "DELETE FROM sealed WHERE application = ?1",
        "application DONE, event 7: a personal value is missing, or does not match its commitment",
    ),
    (
        "UPDATE sealed SET ciphertext = unhex(replace(hex(ciphertext), '0', '1')) WHERE application = ?1",
        "application DONE, event 7: a sealed value cannot be opened",
    ),
    (
        "DELETE FROM sealed WHERE application = ?1 AND commitment = (SELECT s.commitment FROM sealed s
                JOIN event e ON e.application = s.application AND e.version = 5
              WHERE s.application = ?1 AND instr(e.bytes, s.commitment) > 0 LIMIT 1)",
        "application DONE, event 7: a personal value is missing, or does not match its commitment",
    ),
    (
        "DELETE FROM data_key WHERE application = ?1",
        "application DONE, event 7: a sealed value cannot be opened",
    ),
    (
        "UPDATE definition SET source = CAST(source || x'0a' AS BLOB) WHERE ?1 IS NOT NULL",
        "definition",
    ),
    (
        "UPDATE definition SET source = CAST(source || x'0a' AS BLOB) WHERE number = 2 AND ?1 IS NOT NULL",
        "definition",
    ),
    (
        "UPDATE roster SET roster = replace(roster, 'Ann', 'Eve') WHERE version = 1 AND ?1 IS NOT NULL",
        "the roster, version 1: the roster is not the one that was applied",
    ),
    (
        "UPDATE roster SET bytes = CAST(bytes || x'00' AS BLOB) WHERE version = 2 AND ?1 IS NOT NULL",
        "the roster, version 2: its bytes do not match its digest",
    ),
    (
        "DELETE FROM roster WHERE version = 1 AND ?1 IS NOT NULL",
        "the roster, version 1: it is missing",
    ),
];

#[tokio::test]
async fn every_alteration_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("annona.db");
    let ids = written(&file).await;
    for (sql, difference) in ALTERATIONS {
        let found = after(&file, ids, sql).await;
        assert!(found.starts_with(*difference), "{found}");
    }
    let wrong = found(&file, &MasterKey::new([2; 32])).await.unwrap_err();
    assert!(wrong.ends_with("a sealed value cannot be opened"), "{wrong}");
}
