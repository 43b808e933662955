//! Documents: uploaded once, named in forms and answers, read by whoever works the application.

mod download;
mod under_way;
mod upload;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

pub(super) use under_way::UnderWay;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(upload::upload)).routes(routes!(download::download))
}
