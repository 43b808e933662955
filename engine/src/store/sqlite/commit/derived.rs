//! What is derived from an application's row and replaced with it: open tasks, the queues they stand in, and timers.

use serde_json::json;

use super::super::list::{List, hex, micros};
use super::super::read::tasks::due_key;
use crate::application::{Application, Task, TimerRule};

/// What stands for the end of the applicant's time to answer, among positions in `if_late`.
pub(in super::super) const ANSWER: i64 = -1;

/// Returns what stands for a rule.
pub(in super::super) fn rule_key(rule: TimerRule) -> i64 {
    match rule {
        TimerRule::Late(late) => i64::from(late),
        TimerRule::Answer => ANSWER,
    }
}

/// The rows derived from applications.
#[derive(Debug, Default)]
pub(in super::super) struct Derived {
    pub(in super::super) tasks: List,
    pub(in super::super) queues: List,
    pub(in super::super) timers: List,
}

impl Derived {
    /// Adds the rows of an application.
    pub(in super::super) fn add(&mut self, application: &Application) {
        for task in application.tasks.iter().filter(|task| task.suspended_at.is_none()) {
            self.add_task(application, task);
        }
        if let Some(returned) = &application.returned
            && let Some(answer_by) = returned.answer_by
        {
            let id = hex(application.id.0);
            self.timers.push(json!([id, returned.task, ANSWER, micros(answer_by)]));
        }
    }

    fn add_task(&mut self, application: &Application, task: &Task) {
        let id = hex(application.id.0);
        let programme = application.programme.as_str();
        let (stage, role) = (task.stage.as_str(), task.role.as_str());
        let due = due_key(task.due);
        let claimed_by = task.claimed_by.as_ref().map(ToString::to_string);
        let claimed = i64::from(claimed_by.is_some());
        for seen_by in std::iter::once(&task.role).chain(&task.escalated_to) {
            let row = json!([programme, seen_by.as_str(), due, id, task.number, stage, claimed]);
            self.queues.push(row);
        }
        for timer in &task.timers {
            self.timers.push(json!([id, task.number, rule_key(timer.rule), micros(timer.due)]));
        }
        let opened_at = micros(task.opened_at);
        self.tasks.push(json!([
            id,
            task.number,
            programme,
            stage,
            role,
            opened_at,
            due,
            claimed_by
        ]));
    }
}
