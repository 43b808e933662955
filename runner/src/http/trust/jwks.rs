//! The keys as a JWK set (RFC 7517).

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::http::App;

/// Returns every key of the trust list as a JWK set.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "trust",
    security(()),
    responses((status = 200, description = "The keys", body = Object, content_type = "application/jwk-set+json"))
)]
pub(super) async fn jwks(State(app): State<App>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/jwk-set+json")], Json(app.0.keyring.list().jwks()))
}
