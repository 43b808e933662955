//! What the memory store keeps, and how a batch is written whole or not at all.

use jiff::Timestamp;
use uuid::Uuid;

use super::table::Table;
use crate::application::{Application, StatusIndex};
use crate::counted::Counted;
use crate::event::StoredEvent;
use crate::id::{ApplicationId, DocumentId, VoucherId};
use crate::recorded::Hash;
use crate::store::once_per::Holder;
use crate::store::{
    Batch, Definition, Incident, OutboxContent, RosterVersion, ScheduleKey, SignIn, StoredDocument,
    StoredOutcome, Token, Unit,
};
use crate::vault::{Sealed, Word, WrappedKey};

/// Everything kept; tasks, timers and vouchers are read from the rows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) applications: Table<ApplicationId, Row>,
    pub(super) events: Table<(ApplicationId, u64), StoredEvent>,
    pub(super) sealed: Table<(ApplicationId, Hash), Sealed>,
    pub(super) known_by: Table<(ApplicationId, Hash), ()>,
    pub(super) submitted_from: Table<(ApplicationId, Hash), ()>,
    pub(super) counted: Table<(ApplicationId, u64), Counted>,
    pub(super) words: Table<(ApplicationId, Word), ()>,
    pub(super) references: Table<String, ApplicationId>,
    pub(super) vouchers: Table<VoucherId, ApplicationId>,
    pub(super) voucher_numbers: Table<String, ApplicationId>,
    pub(super) status_indexes: Table<(u32, u32), ApplicationId>,
    pub(super) once_per: Table<Hash, Holder>,
    /// The keys that an application holds.
    pub(super) keys: Table<(ApplicationId, Hash), ()>,
    pub(super) idempotency: Table<Hash, StoredOutcome>,
    pub(super) outbox: Table<u64, Entry>,
    pub(super) incidents: Table<u64, Incident>,
    pub(super) definitions: Table<Hash, Definition>,
    pub(super) roster: Table<u64, RosterVersion>,
    pub(super) tokens: Table<Uuid, Token>,
    pub(super) sign_ins: Table<Uuid, SignIn>,
    pub(super) documents: Table<DocumentId, StoredDocument>,
    /// Documents of erased applications: nobody may use them, and their files are to go.
    pub(super) discarded: Table<DocumentId, StoredDocument>,
    pub(super) runs: Table<(String, String), Timestamp>,
    /// The last id given to an entry of the outbox or an incident; like a sequence, it is never taken back.
    last_id: u64,
}

/// An application and what belongs to it alone.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) application: Application,
    pub(super) key: Option<WrappedKey>,
    pub(super) erase_at: Option<Timestamp>,
}

/// An entry of the outbox.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) content: OutboxContent,
    /// The sign-in whose message it is.
    pub(super) sign_in: Option<Uuid>,
    pub(super) attempts: u32,
    /// From when it is meant to be sent: its place in the application's order.
    pub(super) from: Timestamp,
    /// When it is tried next.
    pub(super) next: Timestamp,
    /// Whether it was given up.
    pub(super) parked: bool,
    /// Until when nobody else is given it.
    pub(super) taken_until: Option<Timestamp>,
}

impl State {
    /// Writes a batch whole, or nothing of it.
    pub(super) fn commit(&mut self, batch: &[Unit]) -> Batch {
        let mut receipts = Vec::with_capacity(batch.len());
        let mut losses = Vec::new();
        for (place, unit) in batch.iter().enumerate() {
            // A unit that loses writes nothing, so that its neighbours are not held against it.
            let written = match unit {
                Unit::Application(unit) => self.write_application(unit),
                Unit::Record(record) => self.write_record(record),
            };
            match written {
                Ok(receipt) => receipts.push(receipt),
                Err(loss) => losses.push((place, loss)),
            }
        }
        if losses.is_empty() {
            self.keep();
            Batch::Committed(receipts)
        } else {
            self.roll_back();
            Batch::Lost(losses)
        }
    }

    /// Returns a new id, above all before it.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// Writes the two ends of a transaction over all tables.
macro_rules! ends {
    ($($table:ident)*) => {
        impl State {
            /// Keeps what the transaction wrote.
            pub(super) fn keep(&mut self) {
                $(self.$table.commit();)*
            }

            /// Takes back what the transaction wrote.
            pub(super) fn roll_back(&mut self) {
                $(self.$table.roll_back();)*
            }
        }
    };
}

ends! {
    applications events sealed known_by submitted_from counted words references vouchers voucher_numbers
    status_indexes once_per keys idempotency outbox incidents definitions roster tokens sign_ins documents discarded runs
}

/// Returns the key under which a status index is unique.
pub(super) fn index_key(index: StatusIndex) -> (u32, u32) {
    (index.list, index.index)
}

/// Returns the key of a schedule's row.
pub(super) fn schedule_key(schedule: &ScheduleKey) -> (String, String) {
    (schedule.programme.clone(), schedule.name.clone())
}
