//! What every decision on a task is checked for: who, version, state, duties, reason.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use annona_definitions::Programme;
use annona_definitions::form::{Field, FieldError, FieldKind, Form, Terms};
use annona_definitions::programme::{Reason, ReasonId, Stage, StageId};
use annona_definitions::value::{Record, Value};
use indexmap::IndexMap;

use super::recorder::Recorder;
use crate::application::{Application, Document, Status, Task};
use crate::command::Decide;
use crate::facts::{Facts, Rights};
use crate::id::{DocumentId, Who};
use crate::refusal::Refusal;

/// Checks who decides, which version, in which state, and whose duty it is; returns the task and its stage.
pub(super) fn may_decide<'a>(
    recorder: &Recorder<'a>,
    decide: &Decide,
) -> Result<(Task, &'a Stage), Refusal> {
    let application = recorder.application()?;
    let task = worked_by(application, decide.task, &recorder.command.who, &recorder.facts.rights)?;
    let seen = decide.seen.ok_or(Refusal::VersionRequired)?;
    let task = task.ok_or(Refusal::TaskClosed)?;
    if seen != task.content {
        return Err(Refusal::ContentChanged);
    }
    is_open(application)?;
    has_no_conflict(
        recorder.programme,
        application,
        &task.stage,
        &recorder.command.who,
        &recorder.facts.rights,
    )?;
    let stage = recorder.programme.stage(&task.stage).ok_or(Refusal::NotFound)?;
    Ok((task.clone(), stage))
}

/// Checks that somebody works a task; `None`: the task is closed.
pub(super) fn worked_by<'a>(
    application: &'a Application,
    number: u32,
    who: &Who,
    rights: &Rights,
) -> Result<Option<&'a Task>, Refusal> {
    if !matches!(who, Who::Person(_))
        || rights.roles.is_empty()
        || number == 0
        || number > application.tasks_opened
    {
        return Err(Refusal::NotFound);
    }
    let Some(task) = application.task(number) else { return Ok(None) };
    if !holds_role(task, rights) {
        return Err(Refusal::NotYourRole { needed: task.role.clone() });
    }
    match &task.claimed_by {
        Some(holder) if holder != who => Err(Refusal::NotYourTask),
        _ => Ok(Some(task)),
    }
}

/// Returns whether a task's role, or one it was escalated to, is held.
pub(super) fn holds_role(task: &Task, rights: &Rights) -> bool {
    std::iter::once(&task.role).chain(&task.escalated_to).any(|role| rights.roles.contains(role))
}

/// Checks that tasks can be worked now.
pub(super) fn is_open(application: &Application) -> Result<(), Refusal> {
    match (&application.held, application.status) {
        (Some(hold), _) => Err(Refusal::Held { cause: hold.cause.clone() }),
        (None, Status::WithApplicant) => Err(Refusal::TaskWaits),
        (None, _) => Ok(()),
    }
}

/// Checks the separation of duties.
pub(super) fn has_no_conflict(
    programme: &Programme,
    application: &Application,
    stage: &StageId,
    who: &Who,
    rights: &Rights,
) -> Result<(), Refusal> {
    if rights.own || application.submitted_by == *who {
        return Err(Refusal::OwnApplication);
    }
    let elsewhere = application.deciders.iter().find(|(decided, by)| by == who && decided != stage);
    match elsewhere {
        Some((decided, _)) if programme.separate_duties => {
            let title = programme.stage(decided).map_or_else(
                || decided.to_string(),
                |stage| {
                    let fallback = programme.fallback_language();
                    stage.title.in_language(fallback, fallback).to_owned()
                },
            );
            Err(Refusal::AlreadyDecidedByYou { stage: title })
        }
        _ => Ok(()),
    }
}

/// Checks the reason given against the reasons there are for a decision.
pub(super) fn reason(
    recorder: &mut Recorder<'_>,
    decide: &Decide,
    offered: &IndexMap<ReasonId, Reason>,
    required: bool,
) -> Result<(), Refusal> {
    let names = || offered.keys().cloned().collect();
    let has_note = decide.note.as_deref().is_some_and(|note| !note.trim().is_empty());
    match &decide.reason {
        Some(id) => {
            let reason =
                offered.get(id).ok_or_else(|| Refusal::UnknownReason { offered: names() })?;
            if reason.note && !has_note {
                return Err(Refusal::NoteRequired);
            }
        }
        // A programme may list no reason for sending back: then the officer's own words are the reason.
        None if required && offered.is_empty() && !has_note => return Err(Refusal::NoteRequired),
        None if required && !offered.is_empty() => {
            return Err(Refusal::ReasonRequired { offered: names() });
        }
        None => {}
    }
    recorder.because(decide.reason.clone(), decide.note.as_deref())
}

/// Reads a form with the documents that it names; every wrong field is told at once.
pub(super) fn read_whole(
    form: &Form,
    given: &serde_json::Value,
    terms: Terms<'_>,
    facts: &Facts,
) -> Result<(Record, Vec<Document>), Vec<FieldError>> {
    match form.read(given, terms) {
        Ok(values) => documents(form, &values, facts).map(|documents| (values, documents)),
        Err(mut errors) => {
            // Values that can be read beside others that cannot: their documents may be wrong as well.
            let files = form.fields.iter().filter(|field| matches!(field.kind, FieldKind::File(_)));
            let named = files.filter_map(|field| {
                let id = given.get(&field.name)?.as_str()?;
                Some((field.name.clone(), Value::File(id.to_owned())))
            });
            let wrong = documents(form, &named.collect(), facts).err().unwrap_or_default();
            let known: Vec<String> = errors.iter().map(|error| error.pointer.clone()).collect();
            errors.extend(wrong.into_iter().filter(|error| !known.contains(&error.pointer)));
            Err(errors)
        }
    }
}

/// Returns the documents that file fields name, each of an accepted type and size.
pub(super) fn documents(
    form: &Form,
    values: &Record,
    facts: &Facts,
) -> Result<Vec<Document>, Vec<FieldError>> {
    let mut documents = BTreeMap::new();
    let mut errors = Vec::new();
    for (name, value) in values {
        let (Some(field), Value::File(id)) = (form.field(name), value) else { continue };
        match document(field, id, facts) {
            Ok(document) => {
                documents.insert(document.id, document.clone());
            }
            Err((code, message)) => {
                errors.push(FieldError { pointer: format!("/{name}"), code, message });
            }
        }
    }
    if errors.is_empty() { Ok(documents.into_values().collect()) } else { Err(errors) }
}

fn document<'a>(
    field: &Field,
    id: &str,
    facts: &'a Facts,
) -> Result<&'a Document, (&'static str, String)> {
    let unknown =
        || ("unknown_document", "there is no such document of yours: upload it first".to_owned());
    let id = DocumentId::from_str(id).map_err(|_| unknown())?;
    let document = facts.documents.get(&id).ok_or_else(unknown)?;
    let FieldKind::File(rules) = &field.kind else { return Err(unknown()) };
    if !rules.accept.iter().any(|accepted| accepted.media_type() == document.media_type) {
        let accepted =
            rules.accept.iter().map(|accepted| accepted.as_str()).collect::<Vec<_>>().join(", ");
        return Err(("wrong_file_type", format!("the document is none of: {accepted}")));
    }
    if document.size > rules.max_size {
        return Err((
            "file_too_large",
            format!("the document is larger than {} bytes", rules.max_size),
        ));
    }
    Ok(document)
}
