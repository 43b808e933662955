//! Approving a stage.

use annona_definitions::form::{Field, Terms};
use annona_definitions::programme::{DocumentRef, Stage};
use annona_definitions::value::Record;

use super::decision::{self, may_decide};
use super::recorder::Recorder;
use super::{Decision, finish, open};
use crate::application::HoldPoint;
use crate::command::Decide;
use crate::event::Body;
use crate::recorded::RecordedForm;
use crate::refusal::Refusal;

/// Approves: documents present, answers valid, `approve_if` true; then the next stage opens or the voucher is issued.
pub(super) fn approve(
    mut recorder: Recorder<'_>,
    decide: &Decide,
    answers: &serde_json::Value,
) -> Result<Decision, Refusal> {
    let (task, stage) = may_decide(&recorder, decide)?;
    let offered = &recorder.programme.reasons.approve;
    decision::reason(&mut recorder, decide, offered, false)?;
    has_form_documents(&recorder, stage)?;
    // The form is opened only where a question depends on it.
    let form = if stage.asks.is_conditional() { recorder.form() } else { Record::new() };
    let terms = Terms { form: Some(&form), ..recorder.programme.terms(recorder.now) };
    let (values, documents) = decision::read_whole(&stage.asks, answers, terms, recorder.facts)
        .map_err(|errors| Refusal::AnswersInvalid { errors })?;
    has_answered_documents(&recorder, stage, &values)?;
    let answers = recorder.record_form(stage.id.as_str(), &stage.asks, values);
    match may_approve(&mut recorder, stage, &answers) {
        Ok(()) => {}
        Err(NotApproved::False { explanation, personal }) => {
            return Err(Refusal::GuardFalse { explanation, personal });
        }
        Err(NotApproved::CannotRun(cause)) => {
            let point = HoldPoint::Approving { stage: stage.id.clone() };
            open::hold_with_draft(&mut recorder, point, cause.clone(), answers);
            recorder.refuse_after_recording(Refusal::Held { cause });
            return recorder.done();
        }
    }
    recorder.record(Body::StageApproved {
        stage: stage.id.clone(),
        task: task.number,
        answers,
        documents,
    });
    go_on(&mut recorder, stage);
    recorder.done()
}

/// Opens what comes after an approved stage.
pub(super) fn go_on(recorder: &mut Recorder<'_>, stage: &Stage) {
    match (&recorder.programme.voucher, stage.issues_voucher) {
        (Some(rules), true) => finish::issue(recorder, stage, rules),
        _ => open::open_from(
            recorder,
            recorder.programme.position(&stage.id).map_or(usize::MAX, |place| place + 1),
        ),
    }
}

/// Why `approve_if` does not let a stage be approved.
pub(super) enum NotApproved {
    /// It is false.
    False {
        /// In words, with the values.
        explanation: String,
        /// Whether a personal value shows in these words.
        personal: bool,
    },
    /// It cannot run; why.
    CannotRun(String),
}

/// Evaluates `approve_if` over the answers given.
pub(super) fn may_approve(
    recorder: &mut Recorder<'_>,
    stage: &Stage,
    answers: &RecordedForm,
) -> Result<(), NotApproved> {
    let Some(guard) = &stage.approve_if else { return Ok(()) };
    let place = format!("stages.{}.approve_if", stage.id);
    match recorder.truth(place, guard, Some((&stage.id, answers))) {
        (Ok(true), _) => Ok(()),
        (Ok(false), explanation) => {
            Err(NotApproved::False { explanation, personal: recorder.told_personal() })
        }
        (Err(cause), _) => Err(NotApproved::CannotRun(cause.to_string())),
    }
}

/// Refuses the first document of the form that is not there.
pub(super) fn has_form_documents(recorder: &Recorder<'_>, stage: &Stage) -> Result<(), Refusal> {
    let is_there = |name: &String| {
        let field = recorder.programme.form.field(name);
        recorder.form_value(name).is_some()
            || field.is_some_and(|field| !is_needed(recorder, field))
    };
    has_documents(stage.documents.iter().filter_map(|document| match document {
        DocumentRef::Form(field) => Some((field, is_there(field))),
        DocumentRef::Asks(_) => None,
    }))
}

/// Returns whether a document that a stage requires is needed, by the values of the application's form.
pub(super) fn is_needed(recorder: &Recorder<'_>, field: &Field) -> bool {
    !field.is_conditional()
        || field.is_needed(&recorder.form(), recorder.programme.calendar.date(recorder.now))
}

fn has_answered_documents(
    recorder: &Recorder<'_>,
    stage: &Stage,
    answers: &Record,
) -> Result<(), Refusal> {
    let is_there = |name: &String| {
        let field = stage.asks.field(name);
        answers.contains_key(name) || field.is_some_and(|field| !is_needed(recorder, field))
    };
    has_documents(stage.documents.iter().filter_map(|document| match document {
        DocumentRef::Asks(field) => Some((field, is_there(field))),
        DocumentRef::Form(_) => None,
    }))
}

/// Refuses the first document that is not there.
fn has_documents<'a>(
    mut documents: impl Iterator<Item = (&'a String, bool)>,
) -> Result<(), Refusal> {
    match documents.find(|(_, there)| !there) {
        Some((field, _)) => Err(Refusal::DocumentMissing { field: field.clone() }),
        None => Ok(()),
    }
}
