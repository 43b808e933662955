//! The embedded store: one SQLite file in WAL mode, one connection that writes, and a pool of connections that read.
//!
//! SQL is static and never logged. Decides nothing; what it promises is held by the suite that every store passes.

pub mod archive;
mod checkpoint;
mod commit;
mod error;
mod list;
mod open;
mod read;
mod row;
pub(super) mod rows;
mod taken;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqlitePool;

use self::checkpoint::Checkpoints;
use self::error::failed;
use self::read::access::Tokens;
use self::read::application::Contacts;
use self::taken::Taken;
use super::report::{Group, Piece, Queue, Sent, Span};
use super::together::Together;
use super::{
    ApplicationQuery, Auditable, Batch, Cursor, Definition, DueTimer, Incident, OncePer,
    OutboxEntry, Page, RosterVersion, ScheduleKey, SignIn, Store, StoreError, Stored,
    StoredDocument, StoredOutcome, TaskQuery, TaskRow, Token, Totals, Unit,
};
use crate::application::{Application, Status, VoucherStatus};
use crate::event::StoredEvent;
use crate::id::{ApplicationId, DocumentId, VoucherId};
use crate::recorded::Hash;
use crate::vault::Sealed;

/// A store in one SQLite file.
#[derive(Debug, Clone)]
pub struct Sqlite {
    /// The one connection that writes.
    writer: SqlitePool,
    /// Connections that cannot write.
    readers: SqlitePool,
    /// Tokens, which every request asks for.
    tokens: Arc<Together<Tokens>>,
    /// Contacts, which every decision asks for.
    contacts: Arc<Together<Contacts>>,
    /// What writes the journal into the file.
    checkpoints: Checkpoints,
    /// Entries of the outbox that are being delivered.
    taken: Taken,
}

impl Sqlite {
    /// Opens the store in `file`, creating it and bringing its schema up to date where needed.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Newer`] if a newer program wrote it, [`StoreError::Unfit`] if it is no store, the library is too
    /// old or a setting was not taken, and another [`StoreError`] if the file cannot be opened or written.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let writer = open::writer(file).await?;
        let readers = open::readers(file).await?;
        let checkpoints = Checkpoints::new(file, open::checkpointer(file).await?);
        Ok(Self::over(writer, readers, checkpoints))
    }

    /// Opens the store in `file` for reading beside a daemon that may be writing; what is committed to it is refused.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Unfit`] if it is no store or its schema is not up to date, [`StoreError::Newer`] if a newer
    /// program wrote it, and another [`StoreError`] if the file cannot be opened.
    pub async fn open_to_read(file: &Path) -> Result<Self, StoreError> {
        let readers = open::current_readers(file).await?;
        let checkpoints = Checkpoints::new(file, readers.clone());
        Ok(Self::over(readers.clone(), readers, checkpoints))
    }

    fn over(writer: SqlitePool, readers: SqlitePool, checkpoints: Checkpoints) -> Self {
        let tokens = Arc::new(Together::new(Tokens(readers.clone())));
        let contacts = Arc::new(Together::new(Contacts(readers.clone())));
        Self { writer, readers, tokens, contacts, checkpoints, taken: Taken::default() }
    }

    /// Returns documents that may still be used, in the order of their ids.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if they cannot be read.
    pub async fn documents(
        &self,
        after: Option<DocumentId>,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        read::records::documents(&self.readers, after, limit).await
    }

    /// Returns what all rows come to; tells how many more were read after each page.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if they cannot be read.
    pub async fn totals(&self, read: &(dyn Fn(u64) + Send + Sync)) -> Result<Totals, StoreError> {
        rows::totals(&self.readers, read).await
    }

    /// Returns the connections that read.
    #[cfg(feature = "postgres")]
    pub(super) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Closes every connection; what waits in the journal is written into the file.
    pub async fn close(&self) {
        self.checkpoints.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn commit(&self, batch: &[Unit]) -> Result<Batch, StoreError> {
        let outcome = commit::commit(&self.writer, batch).await?;
        if matches!(outcome, Batch::Committed(_)) {
            self.taken.give_back(batch).await;
            self.checkpoints.recorded(batch.len());
        }
        Ok(outcome)
    }

    async fn application(&self, id: ApplicationId) -> Result<Option<Stored>, StoreError> {
        read::application::by_id(&self.readers, id).await
    }

    async fn by_reference(&self, reference: &str) -> Result<Option<ApplicationId>, StoreError> {
        read::application::by_reference(&self.readers, reference).await
    }

    async fn by_voucher(&self, voucher: VoucherId) -> Result<Option<ApplicationId>, StoreError> {
        read::vouchers::by_id(&self.readers, voucher).await
    }

    async fn by_number(&self, number: &str) -> Result<Option<ApplicationId>, StoreError> {
        read::vouchers::by_number(&self.readers, number).await
    }

    async fn voucher_statuses(&self, list: u32) -> Result<Vec<(u32, VoucherStatus)>, StoreError> {
        read::vouchers::statuses(&self.readers, list).await
    }

    async fn sealed(&self, id: ApplicationId) -> Result<Vec<Sealed>, StoreError> {
        read::application::sealed(&self.readers, id).await
    }

    async fn events(&self, id: ApplicationId, from: u64) -> Result<Vec<StoredEvent>, StoreError> {
        read::application::events(&self.readers, id, from).await
    }

    async fn is_known_by(&self, id: ApplicationId, keys: &[Hash]) -> Result<bool, StoreError> {
        self.contacts.one((id, keys.to_vec())).await
    }

    async fn applications(
        &self,
        query: &ApplicationQuery,
    ) -> Result<Page<Application>, StoreError> {
        read::applications::page(&self.readers, query).await
    }

    async fn ids(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        read::applications::ids(&self.readers, after, limit).await
    }

    async fn unfilled(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        read::applications::unfilled(&self.readers, after, limit).await
    }

    async fn queues(&self, programme: &str) -> Result<Vec<Queue>, StoreError> {
        read::report::queues(&self.readers, programme).await
    }

    async fn sent(&self, span: Span<'_>) -> Result<Piece<Sent>, StoreError> {
        read::report::sent(&self.readers, span).await
    }

    async fn happened(&self, span: Span<'_>) -> Result<Piece<Group>, StoreError> {
        read::report::happened(&self.readers, span).await
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError> {
        read::tasks::page(&self.readers, query).await
    }

    async fn due_timers(
        &self,
        now: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        read::due::timers(&self.readers, now, after, limit).await
    }

    async fn ended_vouchers(
        &self,
        programme: &str,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        read::due::ended_vouchers(&self.readers, programme, now, after, limit).await
    }

    async fn past_keeping(
        &self,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        read::due::past_keeping(&self.readers, now, after, limit).await
    }

    async fn once_per(&self, key: &OncePer) -> Result<Option<ApplicationId>, StoreError> {
        read::application::once_per(&self.readers, key).await
    }

    async fn idempotent(&self, scope: Hash) -> Result<Option<StoredOutcome>, StoreError> {
        read::records::idempotent(&self.readers, scope).await
    }

    async fn definition(&self, digest: Hash) -> Result<Option<Definition>, StoreError> {
        read::records::definition(&self.readers, digest).await
    }

    async fn definitions(&self, programme: Option<&str>) -> Result<Vec<Definition>, StoreError> {
        read::records::definitions(&self.readers, programme).await
    }

    async fn roster(&self) -> Result<Option<RosterVersion>, StoreError> {
        read::records::roster(&self.readers).await
    }

    async fn roster_log(&self, from: u64, limit: u32) -> Result<Vec<RosterVersion>, StoreError> {
        read::records::roster_log(&self.readers, from, limit).await
    }

    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        self.tokens.one(hash).await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        read::access::tokens(&self.readers).await
    }

    async fn sign_in(&self, id: uuid::Uuid) -> Result<Option<SignIn>, StoreError> {
        read::access::sign_in(&self.readers, id).await
    }

    async fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        read::records::document(&self.readers, id).await
    }

    async fn unreferenced_documents(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        read::records::unreferenced_documents(&self.readers, before, limit).await
    }

    async fn take_timers(
        &self,
        now: Timestamp,
        _until: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        self.due_timers(now, after, limit).await
    }

    async fn take_outbox(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        self.taken.take(&self.readers, now, until, limit).await
    }

    async fn keep_taken(&self, entry: u64, until: Timestamp) -> Result<(), StoreError> {
        self.taken.keep(entry, until).await;
        Ok(())
    }

    async fn due_outbox(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        read::due::outbox(&self.readers, now, limit).await
    }

    async fn outbox_waiting(&self) -> Result<u64, StoreError> {
        read::due::outbox_waiting(&self.readers).await
    }

    async fn incidents(&self, after: Option<u64>, limit: u32) -> Result<Vec<Incident>, StoreError> {
        read::records::incidents(&self.readers, after, limit).await
    }

    async fn incident(&self, id: u64) -> Result<Option<Incident>, StoreError> {
        read::records::incident(&self.readers, id).await
    }

    async fn last_run(&self, schedule: &ScheduleKey) -> Result<Option<Timestamp>, StoreError> {
        read::records::last_run(&self.readers, schedule).await
    }

    async fn counts(&self, programme: &str) -> Result<Vec<(Status, u64)>, StoreError> {
        read::applications::counts(&self.readers, programme).await
    }

    async fn open_on(&self, definition: Hash) -> Result<u64, StoreError> {
        read::applications::open_on(&self.readers, definition).await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        let _pause = self.checkpoints.pause().await;
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&self.writer)
            .await
            .map_err(failed)?;
        // A reader that stays in an old snapshot keeps the journal from being emptied.
        if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
    }

    async fn is_writable(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE probe SET tries = tries + 1 WHERE id = 1")
            .execute(&self.writer)
            .await
            .map(drop)
            .map_err(failed)
    }
}

#[async_trait]
impl Auditable for Sqlite {
    async fn differing(
        &self,
        application: &Application,
    ) -> Result<Option<&'static str>, StoreError> {
        read::derived::differing(&self.readers, application).await
    }

    async fn without_row(&self) -> Result<Option<ApplicationId>, StoreError> {
        read::derived::without_row(&self.readers).await
    }
}
