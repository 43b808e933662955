//! Uploaded documents: encrypted files in the data folder, each under a key of its own.
//!
//! A file's name holds the document's id and nothing of its contents. Decides nothing about who may read one.

mod chunks;
mod kind;
mod leftover;
mod read;
mod upload;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use annona_engine::id::DocumentId;

pub use read::{Reading, Unreadable};
pub use upload::{Kept, Received, UploadError, digest};

/// What the seal of a document's key is for.
const PURPOSE: &str = "document";

/// The folder of documents. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Documents(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    /// Whether other daemons upload into it too.
    shared: bool,
    /// Uploads that are under way.
    under_way: Mutex<HashSet<DocumentId>>,
}

/// An upload that is under way; while the value lives there is no other of the same id.
#[derive(Debug)]
pub struct Claim {
    documents: Documents,
    id: DocumentId,
}

impl Documents {
    /// Returns the documents in a folder, which must exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self(Arc::new(Inner { folder, shared: false, under_way: Mutex::default() }))
    }

    /// Returns the documents in a folder into which other daemons upload too.
    #[must_use]
    pub fn shared(folder: PathBuf) -> Self {
        Self(Arc::new(Inner { folder, shared: true, under_way: Mutex::default() }))
    }

    /// Returns where they lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Begins an upload; `None`: one of the same id is under way.
    #[must_use]
    pub fn claim(&self, id: DocumentId) -> Option<Claim> {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.insert(id).then(|| Claim { documents: self.clone(), id })
    }

    /// Returns whether an upload is under way.
    fn is_under_way(&self, id: DocumentId) -> bool {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

impl Claim {
    /// Returns the document's id.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        self.id
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut under_way =
            self.documents.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
