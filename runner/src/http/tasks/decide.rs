//! Deciding a task.

use annona_definitions::programme::{ReasonId, SendBackTarget, StageId};
use annona_engine::command::{self, Decide, Verdict};
use annona_engine::id::TaskId;
use annona_engine::service::Failure;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Body, Id, IdempotencyKey, IfMatch, Known, Values};
use crate::http::problem::{Details, Problem, Wrong};
use crate::http::seen::once;
use crate::http::shape::{Decided, veiled};

/// What is decided.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Goes on to the next stage; takes `answers`.
    Approve,
    /// Ends the application; takes a `reason`.
    Reject,
    /// Returns it; takes a `reason`, `to` and `fields`.
    SendBack,
}

/// A decision. What it does not take is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDecision {
    /// What is decided.
    decision: Kind,
    /// Answers to the task's `asks`: `approve` only.
    #[schema(value_type = Option<Object>)]
    answers: Option<Values>,
    /// One of the programme's reasons for this decision.
    reason: Option<String>,
    /// Words of one's own.
    note: Option<String>,
    /// Where it goes back to, `applicant` or a stage: `send_back` only.
    to: Option<String>,
    /// The fields that are wrong: `send_back` to the applicant only.
    fields: Option<Vec<String>>,
}

/// Decides a task: approves, rejects or sends back.
///
/// The answer to the last approval carries the voucher with its code.
#[utoipa::path(
    post,
    path = "/v1/tasks/{id}/decision",
    tag = "tasks",
    params(
        ("id" = String, Path, description = "The application's id, a dot and a number"),
        ("If-Match" = String, Header, description = "The `ETag` of the task as it was read"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body are answered alike"),
    ),
    request_body = NewDecision,
    responses(
        (status = 201, body = Decided),
        (status = 403, body = Details),
        (status = 409, body = Details),
        (status = 412, body = Details),
        (status = 428, body = Details),
    )
)]
pub(super) async fn decide(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<TaskId>,
    seen_version: IfMatch,
    key: IdempotencyKey,
    body: Body<NewDecision>,
) -> Result<(StatusCode, Json<Decided>), Problem> {
    // Who may read it stays who may, whatever another daemon records; the decision is about what stands.
    app.seen_recent(&principal, id.application).await?.may(&principal, Action::Read)?;
    let route = format!("POST /v1/tasks/{id}/decision");
    let once = once(&principal, &route, &key, body.digest);
    let action = body.value.about(id.number, seen_version)?;
    let decided = app.0.engine.handle(&principal.in_engine(), id.application, action, once).await;
    let outcome = match decided {
        Ok(outcome) => outcome,
        Err(Failure::Refused(refusal)) => {
            let now = app.seen(&principal, id.application).await?;
            return Err(veiled(refusal, now.viewer(&principal).sees_personal).into());
        }
        Err(failure) => return Err(failure.into()),
    };
    let after = if outcome.replayed {
        app.seen(&principal, id.application).await?
    } else {
        app.seen_recent(&principal, id.application).await?
    };
    let may_hold = after.may(&principal, Action::HoldVoucher).is_ok();
    let viewer = after.viewer_of(&principal, &outcome.application);
    Ok((StatusCode::CREATED, Json(Decided::of(&outcome, &viewer, may_hold))))
}

impl NewDecision {
    /// Returns the command about a task.
    fn about(self, task: u32, seen: IfMatch) -> Result<command::Action, Problem> {
        self.takes_no_more()?;
        let verdict = match self.decision {
            Kind::Approve => Verdict::Approve {
                answers: self
                    .answers
                    .map_or_else(|| serde_json::json!({}), |Values(answers)| answers),
            },
            Kind::Reject => Verdict::Reject,
            Kind::SendBack => Verdict::SendBack {
                to: self.to.as_deref().map(target),
                fields: self.fields.unwrap_or_default(),
            },
        };
        Ok(command::Action::Decide(Decide {
            task,
            seen: seen.0,
            verdict,
            reason: self.reason.as_deref().map(ReasonId::recorded),
            note: self.note,
        }))
    }

    /// Refuses every field that the decision does not take.
    fn takes_no_more(&self) -> Result<(), Problem> {
        let (only_approve, only_send_back) = match self.decision {
            Kind::Approve => (true, false),
            Kind::Reject => (false, false),
            Kind::SendBack => (false, true),
        };
        let given = [
            ("answers", self.answers.is_some() && !only_approve),
            ("to", self.to.is_some() && !only_send_back),
            ("fields", self.fields.is_some() && !only_send_back),
        ];
        let wrong = |(name, _)| Wrong {
            pointer: format!("/{name}"),
            code: "not_taken".to_owned(),
            message: "this decision does not take this field".to_owned(),
        };
        let errors: Vec<Wrong> = given.into_iter().filter(|(_, not)| *not).map(wrong).collect();
        if errors.is_empty() {
            return Ok(());
        }
        let detail = "the body has fields that this decision does not take";
        Err(Problem::new("body_invalid", detail).with_errors(errors))
    }
}

fn target(name: &str) -> SendBackTarget {
    match name {
        "applicant" => SendBackTarget::Applicant,
        stage => SendBackTarget::Stage(StageId::recorded(stage)),
    }
}
