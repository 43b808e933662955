//! Decisions through the engine without HTTP, and a bare writer of the same rows in the same batches: a JSON line each.
//!
//! `cargo bench -p annona-engine --bench throughput` on SQLite in a temporary folder, and on the PostgreSQL database that
//! `ANNONA_BENCH_POSTGRES` names, which must be empty. `ANNONA_BENCH_APPLICATIONS` says how many applications (2000).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed, and its lines are what it is for"
)]

mod floor;

use std::sync::Arc;
use std::time::Instant;

use annona_definitions::programme::ProgrammeId;
use annona_engine::application::Application;
use annona_engine::clock::System;
use annona_engine::command::{Action, Decide, Submit, Verdict};
use annona_engine::id::Who;
use annona_engine::roster::Roster;
use annona_engine::service::{Engine, Principal, Settings};
use annona_engine::store::{Address, Postgres, Sqlite, Store};
use annona_engine::vault::MasterKey;
use annona_engine::voucher::SigningKey;
use serde_json::{Value, json};

/// The programme that is measured over HTTP as well.
const PROGRAMME: &str = include_str!("../../../tests/bench/programme.yaml");
/// Who decides each stage, and what they answer.
const STAGES: [(&str, &str); 3] = [
    ("clerk", r#"{"complete": true}"#),
    ("reviewer", r#"{"amount": "250.00"}"#),
    ("approver", "{}"),
];
/// How many decide at once.
const AT_ONCE: [usize; 3] = [1, 16, 64];
/// Decisions in a batch of the bare writer.
const BATCHES: [usize; 2] = [1, 64];

#[tokio::main]
async fn main() {
    let count = std::env::var("ANNONA_BENCH_APPLICATIONS").ok();
    let count = count.and_then(|count| count.parse().ok()).unwrap_or(2000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("annona.db");
    let store = Sqlite::open(&file).await.unwrap();
    measure("sqlite", Arc::new(store.clone()), count).await;
    store.close().await;
    for batch in BATCHES {
        let bare = folder.path().join(format!("bare-{batch}.db"));
        Sqlite::open(&bare).await.unwrap().close().await;
        let decisions = if batch == 1 { 600 } else { 3 * count };
        report(
            &json!({"floor": "sqlite", "batch": batch}),
            floor::sqlite(&file, &bare, batch, decisions),
        );
    }
    if let Ok(address) = std::env::var("ANNONA_BENCH_POSTGRES") {
        let parsed = Address::parse(&address).unwrap();
        let store = Postgres::open(&parsed).await.unwrap();
        measure("postgres", Arc::new(store.clone()), count).await;
        store.close().await;
        for batch in BATCHES {
            let decisions = if batch == 1 { 600 } else { 3 * count };
            report(
                &json!({"floor": "postgres", "batch": batch}),
                floor::postgres(&address, batch, decisions).await,
            );
        }
    }
}

/// Decides applications to their end, by as many at once as there are.
async fn measure(name: &str, store: Arc<dyn Store>, count: usize) {
    let engine = engine(store).await;
    for at_once in AT_ONCE {
        let count = if at_once == 1 { 200 } else { count };
        let mut applications = each(&engine, 64, vec![None; count], 0).await.0;
        let (mut decisions, mut seconds) = (0, 0.0);
        for stage in 0..STAGES.len() {
            let open = applications.into_iter().map(Some).collect();
            let took;
            (applications, took) = each(&engine, at_once, open, stage).await;
            decisions += count;
            seconds += took;
        }
        report(&json!({"engine": name, "at_once": at_once}), (decisions, seconds));
    }
    engine.stop().await;
}

fn report(what: &Value, (decisions, seconds): (usize, f64)) {
    let rate = f64::from(u32::try_from(decisions).unwrap()) / seconds;
    println!("{}", json!({"what": what, "decisions_per_s": rate.round()}));
}

/// Submits or decides each application, and returns them as they are then, and the seconds it took.
async fn each(
    engine: &Engine,
    at_once: usize,
    open: Vec<Option<Application>>,
    stage: usize,
) -> (Vec<Application>, f64) {
    let count = open.len();
    let open = Arc::new(std::sync::Mutex::new(open));
    let began = Instant::now();
    let working: Vec<_> = (0..at_once)
        .map(|_| {
            let (engine, open) = (engine.clone(), Arc::clone(&open));
            tokio::spawn(async move {
                let mut done = Vec::new();
                loop {
                    let Some(next) = open.lock().unwrap().pop() else { return done };
                    done.push(one(&engine, next, stage).await);
                }
            })
        })
        .collect();
    let mut done = Vec::with_capacity(count);
    for work in working {
        done.extend(work.await.unwrap());
    }
    (done, began.elapsed().as_secs_f64())
}

async fn one(engine: &Engine, open: Option<Application>, stage: usize) -> Application {
    let Some(open) = open else {
        let submit = Submit { programme: ProgrammeId::recorded("bench"), form: form() };
        return engine.submit(&person("portal"), submit, None).await.unwrap().application;
    };
    let (role, answers) = STAGES.get(stage).unwrap();
    let task = open.tasks.first().unwrap();
    let decide = Decide {
        task: task.number,
        seen: Some(task.content),
        verdict: Verdict::Approve { answers: serde_json::from_str(answers).unwrap() },
        reason: None,
        note: Some("Income is below the threshold for this programme; papers seen.".to_owned()),
    };
    let decided = engine.handle(&person(role), open.id, Action::Decide(decide), None).await;
    decided.unwrap().application
}

async fn engine(store: Arc<dyn Store>) -> Engine {
    let settings = Settings {
        issuer: "annona".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 20,
    };
    let (master, signer) = (MasterKey::new([1; 32]), SigningKey::from_seed(&[7; 32]));
    let engine = Engine::start(store, Arc::new(System), master, signer, settings).await.unwrap();
    let ada = Who::Person("ada".into());
    engine.set_roster(&ada, roster()).await.unwrap();
    engine.deploy(&ada, PROGRAMME.as_bytes()).await.unwrap();
    engine
}

fn roster() -> Roster {
    let listed = |id: &str, holds: Value| {
        let email = format!("{id}@example.org");
        json!({"id": id, "name": id, "email": email, "holds": [holds]})
    };
    let officers =
        STAGES.iter().map(|(role, _)| listed(role, json!({"programme": "bench", "role": role})));
    let others = [
        listed("ada", json!({"role": "administrator"})),
        listed("portal", json!({"role": "intake"})),
    ];
    let people: Vec<Value> = officers.chain(others).collect();
    serde_json::from_value(json!({"people": people, "providers": []})).unwrap()
}

fn person(id: &str) -> Principal {
    Principal::Listed(Who::Person(id.into()))
}

fn form() -> Value {
    let statement = "Household income statement, proof of address, and words. ".repeat(15);
    json!({
        "name": "Applicant", "region": "north", "household": 4, "income": "1234.50", "cost": "300.00",
        "statement": statement,
    })
}
