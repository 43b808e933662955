//! Reading a voucher.

use annona_engine::id::VoucherId;
use axum::Json;
use axum::extract::State;

use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Id, Known};
use crate::http::problem::Problem;
use crate::http::shape::Voucher;

/// Returns a voucher and what was redeemed, without its code.
#[utoipa::path(
    get,
    path = "/v1/vouchers/{id}",
    tag = "vouchers",
    params(("id" = String, Path, description = "The voucher's id")),
    responses(
        (status = 200, body = Voucher),
    )
)]
pub(super) async fn read(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<VoucherId>,
) -> Result<Json<Voucher>, Problem> {
    let seen = app.with_voucher(&principal, id).await?;
    seen.may(&principal, Action::ReadVoucher)?;
    Ok(Json(Voucher::of(super::voucher(&seen)?, &seen.viewer(&principal))))
}
