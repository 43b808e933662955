//! What a crash leaves behind, and what nothing refers to any more.
//!
//! The record goes first, then the file: a file without a record is found again, a record without a file is a document lost.

use std::io;

use annona_engine::id::DocumentId;
use annona_engine::service::{Engine, Failure};
use annona_engine::store::{MAX_PAGE, Record};
use jiff::{SignedDuration, Timestamp};

use super::Documents;

/// After so long no upload is under way: the longest time that the settings allow for one, and as much again.
const LONGEST_UPLOAD: SignedDuration = SignedDuration::from_hours(48);

impl Documents {
    /// Removes what uploads that never ended left behind; before the first upload.
    ///
    /// # Errors
    ///
    /// Returns [`io::Error`] if the folder cannot be read or a file not removed.
    pub fn remove_drafts(&self, now: Timestamp) -> io::Result<()> {
        for name in self.names()? {
            let is_draft = name.starts_with('.') && id_of(&name).is_some();
            if is_draft && !self.may_be_of_another(&name, now) {
                gone(std::fs::remove_file(self.folder().join(name)))?;
            }
        }
        Ok(())
    }

    /// Removes files that no record names, and returns how many.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store cannot be asked; what cannot be removed stays for the next time.
    pub async fn sweep(&self, engine: &Engine) -> Result<usize, Failure> {
        let documents = self.clone();
        let names = tokio::task::spawn_blocking(move || documents.names()).await;
        let names = match names {
            Ok(Ok(names)) => names,
            Ok(Err(cause)) => return Err(Failure::Broken(format!("documents: {cause}"))),
            Err(cause) => return Err(Failure::Broken(format!("documents: {cause}"))),
        };
        let mut removed = 0;
        for name in names {
            let Some(id) = id_of(&name) else { continue };
            // Asked in this order: an upload that is over by now has its record.
            if self.is_under_way(id) || self.may_be_of_another(&name, engine.now()) {
                continue;
            }
            let document = engine.store().document(id).await?;
            if document.is_none_or(|document| document.file != name) {
                removed += usize::from(self.remove_file(&name).await);
            }
        }
        Ok(removed)
    }

    /// Forgets documents that nothing refers to and that were uploaded before `before`, and returns how many.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails.
    pub async fn forget(&self, engine: &Engine, before: Timestamp) -> Result<usize, Failure> {
        let mut forgotten = 0;
        loop {
            let unused = engine.store().unreferenced_documents(before, MAX_PAGE).await?;
            if unused.is_empty() {
                return Ok(forgotten);
            }
            let ids = unused.iter().map(|document| document.id).collect();
            engine.record(Record::RemoveDocuments(ids)).await?;
            let mut progress = 0;
            for document in unused {
                // An application may have named it in the meantime: then its record stands.
                let now = engine.store().document(document.id).await?;
                if now.is_none_or(|now| now.file != document.file) {
                    self.remove_file(&document.file).await;
                    progress += 1;
                }
            }
            if progress == 0 {
                return Ok(forgotten);
            }
            forgotten += progress;
        }
    }

    /// Returns whether another daemon may be at a file: it is too young for its upload to have ended, or to be recorded.
    fn may_be_of_another(&self, name: &str, now: Timestamp) -> bool {
        if !self.0.shared {
            return false;
        }
        let written = std::fs::metadata(self.folder().join(name)).and_then(|it| it.modified());
        let written = written.ok().and_then(|written| Timestamp::try_from(written).ok());
        written.is_none_or(|written| now.duration_since(written) < LONGEST_UPLOAD)
    }

    /// Removes a file; what cannot be removed is logged and stays for the next sweep.
    async fn remove_file(&self, name: &str) -> bool {
        let removed = gone(tokio::fs::remove_file(self.folder().join(name)).await);
        if let Err(cause) = &removed {
            tracing::warn!(%cause, "the file of a document cannot be removed");
        }
        removed.is_ok()
    }

    /// Returns the names in the folder.
    fn names(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(self.folder())?;
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(io::Result::transpose).collect()
    }
}

/// Returns the document whose file, or draft of a file, has this name; `None`: it is none of ours.
fn id_of(name: &str) -> Option<DocumentId> {
    let (id, suffix) = name.strip_prefix('.').unwrap_or(name).split_once('.')?;
    suffix.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| id.parse().ok())?
}

/// Counts a file that is not there as removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
