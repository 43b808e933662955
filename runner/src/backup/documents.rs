//! The files of documents, which may be erased or purged while a backup is made.

use std::io::ErrorKind;
use std::path::Path;

use annona_engine::store::{MAX_PAGE, Sqlite, Store as _, StoredDocument, archive};

use super::files::{self, Sums};
use super::{BackupError, Step, Told};
use crate::folder::{FolderError, Layout};

/// The documents of a backup.
#[derive(Debug, Default)]
pub(super) struct Copied {
    pub(super) sums: Sums,
    /// Documents that were erased or purged after the database was copied.
    pub(super) erased: u64,
    /// Documents that have no file and should have one.
    pub(super) missing: Vec<String>,
}

/// Copies the files that a copied store refers to.
///
/// A file that is gone belongs to what was erased after the database was copied: its keys are taken out of the backup as well.
pub(super) async fn copy(
    data: &Layout,
    store: &Sqlite,
    to: &Path,
    keys: &Path,
    number: u64,
    told: Told<'_>,
) -> Result<Copied, BackupError> {
    let mut copied = Copied::default();
    let mut gone = Vec::new();
    told(Step::Documents(number));
    each(store, async |document| {
        match files::copy(&data.documents().join(&document.file), &to.join(&document.file)) {
            Ok(digest) => copied.sums.add(&document.file, digest),
            Err(BackupError::Folder(FolderError::Io { cause, .. }))
                if cause.kind() == ErrorKind::NotFound =>
            {
                gone.push(document);
            }
            Err(error) => return Err(error),
        }
        told(Step::Done(1));
        Ok(())
    })
    .await?;
    if !gone.is_empty() {
        let database = data.database();
        let failed = BackupError::store(&database);
        let live = Sqlite::open_to_read(&database).await.map_err(&failed)?;
        for document in gone {
            if stands(&live, &document).await.map_err(&failed)? {
                copied.missing.push(document.id.to_string());
                continue;
            }
            let application = match document.application {
                Some(id) => live.application(id).await.map_err(&failed)?,
                None => None,
            };
            let erased = application.filter(|stored| stored.key.is_none());
            let erased = erased.map(|stored| stored.application.id);
            archive::forget(keys, document.id, erased).await.map_err(BackupError::store(keys))?;
            copied.erased += 1;
        }
        live.close().await;
    }
    Ok(copied)
}

/// Does something with each document of a store.
pub(super) async fn each(
    store: &Sqlite,
    mut with: impl AsyncFnMut(StoredDocument) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let mut after = None;
    loop {
        let page = store.documents(after, MAX_PAGE).await;
        let page = page.map_err(BackupError::store(Path::new("documents")))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for document in page {
            with(document).await?;
        }
    }
}

/// Returns whether a document is still to be found in the store that is served.
async fn stands(
    live: &Sqlite,
    document: &StoredDocument,
) -> Result<bool, annona_engine::store::StoreError> {
    let now = live.document(document.id).await?;
    Ok(now.is_some_and(|now| now.file == document.file))
}
