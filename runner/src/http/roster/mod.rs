//! The roster: people, providers, and the roles they hold.

mod apply;
mod show;
mod warnings;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show::show, apply::apply))
}
