//! The application form, for portals and form collectors.

use annona_definitions::programme::ProgrammeId;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::App;
use crate::http::extract::{Known, Search};
use crate::http::problem::{Details, Problem};
use crate::http::seen::language;

/// How it is read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Reading {
    /// BCP 47 tag of the labels' language; one that the programme does not have gives its first.
    language: Option<String>,
}

/// Returns the form of a programme as JSON Schema (2020-12).
#[utoipa::path(
    get,
    path = "/v1/programmes/{id}/form",
    tag = "programmes",
    params(("id" = String, Path, description = "The programme's name"), Reading),
    responses(
        (status = 200, description = "The form", body = Object, content_type = "application/schema+json"),
        (status = 404, description = "There is none, or none that one has to do with", body = Details)
    )
)]
pub(super) async fn form(
    State(app): State<App>,
    Known(principal): Known,
    Path(id): Path<String>,
    Search(reading): Search<Reading>,
) -> Result<impl IntoResponse, Problem> {
    let definitions = app.definitions_for(&principal, &ProgrammeId::recorded(&id)).await?;
    let newest = definitions.first().ok_or_else(Problem::not_found)?;
    let programme = app.0.engine.programme(newest.digest).await?;
    let language = reading.language.as_deref().unwrap_or_else(|| language(&principal, &programme));
    let schema = programme.form.json_schema(language, programme.fallback_language());
    Ok(([(CONTENT_TYPE, "application/schema+json")], Json(schema)))
}
