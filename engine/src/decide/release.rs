//! Putting a task back.

use super::Decision;
use super::recorder::Recorder;
use crate::event::Body;
use crate::refusal::Refusal;

/// Puts back a task that one has taken.
pub(super) fn release(mut recorder: Recorder<'_>, number: u32) -> Result<Decision, Refusal> {
    let application = recorder.application()?;
    if recorder.facts.rights.roles.is_empty() || number == 0 || number > application.tasks_opened {
        return Err(Refusal::NotFound);
    }
    let task = application.task(number).ok_or(Refusal::TaskClosed)?;
    match &task.claimed_by {
        Some(holder) if *holder == recorder.command.who => {}
        Some(_) => return Err(Refusal::NotYourTask),
        None => return Err(Refusal::NotClaimed),
    }
    recorder.record(Body::Released { task: number });
    recorder.done()
}
