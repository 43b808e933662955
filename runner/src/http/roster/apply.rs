//! Applying a roster: the whole one, in the place of the one there is.

use annona_engine::roster::Roster;
use axum::Json;
use axum::extract::State;
use axum::http::header::ETAG;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::warnings::{Warning, warnings};
use crate::http::App;
use crate::http::extract::{Administrator, IfMatch, JsonOrYaml, etag};
use crate::http::problem::{Details, Problem};

/// A roster that stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RosterApplied)]
pub(super) struct Applied {
    /// Its version; the same roster again keeps it.
    version: u64,
    /// How many people it lists.
    people: usize,
    /// How many providers.
    providers: usize,
    /// What has no meaning yet: roles and programmes that are not there.
    warnings: Vec<Warning>,
}

/// Applies a roster; rights follow it at once.
#[utoipa::path(
    put,
    path = "/v1/roster",
    tag = "roster",
    params(("If-Match" = Option<String>, Header, description = "The version that was seen")),
    request_body(
        description = "People and providers",
        content(("application/json"), (String = "application/yaml"))
    ),
    responses(
        (status = 200, description = "It stands", body = Applied),
        (status = 403, description = "Not an administrator", body = Details),
        (status = 412, description = "Another roster stands by now", body = Details),
        (status = 422, description = "`roster_invalid`, with everything that is wrong", body = Details)
    )
)]
pub(super) async fn apply(
    State(app): State<App>,
    Administrator(principal): Administrator,
    IfMatch(seen): IfMatch,
    JsonOrYaml(roster): JsonOrYaml<Roster>,
) -> Result<impl IntoResponse, Problem> {
    let (people, providers) = (roster.people.len(), roster.providers.len());
    let warnings = warnings(&app.0.engine, &roster).await?;
    let version = app.0.engine.replace_roster(&principal.who(), roster, seen).await?;
    Ok(([(ETAG, etag(version))], Json(Applied { version, people, providers, warnings })))
}
