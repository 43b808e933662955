//! Which installation a database is, and the hold on its beginning: daemons that start at once begin one after the other.

use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::super::StoreError;
use super::Postgres;
use super::error::failed;
use super::row::Columns;
use super::session;

/// The lock under which a daemon starts.
const LOCK: i64 = 1_097_756_272;

/// The hold of a daemon that starts; freed by the server when the connection ends, however it ends.
#[derive(Debug)]
pub struct Beginning(PgConnection);

impl Beginning {
    /// Lets the next daemon start.
    pub async fn end(self) {
        // However the connection ends, the hold is gone with it.
        let _ = self.0.close().await;
    }
}

impl Postgres {
    /// Waits until no other daemon starts over this database, and has the others wait.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Busy`] if another one takes too long, and another [`StoreError`] if the database cannot be asked.
    pub async fn begin(&self) -> Result<Beginning, StoreError> {
        let mut connection = session::connect(self.writer.address()).await?;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(&mut connection)
            .await
            .map_err(failed)?;
        Ok(Beginning(connection))
    }

    /// Returns which installation the database is.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if it cannot be asked.
    pub async fn installation(&self) -> Result<Uuid, StoreError> {
        let row = sqlx::query("SELECT name FROM installation WHERE id = 1")
            .fetch_one(&self.pool)
            .await
            .map_err(failed)?;
        Columns::of("installation", &row).get(0)
    }
}
