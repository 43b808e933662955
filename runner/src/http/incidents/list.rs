//! Incidents that are open.

use axum::Json;
use axum::extract::State;

use super::Shape;
use crate::auth::{Action, may};
use crate::http::App;
use crate::http::extract::{Known, Search};
use crate::http::listing::Asked;
use crate::http::problem::{Details, Problem};
use crate::http::shape::Page;

/// Lists open incidents, the oldest first.
#[utoipa::path(
    get,
    path = "/v1/incidents",
    tag = "incidents",
    params(Asked),
    responses(
        (status = 200, description = "A page of incidents", body = Page<Shape>),
        (status = 403, description = "Not an operator", body = Details)
    )
)]
pub(super) async fn list(
    State(app): State<App>,
    Known(principal): Known,
    Search(asked): Search<Asked>,
) -> Result<Json<Page<Shape>>, Problem> {
    may(&principal, Action::Incidents)?;
    let limit = asked.limit()?;
    let after = asked.after().map(str::parse::<u64>).transpose();
    let after =
        after.map_err(|_| Problem::new("bad_request", "`after` is no place in this list"))?;
    let incidents = app.0.engine.store().incidents(after, limit).await?;
    let is_full = incidents.len() == limit as usize;
    let next = incidents.last().filter(|_| is_full).map(|last| last.id.to_string());
    Ok(Json(Page { items: incidents.iter().map(Shape::from).collect(), next }))
}
