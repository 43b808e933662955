//! Reading an application.

use axum::Json;
use axum::extract::State;

use crate::auth::Action;
use crate::http::App;
use crate::http::extract::{Id, Known};
use crate::http::problem::Problem;
use crate::http::seen::Named;
use crate::http::shape::Application;

/// Returns an application, with personal values for the person it is for and for the officer who works it.
#[utoipa::path(
    get,
    path = "/v1/applications/{id}",
    tag = "applications",
    params(("id" = String, Path, description = "Its id, or its reference")),
    responses(
        (status = 200, body = Application),
    )
)]
pub(super) async fn read(
    State(app): State<App>,
    Known(principal): Known,
    Id(named): Id<Named>,
) -> Result<Json<Application>, Problem> {
    let seen = app.named(&principal, &named).await?;
    seen.may(&principal, Action::Read)?;
    Ok(Json(Application::of(&seen.loaded.application, &seen.viewer(&principal))))
}
