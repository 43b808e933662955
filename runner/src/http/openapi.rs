//! The description of the API, from the code that answers.

use std::collections::BTreeMap;

use axum::Json;
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::problem::{Details, Wrong};

/// The media type of problems (RFC 9457).
const PROBLEM: &str = "application/problem+json";

/// The header whose value makes a repeated request the same one.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

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
    let mut description = super::routes().into_openapi();
    for path in description.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            for status in implied(operation) {
                let responses = &mut operation.responses.responses;
                responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem()));
            }
            complete(&mut operation.responses.responses);
            operation.operation_id = name(operation);
        }
    }
    description
}

/// Returns the statuses with which a route refuses because of what it takes: each is a problem.
fn implied(operation: &Operation) -> Vec<&'static str> {
    // Headers, query or address that cannot be read; what fails; and too much at once.
    let mut statuses = vec!["400", "500", "503"];
    let is_open =
        operation.security.as_ref().is_some_and(|it| it.contains(&SecurityRequirement::default()));
    if !is_open {
        statuses.push("401");
    }
    let parameters: Vec<&Parameter> =
        operation.parameters.iter().flatten().filter_map(given).collect();
    if parameters.iter().any(|it| matches!(it.parameter_in, ParameterIn::Path)) {
        statuses.push("404");
    }
    if operation.request_body.is_some() {
        statuses.extend(["413", "415", "422"]);
    }
    if parameters.iter().any(|it| it.name == IDEMPOTENCY_KEY) {
        statuses.extend(["409", "422"]);
    }
    statuses
}

/// Returns what stands there itself, and not a reference.
fn given<T>(it: &RefOr<T>) -> Option<&T> {
    match it {
        RefOr::T(it) => Some(it),
        RefOr::Ref(_) => None,
    }
}

/// Adds what is so of every answer: problems have their own media type, and each is described.
fn complete(responses: &mut BTreeMap<String, RefOr<Response>>) {
    for (status, response) in responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            usual(status).clone_into(&mut response.description);
        }
        if status.starts_with(['4', '5'])
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM.to_owned(), content);
        }
    }
}

/// Returns what generated clients call a request, such as `applications_list`: handlers of two resources may be named alike.
fn name(operation: &Operation) -> Option<String> {
    let resource = operation.tags.as_ref()?.first()?.replace('-', "_");
    Some(format!("{resource}_{}", operation.operation_id.as_ref()?))
}

/// Returns the answer to whatever is refused or fails.
fn problem() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().content(PROBLEM, content).build()
}

/// Returns what a status says where its route says no more.
fn usual(status: &str) -> &'static str {
    match status {
        "200" => "As asked",
        "201" => "Recorded",
        "500" => "The daemon failed; its log says how",
        "503" => "The daemon cannot answer now; see `Retry-After`",
        _ => "A problem; `code` says which",
    }
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

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        let text = document().unwrap();
        let description = serde_json::to_value(description()).unwrap();
        let schemas = description["components"]["schemas"].as_object().unwrap();
        let referred = text.split("\"#/components/schemas/").skip(1);
        let missing: Vec<&str> = referred
            .filter_map(|rest| rest.split('"').next())
            .filter(|name| !schemas.contains_key(*name))
            .collect();
        assert!(missing.is_empty() && !schemas.is_empty(), "{missing:?}");
    }

    #[test]
    fn no_two_requests_are_named_alike() {
        let description = serde_json::to_value(description()).unwrap();
        let paths = description["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|path| path.as_object().unwrap().values());
        let mut names: Vec<&str> =
            operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert!(names.contains(&"applications_list"), "{names:?}");
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn every_route_describes_its_answers_and_refuses_with_problems() {
        let description = serde_json::to_value(description()).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
        let answers = operations.flat_map(|operation| operation["responses"].as_object().unwrap());
        let mut refusals = 0;
        for (status, answer) in answers {
            assert_ne!(answer["description"].as_str().unwrap_or_default(), "", "{answer}");
            if status.starts_with(['4', '5']) {
                let content = answer["content"].as_object().unwrap();
                assert_eq!(content.keys().collect::<Vec<_>>(), [PROBLEM]);
                refusals += 1;
            }
        }
        assert!(refusals >= 2 * paths.len());
    }

    #[test]
    fn every_status_is_a_number() {
        let description = serde_json::to_value(description()).unwrap();
        let paths = description["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|path| path.as_object().unwrap().values());
        let statuses = operations.flat_map(|it| it["responses"].as_object().unwrap().keys());
        let ranges: Vec<_> = statuses.filter(|it| it.parse::<u16>().is_err()).collect();
        assert!(ranges.is_empty(), "{ranges:?}");
    }
}
