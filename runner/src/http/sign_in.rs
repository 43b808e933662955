//! Signing in as an applicant: a one-time code by message, then a token for one's own applications.

use utoipa_axum::router::OpenApiRouter;

use super::App;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
