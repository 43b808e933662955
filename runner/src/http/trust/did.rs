//! The installation as a `did:web` document.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::http::App;

/// Returns the `did:web` document of the installation, with every key of the trust list.
#[utoipa::path(
    get,
    path = "/.well-known/did.json",
    tag = "trust",
    security(()),
    responses((status = 200, description = "The document", body = Object, content_type = "application/did+json"))
)]
pub(super) async fn did(State(app): State<App>) -> impl IntoResponse {
    let did = name(&app.0.engine.settings().address);
    ([(CONTENT_TYPE, "application/did+json")], Json(app.0.keyring.list().did_document(&did)))
}

/// Returns the DID of an address: its host, the port after `%3A`, the path after `:`.
fn name(address: &str) -> String {
    let place = address.split_once("://").map_or(address, |(_, place)| place);
    format!("did:web:{}", place.trim_end_matches('/').replace(':', "%3A").replace('/', ":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_names_host_port_and_path() {
        assert_eq!(name("https://aid.example"), "did:web:aid.example");
        assert_eq!(name("http://127.0.0.1:7667"), "did:web:127.0.0.1%3A7667");
        assert_eq!(name("https://gov.example/aid"), "did:web:gov.example:aid");
    }
}
