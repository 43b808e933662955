//! What is derived from an application's row and replaced with it: open tasks, the queues they stand in, and timers.

use super::super::list::{List, micros};
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
            let row = self.timers.row().bytes(application.id.0).number(returned.task.into());
            row.number(ANSWER).number(micros(answer_by)).end();
        }
    }

    fn add_task(&mut self, application: &Application, task: &Task) {
        let (id, number) = (application.id.0, i64::from(task.number));
        let programme = application.programme.as_str();
        let (stage, role) = (task.stage.as_str(), task.role.as_str());
        let due = due_key(task.due);
        let claimed_by = task.claimed_by.as_ref().map(ToString::to_string);
        for seen_by in std::iter::once(&task.role).chain(&task.escalated_to) {
            let row = self.queues.row().text(programme).text(seen_by.as_str()).number(due);
            let row = row.bytes(id).number(number).text(stage);
            row.number(i64::from(claimed_by.is_some())).end();
        }
        for timer in &task.timers {
            let row = self.timers.row().bytes(id).number(number);
            row.number(rule_key(timer.rule)).number(micros(timer.due)).end();
        }
        let row = self.tasks.row().bytes(id).number(number).text(programme).text(stage).text(role);
        let row = row.number(micros(task.opened_at)).number(due);
        row.text_or_none(claimed_by.as_deref()).end();
    }
}
