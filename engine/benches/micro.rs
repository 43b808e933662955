//! What one decision costs, part by part: `cargo bench -p annona-engine --bench micro`.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::collections::BTreeMap;

use annona_definitions::Programme;
use annona_definitions::programme::RoleId;
use annona_engine::command::{Action, Command, Decide, Submit, Verdict};
use annona_engine::decide::{Case, Decision, decide, preview};
use annona_engine::evolve;
use annona_engine::facts::{Facts, Issuer, Rights, Seed};
use annona_engine::id::Who;
use annona_engine::recorded::Opened;
use annona_engine::store::{ApplicationUnit, Batch, Memory, Sqlite, Store, Unit};
use annona_engine::voucher::{self, Claims, SigningKey, VoucherClaim};
use divan::Bencher;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// The programme that is measured over HTTP.
const PROGRAMME: &str = include_str!("../../tests/bench/programme.yaml");
/// Decisions recorded together.
const BATCHES: [usize; 2] = [1, 64];

fn main() {
    divan::main();
}

#[divan::bench]
fn decide_an_approval(bencher: Bencher<'_, '_>) {
    let programme = programme();
    let before = reviewed(&programme);
    bencher.bench(|| approve(&programme, &before, "reviewer", json!({"amount": "250.00"})));
}

/// The guards of a task as its officer sees them, none of them recorded.
#[divan::bench]
fn look_at_the_guards_of_a_task(bencher: Bencher<'_, '_>) {
    let programme = programme();
    let (decision, opened) = reviewed(&programme);
    let case =
        Case { programme: &programme, application: Some(&decision.application), opened: &opened };
    bencher.bench(|| preview(case, 2, &person("reviewer"), &rights("reviewer"), now()));
}

#[divan::bench]
fn fold_five_events(bencher: Bencher<'_, '_>) {
    let programme = programme();
    let sent = submit(&programme, 1);
    let first = approve(&programme, &sent, "clerk", json!({"complete": true}));
    let second = approve(&programme, &first, "reviewer", json!({"amount": "250.00"}));
    let all = [&sent.0, &first.0, &second.0].map(|decision| &decision.events).into_iter().flatten();
    let log: Vec<_> = all.map(|(_, stored)| stored.clone()).collect();
    bencher.bench(|| evolve::fold(&log).unwrap());
}

#[divan::bench(args = BATCHES)]
fn commit_to_memory(bencher: Bencher<'_, '_>, batch: usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    commit(bencher, &runtime, &Memory::default(), batch);
}

#[divan::bench(args = BATCHES)]
fn commit_to_sqlite(bencher: Bencher<'_, '_>, batch: usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = runtime.block_on(Sqlite::open(&folder.path().join("annona.db"))).unwrap();
    commit(bencher, &runtime, &store, batch);
    runtime.block_on(store.close());
}

#[divan::bench]
fn sign_a_token(bencher: Bencher<'_, '_>) {
    let (claims, key) = (claims(), SigningKey::from_seed(&[7; 32]));
    bencher.bench(|| voucher::sign(&claims, &key).unwrap());
}

/// Commits applications that were just sent, as many at once.
fn commit(
    bencher: Bencher<'_, '_>,
    runtime: &tokio::runtime::Runtime,
    store: &dyn Store,
    batch: usize,
) {
    let programme = programme();
    let mut seed = 0;
    let units = || {
        let units = (0..batch).map(|_| {
            seed += 1;
            Unit::Application(Box::new(unit(submit(&programme, seed).0)))
        });
        units.collect::<Vec<_>>()
    };
    bencher.with_inputs(units).bench_local_values(|units| {
        let committed = runtime.block_on(store.commit(&units)).unwrap();
        assert!(matches!(committed, Batch::Committed(_)), "{committed:?}");
    });
}

fn unit(decision: Decision) -> ApplicationUnit {
    ApplicationUnit {
        events: decision.events.into_iter().map(|(_, stored)| stored).collect(),
        ..ApplicationUnit::of(decision.application, 0)
    }
}

fn programme() -> Programme {
    annona_definitions::compile("bench", PROGRAMME.as_bytes()).programme.unwrap()
}

/// Returns an application before its second stage.
fn reviewed(programme: &Programme) -> (Decision, Opened) {
    approve(programme, &submit(programme, 1), "clerk", json!({"complete": true}))
}

fn submit(programme: &Programme, seed: u64) -> (Decision, Opened) {
    let form = json!({
        "name": "Applicant", "region": "north", "household": 4, "income": "1234.50", "cost": "300.00",
        "statement": "Household income statement, proof of address, and words. ".repeat(15),
    });
    let submit = Submit { programme: programme.id.clone(), form };
    let command =
        Command { who: Who::Applicant, on_behalf_of: None, action: Action::Submit(submit) };
    let nothing = Opened::default();
    let case = Case { programme, application: None, opened: &nothing };
    let rights = Rights { own: true, ..Rights::default() };
    let decision = decide(case, &command, &facts(rights, seed), now()).unwrap();
    after(decision, nothing)
}

fn approve(
    programme: &Programme,
    (before, opened): &(Decision, Opened),
    role: &str,
    answers: Value,
) -> (Decision, Opened) {
    let task = before.application.tasks.first().unwrap();
    let decided = Decide {
        task: task.number,
        seen: Some(task.content),
        verdict: Verdict::Approve { answers },
        reason: None,
        note: Some("papers seen".to_owned()),
    };
    let command =
        Command { who: person(role), on_behalf_of: None, action: Action::Decide(decided) };
    let case = Case { programme, application: Some(&before.application), opened };
    let decision = decide(case, &command, &facts(rights(role), 9), now()).unwrap();
    after(decision, opened.clone())
}

fn after(decision: Decision, mut opened: Opened) -> (Decision, Opened) {
    let sealed = decision.sealed.iter().cloned();
    opened.0.extend(sealed.map(|personal| (personal.commitment(), personal)));
    (decision, opened)
}

fn facts(rights: Rights, seed: u64) -> Facts {
    let mut bytes = [0; 32];
    let (head, _) = bytes.split_at_mut(8);
    head.copy_from_slice(&seed.to_be_bytes());
    Facts {
        key_is_gone: false,
        rights,
        duplicates: BTreeMap::new(),
        documents: BTreeMap::new(),
        issuer: Issuer {
            name: "bench".into(),
            key: "k".into(),
            status_uri: "https://example.org/".into(),
            status_list: 0,
            status_list_size: 1 << 20,
        },
        seed: Seed(bytes),
    }
}

fn rights(role: &str) -> Rights {
    Rights { roles: [RoleId::recorded(role)].into_iter().collect(), ..Rights::default() }
}

fn person(id: &str) -> Who {
    Who::Person(id.to_owned())
}

fn now() -> Timestamp {
    Timestamp::from_second(1_772_409_600).unwrap()
}

fn claims() -> Claims {
    Claims {
        issuer: "annona".to_owned(),
        subject: "BE-7K3F-92Q6".to_owned(),
        audience: None,
        expires: 1_777_593_600,
        not_before: 1_772_409_600,
        issued_at: 1_772_409_600,
        cti: Uuid::from_u128(7).into_bytes(),
        status: None,
        voucher: VoucherClaim {
            version: voucher::VERSION,
            number: "1234-5678-9012".to_owned(),
            masked_name: "A***".to_owned(),
            programme: "bench".to_owned(),
            title: "School meals".to_owned(),
            kinds: vec!["shop".to_owned()],
            amount_minor: 25_000,
            currency: "USD".to_owned(),
            times: 1,
            region: None,
            offline_limit_minor: None,
        },
    }
}
