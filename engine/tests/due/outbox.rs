//! The outbox: in order, again after a while, parked in the end, and never twice at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use annona_engine::id::ApplicationId;
use annona_engine::outbox::{Courier, FIRST_WAIT, LONGEST_WAIT, MAX_TRIES, Outbox, Tried};
use annona_engine::store::{
    Delivery, IncidentKind, OutboxContent, OutboxEntry, Record, Store as _,
};
use async_trait::async_trait;
use jiff::SignedDuration;
use tokio::sync::Semaphore;

use crate::world::{World, days};

/// A courier that does as it is told and remembers what it was given.
#[derive(Debug)]
struct Told {
    outcomes: Mutex<VecDeque<Tried>>,
    given: Mutex<Vec<(u64, ApplicationId, u64)>>,
    gate: Semaphore,
}

impl Told {
    fn to(outcomes: impl IntoIterator<Item = Tried>) -> Arc<Self> {
        Arc::new(Self {
            outcomes: Mutex::new(outcomes.into_iter().collect()),
            given: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        })
    }

    fn given(&self) -> Vec<(u64, ApplicationId, u64)> {
        std::mem::take(&mut *self.given.lock().unwrap())
    }
}

#[async_trait]
impl Courier for Told {
    async fn deliver(&self, entry: &OutboxEntry) -> Tried {
        let OutboxContent::Notice { application, notify } = &entry.content else {
            return Tried::Never { cause: "no notice".into() };
        };
        self.given.lock().unwrap().push((entry.id, *application, notify.version));
        let _open = self.gate.acquire().await.unwrap();
        self.outcomes.lock().unwrap().pop_front().unwrap_or(Tried::Done)
    }
}

fn later(cause: &str) -> Tried {
    Tried::Later { cause: cause.into(), retry_after: None }
}

async fn deliver_all(outbox: &Outbox) -> usize {
    let mut count = 0;
    while outbox.deliver_next().await.unwrap() {
        count += 1;
    }
    count
}

fn wait(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap()
}

#[tokio::test]
async fn what_failed_is_tried_again_later_and_holds_up_what_comes_after_it() {
    let world = World::new().await;
    let id = world.submit().await;
    world.pass(days(1));
    world.engine.fire_timers().await.unwrap();
    let courier = Told::to([later("busy")]);
    let outbox = Outbox::new(world.engine.clone(), courier.clone());
    assert_eq!(deliver_all(&outbox).await, 1);
    assert_eq!(courier.given().len(), 1);
    world.pass(wait(FIRST_WAIT) - SignedDuration::from_secs(1));
    assert_eq!(deliver_all(&outbox).await, 0);
    world.pass(wait(FIRST_WAIT));
    assert_eq!(deliver_all(&outbox).await, 2);
    let given = courier.given();
    assert!(given[0].2 < given[1].2, "the second tells of a later event: {given:?}");
    assert!(given.iter().all(|(_, application, _)| *application == id));
}

#[tokio::test]
async fn one_application_does_not_wait_for_another() {
    let world = World::new().await;
    let (first, second) = (world.submit().await, world.submit().await);
    let courier = Told::to([later("busy"), Tried::Done]);
    let outbox = Outbox::new(world.engine.clone(), courier.clone());
    assert_eq!(deliver_all(&outbox).await, 2);
    let applications: Vec<_> = courier.given().into_iter().map(|(_, id, _)| id).collect();
    assert_eq!(applications, [first, second]);
}

#[tokio::test]
async fn an_entry_that_is_under_way_is_given_to_nobody_else() {
    let world = World::new().await;
    world.submit().await;
    let courier = Told::to([]);
    courier.gate.forget_permits(Semaphore::MAX_PERMITS);
    let outbox = Arc::new(Outbox::new(world.engine.clone(), courier.clone()));
    let slow = tokio::spawn({
        let outbox = Arc::clone(&outbox);
        async move { outbox.deliver_next().await.unwrap() }
    });
    while courier.given.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!outbox.deliver_next().await.unwrap());
    courier.gate.add_permits(1);
    assert!(slow.await.unwrap());
    assert_eq!(courier.given().len(), 1);
    assert!(!outbox.deliver_next().await.unwrap());
}

#[tokio::test]
async fn what_keeps_failing_becomes_an_incident_and_is_delivered_when_it_is_retried() {
    let world = World::new().await;
    let id = world.submit().await;
    let courier = Told::to((0..MAX_TRIES).map(|_| later("the mail server is away")));
    let outbox = Outbox::new(world.engine.clone(), courier.clone());
    for _ in 0..MAX_TRIES {
        assert!(world.store.incidents(None, 9).await.unwrap().is_empty());
        assert_eq!(deliver_all(&outbox).await, 1);
        world.pass(wait(LONGEST_WAIT) * 2);
    }
    let parked = world.store.incidents(None, 9).await.unwrap();
    assert_eq!(parked[0].cause, "the mail server is away");
    assert_eq!(parked[0].application, Some(id));
    let entries: Vec<u64> = courier.given().into_iter().map(|(entry, _, _)| entry).collect();
    assert_eq!(deliver_all(&outbox).await, 0);

    let IncidentKind::Delivery(entry) = parked[0].kind else { panic!("it is no delivery") };
    assert!(entries.iter().all(|tried| *tried == entry), "the id is the same at every try");
    let again = Delivery::Again { at: world.engine.now(), cause: String::new() };
    world.engine.record(Record::Delivered(entry, again)).await.unwrap();
    assert_eq!(deliver_all(&outbox).await, 1);
    assert_eq!(courier.given()[0].0, entry);
    assert!(world.store.incidents(None, 9).await.unwrap().is_empty());
    assert_eq!(deliver_all(&outbox).await, 0);
}

#[tokio::test]
async fn what_never_arrives_is_parked_at_once_and_holds_up_nothing() {
    let world = World::new().await;
    let id = world.submit().await;
    world.pass(days(1));
    world.engine.fire_timers().await.unwrap();
    let courier = Told::to([Tried::Never { cause: "no such mailbox".into() }]);
    let outbox = Outbox::new(world.engine.clone(), courier.clone());
    assert_eq!(deliver_all(&outbox).await, 2);
    let parked = world.store.incidents(None, 9).await.unwrap();
    assert_eq!((parked.len(), parked[0].application), (1, Some(id)));
}

#[tokio::test]
async fn the_other_side_may_ask_for_a_longer_wait() {
    let world = World::new().await;
    world.submit().await;
    let asked =
        Tried::Later { cause: "slow down".into(), retry_after: Some(Duration::from_mins(30)) };
    let outbox = Outbox::new(world.engine.clone(), Told::to([asked]));
    deliver_all(&outbox).await;
    world.pass(SignedDuration::from_mins(29));
    assert_eq!(deliver_all(&outbox).await, 0);
    world.pass(SignedDuration::from_mins(1));
    assert_eq!(deliver_all(&outbox).await, 1);
}
