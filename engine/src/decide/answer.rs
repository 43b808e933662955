//! The applicant's answer to what was sent back.

use annona_definitions::Programme;
use annona_definitions::form::FieldError;
use annona_definitions::programme::{NoticeEvent, Recipient, Stage, StageId};
use annona_definitions::value::Record;

use super::eligibility::{self, Eligible};
use super::recorder::{Recorder, contact_field};
use super::{Decision, decision, open, send_back};
use crate::application::{HoldPoint, StageResult, Status};
use crate::effect::Effect;
use crate::event::Body;
use crate::id::Who;
use crate::refusal::Refusal;

/// Takes new values of the fields that were asked for, and of those whose conditions read one of them.
pub(super) fn answer(
    mut recorder: Recorder<'_>,
    form: &serde_json::Value,
) -> Result<Decision, Refusal> {
    is_applicant(&recorder)?;
    let application = recorder.application()?;
    let returned = match (&application.returned, application.status) {
        (Some(returned), Status::WithApplicant) => returned.clone(),
        _ => return Err(Refusal::NotWithApplicant),
    };
    if returned.answer_by.is_some_and(|end| recorder.now >= end) {
        return Err(Refusal::NotWithApplicant);
    }
    let stage =
        application.task(returned.task).map(|task| task.stage.clone()).ok_or(Refusal::NotFound)?;
    // What a correction makes the form ask for may be given with it; what was given before stays as it was.
    let mut open = recorder.programme.form.with_dependent(&returned.fields);
    open.retain(|name| returned.fields.contains(name) || recorder.form_value(name).is_none());
    only_asked(form, &open)?;
    let (values, removed) = recorder
        .programme
        .form
        .read_some(form, &recorder.form(), recorder.programme.terms(recorder.now))
        .map_err(|errors| Refusal::FormInvalid { errors })?;
    let documents = decision::documents(&recorder.programme.form, &values, recorder.facts)
        .map_err(|errors| Refusal::FormInvalid { errors })?;
    let changed = changed(&recorder, &values, &removed);
    let form = recorder.record_form("form", &recorder.programme.form, values);
    recorder.record(Body::Answered { form, removed, documents });
    recorder.notify(NoticeEvent::Answered, &Recipient::Officer);
    go_on(&mut recorder, &stage, &changed)?;
    recorder.done()
}

/// Returns the fields whose value is another than before; a value given again unchanged is none of them.
fn changed(recorder: &Recorder<'_>, values: &Record, removed: &[String]) -> Vec<String> {
    let given = values
        .iter()
        .filter(|(name, value)| recorder.form_value(name) != Some(value))
        .map(|(name, _)| name);
    let gone = removed.iter().filter(|name| recorder.form_value(name).is_some());
    given.chain(gone).cloned().collect()
}

/// Checks eligibility again, then returns to the asking stage, or to the first whose rules read what changed.
pub(super) fn go_on(
    recorder: &mut Recorder<'_>,
    asking: &StageId,
    changed: &[String],
) -> Result<(), Refusal> {
    match eligibility::check(recorder) {
        Eligible::No(rule) => return eligibility::reject(recorder, rule, None),
        Eligible::CannotRun(cause) => {
            // As at the submission: the key is its own while it is held, unless somebody else has it.
            if recorder.facts.duplicates.is_empty() {
                recorder.effect(Effect::TakeOncePer);
            }
            let point =
                HoldPoint::Eligibility { returned: Some((asking.clone(), changed.to_vec())) };
            open::hold(recorder, point, cause);
            return Ok(());
        }
        Eligible::Yes => recorder.effect(Effect::TakeOncePer),
    }
    if let Some(stage) = concerned(recorder, asking, changed) {
        return send_back::reopen(recorder, &stage);
    }
    let task = recorder.application()?.tasks.iter().find(|task| task.stage == *asking).cloned();
    open::resume(recorder, &task.ok_or(Refusal::NotFound)?);
    Ok(())
}

/// Returns the first stage up to the asking one that must run again because its rules read a changed field.
fn concerned(recorder: &Recorder<'_>, asking: &StageId, changed: &[String]) -> Option<StageId> {
    let application = recorder.application().ok()?;
    let behind = application
        .stages
        .iter()
        .filter(|outcome| !matches!(outcome.result, StageResult::Passed))
        .filter_map(|outcome| recorder.programme.stage(&outcome.stage))
        .find(|stage| reads(recorder.programme, stage, changed, true));
    let asking = recorder
        .programme
        .stage(asking)
        .filter(|stage| reads(recorder.programme, stage, changed, false));
    behind.or(asking).map(|stage| stage.id.clone())
}

/// Returns whether a stage's routing, or its `approve_if` where asked, reads one of the changed fields.
fn reads(programme: &Programme, stage: &Stage, changed: &[String], approving: bool) -> bool {
    stage
        .skip_if
        .iter()
        .chain(stage.role_if.iter().map(|(_, guard)| guard))
        .chain(stage.approve_if.iter().filter(|_| approving))
        .flat_map(annona_definitions::guard::Guard::reads)
        .filter_map(|path| match path.split_once('.')? {
            ("form", field) => Some(field),
            ("applicant", name) => contact_field(programme, name),
            _ => None,
        })
        .any(|field| changed.iter().any(|name| name == field))
}

/// Checks that the applicant, or a portal for them, acts.
pub(super) fn is_applicant(recorder: &Recorder<'_>) -> Result<(), Refusal> {
    let rights = &recorder.facts.rights;
    let allowed = match recorder.command.who {
        Who::Applicant => rights.own,
        Who::Person(_) => rights.holds("intake"),
        Who::Provider(_) | Who::Engine => false,
    };
    if allowed { Ok(()) } else { Err(Refusal::NotFound) }
}

fn only_asked(form: &serde_json::Value, asked: &[String]) -> Result<(), Refusal> {
    let errors: Vec<FieldError> = form
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.keys())
        .filter(|name| !asked.contains(name))
        .map(|name| FieldError {
            pointer: format!("/{name}"),
            code: "not_asked",
            message: format!("only these fields were sent back: {}", asked.join(", ")),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Refusal::FormInvalid { errors }) }
}
