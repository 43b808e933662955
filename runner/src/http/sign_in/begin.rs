//! Asking for a code.

use std::sync::Arc;

use annona_definitions::Programme;
use annona_definitions::programme::ProgrammeId;
use annona_engine::recorded::Hash;
use annona_engine::store::{Record, SignIn};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::code_hash;
use super::contact::Contact;
use crate::http::App;
use crate::http::extract::Short;
use crate::http::problem::{Details, Problem};
use crate::http::shape::instant;
use crate::random;
use crate::sign_in_message::CodeMessage;

/// For how long a code is good.
const CODE_TIME: SignedDuration = SignedDuration::from_mins(10);
/// How often a code may be tried.
const TRIES: u8 = 5;
/// How many codes of 8 digits there are.
const CODES: u64 = 100_000_000;
/// What every request for a code counts for, whoever it is for.
const EVERYBODY: Hash = Hash([0; 32]);

/// Whoever wants to sign in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    /// The programme.
    #[schema(example = "urgent-surgery")]
    programme: String,
    /// A phone number with its country; or `email`.
    phone: Option<String>,
    /// A mail address; or `phone`.
    email: Option<String>,
    /// BCP 47 tag of the message's language; without it, the programme's first.
    language: Option<String>,
}

/// A code is on its way, if the programme has such a contact.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Begun {
    /// Given with the code.
    id: String,
    /// The first instant at which the code is refused.
    expires_at: String,
}

/// Sends a one-time code; the answer is the same whether or not anybody is known there.
#[utoipa::path(
    post,
    path = "/v1/sign-in",
    tag = "sign-in",
    security(()),
    request_body = Wish,
    responses(
        (status = 202, description = "A code is on its way, if the programme has such a contact", body = Begun),
        (status = 422, description = "No such number or address", body = Details),
        (status = 429, description = "Too many codes; see `Retry-After`", body = Details)
    )
)]
pub(super) async fn begin(
    State(app): State<App>,
    Short(wish): Short<Wish>,
) -> Result<(StatusCode, Json<Begun>), Problem> {
    let contact = Contact::read(wish.phone.as_deref(), wish.email.as_deref())?;
    let hash = contact.hash(app.0.engine.master());
    app.0.throttles.codes_per_contact.take(hash)?;
    // Else a flood would use up the codes of people whom it never reached, and the room for others.
    app.0
        .throttles
        .codes_overall
        .take(EVERYBODY)
        .inspect_err(|_| app.0.throttles.codes_per_contact.give_back(hash))?;
    let programme = app.0.engine.newest(&ProgrammeId::recorded(&wish.programme)).await?;
    let begun = Beginning::draw(app.0.engine.now(), hash)?;
    let record = match programme.filter(|it| contact.is_known_to(&it.contact)) {
        Some(programme) => begun.send(&app, &programme, contact, wish.language.as_deref())?,
        // Nothing is sent; recorded all the same, so that the answer takes as long.
        None => Record::FailSignIn(begun.id),
    };
    app.0.engine.record(record).await?;
    Ok((StatusCode::ACCEPTED, Json(begun.answer())))
}

/// A sign-in in the making.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    id: Uuid,
    contact: Hash,
    at: Timestamp,
    until: Timestamp,
}

impl Beginning {
    fn draw(at: Timestamp, contact: Hash) -> Result<Self, Problem> {
        let id = uuid::Builder::from_random_bytes(random::bytes()?).into_uuid();
        let until = at.checked_add(CODE_TIME).unwrap_or(Timestamp::MAX);
        Ok(Self { id, contact, at, until })
    }

    /// Returns what is recorded: the code's hash, and its message for the outbox.
    fn send(
        self,
        app: &App,
        programme: &Arc<Programme>,
        contact: Contact,
        language: Option<&str>,
    ) -> Result<Record, Problem> {
        let master = app.0.engine.master();
        // Of 2^64 numbers: the first codes are likelier by less than 1 in 10^11.
        let code = format!("{:08}", u64::from_le_bytes(random::bytes()?) % CODES);
        let fallback = programme.fallback_language();
        let wanted = programme.languages.iter().find(|known| Some(known.as_str()) == language);
        let language = wanted.map_or(fallback, String::as_str);
        let hash = code_hash(master, self.id, &code);
        let message = CodeMessage {
            to: contact.address(),
            code,
            title: programme.title.in_language(language, fallback).to_owned(),
            language: language.to_owned(),
            expires_at: self.until,
        };
        Ok(Record::AddSignIn(SignIn {
            id: self.id,
            code: hash,
            programme: programme.id.as_str().to_owned(),
            contact: self.contact,
            message: message.seal(master, random::bytes()?),
            created_at: self.at,
            expires_at: self.until,
            tries_left: TRIES,
        }))
    }

    fn answer(self) -> Begun {
        Begun { id: self.id.to_string(), expires_at: instant(self.until) }
    }
}
