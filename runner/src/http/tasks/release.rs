//! Putting a task back.

use annona_engine::command;
use annona_engine::id::TaskId;
use axum::extract::State;

use super::Opened;
use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Id, IdempotencyKey, Known};
use crate::http::problem::{Details, Problem};
use crate::http::seen::once_without_body;
use crate::http::shape::Task;

/// Puts back a task that one has taken.
#[utoipa::path(
    post,
    path = "/v1/tasks/{id}/release",
    tag = "tasks",
    params(
        ("id" = String, Path, description = "The application's id, a dot and a number"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is answered alike"),
    ),
    responses(
        (status = 200, body = Task, headers(("ETag" = String, description = "The task's version"))),
        (status = 403, body = Details),
        (status = 409, body = Details),
    )
)]
pub(super) async fn release(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<TaskId>,
    key: IdempotencyKey,
) -> Result<Opened, Problem> {
    app.seen(&principal, id.application).await?.may(&principal, Action::Read)?;
    let once = once_without_body(&principal, &format!("POST /v1/tasks/{id}/release"), &key);
    let action = command::Action::Release { task: id.number };
    let outcome = app.0.engine.handle(&principal.in_engine(), id.application, action, once).await?;
    app.worked(&principal, &outcome, id.number).await
}
