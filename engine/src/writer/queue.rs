//! The queue of units, and which of them go together.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{CommitFailure, MAX_QUEUED, Queued};
use crate::id::ApplicationId;
use crate::recorded::Hash;
use crate::store::{MAX_BATCH, Unit};

/// Units in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    units: VecDeque<Queued>,
    closed: bool,
}

/// What a unit shares with no other in its batch.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Claim {
    /// Its application.
    Application(ApplicationId),
    /// Its request: the outcome of the first must be recorded before a second is told of it.
    Request(Hash),
}

impl Queue {
    /// Puts a unit at the end.
    ///
    /// # Errors
    ///
    /// Returns [`CommitFailure::Overloaded`] if the queue is full and [`CommitFailure::Stopped`] if it is closed.
    pub(super) fn push(&self, queued: Queued) -> Result<(), CommitFailure> {
        let mut state = self.state();
        if state.closed {
            return Err(CommitFailure::Stopped);
        }
        if state.units.len() >= MAX_QUEUED {
            return Err(CommitFailure::Overloaded);
        }
        state.units.push_back(queued);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Takes no more units.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    /// Returns whether it takes no more units.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Closes the queue and returns what is left.
    pub(super) fn abandon(&self) -> VecDeque<Queued> {
        let mut state = self.state();
        state.closed = true;
        std::mem::take(&mut state.units)
    }

    /// Returns the next batch as soon as a unit waits; `None` once the queue is closed and empty.
    pub(super) async fn next_batch(&self) -> Option<Vec<Queued>> {
        loop {
            {
                let mut state = self.state();
                if !state.units.is_empty() {
                    return Some(together(&mut state.units));
                }
                if state.closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Returns how many units wait.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.state().units.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the units that may go together; the others stay, in order.
fn together(units: &mut VecDeque<Queued>) -> Vec<Queued> {
    let mut claimed = HashSet::new();
    let mut batch = Vec::new();
    let mut later = VecDeque::new();
    while let Some(queued) = units.pop_front() {
        if batch.len() == MAX_BATCH {
            units.push_front(queued);
            break;
        }
        let claims = claims(&queued.unit);
        let free = claims.iter().flatten().all(|claim| !claimed.contains(claim));
        // A unit that stays claims as well: nothing of its application may go before it.
        claimed.extend(claims.into_iter().flatten());
        if free {
            batch.push(queued);
        } else {
            later.push_back(queued);
        }
    }
    later.append(units);
    *units = later;
    batch
}

fn claims(unit: &Unit) -> [Option<Claim>; 2] {
    match unit {
        Unit::Application(unit) => [
            Some(Claim::Application(unit.application.id)),
            unit.idempotency.as_ref().map(|request| Claim::Request(request.scope)),
        ],
        Unit::Record(_) => [None, None],
    }
}
