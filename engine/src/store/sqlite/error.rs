//! What a failure of the database means to whoever asked.

use super::super::StoreError;

/// Primary result codes of SQLite that are told apart; the extended code's low byte.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READ_ONLY: i32 = 8;
const FULL: i32 = 13;
const NOT_A_DATABASE: i32 = 26;
/// Bits of an extended result code that hold the primary one.
const PRIMARY: i32 = 0xff;

/// Returns what a failure of a connection that reads means.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code()?.parse().ok());
    meaning(code, &error)
}

/// Returns what a failure of the connection that writes means, before any commit.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn refused(error: rusqlite::Error) -> StoreError {
    let code = error.sqlite_error().map(|error| error.extended_code);
    meaning(code, &error)
}

/// Returns what a failure of the commit itself means: where SQLite does not say that nothing was recorded, nobody knows.
pub(super) fn refused_at_commit(error: rusqlite::Error) -> StoreError {
    match refused(error) {
        certain @ (StoreError::Full | StoreError::ReadOnly | StoreError::Busy) => certain,
        _ => StoreError::Unknown,
    }
}

fn meaning(code: Option<i32>, error: &dyn std::error::Error) -> StoreError {
    match code.map(|code| code & PRIMARY) {
        Some(FULL) => StoreError::Full,
        Some(READ_ONLY) => StoreError::ReadOnly,
        Some(BUSY | LOCKED) => StoreError::Busy,
        Some(NOT_A_DATABASE) => StoreError::Unfit("the file is not an SQLite database".to_owned()),
        _ => StoreError::Database(error.to_string()),
    }
}
