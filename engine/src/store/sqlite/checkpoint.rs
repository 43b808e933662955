//! Writing what waits in the journal into the file, beside the commits and not within one.
//!
//! Commits go on meanwhile. Where they never pause, the connection that writes does the rest itself when the journal is long.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};

use rusqlite::Connection;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::spawn_blocking;

/// Units recorded between two checkpoints: some MiB of the journal.
const UNITS: usize = 256;
/// Bytes by which the journal may grow between two checkpoints, whatever is in its units: on a small disk it is no more.
const GROWTH: u64 = 4 << 20;

/// Checkpoints beside the commits.
#[derive(Debug, Clone)]
pub(super) struct Checkpoints {
    /// A connection of their own; none where nothing is written, and none once it is closed.
    connection: Arc<Lock<Option<Connection>>>,
    journal: Arc<PathBuf>,
    recorded: Arc<AtomicUsize>,
    /// How long the journal was at the last checkpoint; it is used again from its beginning and becomes no shorter.
    length: Arc<AtomicU64>,
    turn: Arc<Mutex<()>>,
}

impl Checkpoints {
    pub(super) fn new(file: &Path, connection: Option<Connection>) -> Self {
        let mut journal = file.as_os_str().to_owned();
        journal.push("-wal");
        let journal = Arc::new(PathBuf::from(journal));
        let connection = Arc::new(Lock::new(connection));
        let (recorded, length, turn) = (Arc::default(), Arc::default(), Arc::default());
        Self { connection, journal, recorded, length, turn }
    }

    /// Notes that units were recorded, and begins a checkpoint where there were enough and none is under way.
    pub(super) fn recorded(&self, units: usize) {
        let recorded = self.recorded.fetch_add(units, Ordering::Relaxed) + units;
        let length = std::fs::metadata(&*self.journal).map_or(0, |about| about.len());
        let grown = length.saturating_sub(self.length.load(Ordering::Relaxed));
        if recorded < UNITS && grown < GROWTH {
            return;
        }
        let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() else { return };
        self.recorded.store(0, Ordering::Relaxed);
        self.length.store(length, Ordering::Relaxed);
        let connection = Arc::clone(&self.connection);
        spawn_blocking(move || {
            let _turn = turn;
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(connection) = &*connection else { return };
            if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)") {
                // The connection that writes does it in its time, and says so where it cannot.
                tracing::debug!(%error, "a checkpoint was left to the next commit");
            }
        });
    }

    /// Waits for one that is under way; none begins before what is returned is dropped.
    pub(super) async fn pause(&self) -> MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        // Whoever pauses them empties the journal.
        self.length.store(0, Ordering::Relaxed);
        turn
    }

    pub(super) async fn close(&self) {
        let _pause = self.pause().await;
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
