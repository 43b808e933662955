//! Reading a voucher's code.

use annona_engine::id::VoucherId;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::extract::{Id, Known};
use crate::http::problem::Problem;

/// A voucher's code: whoever has it can show it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Code {
    /// The text that its picture holds.
    #[schema(example = "EV1:…")]
    token: String,
}

/// Returns a voucher's code as text.
#[utoipa::path(
    get,
    path = "/v1/vouchers/{id}/token",
    tag = "vouchers",
    params(("id" = String, Path, description = "The voucher's id")),
    responses(
        (status = 200, body = Code),
    )
)]
pub(super) async fn token(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<VoucherId>,
) -> Result<Json<Code>, Problem> {
    Ok(Json(Code { token: app.code(&principal, id).await? }))
}
