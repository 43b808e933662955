//! Why a backup is not made or not restored, and what that means to whoever asked.

use std::path::{Path, PathBuf};

use annona_engine::service::{AuditError, Failure};
use annona_engine::store::StoreError;

use crate::folder::FolderError;
use crate::random::RandomError;

/// A backup that is not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A database cannot be read or written.
    #[error("{}: {cause}", file.display())]
    Store {
        /// Which.
        file: PathBuf,
        /// Why.
        cause: StoreError,
    },
    /// A part is not there, or cannot be read as one.
    #[error("{}: {what}", place.display())]
    NoPart {
        /// Where it should be.
        place: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It would do harm.
    #[error("{0}")]
    Refused(String),
    /// Something is not what it was when the backup was made.
    #[error("a difference: {0}")]
    Different(String),
    /// What is stored cannot be used.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// A manifest cannot be written.
    #[error("a manifest cannot be written: {0}")]
    Manifest(#[from] serde_json::Error),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl BackupError {
    /// Returns what turns an error about `file` into one of these.
    pub(super) fn store(file: &Path) -> impl Fn(StoreError) -> Self + '_ {
        |cause| Self::Store { file: file.to_owned(), cause }
    }

    /// Returns what turns an error about `path` into one of these.
    pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        |cause| FolderError::io(path)(cause).into()
    }
}

impl From<AuditError> for BackupError {
    fn from(error: AuditError) -> Self {
        Self::Different(error.to_string())
    }
}
