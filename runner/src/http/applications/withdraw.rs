//! Withdrawing an application.

use annona_engine::command;
use axum::Json;
use axum::extract::State;

use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Id, IdempotencyKey, Known};
use crate::http::problem::{Details, Problem};
use crate::http::seen::{Named, once_without_body};
use crate::http::shape::Application;

/// Ends an application at its applicant's wish.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/withdraw",
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
pub(super) async fn withdraw(
    State(app): State<App>,
    Known(principal): Known,
    Id(named): Id<Named>,
    key: IdempotencyKey,
) -> Result<Json<Application>, Problem> {
    let seen = app.named(&principal, &named).await?;
    seen.may(&principal, Action::Speak)?;
    let id = seen.loaded.application.id;
    let once = once_without_body(&principal, &format!("POST /v1/applications/{id}/withdraw"), &key);
    let action = command::Action::Withdraw;
    let outcome = app.0.engine.handle(&principal.in_engine(), id, action, once).await?;
    super::answered(&app, &principal, &outcome).await
}
