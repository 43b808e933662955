//! The programmes that somebody may see.

use annona_definitions::programme::ProgrammeId;
use axum::Json;
use axum::extract::State;

use super::Shape;
use crate::auth::{Action, may};
use crate::http::App;
use crate::http::extract::{Known, Search};
use crate::http::listing::Asked;
use crate::http::problem::{Details, Problem};
use crate::http::shape::Page;

/// Lists the programmes that one has to do with, by name.
#[utoipa::path(
    get,
    path = "/v1/programmes",
    tag = "programmes",
    params(Asked),
    responses(
        (status = 200, description = "A page of programmes", body = Page<Shape>),
        (status = 401, description = "Not signed in", body = Details)
    )
)]
pub(super) async fn list(
    State(app): State<App>,
    Known(principal): Known,
    Search(asked): Search<Asked>,
) -> Result<Json<Page<Shape>>, Problem> {
    let mut seen = app.0.engine.store().definitions(None).await?;
    seen.retain(|it| {
        may(&principal, Action::ReadProgramme(&ProgrammeId::recorded(&it.programme))).is_ok()
    });
    let rows = seen.into_iter().map(|it| (it.programme.clone(), it)).collect();
    let page = asked.page(rows)?;
    let mut items = Vec::new();
    for deployed in &page.items {
        items.push(app.programme_shape(&principal, deployed).await?);
    }
    Ok(Json(Page { items, next: page.next }))
}
