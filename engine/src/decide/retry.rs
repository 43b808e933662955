//! Trying again what is held.

use super::approve::{self, NotApproved};
use super::eligibility::{self, Eligible};
use super::recorder::Recorder;
use super::{Decision, answer, finish, open};
use crate::application::HoldPoint;
use crate::effect::Effect;
use crate::event::Body;
use crate::id::Who;
use crate::recorded::RecordedForm;
use crate::refusal::Refusal;

/// Evaluates again what could not run; if it still cannot, nothing is recorded.
pub(super) fn retry(mut recorder: Recorder<'_>) -> Result<Decision, Refusal> {
    let rights = &recorder.facts.rights;
    let allowed = matches!(recorder.command.who, Who::Person(_))
        && (rights.holds("operator") || rights.holds("administrator"));
    if !allowed {
        return Err(Refusal::NotFound);
    }
    let hold = recorder.application()?.held.clone().ok_or(Refusal::AlreadyDone)?;
    recorder.record(Body::Retried);
    recorder.effect(Effect::CloseIncident);
    match &hold.point {
        HoldPoint::Eligibility { returned: Some((asking, changed)) } => {
            answer::go_on(&mut recorder, asking, changed)?;
        }
        HoldPoint::Eligibility { returned: None } => match eligibility::check(&mut recorder) {
            Eligible::Yes => {
                recorder.effect(Effect::TakeOncePer);
                open::open_from(&mut recorder, 0);
            }
            Eligible::No(rule) => eligibility::reject(&mut recorder, rule, None)?,
            Eligible::CannotRun(cause) => return Err(Refusal::Held { cause }),
        },
        HoldPoint::Opening { stage } => {
            let position = recorder.programme.position(stage).ok_or(Refusal::NotFound)?;
            open::open_from(&mut recorder, position);
        }
        HoldPoint::Approving { stage } => {
            let stage = recorder.programme.stage(stage).ok_or(Refusal::NotFound)?;
            let application = recorder.application()?;
            let input: RecordedForm = application
                .drafts
                .iter()
                .find(|draft| draft.stage == stage.id)
                .map(|draft| draft.answers.clone())
                .unwrap_or_default();
            let task = application.tasks.iter().find(|task| task.stage == stage.id).cloned();
            if let Err(NotApproved::CannotRun(cause)) =
                approve::may_approve(&mut recorder, stage, &input)
            {
                return Err(Refusal::Held { cause });
            }
            open::resume(&mut recorder, &task.ok_or(Refusal::NotFound)?);
        }
        HoldPoint::Amount { stage } => {
            let stage = recorder.programme.stage(stage).ok_or(Refusal::NotFound)?;
            let rules = recorder.programme.voucher.as_ref().ok_or(Refusal::NotFound)?;
            finish::issue(&mut recorder, stage, rules);
        }
    }
    match &recorder.application()?.held {
        Some(hold) => Err(Refusal::Held { cause: hold.cause.clone() }),
        None => recorder.done(),
    }
}
