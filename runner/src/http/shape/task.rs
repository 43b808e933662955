//! A task: in a queue, and opened.

use annona_engine::application as row;
use annona_engine::store::TaskRow;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::event::target;
use super::{Actions, Application, ReasonShape, Viewer, instant};

/// A task in a queue.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TaskSummary {
    /// Its id: the application's and a number.
    id: String,
    /// The application's reference.
    reference: String,
    /// Its programme.
    programme: String,
    /// Its stage.
    stage: String,
    /// Title of the stage.
    title: String,
    /// The role that works it.
    role: String,
    /// When it was opened.
    opened_at: String,
    /// Deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// Whether the deadline has passed.
    late: bool,
    /// Who works it.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_by: Option<String>,
}

/// A task with all that its officer needs.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Task {
    #[serde(flatten)]
    summary: TaskSummary,
    /// The version to send as `If-Match`, between quotes.
    version: u64,
    /// Roles added by escalation.
    escalated_to: Vec<String>,
    /// Whether its clock stands still.
    suspended: bool,
    /// The application, with personal values where the task is one's own.
    application: Application,
    /// What the officer fills in to approve: JSON Schema 2020-12.
    #[schema(value_type = Object)]
    asks: Json,
    /// Documents without which it cannot be approved.
    documents: Vec<String>,
    /// Answers given before, as a proposal; they count only when they are sent again.
    #[schema(value_type = Object)]
    draft: Map<String, Json>,
    /// Reasons to pick from, for each decision.
    reasons: Offered,
    /// Where it can be sent back to: `applicant`, or earlier stages.
    send_back_to: Vec<String>,
    /// What can be done now, and why not.
    can: Actions,
}

/// Reasons to pick from.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Offered {
    approve: Vec<ReasonShape>,
    reject: Vec<ReasonShape>,
    send_back: Vec<ReasonShape>,
}

impl TaskSummary {
    /// Returns a row of a queue.
    pub(in crate::http) fn of(row: &TaskRow, title: String, now: Timestamp) -> Self {
        Self {
            id: row.id.to_string(),
            reference: row.reference.clone(),
            programme: row.programme.as_str().to_owned(),
            stage: row.stage.as_str().to_owned(),
            title,
            role: row.role.as_str().to_owned(),
            opened_at: instant(row.opened_at),
            due: row.due.map(instant),
            late: row.due.is_some_and(|due| due <= now),
            claimed_by: row.claimed_by.as_ref().map(ToString::to_string),
        }
    }
}

impl Task {
    /// Returns an open task of an application.
    pub(in crate::http) fn of(
        application: &row::Application,
        task: &row::Task,
        can: Actions,
        viewer: &Viewer<'_>,
        now: Timestamp,
    ) -> Self {
        let stage = viewer.programme.stage(&task.stage);
        let fallback = viewer.programme.fallback_language();
        let drafts = application.drafts.iter().find(|draft| draft.stage == task.stage);
        let draft = stage
            .zip(drafts)
            .map(|(stage, draft)| viewer.values(&stage.asks, &draft.answers).shown);
        let reasons = &viewer.programme.reasons;
        let back = stage.and_then(|stage| stage.send_back.as_ref());
        Self {
            summary: TaskSummary::of(&row_of(application, task), viewer.stage(&task.stage), now),
            version: task.content,
            escalated_to: task.escalated_to.iter().map(|role| role.as_str().to_owned()).collect(),
            suspended: task.suspended_at.is_some(),
            application: Application::of(application, viewer),
            asks: stage
                .map_or(Json::Null, |stage| stage.asks.json_schema(viewer.language, fallback)),
            documents: stage.map(documents).unwrap_or_default(),
            draft: draft.unwrap_or_default(),
            reasons: Offered {
                approve: viewer.reasons(&reasons.approve),
                reject: viewer.reasons(&reasons.reject),
                send_back: viewer.reasons(&reasons.send_back),
            },
            send_back_to: back.map(|back| back.to.iter().map(target).collect()).unwrap_or_default(),
            can,
        }
    }
}

fn documents(stage: &annona_definitions::programme::Stage) -> Vec<String> {
    use annona_definitions::programme::DocumentRef;
    let name = |document: &DocumentRef| match document {
        DocumentRef::Form(field) | DocumentRef::Asks(field) => field.clone(),
    };
    stage.documents.iter().map(name).collect()
}

/// Returns an open task as queues list it.
pub(super) fn row_of(application: &row::Application, task: &row::Task) -> TaskRow {
    TaskRow {
        id: application.task_id(task.number),
        reference: application.reference.clone(),
        programme: application.programme.clone(),
        stage: task.stage.clone(),
        role: task.role.clone(),
        opened_at: task.opened_at,
        due: task.due,
        claimed_by: task.claimed_by.clone(),
    }
}
