//! The schema, brought up to date under a lock that all daemons of a database share.
//!
//! Changes nothing in a database that is not this program's, or that a newer one wrote.

use sqlx::{Acquire as _, Executor as _, PgConnection};

use super::super::StoreError;
use super::error::{Fault, failed, failed_at_commit};

/// The schema, step by step.
const MIGRATIONS: [&str; 2] = [include_str!("migrations/1.sql"), include_str!("migrations/2.sql")];
/// The lock under which one daemon changes the schema while the others wait.
const LOCK: i64 = 1_097_756_271;

/// Brings the schema up to date.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    is_whole(connection).await?;
    bring_up(connection, None).await?;
    // Somebody may have begun to copy into it while this one waited.
    is_whole(connection).await
}

/// Brings the schema up to date, and does one thing more in the transaction that does so.
pub(super) async fn bring_up(
    connection: &mut PgConnection,
    more: Option<&'static str>,
) -> Result<(), StoreError> {
    if is_current(found(connection).await?)? {
        return Ok(());
    }
    let mut transaction = connection.begin().await.map_err(failed)?;
    // Others wait here for as long as it takes; whoever comes second finds that all is done.
    for setting in ["SET LOCAL statement_timeout = 0", "SET LOCAL lock_timeout = 0"] {
        transaction.execute(setting).await.map_err(failed)?;
    }
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let schema = found(&mut transaction).await?;
    if is_current(schema)? {
        return transaction.rollback().await.map_err(failed);
    }
    let done = usize::try_from(schema).unwrap_or(0);
    for migration in MIGRATIONS.into_iter().skip(done) {
        transaction.execute(sqlx::raw_sql(migration)).await.map_err(failed)?;
    }
    sqlx::query(
        "INSERT INTO annona_schema (id, version) VALUES (1, $1)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version",
    )
    .bind(known())
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    if let Some(more) = more {
        transaction.execute(sqlx::raw_sql(more)).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(|error| match failed_at_commit(error) {
        Fault::Raced(error) | Fault::Store(error) => error,
    })
}

/// Refuses a schema that is not the one this program knows.
pub(super) async fn current(connection: &mut PgConnection) -> Result<(), StoreError> {
    is_whole(connection).await?;
    let schema = found(connection).await?;
    if is_current(schema)? {
        return Ok(());
    }
    let what =
        format!("its schema is {schema}, and this annona reads {}: start the daemon once", known());
    Err(StoreError::Unfit(what))
}

/// Refuses a database that another store is being copied into.
async fn is_whole(connection: &mut PgConnection) -> Result<(), StoreError> {
    if !is_being_filled(connection).await? {
        return Ok(());
    }
    let what = "a store is being copied into it: run `annona store copy` again until it says that all is there";
    Err(StoreError::Unfit(what.to_owned()))
}

/// Returns whether another store is being copied into the database.
pub(super) async fn is_being_filled(connection: &mut PgConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT to_regclass('annona_copy') IS NOT NULL")
        .fetch_one(connection)
        .await
        .map_err(failed)
}

/// Returns how many migrations the database has had.
async fn found(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let (ours, tables): (bool, i64) = sqlx::query_as(
        "SELECT to_regclass('annona_schema') IS NOT NULL,
                (SELECT count(*) FROM pg_tables WHERE schemaname = current_schema())",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(failed)?;
    match (ours, tables) {
        (true, _) => sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM annona_schema")
            .fetch_one(connection)
            .await
            .map_err(failed),
        (false, 0) => Ok(0),
        (false, _) => Err(StoreError::Unfit("the database is another program's".to_owned())),
    }
}

fn is_current(found: i64) -> Result<bool, StoreError> {
    let known = known();
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(found == known) }
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}
