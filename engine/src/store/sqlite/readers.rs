//! Connections that read, opened as they are wanted and kept.
//!
//! What is found by its key is read at once, on the thread that asks: handing it to another thread and back takes longer than
//! reading it. Lists and sums are read on a thread that may wait.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::super::StoreError;
use super::open;
use super::writer::on_a_thread;

/// Most readings aside at once.
const MAX_ASIDE: u32 = 8;
/// How long a reading aside waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Connections that cannot write, to one file.
#[derive(Debug, Clone)]
pub(in super::super) struct Readers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: Box<Path>,
    /// Connections that nobody uses; none once they are closed.
    idle: Mutex<Option<Vec<Connection>>>,
    aside: Arc<Semaphore>,
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
            let idle = Mutex::new(Some(vec![open(&file)?]));
            let aside = Arc::new(Semaphore::new(usize::try_from(MAX_ASIDE).unwrap_or(1)));
            Ok(Self(Arc::new(Shared { file, idle, aside })))
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

    /// Closes every connection, after the readings aside that are under way.
    pub(super) async fn close(&self) {
        // Closed already, or everybody's turn.
        let _turns = self.0.aside.acquire_many(MAX_ASIDE).await;
        self.0.aside.close();
        self.0.idle().take();
    }
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle().as_mut().ok_or_else(closed)?.pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.file)?,
        };
        let found = read(&connection);
        if let Some(idle) = self.idle().as_mut() {
            idle.push(connection);
        }
        found
    }
}

fn closed() -> StoreError {
    StoreError::Database("the store is closed".to_owned())
}
