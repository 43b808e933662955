//! What is derived from an application's row and replaced with it: open tasks, the queues they stand in, and timers.

use super::super::super::table::Cell;
use super::super::list::micros;
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
    /// Application, number, programme, stage, role, opening, deadline, and who claimed it.
    pub(in super::super) tasks: Vec<[Cell; 8]>,
    /// Programme, role, deadline, application, number, stage, and whether it is claimed.
    pub(in super::super) queues: Vec<[Cell; 7]>,
    /// Application, task, rule, and when it is due.
    pub(in super::super) timers: Vec<[Cell; 4]>,
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
            let task = i64::from(returned.task);
            self.add_timer(application, task, ANSWER, micros(answer_by));
        }
    }

    fn add_task(&mut self, application: &Application, task: &Task) {
        let id = || Cell::from(application.id.0.as_bytes().as_slice());
        let number = i64::from(task.number);
        let (programme, stage) = (application.programme.as_str(), task.stage.as_str());
        let due = due_key(task.due);
        let claimed_by = task.claimed_by.as_ref().map(ToString::to_string);
        let claimed = i64::from(claimed_by.is_some());
        for seen_by in std::iter::once(&task.role).chain(&task.escalated_to) {
            let (programme, role) = (programme.into(), seen_by.as_str().into());
            let (number, claimed) = (number.into(), claimed.into());
            self.queues.push([programme, role, due.into(), id(), number, stage.into(), claimed]);
        }
        for timer in &task.timers {
            self.add_timer(application, number, rule_key(timer.rule), micros(timer.due));
        }
        self.tasks.push([
            id(),
            number.into(),
            programme.into(),
            stage.into(),
            task.role.as_str().into(),
            micros(task.opened_at).into(),
            due.into(),
            claimed_by.into(),
        ]);
    }

    fn add_timer(&mut self, application: &Application, task: i64, rule: i64, due: i64) {
        let id = application.id.0.as_bytes().as_slice().into();
        self.timers.push([id, task.into(), rule.into(), due.into()]);
    }
}
