//! Erasing the personal values of an application.

use annona_engine::command;
use axum::Json;
use axum::extract::State;

use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Id, IdempotencyKey, Known};
use crate::http::problem::{Details, Problem};
use crate::http::seen::{Named, once_without_body};
use crate::http::shape::Application;

/// Destroys the key of an application's personal values, once it has ended and its voucher cannot be redeemed.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/erase",
    tag = "applications",
    params(
        ("id" = String, Path, description = "Its id, or its reference"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is answered alike"),
    ),
    responses(
        (status = 200, body = Application),
        (status = 403, body = Details),
        (status = 409, body = Details),
    )
)]
pub(super) async fn erase(
    State(app): State<App>,
    Known(principal): Known,
    Id(named): Id<Named>,
    key: IdempotencyKey,
) -> Result<Json<Application>, Problem> {
    let seen = app.named(&principal, &named).await?;
    seen.may(&principal, Action::Erase)?;
    let id = seen.loaded.application.id;
    let once = once_without_body(&principal, &format!("POST /v1/applications/{id}/erase"), &key);
    let action = command::Action::Erase;
    let outcome = app.0.engine.handle(&principal.in_engine(), id, action, once).await?;
    super::answered(&app, &principal, &outcome).await
}
