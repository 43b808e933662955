//! The tokens that there are.

use axum::Json;
use axum::extract::State;

use super::{Listed, Shape};
use crate::http::App;
use crate::http::extract::{Known, Search};
use crate::http::listing::Asked;
use crate::http::problem::{Details, Problem};
use crate::http::shape::Page;

/// Lists one's own tokens, and for administrators everybody's, the oldest first.
#[utoipa::path(
    get,
    path = "/v1/tokens",
    tag = "tokens",
    params(Asked),
    responses(
        (status = 200, description = "A page of tokens, without their texts", body = Page<Shape>),
        (status = 401, description = "Not signed in", body = Details)
    )
)]
pub(super) async fn list(
    State(app): State<App>,
    Known(principal): Known,
    Search(asked): Search<Asked>,
) -> Result<Json<Page<Shape>>, Problem> {
    let listed = app.tokens_for(&principal).await?;
    let rows = listed.iter().map(|it| (key(it), Shape::from(it))).collect();
    asked.page(rows).map(Json)
}

/// Returns what tokens are in the order of: when they were made, then their ids.
fn key(listed: &Listed) -> String {
    let made = listed.token.created_at.as_microsecond();
    format!("{made:020}.{}", listed.token.id.simple())
}
