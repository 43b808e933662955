//! A voucher's code as a picture.

use annona_engine::id::VoucherId;
use annona_engine::voucher::qr::{self, MAX_SCALE, QrError};
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::App;
use crate::http::extract::{Id, Known, Search};
use crate::http::problem::Problem;

/// Pixels of a module where nothing is said.
const USUAL_SCALE: u32 = 8;

/// How large.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Size {
    /// Pixels of a module: 1 to 32, usually 8.
    scale: Option<u32>,
}

type Picture<T> = ([(HeaderName, &'static str); 1], T);

/// Returns a voucher's code as a QR code in SVG, 0.45 mm a module.
#[utoipa::path(
    get,
    path = "/v1/vouchers/{id}/qr.svg",
    tag = "vouchers",
    params(("id" = String, Path, description = "The voucher's id")),
    responses(
        (status = 200, body = String, content_type = "image/svg+xml"),
    )
)]
pub(super) async fn svg(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<VoucherId>,
) -> Result<Picture<String>, Problem> {
    let code = app.code(&principal, id).await?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], qr::svg(&code).map_err(not_drawn)?))
}

/// Returns a voucher's code as a QR code in PNG.
#[utoipa::path(
    get,
    path = "/v1/vouchers/{id}/qr.png",
    tag = "vouchers",
    params(("id" = String, Path, description = "The voucher's id"), Size),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/png"),
    )
)]
pub(super) async fn png(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<VoucherId>,
    Search(size): Search<Size>,
) -> Result<Picture<Vec<u8>>, Problem> {
    let scale = size.scale.unwrap_or(USUAL_SCALE);
    if !(1..=MAX_SCALE).contains(&scale) {
        let detail = format!("`scale` takes 1 to {MAX_SCALE} pixels");
        return Err(Problem::new("bad_request", detail));
    }
    let code = app.code(&principal, id).await?;
    Ok(([(CONTENT_TYPE, "image/png")], qr::png(&code, scale).map_err(not_drawn)?))
}

/// Every token that was signed fits into a code; one that does not is a fault of the daemon.
fn not_drawn(cause: QrError) -> Problem {
    tracing::error!(%cause, "a voucher's code cannot be drawn");
    Problem::new("internal", "the code cannot be drawn; the daemon's log says more")
}
