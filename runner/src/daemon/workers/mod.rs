//! Workers: each does a piece of what falls due, waits, and does it again until the daemon stops.
//!
//! A piece that fails or panics is logged, and the worker goes on.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use annona_engine::id::ApplicationId;
use annona_engine::outbox::Outbox;
use annona_engine::schedules::Schedules;
use annona_engine::service::{Engine, Failure};
use annona_engine::store::Record;
use async_trait::async_trait;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::documents::Documents;

/// How often timers are looked at, at least.
const TIMERS_EVERY: Duration = Duration::from_secs(1);
/// How often schedules are looked at.
const SCHEDULES_EVERY: Duration = Duration::from_secs(20);
/// How often the outbox is looked at while nothing is due.
const OUTBOX_EVERY: Duration = Duration::from_secs(1);
/// How many entries are delivered at once.
const DELIVERIES_AT_ONCE: usize = 4;
/// How often what is over is forgotten.
const CLEANING_EVERY: Duration = Duration::from_hours(1);
/// How long a worker waits after a piece that failed, at least.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long nothing is filled after what was filled at once, at least.
const BETWEEN_FILLINGS: Duration = Duration::from_millis(20);
/// How long after a round those are looked at that could not be filled.
const FILLING_AGAIN: Duration = Duration::from_mins(10);
/// How often it is looked for what is still to be filled, once there is nothing: somebody may restore something.
const FILLED_EVERY: Duration = Duration::from_hours(24);
/// How long answers to idempotency keys are kept.
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a document is kept that no application refers to.
const UPLOADS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A worker.
#[async_trait]
pub(super) trait Worker: Send + Sync + Debug + 'static {
    /// Returns its name in the log.
    fn name(&self) -> &'static str;

    /// Does what is due, and returns how long to wait before the next look.
    async fn tick(&self) -> Result<Duration, Failure>;

    /// Waits for a hint that there is something to do before that.
    async fn stirred(&self) {
        std::future::pending::<()>().await;
    }
}

/// Fires timers.
#[derive(Debug)]
pub(super) struct Timers {
    engine: Engine,
    /// Applications that failed and were told of: a timer that cannot fire is looked at every second.
    told: Mutex<BTreeSet<ApplicationId>>,
}

/// Runs schedules.
#[derive(Debug)]
pub(super) struct Recurring(pub(super) Schedules);

/// Delivers messages; several of these share an outbox.
#[derive(Debug)]
pub(super) struct Delivering {
    pub(super) engine: Engine,
    pub(super) outbox: Arc<Outbox>,
}

/// Forgets what is over: answers, sign-ins, sessions, documents that nothing refers to; and empties the journal of it.
#[derive(Debug)]
pub(super) struct Cleaning {
    pub(super) engine: Engine,
    pub(super) documents: Documents,
}

#[async_trait]
impl Worker for Timers {
    fn name(&self) -> &'static str {
        "timers"
    }

    async fn tick(&self) -> Result<Duration, Failure> {
        let mut swept = self.engine.fire_timers().await?;
        let failed = swept.failed.keys().copied().collect();
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            swept.failed.retain(|application, _| !told.contains(application));
            *told = failed;
        }
        swept.log_failed("its timer does not fire");
        self.engine.until_next_timer(TIMERS_EVERY).await
    }
}

impl Timers {
    /// Returns the worker of an engine.
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, told: Mutex::default() }
    }
}

#[async_trait]
impl Worker for Recurring {
    fn name(&self) -> &'static str {
        "schedules"
    }

    async fn tick(&self) -> Result<Duration, Failure> {
        self.0.run_due().await?;
        Ok(SCHEDULES_EVERY)
    }
}

#[async_trait]
impl Worker for Delivering {
    fn name(&self) -> &'static str {
        "outbox"
    }

    async fn tick(&self) -> Result<Duration, Failure> {
        let delivered = self.outbox.deliver_next().await?;
        Ok(if delivered { Duration::ZERO } else { OUTBOX_EVERY })
    }

    async fn stirred(&self) {
        self.engine.delivery_added().await;
    }
}

#[async_trait]
impl Worker for Cleaning {
    fn name(&self) -> &'static str {
        "cleaning"
    }

    async fn tick(&self) -> Result<Duration, Failure> {
        let now = self.engine.now();
        let purge = Record::Purge { keys_before: now - KEYS_KEPT, ended_before: now };
        self.engine.record(purge).await?;
        let forgotten = self.documents.forget(&self.engine, now - UPLOADS_KEPT).await?;
        let swept = self.documents.sweep(&self.engine).await?;
        if forgotten + swept > 0 {
            tracing::info!(forgotten, swept, "documents that nothing refers to are gone");
        }
        // What was erased at somebody's wish is gone from the journal too; where a reader is in the way, soon.
        self.engine.store().settle().await?;
        Ok(CLEANING_EVERY)
    }

    async fn stirred(&self) {
        self.engine.erased().await;
    }
}

/// Gives their words to applications that were recorded before there were any, beside the daily work.
#[derive(Debug)]
pub(super) struct Filling {
    engine: Engine,
    /// The last one looked at in this round.
    after: Mutex<Option<ApplicationId>>,
}

impl Filling {
    /// Returns the worker of an engine.
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, after: Mutex::default() }
    }
}

#[async_trait]
impl Worker for Filling {
    fn name(&self) -> &'static str {
        "words"
    }

    async fn tick(&self) -> Result<Duration, Failure> {
        let after = *self.after.lock().unwrap_or_else(PoisonError::into_inner);
        let began = Instant::now();
        let filled = self.engine.fill_words(after).await?;
        for (application, cause) in &filled.failed {
            tracing::error!(%application, %cause, "it is not found by name or phone");
        }
        *self.after.lock().unwrap_or_else(PoisonError::into_inner) = filled.next;
        if filled.next.is_some() {
            // At least half of the time is left to whoever else records.
            return Ok(began.elapsed().max(BETWEEN_FILLINGS));
        }
        Ok(if after.is_some() { FILLING_AGAIN } else { FILLED_EVERY })
    }
}

/// The workers of a daemon.
#[derive(Debug)]
pub(super) struct Workers {
    /// Ends a worker once its piece is done.
    stop: CancellationToken,
    /// Ends its piece too.
    abandon: CancellationToken,
    tracker: TaskTracker,
}

impl Workers {
    /// Starts every worker.
    pub(super) fn start(engine: &Engine, documents: &Documents, outbox: &Arc<Outbox>) -> Self {
        let workers = Self::none();
        workers.add(Timers::new(engine.clone()));
        workers.add(Recurring(Schedules::new(engine.clone())));
        for _ in 0..DELIVERIES_AT_ONCE {
            workers.add(Delivering { engine: engine.clone(), outbox: Arc::clone(outbox) });
        }
        workers.add(Cleaning { engine: engine.clone(), documents: documents.clone() });
        workers.add(Filling::new(engine.clone()));
        let (engine, stop) = (engine.clone(), workers.stop.clone());
        workers.tracker.spawn(async move {
            tokio::select! {
                () = engine.exchange_hints() => {}
                () = stop.cancelled() => {}
            }
        });
        workers
    }

    fn none() -> Self {
        Self {
            stop: CancellationToken::new(),
            abandon: CancellationToken::new(),
            tracker: TaskTracker::new(),
        }
    }

    fn add(&self, worker: impl Worker) {
        self.tracker.spawn(run(Arc::new(worker), self.stop.clone(), self.abandon.clone()));
    }

    /// Has the workers end what they do, and waits for it at most so long.
    pub(super) async fn stop(self, within: Duration) {
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(within, self.tracker.wait()).await.is_err() {
            // What they were at is found again by the next start: nothing is taken out before it is done.
            tracing::warn!(seconds = within.as_secs(), "workers did not end in time");
            self.abandon.cancel();
            self.tracker.wait().await;
        }
    }
}

/// Runs a worker until `stop`, and gives its piece up at `abandon`.
async fn run(worker: Arc<dyn Worker>, stop: CancellationToken, abandon: CancellationToken) {
    while !stop.is_cancelled() {
        let ticking = Arc::clone(&worker);
        // A task of its own: a panic ends the piece and not the worker.
        let mut piece = tokio::spawn(async move { ticking.tick().await });
        let ended = tokio::select! {
            ended = &mut piece => ended,
            () = abandon.cancelled() => {
                piece.abort();
                return;
            }
        };
        let name = worker.name();
        let wait = match ended {
            Ok(Ok(wait)) => wait,
            Ok(Err(failure)) => {
                tracing::error!(worker = name, cause = %failure, "a worker failed and goes on");
                AFTER_FAILURE
            }
            // The words of a panic may hold values: they are not logged.
            Err(_) => {
                tracing::error!(worker = name, "a worker panicked and goes on");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = worker.stirred() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests;
