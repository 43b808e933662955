//! Bodies that people write in an editor: YAML, whole as text, or read as what the same body in JSON would be.

use annona_definitions::source::MAX_SOURCE_BYTES;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;

use super::super::App;
use super::super::problem::Problem;
use super::body;

/// What YAML is called: its name in RFC 9512, and the names before it.
const MEDIA_TYPES: [&str; 4] =
    ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];

/// The source of a definition, as it was sent.
#[derive(Debug)]
pub struct Yaml(pub axum::body::Bytes);

/// A body in JSON or in YAML.
#[derive(Debug)]
pub struct JsonOrYaml<T>(pub T);

impl FromRequest<App> for Yaml {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        if !is_yaml(request.headers()) {
            let detail = "send the definition as application/yaml";
            return Err(Problem::new("unsupported_media_type", detail));
        }
        body::bytes(request, MAX_SOURCE_BYTES).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for JsonOrYaml<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (yaml, json) = (is_yaml(request.headers()), body::is_json(request.headers()));
        if !yaml && !json {
            let detail = "send the body as application/json or application/yaml";
            return Err(Problem::new("unsupported_media_type", detail));
        }
        let bytes = body::bytes(request, app.0.limits.body_bytes).await?;
        if json { body::read(&bytes) } else { read(&bytes) }.map(Self)
    }
}

fn is_yaml(headers: &HeaderMap) -> bool {
    MEDIA_TYPES.contains(&body::media_type(headers).as_str())
}

/// Reads YAML by way of its own values, which refuse a key that stands twice.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value = serde_yaml::from_slice::<serde_yaml::Value>(bytes).map_err(|error| {
        let place =
            error.location().map(|at| format!(" at line {}, column {}", at.line(), at.column()));
        let detail = format!("the body is not YAML{}", place.unwrap_or_default());
        Problem::new("not_yaml", detail)
    })?;
    let value = serde_json::to_value(value).map_err(|_| {
        Problem::new("not_yaml", "every key is a text, and every tag is unknown here")
    })?;
    body::read_value(&value)
}
