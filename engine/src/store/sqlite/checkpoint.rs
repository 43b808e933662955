//! Writing what waits in the journal into the file, beside the commits and not within one.
//!
//! Commits go on meanwhile. Where they never pause, the connection that writes does the rest itself when the journal is long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::SqlitePool;
use tokio::sync::{Mutex, MutexGuard};

/// Units recorded between two checkpoints: some MiB of the journal.
const UNITS: usize = 256;

/// Checkpoints beside the commits.
#[derive(Debug, Clone)]
pub(super) struct Checkpoints {
    /// A connection of their own.
    pool: SqlitePool,
    recorded: Arc<AtomicUsize>,
    turn: Arc<Mutex<()>>,
}

impl Checkpoints {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self { pool, recorded: Arc::default(), turn: Arc::default() }
    }

    /// Notes that units were recorded, and begins a checkpoint where there were enough and none is under way.
    pub(super) fn recorded(&self, units: usize) {
        let recorded = self.recorded.fetch_add(units, Ordering::Relaxed) + units;
        if recorded < UNITS {
            return;
        }
        let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() else { return };
        self.recorded.store(0, Ordering::Relaxed);
        let pool = self.pool.clone();
        tokio::spawn(async move {
            let _turn = turn;
            let written = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&pool).await;
            if let Err(error) = written {
                // The connection that writes does it in its time, and says so where it cannot.
                tracing::debug!(%error, "a checkpoint was left to the next commit");
            }
        });
    }

    /// Waits for one that is under way; none begins before what is returned is dropped.
    pub(super) async fn pause(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(super) async fn close(&self) {
        let _pause = self.pause().await;
        self.pool.close().await;
    }
}
