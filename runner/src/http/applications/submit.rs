//! Sending an application.

use annona_definitions::programme::ProgrammeId;
use annona_engine::command::Submit;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{Action, may};
use crate::http::App;
use crate::http::extract::{Body, IdempotencyKey, Known, Values};
use crate::http::problem::{Details, Problem};
use crate::http::seen::once;
use crate::http::shape::Application;

/// An application to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApplication {
    /// The programme it is for.
    #[schema(example = "urgent-surgery")]
    programme: String,
    /// The form, as the programme's `form` schema says.
    #[schema(value_type = Object)]
    form: Values,
}

/// Sends an application.
///
/// One that is not eligible is recorded all the same, with status `rejected` and the reason.
#[utoipa::path(
    post,
    path = "/v1/applications",
    tag = "applications",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body are answered alike")),
    request_body = NewApplication,
    responses(
        (status = 201, body = Application, headers(("Location" = String, description = "Where it is"))),
        (status = 404, body = Details),
        (status = 403, body = Details),
        (status = 409, body = Details),
    )
)]
pub(super) async fn submit(
    State(app): State<App>,
    Known(principal): Known,
    key: IdempotencyKey,
    body: Body<NewApplication>,
) -> Result<(StatusCode, [(axum::http::HeaderName, String); 1], Json<Application>), Problem> {
    let programme = ProgrammeId::recorded(&body.value.programme);
    may(&principal, Action::Submit(&programme))?;
    let once = once(&principal, "POST /v1/applications", &key, body.digest);
    let submit = Submit { programme, form: body.value.form.0 };
    let outcome = app.0.engine.submit(&principal.in_engine(), submit, once).await?;
    let place = format!("/v1/applications/{}", outcome.application.id);
    let application = super::answered(&app, &principal, &outcome).await?;
    Ok((StatusCode::CREATED, [(LOCATION, place)], application))
}
