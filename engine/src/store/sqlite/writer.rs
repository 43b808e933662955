//! The one connection that writes. What is to be written is run whole on one thread, which waits for the disk.
//!
//! The connection is kept while it can be used, and opened anew after anything that leaves it in doubt.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::task::spawn_blocking;

use super::super::StoreError;
use super::error::failed;
use super::open;

/// The connection that writes, and the file it writes to.
#[derive(Debug, Clone)]
pub(super) struct Writer(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    file: Box<Path>,
    connection: Mutex<Option<Connection>>,
}

impl Writer {
    /// Opens a file, creating it and bringing its schema up to date where needed.
    pub(super) async fn open(file: &Path) -> Result<Self, StoreError> {
        let file: Box<Path> = file.into();
        on_a_thread(move || {
            let connection = Mutex::new(Some(open::first(&file)?));
            Ok(Self(Some(Arc::new(Shared { file, connection }))))
        })
        .await
    }

    /// Returns what writes nothing.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Does something with the connection on this thread, which waits for the disk.
    pub(super) fn here<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.as_ref().ok_or(StoreError::ReadOnly)?.run(work)
    }

    /// Does something with the connection aside, to its end, even if nobody waits for it any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = self.0.clone().ok_or(StoreError::ReadOnly)?;
        on_a_thread(move || shared.run(work)).await
    }

    /// Runs a statement by itself; one that fails leaves the connection as it was.
    pub(super) async fn execute(&self, sql: &'static str) -> Result<(), StoreError> {
        self.run(move |connection| Ok(connection.execute_batch(sql).map_err(failed))).await?
    }

    /// Closes the connection; what waits in the journal is written into the file.
    pub(super) async fn close(&self) {
        if let Some(shared) = self.0.clone() {
            // Nothing waits to be written.
            let close = move || {
                drop(shared.held().take());
                Ok(())
            };
            let _ = on_a_thread(close).await;
        }
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut held = self.held();
        // Taken out while it is used: after a failure or a panic nobody knows how it stands.
        let mut connection = match held.take() {
            Some(connection) => connection,
            None => open::again(&self.file)?,
        };
        let done = work(&mut connection)?;
        *held = Some(connection);
        Ok(done)
    }
}

/// Runs what waits for the disk, and panics where it does.
pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The process is ending.
            Err(_) => Err(StoreError::Unknown),
        },
    }
}
