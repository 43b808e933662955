//! What is answered when a request cannot be fulfilled: RFC 9457, with a stable code.
//!
//! Never repeats a value that was sent, and never a word of the database's.

use std::time::Duration;

use annona_definitions::Report;
use annona_definitions::form::FieldError;
use annona_engine::Refusal;
use annona_engine::roster::RosterError;
use annona_engine::service::{DeployError, Failure};
use annona_engine::store::StoreError;
use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::codes::lookup;
use crate::random::RandomError;

/// How long a client waits at least before it asks a busy daemon again.
const BUSY: Duration = Duration::from_secs(1);
/// How long a client waits at least before it asks a daemon without a store again.
const NO_STORE: Duration = Duration::from_secs(30);

/// A problem; boxed, since an answer that is none should not carry its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<Details>);

/// What a problem says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Details {
    /// A name for this kind of problem: `urn:annona:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:annona:problem:form_invalid")]
    pub kind: String,
    /// What kind of problem it is, in a few words.
    pub title: &'static str,
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 422)]
    pub status: StatusCode,
    /// What is wrong this time, in a sentence.
    pub detail: String,
    /// Stable code.
    #[schema(example = "form_invalid")]
    pub code: &'static str,
    /// Every wrong place of the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Wrong>,
    /// What was found in a definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<serde_json::Value>,
    /// How long to wait before another try.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

/// Something wrong at a place of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Wrong {
    /// JSON pointer (RFC 6901) into the body.
    #[schema(example = "/form/cost")]
    pub pointer: String,
    /// Stable code.
    #[schema(example = "required")]
    pub code: String,
    /// One sentence.
    pub message: String,
}

impl Problem {
    /// Returns the problem of a code of the table.
    #[must_use]
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        let code = lookup(code);
        Self(Box::new(Details {
            kind: format!("urn:annona:problem:{}", code.name),
            title: code.title,
            status: code.status,
            detail: detail.into(),
            code: code.name,
            errors: Vec::new(),
            report: None,
            retry_after: None,
        }))
    }

    /// Returns that there is no such thing, or that it may not be seen.
    #[must_use]
    pub fn not_found() -> Self {
        Refusal::NotFound.into()
    }

    /// Adds wrong places.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Wrong>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Adds what was found in a definition.
    #[must_use]
    pub fn with_report(mut self, report: &Report) -> Self {
        self.0.report = Some(report.to_json());
        self
    }

    /// Adds how long to wait before another try.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }
}

impl std::ops::Deref for Problem {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(refusal.code(), refusal.to_string());
        match refusal {
            Refusal::FormInvalid { errors } => problem.with_errors(wrong("/form", errors)),
            Refusal::AnswersInvalid { errors } => problem.with_errors(wrong("/answers", errors)),
            _ => problem,
        }
    }
}

impl From<StoreError> for Problem {
    /// The cause is logged; the client learns what it can do.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unknown => Self::new(
                "commit_unknown",
                "send the request again with the same Idempotency-Key to learn what became of it",
            )
            .retry_after(BUSY),
            StoreError::Busy => Self::new("overloaded", "nothing was recorded").retry_after(BUSY),
            StoreError::Unreachable(_) => {
                tracing::error!(cause = %error, "the store cannot be reached");
                let detail = "the database cannot be reached: nothing was recorded";
                Self::new("unavailable", detail).retry_after(NO_STORE)
            }
            StoreError::Full | StoreError::ReadOnly => {
                tracing::error!(cause = %error, "the store cannot be written");
                Self::new("unavailable", error.to_string()).retry_after(NO_STORE)
            }
            _ => {
                tracing::error!(cause = %error, "the store failed");
                Self::new("internal", "nothing was recorded; the daemon's log says more")
            }
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let detail = failure.to_string();
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::IdempotencyMismatch => Self::new("idempotency_mismatch", detail),
            Failure::Overloaded => Self::new("overloaded", detail).retry_after(BUSY),
            Failure::CommitUnknown => StoreError::Unknown.into(),
            Failure::Store(error) => error.into(),
            Failure::Broken(cause) => {
                tracing::error!(cause, "what is stored cannot be used");
                Self::new("internal", "nothing was recorded; the daemon's log says more")
            }
        }
    }
}

impl From<RandomError> for Problem {
    fn from(error: RandomError) -> Self {
        tracing::error!(cause = %error, "no key, token or code can be made");
        Self::new("internal", error.to_string())
    }
}

impl From<DeployError> for Problem {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Invalid(report) => {
                let (code, detail) = match (report.errors(), report.not_built()) {
                    (0, 1) => {
                        ("definition_not_built", "1 part of the definition is not built yet".into())
                    }
                    (0, parts) => (
                        "definition_not_built",
                        format!("{parts} parts of the definition are not built yet"),
                    ),
                    (1, _) => ("definition_invalid", "the definition has 1 error".into()),
                    (errors, _) => {
                        ("definition_invalid", format!("the definition has {errors} errors"))
                    }
                };
                Self::new(code, detail).with_report(&report)
            }
            DeployError::Roster(errors) => {
                let place = |error: RosterError| Wrong {
                    pointer: error.pointer,
                    code: "roster".to_owned(),
                    message: error.message,
                };
                Self::new("roster_invalid", "the roster was not taken")
                    .with_errors(errors.into_iter().map(place).collect())
            }
            DeployError::Failed(failure) => failure.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = retry_after {
            // Rounded up: a client that waits so long is not too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Returns a form's errors with pointers into the body that the form stands in.
fn wrong(at: &str, errors: Vec<FieldError>) -> Vec<Wrong> {
    let place = |error: FieldError| Wrong {
        pointer: format!("{at}{}", error.pointer),
        code: error.code.to_owned(),
        message: error.message,
    };
    errors.into_iter().map(place).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::super::codes::CODES;
    use super::*;

    #[test]
    fn a_wrong_form_names_every_place_of_the_body() {
        let errors = vec![
            FieldError {
                pointer: "/cost".into(),
                code: "required",
                message: "this is needed".into(),
            },
            FieldError {
                pointer: "/family/0/age".into(),
                code: "too_small",
                message: "at least 0".into(),
            },
        ];
        let problem = Problem::from(Refusal::FormInvalid { errors });
        insta::assert_json_snapshot!(problem, @r#"
        {
          "type": "urn:annona:problem:form_invalid",
          "title": "the form is wrong",
          "status": 422,
          "detail": "the form has 2 wrong fields",
          "code": "form_invalid",
          "errors": [
            {
              "pointer": "/form/cost",
              "code": "required",
              "message": "this is needed"
            },
            {
              "pointer": "/form/family/0/age",
              "code": "too_small",
              "message": "at least 0"
            }
          ]
        }
        "#);
    }

    #[test]
    fn what_a_database_says_is_not_answered() {
        let problem = Problem::from(StoreError::Database("no such table: application".into()));
        assert_eq!(problem.code, "internal");
        assert!(!problem.detail.contains("table"));
        assert_eq!(Problem::from(StoreError::Full).status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(Problem::from(StoreError::Unknown).code, "commit_unknown");
    }

    #[test]
    fn a_wait_is_rounded_up_to_seconds() {
        let problem = Problem::new("too_many", "later").retry_after(Duration::from_millis(1_001));
        assert_eq!(problem.into_response().headers()[RETRY_AFTER], "2");
    }

    #[test]
    fn no_code_stands_twice() {
        for (place, code) in CODES.iter().enumerate() {
            assert!(
                CODES[place + 1..].iter().all(|other| other.name != code.name),
                "{}",
                code.name
            );
        }
    }

    #[test]
    fn every_refusal_has_its_status_and_stands_in_the_reference() {
        let engine = include_str!("../../../engine/src/refusal.rs");
        let reference = include_str!("../../../docs/src/reference/api.md");
        let listed = engine.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
        let codes: Vec<&str> = listed.collect();
        assert!(codes.len() > 25, "{codes:?}");
        for code in codes {
            assert_eq!(lookup(code).name, code);
        }
        for code in CODES {
            assert!(
                reference.contains(&format!("`{}`", code.name)),
                "{} is not in the reference",
                code.name
            );
        }
    }
}
