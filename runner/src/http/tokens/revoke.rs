//! Revoking a token.

use annona_engine::store::Record;
use axum::extract::State;
use axum::http::StatusCode;
use uuid::Uuid;

use crate::http::App;
use crate::http::extract::{Id, Known};
use crate::http::problem::{Details, Problem};

/// Revokes a token of one's own, or as an administrator anybody's; it is refused from now on.
#[utoipa::path(
    delete,
    path = "/v1/tokens/{id}",
    tag = "tokens",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "It is revoked"),
        (status = 404, description = "There is none, or none that one may see", body = Details)
    )
)]
pub(super) async fn revoke(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    let mut seen = app.tokens_for(&principal).await?.into_iter();
    if seen.all(|listed| listed.token.id != id) {
        return Err(Problem::not_found());
    }
    app.0.engine.record(Record::RemoveToken(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
