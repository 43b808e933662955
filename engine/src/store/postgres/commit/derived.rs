//! What is derived from an application's row and replaced with it: open tasks, the queues they stand in, and timers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::super::ApplicationUnit;
use super::super::error::Fault;
use super::super::list::{column, micros};
use crate::application::{Application, Task, TimerRule};

/// What stands for the end of the applicant's time to answer, among positions in `if_late`.
pub(in super::super) const ANSWER: i64 = -1;
/// What stands for "no deadline": after every instant.
pub(in super::super) const NO_DEADLINE: i64 = i64::MAX;

/// Application, number, programme, stage, role, opening, deadline, and who claimed it.
pub(in super::super) type TaskColumns =
    (Uuid, i64, String, String, String, i64, i64, Option<String>);
/// Programme, role, deadline, application, number, stage, and whether it is claimed.
pub(in super::super) type QueueColumns = (String, String, i64, Uuid, i64, String, bool);
/// Application, task, rule, and when it is due.
pub(in super::super) type TimerColumns = (Uuid, i64, i64, i64);

/// Returns what stands for a rule.
pub(in super::super) fn rule_key(rule: TimerRule) -> i64 {
    match rule {
        TimerRule::Late(late) => i64::from(late),
        TimerRule::Answer => ANSWER,
    }
}

/// Returns the sort key of a deadline.
pub(in super::super) fn due_key(due: Option<Timestamp>) -> i64 {
    due.map_or(NO_DEADLINE, micros)
}

/// The rows derived from applications.
#[derive(Debug, Default)]
pub(in super::super) struct Derived {
    pub(in super::super) tasks: Vec<TaskColumns>,
    pub(in super::super) queues: Vec<QueueColumns>,
    /// When each is due, by application, task and rule.
    timers: BTreeMap<(Uuid, i64, i64), i64>,
}

/// Adds what is derived; one statement, because each is a way to the server and back.
const ADD: &str = "
    WITH tasks AS (
             INSERT INTO task (application, number, programme, stage, role, opened_at, due, claimed_by)
             SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                    $7::bigint[], $8::text[])),
         queues AS (
             INSERT INTO queue (programme, role, due, application, number, stage, claimed)
             SELECT * FROM unnest($9::text[], $10::text[], $11::bigint[], $12::uuid[], $13::bigint[], $14::text[],
                    $15::boolean[])
                 ON CONFLICT DO NOTHING)
    INSERT INTO timer (application, task, rule, due)
    SELECT * FROM unnest($16::uuid[], $17::bigint[], $18::bigint[], $19::bigint[])";

/// Adds what is derived from rows, after what was derived from them before is cleared.
pub(super) async fn add(
    connection: &mut PgConnection,
    units: &[&ApplicationUnit],
) -> Result<(), Fault> {
    let mut derived = Derived::default();
    for unit in units {
        derived.add(&unit.application);
    }
    let (tasks, queues, timers) = (&derived.tasks, &derived.queues, derived.timers());
    if tasks.is_empty() && queues.is_empty() && timers.is_empty() {
        return Ok(());
    }
    sqlx::query(ADD)
        .bind(column(tasks, |row| row.0))
        .bind(column(tasks, |row| row.1))
        .bind(column(tasks, |row| row.2.as_str()))
        .bind(column(tasks, |row| row.3.as_str()))
        .bind(column(tasks, |row| row.4.as_str()))
        .bind(column(tasks, |row| row.5))
        .bind(column(tasks, |row| row.6))
        .bind(column(tasks, |row| row.7.as_deref()))
        .bind(column(queues, |row| row.0.as_str()))
        .bind(column(queues, |row| row.1.as_str()))
        .bind(column(queues, |row| row.2))
        .bind(column(queues, |row| row.3))
        .bind(column(queues, |row| row.4))
        .bind(column(queues, |row| row.5.as_str()))
        .bind(column(queues, |row| row.6))
        .bind(column(&timers, |row| row.0))
        .bind(column(&timers, |row| row.1))
        .bind(column(&timers, |row| row.2))
        .bind(column(&timers, |row| row.3))
        .execute(connection)
        .await?;
    Ok(())
}

impl Derived {
    /// Adds the rows of an application.
    pub(in super::super) fn add(&mut self, application: &Application) {
        let id = application.id.0;
        for task in application.tasks.iter().filter(|task| task.suspended_at.is_none()) {
            self.add_task(application, task);
        }
        if let Some(returned) = &application.returned
            && let Some(answer_by) = returned.answer_by
        {
            self.timers.insert((id, i64::from(returned.task), ANSWER), micros(answer_by));
        }
    }

    /// Returns the timers, in the order of their keys.
    pub(in super::super) fn timers(&self) -> Vec<TimerColumns> {
        self.timers.iter().map(|((id, task, rule), due)| (*id, *task, *rule, *due)).collect()
    }

    fn add_task(&mut self, application: &Application, task: &Task) {
        let id = application.id.0;
        let number = i64::from(task.number);
        let programme = || application.programme.to_string();
        let due = due_key(task.due);
        let claimed_by = task.claimed_by.as_ref().map(ToString::to_string);
        let claimed = claimed_by.is_some();
        for seen_by in std::iter::once(&task.role).chain(&task.escalated_to) {
            let role = seen_by.to_string();
            self.queues.push((programme(), role, due, id, number, task.stage.to_string(), claimed));
        }
        for timer in &task.timers {
            self.timers.insert((id, number, rule_key(timer.rule)), micros(timer.due));
        }
        let (stage, role) = (task.stage.to_string(), task.role.to_string());
        let opened_at = micros(task.opened_at);
        self.tasks.push((id, number, programme(), stage, role, opened_at, due, claimed_by));
    }
}
