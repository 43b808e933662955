//! A database that another store is copied into: marked as such from before its first row until all is there and compared, so that
//! no daemon serves the half of it.
//!
//! Takes rows in and gives them back; knows nothing of where they come from.

use sqlx::{Connection as _, Executor as _, PgConnection};

use super::super::StoreError;
use super::super::copy::CopyError;
use super::super::table::{Cell, TABLES, Table, Totals};
use super::error::failed;
use super::{Address, rows, schema, session};
use crate::recorded::Hash;

/// Held by the one process that copies into a database.
const LOCK: i64 = 1_097_756_273;
/// The mark: whose store is being copied.
const MARK: &str = "CREATE TABLE annona_copy (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    source BYTEA
);
INSERT INTO annona_copy (id, source) VALUES (1, NULL)";
/// Tables of which every installation has a row once its first start is over.
const BEGUN: &str = "SELECT EXISTS (SELECT FROM roster) OR EXISTS (SELECT FROM token)
                         OR EXISTS (SELECT FROM definition) OR EXISTS (SELECT FROM application)";

/// A database that is being filled.
#[derive(Debug)]
pub(in super::super) struct Filling {
    connection: PgConnection,
}

impl Filling {
    /// Marks an empty database as being filled from a store, or goes on with one that is.
    pub(in super::super) async fn begin(
        address: &Address,
        source: Hash,
    ) -> Result<Self, CopyError> {
        let mut connection = session::connect(address).await.map_err(CopyError::Target)?;
        for sql in ["SET statement_timeout = 0", "SET idle_in_transaction_session_timeout = 0"] {
            execute(&mut connection, sql).await?;
        }
        let alone: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut connection)
            .await
            .map_err(target)?;
        if !alone {
            return Err(CopyError::UnderWay);
        }
        if !is_marked(&mut connection).await? {
            schema::bring_up(&mut connection, Some(MARK)).await.map_err(CopyError::Target)?;
            if !is_marked(&mut connection).await? {
                mark(&mut connection).await?;
            }
        }
        is_of(&mut connection, source).await?;
        Ok(Self { connection })
    }

    /// Returns the greatest key of a table.
    pub(in super::super) async fn newest(
        &mut self,
        table: &Table,
    ) -> Result<Option<Vec<Cell>>, StoreError> {
        rows::newest(&mut self.connection, table).await
    }

    /// Counts the rows that are there.
    pub(in super::super) async fn count(&mut self) -> Result<u64, StoreError> {
        let mut all = 0_u64;
        for table in &TABLES {
            all = all.saturating_add(rows::count(&mut self.connection, table).await?);
        }
        Ok(all)
    }

    /// Takes a page of rows in, all or none.
    pub(in super::super) async fn fill(
        &mut self,
        table: &Table,
        page: &[Vec<Cell>],
    ) -> Result<(), StoreError> {
        rows::fill(&mut self.connection, table, page).await
    }

    /// Goes on counting entries of the outbox and incidents where the other store was: a number is never given out twice.
    pub(in super::super) async fn count_on(
        &mut self,
        outbox: i64,
        incident: i64,
    ) -> Result<(), StoreError> {
        let sql = "SELECT setval(pg_get_serial_sequence('outbox', 'id'), greatest($1, 1), $1 > 0),
                          setval(pg_get_serial_sequence('incident', 'id'), greatest($2, 1), $2 > 0)";
        let set = sqlx::query(sql).bind(outbox).bind(incident).execute(&mut self.connection).await;
        set.map(|_| ()).map_err(failed)
    }

    /// Returns what all rows come to; tells now and then how many more were read.
    pub(in super::super) async fn totals(
        &mut self,
        read: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Totals, StoreError> {
        rows::totals(&mut self.connection, read).await
    }

    /// Takes the mark away: all is there.
    pub(in super::super) async fn end(mut self) -> Result<(), StoreError> {
        // Plans are made for the rows that are there now.
        for sql in ["ANALYZE", "DROP TABLE annona_copy"] {
            self.connection.execute(sql).await.map_err(failed)?;
        }
        self.connection.close().await.map_err(failed)
    }
}

async fn is_marked(connection: &mut PgConnection) -> Result<bool, CopyError> {
    schema::is_being_filled(connection).await.map_err(CopyError::Target)
}

/// Marks a database that has its tables already, if it holds nothing.
async fn mark(connection: &mut PgConnection) -> Result<(), CopyError> {
    let mut transaction = connection.begin().await.map_err(target)?;
    // A daemon that starts on it at this moment has recorded its first roster, or waits.
    let locked = "LOCK TABLE roster, token, definition, application IN SHARE ROW EXCLUSIVE MODE";
    transaction.execute(locked).await.map_err(target)?;
    let begun: bool =
        sqlx::query_scalar(BEGUN).fetch_one(&mut *transaction).await.map_err(target)?;
    if begun {
        return Err(CopyError::Held);
    }
    transaction.execute(sqlx::raw_sql(MARK)).await.map_err(target)?;
    transaction.commit().await.map_err(target)
}

/// Names the store that is copied, or refuses another than was begun with.
async fn is_of(connection: &mut PgConnection, source: Hash) -> Result<(), CopyError> {
    let named = sqlx::query(
        "UPDATE annona_copy SET source = $1 WHERE id = 1 AND coalesce(source, $1) = $1",
    )
    .bind(source.0.as_slice())
    .execute(connection)
    .await
    .map_err(target)?;
    if named.rows_affected() == 1 { Ok(()) } else { Err(CopyError::Another) }
}

async fn execute(connection: &mut PgConnection, sql: &'static str) -> Result<(), CopyError> {
    connection.execute(sql).await.map(|_| ()).map_err(target)
}

fn target(error: sqlx::Error) -> CopyError {
    CopyError::Target(failed(error))
}
