//! A file from before there were words gets them from the engine, which alone can open names.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use sqlx::Executor as _;

use super::super::super::report::Span;
use super::super::super::{ApplicationQuery, Store as _};
use super::*;
use crate::clock::Still;
use crate::command::Submit;
use crate::counted::Happened;
use crate::service::{Engine, Principal, Report, Settings};
use crate::vault::MasterKey;
use crate::voucher::SigningKey;
use crate::words::Asked;

const PROGRAMME: &str = r#"
format: 1
programme: surgery
title: Surgery
roles: {clerk: Clerk}
form:
  name: {label: Name, type: text}
  phone: {label: Phone, type: phone}
eligibility: [{require: form.name != "Amina N7", otherwise: late}]
stages: [{stage: review, role: clerk, due: 1 day}]
reasons: {reject: {late: Nobody decided}}
keep: 10 days
"#;
/// Makes a file what it was before there were words.
const BEFORE: &str =
    "DROP TABLE word; DROP TABLE unfilled; DROP TABLE counted; PRAGMA user_version = 2";

async fn started(folder: &Path) -> (Engine, Sqlite) {
    let store = Sqlite::open(&folder.join("annona.db")).await.unwrap();
    let settings = Settings {
        issuer: "annona".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 10,
    };
    let engine = Engine::start(
        Arc::new(store.clone()),
        Arc::new(Still::at(at(0))),
        MasterKey::new([1; 32]),
        SigningKey::from_seed(&[2; 32]),
        settings,
    );
    (engine.await.unwrap(), store)
}

async fn found(engine: &Engine, words: &str) -> usize {
    let query = ApplicationQuery { limit: 100, ..ApplicationQuery::default() };
    let programmes = [ProgrammeId::recorded("surgery")];
    let asked = Asked::read(words).unwrap();
    engine.search(&query, words, &asked, &programmes).await.unwrap().items.len()
}

async fn report(engine: &Engine) -> Report {
    let span = Span { programme: "surgery", from: at(0), until: at(1) };
    engine.report(span).await.unwrap()
}

#[tokio::test]
async fn applications_of_an_older_file_are_found_once_their_words_are_filled_in() {
    let folder = tempfile::tempdir().unwrap();
    let (before, store) = started(folder.path()).await;
    before.deploy(&Who::Engine, PROGRAMME.as_bytes()).await.unwrap();
    for person in 0..40 {
        let form = json!({"name": format!("Amina N{person}"), "phone": "+256700000010"});
        let submit = Submit { programme: ProgrammeId::recorded("surgery"), form };
        let contact =
            Principal::Applicant { programme: ProgrammeId::recorded("surgery"), contact: hash(1) };
        before.submit(&contact, submit, None).await.unwrap();
    }
    assert_eq!(found(&before, "amina 0700000010").await, 40);
    let counted = report(&before).await;
    assert_eq!(counted.happened[0].what, Happened::Ineligible);
    before.stop().await;
    store.writer.execute(sqlx::raw_sql(BEFORE)).await.unwrap();
    store.close().await;

    let (engine, store) = started(folder.path()).await;
    assert_eq!(found(&engine, "amina").await, 0);
    assert_eq!(report(&engine).await.happened, []);
    let (mut filled, mut after) = (0, None);
    loop {
        let some = engine.fill_words(after).await.unwrap();
        assert!(some.failed.is_empty(), "{:?}", some.failed);
        filled += some.filled;
        after = some.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(filled, 40);
    assert_eq!(store.unfilled(None, 10).await.unwrap(), []);
    assert_eq!(found(&engine, "amina 0700000010").await, 40);
    assert_eq!(found(&engine, "n7").await, 1);
    assert_eq!(report(&engine).await, counted);
    // Nothing else of them has changed.
    let audited = crate::service::audit(&store, engine.master()).await.unwrap();
    assert_eq!(audited.applications, 40);
}
