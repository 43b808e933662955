//! The source of a definition.

use annona_definitions::programme::ProgrammeId;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::{Action, may};
use crate::http::App;
use crate::http::extract::{Known, Search};
use crate::http::problem::{Details, Problem};

/// Which definition.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Its number, from 1; without it, the newest.
    number: Option<u32>,
}

/// Returns the source of a definition, byte for byte as it was deployed.
#[utoipa::path(
    get,
    path = "/v1/programmes/{id}/definition",
    tag = "programmes",
    params(("id" = String, Path, description = "The programme's name"), Which),
    responses(
        (status = 200, description = "The source", body = serde_json::Value, content_type = "application/yaml"),
        (status = 404, description = "There is none, or none that one may see", body = Details)
    )
)]
pub(super) async fn definition(
    State(app): State<App>,
    Known(principal): Known,
    Path(id): Path<String>,
    Search(which): Search<Which>,
) -> Result<impl IntoResponse, Problem> {
    let id = ProgrammeId::recorded(&id);
    may(&principal, Action::ReadDefinition(&id))?;
    let definitions = app.definitions_for(&principal, &id).await?;
    let wanted = |number| which.number.is_none_or(|wanted| wanted == number);
    let found = definitions.into_iter().find(|definition| wanted(definition.number));
    let source = found.ok_or_else(Problem::not_found)?.source;
    Ok(([(CONTENT_TYPE, "application/yaml")], source))
}
