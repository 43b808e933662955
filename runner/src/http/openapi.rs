//! The description of the API, from the code that answers.

use axum::Json;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};

use super::problem::{Details, Wrong};

/// The parts that belong to no one resource.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Annona",
        version = "1",
        description = "Runs assistance programmes: people apply, officers decide, a signed voucher is redeemed.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Details, Wrong))
)]
struct Base;

/// Returns the description without routes.
pub(super) fn base() -> OpenApi {
    let mut base = Base::openapi();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    base.components.get_or_insert_default().add_security_scheme("token", bearer);
    base.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    base
}

/// Returns the description of every route.
#[must_use]
pub fn description() -> OpenApi {
    super::routes().into_openapi()
}

/// Returns the description as it is committed and published: JSON, indented, with a newline at its end.
///
/// # Errors
///
/// Returns [`serde_json::Error`] if it cannot be written.
pub fn document() -> Result<String, serde_json::Error> {
    Ok(format!("{}\n", serde_json::to_string_pretty(&description())?))
}

/// Describes the API (OpenAPI 3.1).
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    tag = "health",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1"))
)]
pub(super) async fn openapi() -> Json<OpenApi> {
    Json(description())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_description_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/openapi.json");
        if std::env::var_os("ANNONA_WRITE_SCHEMAS").is_some() {
            std::fs::write(path, document().unwrap()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let is_current = committed == document().unwrap();
        assert!(is_current, "it has changed: run this test with ANNONA_WRITE_SCHEMAS=1");
    }

    #[test]
    fn every_route_says_who_may_call_it() {
        let description = serde_json::to_value(description()).unwrap();
        assert_eq!(description["openapi"], "3.1.0");
        assert_eq!(description["security"][0]["token"], serde_json::json!([]));
    }
}
