//! Giving the code.

use annona_engine::Refusal;
use annona_engine::service::Failure;
use annona_engine::store::{Record, SignIn, Token, TokenOwner};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use uuid::Uuid;

use super::code_hash;
use crate::auth::Secret;
use crate::http::App;
use crate::http::extract::Short;
use crate::http::problem::{Details, Problem};
use crate::http::shape::instant;
use crate::random;

/// For how long somebody stays signed in.
const SESSION_TIME: SignedDuration = SignedDuration::from_hours(24);

/// A code that came by message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// What asking for the code was answered with.
    #[schema(value_type = String)]
    id: Uuid,
    /// The code: 8 digits.
    #[schema(example = "01234567")]
    code: String,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Session {
    /// What to send as `Authorization: Bearer`; good for one's own applications in the programme.
    token: String,
    /// The first instant at which it is refused.
    expires_at: String,
}

/// Takes the code and gives a token of 24 hours.
#[utoipa::path(
    post,
    path = "/v1/sign-in/code",
    tag = "sign-in",
    security(()),
    request_body = Given,
    responses(
        (status = 201, description = "Signed in", body = Session),
        (status = 401, description = "`code_refused`: wrong, with the tries left; or used, over or unknown", body = Details)
    )
)]
pub(super) async fn finish(
    State(app): State<App>,
    Short(given): Short<Given>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    let now = app.0.engine.now();
    let sign_in = app.open_sign_in(&given, now).await?;
    let secret = Secret::mint()?;
    let session = session(&sign_in, &secret, now)?;
    let until = session.expires_at.map(instant).unwrap_or_default();
    let record = Record::UseSignIn { id: sign_in.id, session };
    app.0.engine.record(record).await.map_err(|failure| match failure {
        Failure::Refused(Refusal::AlreadyDone) => over(),
        other => other.into(),
    })?;
    let session = Session { token: secret.text().to_owned(), expires_at: until };
    Ok((StatusCode::CREATED, Json(session)))
}

impl App {
    /// Returns the sign-in that a code is right for; a wrong code costs a try.
    async fn open_sign_in(&self, given: &Given, now: Timestamp) -> Result<SignIn, Problem> {
        let engine = &self.0.engine;
        let found = engine.store().sign_in(given.id).await?;
        let open = found.filter(|it| it.tries_left > 0 && now < it.expires_at).ok_or_else(over)?;
        let hash = code_hash(engine.master(), given.id, given.code.trim());
        if bool::from(hash.0.ct_eq(&open.code.0)) {
            return Ok(open);
        }
        engine.record(Record::FailSignIn(given.id)).await?;
        Err(wrong(open.tries_left.saturating_sub(1)))
    }
}

fn session(sign_in: &SignIn, secret: &Secret, now: Timestamp) -> Result<Token, Problem> {
    Ok(Token {
        id: uuid::Builder::from_random_bytes(random::bytes()?).into_uuid(),
        hash: secret.hash(),
        owner: TokenOwner::Applicant {
            programme: sign_in.programme.clone(),
            contact: sign_in.contact,
        },
        label: String::new(),
        created_at: now,
        expires_at: Some(now.checked_add(SESSION_TIME).unwrap_or(Timestamp::MAX)),
    })
}

fn wrong(left: u8) -> Problem {
    let left = match left {
        0 => "no try is left: ask for another".to_owned(),
        1 => "1 try is left".to_owned(),
        left => format!("{left} tries are left"),
    };
    Problem::new("code_refused", format!("this is not the code; {left}"))
}

fn over() -> Problem {
    Problem::new("code_refused", "this code was used, is over or is unknown: ask for another")
}
