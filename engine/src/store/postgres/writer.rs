//! The connections that record: a batch is tried until it is recorded, lost, or refused by the database.
//!
//! A connection is kept while it can be used, and opened anew after anything that leaves it in doubt.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{Executor as _, PgConnection};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

use super::super::{Batch, MAX_BATCH, StoreError, Unit};
use super::address::Address;
use super::commit;
use super::error::{Fault, failed, failed_at_commit};
use super::session::{self, ANSWER_TIMEOUT, within};

/// Most attempts to record a batch, each after somebody else was quicker.
const MAX_ATTEMPTS: usize = 8;
/// Batches that are recorded at once, each by a connection of its own: while one waits for the disk, another is written.
pub(super) const LANES: usize = 2;

/// The connections that record, and how to open them again.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    address: Arc<Address>,
    /// Those that nobody uses: one is taken out while it is used, so that a future that is dropped on its way leaves no
    /// transaction open.
    idle: Arc<Mutex<Vec<PgConnection>>>,
    /// How many more may be used.
    free: Arc<Semaphore>,
}

impl Writer {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address: Arc::new(address),
            idle: Arc::default(),
            free: Arc::new(Semaphore::new(LANES)),
        }
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let closed = |_: AcquireError| StoreError::Unreachable("it is closed".to_owned());
        self.free.acquire().await.map_err(closed)
    }

    fn kept(&self) -> Option<PgConnection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: Option<PgConnection>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Records a batch whole, or says who lost what and records nothing.
    pub(super) async fn commit(&self, batch: &[Unit]) -> Result<Batch, StoreError> {
        if batch.len() > MAX_BATCH {
            return Err(StoreError::Database(format!("a batch has at most {MAX_BATCH} units")));
        }
        let _turn = self.turn().await?;
        let mut last = StoreError::Busy;
        for _ in 0..MAX_ATTEMPTS {
            let kept = self.kept();
            let is_kept = kept.is_some();
            let mut connection = match kept {
                Some(connection) => connection,
                None => session::connect(&self.address).await?,
            };
            match attempt(&mut connection, batch).await {
                Ok(outcome) => {
                    self.keep(Some(connection));
                    return Ok(outcome);
                }
                Err(Fault::Raced(error)) => {
                    self.keep(rolled_back(connection).await);
                    last = error;
                }
                // It had been lost while nobody used it.
                Err(Fault::Store(error @ StoreError::Unreachable(_))) if is_kept => last = error,
                Err(Fault::Store(error)) => {
                    if is_of_the_batch(&error) {
                        self.keep(rolled_back(connection).await);
                    }
                    return Err(error);
                }
            }
        }
        Err(last)
    }

    /// Runs a statement by itself.
    pub(super) async fn execute(&self, sql: &'static str) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        let kept = self.kept();
        let is_kept = kept.is_some();
        let mut connection = match kept {
            Some(connection) => connection,
            None => session::connect(&self.address).await?,
        };
        let done = within(ANSWER_TIMEOUT, async { connection.execute(sql).await.map_err(failed) });
        done.await?;
        // One that was opened here is driven by the threads that answer requests, and batches would wait for these.
        self.keep(Some(connection).filter(|_| is_kept));
        Ok(())
    }

    /// Gives back the room of personal values that were deleted, by a connection of its own: that takes as long as it takes.
    pub(super) async fn settle(&self) -> Result<(), StoreError> {
        let mut connection = session::connect(&self.address).await?;
        for sql in
            ["SET statement_timeout = 0", "VACUUM data_key, sealed, contact, outbox, document"]
        {
            connection.execute(sql).await.map_err(failed)?;
        }
        // All that was asked is done.
        let _ = sqlx::Connection::close(connection).await;
        Ok(())
    }

    /// Closes the connections.
    pub(super) async fn close(&self) {
        while let Some(connection) = self.kept() {
            // Nothing waits to be written.
            let _ = sqlx::Connection::close(connection).await;
        }
    }
}

/// Tries once: one transaction. Its commit waits for a standby as long as that takes: no timeout of a statement ends that wait.
pub(super) async fn attempt(connection: &mut PgConnection, batch: &[Unit]) -> Result<Batch, Fault> {
    let written = within(ANSWER_TIMEOUT, async {
        connection.execute("BEGIN").await?;
        commit::write(connection, batch).await
    });
    match written.await? {
        Batch::Lost(losers) => {
            connection.execute("ROLLBACK").await?;
            Ok(Batch::Lost(losers))
        }
        committed @ Batch::Committed(_) => {
            let answered = tokio::time::timeout(ANSWER_TIMEOUT, connection.execute("COMMIT"));
            match answered.await {
                Ok(Ok(_)) => Ok(committed),
                Ok(Err(error)) => Err(failed_at_commit(error)),
                Err(_) => Err(Fault::Store(StoreError::Unknown)),
            }
        }
    }
}

/// Returns whether the database refused what is in the batch, and would take another one by this connection.
fn is_of_the_batch(error: &StoreError) -> bool {
    matches!(error, StoreError::Database(_) | StoreError::Corrupt { .. } | StoreError::Full)
}

/// Ends a transaction that failed; a connection that cannot do so is given up.
async fn rolled_back(mut connection: PgConnection) -> Option<PgConnection> {
    let ended =
        within(ANSWER_TIMEOUT, async { connection.execute("ROLLBACK").await.map_err(failed) });
    ended.await.is_ok().then_some(connection)
}
