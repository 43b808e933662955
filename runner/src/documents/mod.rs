//! Uploaded documents: encrypted files in the data folder, each under a key of its own.
//!
//! Decides nothing about who may read one.

use std::path::PathBuf;

/// The folder of documents.
#[derive(Debug, Clone)]
pub struct Documents {
    folder: PathBuf,
}

impl Documents {
    /// Returns the documents in a folder, which must exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns where they lie.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }
}
