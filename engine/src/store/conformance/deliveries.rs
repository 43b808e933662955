//! Messages and incidents: order, tries, parking.

use super::sample::{at, at_once, committed, id, new, next, notice, read, record, there};
use crate::application::{Timer, TimerRule};
use crate::id::ApplicationId;
use crate::store::{
    Delivery, Incident, IncidentChange, IncidentKind, OutboxContent, OutboxEntry, Record, Store,
};

/// The next message of an application is due when the one before is delivered; others do not wait for it.
pub async fn messages_of_an_application_go_in_order(store: &dyn Store) {
    let mut one = new(1);
    one.notices = vec![notice(0, at(0)), notice(1, at(0))];
    let mut other = new(2);
    other.notices = vec![notice(2, at(5))];
    committed(store, &[one, other]).await;
    assert_eq!(due(store, 0).await, [(id(1), 0)]);
    assert_eq!(due(store, 5).await, [(id(1), 0), (id(2), 2)]);
    assert_eq!(read(store.due_outbox(at(5), 1).await).len(), 1);
    let first = entry(store, 5, 0).await;
    assert_eq!(first.attempts, 0);
    delivered(store, first.id, Delivery::Done).await;
    let second = entry(store, 5, 1).await;
    assert!(second.id > first.id);
    assert_eq!(due(store, 5).await, [(id(1), 1), (id(2), 2)]);
}

/// A reminder meant for next month holds up nothing until then.
pub async fn a_message_for_later_stands_behind_what_is_due(store: &dyn Store) {
    let mut first = new(1);
    first.notices = vec![notice(0, at(1_000))];
    let mut second = next(&first);
    second.notices = vec![notice(1, at(0))];
    committed(store, &[first, second]).await;
    assert_eq!(due(store, 10).await, [(id(1), 1)]);
    assert_eq!(read(store.outbox_waiting().await), 2);
    let now = entry(store, 10, 1).await;
    delivered(store, now.id, Delivery::Done).await;
    assert_eq!(due(store, 999).await, []);
    assert_eq!(due(store, 1_000).await, [(id(1), 0)]);
}

/// A message that waits for its next try is not passed by the next of its application.
pub async fn what_is_tried_again_holds_up_its_application_only(store: &dyn Store) {
    let mut one = new(1);
    one.notices = vec![notice(0, at(0)), notice(1, at(0))];
    let mut other = new(2);
    other.notices = vec![notice(2, at(0))];
    committed(store, &[one, other]).await;
    let first = entry(store, 0, 0).await;
    let again = || Delivery::Again { at: at(60), cause: "no answer".to_owned() };
    delivered(store, first.id, again()).await;
    assert_eq!(due(store, 59).await, [(id(2), 2)]);
    let tried = entry(store, 60, 0).await;
    assert_eq!((tried.id, tried.attempts), (first.id, 1));
    delivered(store, first.id, again()).await;
    assert_eq!(entry(store, 60, 0).await.attempts, 2);
}

/// A delivery that was given up is shown to the operator, and the next message goes.
pub async fn a_parked_delivery_is_an_incident_and_lets_the_next_pass(store: &dyn Store) {
    let mut one = new(1);
    one.notices = vec![notice(0, at(0)), notice(1, at(0))];
    committed(store, &[one]).await;
    let first = entry(store, 0, 0).await;
    delivered(store, first.id, Delivery::Parked { cause: "unknown number".to_owned() }).await;
    assert_eq!(due(store, 10).await, [(id(1), 1)]);
    assert_eq!(read(store.outbox_waiting().await), 1);
    let incident = only(read(store.incidents(None, 10).await));
    assert_eq!(incident.kind, IncidentKind::Delivery(first.id));
    assert_eq!(incident.application, Some(id(1)));
    assert_eq!(incident.cause, "unknown number");
    assert_eq!(read(store.incident(incident.id).await), Some(incident.clone()));
    assert!(record(store, Record::CloseIncident(incident.id)).await.is_ok());
    assert_eq!(read(store.incident(incident.id).await), None);
    assert_eq!(due(store, 10).await, [(id(1), 1)]);
}

/// An operator has a parked delivery tried again.
pub async fn a_parked_delivery_can_be_tried_again(store: &dyn Store) {
    let mut one = new(1);
    one.notices = vec![notice(0, at(0))];
    committed(store, &[one]).await;
    let first = entry(store, 0, 0).await;
    delivered(store, first.id, Delivery::Parked { cause: "unknown number".to_owned() }).await;
    assert_eq!(due(store, 10).await, []);
    let again = Delivery::Again { at: at(20), cause: "an operator asked for it".to_owned() };
    delivered(store, first.id, again).await;
    for incident in read(store.incidents(None, 10).await) {
        assert!(record(store, Record::CloseIncident(incident.id)).await.is_ok());
    }
    assert_eq!(due(store, 19).await, []);
    assert_eq!(entry(store, 20, 0).await.id, first.id);
    assert_eq!(read(store.incidents(None, 10).await), []);
}

/// A held application has one incident, until it goes on.
pub async fn an_incident_of_an_application_opens_and_closes(store: &dyn Store) {
    let mut first = new(1);
    first.incident = Some(IncidentChange::Open("no rate for the amount".to_owned()));
    let mut other = new(2);
    other.incident = Some(IncidentChange::Open("held".to_owned()));
    committed(store, &[first.clone(), other]).await;
    let open = read(store.incidents(None, 10).await);
    assert_eq!(
        open.iter().map(|it| it.application).collect::<Vec<_>>(),
        [Some(id(1)), Some(id(2))]
    );
    let oldest = only(read(store.incidents(None, 1).await));
    assert_eq!(
        (oldest.kind, oldest.cause.as_str()),
        (IncidentKind::Application, "no rate for the amount")
    );
    let later = only(read(store.incidents(Some(oldest.id), 10).await));
    assert_eq!(later.application, Some(id(2)));
    let mut again = next(&first);
    again.incident = Some(IncidentChange::Open("still none".to_owned()));
    let mut untouched = next(&again);
    untouched.incident = None;
    let mut closed = next(&untouched);
    closed.incident = Some(IncidentChange::Close);
    committed(store, &[again, untouched]).await;
    assert_eq!(read(store.incidents(None, 10).await).len(), 2);
    let renewed = there(read(store.incident(oldest.id).await));
    assert_eq!((renewed.cause.as_str(), renewed.since), ("still none", at(1)));
    let mut reopened = next(&closed);
    reopened.incident = Some(IncidentChange::Open("none again".to_owned()));
    let mut over = next(&reopened);
    over.incident = Some(IncidentChange::Close);
    committed(store, &[closed, reopened]).await;
    let other = there(read(store.incidents(Some(later.id), 10).await).pop());
    assert_eq!((other.application, other.cause.as_str()), (Some(id(1)), "none again"));
    committed(store, &[over]).await;
    assert_eq!(only(read(store.incidents(None, 10).await)).application, Some(id(2)));
}

/// What one takes nobody else is given, nor what comes after it, until its time is over.
pub async fn a_message_is_taken_by_one_at_a_time(store: &dyn Store) {
    let mut one = new(1);
    one.notices = vec![notice(0, at(0)), notice(1, at(0))];
    let mut other = new(2);
    other.notices = vec![notice(2, at(5))];
    committed(store, &[one, other]).await;
    assert_eq!(taken(store, 5, 10, 1).await, [0]);
    assert_eq!(taken(store, 5, 10, 9).await, [2]);
    assert_eq!(taken(store, 9, 20, 9).await, Vec::<u16>::new());
    assert_eq!(due(store, 9).await, [(id(1), 0), (id(2), 2)]);
    let first = entry(store, 9, 0).await;
    read(store.keep_taken(first.id, at(30)).await);
    assert_eq!(taken(store, 10, 20, 9).await, [2]);
    assert_eq!(taken(store, 30, 40, 9).await, [0, 2]);
    let at_once = at_once((0..8).map(|_| taken(store, 50, 60, 1))).await;
    let mut given = at_once.concat();
    given.sort_unstable();
    assert_eq!(given, [0, 2]);
}

/// A message that was delivered lets the next one go, and one that is tried again waits for nobody's time but its own.
pub async fn what_became_of_a_message_gives_it_back(store: &dyn Store) {
    let mut one = new(1);
    one.notices = vec![notice(0, at(0)), notice(1, at(0))];
    committed(store, &[one]).await;
    assert_eq!(taken(store, 0, 1_000, 9).await, [0]);
    let first = entry(store, 0, 0).await;
    let again = Delivery::Again { at: at(20), cause: "no answer".to_owned() };
    delivered(store, first.id, again).await;
    assert_eq!(taken(store, 19, 1_000, 9).await, Vec::<u16>::new());
    assert_eq!(taken(store, 20, 1_000, 9).await, [0]);
    delivered(store, first.id, Delivery::Done).await;
    assert_eq!(taken(store, 20, 1_000, 9).await, [1]);
}

/// Whoever took a timer may have died over it.
pub async fn a_timer_that_was_taken_comes_again_until_it_fires(store: &dyn Store) {
    let mut one = new(1);
    for task in &mut one.application.tasks {
        let timer = |rule| Timer { rule: TimerRule::Late(rule), due: at(60 + i64::from(rule)) };
        task.timers = vec![timer(0), timer(1)];
    }
    committed(store, std::slice::from_ref(&one)).await;
    let [first, second] =
        [60, 61].map(async |now| there(read(store.due_timers(at(now), None, 9).await).pop()));
    let (first, second) = (first.await, second.await);
    assert_eq!(read(store.take_timers(at(70), at(80), None, 1).await), [first]);
    assert_eq!(read(store.take_timers(at(70), at(80), Some(first), 9).await), [second]);
    assert_eq!(read(store.take_timers(at(80), at(90), None, 9).await), [first, second]);
    let mut fired = next(&one);
    fired.application.tasks.clear();
    committed(store, &[fired]).await;
    assert_eq!(read(store.take_timers(at(90), at(100), None, 9).await), []);
}

/// Takes notices, and returns which.
async fn taken(store: &dyn Store, now: i64, until: i64, limit: u32) -> Vec<u16> {
    let entries = read(store.take_outbox(at(now), at(until), limit).await);
    entries.iter().filter_map(told).map(|(_, notice)| notice).collect()
}

/// Returns the notices due, by application.
async fn due(store: &dyn Store, now: i64) -> Vec<(ApplicationId, u16)> {
    let entries = read(store.due_outbox(at(now), 10).await);
    let mut notices: Vec<_> = entries.iter().filter_map(told).collect();
    notices.sort_unstable();
    notices
}

fn told(entry: &OutboxEntry) -> Option<(ApplicationId, u16)> {
    match &entry.content {
        OutboxContent::Notice { application, notify } => Some((*application, notify.notice)),
        OutboxContent::SignIn(_) => None,
    }
}

async fn entry(store: &dyn Store, now: i64, notice: u16) -> OutboxEntry {
    let entries = read(store.due_outbox(at(now), 10).await);
    there(entries.into_iter().find(|entry| told(entry).is_some_and(|(_, told)| told == notice)))
}

async fn delivered(store: &dyn Store, id: u64, delivery: Delivery) {
    assert!(record(store, Record::Delivered(id, delivery)).await.is_ok());
}

fn only(incidents: Vec<Incident>) -> Incident {
    assert_eq!(incidents.len(), 1);
    there(incidents.into_iter().next())
}
