//! Documents: uploaded once, named in forms and answers, read by whoever works the application.

use utoipa_axum::router::OpenApiRouter;

use super::App;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
