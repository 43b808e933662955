//! Group commit: while one batch is written, units queue; the next batch is what has queued. A store may take two at once.
//!
//! Waits for no timer and knows nothing of what events mean. A unit that loses or fails never fails its neighbours, and an
//! answer is given only after the commit that it tells of.

mod batch;
mod queue;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::{io, thread};

use tokio::runtime;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinSet};

use self::queue::{Queue, Taken};
use crate::store::{Loss, Receipt, Store, StoreError, Unit};

/// Most units that wait; one more is refused at once.
pub const MAX_QUEUED: usize = 4096;
/// Units that are worth a batch of their own while another is being written: fewer wait for it to end.
const WORTH_A_LANE: usize = 12;
/// Most repeats of a batch without the units that lost; then its units are written one by one.
pub const MAX_REPEATS: usize = 3;

/// Why a unit is not recorded, or not known to be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitFailure {
    /// It lost something to somebody else; nothing of it is recorded.
    #[error("somebody else recorded first")]
    Lost(Loss),
    /// Too many units wait; it was not queued.
    #[error("{MAX_QUEUED} units wait to be written: try again later")]
    Overloaded,
    /// The connection was lost while committing: it may or may not be recorded.
    #[error("whether it was recorded is not known")]
    Unknown,
    /// The store failed; nothing of it is recorded.
    #[error(transparent)]
    Store(StoreError),
    /// The writer was stopped; nothing of it is recorded.
    #[error("the writer has stopped: nothing was recorded")]
    Stopped,
}

/// Where a unit's outcome goes.
type Answer = oneshot::Sender<Result<Receipt, CommitFailure>>;

/// A unit that waits, and who waits for it.
#[derive(Debug)]
struct Queued {
    unit: Unit,
    answer: Answer,
}

/// A handle of the writer of a store; its clones feed the same queue. The writer ends with its last handle.
#[derive(Debug, Clone)]
pub struct Writer(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    queue: Arc<Queue>,
    ended: watch::Receiver<bool>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Writer {
    /// Starts the writer of a store; a store has one writer in a process.
    ///
    /// It runs on a thread of its own: among the tasks that answer requests, each batch would wait for the requests that the last
    /// one answered.
    ///
    /// # Errors
    ///
    /// Returns the cause if the operating system gives no thread.
    pub fn start(store: Arc<dyn Store>) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let (end, ended) = watch::channel(false);
        let ending = Ending { queue: queue.clone(), end };
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let writing = move || runtime.block_on(run(store, ending));
        thread::Builder::new().name("writer".to_owned()).spawn(writing)?;
        Ok(Self(Arc::new(Handle { queue, ended })))
    }

    /// Has a unit written and returns once it is recorded. It is written even if nobody waits for the answer any more.
    ///
    /// # Errors
    ///
    /// Returns [`CommitFailure`]; unless it is [`CommitFailure::Unknown`], nothing of the unit is recorded.
    pub async fn commit(&self, unit: Unit) -> Result<Receipt, CommitFailure> {
        let (answer, answered) = oneshot::channel();
        self.0.queue.push(Queued { unit, answer })?;
        // The answer is missing only where the store panicked over the unit's batch.
        answered.await.unwrap_or(Err(CommitFailure::Unknown))
    }

    /// Returns whether it takes units: it was not stopped, and its task did not end in any other way.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.0.queue.is_closed()
    }

    /// Takes no more units, writes those that wait, and returns when all are answered.
    pub async fn stop(&self) {
        self.0.queue.close();
        let mut ended = self.0.ended.clone();
        // The sender is gone only after it said that the writer ended.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}

/// Says that the writer ended, however it ends.
#[derive(Debug)]
struct Ending {
    queue: Arc<Queue>,
    end: watch::Sender<bool>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        for left in self.queue.abandon() {
            let _ = left.answer.send(Err(CommitFailure::Stopped));
        }
        self.end.send_replace(true);
    }
}

/// Writes batch after batch, as many at once as the store takes, until the queue is closed and empty.
async fn run(store: Arc<dyn Store>, ending: Ending) {
    let lanes = store.lanes().max(1);
    let mut writing = JoinSet::new();
    loop {
        let least = if writing.is_empty() { 1 } else { WORTH_A_LANE };
        tokio::select! {
            Some(written) = writing.join_next() => told(&written),
            taken = ending.queue.next_batch(least), if writing.len() < lanes => {
                let Some(Taken { units, claims }) = taken else { break };
                let store = Arc::clone(&store);
                // In a task of its own, so that a panic of the store ends this batch, whose answers it drops, and not the writer.
                writing.spawn(async move {
                    let _claims = claims;
                    batch::write(&*store, units).await;
                });
            }
        }
    }
    while let Some(written) = writing.join_next().await {
        told(&written);
    }
}

/// Says where the store panicked.
fn told(written: &Result<(), JoinError>) {
    if written.is_err() {
        tracing::error!("the store panicked: whether the batch is recorded is not known");
    }
}
