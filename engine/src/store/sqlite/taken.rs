//! Which entries of the outbox are being delivered: kept in memory, because one process has the file to itself.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::super::{OutboxEntry, Record, StoreError, Unit};
use super::read::due;
use super::readers::Readers;

/// Until when entries are taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken(Arc<Mutex<HashMap<u64, Timestamp>>>);

impl Taken {
    /// Takes entries that are due and that nobody has taken.
    pub(super) async fn take(
        &self,
        readers: &Readers,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut taken = self.0.lock().await;
        taken.retain(|_, until| *until > now);
        // Those that are taken stand among the due ones until it is recorded what became of them.
        let among = u32::try_from(taken.len()).unwrap_or(u32::MAX).saturating_add(limit);
        let mut due = readers.aside(move |connection| due::outbox(connection, now, among)).await?;
        due.retain(|entry| !taken.contains_key(&entry.id));
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        taken.extend(due.iter().map(|entry| (entry.id, until)));
        Ok(due)
    }

    /// Keeps an entry taken.
    pub(super) async fn keep(&self, entry: u64, until: Timestamp) {
        if let Some(taken) = self.0.lock().await.get_mut(&entry) {
            *taken = until;
        }
    }

    /// Gives back the entries of which a batch recorded what became of them.
    pub(super) async fn give_back(&self, batch: &[Unit]) {
        for unit in batch {
            if let Unit::Record(Record::Delivered(entry, _)) = unit {
                self.0.lock().await.remove(entry);
            }
        }
    }
}
