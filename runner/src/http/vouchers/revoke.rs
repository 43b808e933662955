//! Revoking a voucher.

use annona_engine::command;
use annona_engine::id::VoucherId;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Body, Id, IdempotencyKey, Known};
use crate::http::problem::{Details, Problem};
use crate::http::seen::once;
use crate::http::shape::Voucher;

/// Why a voucher is revoked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRevocation {
    /// In words.
    note: String,
}

/// Revokes what is left of a voucher.
#[utoipa::path(
    post,
    path = "/v1/vouchers/{id}/revoke",
    tag = "vouchers",
    params(
        ("id" = String, Path, description = "The voucher's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body are answered alike"),
    ),
    request_body = NewRevocation,
    responses(
        (status = 200, body = Voucher),
        (status = 403, body = Details),
        (status = 409, body = Details),
    )
)]
pub(super) async fn revoke(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<VoucherId>,
    key: IdempotencyKey,
    body: Body<NewRevocation>,
) -> Result<Json<Voucher>, Problem> {
    let seen = app.with_voucher(&principal, id).await?;
    seen.may(&principal, Action::Revoke)?;
    let once = once(&principal, &format!("POST /v1/vouchers/{id}/revoke"), &key, body.digest);
    let action = command::Action::Revoke { note: body.value.note };
    let application = seen.loaded.application.id;
    let outcome = app.0.engine.handle(&principal.in_engine(), application, action, once).await?;
    let voucher = outcome.application.voucher.as_ref().ok_or_else(Problem::not_found)?;
    Ok(Json(Voucher::of(voucher, &seen.viewer_of(&principal, &outcome.application))))
}
