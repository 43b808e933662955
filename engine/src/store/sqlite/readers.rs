//! Connections that read, opened as they are wanted and kept.
//!
//! What is found by its key is read at once, on the thread that asks: handing it to another thread and back takes longer than
//! reading it. Lists and sums are read on a thread that may wait.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::super::StoreError;
use super::open;
use super::writer::on_a_thread;

/// Most readings aside at once.
const MAX_ASIDE: usize = 8;
/// How long a reading aside waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Connections that cannot write, to one file.
#[derive(Debug, Clone)]
pub(in super::super) struct Readers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: Box<Path>,
    connections: Mutex<Connections>,
    /// Told when a reading ends after the connections were closed.
    ended: Condvar,
    aside: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Connections {
    /// Those that nobody uses.
    idle: Vec<Connection>,
    /// How many readings are under way.
    used: usize,
    closed: bool,
}

/// A reading that is under way.
struct Reading<'s>(&'s Shared);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut connections = self.0.connections();
        connections.used -= 1;
        if connections.closed && connections.used == 0 {
            self.0.ended.notify_all();
        }
    }
}

impl Readers {
    /// Opens a file.
    pub(super) async fn open(file: &Path) -> Result<Self, StoreError> {
        Self::opened(file, open::reader).await
    }

    /// Opens a file, if its schema is the one that this program knows.
    pub(super) async fn open_current(file: &Path) -> Result<Self, StoreError> {
        Self::opened(file, open::current_reader).await
    }

    async fn opened(
        file: &Path,
        open: fn(&Path) -> Result<Connection, StoreError>,
    ) -> Result<Self, StoreError> {
        let file: Box<Path> = file.into();
        on_a_thread(move || {
            let first = Connections { idle: vec![open(&file)?], ..Connections::default() };
            Ok(Self(Arc::new(Shared {
                file,
                connections: Mutex::new(first),
                ended: Condvar::new(),
                aside: Arc::new(Semaphore::new(MAX_ASIDE)),
            })))
        })
        .await
    }

    /// Reads a few rows by their keys, on this thread.
    pub(in super::super) fn at_once<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.read(read)
    }

    /// Reads what may take long, to its end, even if nobody waits for it any more.
    pub(in super::super) async fn aside<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.0);
        let turn = timeout(MAX_WAIT, Arc::clone(&self.0.aside).acquire_owned()).await;
        let turn = turn.map_err(|_| StoreError::Busy)?.map_err(|_| closed())?;
        on_a_thread(move || {
            let _turn = turn;
            shared.read(read)
        })
        .await
    }

    /// Closes every connection, after the readings that are under way.
    pub(super) async fn close(&self) {
        let shared = Arc::clone(&self.0);
        shared.aside.close();
        let close = move || {
            let mut connections = shared.connections();
            connections.closed = true;
            let is_used = |connections: &mut Connections| connections.used > 0;
            let ended = shared.ended.wait_while(connections, is_used);
            ended.unwrap_or_else(PoisonError::into_inner).idle.clear();
            Ok(())
        };
        // It only waits.
        let _ = on_a_thread(close).await;
    }
}

impl Shared {
    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = {
            let mut connections = self.connections();
            if connections.closed {
                return Err(closed());
            }
            connections.used += 1;
            connections.idle.pop()
        };
        let _reading = Reading(self);
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.file)?,
        };
        let found = read(&connection);
        self.connections().idle.push(connection);
        found
    }
}

fn closed() -> StoreError {
    StoreError::Database("the store is closed".to_owned())
}
