//! Tests of the writer against a store that fails on request.

mod faulty;

use std::sync::Arc;

use proptest::prelude::*;

use self::faulty::{Fault, Faulty};
use super::*;
use crate::store::conformance::sample::{at, hash, id, new, next, notice, request, take, unit};
use crate::store::{
    ApplicationQuery, ApplicationUnit, Definition, Memory, OncePerChange, Record, StoredOutcome,
};

type Outcome = Result<Receipt, CommitFailure>;

/// Queues units behind one that is being written, lets the store go on, and returns what the units came to.
async fn grouped(store: &Arc<Faulty>, units: Vec<Unit>) -> Vec<Outcome> {
    let writer = Writer::start(store.clone()).unwrap();
    let first = spawn(&writer, unit(&new(1_000)));
    while store.batches().is_empty() {
        tokio::task::yield_now().await;
    }
    let count = units.len();
    let waiting: Vec<_> = units.into_iter().map(|unit| spawn(&writer, unit)).collect();
    while writer.0.queue.len() < count {
        tokio::task::yield_now().await;
    }
    store.open();
    assert!(first.await.unwrap().is_ok());
    let mut outcomes = Vec::new();
    for outcome in waiting {
        outcomes.push(outcome.await.unwrap());
    }
    writer.stop().await;
    outcomes
}

fn spawn(writer: &Writer, unit: Unit) -> tokio::task::JoinHandle<Outcome> {
    let writer = writer.clone();
    tokio::spawn(async move { writer.commit(unit).await })
}

/// Returns a store whose first commit, that of the unit before the group, goes well.
fn store(faults: Vec<Fault>, bad: Option<u32>) -> Arc<Faulty> {
    let mut all = vec![Fault::Overtaken(Vec::new())];
    all.extend(faults);
    Arc::new(Faulty::closed(all, bad.map(id)))
}

fn units(numbers: impl IntoIterator<Item = u32>) -> Vec<Unit> {
    numbers.into_iter().map(|n| unit(&new(n))).collect()
}

fn lost(outcome: &Outcome) -> Option<&Loss> {
    match outcome {
        Err(CommitFailure::Lost(loss)) => Some(loss),
        _ => None,
    }
}

#[tokio::test]
async fn what_queued_during_a_commit_is_the_next_batch() {
    let store = store(vec![], None);
    let outcomes = grouped(&store, units(1..=200)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let sizes: Vec<_> = store.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 128, 72]);
}

#[tokio::test]
async fn a_batch_has_one_unit_of_an_application_and_keeps_their_order() {
    let store = store(vec![], None);
    let first = new(1);
    let second = next(&first);
    let third = next(&second);
    let mut repeated = new(2);
    repeated.idempotency = Some(request(&repeated, "key"));
    let mut again = new(3);
    again.idempotency = Some(request(&again, "key"));
    let all = [&first, &second, &repeated, &again, &third].map(unit);
    let outcomes = grouped(&store, all.into()).await;
    // The one of two equal requests that came later loses, and its batch is repeated without it.
    let batches = [vec![1_000], vec![1, 2], vec![1, 3], vec![1], vec![1]];
    assert_eq!(store.batches(), batches);
    let known = repeated.idempotency.unwrap().outcome;
    assert_eq!(lost(&outcomes[3]), Some(&Loss::Idempotency(known)));
    assert!([0, 1, 2, 4].iter().all(|place| outcomes[*place].is_ok()));
}

#[tokio::test]
async fn a_loser_does_not_fail_its_neighbours() {
    let overtaken = Fault::Overtaken(units([2]));
    let store = store(vec![overtaken], None);
    let outcomes = grouped(&store, units(1..=3)).await;
    assert_eq!(lost(&outcomes[1]), Some(&Loss::Version));
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert_eq!(store.batches(), [vec![1_000], vec![1, 2, 3], vec![1, 3]]);
}

#[tokio::test]
async fn after_three_repeats_units_are_written_one_by_one() {
    let faults = (1..=4).map(|n| Fault::Overtaken(units([n]))).collect();
    let store = store(faults, None);
    let outcomes = grouped(&store, units(1..=6)).await;
    let sizes: Vec<_> = store.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 6, 5, 4, 3, 1, 1]);
    assert!(outcomes[..4].iter().all(|outcome| lost(outcome) == Some(&Loss::Version)));
    assert!(outcomes[4..].iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_bad_unit_fails_alone() {
    let store = store(vec![], Some(2));
    let outcomes = grouped(&store, units(1..=3)).await;
    assert!(matches!(outcomes[1], Err(CommitFailure::Store(StoreError::Database(_)))));
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
}

#[tokio::test]
async fn a_full_disk_is_told_to_everyone_at_once() {
    let store = store(vec![Fault::Fails(StoreError::Full)], None);
    let outcomes = grouped(&store, units(1..=3)).await;
    let full = |outcome: &Outcome| matches!(outcome, Err(CommitFailure::Store(StoreError::Full)));
    assert!(outcomes.iter().all(full));
    assert_eq!(store.batches().len(), 2);
    assert!(store.application(id(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_commit_that_was_cut_off_but_recorded_is_found() {
    let store = store(vec![Fault::CutAfter], None);
    let mut with_key = new(1);
    with_key.idempotency = Some(request(&with_key, "key"));
    let deployed = Definition {
        programme: "surgery".to_owned(),
        number: 0,
        digest: hash("source"),
        source: b"source".to_vec(),
        deployed_at: at(0),
        by: crate::id::Who::Engine,
    };
    let deploy = Unit::Record(Record::Deploy(deployed));
    let outcomes = grouped(&store, vec![unit(&with_key), unit(&new(2)), deploy]).await;
    assert!(matches!(outcomes[0], Ok(Receipt::Done)));
    assert!(matches!(outcomes[1], Ok(Receipt::Done)));
    assert!(matches!(outcomes[2], Ok(Receipt::Deployed { number: 1, unchanged: false })));
}

#[tokio::test]
async fn a_commit_that_was_cut_off_and_left_no_trace_is_unknown() {
    let store = store(vec![Fault::Fails(StoreError::Unknown)], None);
    let mut with_key = new(1);
    with_key.idempotency = Some(request(&with_key, "key"));
    let outcomes = grouped(&store, vec![unit(&with_key), unit(&new(2))]).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(CommitFailure::Unknown))));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let store = Arc::new(Faulty::closed(vec![], None));
    let writer = Writer::start(store.clone()).unwrap();
    let first = spawn(&writer, unit(&new(1)));
    while store.batches().is_empty() {
        tokio::task::yield_now().await;
    }
    let run = || Unit::Record(Record::CloseIncident(1));
    let waiting: Vec<_> = (0..MAX_QUEUED).map(|_| spawn(&writer, run())).collect();
    while writer.0.queue.len() < MAX_QUEUED {
        tokio::task::yield_now().await;
    }
    assert!(matches!(writer.commit(run()).await, Err(CommitFailure::Overloaded)));
    store.open();
    writer.stop().await;
    assert!(first.await.unwrap().is_ok());
    for outcome in waiting {
        assert!(outcome.await.unwrap().is_ok());
    }
    assert!(matches!(writer.commit(run()).await, Err(CommitFailure::Stopped)));
}

#[tokio::test]
async fn a_panic_of_the_store_is_unknown_to_its_batch_and_the_writer_goes_on() {
    let store = store(vec![Fault::Panics], None);
    let outcomes = grouped(&store, units(1..=130)).await;
    let unknown = |outcome: &Outcome| matches!(outcome, Err(CommitFailure::Unknown));
    assert!(outcomes[..128].iter().all(unknown));
    assert!(outcomes[128..].iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_writer_is_alive_until_it_is_stopped() {
    let writer = Writer::start(Arc::new(Memory::new())).unwrap();
    assert!(writer.is_alive());
    writer.stop().await;
    assert!(!writer.is_alive());
    let late = writer.commit(unit(&new(1))).await;
    assert!(matches!(late, Err(CommitFailure::Stopped)));
}

#[tokio::test]
async fn a_store_of_two_lanes_takes_a_second_batch_and_nothing_of_an_application_that_is_being_written()
 {
    let store = Arc::new(Faulty::with_lanes(2));
    let writer = Writer::start(store.clone()).unwrap();
    let first = new(1);
    let mut waiting = vec![spawn(&writer, unit(&first))];
    while store.batches().is_empty() {
        tokio::task::yield_now().await;
    }
    let others: Vec<u32> = (2..=u32::try_from(WORTH_A_LANE).unwrap()).collect();
    waiting.push(spawn(&writer, unit(&next(&first))));
    while writer.0.queue.len() < 1 {
        tokio::task::yield_now().await;
    }
    waiting.extend(units(others.iter().copied()).into_iter().map(|unit| spawn(&writer, unit)));
    while store.batches().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(writer.0.queue.len(), 1);
    store.open();
    for outcome in waiting {
        assert!(outcome.await.unwrap().is_ok());
    }
    let batches = store.batches();
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [1, others.len(), 1]);
    writer.stop().await;
}

/// Returns a unit of the n-th application at its k-th version, with things to lose.
fn drawn(n: u32, version: u8, key: u8, release: bool) -> ApplicationUnit {
    let mut one = (1..version).fold(new(n), |before, _| next(&before));
    let name = format!("key {key}");
    one.once_per = if release { vec![OncePerChange::Release] } else { vec![take(&name, None)] };
    one.notices = vec![notice(0, at(0))];
    one.idempotency = Some(request(&one, &format!("{n} {version} {key} {release}")));
    one
}

/// Returns all that can be read of the applications drawn.
async fn shown(store: &dyn Store, units: &[ApplicationUnit]) -> Vec<String> {
    let query = ApplicationQuery { limit: 200, ..ApplicationQuery::default() };
    let mut shown = vec![format!("{:?}", store.applications(&query).await.unwrap())];
    for one in units {
        let scope = one.idempotency.as_ref().unwrap().scope;
        let outcome: Option<StoredOutcome> = store.idempotent(scope).await.unwrap();
        shown.push(format!("{outcome:?}"));
        shown.push(format!("{:?}", store.events(one.application.id, 1).await.unwrap()));
    }
    for key in 0..4 {
        let key = crate::store::conformance::sample::once_per(&format!("key {key}"), None);
        shown.push(format!("{:?}", store.once_per(&key).await.unwrap()));
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_come_to_what_units_come_to_one_by_one(
        drawn_units in prop::collection::vec((0_u32..6, 1_u8..4, 0_u8..4, any::<bool>()), 1..40),
    ) {
        let units: Vec<_> = drawn_units
            .into_iter()
            .map(|(n, version, key, release)| drawn(n, version, key, release))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let batched = store(vec![], None);
            let outcomes = grouped(&batched, units.iter().map(unit).collect()).await;
            let single = Memory::new();
            single.commit(&[unit(&new(1_000))]).await.unwrap();
            // The writer's order: that in which units were in its batches.
            let mut kept = 0;
            for one in in_order(&units) {
                let came = single.commit(&[unit(one)]).await.unwrap();
                kept += usize::from(matches!(came, crate::store::Batch::Committed(_)));
            }
            prop_assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), kept);
            prop_assert_eq!(shown(&batched.inner, &units).await, shown(&single, &units).await);
            Ok(())
        })?;
    }
}

/// Returns units in the order of batches with one unit of each application and request.
fn in_order(units: &[ApplicationUnit]) -> Vec<&ApplicationUnit> {
    let mut rest: Vec<_> = units.iter().collect();
    let mut ordered = Vec::new();
    while !rest.is_empty() {
        let mut seen = std::collections::HashSet::new();
        let (now, later) = rest.into_iter().partition(|one| seen.insert(one.application.id));
        ordered.extend::<Vec<_>>(now);
        rest = later;
    }
    ordered
}
