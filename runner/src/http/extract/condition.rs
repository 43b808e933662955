//! Headers that say when a request counts: once per key, and only for what was seen.

use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};

use super::super::App;
use super::super::problem::Problem;

/// The header that names a request, so that a repetition is known.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Most characters of such a name.
const MAX_KEY: usize = 255;

/// The name of a request, if its client gave one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

/// The version of a task that a client saw, if it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

/// Returns the `ETag` of a version.
#[must_use]
pub fn etag(version: u64) -> HeaderValue {
    // Digits between quotes are always a header's value.
    HeaderValue::from_str(&format!("\"{version}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let Some(given) = one(parts, &IDEMPOTENCY_KEY)? else { return Ok(Self(None)) };
        let visible = given.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if given.is_empty() || given.len() > MAX_KEY || !visible {
            let detail = format!("Idempotency-Key takes 1 to {MAX_KEY} visible ASCII characters");
            return Err(Problem::new("bad_request", detail));
        }
        Ok(Self(Some(given.to_owned())))
    }
}

impl FromRequestParts<App> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let Some(given) = one(parts, &IF_MATCH)? else { return Ok(Self(None)) };
        let version = given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        // Written back, so that `"07"` is not the version 7.
        let version = version
            .and_then(|digits| digits.parse::<u64>().ok().filter(|it| it.to_string() == digits));
        version
            .map(|version| Self(Some(version)))
            .ok_or_else(|| Problem::new("bad_request", "If-Match takes the task's ETag, as \"7\""))
    }
}

/// Returns the one value of a header.
fn one<'a>(parts: &'a Parts, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = parts.headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    text.map(Some).ok_or_else(|| Problem::new("bad_request", format!("{name} cannot be read")))
}
