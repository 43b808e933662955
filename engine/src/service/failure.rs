//! Why a request is not answered with what it asked for.

use crate::refusal::Refusal;
use crate::store::{Loss, StoreError};
use crate::writer::CommitFailure;

/// A refusal, which is an answer, or a failure, which is not.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// Refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The same key was used for another body.
    #[error("this Idempotency-Key was used for another request")]
    IdempotencyMismatch,
    /// Too much waits to be recorded.
    #[error("too many requests wait to be recorded: try again shortly")]
    Overloaded,
    /// Whether it was recorded is not known.
    #[error(
        "whether this was recorded is not known: repeat the request with the same Idempotency-Key"
    )]
    CommitUnknown,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored cannot be used.
    #[error("what is stored cannot be used: {0}")]
    Broken(String),
}

impl From<CommitFailure> for Failure {
    fn from(failure: CommitFailure) -> Self {
        match failure {
            CommitFailure::Unknown => Self::CommitUnknown,
            CommitFailure::Store(error) => Self::Store(error),
            CommitFailure::Lost(Loss::AlreadyDone) => Self::Refused(Refusal::AlreadyDone),
            // What was lost again and again is contended: the caller tries later.
            CommitFailure::Overloaded | CommitFailure::Stopped | CommitFailure::Lost(_) => {
                Self::Overloaded
            }
        }
    }
}
