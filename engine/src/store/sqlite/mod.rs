//! The embedded store: one SQLite file in WAL mode, one connection that writes, and connections that read.
//!
//! SQL is static and never logged. Decides nothing; what it promises is held by the suite that every store passes.

pub mod archive;
mod cell;
mod checkpoint;
mod commit;
mod error;
mod list;
mod open;
mod read;
mod readers;
mod row;
pub(super) mod rows;
mod statement;
mod taken;
#[cfg(test)]
mod tests;
mod tokens;
mod writer;

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;

use self::checkpoint::Checkpoints;
use self::readers::Readers;
use self::taken::Taken;
use self::tokens::Tokens;
use self::writer::{Writer, on_a_thread};
use super::report::{Group, Piece, Queue, Sent, Span};
use super::{
    ApplicationQuery, Auditable, Batch, Contact, Cursor, Definition, DueTimer, Incident, Newest,
    OncePer, OutboxEntry, Page, RosterVersion, ScheduleKey, SignIn, Store, StoreError, Stored,
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
    writer: Writer,
    /// Connections that cannot write.
    readers: Readers,
    /// Tokens that were asked for lately; none where others may change them.
    tokens: Option<Tokens>,
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
        let writer = Writer::open(file).await?;
        let readers = Readers::open(file).await?;
        let journal: Box<Path> = file.into();
        let checkpointer = on_a_thread(move || open::checkpointer(&journal)).await?;
        let checkpoints = Checkpoints::new(file, Some(checkpointer));
        Ok(Self {
            writer,
            readers,
            tokens: Some(Tokens::default()),
            checkpoints,
            taken: Taken::default(),
        })
    }

    /// Opens the store in `file` for reading beside a daemon that may be writing; what is committed to it is refused.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Unfit`] if it is no store or its schema is not up to date, [`StoreError::Newer`] if a newer
    /// program wrote it, and another [`StoreError`] if the file cannot be opened.
    pub async fn open_to_read(file: &Path) -> Result<Self, StoreError> {
        let readers = Readers::open_current(file).await?;
        Ok(Self {
            writer: Writer::none(),
            readers,
            tokens: None,
            checkpoints: Checkpoints::new(file, None),
            taken: Taken::default(),
        })
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
        self.readers
            .aside(move |connection| read::records::documents(connection, after, limit))
            .await
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
    pub(super) fn readers(&self) -> &Readers {
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
        let outcome = commit::commit(&self.writer, batch);
        if let Some(tokens) = &self.tokens {
            tokens.forget(batch);
        }
        let outcome = outcome?;
        if matches!(outcome, Batch::Committed(_)) {
            self.taken.give_back(batch).await;
            self.checkpoints.recorded(batch.len());
        }
        Ok(outcome)
    }

    async fn application(&self, id: ApplicationId) -> Result<Option<Stored>, StoreError> {
        self.readers.at_once(|connection| read::application::by_id(connection, id))
    }

    async fn by_reference(&self, reference: &str) -> Result<Option<ApplicationId>, StoreError> {
        self.readers.at_once(|connection| read::application::by_reference(connection, reference))
    }

    async fn by_voucher(&self, voucher: VoucherId) -> Result<Option<ApplicationId>, StoreError> {
        self.readers.at_once(|connection| read::vouchers::by_id(connection, voucher))
    }

    async fn by_number(&self, number: &str) -> Result<Option<ApplicationId>, StoreError> {
        self.readers.at_once(|connection| read::vouchers::by_number(connection, number))
    }

    async fn voucher_statuses(&self, list: u32) -> Result<Vec<(u32, VoucherStatus)>, StoreError> {
        self.readers.aside(move |connection| read::vouchers::statuses(connection, list)).await
    }

    async fn sealed(&self, id: ApplicationId) -> Result<Vec<Sealed>, StoreError> {
        self.readers.at_once(|connection| read::application::sealed(connection, id))
    }

    async fn events(&self, id: ApplicationId, from: u64) -> Result<Vec<StoredEvent>, StoreError> {
        self.readers.at_once(|connection| read::application::events(connection, id, from))
    }

    async fn contacts(&self, id: ApplicationId) -> Result<Vec<Contact>, StoreError> {
        self.readers.at_once(|connection| read::application::contacts(connection, id))
    }

    async fn applications(
        &self,
        query: &ApplicationQuery,
    ) -> Result<Page<Application>, StoreError> {
        let query = query.clone();
        self.readers.aside(move |connection| read::applications::page(connection, &query)).await
    }

    async fn ids(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.readers
            .aside(move |connection| read::applications::ids(connection, after, limit))
            .await
    }

    async fn unfilled(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.readers
            .aside(move |connection| read::applications::unfilled(connection, after, limit))
            .await
    }

    async fn queues(&self, programme: &str) -> Result<Vec<Queue>, StoreError> {
        let programme = programme.to_owned();
        self.readers.aside(move |connection| read::report::queues(connection, &programme)).await
    }

    async fn sent(&self, span: Span<'_>) -> Result<Piece<Sent>, StoreError> {
        let Span { from, until, .. } = span;
        let programme = span.programme.to_owned();
        let sent = move |connection: &Connection| {
            read::report::sent(connection, Span { programme: &programme, from, until })
        };
        self.readers.aside(sent).await
    }

    async fn happened(&self, span: Span<'_>) -> Result<Piece<Group>, StoreError> {
        let Span { from, until, .. } = span;
        let programme = span.programme.to_owned();
        let happened = move |connection: &Connection| {
            read::report::happened(connection, Span { programme: &programme, from, until })
        };
        self.readers.aside(happened).await
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError> {
        let query = query.clone();
        self.readers.aside(move |connection| read::tasks::page(connection, &query)).await
    }

    async fn due_timers(
        &self,
        now: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        self.readers.aside(move |connection| read::due::timers(connection, now, after, limit)).await
    }

    async fn ended_vouchers(
        &self,
        programme: &str,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        let programme = programme.to_owned();
        let ended = move |connection: &Connection| {
            read::due::ended_vouchers(connection, &programme, now, after, limit)
        };
        self.readers.aside(ended).await
    }

    async fn past_keeping(
        &self,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        self.readers
            .aside(move |connection| read::due::past_keeping(connection, now, after, limit))
            .await
    }

    async fn once_per(&self, key: &OncePer) -> Result<Option<ApplicationId>, StoreError> {
        self.readers.at_once(|connection| read::application::once_per(connection, key))
    }

    async fn idempotent(&self, scope: Hash) -> Result<Option<StoredOutcome>, StoreError> {
        self.readers.at_once(|connection| read::records::idempotent(connection, scope))
    }

    async fn definition(&self, digest: Hash) -> Result<Option<Definition>, StoreError> {
        self.readers.at_once(|connection| read::records::definition(connection, digest))
    }

    async fn newest(&self, programme: Option<&str>) -> Result<Vec<Newest>, StoreError> {
        match programme {
            Some(programme) => {
                self.readers.at_once(|connection| read::records::newest_of(connection, programme))
            }
            None => self.readers.aside(read::records::newest).await,
        }
    }

    async fn definitions(&self, programme: Option<&str>) -> Result<Vec<Definition>, StoreError> {
        let programme = programme.map(str::to_owned);
        let definitions = move |connection: &Connection| {
            read::records::definitions(connection, programme.as_deref())
        };
        self.readers.aside(definitions).await
    }

    async fn roster(&self) -> Result<Option<RosterVersion>, StoreError> {
        self.readers.aside(read::records::roster).await
    }

    async fn roster_log(&self, from: u64, limit: u32) -> Result<Vec<RosterVersion>, StoreError> {
        self.readers
            .aside(move |connection| read::records::roster_log(connection, from, limit))
            .await
    }

    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        let read = || self.readers.at_once(|connection| read::access::token(connection, hash));
        match &self.tokens {
            Some(tokens) => tokens.one(hash, read),
            None => read(),
        }
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.readers.aside(read::access::tokens).await
    }

    async fn sign_in(&self, id: uuid::Uuid) -> Result<Option<SignIn>, StoreError> {
        self.readers.at_once(|connection| read::access::sign_in(connection, id))
    }

    async fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        self.readers.at_once(|connection| read::records::document(connection, id))
    }

    async fn unreferenced_documents(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.readers
            .aside(move |connection| {
                read::records::unreferenced_documents(connection, before, limit)
            })
            .await
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
        self.readers.aside(move |connection| read::due::outbox(connection, now, limit)).await
    }

    async fn outbox_waiting(&self) -> Result<u64, StoreError> {
        self.readers.aside(read::due::outbox_waiting).await
    }

    async fn incidents(&self, after: Option<u64>, limit: u32) -> Result<Vec<Incident>, StoreError> {
        self.readers
            .aside(move |connection| read::records::incidents(connection, after, limit))
            .await
    }

    async fn incident(&self, id: u64) -> Result<Option<Incident>, StoreError> {
        self.readers.at_once(|connection| read::records::incident(connection, id))
    }

    async fn last_run(&self, schedule: &ScheduleKey) -> Result<Option<Timestamp>, StoreError> {
        self.readers.at_once(|connection| read::records::last_run(connection, schedule))
    }

    async fn counts(&self, programme: &str) -> Result<Vec<(Status, u64)>, StoreError> {
        let programme = programme.to_owned();
        self.readers
            .aside(move |connection| read::applications::counts(connection, &programme))
            .await
    }

    async fn open_on(&self, definition: Hash) -> Result<u64, StoreError> {
        self.readers
            .aside(move |connection| read::applications::open_on(connection, definition))
            .await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        let _pause = self.checkpoints.pause().await;
        let busy: i64 = self
            .writer
            .run(|connection| {
                let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
                connection.query_row(checkpoint, (), |row| row.get(0)).map_err(error::failed)
            })
            .await?;
        // A reader that stays in an old snapshot keeps the journal from being emptied.
        if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
    }

    async fn is_writable(&self) -> Result<(), StoreError> {
        self.writer.execute("UPDATE probe SET tries = tries + 1 WHERE id = 1").await
    }
}

#[async_trait]
impl Auditable for Sqlite {
    async fn differing(
        &self,
        application: &Application,
    ) -> Result<Option<&'static str>, StoreError> {
        self.readers.at_once(|connection| read::derived::differing(connection, application))
    }

    async fn without_row(&self) -> Result<Option<ApplicationId>, StoreError> {
        self.readers.aside(read::derived::without_row).await
    }
}
