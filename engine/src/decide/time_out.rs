//! A timer that is due: remind, escalate, pass, reject, or the end of the applicant's time to answer.

use annona_definitions::programme::{LateAction, NoticeEvent, Recipient, Stage};
use jiff::Timestamp;

use super::recorder::Recorder;
use super::{Decision, approve, reject};
use crate::application::{Task, TimerRule};
use crate::event::{Body, RejectedBy};
use crate::id::Who;
use crate::refusal::Refusal;

/// Fires a timer that still stands; one that has fired or was moved is refused.
pub(super) fn time_out(
    mut recorder: Recorder<'_>,
    number: u32,
    rule: TimerRule,
    due: Timestamp,
) -> Result<Decision, Refusal> {
    if recorder.command.who != Who::Engine {
        return Err(Refusal::NotFound);
    }
    let application = recorder.application()?;
    let task = application.task(number).cloned().ok_or(Refusal::AlreadyDone)?;
    let stage = recorder.programme.stage(&task.stage).ok_or(Refusal::NotFound)?;
    let stands = match rule {
        TimerRule::Late(_) => {
            task.suspended_at.is_none()
                && task.timers.iter().any(|timer| timer.rule == rule && timer.due == due)
        }
        TimerRule::Answer => application
            .returned
            .as_ref()
            .is_some_and(|returned| returned.task == number && returned.answer_by == Some(due)),
    };
    if !stands || recorder.now < due {
        return Err(Refusal::AlreadyDone);
    }
    match rule {
        TimerRule::Late(place) => late(&mut recorder, &task, stage, rule, place)?,
        TimerRule::Answer => {
            let reason = stage.send_back.as_ref().and_then(|rules| rules.unanswered.clone());
            recorder.because(reason, None)?;
            reject::end(&mut recorder, RejectedBy::Timeout { task: number, rule });
        }
    }
    recorder.done()
}

fn late(
    recorder: &mut Recorder<'_>,
    task: &Task,
    stage: &Stage,
    rule: TimerRule,
    place: u16,
) -> Result<(), Refusal> {
    let late = stage.if_late.get(usize::from(place)).ok_or(Refusal::AlreadyDone)?;
    let task = task.number;
    match &late.action {
        LateAction::Remind => {
            recorder.record(Body::Reminded { task, rule });
            recorder.notify(NoticeEvent::Reminder, &Recipient::Officer);
        }
        LateAction::Escalate { to } => {
            recorder.record(Body::Escalated { task, rule, to: to.clone() });
            recorder.notify(NoticeEvent::Escalated, &Recipient::Role(to.clone()));
        }
        LateAction::Pass => {
            recorder.record(Body::StagePassed { stage: stage.id.clone(), task, rule });
            approve::go_on(recorder, stage);
        }
        LateAction::Reject { reason } => {
            recorder.because(Some(reason.clone()), None)?;
            reject::end(recorder, RejectedBy::Timeout { task, rule });
        }
    }
    Ok(())
}
