//! Opening the file: its settings, which are read back, and its schema.
//!
//! Changes nothing in a file that is not this program's, or that a newer one wrote.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::super::StoreError;
use super::error::{failed, failed_at_commit};

/// The oldest library used: those before it can corrupt a file in WAL mode.
const OLDEST_LIBRARY: [u32; 3] = [3, 51, 3];
/// What a connection that writes is opened for.
const WRITES: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE;
/// Marks the file as a store of this program.
const APPLICATION_ID: i64 = 1_097_756_271;
/// How long a connection waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages in the journal from which the connection that writes takes part in writing them into the file (64 MiB).
const CHECKPOINT_PAGES: u32 = 16_000;
/// Most memory for pages of the connection that writes, in KiB; its library's own measure is 2 MiB.
const WRITER_CACHE: u32 = 16 << 10;
/// Statements that a connection keeps prepared: more than there are.
const KEPT_STATEMENTS: usize = 128;
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
pub(super) fn first(file: &Path) -> Result<Connection, StoreError> {
    let mut connection = for_writing(file)?;
    library_is_recent(&connection)?;
    let schema = schema(&connection)?;
    let journal: String = asked(&connection, "PRAGMA journal_mode = WAL")?;
    if journal != "wal" {
        return Err(StoreError::Unfit(format!("`journal_mode` is `{journal}`, not `wal`")));
    }
    migrate(&mut connection, schema)?;
    settings_are_taken(&connection)?;
    empty_journal(&connection)?;
    Ok(connection)
}

/// Opens the connection that writes again; it tells again whether its commits survive a loss of power.
pub(super) fn again(file: &Path) -> Result<Connection, StoreError> {
    let connection = for_writing(file)?;
    settings_are_taken(&connection)?;
    Ok(connection)
}

fn for_writing(file: &Path) -> Result<Connection, StoreError> {
    let connection = connected(file, WRITES | OpenFlags::SQLITE_OPEN_CREATE)?;
    // What a statement may have to take back is kept in memory while it runs.
    let settings = format!(
        "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA cache_size = -{WRITER_CACHE}"
    );
    connection.execute_batch(&settings).map_err(failed)?;
    Ok(connection)
}

/// Opens a connection; its settings are those of the library.
fn connected(file: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    // Whoever holds a connection uses it alone.
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
    Ok(connection)
}

/// Moves what an earlier process left in the journal into the file, which is synced, before anything is recorded after it.
///
/// That process may have ended after a sync that failed: then the system shows what is not on the disk, and no later sync of the
/// journal would put it there. After a loss of power the journal would be read up to that hole, and no further.
fn empty_journal(connection: &Connection) -> Result<(), StoreError> {
    match connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").map_err(failed) {
        // On a full disk there is still much to be read.
        Ok(()) | Err(StoreError::Full | StoreError::Busy) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens the connection that writes the journal into the file.
pub(super) fn checkpointer(file: &Path) -> Result<Connection, StoreError> {
    let connection = connected(file, WRITES)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
        .map_err(failed)?;
    Ok(connection)
}

/// Opens a connection that reads.
pub(super) fn reader(file: &Path) -> Result<Connection, StoreError> {
    connected(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Opens a connection that reads, if the schema is the one that this program knows.
pub(super) fn current_reader(file: &Path) -> Result<Connection, StoreError> {
    let connection = reader(file)?;
    library_is_recent(&connection)?;
    let (found, known) = (schema(&connection)?, known());
    if found == known {
        return Ok(connection);
    }
    let what =
        format!("its schema is {found}, and this annona reads {known}: start the daemon once");
    Err(StoreError::Unfit(what))
}

/// Opens a file that nobody else uses, and that whoever made it syncs.
pub(super) fn unshared(file: &Path) -> Result<Connection, StoreError> {
    let connection = connected(file, WRITES)?;
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA secure_delete = ON")
        .map_err(failed)?;
    Ok(connection)
}

fn library_is_recent(connection: &Connection) -> Result<(), StoreError> {
    let version: String = asked(connection, "SELECT sqlite_version()")?;
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
fn schema(connection: &Connection) -> Result<i64, StoreError> {
    let owner: i64 = asked(connection, "PRAGMA application_id")?;
    let tables: i64 = asked(connection, "SELECT count(*) FROM sqlite_schema")?;
    if owner != APPLICATION_ID && tables > 0 {
        return Err(StoreError::Unfit("the file is another program's database".to_owned()));
    }
    let found = asked(connection, "PRAGMA user_version")?;
    let known = known();
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(found)
}

/// Runs the migrations that the file has not had, each whole or not at all.
fn migrate(connection: &mut Connection, schema: i64) -> Result<(), StoreError> {
    let done = usize::try_from(schema).unwrap_or(0);
    for migration in MIGRATIONS.into_iter().skip(done) {
        let transaction = begin(connection)?;
        transaction.execute_batch(migration).map_err(failed)?;
        transaction.commit().map_err(failed_at_commit)?;
    }
    Ok(())
}

/// Begins a transaction that holds the only write lock from its beginning.
pub(super) fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)
}

fn settings_are_taken(connection: &Connection) -> Result<(), StoreError> {
    let waits = i64::try_from(BUSY_TIMEOUT.as_millis()).unwrap_or(i64::MAX);
    is_taken("synchronous", asked(connection, "PRAGMA synchronous")?, SYNCHRONOUS_FULL)?;
    is_taken("secure_delete", asked(connection, "PRAGMA secure_delete")?, 1)?;
    is_taken("busy_timeout", asked(connection, "PRAGMA busy_timeout")?, waits)
}

fn is_taken(setting: &str, found: i64, wanted: i64) -> Result<(), StoreError> {
    if found == wanted {
        return Ok(());
    }
    Err(StoreError::Unfit(format!("`{setting}` is {found}, not {wanted}")))
}

/// Returns what a statement comes to.
pub(super) fn asked<T: FromSql>(
    connection: &Connection,
    sql: &'static str,
) -> Result<T, StoreError> {
    connection.query_row(sql, (), |row| row.get(0)).map_err(failed)
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
