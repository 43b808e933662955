//! Pieces of reports: together they count everything once.

use annona_definitions::programme::{RoleId, StageId};
use jiff::Timestamp;

use super::sample::{at, committed, id, new, next, programme, read};
use crate::application::Status;
use crate::counted::{Counted, Happened};
use crate::id::Who;
use crate::store::Store;
use crate::store::report::{Group, Queue, Sent, Span};

fn span(from: i64, until: i64) -> (Timestamp, Timestamp) {
    (at(from), at(until))
}

async fn sent(store: &dyn Store, (from, until): (Timestamp, Timestamp)) -> Vec<(Status, u64)> {
    let programme = programme();
    let span = Span { programme: programme.as_str(), from, until };
    let piece = read(store.sent(span).await);
    assert_eq!(piece.next, None);
    let mut groups: Vec<_> =
        piece.groups.iter().map(|Sent { status, count }| (*status, *count)).collect();
    groups.sort_by_key(|(status, _)| status.as_str());
    groups
}

async fn happened(store: &dyn Store, (from, until): (Timestamp, Timestamp)) -> Vec<Group> {
    let programme = programme();
    let span = Span { programme: programme.as_str(), from, until };
    let piece = read(store.happened(span).await);
    assert_eq!(piece.next, None);
    let mut groups = piece.groups;
    groups.sort_by_key(|group| (group.what, group.parts));
    groups
}

/// Applications are counted by their status, if they were sent within the span.
pub async fn applications_sent_within_a_span_are_counted(store: &dyn Store) {
    let mut rejected = new(3);
    rejected.application.status = Status::Rejected;
    rejected.application.tasks.clear();
    let mut elsewhere = new(4);
    elsewhere.application.programme =
        annona_definitions::programme::ProgrammeId::recorded("school");
    committed(store, &[new(1), new(2), rejected, elsewhere, new(5)]).await;
    assert_eq!(sent(store, span(0, 9)).await, [(Status::InReview, 3), (Status::Rejected, 1)]);
    assert_eq!(sent(store, span(2, 5)).await, [(Status::InReview, 1), (Status::Rejected, 1)]);
    assert_eq!(sent(store, span(6, 9)).await, []);
}

/// What happened is counted once, whoever records it again, and outlives erasure.
pub async fn what_happened_within_a_span_is_counted_once(store: &dyn Store) {
    let approved = |version, seconds| Counted {
        version,
        at: at(seconds),
        what: Happened::Approved,
        stage: Some(StageId::recorded("review")),
        money: None,
    };
    let issued = |version, seconds, parts| Counted {
        version,
        at: at(seconds),
        what: Happened::Issued,
        stage: None,
        money: Some((parts, "UGX".to_owned())),
    };
    let first = new(1);
    let mut second = next(&first);
    second.counted = vec![approved(2, 10), issued(3, 10, 25_000)];
    let mut other = new(2);
    other.counted = vec![approved(1, 20), issued(2, 20, 10_001)];
    let mut again = next(&second);
    again.counted = vec![approved(2, 10)];
    again.application.erased = true;
    again.application.tasks.clear();
    again.destroy_key = true;
    committed(store, &[first, other, second, again]).await;
    let group = |what, stage: Option<&str>, count, parts| Group {
        what,
        stage: stage.map(StageId::recorded),
        currency: stage.is_none().then(|| "UGX".to_owned()),
        count,
        parts,
    };
    let all = happened(store, span(0, 30)).await;
    assert_eq!(
        all,
        [group(Happened::Approved, Some("review"), 2, 0), group(Happened::Issued, None, 2, 35_001)]
    );
    let one = happened(store, span(10, 20)).await;
    assert_eq!(
        one,
        [group(Happened::Approved, Some("review"), 1, 0), group(Happened::Issued, None, 1, 25_000)]
    );
    assert_eq!(happened(store, span(21, 30)).await, []);
}

/// A queue is counted with what is claimed in it and the earliest deadline.
pub async fn open_tasks_are_counted_by_role_and_stage(store: &dyn Store) {
    let mut units: Vec<_> = (1..=4).map(new).collect();
    for (one, due) in units.iter_mut().zip([Some(300), None, Some(200), None]) {
        for task in &mut one.application.tasks {
            task.due = due.map(at);
        }
    }
    for task in units.iter_mut().take(1).flat_map(|one| &mut one.application.tasks) {
        task.claimed_by = Some(Who::Person("grace".to_owned()));
        task.escalated_to = vec![RoleId::recorded("chief")];
    }
    for task in units.iter_mut().skip(3).flat_map(|one| &mut one.application.tasks) {
        task.stage = StageId::recorded("medical");
    }
    committed(store, &units).await;
    let mut queues = read(store.queues(programme().as_str()).await);
    queues.sort_by_key(|queue| (queue.role.to_string(), queue.stage.to_string()));
    let queue = |role: &str, stage: &str, open, claimed, due: Option<i64>| Queue {
        role: RoleId::recorded(role),
        stage: StageId::recorded(stage),
        open,
        claimed,
        oldest_due: due.map(at),
    };
    assert_eq!(
        queues,
        [
            queue("chief", "review", 1, 1, Some(300)),
            queue("clerk", "medical", 1, 0, None),
            queue("clerk", "review", 3, 1, Some(200)),
        ]
    );
    assert_eq!(read(store.queues("school").await), []);
    assert!(read(store.application(id(1)).await).is_some());
}
