//! Where everything is kept: one trait for every store, by unit of work and not by table.
//!
//! A store takes batches whole or not at all and answers plain queries. It decides nothing. What it promises is held by the
//! conformance suite that every store passes.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub mod copy;
mod memory;
mod once_per;
#[cfg(feature = "postgres")]
mod postgres;
mod query;
mod record;
pub mod report;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod standing;
#[cfg(feature = "sqlite")]
mod table;
#[cfg(feature = "postgres")]
mod together;
mod unit;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::application::{Application, Status, VoucherStatus};
use crate::event::StoredEvent;
use crate::id::{ApplicationId, DocumentId, VoucherId};
use crate::recorded::Hash;
use crate::vault::{Sealed, WrappedKey};
use report::{Group, Piece, Queue, Sent, Span};

pub use memory::Memory;
#[cfg(feature = "postgres")]
pub use postgres::{Address, Beginning, Postgres};
pub use query::{ApplicationQuery, Cursor, DueTimer, Page, TaskOrder, TaskQuery, TaskRow, View};
pub use record::{
    Definition, Delivery, Incident, IncidentKind, Newest, OutboxContent, OutboxEntry, Record,
    RosterVersion, ScheduleKey, SignIn, StoredDocument, Token, TokenOwner,
};
#[cfg(feature = "sqlite")]
pub use sqlite::{Sqlite, archive};
#[cfg(feature = "sqlite")]
pub use table::{Sum, Tally, Totals};
pub use unit::{
    ApplicationUnit, Batch, Encoded, IncidentChange, Loss, NewIdempotency, NewNotice, OncePer,
    OncePerChange, Receipt, StoredOutcome, Unit,
};

/// Most units of one batch.
pub const MAX_BATCH: usize = 128;
/// Most rows of one page.
pub const MAX_PAGE: u32 = 200;

/// A store that cannot do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No room is left on the disk.
    #[error("the disk is full: nothing was recorded")]
    Full,
    /// The file or the database may not be written.
    #[error("the store is read-only: nothing was recorded")]
    ReadOnly,
    /// Another process holds it.
    #[error("the store is in use by another process")]
    Busy,
    /// It was written by a newer annona.
    #[error("the store has schema {found}, and this annona knows {known}: use a newer one")]
    Newer {
        /// What it has.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The database cannot be reached now: refused, shut down, or out of connections.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A setting was not taken, or the library or server is too old.
    #[error("the store cannot be used: {0}")]
    Unfit(String),
    /// A row cannot be read.
    #[error("table `{table}`, row {row}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Which row.
        row: String,
        /// What is wrong.
        what: String,
    },
    /// The connection was lost while committing: it may or may not be recorded.
    #[error("the outcome of the commit is not known")]
    Unknown,
    /// Anything else the database says.
    #[error("the database failed: {0}")]
    Database(String),
}

impl StoreError {
    /// Returns whether it is the store's state, so that no other unit would fare better.
    #[must_use]
    pub fn concerns_all(&self) -> bool {
        match self {
            Self::Full
            | Self::ReadOnly
            | Self::Busy
            | Self::Newer { .. }
            | Self::Unreachable(_)
            | Self::Unfit(_)
            | Self::Unknown => true,
            Self::Corrupt { .. } | Self::Database(_) => false,
        }
    }
}

/// An application as it is stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The folded row.
    pub application: Application,
    /// Its data key; none after erasure.
    pub key: Option<WrappedKey>,
}

/// By what an applicant is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// Keyed hash of the contact.
    pub hash: Hash,
    /// Whether its applicant had signed in with it to send the application; otherwise it stands in the form.
    pub signed_in: bool,
}

/// A store.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug + 'static {
    /// Records a batch whole, or says which units lost something and records nothing.
    ///
    /// A batch has at most one unit for each application. Receipts are in the order of the units. It may hold up the thread it is
    /// polled on until the disk has it: a writer has a thread of its own.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`]; unless it is [`StoreError::Unknown`], nothing was recorded.
    async fn commit(&self, batch: &[Unit]) -> Result<Batch, StoreError>;

    /// Returns how many batches it records at once; no two of them may share an application or a request.
    fn lanes(&self) -> usize {
        1
    }

    /// Returns an application.
    async fn application(&self, id: ApplicationId) -> Result<Option<Stored>, StoreError>;

    /// Returns whether other daemons write to it too, so that what is kept of it in memory may be out of date.
    fn is_shared(&self) -> bool {
        false
    }

    /// Returns the version at which an application stands.
    async fn version(&self, id: ApplicationId) -> Result<Option<u64>, StoreError> {
        Ok(self.application(id).await?.map(|stored| stored.application.version))
    }

    /// Returns the id behind a reference.
    async fn by_reference(&self, reference: &str) -> Result<Option<ApplicationId>, StoreError>;

    /// Returns the id behind a voucher.
    async fn by_voucher(&self, voucher: VoucherId) -> Result<Option<ApplicationId>, StoreError>;

    /// Returns the id behind a voucher's short number, as it is printed.
    async fn by_number(&self, number: &str) -> Result<Option<ApplicationId>, StoreError>;

    /// Returns where every voucher of a status list stands, by its index: one that has ended and is not recorded as expired is
    /// still what it was.
    async fn voucher_statuses(&self, list: u32) -> Result<Vec<(u32, VoucherStatus)>, StoreError>;

    /// Returns the sealed values of an application.
    async fn sealed(&self, id: ApplicationId) -> Result<Vec<Sealed>, StoreError>;

    /// Returns an application's events from version `from` on, in order.
    async fn events(&self, id: ApplicationId, from: u64) -> Result<Vec<StoredEvent>, StoreError>;

    /// Returns whether an application is known by one of these keyed hashes of contacts.
    async fn is_known_by(&self, id: ApplicationId, keys: &[Hash]) -> Result<bool, StoreError> {
        let contacts = self.contacts(id).await?;
        Ok(contacts.iter().any(|contact| keys.contains(&contact.hash)))
    }

    /// Returns the contacts by which an application's applicant is known; none after erasure. They change with its version only.
    async fn contacts(&self, id: ApplicationId) -> Result<Vec<Contact>, StoreError>;

    /// Returns a page of applications, the newest first.
    async fn applications(&self, query: &ApplicationQuery)
    -> Result<Page<Application>, StoreError>;

    /// Returns up to `limit` application ids after `after`, in the order of ids: for checks that read everything.
    async fn ids(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError>;

    /// Counts the open tasks of a programme, queue by queue.
    async fn queues(&self, programme: &str) -> Result<Vec<Queue>, StoreError>;

    /// Counts the first applications that were sent within a span.
    async fn sent(&self, span: Span<'_>) -> Result<Piece<Sent>, StoreError>;

    /// Counts the first of what happened within a span.
    async fn happened(&self, span: Span<'_>) -> Result<Piece<Group>, StoreError>;

    /// Returns up to `limit` applications after `after`, in the order of ids, that are older than words and what reports count:
    /// neither was recorded of them.
    async fn unfilled(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let _ = (after, limit);
        Ok(Vec::new())
    }

    /// Returns a page of open tasks.
    async fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError>;

    /// Returns timers due at `now`, the earliest first, after that timer.
    async fn due_timers(
        &self,
        now: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError>;

    /// Returns a page of the applications of a programme whose voucher has ended and is not recorded as expired, the earliest
    /// end first.
    async fn ended_vouchers(
        &self,
        programme: &str,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError>;

    /// Returns a page of the applications whose personal values are past their time to keep, the earliest first.
    async fn past_keeping(
        &self,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError>;

    /// Returns the application that holds a `once_per` key, unless its approval is at or before `cutoff`.
    async fn once_per(&self, key: &OncePer) -> Result<Option<ApplicationId>, StoreError>;

    /// Returns what a request with this key came to before.
    async fn idempotent(&self, scope: Hash) -> Result<Option<StoredOutcome>, StoreError>;

    /// Returns a definition by its digest.
    async fn definition(&self, digest: Hash) -> Result<Option<Definition>, StoreError>;

    /// Returns which definition of each programme, or of `programme`, is the newest.
    async fn newest(&self, programme: Option<&str>) -> Result<Vec<Newest>, StoreError>;

    /// Returns the newest definition of each programme, or every one of `programme`, the newest first.
    async fn definitions(&self, programme: Option<&str>) -> Result<Vec<Definition>, StoreError>;

    /// Returns the roster, if one was ever recorded.
    async fn roster(&self) -> Result<Option<RosterVersion>, StoreError>;

    /// Returns the version of the roster that stands; 0 before the first.
    async fn roster_version(&self) -> Result<u64, StoreError> {
        Ok(self.roster().await?.map_or(0, |roster| roster.event.version))
    }

    /// Returns up to `limit` versions of the roster from `from` on, in order: its log.
    async fn roster_log(&self, from: u64, limit: u32) -> Result<Vec<RosterVersion>, StoreError>;

    /// Returns a token by the hash of its text.
    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError>;

    /// Returns a token by the hash of its text, with the version of the roster that stands.
    async fn token_and_roster(&self, hash: Hash) -> Result<Option<(Token, u64)>, StoreError> {
        let Some(token) = self.token(hash).await? else { return Ok(None) };
        Ok(Some((token, self.roster_version().await?)))
    }

    /// Returns every token, sessions of applicants excepted.
    async fn tokens(&self) -> Result<Vec<Token>, StoreError>;

    /// Returns a sign-in that waits for its code.
    async fn sign_in(&self, id: uuid::Uuid) -> Result<Option<SignIn>, StoreError>;

    /// Returns a document; none once its application is erased.
    async fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError>;

    /// Returns documents whose files may go, the earliest upload first: those that nothing refers to and that were uploaded
    /// before `before`, and those of erased applications, whenever they were uploaded.
    async fn unreferenced_documents(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError>;

    /// Takes timers due at `now` for a daemon to fire, the earliest first, after that timer.
    ///
    /// Where several daemons share the store, none is given that another one took and may still be firing before `until`. A
    /// timer may be given twice all the same: what it fires is done once.
    async fn take_timers(
        &self,
        now: Timestamp,
        until: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError>;

    /// Returns entries of the outbox due at `now`, taken or not: for each application the earliest only.
    async fn due_outbox(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StoreError>;

    /// Takes entries of the outbox due at `now` that nobody has taken, and gives them to nobody else until `until`, or until it
    /// is recorded what became of them: for each application the earliest only.
    async fn take_outbox(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError>;

    /// Keeps an entry that was taken until `until`, as its delivery takes longer.
    async fn keep_taken(&self, entry: u64, until: Timestamp) -> Result<(), StoreError>;

    /// Returns how many entries of the outbox wait to be sent, now or later; those that are parked do not.
    async fn outbox_waiting(&self) -> Result<u64, StoreError>;

    /// Tells the other daemons that something was put into the outbox: a hint, which may be lost.
    async fn hint(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Waits until another daemon gives that hint.
    async fn hinted(&self) -> Result<(), StoreError> {
        std::future::pending().await
    }

    /// Returns open incidents, the oldest first.
    async fn incidents(&self, after: Option<u64>, limit: u32) -> Result<Vec<Incident>, StoreError>;

    /// Returns an open incident.
    async fn incident(&self, id: u64) -> Result<Option<Incident>, StoreError>;

    /// Returns when a schedule last ran for.
    async fn last_run(&self, schedule: &ScheduleKey) -> Result<Option<Timestamp>, StoreError>;

    /// Returns how many applications of a programme there are of each status, in the order of the statuses; none of a status is
    /// not listed.
    async fn counts(&self, programme: &str) -> Result<Vec<(Status, u64)>, StoreError>;

    /// Returns how many applications that have not ended stay on a definition.
    async fn open_on(&self, definition: Hash) -> Result<u64, StoreError>;

    /// Writes what waits in a journal into the main file, so that what was deleted is gone from both.
    async fn settle(&self) -> Result<(), StoreError>;

    /// Returns whether the store can be written.
    async fn is_writable(&self) -> Result<(), StoreError>;
}

/// A store that keeps what is derived from rows beside them, so that the two can be compared.
#[async_trait]
pub trait Auditable: Store {
    /// Returns the first table whose rows are not those that an application's row comes to.
    async fn differing(
        &self,
        application: &Application,
    ) -> Result<Option<&'static str>, StoreError>;

    /// Returns an application that has events and no row.
    async fn without_row(&self) -> Result<Option<ApplicationId>, StoreError>;
}
