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

/// Returns what a failure before any commit means.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    match primary_code(&error) {
        Some(FULL) => StoreError::Full,
        Some(READ_ONLY) => StoreError::ReadOnly,
        Some(BUSY | LOCKED) => StoreError::Busy,
        Some(NOT_A_DATABASE) => StoreError::Unfit("the file is not an SQLite database".to_owned()),
        _ => StoreError::Database(error.to_string()),
    }
}

/// Returns what a failure of the commit itself means: where SQLite does not say that nothing was recorded, nobody knows.
pub(super) fn failed_at_commit(error: sqlx::Error) -> StoreError {
    match failed(error) {
        certain @ (StoreError::Full | StoreError::ReadOnly | StoreError::Busy) => certain,
        _ => StoreError::Unknown,
    }
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?.parse::<i32>().ok()?;
    Some(code & PRIMARY)
}
