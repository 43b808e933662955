//! One request, which can be sent more than once and still counts once.

use std::path::Path;

use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, IF_MATCH};
use serde_json::Value;
use tokio_util::io::ReaderStream;

use super::ClientError;

/// The header that makes repetitions count once.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The media type of bytes whose kind the daemon finds out.
const UNNAMED_TYPE: &str = "application/octet-stream";

/// What is asked.
#[derive(Debug)]
pub(super) struct Request<'a> {
    method: Method,
    path: &'a str,
    content: Content<'a>,
    key: Option<String>,
    if_match: Option<String>,
}

/// What is sent with it.
#[derive(Debug)]
pub(super) enum Content<'a> {
    None,
    Json(&'a Value),
    Bytes { media_type: &'a str, bytes: &'a [u8] },
    File(&'a Path),
}

impl<'a> Request<'a> {
    pub(super) fn new(method: Method, path: &'a str, content: Content<'a>) -> Self {
        Self { method, path, content, key: None, if_match: None }
    }

    /// Gives the request a name of its own, so that a repetition of it is known.
    pub(super) fn once(mut self) -> Result<Self, ClientError> {
        let key = crate::random::bytes::<16>()
            .map_err(|error| ClientError::unexpected(error.to_string()))?;
        self.key = Some(data_encoding::HEXLOWER.encode(&key));
        Ok(self)
    }

    /// Asks only for the version that was read.
    pub(super) fn if_match(mut self, etag: String) -> Self {
        self.if_match = Some(etag);
        self
    }

    /// Returns whether sending it again can help, and does no harm.
    pub(super) fn may_repeat(&self, error: &ClientError) -> bool {
        let is_safe = self.key.is_some() || matches!(self.method, Method::GET | Method::PUT);
        match error {
            // A connection that never stood has carried nothing.
            ClientError::Unreachable { connected, .. } => is_safe || !connected,
            ClientError::Problem(problem) => match problem.code.as_str() {
                "idempotency_in_flight" => true,
                _ => problem.status == 503 && is_safe,
            },
            ClientError::File { .. } | ClientError::Unexpected { .. } => false,
        }
    }

    /// Returns the request as it goes out.
    pub(super) async fn build(
        &self,
        http: &reqwest::Client,
        server: &str,
        token: Option<&str>,
    ) -> Result<reqwest::RequestBuilder, ClientError> {
        let mut building = http.request(self.method.clone(), format!("{server}{}", self.path));
        if let Some(token) = token {
            building = building.bearer_auth(token);
        }
        if let Some(key) = &self.key {
            building = building.header(IDEMPOTENCY_KEY, key);
        }
        if let Some(etag) = &self.if_match {
            building = building.header(IF_MATCH, etag);
        }
        Ok(match &self.content {
            Content::None => building,
            Content::Json(body) => building.json(body),
            Content::Bytes { media_type, bytes } => {
                building.header(CONTENT_TYPE, *media_type).body(bytes.to_vec())
            }
            Content::File(file) => with_file(building, file).await?,
        })
    }
}

/// Adds a file as the body, read while it is sent.
async fn with_file(
    building: reqwest::RequestBuilder,
    file: &Path,
) -> Result<reqwest::RequestBuilder, ClientError> {
    let unreadable = |cause| ClientError::File { file: file.to_owned(), cause };
    let opened = tokio::fs::File::open(file).await.map_err(unreadable)?;
    let metadata = opened.metadata().await.map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    Ok(building
        .header(CONTENT_TYPE, HeaderValue::from_static(UNNAMED_TYPE))
        .header(CONTENT_LENGTH, HeaderValue::from(metadata.len()))
        .body(reqwest::Body::wrap_stream(ReaderStream::new(opened))))
}
