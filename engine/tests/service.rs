//! The story through the service, on the SQLite store: nothing but the outside world is invented.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::sync::Arc;

use annona_definitions::programme::ProgrammeId;
use annona_engine::Refusal;
use annona_engine::application::{Application, Status, VoucherStatus};
use annona_engine::audit;
use annona_engine::clock::Still;
use annona_engine::command::{Action, Decide, Redeem, Submit, Verdict};
use annona_engine::event::StoredEvent;
use annona_engine::id::{DocumentId, Who};
use annona_engine::recorded::{Hash, Personal};
use annona_engine::roster::Roster;
use annona_engine::service::{
    Engine, Failure, Idempotency, Outcome, Principal, Settings, TOKEN_PATH,
};
use annona_engine::store::{Record, Sqlite, StoredDocument};
use annona_engine::vault::MasterKey;
use annona_engine::voucher::{
    self, Context, SigningKey, TrustList, TrustedKey, Window, trust_list,
};
use serde_json::json;

const PROGRAMME: &str = r#"
format: 1
programme: surgery
title: Surgery
currency: USD
limits: {ceiling: 5000}
roles: {assessor: Assessor, doctor: Doctor, director: Director}
form:
  name: {label: Name, type: text}
  phone: {label: Phone, type: phone}
  national_id: {label: Number, type: text, pattern: "[0-9]{10}", personal: true}
  cost: {label: Cost, type: money}
  estimate: {label: Estimate, type: file, optional: true, accept: [pdf], max_size: 1 MB}
eligibility:
  - {once_per: national_id, within: 180 days, otherwise: duplicate}
stages:
  - {stage: field, role: assessor, asks: {visited: {label: Visited, type: yes_no}}, approve_if: field.visited, due: 3 days}
  - {stage: medical, role: doctor, asks: {amount: {label: Amount, type: money}}, approve_if: medical.amount <= form.cost, due: 3 days}
  - {stage: final, role: director, due: 3 days}
reasons: {reject: {duplicate: Helped before, not_needed: Not needed}}
voucher: {amount: "min(medical.amount, limits.ceiling)", ceiling: limits.ceiling, valid: 60 days, providers: [hospital]}
keep: 1 year
"#;

fn roster() -> Roster {
    let person = |id: &str, role: &str| json!({"id": id, "name": id, "holds": [{"programme": "surgery", "role": role}]});
    serde_json::from_value(json!({
        "people": [
            person("ann", "assessor"), person("dan", "doctor"), person("dora", "director"),
            {"id": "ada", "name": "Ada", "holds": [{"role": "administrator"}]},
            {"id": "portal", "name": "Portal", "holds": [{"role": "intake"}]},
        ],
        "providers": [{"id": "mulago", "name": "Mulago", "kind": "hospital", "programmes": ["surgery"]}],
    }))
    .unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

async fn engine(folder: &tempfile::TempDir) -> (Engine, Arc<Still>) {
    let store = Sqlite::open(&folder.path().join("annona.db")).await.unwrap();
    let clock = Arc::new(Still::at("2026-03-02T06:00:00Z".parse().unwrap()));
    let settings = Settings {
        issuer: "annona".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 17,
    };
    let engine = Engine::start(
        Arc::new(store),
        Arc::clone(&clock) as _,
        MasterKey::new([1; 32]),
        key(),
        settings,
    )
    .await;
    let engine = engine.unwrap();
    let ada = Who::Person("ada".into());
    engine.set_roster(&ada, roster()).await.unwrap();
    assert_eq!(engine.deploy(&ada, PROGRAMME.as_bytes()).await.unwrap().number, 1);
    assert!(engine.deploy(&ada, PROGRAMME.as_bytes()).await.unwrap().unchanged);
    (engine, clock)
}

fn person(id: &str) -> Principal {
    Principal::Listed(Who::Person(id.into()))
}

fn form(national_id: &str) -> Submit {
    let form = json!({"name": "Amina Nakato", "phone": "+256700123456", "national_id": national_id, "cost": "2400.00"});
    Submit { programme: ProgrammeId::recorded("surgery"), form }
}

fn approve(application: &Application, answers: serde_json::Value) -> Action {
    let task = &application.tasks[0];
    let verdict = Verdict::Approve { answers };
    Action::Decide(Decide {
        task: task.number,
        seen: Some(task.content),
        verdict,
        reason: None,
        note: None,
    })
}

async fn to_voucher(engine: &Engine) -> Outcome {
    let mut last = engine.submit(&person("portal"), form("1234567890"), None).await.unwrap();
    for (who, answers) in [
        ("ann", json!({"visited": true})),
        ("dan", json!({"amount": "2300.00"})),
        ("dora", json!({})),
    ] {
        let action = approve(&last.application, answers);
        last = engine.handle(&person(who), last.application.id, action, None).await.unwrap();
    }
    last
}

async fn audited(engine: &Engine, application: &Application) -> Vec<StoredEvent> {
    let events = engine.store().events(application.id, 1).await.unwrap();
    let loaded = engine.load(application.id).await.unwrap().unwrap();
    let personal: Vec<Personal> = loaded.opened.0.values().cloned().collect();
    let row = engine.store().application(application.id).await.unwrap().unwrap().application;
    audit::check(application.id, &events, &row, &personal).unwrap();
    events
}

#[tokio::test]
async fn an_application_goes_through_its_stages_to_a_voucher_that_is_redeemed_once() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(&folder).await;
    let last = to_voucher(&engine).await;
    assert_eq!(last.application.status, Status::Approved);
    let voucher = last.application.voucher.clone().unwrap();

    let loaded = engine.load(last.application.id).await.unwrap().unwrap();
    let token = loaded
        .opened
        .0
        .values()
        .find(|personal| personal.path == TOKEN_PATH)
        .unwrap()
        .value
        .to_string();
    let now = engine.now().as_second();
    let window = Window { issue_from: 0, issue_until: i64::MAX, verify_until: i64::MAX };
    let annona = trust_list::Issuer {
        name: "annona".into(),
        status_addresses: vec!["https://aid.example/v1/status-lists/".into()],
        keys: vec![TrustedKey { public: *key().public(), window }],
    };
    let trusted = TrustList { version: 1, issued_at: now, expires_at: None, issuers: vec![annona] };
    let verified = voucher::verify(token.trim_matches('"'), &trusted, &Context::at(now)).unwrap();
    assert_eq!(verified.claims.voucher.amount_minor, 230_000);
    assert_eq!(verified.claims.voucher.masked_name, "A*** N***");

    let hospital = Principal::Listed(Who::Provider("mulago".into()));
    let redeeming = || Action::Redeem(Redeem { voucher: voucher.id, amount: None, check: None });
    let key = Idempotency { scope: Hash([1; 32]), request: Hash([2; 32]) };
    let done = engine.handle(&hospital, last.application.id, redeeming(), Some(key)).await.unwrap();
    assert_eq!(done.application.voucher.as_ref().unwrap().status, VoucherStatus::Redeemed);
    let again =
        engine.handle(&hospital, last.application.id, redeeming(), Some(key)).await.unwrap();
    assert!(again.replayed);
    assert_eq!((again.application, again.events), (done.application, done.events));
    let other = Idempotency { request: Hash([3; 32]), ..key };
    let mismatch = engine.handle(&hospital, last.application.id, redeeming(), Some(other)).await;
    assert!(matches!(mismatch, Err(Failure::IdempotencyMismatch)), "{mismatch:?}");
    let twice = engine.handle(&hospital, last.application.id, redeeming(), None).await;
    assert!(matches!(twice, Err(Failure::Refused(Refusal::VoucherUsedUp { .. }))), "{twice:?}");
    audited(&engine, &last.application).await;
    engine.stop().await;
}

#[tokio::test]
async fn of_two_officers_at_once_the_second_is_told_that_the_task_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(&folder).await;
    let mut both = roster();
    both.people[1].holds[0].role = both.people[0].holds[0].role.clone();
    engine.set_roster(&Who::Person("ada".into()), both).await.unwrap();
    let sent =
        engine.submit(&person("portal"), form("1234567890"), None).await.unwrap().application;
    let (ann, dan) = (person("ann"), person("dan"));
    let action = || approve(&sent, json!({"visited": true}));
    let (one, two) = tokio::join!(
        engine.handle(&ann, sent.id, action(), None),
        engine.handle(&dan, sent.id, action(), None)
    );
    let refused: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert!(matches!(refused.as_slice(), [Failure::Refused(Refusal::TaskClosed)]), "{refused:?}");
    audited(&engine, &sent).await;
}

#[tokio::test]
async fn of_fifty_submissions_with_one_key_one_goes_on_and_the_others_are_recorded_as_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(&folder).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(
                async move { engine.submit(&person("portal"), form("1234567890"), None).await },
            )
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap().unwrap().application.status);
    }
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(Status::InReview), count(Status::Rejected)), (1, 49));
}

#[tokio::test]
async fn erased_values_are_nowhere_and_the_log_still_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, clock) = engine(&folder).await;
    let done = to_voucher(&engine).await.application;
    let early = engine.handle(&person("ada"), done.id, Action::Erase, None).await;
    assert!(matches!(early, Err(Failure::Refused(Refusal::StillOpen))), "{early:?}");
    clock.set("2027-06-01T00:00:00Z".parse().unwrap());
    assert_eq!(engine.expire_vouchers("surgery").await.unwrap().done, 1);
    assert_eq!(
        engine.erase_past_keeping().await.unwrap().done,
        0,
        "the year counts from the expiry"
    );
    clock.set("2028-06-02T00:00:00Z".parse().unwrap());
    assert_eq!(engine.erase_past_keeping().await.unwrap().done, 1);
    engine.store().settle().await.unwrap();
    let events = audited(&engine, &done).await;
    assert!(engine.store().sealed(done.id).await.unwrap().is_empty());
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in ["Amina", "+256700123456", "1234567890"] {
            assert!(
                !bytes.windows(secret.len()).any(|found| found == secret.as_bytes()),
                "{secret} is still there"
            );
        }
    }
    assert!(events.len() > 5);
}

#[tokio::test]
async fn of_two_applications_with_one_document_the_second_is_told_that_it_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(&folder).await;
    let portal = person("portal");
    let file = StoredDocument {
        id: DocumentId(uuid::Uuid::from_u128(7)),
        sha256: Hash([7; 32]),
        size: 12,
        media_type: "application/pdf".into(),
        file: "7".into(),
        key: vec![7; 72],
        uploader: portal.hash(),
        uploaded_at: engine.now(),
        application: None,
    };
    let id = file.id;
    engine.record(Record::AddDocument(file)).await.unwrap();
    let with = |national_id: &str| {
        let mut submit = form(national_id);
        submit.form["estimate"] = json!(id.to_string());
        engine.submit(&portal, submit, None)
    };
    // Both are decided before either is recorded: the loser is decided again.
    let (one, other) = tokio::join!(with("1234567890"), with("1234567891"));
    let (sent, refused) = match (one, other) {
        (Ok(sent), Err(refused)) | (Err(refused), Ok(sent)) => (sent.application, refused),
        both => panic!("{both:?}"),
    };
    let Failure::Refused(Refusal::FormInvalid { errors }) = refused else { panic!("{refused:?}") };
    assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["unknown_document"]);
    let stored = engine.store().document(id).await.unwrap().unwrap();
    assert_eq!(stored.application, Some(sent.id));
    let approved = approve(&sent, json!({"visited": true}));
    let next = engine.handle(&person("ann"), sent.id, approved, None).await.unwrap();
    assert_eq!(next.application.documents.len(), 1);
}
