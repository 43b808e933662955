//! Deploying a definition.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::extract::{Administrator, Yaml};
use crate::http::problem::{Details, Problem};

/// A definition that was deployed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deployed {
    /// The programme.
    programme: String,
    /// The number of this definition, from 1.
    number: u32,
    /// SHA-256 of the source.
    digest: String,
    /// Whether it was deployed before.
    unchanged: bool,
    /// What somebody should look at; as the findings of a check.
    warnings: Vec<serde_json::Value>,
}

/// Deploys a definition; applications that are open stay on theirs.
#[utoipa::path(
    post,
    path = "/v1/programmes",
    tag = "programmes",
    request_body(content_type = "application/yaml", content = String, description = "The definition"),
    responses(
        (status = 201, description = "Deployed", body = Deployed),
        (status = 200, description = "The same definition was deployed before", body = Deployed),
        (status = 403, description = "Not an administrator", body = Details),
        (status = 413, description = "Larger than a definition may be", body = Details),
        (status = 422, description = "`definition_invalid` or `definition_not_built`, with every finding in `report`", body = Details)
    )
)]
pub(super) async fn deploy(
    State(app): State<App>,
    Administrator(principal): Administrator,
    Yaml(source): Yaml,
) -> Result<(StatusCode, Json<Deployed>), Problem> {
    let deployed = app.0.engine.deploy(&principal.who(), &source).await?;
    let status = if deployed.unchanged { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(deployed.into())))
}

impl From<annona_engine::service::Deployed> for Deployed {
    fn from(deployed: annona_engine::service::Deployed) -> Self {
        Self {
            programme: deployed.programme.as_str().to_owned(),
            number: deployed.number,
            digest: deployed.digest.to_string(),
            unchanged: deployed.unchanged,
            warnings: super::check::findings(&deployed.report),
        }
    }
}
