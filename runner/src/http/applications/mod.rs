//! Applications: sending one, and what its people see and do.

mod answer;
mod erase;
mod history;
mod list;
mod read;
mod submit;
mod withdraw;

use annona_engine::service::Outcome;
use axum::Json;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::extract::Values;
use super::problem::Problem;
use super::shape::Application;
use crate::auth::Principal;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(submit::submit, list::list))
        .routes(routes!(read::read))
        .routes(routes!(history::history))
        .routes(routes!(answer::answer))
        .routes(routes!(withdraw::withdraw))
        .routes(routes!(erase::erase))
}

/// Values of fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewValues {
    /// By field; `null` removes the value of an optional one.
    #[schema(value_type = Object)]
    form: Values,
}

/// Returns an application as a request left it.
async fn answered(
    app: &App,
    principal: &Principal,
    outcome: &Outcome,
) -> Result<Json<Application>, Problem> {
    let seen = app.seen(principal, outcome.application.id).await?;
    let viewer = seen.viewer_of(principal, &outcome.application);
    Ok(Json(Application::of(&outcome.application, &viewer)))
}
