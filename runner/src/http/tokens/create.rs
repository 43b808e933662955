//! Making a token.

use annona_engine::Refusal;
use annona_engine::id::Who;
use annona_engine::recorded::Hash;
use annona_engine::store::{Record, Token, TokenOwner};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Listed, Shape};
use crate::auth::{Principal, Secret};
use crate::http::App;
use crate::http::extract::{Administrator, Body, IdempotencyKey};
use crate::http::problem::{Details, Problem, Wrong};
use crate::http::seen::once;
use crate::random;

/// Most characters of a label.
const MAX_LABEL: usize = 100;

/// A token that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// Whose it is to be.
    #[schema(example = "person:grace")]
    owner: String,
    /// What it is to be called: 100 characters at most.
    #[serde(default)]
    label: String,
    /// The first instant at which it is refused.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A token with its text, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Created {
    /// What to send as `Authorization: Bearer`; it cannot be shown again.
    token: String,
    #[serde(flatten)]
    shape: Shape,
}

/// Makes a token for a person or a provider of the roster.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    tag = "tokens",
    request_body = NewToken,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat is answered 409: the text is shown once")),
    responses(
        (status = 201, description = "The token, shown this once", body = Created),
        (status = 403, description = "Not an administrator", body = Details),
        (status = 409, description = "`already_done`: a token was made with this key", body = Details),
        (status = 422, description = "The owner is not in the roster", body = Details)
    )
)]
pub(super) async fn create(
    State(app): State<App>,
    Administrator(principal): Administrator,
    key: IdempotencyKey,
    body: Body<NewToken>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let now = app.0.engine.now();
    let owner = owner(&principal, &body.value, now)?;
    let secret = Secret::mint()?;
    let id = app.new_token_id(&principal, &key, body.digest).await?;
    let body_digest = body.digest;
    let token = token(id, &secret, &owner, body.value, now);
    if let Err(failure) = app.0.engine.record(Record::AddToken(token.clone())).await {
        // Another request with this key may have been first.
        app.new_token_id(&principal, &key, body_digest).await?;
        return Err(failure.into());
    }
    let shape = Shape::from(&Listed { owner, token });
    Ok((StatusCode::CREATED, Json(Created { token: secret.text().to_owned(), shape })))
}

/// Returns whose the token is to be, or everything that is wrong with what was asked.
fn owner(principal: &Principal, asked: &NewToken, now: Timestamp) -> Result<Who, Problem> {
    let owner = asked.owner.parse::<Who>().ok().filter(|owner| match owner {
        Who::Person(id) => principal.roster().person(id).is_some(),
        Who::Provider(id) => principal.roster().provider(id).is_some(),
        Who::Applicant | Who::Engine => false,
    });
    let in_time = asked.expires_at.is_none_or(|end| end > now);
    let fits = asked.label.chars().count() <= MAX_LABEL;
    let is_shown = !asked.label.contains(char::is_control);
    let wrong = [
        (owner.is_some(), "/owner", "unknown_owner", "name a person or a provider of the roster"),
        (in_time, "/expires_at", "too_small", "a token ends after now"),
        (fits, "/label", "too_long", "a label has at most 100 characters"),
        (is_shown, "/label", "wrong_type", "a label is one line without control characters"),
    ];
    let errors: Vec<Wrong> = wrong
        .into_iter()
        .filter(|(holds, ..)| !holds)
        .map(|(_, pointer, code, message)| Wrong {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
        })
        .collect();
    owner.filter(|_| errors.is_empty()).ok_or_else(|| {
        Problem::new("body_invalid", "no token can be made of this").with_errors(errors)
    })
}

impl App {
    /// Returns the id of a new token: random, or of the request's own name, so that the store takes it once.
    async fn new_token_id(
        &self,
        principal: &Principal,
        key: &IdempotencyKey,
        request: Hash,
    ) -> Result<Uuid, Problem> {
        let Some(once) = once(principal, "POST /v1/tokens", key, request) else {
            return Ok(uuid::Builder::from_random_bytes(random::bytes()?).into_uuid());
        };
        // A hash of 32 bytes has a head of 16.
        let head = once.scope.0.first_chunk().copied().unwrap_or_default();
        let id = uuid::Builder::from_random_bytes(head).into_uuid();
        let tokens = self.0.engine.store().tokens().await?;
        if tokens.iter().any(|token| token.id == id) {
            return Err(Refusal::AlreadyDone.into());
        }
        Ok(id)
    }
}

fn token(id: Uuid, secret: &Secret, owner: &Who, asked: NewToken, created_at: Timestamp) -> Token {
    Token {
        id,
        hash: secret.hash(),
        owner: TokenOwner::Listed(owner.clone()),
        label: asked.label,
        created_at,
        expires_at: asked.expires_at,
    }
}
