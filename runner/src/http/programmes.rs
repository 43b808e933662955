//! Programmes: deploying definitions, and what others may know of them.

use utoipa_axum::router::OpenApiRouter;

use super::App;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
