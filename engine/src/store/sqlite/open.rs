//! Opening the file: its settings, which are read back, and its schema.
//!
//! Changes nothing in a file that is not this program's, or that a newer one wrote.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Executor as _, SqlitePool};

use super::super::StoreError;
use super::error::{failed, failed_at_commit};

/// The oldest library used: those before it can corrupt a file in WAL mode.
const OLDEST_LIBRARY: [u32; 3] = [3, 51, 3];
/// Marks the file as a store of this program.
const APPLICATION_ID: i64 = 1_097_756_271;
/// How long a connection waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a query waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Most connections that read.
const MAX_READERS: u32 = 8;
/// Pages in the journal from which the connection that writes takes part in writing them into the file (64 MiB).
const CHECKPOINT_PAGES: u32 = 16_000;
/// Most memory for pages of the connection that writes, in KiB; its library's own measure is 2 MiB.
const WRITER_CACHE: u32 = 16 << 10;
/// `PRAGMA synchronous` of a commit that survives a loss of power.
const SYNCHRONOUS_FULL: i64 = 2;
/// The schema, step by step; each sets `user_version` to its number.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
];

/// Returns the number of the schema that this program writes.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Opens the connection that writes, and brings the schema up to date.
pub(super) async fn writer(file: &Path) -> Result<SqlitePool, StoreError> {
    let options = options(file)
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Full)
        // What a statement may have to take back is kept in memory while it runs.
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .pragma("cache_size", format!("-{WRITER_CACHE}"));
    let pool = connected(alone(), options).await?;
    library_is_recent(&pool).await?;
    let schema = schema(&pool).await?;
    let journal = text(&pool, "PRAGMA journal_mode = WAL").await?;
    if journal != "wal" {
        return Err(StoreError::Unfit(format!("`journal_mode` is `{journal}`, not `wal`")));
    }
    migrate(&pool, schema).await?;
    settings_are_taken(&pool).await?;
    empty_journal(&pool).await?;
    Ok(pool)
}

/// Moves what an earlier process left in the journal into the file, which is synced, before anything is recorded after it.
///
/// That process may have ended after a sync that failed: then the system shows what is not on the disk, and no later sync of the
/// journal would put it there. After a loss of power the journal would be read up to that hole, and no further.
async fn empty_journal(pool: &SqlitePool) -> Result<(), StoreError> {
    let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(pool).await;
    match emptied.map_err(failed) {
        // On a full disk there is still much to be read.
        Ok(_) | Err(StoreError::Full | StoreError::Busy) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens the connection that writes the journal into the file.
pub(super) async fn checkpointer(file: &Path) -> Result<SqlitePool, StoreError> {
    connected(kept(1), options(file).synchronous(SqliteSynchronous::Full)).await
}

/// Opens connections that read.
pub(super) async fn readers(file: &Path) -> Result<SqlitePool, StoreError> {
    connected(kept(MAX_READERS), options(file).read_only(true)).await
}

/// Opens connections that read, if the schema is the one this program knows.
pub(super) async fn current_readers(file: &Path) -> Result<SqlitePool, StoreError> {
    let pool = readers(file).await?;
    library_is_recent(&pool).await?;
    let found = schema(&pool).await?;
    if usize::try_from(found) == Ok(MIGRATIONS.len()) {
        return Ok(pool);
    }
    let what = format!(
        "its schema is {found}, and this annona reads {}: start the daemon once",
        MIGRATIONS.len()
    );
    Err(StoreError::Unfit(what))
}

/// Returns how a file is opened.
pub(super) fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

/// Connections are kept for good: settings that were read back stay those of the connection.
fn kept(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection to a file is there as long as the process is.
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_TIMEOUT)
}

/// The one connection that writes. It is opened anew after a failure, and tells again whether its commits survive a loss of power.
fn alone() -> SqlitePoolOptions {
    kept(1).after_connect(|connection, _| {
        Box::pin(async move {
            let synchronous = sqlx::query_scalar("PRAGMA synchronous").fetch_one(connection);
            match is_taken("synchronous", synchronous.await?, SYNCHRONOUS_FULL) {
                Ok(()) => Ok(()),
                Err(unfit) => Err(sqlx::Error::Configuration(Box::new(unfit))),
            }
        })
    })
}

async fn connected(
    pool: SqlitePoolOptions,
    options: SqliteConnectOptions,
) -> Result<SqlitePool, StoreError> {
    pool.connect_with(options).await.map_err(failed)
}

async fn library_is_recent(pool: &SqlitePool) -> Result<(), StoreError> {
    let version = text(pool, "SELECT sqlite_version()").await?;
    if is_recent(&version) {
        return Ok(());
    }
    let [major, minor, patch] = OLDEST_LIBRARY;
    Err(StoreError::Unfit(format!(
        "SQLite {version} is too old: {major}.{minor}.{patch} or later is needed"
    )))
}

fn is_recent(version: &str) -> bool {
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    numbers.is_ok_and(|numbers| numbers.as_slice() >= OLDEST_LIBRARY.as_slice())
}

/// Returns how many migrations the file has had.
async fn schema(pool: &SqlitePool) -> Result<i64, StoreError> {
    let owner = number(pool, "PRAGMA application_id").await?;
    let tables = number(pool, "SELECT count(*) FROM sqlite_schema").await?;
    if owner != APPLICATION_ID && tables > 0 {
        return Err(StoreError::Unfit("the file is another program's database".to_owned()));
    }
    let found = number(pool, "PRAGMA user_version").await?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(found)
}

/// Runs the migrations that the file has not had, each whole or not at all.
async fn migrate(pool: &SqlitePool, schema: i64) -> Result<(), StoreError> {
    let done = usize::try_from(schema).unwrap_or(0);
    for migration in MIGRATIONS.into_iter().skip(done) {
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        transaction.execute(sqlx::raw_sql(migration)).await.map_err(failed)?;
        transaction.commit().await.map_err(failed_at_commit)?;
    }
    Ok(())
}

async fn settings_are_taken(pool: &SqlitePool) -> Result<(), StoreError> {
    let synchronous = number(pool, "PRAGMA synchronous").await?;
    is_taken("synchronous", synchronous, SYNCHRONOUS_FULL)?;
    is_taken("secure_delete", number(pool, "PRAGMA secure_delete").await?, 1)?;
    let waits = i64::try_from(BUSY_TIMEOUT.as_millis()).unwrap_or(i64::MAX);
    is_taken("busy_timeout", number(pool, "PRAGMA busy_timeout").await?, waits)
}

fn is_taken(setting: &str, found: i64, wanted: i64) -> Result<(), StoreError> {
    if found == wanted {
        return Ok(());
    }
    Err(StoreError::Unfit(format!("`{setting}` is {found}, not {wanted}")))
}

async fn number(pool: &SqlitePool, sql: &'static str) -> Result<i64, StoreError> {
    sqlx::query_scalar(sql).fetch_one(pool).await.map_err(failed)
}

async fn text(pool: &SqlitePool, sql: &'static str) -> Result<String, StoreError> {
    sqlx::query_scalar(sql).fetch_one(pool).await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_before_the_first_safe_one_is_too_old() {
        assert!(is_recent("3.51.3"));
        assert!(is_recent("3.100.0"));
        assert!(!is_recent("3.51.2"));
        assert!(!is_recent("3.9.9"));
        assert!(!is_recent("unknown"));
    }

    #[test]
    fn a_setting_that_was_not_taken_makes_the_store_unfit() {
        let error = is_taken("synchronous", 1, SYNCHRONOUS_FULL).unwrap_err();
        assert_eq!(error.to_string(), "the store cannot be used: `synchronous` is 1, not 2");
    }
}
