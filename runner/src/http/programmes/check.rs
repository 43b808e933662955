//! Checking a definition without deploying it.

use annona_definitions::{Compiled, Report, compile};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::extract::{Administrator, Yaml};
use crate::http::problem::{Details, Problem};

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Checked {
    /// Whether nothing is wrong with it.
    valid: bool,
    /// How many of its parts this version cannot run yet; it can be deployed where it is valid and there is none.
    not_built: usize,
    /// Errors, warnings and notes with code, message, line and column from 1, and the likely fix.
    findings: Vec<serde_json::Value>,
    /// How many more there are than are listed.
    left_out: usize,
}

/// Checks a definition and deploys nothing.
#[utoipa::path(
    post,
    path = "/v1/programmes/check",
    tag = "programmes",
    request_body(content_type = "application/yaml", content = String, description = "The definition"),
    responses(
        (status = 200, description = "What was found", body = Checked),
        (status = 403, description = "Not an administrator", body = Details),
        (status = 413, description = "Larger than a definition may be", body = Details)
    )
)]
pub(super) async fn check(_: Administrator, Yaml(source): Yaml) -> Result<Json<Checked>, Problem> {
    // A large definition takes a while: other requests go on meanwhile.
    let compiled = tokio::task::spawn_blocking(move || compile("definition", &source)).await;
    let Compiled { report, .. } =
        compiled.map_err(|_| Problem::new("internal", "the check broke off"))?;
    Ok(Json(Checked {
        valid: !report.has_errors(),
        not_built: report.not_built(),
        findings: findings(&report),
        left_out: report.left_out(),
    }))
}

/// Returns findings as programs read them.
pub(super) fn findings(report: &Report) -> Vec<serde_json::Value> {
    match report.to_json().get_mut("findings").map(serde_json::Value::take) {
        Some(serde_json::Value::Array(findings)) => findings,
        _ => Vec::new(),
    }
}
