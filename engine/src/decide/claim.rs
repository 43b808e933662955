//! Taking a task.

use super::Decision;
use super::decision::{has_no_conflict, holds_role, is_open};
use super::recorder::Recorder;
use crate::event::Body;
use crate::id::Who;
use crate::refusal::Refusal;

/// Takes an open task that nobody works; taking one's own again changes nothing.
pub(super) fn claim(mut recorder: Recorder<'_>, number: u32) -> Result<Decision, Refusal> {
    let application = recorder.application()?;
    let (who, rights) = (&recorder.command.who, &recorder.facts.rights);
    if !matches!(who, Who::Person(_))
        || rights.roles.is_empty()
        || number == 0
        || number > application.tasks_opened
    {
        return Err(Refusal::NotFound);
    }
    let task = application.task(number).ok_or(Refusal::TaskClosed)?;
    if !holds_role(task, rights) {
        return Err(Refusal::NotYourRole { needed: task.role.clone() });
    }
    is_open(application)?;
    match &task.claimed_by {
        Some(holder) if holder == who => return recorder.done(),
        Some(_) => return Err(Refusal::AlreadyClaimed),
        None => {}
    }
    // Taking is no decision, but a task that its holder could never decide would wait unseen.
    has_no_conflict(recorder.programme, application, &task.stage, who, rights)?;
    recorder.record(Body::Claimed { task: number });
    recorder.done()
}
