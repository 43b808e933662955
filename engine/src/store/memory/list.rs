//! Lists: applications and tasks by page, timers, outbox.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::state::State;
use crate::application::{Application, Task, TimerRule, VoucherStatus};
use crate::id::{ApplicationId, Who};
use crate::recorded::Hash;
use crate::store::{
    ApplicationQuery, Cursor, DueTimer, MAX_PAGE, OutboxContent, OutboxEntry, Page, TaskOrder,
    TaskQuery, TaskRow, View,
};

impl State {
    /// Returns every application.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Application> {
        self.applications.iter().map(|(_, row)| &row.application)
    }

    /// Returns whether an application is known by a keyed hash of a contact.
    pub(super) fn is_known(&self, id: ApplicationId, key: Hash) -> bool {
        self.known_by.get(&(id, key)).is_some() || self.submitted_from.get(&(id, key)).is_some()
    }

    /// Returns a page of applications, the newest first.
    pub(super) fn list_applications(&self, query: &ApplicationQuery) -> Page<Application> {
        let mut rows: Vec<(Cursor, &Application)> = self
            .rows()
            .filter(|row| query.programmes.is_empty() || query.programmes.contains(&row.programme))
            .filter(|row| query.status.is_none_or(|status| row.status == status))
            .filter(|row| query.stage.as_ref().is_none_or(|stage| row.stage() == Some(stage)))
            .filter(|row| query.reference.as_ref().is_none_or(|text| row.reference == *text))
            .filter(|row| {
                let prefix = query.reference_prefix.as_ref();
                prefix.is_none_or(|prefix| row.reference.starts_with(prefix.as_str()))
            })
            .filter(|row| query.words.iter().all(|word| self.words.get(&(row.id, *word)).is_some()))
            .filter(|row| query.known_by.is_none_or(|key| self.is_known(row.id, key)))
            .map(|row| {
                (Cursor { key: row.submitted_at.as_microsecond(), id: row.id, task: 0 }, row)
            })
            .filter(|(place, _)| {
                query.after.is_none_or(|after| (place.key, place.id) < (after.key, after.id))
            })
            .collect();
        rows.sort_by_key(|(place, _)| Reverse((place.key, place.id)));
        page(&rows, query.limit)
    }

    /// Returns a page of open tasks.
    pub(super) fn list_tasks(&self, query: &TaskQuery) -> Page<TaskRow> {
        let mut rows: Vec<(Cursor, TaskRow)> = self
            .rows()
            .flat_map(|row| row.tasks.iter().map(move |task| (row, task)))
            .filter(|(row, task)| is_asked_for(query, row, task))
            .map(|(row, task)| (task_place(query.order, row, task), task_row(row, task)))
            .filter(|(place, _)| query.after.is_none_or(|after| sort_key(*place) > sort_key(after)))
            .collect();
        rows.sort_by_key(|(place, _)| sort_key(*place));
        page(&rows, query.limit)
    }

    /// Returns where the vouchers of a status list stand, by index.
    pub(super) fn list_statuses(&self, list: u32) -> Vec<(u32, VoucherStatus)> {
        self.status_indexes
            .range((list, 0)..=(list, u32::MAX))
            .filter_map(|((_, index), id)| {
                let voucher = self.applications.get(id)?.application.voucher.as_ref()?;
                Some((*index, voucher.status))
            })
            .collect()
    }

    /// Returns timers that are due, the earliest first.
    pub(super) fn list_timers(
        &self,
        now: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Vec<DueTimer> {
        let place = |timer: &DueTimer| (timer.due, timer.task, timer.rule);
        let mut timers: Vec<DueTimer> = self
            .rows()
            .flat_map(timers_of)
            .filter(|timer| timer.due <= now)
            .filter(|timer| after.is_none_or(|after| place(timer) > place(&after)))
            .collect();
        timers.sort_by_key(place);
        timers.truncate(count(limit));
        timers
    }

    /// Returns entries of the outbox that may be sent now.
    pub(super) fn list_outbox(&self, now: Timestamp, limit: u32) -> Vec<OutboxEntry> {
        // What is meant for later stands behind everything else of its application; what waits for its next try is not passed.
        let mut first = BTreeMap::new();
        for (id, entry) in self.outbox.iter().filter(|(_, entry)| !entry.parked) {
            let line = match entry.content {
                OutboxContent::Notice { application, .. } => (Some(application), 0),
                OutboxContent::SignIn(_) => (None, *id),
            };
            let head = first.entry(line).or_insert((entry.from, *id, entry));
            if (entry.from, *id) < (head.0, head.1) {
                *head = (entry.from, *id, entry);
            }
        }
        let mut due: Vec<_> =
            first.into_values().filter(|(_, _, entry)| entry.next <= now).collect();
        due.sort_by_key(|(_, id, entry)| (entry.next, *id));
        due.truncate(count(limit));
        due.into_iter()
            .map(|(_, id, entry)| OutboxEntry {
                id,
                content: entry.content.clone(),
                attempts: entry.attempts,
            })
            .collect()
    }
}

/// Cuts a sorted list to a page.
fn page<R: Borrow<T>, T: Clone>(rows: &[(Cursor, R)], limit: u32) -> Page<T> {
    let limit = count(limit.clamp(1, MAX_PAGE));
    let more = rows.len() > limit;
    let kept = rows.get(..limit).unwrap_or(rows);
    let next = kept.last().filter(|_| more).map(|(place, _)| *place);
    Page { items: kept.iter().map(|(_, row)| row.borrow().clone()).collect(), next }
}

/// Returns a number of rows as it is answered.
pub(super) fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Returns a page of the applications of which something is due at `now`, the earliest first.
pub(super) fn due_page(
    due: impl Iterator<Item = (Timestamp, ApplicationId)>,
    now: Timestamp,
    after: Option<Cursor>,
    limit: u32,
) -> Page<ApplicationId> {
    let mut rows: Vec<(Cursor, ApplicationId)> = due
        .filter(|(due, _)| *due <= now)
        .map(|(due, id)| (Cursor { key: due.as_microsecond(), id, task: 0 }, id))
        .filter(|(place, _)| after.is_none_or(|after| sort_key(*place) > sort_key(after)))
        .collect();
    rows.sort_by_key(|(place, _)| sort_key(*place));
    page(&rows, limit)
}

/// Returns a limit as a number of rows.
pub(super) fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn is_asked_for(query: &TaskQuery, row: &Application, task: &Task) -> bool {
    let seen = || {
        query.roles.iter().any(|(programme, role)| {
            *programme == row.programme && (*role == task.role || task.escalated_to.contains(role))
        })
    };
    let shown = match query.view {
        View::Mine => {
            matches!(&task.claimed_by, Some(Who::Person(person)) if *person == query.person)
        }
        View::Pool => task.claimed_by.is_none(),
        View::Team => true,
    };
    task.suspended_at.is_none()
        && shown
        && query.stage.as_ref().is_none_or(|stage| task.stage == *stage)
        && query.late_at.is_none_or(|at| task.due.is_some_and(|due| due <= at))
        && seen()
}

fn task_place(order: TaskOrder, row: &Application, task: &Task) -> Cursor {
    let key = match order {
        TaskOrder::Due => task.due.map_or(i64::MAX, Timestamp::as_microsecond),
    };
    Cursor { key, id: row.id, task: task.number }
}

fn sort_key(place: Cursor) -> (i64, ApplicationId, u32) {
    (place.key, place.id, place.task)
}

fn task_row(row: &Application, task: &Task) -> TaskRow {
    TaskRow {
        id: row.task_id(task.number),
        reference: row.reference.clone(),
        programme: row.programme.clone(),
        stage: task.stage.clone(),
        role: task.role.clone(),
        opened_at: task.opened_at,
        due: task.due,
        claimed_by: task.claimed_by.clone(),
    }
}

/// Returns the timers that run: those of open tasks, and the end of the applicant's time to answer.
fn timers_of(row: &Application) -> impl Iterator<Item = DueTimer> {
    let late = row
        .tasks
        .iter()
        .filter(|task| task.suspended_at.is_none())
        .flat_map(|task| task.timers.iter().map(move |timer| (task.number, timer)))
        .map(|(task, timer)| DueTimer {
            task: row.task_id(task),
            rule: timer.rule,
            due: timer.due,
        });
    let answer = row.returned.iter().filter_map(|returned| {
        let due = returned.answer_by?;
        Some(DueTimer { task: row.task_id(returned.task), rule: TimerRule::Answer, due })
    });
    late.chain(answer)
}
