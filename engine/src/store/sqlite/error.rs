//! What a failure of the database means to whoever asked.

use rusqlite::ErrorCode;

use super::super::StoreError;

/// Returns what a failure before any commit means.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::NotADatabase) => {
            StoreError::Unfit("the file is not an SQLite database".to_owned())
        }
        _ => StoreError::Database(error.to_string()),
    }
}

/// Returns what a failure of the commit itself means: where SQLite does not say that nothing was recorded, nobody knows.
pub(super) fn failed_at_commit(error: rusqlite::Error) -> StoreError {
    match failed(error) {
        certain @ (StoreError::Full | StoreError::ReadOnly | StoreError::Busy) => certain,
        _ => StoreError::Unknown,
    }
}
