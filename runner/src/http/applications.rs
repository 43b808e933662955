//! Applications: sending one, and what its people see and do.

use utoipa_axum::router::OpenApiRouter;

use super::App;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
