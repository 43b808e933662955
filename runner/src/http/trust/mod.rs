//! Trust: the keys that verifiers believe, for everybody to read.

mod did;
mod jwks;
mod list;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(jwks::jwks))
        .routes(routes!(did::did))
}
