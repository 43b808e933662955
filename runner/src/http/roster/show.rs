//! The roster as it stands.

use annona_engine::roster::Roster;
use annona_engine::service::Failure;
use axum::Json;
use axum::extract::State;
use axum::http::header::ETAG;
use axum::response::IntoResponse;

use crate::http::App;
use crate::http::extract::{Administrator, etag};
use crate::http::problem::{Details, Problem};

/// Shows the roster; its `ETag` is its version.
#[utoipa::path(
    get,
    path = "/v1/roster",
    tag = "roster",
    responses(
        (status = 200, description = "People and providers, as the roster's file has them", body = Object),
        (status = 403, description = "Not an administrator", body = Details)
    )
)]
pub(super) async fn show(
    State(app): State<App>,
    _: Administrator,
) -> Result<impl IntoResponse, Problem> {
    let stored = app.0.engine.store().roster().await?;
    let version = stored.as_ref().map_or(0, |stored| stored.event.version);
    let roster: Roster = stored
        .map_or_else(|| Ok(Roster::default()), |stored| serde_json::from_str(&stored.roster))
        .map_err(|cause| Failure::Broken(cause.to_string()))?;
    Ok(([(ETAG, etag(version))], Json(roster)))
}
