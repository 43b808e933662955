//! Opening a stage: left out, given to a role, or held before it.

use annona_definitions::calendar::{Calendar, Duration, Unit};
use annona_definitions::guard::CannotRun;
use annona_definitions::programme::{NoticeEvent, Programme, Recipient, RoleId, Stage};
use jiff::Timestamp;

use super::finish;
use super::recorder::Recorder;
use crate::application::{HoldPoint, Task, Timer, TimerRule};
use crate::effect::Effect;
use crate::event::Body;

/// Opens the stage at `position`, or the next that is not left out; behind the last, the application is approved.
pub(super) fn open_from(recorder: &mut Recorder<'_>, position: usize) {
    for stage in recorder.programme.stages.iter().skip(position) {
        if let Some(guard) = &stage.skip_if {
            match recorder.truth(format!("stages.{}.skip_if", stage.id), guard, None).0 {
                Ok(true) => {
                    recorder.record(Body::StageSkipped { stage: stage.id.clone() });
                    continue;
                }
                Ok(false) => {}
                Err(cause) => return hold_before(recorder, stage, &cause),
            }
        }
        match role(recorder, stage) {
            Ok(role) => return open(recorder, stage, role),
            Err(cause) => return hold_before(recorder, stage, &cause),
        }
    }
    finish::approve_without_voucher(recorder);
}

/// Holds the application for an operator.
pub(super) fn hold(recorder: &mut Recorder<'_>, point: HoldPoint, cause: String) {
    hold_with_draft(recorder, point, cause, crate::recorded::RecordedForm::new());
}

/// Holds the application and keeps the officer's input as a draft.
pub(super) fn hold_with_draft(
    recorder: &mut Recorder<'_>,
    point: HoldPoint,
    cause: String,
    draft: crate::recorded::RecordedForm,
) {
    recorder.record(Body::Held { point, cause: cause.clone(), draft });
    recorder.effect(Effect::Incident { cause });
    recorder.notify(NoticeEvent::Held, &Recipient::Role(RoleId::recorded("operator")));
}

/// Returns the deadline and timers of a task whose clock stood still from `since`: each moves by what passed of the time it
/// counts.
pub(super) fn moved(
    programme: &Programme,
    task: &Task,
    since: Timestamp,
    now: Timestamp,
) -> (Option<Timestamp>, Vec<Timer>) {
    let stage = programme.stage(&task.stage);
    let later = |instant, counted: Option<Duration>| {
        // What no rule of the stage counts is elapsed time.
        let unit = counted.map_or(Unit::Hours, |counted| counted.unit);
        programme.calendar.moved(instant, unit, since, now)
    };
    let timer = |timer: &Timer| {
        let counted = match timer.rule {
            TimerRule::Late(place) => stage.and_then(|stage| stage.if_late.get(usize::from(place))),
            TimerRule::Answer => None,
        };
        Timer { rule: timer.rule, due: later(timer.due, counted.map(|late| late.after)) }
    };
    let due = task.due.map(|due| later(due, stage.and_then(|stage| stage.due)));
    (due, task.timers.iter().map(timer).collect())
}

/// Lets the task that stood still go on.
pub(super) fn resume(recorder: &mut Recorder<'_>, task: &Task) {
    let since = task.suspended_at.unwrap_or(recorder.now);
    let (due, timers) = moved(recorder.programme, task, since, recorder.now);
    recorder.record(Body::TaskResumed { task: task.number, due, timers });
}

fn hold_before(recorder: &mut Recorder<'_>, stage: &Stage, cause: &CannotRun) {
    hold(recorder, HoldPoint::Opening { stage: stage.id.clone() }, cause.to_string());
}

/// Returns the role of the first true route, else the stage's own.
fn role(recorder: &mut Recorder<'_>, stage: &Stage) -> Result<RoleId, CannotRun> {
    for (role, guard) in &stage.role_if {
        if recorder.truth(format!("stages.{}.role_if.{role}", stage.id), guard, None).0? {
            return Ok(role.clone());
        }
    }
    Ok(stage.role.clone())
}

fn open(recorder: &mut Recorder<'_>, stage: &Stage, role: RoleId) {
    let Ok(application) = recorder.application() else { return };
    let task = application.tasks_opened + 1;
    let calendar = &recorder.programme.calendar;
    let now = recorder.now;
    let due = stage.due.map(|due| calendar.after(now, due));
    let timers = timers(calendar, now, stage);
    recorder.record(Body::StageOpened { stage: stage.id.clone(), task, role, due, timers });
    recorder.notify(NoticeEvent::Assigned, &Recipient::Officer);
}

fn timers(calendar: &Calendar, now: Timestamp, stage: &Stage) -> Vec<Timer> {
    let at = |after: Duration| calendar.after(now, after);
    stage
        .if_late
        .iter()
        .zip(0_u16..)
        .map(|(late, place)| Timer { rule: TimerRule::Late(place), due: at(late.after) })
        .collect()
}
