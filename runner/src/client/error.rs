//! Why a question was not answered as hoped: nobody answered, or the daemon said no, or something else answered.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use serde::Deserialize;
use serde_json::Value;

use super::answer::read_bytes;

/// A question without the answer hoped for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers there, or the connection broke.
    #[error("cannot reach the daemon at {server}: {cause}")]
    Unreachable {
        /// Where.
        server: String,
        /// Why.
        cause: String,
        /// Whether a connection stood, so that the request may have arrived.
        connected: bool,
    },
    /// The daemon says no.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// A file that was to be sent cannot be read.
    #[error("cannot read {}: {cause}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// What answers is no daemon of this version, or cannot be asked.
    #[error("{what}")]
    Unexpected {
        /// What happened.
        what: String,
    },
}

/// A problem as RFC 9457 describes them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// What kind of problem it is, in a few words.
    #[serde(default)]
    pub title: String,
    /// What is wrong this time, in a sentence.
    #[serde(default)]
    pub detail: String,
    /// Every wrong place of what was sent.
    #[serde(default)]
    pub errors: Vec<Wrong>,
    /// What was found in a definition.
    #[serde(default)]
    pub report: Option<Value>,
    /// How long to wait before another try.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
    /// The problem as it was answered.
    #[serde(skip)]
    pub whole: Value,
}

/// Something wrong at a place of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Wrong {
    /// JSON pointer.
    #[serde(default)]
    pub pointer: String,
    /// Stable code.
    #[serde(default)]
    pub code: String,
    /// One sentence.
    #[serde(default)]
    pub message: String,
}

impl ClientError {
    /// Returns that something other than expected is there.
    pub(crate) fn unexpected(what: impl Into<String>) -> Self {
        Self::Unexpected { what: what.into() }
    }

    /// Returns that nobody answers.
    pub(super) fn unreachable(server: &str, error: &reqwest::Error) -> Self {
        let cause = if error.is_timeout() { "no answer in time".to_owned() } else { causes(error) };
        Self::Unreachable { server: server.to_owned(), cause, connected: !error.is_connect() }
    }

    /// Returns the problem, where the daemon says no.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            Self::Unreachable { .. } | Self::File { .. } | Self::Unexpected { .. } => None,
        }
    }

    /// Returns the code of the problem, where the daemon says no.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.problem().map(|problem| problem.code.as_str())
    }

    /// Returns how long the daemon asks to wait before another try.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.problem().and_then(|problem| problem.retry_after)
    }
}

/// Returns what an answer that is no success says.
pub(super) async fn of_answer(response: Response, most: usize, server: &str) -> ClientError {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|seconds| seconds.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let bytes = match read_bytes(response, most, server).await {
        Ok(bytes) => bytes,
        Err(error) => return error,
    };
    let whole: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    match serde_json::from_value::<Problem>(whole.clone()) {
        Ok(problem) => {
            ClientError::Problem(Box::new(Problem { status, retry_after, whole, ..problem }))
        }
        // Something between here and the daemon answers in its own words; they say nothing of the request.
        Err(_) if status == 503 => ClientError::Problem(Box::new(Problem {
            status,
            code: "overloaded".to_owned(),
            title: String::new(),
            detail: format!("{server} is busy (503)"),
            errors: Vec::new(),
            report: None,
            retry_after,
            whole: serde_json::json!({"status": status, "code": "overloaded"}),
        })),
        Err(_) => ClientError::unexpected(format!(
            "{server} answers with status {status}, but not as a daemon of annona does"
        )),
    }
}

/// Returns the innermost cause in words, which is the one that helps.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
