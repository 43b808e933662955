//! Answering what was sent back.

use annona_engine::command;
use axum::Json;
use axum::extract::State;

use super::NewValues;
use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Body, Id, IdempotencyKey, Known};
use crate::http::problem::{Details, Problem};
use crate::http::seen::{Named, once};
use crate::http::shape::Application;

/// Gives new values of the fields that were sent back for correction.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/answer",
    tag = "applications",
    params(
        ("id" = String, Path, description = "Its id, or its reference"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body are answered alike"),
    ),
    request_body = NewValues,
    responses(
        (status = 200, body = Application),
        (status = 403, body = Details),
        (status = 409, body = Details),
    )
)]
pub(super) async fn answer(
    State(app): State<App>,
    Known(principal): Known,
    Id(named): Id<Named>,
    key: IdempotencyKey,
    body: Body<NewValues>,
) -> Result<Json<Application>, Problem> {
    let seen = app.named(&principal, &named).await?;
    seen.may(&principal, Action::Speak)?;
    let id = seen.loaded.application.id;
    let route = format!("POST /v1/applications/{id}/answer");
    let once = once(&principal, &route, &key, body.digest);
    let action = command::Action::Answer { form: body.value.form.0 };
    let outcome = app.0.engine.handle(&principal.in_engine(), id, action, once).await?;
    super::answered(&app, &principal, &outcome).await
}
