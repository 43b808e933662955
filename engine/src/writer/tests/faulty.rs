//! A store in memory whose commits fail on request.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::application::{Application, Status, VoucherStatus};
use crate::event::StoredEvent;
use crate::id::{ApplicationId, DocumentId, VoucherId};
use crate::recorded::Hash;
use crate::store::report::{Group, Piece, Queue, Sent, Span};
use crate::store::{
    ApplicationQuery, Batch, Contact, Cursor, Definition, DueTimer, Incident, Memory, Newest,
    OncePer, OutboxEntry, Page, RosterVersion, ScheduleKey, SignIn, Store, StoreError, Stored,
    StoredDocument, StoredOutcome, TaskQuery, TaskRow, Token, Unit,
};
use crate::vault::Sealed;

/// What becomes of one commit.
#[derive(Debug)]
pub(super) enum Fault {
    /// Nothing is recorded, and this is said.
    Fails(StoreError),
    /// All is recorded, but the answer is lost.
    CutAfter,
    /// Somebody else records first.
    Overtaken(Vec<Unit>),
    /// The store panics.
    Panics,
}

/// The store.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) inner: Memory,
    /// Becomes of the next commits, in order.
    faults: Mutex<VecDeque<Fault>>,
    /// No batch with it can be written.
    bad: Option<ApplicationId>,
    /// A permit for each commit that may go on.
    gate: Semaphore,
    /// The applications of each batch that came.
    batches: Mutex<Vec<Vec<u128>>>,
    /// How many it takes at once.
    lanes: usize,
}

impl Faulty {
    /// Returns a store that holds up commits until it is opened.
    pub(super) fn closed(faults: Vec<Fault>, bad: Option<ApplicationId>) -> Self {
        Self {
            inner: Memory::new(),
            faults: Mutex::new(faults.into()),
            bad,
            gate: Semaphore::new(0),
            batches: Mutex::default(),
            lanes: 1,
        }
    }

    /// Returns a store that takes so many batches at once and holds them up until it is opened.
    pub(super) fn with_lanes(lanes: usize) -> Self {
        Self { lanes, ..Self::closed(Vec::new(), None) }
    }

    /// Lets commits go on.
    pub(super) fn open(&self) {
        self.gate.close();
    }

    /// Returns the applications of each batch that came.
    pub(super) fn batches(&self) -> Vec<Vec<u128>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn application(unit: &Unit) -> Option<ApplicationId> {
    match unit {
        Unit::Application(unit) => Some(unit.application.id),
        Unit::Record(_) => None,
    }
}

#[async_trait]
impl Store for Faulty {
    async fn commit(&self, batch: &[Unit]) -> Result<Batch, StoreError> {
        let ids = batch.iter().filter_map(application).map(|id| id.0.as_u128()).collect();
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).push(ids);
        // An error means that the gate stands open.
        let _ = self.gate.acquire().await;
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match fault {
            Some(Fault::Fails(error)) => return Err(error),
            Some(Fault::CutAfter) => {
                self.inner.commit(batch).await?;
                return Err(StoreError::Unknown);
            }
            Some(Fault::Overtaken(others)) => {
                self.inner.commit(&others).await?;
            }
            Some(Fault::Panics) => panic!("the store panics"),
            None => {}
        }
        if self.bad.is_some() && batch.iter().any(|unit| application(unit) == self.bad) {
            return Err(StoreError::Database("a row does not fit".to_owned()));
        }
        self.inner.commit(batch).await
    }

    fn lanes(&self) -> usize {
        self.lanes
    }

    async fn application(&self, id: ApplicationId) -> Result<Option<Stored>, StoreError> {
        self.inner.application(id).await
    }

    async fn by_reference(&self, reference: &str) -> Result<Option<ApplicationId>, StoreError> {
        self.inner.by_reference(reference).await
    }

    async fn by_voucher(&self, voucher: VoucherId) -> Result<Option<ApplicationId>, StoreError> {
        self.inner.by_voucher(voucher).await
    }

    async fn by_number(&self, number: &str) -> Result<Option<ApplicationId>, StoreError> {
        self.inner.by_number(number).await
    }

    async fn voucher_statuses(&self, list: u32) -> Result<Vec<(u32, VoucherStatus)>, StoreError> {
        self.inner.voucher_statuses(list).await
    }

    async fn sealed(&self, id: ApplicationId) -> Result<Vec<Sealed>, StoreError> {
        self.inner.sealed(id).await
    }

    async fn events(&self, id: ApplicationId, from: u64) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.events(id, from).await
    }

    async fn contacts(&self, id: ApplicationId) -> Result<Vec<Contact>, StoreError> {
        self.inner.contacts(id).await
    }

    async fn applications(
        &self,
        query: &ApplicationQuery,
    ) -> Result<Page<Application>, StoreError> {
        self.inner.applications(query).await
    }

    async fn ids(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.inner.ids(after, limit).await
    }

    async fn queues(&self, programme: &str) -> Result<Vec<Queue>, StoreError> {
        self.inner.queues(programme).await
    }

    async fn sent(&self, span: Span<'_>) -> Result<Piece<Sent>, StoreError> {
        self.inner.sent(span).await
    }

    async fn happened(&self, span: Span<'_>) -> Result<Piece<Group>, StoreError> {
        self.inner.happened(span).await
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError> {
        self.inner.tasks(query).await
    }

    async fn due_timers(
        &self,
        now: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        self.inner.due_timers(now, after, limit).await
    }

    async fn ended_vouchers(
        &self,
        programme: &str,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        self.inner.ended_vouchers(programme, now, after, limit).await
    }

    async fn past_keeping(
        &self,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        self.inner.past_keeping(now, after, limit).await
    }

    async fn once_per(&self, key: &OncePer) -> Result<Option<ApplicationId>, StoreError> {
        self.inner.once_per(key).await
    }

    async fn idempotent(&self, scope: Hash) -> Result<Option<StoredOutcome>, StoreError> {
        self.inner.idempotent(scope).await
    }

    async fn definition(&self, digest: Hash) -> Result<Option<Definition>, StoreError> {
        self.inner.definition(digest).await
    }

    async fn newest(&self, programme: Option<&str>) -> Result<Vec<Newest>, StoreError> {
        self.inner.newest(programme).await
    }

    async fn definitions(&self, programme: Option<&str>) -> Result<Vec<Definition>, StoreError> {
        self.inner.definitions(programme).await
    }

    async fn roster(&self) -> Result<Option<RosterVersion>, StoreError> {
        self.inner.roster().await
    }

    async fn roster_log(&self, from: u64, limit: u32) -> Result<Vec<RosterVersion>, StoreError> {
        self.inner.roster_log(from, limit).await
    }

    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        self.inner.token(hash).await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.inner.tokens().await
    }

    async fn sign_in(&self, id: uuid::Uuid) -> Result<Option<SignIn>, StoreError> {
        self.inner.sign_in(id).await
    }

    async fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        self.inner.document(id).await
    }

    async fn unreferenced_documents(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.inner.unreferenced_documents(before, limit).await
    }

    async fn due_outbox(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        self.inner.due_outbox(now, limit).await
    }

    async fn take_timers(
        &self,
        now: Timestamp,
        until: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        self.inner.take_timers(now, until, after, limit).await
    }

    async fn take_outbox(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        self.inner.take_outbox(now, until, limit).await
    }

    async fn keep_taken(&self, entry: u64, until: Timestamp) -> Result<(), StoreError> {
        self.inner.keep_taken(entry, until).await
    }

    async fn outbox_waiting(&self) -> Result<u64, StoreError> {
        self.inner.outbox_waiting().await
    }

    async fn incidents(&self, after: Option<u64>, limit: u32) -> Result<Vec<Incident>, StoreError> {
        self.inner.incidents(after, limit).await
    }

    async fn incident(&self, id: u64) -> Result<Option<Incident>, StoreError> {
        self.inner.incident(id).await
    }

    async fn last_run(&self, schedule: &ScheduleKey) -> Result<Option<Timestamp>, StoreError> {
        self.inner.last_run(schedule).await
    }

    async fn counts(&self, programme: &str) -> Result<Vec<(Status, u64)>, StoreError> {
        self.inner.counts(programme).await
    }

    async fn open_on(&self, definition: Hash) -> Result<u64, StoreError> {
        self.inner.open_on(definition).await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        self.inner.settle().await
    }

    async fn is_writable(&self) -> Result<(), StoreError> {
        self.inner.is_writable().await
    }
}
