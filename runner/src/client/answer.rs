//! What a daemon answered, read whole up to a limit.

use reqwest::header::ETAG;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::ClientError;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// What it says; `null` where there is nothing to say.
    pub value: Value,
    /// The version of what was read, to be sent back with a decision about it.
    pub etag: Option<String>,
}

/// Reads an answer in JSON.
pub(super) async fn read(
    response: Response,
    most: usize,
    server: &str,
) -> Result<Answered, ClientError> {
    let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
    let etag = etag.map(str::to_owned);
    let is_empty = response.status() == StatusCode::NO_CONTENT;
    let bytes = read_bytes(response, most, server).await?;
    if is_empty || bytes.is_empty() {
        return Ok(Answered { value: Value::Null, etag });
    }
    let value = serde_json::from_slice(&bytes).map_err(|_| {
        ClientError::unexpected(format!("{server} answers, but not as a daemon of annona does"))
    })?;
    Ok(Answered { value, etag })
}

/// Reads the bytes of an answer.
pub(super) async fn read_bytes(
    mut response: Response,
    most: usize,
    server: &str,
) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    let broke = |error: reqwest::Error| ClientError::unreachable(server, &error);
    while let Some(chunk) = response.chunk().await.map_err(broke)? {
        if bytes.len() + chunk.len() > most {
            return Err(ClientError::unexpected(format!(
                "{server} answers with more than {most} bytes"
            )));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
