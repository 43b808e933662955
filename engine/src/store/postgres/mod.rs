//! The store of many daemons: one PostgreSQL database, 15 or later, whose replication and failover are its own.
//!
//! Each daemon has one connection that records and a pool for everything else. SQL is static and never logged. Decides nothing;
//! what it promises is held by the suite that every store passes.

mod address;
mod commit;
mod error;
#[cfg(feature = "sqlite")]
pub(super) mod filling;
mod hint;
mod installation;
mod list;
mod read;
mod row;
#[cfg(feature = "sqlite")]
mod rows;
mod schema;
mod session;
mod take;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::PgPool;

use self::error::NONE_FREE;
use self::hint::Hints;
use self::read::access::Tokens;
use self::session::{ANSWER_TIMEOUT, Lost, within};
use self::writer::Writer;
use super::report::{Group, Piece, Queue, Sent, Span};
use super::together::Together;
use super::{
    ApplicationQuery, Auditable, Batch, Contact, Cursor, Definition, DueTimer, Incident, Newest,
    OncePer, OutboxEntry, Page, RosterVersion, ScheduleKey, SignIn, Store, StoreError, Stored,
    StoredDocument, StoredOutcome, TaskQuery, TaskRow, Token, Unit,
};
use crate::application::{Application, Status, VoucherStatus};
use crate::event::StoredEvent;
use crate::id::{ApplicationId, DocumentId, VoucherId};
use crate::recorded::Hash;
use crate::vault::Sealed;

pub use address::Address;
pub use installation::Beginning;

/// A store in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// What records.
    writer: Writer,
    /// Connections for everything else.
    pool: PgPool,
    /// When one of them was last lost.
    lost: Lost,
    /// What daemons tell each other.
    hints: Hints,
    /// Tokens, which every request asks for.
    tokens: Arc<Together<Tokens>>,
}

impl Postgres {
    /// Opens the store, creating it in an empty database and bringing its schema up to date where needed.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Newer`] if a newer program wrote it, [`StoreError::Unfit`] if it is no store, the server is too
    /// old or a setting was not taken, and another [`StoreError`] if the database cannot be reached or written.
    pub async fn open(address: &Address) -> Result<Self, StoreError> {
        let mut connection = session::connect(address).await?;
        schema::migrate(&mut connection).await?;
        Ok(Self::with(address))
    }

    /// Opens the store beside daemons that may be writing, if its schema is up to date.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Unfit`] if it is no store or its schema is not up to date, [`StoreError::Newer`] if a newer
    /// program wrote it, and another [`StoreError`] if the database cannot be reached.
    pub async fn open_to_read(address: &Address) -> Result<Self, StoreError> {
        let mut connection = session::connect(address).await?;
        schema::current(&mut connection).await?;
        Ok(Self::with(address))
    }

    fn with(address: &Address) -> Self {
        let lost = Lost::default();
        let writer = Writer::new(address.clone());
        let pool = session::pool(address, lost.clone());
        let tokens = Arc::new(Together::new(Tokens(pool.clone())));
        Self { writer, pool, lost, hints: Hints::new(address), tokens }
    }

    /// Asks the database, and once more, by a new connection, where the one that was used turns out to be lost: nothing that is
    /// asked so records anything.
    async fn asked<T, F>(&self, ask: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        match within(ANSWER_TIMEOUT, ask()).await {
            Err(StoreError::Unreachable(cause)) if cause != NONE_FREE => {
                self.lost.now();
                within(ANSWER_TIMEOUT, ask()).await
            }
            answered => answered,
        }
    }

    /// Has nobody read from a server that was lost, or is no longer the one that is written to.
    fn unless_lost<T>(&self, written: Result<T, StoreError>) -> Result<T, StoreError> {
        use StoreError::{ReadOnly, Unknown, Unreachable};
        if matches!(written, Err(ReadOnly | Unknown | Unreachable(_))) {
            self.lost.now();
        }
        written
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.hints.close().await;
        self.pool.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl Store for Postgres {
    async fn commit(&self, batch: &[Unit]) -> Result<Batch, StoreError> {
        self.unless_lost(self.writer.commit(batch).await)
    }

    async fn application(&self, id: ApplicationId) -> Result<Option<Stored>, StoreError> {
        self.asked(|| read::application::by_id(&self.pool, id)).await
    }

    fn lanes(&self) -> usize {
        writer::LANES
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn version(&self, id: ApplicationId) -> Result<Option<u64>, StoreError> {
        self.asked(|| read::application::version(&self.pool, id)).await
    }

    async fn by_reference(&self, reference: &str) -> Result<Option<ApplicationId>, StoreError> {
        self.asked(|| read::application::by_reference(&self.pool, reference)).await
    }

    async fn by_voucher(&self, voucher: VoucherId) -> Result<Option<ApplicationId>, StoreError> {
        self.asked(|| read::vouchers::by_id(&self.pool, voucher)).await
    }

    async fn by_number(&self, number: &str) -> Result<Option<ApplicationId>, StoreError> {
        self.asked(|| read::vouchers::by_number(&self.pool, number)).await
    }

    async fn voucher_statuses(&self, list: u32) -> Result<Vec<(u32, VoucherStatus)>, StoreError> {
        self.asked(|| read::vouchers::statuses(&self.pool, list)).await
    }

    async fn sealed(&self, id: ApplicationId) -> Result<Vec<Sealed>, StoreError> {
        self.asked(|| read::application::sealed(&self.pool, id)).await
    }

    async fn events(&self, id: ApplicationId, from: u64) -> Result<Vec<StoredEvent>, StoreError> {
        self.asked(|| read::application::events(&self.pool, id, from)).await
    }

    async fn contacts(&self, id: ApplicationId) -> Result<Vec<Contact>, StoreError> {
        self.asked(|| read::application::contacts(&self.pool, id)).await
    }

    async fn applications(
        &self,
        query: &ApplicationQuery,
    ) -> Result<Page<Application>, StoreError> {
        self.asked(|| read::applications::page(&self.pool, query)).await
    }

    async fn ids(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.asked(|| read::applications::ids(&self.pool, after, limit)).await
    }

    async fn unfilled(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.asked(|| read::applications::unfilled(&self.pool, after, limit)).await
    }

    async fn queues(&self, programme: &str) -> Result<Vec<Queue>, StoreError> {
        self.asked(|| read::report::queues(&self.pool, programme)).await
    }

    async fn sent(&self, span: Span<'_>) -> Result<Piece<Sent>, StoreError> {
        self.asked(|| read::report::sent(&self.pool, span)).await
    }

    async fn happened(&self, span: Span<'_>) -> Result<Piece<Group>, StoreError> {
        self.asked(|| read::report::happened(&self.pool, span)).await
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError> {
        self.asked(|| read::tasks::page(&self.pool, query)).await
    }

    async fn due_timers(
        &self,
        now: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        self.asked(|| read::due::timers(&self.pool, now, after, limit)).await
    }

    async fn ended_vouchers(
        &self,
        programme: &str,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        self.asked(|| read::due::ended_vouchers(&self.pool, programme, now, after, limit)).await
    }

    async fn past_keeping(
        &self,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        self.asked(|| read::due::past_keeping(&self.pool, now, after, limit)).await
    }

    async fn once_per(&self, key: &OncePer) -> Result<Option<ApplicationId>, StoreError> {
        self.asked(|| read::application::once_per(&self.pool, key)).await
    }

    async fn idempotent(&self, scope: Hash) -> Result<Option<StoredOutcome>, StoreError> {
        self.asked(|| read::records::idempotent(&self.pool, scope)).await
    }

    async fn definition(&self, digest: Hash) -> Result<Option<Definition>, StoreError> {
        self.asked(|| read::records::definition(&self.pool, digest)).await
    }

    async fn newest(&self, programme: Option<&str>) -> Result<Vec<Newest>, StoreError> {
        self.asked(|| read::records::newest(&self.pool, programme)).await
    }

    async fn definitions(&self, programme: Option<&str>) -> Result<Vec<Definition>, StoreError> {
        self.asked(|| read::records::definitions(&self.pool, programme)).await
    }

    async fn roster(&self) -> Result<Option<RosterVersion>, StoreError> {
        self.asked(|| read::records::roster(&self.pool)).await
    }

    async fn roster_version(&self) -> Result<u64, StoreError> {
        self.asked(|| read::records::roster_version(&self.pool)).await
    }

    async fn roster_log(&self, from: u64, limit: u32) -> Result<Vec<RosterVersion>, StoreError> {
        self.asked(|| read::records::roster_log(&self.pool, from, limit)).await
    }

    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        let found = self.asked(|| self.tokens.one(hash)).await?;
        Ok(found.map(|(token, _)| token))
    }

    async fn token_and_roster(&self, hash: Hash) -> Result<Option<(Token, u64)>, StoreError> {
        self.asked(|| self.tokens.one(hash)).await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.asked(|| read::access::tokens(&self.pool)).await
    }

    async fn sign_in(&self, id: uuid::Uuid) -> Result<Option<SignIn>, StoreError> {
        self.asked(|| read::access::sign_in(&self.pool, id)).await
    }

    async fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        self.asked(|| read::records::document(&self.pool, id)).await
    }

    async fn unreferenced_documents(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.asked(|| read::records::unreferenced_documents(&self.pool, before, limit)).await
    }

    async fn take_timers(
        &self,
        now: Timestamp,
        until: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        within(ANSWER_TIMEOUT, take::timers(&self.pool, now, until, after, limit)).await
    }

    async fn take_outbox(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        within(ANSWER_TIMEOUT, take::outbox(&self.pool, now, until, limit)).await
    }

    async fn keep_taken(&self, entry: u64, until: Timestamp) -> Result<(), StoreError> {
        self.asked(|| take::keep(&self.pool, entry, until)).await
    }

    async fn due_outbox(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        self.asked(|| read::due::outbox(&self.pool, now, limit)).await
    }

    async fn outbox_waiting(&self) -> Result<u64, StoreError> {
        self.asked(|| read::due::outbox_waiting(&self.pool)).await
    }

    async fn hint(&self) -> Result<(), StoreError> {
        within(ANSWER_TIMEOUT, self.hints.give(&self.pool)).await
    }

    async fn hinted(&self) -> Result<(), StoreError> {
        self.hints.wait().await
    }

    async fn incidents(&self, after: Option<u64>, limit: u32) -> Result<Vec<Incident>, StoreError> {
        self.asked(|| read::records::incidents(&self.pool, after, limit)).await
    }

    async fn incident(&self, id: u64) -> Result<Option<Incident>, StoreError> {
        self.asked(|| read::records::incident(&self.pool, id)).await
    }

    async fn last_run(&self, schedule: &ScheduleKey) -> Result<Option<Timestamp>, StoreError> {
        self.asked(|| read::records::last_run(&self.pool, schedule)).await
    }

    async fn counts(&self, programme: &str) -> Result<Vec<(Status, u64)>, StoreError> {
        self.asked(|| read::applications::counts(&self.pool, programme)).await
    }

    async fn open_on(&self, definition: Hash) -> Result<u64, StoreError> {
        self.asked(|| read::applications::open_on(&self.pool, definition)).await
    }

    /// Gives back the room of rows that were deleted, so that new rows are written over them.
    async fn settle(&self) -> Result<(), StoreError> {
        self.writer.settle().await
    }

    async fn is_writable(&self) -> Result<(), StoreError> {
        let probe = "UPDATE probe SET tries = tries + 1 WHERE id = 1";
        self.unless_lost(self.writer.execute(probe).await)
    }
}

#[async_trait]
impl Auditable for Postgres {
    async fn differing(
        &self,
        application: &Application,
    ) -> Result<Option<&'static str>, StoreError> {
        read::derived::differing(&self.pool, application).await
    }

    async fn without_row(&self) -> Result<Option<ApplicationId>, StoreError> {
        read::derived::without_row(&self.pool).await
    }
}
