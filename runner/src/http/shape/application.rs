//! An application as its people see it.

use annona_engine::application::{self as row, HoldPoint, StageResult};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::{ReasonShape, Viewer, Voucher, instant};

/// An application in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Summary {
    /// Its id: a `UUIDv7`.
    id: String,
    /// What people quote.
    #[schema(example = "US-7K3F-92Q6")]
    reference: String,
    /// Its programme.
    programme: String,
    /// Where it stands: `in_review`, `with_applicant`, `held`, `approved`, `rejected` or `withdrawn`.
    #[schema(example = "in_review")]
    status: &'static str,
    /// The stage it is in, while it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    /// Title of that stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_title: Option<String>,
    /// By when that stage should be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// When it was sent.
    submitted_at: String,
    /// When anything last happened to it.
    changed_at: String,
}

/// An application.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Application)]
pub(in crate::http) struct Application {
    #[serde(flatten)]
    summary: Summary,
    /// How many events it has.
    version: u64,
    /// Digest (SHA-256) of the definition it stays on.
    definition: String,
    /// The reason of its rejection.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonShape>,
    /// The form, without the fields under `masked`.
    form: Map<String, Json>,
    /// Fields whose value whoever asks does not see.
    masked: Vec<String>,
    /// Documents that form and answers name.
    documents: Vec<Document>,
    /// Stages that are behind it, in order.
    stages: Vec<PastStage>,
    /// Its open task, if it has one.
    tasks: Vec<OpenTask>,
    /// What the applicant was asked to correct.
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<Returned>,
    /// Why it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<Held>,
    /// Its voucher.
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher: Option<Voucher>,
    /// Whether its personal values were erased.
    erased: bool,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Document {
    /// Its id.
    id: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    sha256: String,
    /// Its size in bytes.
    size: u64,
    /// Its media type, sniffed.
    #[serde(rename = "type")]
    media_type: String,
}

/// A stage that is behind.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PastStage {
    /// The stage.
    stage: String,
    /// Its title.
    title: String,
    /// `approved`, `skipped` or `passed`.
    result: &'static str,
    /// Who approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The officer's answers.
    answers: Map<String, Json>,
    /// Answers that whoever asks does not see.
    masked: Vec<String>,
}

/// A task that is open.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenTask {
    /// Its id: the application's and a number.
    id: String,
    /// Its stage.
    stage: String,
    /// The role that works it.
    role: String,
    /// Roles added by escalation.
    escalated_to: Vec<String>,
    /// Deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// Who works it.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_by: Option<String>,
    /// Whether its clock stands still.
    suspended: bool,
}

/// What the applicant was asked to correct.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Returned {
    /// The fields that may change.
    fields: Vec<String>,
    /// The first instant that is too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_by: Option<String>,
}

/// Why an application is held.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Held {
    /// Since when.
    since: String,
    /// What could not run: `eligibility`, `opening`, `approving` or `amount`.
    point: &'static str,
    /// In words, without personal values.
    cause: String,
}

impl Summary {
    /// Returns an application as lists show it.
    pub(in crate::http) fn of(application: &row::Application, viewer: &Viewer<'_>) -> Self {
        let stage = application.stage();
        let due = application.tasks.first().and_then(|task| task.due);
        Self {
            id: application.id.to_string(),
            reference: application.reference.clone(),
            programme: application.programme.as_str().to_owned(),
            status: application.status.as_str(),
            stage: stage.map(|stage| stage.as_str().to_owned()),
            stage_title: stage.map(|stage| viewer.stage(stage)),
            due: due.map(instant),
            submitted_at: instant(application.submitted_at),
            changed_at: instant(application.changed_at),
        }
    }
}

impl Application {
    /// Returns an application whole.
    pub(in crate::http) fn of(application: &row::Application, viewer: &Viewer<'_>) -> Self {
        let form = viewer.values(&viewer.programme.form, &application.form);
        Self {
            summary: Summary::of(application, viewer),
            version: application.version,
            definition: application.definition.to_string(),
            reason: application.reason.as_ref().map(|reason| viewer.reason(reason)),
            form: form.shown,
            masked: form.masked,
            documents: application.documents.iter().map(document).collect(),
            stages: application.stages.iter().map(|outcome| stage(outcome, viewer)).collect(),
            tasks: application.tasks.iter().map(|task| open_task(application, task)).collect(),
            returned: application.returned.as_ref().map(|returned| Returned {
                fields: returned.fields.clone(),
                answer_by: returned.answer_by.map(instant),
            }),
            held: application.held.as_ref().map(|hold| Held {
                since: instant(hold.since),
                point: point(&hold.point),
                cause: hold.cause.clone(),
            }),
            voucher: application.voucher.as_ref().map(|voucher| Voucher::of(voucher, viewer)),
            erased: application.erased,
        }
    }
}

fn document(document: &row::Document) -> Document {
    Document {
        id: document.id.to_string(),
        sha256: document.sha256.to_string(),
        size: document.size,
        media_type: document.media_type.clone(),
    }
}

fn stage(outcome: &row::StageOutcome, viewer: &Viewer<'_>) -> PastStage {
    let (result, by, at) = match &outcome.result {
        StageResult::Approved { by, at } => ("approved", Some(by.to_string()), Some(instant(*at))),
        StageResult::Skipped => ("skipped", None, None),
        StageResult::Passed => ("passed", None, None),
    };
    let asks = viewer.programme.stage(&outcome.stage).map(|stage| &stage.asks);
    let answers = asks.map(|asks| viewer.values(asks, &outcome.answers)).unwrap_or_default();
    PastStage {
        stage: outcome.stage.as_str().to_owned(),
        title: viewer.stage(&outcome.stage),
        result,
        by,
        at,
        answers: answers.shown,
        masked: answers.masked,
    }
}

fn open_task(application: &row::Application, task: &row::Task) -> OpenTask {
    OpenTask {
        id: application.task_id(task.number).to_string(),
        stage: task.stage.as_str().to_owned(),
        role: task.role.as_str().to_owned(),
        escalated_to: task.escalated_to.iter().map(|role| role.as_str().to_owned()).collect(),
        due: task.due.map(instant),
        claimed_by: task.claimed_by.as_ref().map(ToString::to_string),
        suspended: task.suspended_at.is_some(),
    }
}

/// Returns the name of what could not run.
pub(super) fn point(point: &HoldPoint) -> &'static str {
    match point {
        HoldPoint::Eligibility { .. } => "eligibility",
        HoldPoint::Opening { .. } => "opening",
        HoldPoint::Approving { .. } => "approving",
        HoldPoint::Amount { .. } => "amount",
    }
}
