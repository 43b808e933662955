//! The queue of units, and which of them go together.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    /// What the batches that are being written share with no other.
    claimed: HashSet<Claim>,
    closed: bool,
}

/// A batch; while it is there, no other has a unit that shares something with it.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) units: Vec<Queued>,
    pub(super) claims: Claimed,
}

/// What a batch shares with no other, until this is dropped.
#[derive(Debug)]
pub(super) struct Claimed {
    queue: Arc<Queue>,
    claims: Vec<Claim>,
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        for claim in &self.claims {
            state.claimed.remove(claim);
        }
        drop(state);
        self.queue.changed.notify_one();
    }
}

/// What a unit shares with no other in its batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

    /// Returns the next batch as soon as `least` units wait that may be written now, or the queue is closed; `None` once it is
    /// closed and empty.
    pub(super) async fn next_batch(self: &Arc<Self>, least: usize) -> Option<Taken> {
        loop {
            {
                let mut state = self.state();
                if state.closed && state.units.is_empty() {
                    return None;
                }
                if state.closed || state.units.len() >= least {
                    let (units, claims) = state.together();
                    if !units.is_empty() {
                        return Some(Taken {
                            units,
                            claims: Claimed { queue: Arc::clone(self), claims },
                        });
                    }
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

impl State {
    /// Takes the units that may go together, and beside the batches that are being written; the others stay, in order.
    fn together(&mut self) -> (Vec<Queued>, Vec<Claim>) {
        let (mut batch, mut own, mut later) = (Vec::new(), Vec::new(), VecDeque::new());
        let mut left = HashSet::new();
        while let Some(queued) = self.units.pop_front() {
            if batch.len() == MAX_BATCH {
                self.units.push_front(queued);
                break;
            }
            let claims: Vec<Claim> = claims(&queued.unit).into_iter().flatten().collect();
            let taken = |claim| self.claimed.contains(claim) || left.contains(claim);
            if claims.iter().any(taken) {
                // A unit that stays claims as well: nothing of its application may go before it.
                left.extend(claims);
                later.push_back(queued);
            } else {
                self.claimed.extend(claims.iter().cloned());
                own.extend(claims);
                batch.push(queued);
            }
        }
        later.append(&mut self.units);
        self.units = later;
        (batch, own)
    }
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
