//! The roster: people, providers, and the roles they hold.

use utoipa_axum::router::OpenApiRouter;

use super::App;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
