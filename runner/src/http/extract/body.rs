//! A JSON body, of bounded size and with no field too many.

use annona_engine::recorded::Hash;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::Segment;

use super::super::App;
use super::super::problem::{Problem, Wrong};

/// A JSON body.
#[derive(Debug)]
pub struct Body<T> {
    /// What was sent.
    pub value: T,
    /// Keyed hash of its bytes, by which a repeated request is told from another. It is kept: without the key nobody finds out from it what
    /// was sent.
    pub digest: Hash,
}

/// A JSON body that anybody may send, and that is therefore short.
#[derive(Debug)]
pub struct Short<T>(pub T);

/// Most bytes of a [`Short`] body: several times what a code to verify has.
const MAX_SHORT_BYTES: usize = 16 << 10;

impl<T: DeserializeOwned> FromRequest<App> for Short<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let most = app.0.limits.body_bytes.min(MAX_SHORT_BYTES);
        Ok(Self(read(&json_bytes(request, most).await?)?))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = json_bytes(request, app.0.limits.body_bytes).await?;
        let value = read(&bytes)?;
        let digest = app.0.engine.master().hash("request", &Hash::of(&bytes).to_string());
        Ok(Self { value, digest })
    }
}

/// Reads a whole body that says it is JSON.
async fn json_bytes(request: Request, most: usize) -> Result<axum::body::Bytes, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::new("unsupported_media_type", "send the body as application/json"));
    }
    bytes(request, most).await
}

/// Reads a whole body of at most `most` bytes.
///
/// # Errors
///
/// Returns the [`Problem`] `too_large`, or `bad_request` where the connection broke.
pub(in crate::http) async fn bytes(
    request: Request,
    most: usize,
) -> Result<axum::body::Bytes, Problem> {
    let too_large = || Problem::new("too_large", format!("a body has at most {most} bytes"));
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), most).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        // The limit's own error is not public; its words are.
        if cause.contains("length limit") {
            too_large()
        } else {
            Problem::new("bad_request", "the body broke off")
        }
    })
}

/// Returns the media type of a body, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let essence = media_type(headers);
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a body that is JSON.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().iter().filter_map(segment).collect::<String>();
        invalid(&place, error.inner())
    })?;
    reader.end().map_err(|error| invalid("", &error))?;
    Ok(value)
}

/// Reads a value that another format held.
pub(super) fn read_value<T: DeserializeOwned>(value: &serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().iter().filter_map(segment).collect::<String>();
        invalid(&place, error.inner())
    })
}

fn segment(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// Returns what is wrong with a body, without the value that was sent.
fn invalid(pointer: &str, error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    if matches!(error.classify(), Category::Syntax | Category::Eof | Category::Io) {
        return Problem::new(
            "not_json",
            format!("the body is not JSON at line {line}, column {column}"),
        );
    }
    let words = error.to_string();
    let (code, message) = if words.starts_with("unknown field") {
        ("unknown_field", "there is no such field here")
    } else if words.starts_with("missing field") {
        let name = words.split('`').nth(1).unwrap_or_default();
        return Problem::new("body_invalid", "the body is not as this request takes it")
            .with_errors(vec![Wrong {
                pointer: format!("{pointer}/{name}"),
                code: "required".to_owned(),
                message: "this field is needed".to_owned(),
            }]);
    } else if words.starts_with("duplicate field") {
        ("duplicate_field", "this field stands twice")
    } else {
        ("wrong_type", "this value is not of the kind that is taken here")
    };
    // A value that another format held has lost its line.
    let detail = match line {
        0 => "the body is not as this request takes it".to_owned(),
        _ => format!("the body is not as this request takes it (line {line}, column {column})"),
    };
    Problem::new("body_invalid", detail).with_errors(vec![Wrong {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
    }])
}
