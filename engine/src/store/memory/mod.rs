//! A store in memory: for tests, trials and demonstrations.
//!
//! It keeps every rule of a store but one: nothing outlives the process.

mod list;
mod records;
mod report;
mod state;
mod table;
mod write;

use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use self::list::{count, due_page, number};
use self::state::{State, schedule_key};
use super::report::{Group, Piece, Queue, Sent, Span};
use super::{
    ApplicationQuery, Batch, Contact, Cursor, Definition, DueTimer, Incident, Newest, OncePer,
    OutboxEntry, Page, RosterVersion, ScheduleKey, SignIn, Store, StoreError, Stored,
    StoredDocument, StoredOutcome, TaskQuery, TaskRow, Token, TokenOwner, Unit,
};
use crate::application::{Application, Status, VoucherStatus};
use crate::event::StoredEvent;
use crate::id::{ApplicationId, DocumentId, VoucherId};
use crate::recorded::Hash;
use crate::vault::Sealed;

/// A store in memory.
#[derive(Debug, Default)]
pub struct Memory(Mutex<State>);

impl Memory {
    /// Returns an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Locks the state; takes back what a panic left half written.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| {
            let mut state = poisoned.into_inner();
            state.roll_back();
            state
        })
    }
}

#[async_trait]
impl Store for Memory {
    async fn commit(&self, batch: &[Unit]) -> Result<Batch, StoreError> {
        Ok(self.state().commit(batch))
    }

    async fn application(&self, id: ApplicationId) -> Result<Option<Stored>, StoreError> {
        Ok(self
            .state()
            .applications
            .get(&id)
            .map(|row| Stored { application: row.application.clone(), key: row.key.clone() }))
    }

    async fn by_reference(&self, reference: &str) -> Result<Option<ApplicationId>, StoreError> {
        Ok(self.state().references.get(reference).copied())
    }

    async fn by_voucher(&self, voucher: VoucherId) -> Result<Option<ApplicationId>, StoreError> {
        Ok(self.state().vouchers.get(&voucher).copied())
    }

    async fn by_number(&self, number: &str) -> Result<Option<ApplicationId>, StoreError> {
        Ok(self.state().voucher_numbers.get(number).copied())
    }

    async fn voucher_statuses(&self, list: u32) -> Result<Vec<(u32, VoucherStatus)>, StoreError> {
        Ok(self.state().list_statuses(list))
    }

    async fn sealed(&self, id: ApplicationId) -> Result<Vec<Sealed>, StoreError> {
        let keys = (id, Hash([0; 32]))..=(id, Hash([u8::MAX; 32]));
        Ok(self.state().sealed.range(keys).map(|(_, sealed)| sealed.clone()).collect())
    }

    async fn events(&self, id: ApplicationId, from: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let keys = (id, from)..=(id, u64::MAX);
        Ok(self.state().events.range(keys).map(|(_, event)| event.clone()).collect())
    }

    async fn contacts(&self, id: ApplicationId) -> Result<Vec<Contact>, StoreError> {
        let all = (id, Hash([0; 32]))..=(id, Hash([u8::MAX; 32]));
        let state = self.state();
        let known_by = state.known_by.range(all.clone()).map(|((_, hash), ())| (*hash, false));
        let sent_by = state.submitted_from.range(all).map(|((_, hash), ())| (*hash, true));
        Ok(known_by.chain(sent_by).map(|(hash, signed_in)| Contact { hash, signed_in }).collect())
    }

    async fn applications(
        &self,
        query: &ApplicationQuery,
    ) -> Result<Page<Application>, StoreError> {
        Ok(self.state().list_applications(query))
    }

    async fn ids(
        &self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let state = self.state();
        let ids = state.applications.iter().map(|(id, _)| *id);
        Ok(ids.filter(|id| after.is_none_or(|after| *id > after)).take(count(limit)).collect())
    }

    async fn queues(&self, programme: &str) -> Result<Vec<Queue>, StoreError> {
        Ok(self.state().count_queues(programme))
    }

    async fn sent(&self, span: Span<'_>) -> Result<Piece<Sent>, StoreError> {
        Ok(self.state().count_sent(span))
    }

    async fn happened(&self, span: Span<'_>) -> Result<Piece<Group>, StoreError> {
        Ok(self.state().count_happened(span))
    }

    async fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRow>, StoreError> {
        Ok(self.state().list_tasks(query))
    }

    async fn due_timers(
        &self,
        now: Timestamp,
        after: Option<DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        Ok(self.state().list_timers(now, after, limit))
    }

    async fn ended_vouchers(
        &self,
        programme: &str,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        let state = self.state();
        let ends =
            state.rows().filter(|row| row.programme.as_str() == programme).filter_map(|row| {
                let voucher = row.voucher.as_ref()?;
                let open =
                    matches!(voucher.status, VoucherStatus::Active | VoucherStatus::PartRedeemed);
                open.then_some((voucher.expires_at, row.id))
            });
        Ok(due_page(ends, now, after, limit))
    }

    async fn past_keeping(
        &self,
        now: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ApplicationId>, StoreError> {
        let state = self.state();
        let kept = state.applications.iter().filter(|(_, row)| !row.application.erased);
        let ends = kept.filter_map(|(id, row)| Some((row.erase_at?, *id)));
        Ok(due_page(ends, now, after, limit))
    }

    async fn once_per(&self, key: &OncePer) -> Result<Option<ApplicationId>, StoreError> {
        Ok(self.state().holder(key))
    }

    async fn idempotent(&self, scope: Hash) -> Result<Option<StoredOutcome>, StoreError> {
        Ok(self.state().idempotency.get(&scope).copied())
    }

    async fn definition(&self, digest: Hash) -> Result<Option<Definition>, StoreError> {
        Ok(self.state().definitions.get(&digest).cloned())
    }

    async fn newest(&self, programme: Option<&str>) -> Result<Vec<Newest>, StoreError> {
        let mut found = self.definitions(programme).await?;
        found.dedup_by(|later, first| later.programme == first.programme);
        let newest = |one: Definition| Newest { programme: one.programme, digest: one.digest };
        Ok(found.into_iter().map(newest).collect())
    }

    async fn definitions(&self, programme: Option<&str>) -> Result<Vec<Definition>, StoreError> {
        let state = self.state();
        let mut found: Vec<Definition> = state
            .definitions
            .iter()
            .map(|(_, definition)| definition)
            .filter(|definition| programme.is_none_or(|name| definition.programme == name))
            .cloned()
            .collect();
        found.sort_by(|one, other| {
            (&one.programme, other.number).cmp(&(&other.programme, one.number))
        });
        if programme.is_none() {
            found.dedup_by(|later, first| later.programme == first.programme);
        }
        Ok(found)
    }

    async fn roster(&self) -> Result<Option<RosterVersion>, StoreError> {
        Ok(self.state().roster.iter().next_back().map(|(_, version)| version.clone()))
    }

    async fn roster_log(&self, from: u64, limit: u32) -> Result<Vec<RosterVersion>, StoreError> {
        let state = self.state();
        let log = state.roster.range(from..).map(|(_, version)| version.clone());
        Ok(log.take(count(limit)).collect())
    }

    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        let state = self.state();
        Ok(state.tokens.iter().map(|(_, token)| token).find(|token| token.hash == hash).cloned())
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let state = self.state();
        let listed = state.tokens.iter().map(|(_, token)| token);
        let mut listed: Vec<Token> =
            listed.filter(|token| matches!(token.owner, TokenOwner::Listed(_))).cloned().collect();
        listed.sort_by_key(|token| (token.created_at, token.id));
        Ok(listed)
    }

    async fn sign_in(&self, id: Uuid) -> Result<Option<SignIn>, StoreError> {
        Ok(self.state().open_sign_in(&id))
    }

    async fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        Ok(self.state().documents.get(&id).cloned())
    }

    async fn unreferenced_documents(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        Ok(self.state().removable_documents(before, count(limit)))
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
        Ok(self.state().take_outbox(now, until, count(limit)))
    }

    async fn keep_taken(&self, entry: u64, until: Timestamp) -> Result<(), StoreError> {
        self.state().keep_taken(entry, until);
        Ok(())
    }

    async fn due_outbox(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        Ok(self.state().list_outbox(now, limit))
    }

    async fn outbox_waiting(&self) -> Result<u64, StoreError> {
        Ok(number(self.state().outbox.iter().filter(|(_, entry)| !entry.parked).count()))
    }

    async fn incidents(&self, after: Option<u64>, limit: u32) -> Result<Vec<Incident>, StoreError> {
        let state = self.state();
        let open = state.incidents.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        Ok(open.map(|(_, incident)| incident.clone()).take(count(limit)).collect())
    }

    async fn incident(&self, id: u64) -> Result<Option<Incident>, StoreError> {
        Ok(self.state().incidents.get(&id).cloned())
    }

    async fn last_run(&self, schedule: &ScheduleKey) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state().runs.get(&schedule_key(schedule)).copied())
    }

    async fn counts(&self, programme: &str) -> Result<Vec<(Status, u64)>, StoreError> {
        let state = self.state();
        let of = |status| {
            let is_of =
                |row: &&Application| row.programme.as_str() == programme && row.status == status;
            (status, number(state.rows().filter(is_of).count()))
        };
        Ok(Status::ALL.into_iter().map(of).filter(|(_, number)| *number > 0).collect())
    }

    async fn open_on(&self, definition: Hash) -> Result<u64, StoreError> {
        let state = self.state();
        let open = state.rows().filter(|row| row.definition == definition && !row.has_ended());
        Ok(number(open.count()))
    }

    async fn settle(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn is_writable(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
