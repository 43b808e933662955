//! Pieces of reports: here each is the whole.

use std::collections::BTreeMap;

use super::state::State;
use crate::store::report::{Group, Piece, Queue, Sent, Span};

impl State {
    /// Counts the open tasks of a programme by role and stage.
    pub(super) fn count_queues(&self, programme: &str) -> Vec<Queue> {
        let mut queues = BTreeMap::new();
        let rows = self.rows().filter(|row| row.programme.as_str() == programme);
        for task in rows.flat_map(|row| &row.tasks).filter(|task| task.suspended_at.is_none()) {
            for role in std::iter::once(&task.role).chain(&task.escalated_to) {
                let key = (role.as_str().to_owned(), task.stage.as_str().to_owned());
                let queue = queues.entry(key).or_insert_with(|| Queue {
                    role: role.clone(),
                    stage: task.stage.clone(),
                    open: 0,
                    claimed: 0,
                    oldest_due: None,
                });
                queue.open += 1;
                queue.claimed += u64::from(task.claimed_by.is_some());
                queue.oldest_due = queue.oldest_due.into_iter().chain(task.due).min();
            }
        }
        queues.into_values().collect()
    }

    /// Counts applications that were sent within a span.
    pub(super) fn count_sent(&self, span: Span<'_>) -> Piece<Sent> {
        let mut groups: Vec<Sent> = Vec::new();
        for row in self.rows().filter(|row| row.programme.as_str() == span.programme) {
            if span.holds(row.submitted_at) {
                match groups.iter_mut().find(|group| group.status == row.status) {
                    Some(group) => group.count += 1,
                    None => groups.push(Sent { status: row.status, count: 1 }),
                }
            }
        }
        Piece { groups, next: None }
    }

    /// Counts what happened within a span.
    pub(super) fn count_happened(&self, span: Span<'_>) -> Piece<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for ((id, _), counted) in self.counted.iter() {
            let row = self.applications.get(id).map(|row| &row.application);
            if row.is_none_or(|row| row.programme.as_str() != span.programme)
                || !span.holds(counted.at)
            {
                continue;
            }
            let currency = counted.money.as_ref().map(|(_, currency)| currency.clone());
            let parts = counted.money.as_ref().map_or(0, |(parts, _)| *parts);
            let group = Group {
                what: counted.what,
                stage: counted.stage.clone(),
                currency,
                count: 1,
                parts,
            };
            Group::add(&mut groups, group);
        }
        Piece { groups, next: None }
    }
}
