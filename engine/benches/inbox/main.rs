//! Pages of an inbox with many open tasks: a JSON line for each.
//!
//! `cargo bench -p annona-engine --bench inbox -- STORE fill FROM TO` adds open tasks, numbered so, and `-- STORE measure N` measures a
//! store that has N, alone on the machine. `STORE` is a file, or the address of a PostgreSQL database. `tests/bench/reads` runs both.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed, and its lines are what it is for"
)]

mod filling;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use annona_definitions::programme::{ProgrammeId, RoleId, StageId};
use annona_engine::clock::System;
use annona_engine::command::Submit;
use annona_engine::id::{ApplicationId, Who};
use annona_engine::roster::Roster;
use annona_engine::service::{Engine, Principal, Settings};
use annona_engine::store::{Address, Cursor, Postgres, Sqlite, Store, TaskOrder, TaskQuery, View};
use annona_engine::vault::MasterKey;
use annona_engine::voucher::SigningKey;
use serde_json::json;

/// The programme whose tasks are listed.
const PROGRAMME: &str = include_str!("../../../tests/bench/programme.yaml");
/// How often each page is read.
const READS: u32 = 3_000;
/// Tasks of a page.
const LIMIT: u32 = 50;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|given| given != "--bench").collect();
    match given.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [store, "fill", from, to] => fill(store, from.parse().unwrap(), to.parse().unwrap()).await,
        [store, "measure", count] => measure(store, count.parse().unwrap()).await,
        // Whoever runs all benchmarks runs the others.
        _ => println!("inbox: STORE fill FROM TO, or STORE measure N"),
    }
}

async fn open(store: &str) -> Arc<dyn Store> {
    if store.starts_with("postgres") {
        Arc::new(Postgres::open(&Address::parse(store).unwrap()).await.unwrap())
    } else {
        Arc::new(Sqlite::open(Path::new(store)).await.unwrap())
    }
}

async fn engine(store: Arc<dyn Store>) -> Engine {
    let settings = Settings {
        issuer: "bench".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 20,
    };
    let signer = SigningKey::from_seed(&[2; 32]);
    Engine::start(store, Arc::new(System), MasterKey::new([1; 32]), signer, settings).await.unwrap()
}

async fn fill(name: &str, from: i64, to: i64) {
    let store = open(name).await;
    let engine = engine(Arc::clone(&store)).await;
    let bench = ProgrammeId::recorded("bench");
    if from == 0 {
        let roster: Roster = serde_json::from_value(json!({"people": [
            {"id": "ada", "name": "Ada", "holds": [{"role": "administrator"}, {"role": "intake"}]},
            {"id": "clerk", "name": "Clerk", "holds": [{"programme": "bench", "role": "clerk"}]},
        ]}))
        .unwrap();
        let ada = Who::Person("ada".into());
        engine.set_roster(&ada, roster).await.unwrap();
        engine.deploy(&ada, PROGRAMME.as_bytes()).await.unwrap();
    }
    let form = json!({
        "name": "Amina Nakato", "region": "north", "household": 4, "income": "1200", "cost": "300",
        "statement": "We are four, and the harvest failed.",
    });
    let submit = Submit { programme: bench, form };
    let portal = Principal::Listed(Who::Person("ada".into()));
    let mut copied = engine.submit(&portal, submit, None).await.unwrap().application;
    engine.stop().await;
    // As long as the references of the copies.
    copied.reference.truncate(12);
    let began = Instant::now();
    filling::fill(name, &copied, from, to).await;
    println!("{}", json!({"filled": to, "seconds": began.elapsed().as_secs()}));
}

async fn measure(name: &str, count: i64) {
    let store = open(name).await;
    let kind = if name.starts_with("postgres") { "postgres" } else { "sqlite" };
    let report = |what: &str, mut times: Vec<Duration>| {
        times.sort_unstable();
        let at =
            |share: usize| times[(times.len() * share / 1_000).min(times.len() - 1)].as_micros();
        println!(
            "{}",
            json!({"store": kind, "tasks": count, "read": what, "p50_us": at(500), "p99_us": at(990)})
        );
    };
    let mut late = team();
    late.late_at =
        Some(jiff::Timestamp::from_microsecond(1_578_096_000_000_000 + 3_000_000_000).unwrap());
    let mut rare = team();
    rare.stage = Some(StageId::recorded("rare"));
    let few = TaskQuery { roles: vec![role("few")], ..team() };
    for (what, query) in [
        ("first page", team()),
        ("first page of the pool", TaskQuery { view: View::Pool, ..team() }),
        ("late", late),
        ("a role of few", few),
        ("a stage of few", rare),
    ] {
        report(what, read(&*store, |_| query.clone()).await);
    }
    // Anywhere: a place is chosen anew for each page.
    let middle = |turn: u32| {
        let at = i64::from(turn.wrapping_mul(2_654_435_761)) % (count * 8 / 10) + count / 10;
        let id = ApplicationId(uuid::Uuid::from_u128(u128::try_from(at + 1).unwrap()));
        let key = 1_578_096_000_000_000 + at * 1_000_000;
        TaskQuery { after: Some(Cursor { key, id, task: 1 }), ..team() }
    };
    report("a page anywhere", read(&*store, middle).await);
}

/// Reads pages one after the other.
async fn read(store: &dyn Store, query: impl Fn(u32) -> TaskQuery) -> Vec<Duration> {
    let mut times = Vec::new();
    for turn in 0..READS + READS / 10 {
        let query = query(turn);
        let began = Instant::now();
        let page = store.tasks(&query).await.unwrap();
        let took = began.elapsed();
        assert!(page.items.len() == 50 || (page.items.len() == 40 && page.next.is_none()));
        // The first ones find nothing in memory.
        if turn >= READS / 10 {
            times.push(took);
        }
    }
    times
}

fn role(name: &str) -> (ProgrammeId, RoleId) {
    (ProgrammeId::recorded("bench"), RoleId::recorded(name))
}

/// Returns what a clerk sees first.
fn team() -> TaskQuery {
    TaskQuery {
        person: "clerk".into(),
        roles: vec![role("clerk")],
        view: View::Team,
        stage: None,
        late_at: None,
        order: TaskOrder::Due,
        after: None,
        limit: LIMIT,
    }
}
