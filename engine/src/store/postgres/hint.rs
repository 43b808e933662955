//! What daemons tell each other: that something waits in the outbox.
//!
//! Sent by a statement of its own, never in a transaction that records: at its commit PostgreSQL takes one lock for all. Nothing
//! depends on it: every daemon looks by itself too, and a hint that is lost costs a second.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::super::StoreError;
use super::address::Address;
use super::error::failed;

/// The channel of the hints.
const CHANNEL: &str = "annona_outbox";

/// How long a connection for hints may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The hints of one daemon, and those of the others.
#[derive(Debug, Clone)]
pub(super) struct Hints {
    /// One connection, opened where it is needed: it listens as long as it lives.
    pool: PgPool,
    /// Which hints are this daemon's own.
    own: Uuid,
    listening: Arc<Mutex<Option<PgListener>>>,
}

impl Hints {
    pub(super) fn new(address: &Address) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_lazy_with(address.options.clone());
        Self { pool, own: Uuid::now_v7(), listening: Arc::default() }
    }

    /// Tells the other daemons.
    pub(super) async fn give(&self, pool: &PgPool) -> Result<(), StoreError> {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(self.own.to_string())
            .execute(pool)
            .await
            .map(drop)
            .map_err(failed)
    }

    /// Waits until another daemon tells; also returns when the connection was lost and is there again, as hints may be lost.
    pub(super) async fn wait(&self) -> Result<(), StoreError> {
        let mut listening = self.listening.lock().await;
        let mut listener = if let Some(listener) = listening.take() {
            listener
        } else {
            let mut listener = PgListener::connect_with(&self.pool).await.map_err(failed)?;
            listener.listen(CHANNEL).await.map_err(failed)?;
            listener
        };
        let own = self.own.to_string();
        while let Some(notification) = listener.try_recv().await.map_err(failed)? {
            if notification.payload() != own {
                break;
            }
        }
        *listening = Some(listener);
        Ok(())
    }

    /// Listens no more.
    pub(super) async fn close(&self) {
        // Who waits is woken by the closing, and gives the listener's connection back, for which the closing waits.
        let closing = self.pool.close();
        drop(self.listening.lock().await.take());
        closing.await;
    }
}
