//! One programme.

use annona_definitions::programme::ProgrammeId;
use axum::Json;
use axum::extract::{Path, State};

use super::Shape;
use crate::http::App;
use crate::http::extract::Known;
use crate::http::problem::{Details, Problem};

/// Shows a programme as its newest definition has it.
#[utoipa::path(
    get,
    path = "/v1/programmes/{id}",
    tag = "programmes",
    params(("id" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "The programme", body = Shape),
        (status = 404, description = "There is none, or none that one has to do with", body = Details)
    )
)]
pub(super) async fn show(
    State(app): State<App>,
    Known(principal): Known,
    Path(id): Path<String>,
) -> Result<Json<Shape>, Problem> {
    let definitions = app.definitions_for(&principal, &ProgrammeId::recorded(&id)).await?;
    let newest = definitions.first().ok_or_else(Problem::not_found)?;
    app.programme_shape(&principal, newest).await.map(Json)
}
