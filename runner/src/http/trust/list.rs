//! The trust list, as the root key signed it or as JSON.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::http::App;
use crate::http::extract::Search;
use crate::http::problem::{Details, Problem};
use crate::keyring::Keyring;

/// How the list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// Signed, in CBOR.
    Cwt,
    /// Not signed, in JSON.
    Json,
}

/// How the list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `cwt` or `json`; without it, as `Accept` says, else `cwt`.
    #[param(inline)]
    form: Option<Form>,
}

/// Returns the keys that verifiers trust; `cwt` is signed by the root key, `json` relies on the connection.
#[utoipa::path(
    get,
    path = "/v1/trust-list",
    tag = "trust",
    security(()),
    params(Asked),
    responses(
        (status = 200, description = "The list", content(
            (Vec<u8> = "application/cwt"),
            (Object = "application/json")
        )),
        (status = 400, description = "No such form", body = Details)
    )
)]
pub(super) async fn list(
    State(app): State<App>,
    Search(asked): Search<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let keyring = &app.0.keyring;
    let accepted = if accepts_json(&headers) { Form::Json } else { Form::Cwt };
    Ok(match asked.form.unwrap_or(accepted) {
        Form::Json => Json(as_json(keyring)).into_response(),
        Form::Cwt => {
            ([(CONTENT_TYPE, "application/cwt")], keyring.signed().to_vec()).into_response()
        }
    })
}

/// Returns whether JSON is asked for by name, and the signed form is not.
fn accepts_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.contains("application/json") && !accepted.contains("application/cwt")
}

fn as_json(keyring: &Keyring) -> Value {
    let root = keyring.root();
    let mut list = keyring.list().to_json();
    if let Some(list) = list.as_object_mut() {
        let public = HEXLOWER.encode(&root.to_bytes());
        list.insert("root".to_owned(), json!({ "kid": root.id(), "public": public }));
    }
    list
}
