//! Several daemons over one database, each with a store of its own.

use std::time::Duration;

use super::super::super::conformance::sample::{
    at, at_once, committed, id, new, next, notice, once_per, read, take, unit,
};
use super::super::super::{Batch, Loss, OncePerChange, Store as _, StoreError};
use super::cluster::Cluster;
use crate::application::{Timer, TimerRule};
use crate::store::ApplicationUnit;

/// How many applications two daemons fight over.
const CONTESTED: u32 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_over_one_database_race_and_each_thing_is_won_once() {
    let cluster = Cluster::start();
    let (one, other) = (cluster.store("shared").await, cluster.open("shared").await.unwrap());
    let first: Vec<ApplicationUnit> = (1..=CONTESTED).map(new).collect();
    committed(&one, &first).await;
    let mut batch: Vec<_> = first.iter().map(next).collect();
    for unit in &mut batch {
        unit.once_per = vec![take(&unit.application.reference, None)];
    }
    let forwards: Vec<_> = batch.iter().map(unit).collect();
    let backwards: Vec<_> = batch.iter().rev().map(unit).collect();
    let came_to = tokio::join!(one.commit(&forwards), other.commit(&backwards));
    let outcomes = [came_to.0.unwrap(), came_to.1.unwrap()];
    let won = |outcome: &&Batch| matches!(outcome, Batch::Committed(_));
    assert_eq!(outcomes.iter().filter(won).count(), 1);
    let lost = outcomes.iter().find(|outcome| !won(outcome)).unwrap();
    let all: Vec<_> = (0..forwards.len()).map(|place| (place, Loss::Version)).collect();
    assert_eq!(*lost, Batch::Lost(all));
    for number in 1..=CONTESTED {
        assert_eq!(read(one.events(id(number), 1).await).len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_two_daemons_take_at_once_is_held_by_one() {
    let cluster = Cluster::start();
    let (one, other) = (cluster.store("shared").await, cluster.open("shared").await.unwrap());
    for round in 0..20 {
        let key = format!("key {round}");
        let taking = |number: u32| {
            let mut taking = new(number);
            taking.once_per = vec![take(&key, None), OncePerChange::Approve { at: at(1) }];
            [unit(&taking)]
        };
        let (left, right) = (2 * round + 1, 2 * round + 2);
        let (batch, twin) = (taking(left), taking(right));
        let (ours, theirs) = tokio::join!(one.commit(&batch), other.commit(&twin));
        let holder = read(one.once_per(&once_per(&key, None)).await).unwrap();
        let lost = Batch::Lost(vec![(0, Loss::OncePer { rule: 0, holder })]);
        let outcomes = [(id(left), ours.unwrap()), (id(right), theirs.unwrap())];
        for (taker, outcome) in outcomes {
            let won = matches!(outcome, Batch::Committed(_));
            assert_eq!(won, taker == holder);
            assert!(won || outcome == lost, "{outcome:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_shared_out_and_taken_over_from_one_that_died() {
    let cluster = Cluster::start();
    let (one, other) = (cluster.store("shared").await, cluster.open("shared").await.unwrap());
    let due: Vec<ApplicationUnit> = (1..=CONTESTED)
        .map(|number| {
            let mut unit = new(number);
            unit.notices = vec![notice(0, at(0))];
            let timer = Timer { rule: TimerRule::Late(0), due: at(5) };
            unit.application.tasks.iter_mut().for_each(|task| task.timers = vec![timer]);
            unit
        })
        .collect();
    committed(&one, &due).await;

    let taken = at_once((0..8).map(|turn| {
        let store = if turn % 2 == 0 { &one } else { &other };
        store.take_outbox(at(10), at(20), 10)
    }));
    let entries: Vec<u64> = taken.await.into_iter().flat_map(read).map(|entry| entry.id).collect();
    let distinct: std::collections::BTreeSet<u64> = entries.iter().copied().collect();
    assert_eq!(distinct.len(), entries.len(), "an entry is given twice");
    one.close().await;
    let left = read(other.take_outbox(at(20), at(30), 200).await);
    assert_eq!(left.len(), due.len());

    let third = cluster.open("shared").await.unwrap();
    let (ours, theirs) = tokio::join!(
        other.take_timers(at(10), at(20), None, 20),
        third.take_timers(at(10), at(20), None, 20)
    );
    let (ours, theirs) = (read(ours), read(theirs));
    assert!(ours.iter().all(|timer| !theirs.contains(timer)), "a timer is given twice");
    other.close().await;
    assert_eq!(read(third.take_timers(at(20), at(30), None, 200).await).len(), due.len());
}

#[tokio::test]
async fn no_more_is_taken_than_is_given_out() {
    let cluster = Cluster::start();
    let store = cluster.store("few").await;
    let due: Vec<ApplicationUnit> = (1..=CONTESTED)
        .map(|number| {
            let mut unit = new(number);
            unit.notices = vec![notice(0, at(0))];
            unit
        })
        .collect();
    committed(&store, &due).await;
    let mut taken = 0;
    for limit in [1, 1, 3, 1] {
        let entries = read(store.take_outbox(at(10), at(20), limit).await);
        assert_eq!(entries.len(), usize::try_from(limit).unwrap());
        taken += entries.len();
    }
    let rest = read(store.take_outbox(at(10), at(20), 200).await);
    assert_eq!(taken + rest.len(), due.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_reaches_the_other_daemon_and_not_the_one_that_gave_it() {
    let cluster = Cluster::start();
    let (one, other) = (cluster.store("shared").await, cluster.open("shared").await.unwrap());
    let (own, heard) = (one.clone(), other.clone());
    let own = tokio::spawn(async move { own.hinted().await });
    let mut heard = tokio::spawn(async move { heard.hinted().await });
    // Hints are lost until the other one listens.
    while tokio::time::timeout(Duration::from_millis(50), &mut heard).await.is_err() {
        read(one.hint().await);
    }
    assert!(!own.is_finished());
    one.close().await;
    assert!(matches!(own.await.unwrap(), Err(StoreError::Unreachable(_))));
    other.close().await;
}
