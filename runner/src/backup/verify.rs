//! Opening what was restored: every application is folded and compared with its row, every document opened.

use annona_engine::recorded::Hash;
use annona_engine::service::{AuditError, Audited, audit};
use annona_engine::store::{Sqlite, Store as _, StoreError, StoredDocument};
use annona_engine::vault::MasterKey;
use sha2::{Digest as _, Sha256};

use super::{BackupError, Manifest, Step, Told, documents};
use crate::documents::Documents;
use crate::folder::Layout;

/// What is checked, and by which key.
pub(super) struct Checked<'a> {
    pub(super) layout: &'a Layout,
    pub(super) master: &'a MasterKey,
    /// Documents that are known to have no file.
    pub(super) missing: &'a [String],
}

impl Checked<'_> {
    /// Refuses the master key of another installation; any application tells.
    pub(super) async fn is_its_key(&self) -> Result<(), BackupError> {
        let database = self.layout.database();
        let failed = BackupError::store(&database);
        let store = Sqlite::open_to_read(&database).await.map_err(&failed)?;
        let mut after = None;
        let opens = loop {
            let id = store.ids(after, 1).await.map_err(&failed)?.first().copied();
            let Some(id) = id else { break true };
            if let Some(key) = store.application(id).await.map_err(&failed)?.and_then(|it| it.key) {
                break self.master.unwrap(id, &key).is_ok();
            }
            after = Some(id);
        };
        store.close().await;
        if opens {
            return Ok(());
        }
        Err(BackupError::Refused("the master key is another installation's".to_owned()))
    }

    /// Folds every application and opens every document; returns what was checked.
    pub(super) async fn audit(
        &self,
        then: &Manifest,
        erased: u64,
        number: u64,
        told: Told<'_>,
    ) -> Result<Audited, BackupError> {
        let database = self.layout.database();
        let failed = BackupError::store(&database);
        let store = Sqlite::open_to_read(&database).await.map_err(&failed)?;
        told(Step::Audit);
        let audited = match audit(&store, self.master).await {
            Err(AuditError::Store(cause)) if !matches!(cause, StoreError::Corrupt { .. }) => {
                return Err(failed(cause));
            }
            audited => audited?,
        };
        // Each erasure that is recorded here is an event more.
        let events = then.count("events").saturating_add(erased);
        if audited.applications != then.count("applications") || audited.events != events {
            let what = format!(
                "{} applications with {} events, not the {} with {events} of the backup",
                audited.applications,
                audited.events,
                then.count("applications")
            );
            return Err(BackupError::Different(what));
        }
        told(Step::Opening(number));
        let files = Documents::new(self.layout.documents());
        let opened = documents::each(&store, async |document| {
            if !self.missing.contains(&document.id.to_string()) {
                self.open(&files, &document).await?;
            }
            told(Step::Done(1));
            Ok(())
        })
        .await;
        store.close().await;
        opened.map(|()| audited)
    }

    /// Opens a document, and compares it with what was uploaded.
    async fn open(&self, files: &Documents, document: &StoredDocument) -> Result<(), BackupError> {
        let different =
            |what: String| BackupError::Different(format!("document {}: {what}", document.id));
        let reading = files.read(self.master, document).await;
        let mut reading = reading.map_err(|error| different(error.to_string()))?;
        let mut hash = Sha256::new();
        while let Some(part) = reading.next().await.map_err(|error| different(error.to_string()))? {
            hash.update(&part);
        }
        if Hash(hash.finalize().into()) == document.sha256 {
            return Ok(());
        }
        Err(different("it is not what was uploaded".to_owned()))
    }
}
