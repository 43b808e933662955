//! What a failure of the database means to whoever asked.

use super::super::StoreError;

/// What is said where no connection was to be had in time; none was lost over it.
pub(super) const NONE_FREE: &str = "no connection became free in time";

/// A failure of an attempt to record a batch.
#[derive(Debug)]
pub(super) enum Fault {
    /// Somebody else was quicker; another attempt sees what they did. What it comes to where no attempt is left.
    Raced(StoreError),
    /// Nothing that another attempt would change.
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let raced = matches!(code(&error).as_deref(), Some("40001" | "40P01" | "23505"));
        if raced { Self::Raced(failed(error)) } else { Self::Store(failed(error)) }
    }
}

impl Fault {
    /// Returns that somebody else was quicker, which a statement showed by the rows that it did not change.
    pub(super) fn raced() -> Self {
        Self::Raced(StoreError::Busy)
    }
}

/// Returns what a failure before any commit means.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(said) => {
            by_code(said.code().as_deref().unwrap_or_default(), said.message())
        }
        sqlx::Error::Io(cause) => StoreError::Unreachable(cause.to_string()),
        sqlx::Error::PoolTimedOut => StoreError::Unreachable(NONE_FREE.to_owned()),
        sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::Unreachable(error.to_string()),
        _ => StoreError::Database(error.to_string()),
    }
}

/// Returns what a failure of the commit itself means: where PostgreSQL does not say that nothing was recorded, nobody knows.
pub(super) fn failed_at_commit(error: sqlx::Error) -> Fault {
    match code(&error).as_deref() {
        Some("40003") | None => Fault::Store(StoreError::Unknown),
        Some(code)
            if code.starts_with("40")
                || code.starts_with("23")
                || code.starts_with("53")
                || code == "25006" =>
        {
            error.into()
        }
        // Also when the server is shut down: the record may be on its disk already.
        Some(_) => Fault::Store(StoreError::Unknown),
    }
}

/// Tells apart what PostgreSQL says by its codes (appendix A of its manual); the message names no value of a row.
fn by_code(code: &str, message: &str) -> StoreError {
    match code {
        "53100" => StoreError::Full,
        "25006" => StoreError::ReadOnly,
        // Serialization, deadlock, a lock or a statement that took too long.
        "40001" | "40P01" | "55P03" | "57014" => StoreError::Busy,
        // Who we are, what we may do, whether the database is there.
        "28000" | "28P01" | "3D000" | "42501" => StoreError::Unfit(message.to_owned()),
        // Too many connections; the server shuts down, starts, or closed a session that idled.
        "53300" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" => {
            StoreError::Unreachable(message.to_owned())
        }
        _ if code.starts_with("08") => StoreError::Unreachable(message.to_owned()),
        _ => StoreError::Database(message.to_owned()),
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_says_what_whoever_asked_can_do() {
        let meant = |code| by_code(code, "words of the server").to_string();
        for (code, words) in [
            ("53100", "the disk is full: nothing was recorded"),
            ("25006", "the store is read-only: nothing was recorded"),
            ("55P03", "the store is in use by another process"),
            ("28P01", "the store cannot be used: words of the server"),
            ("53300", "the database cannot be reached: words of the server"),
            ("57P01", "the database cannot be reached: words of the server"),
            ("08006", "the database cannot be reached: words of the server"),
            ("22021", "the database failed: words of the server"),
        ] {
            assert_eq!(meant(code), words);
        }
    }

    #[test]
    fn a_connection_that_is_lost_at_the_commit_leaves_its_outcome_unknown() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(matches!(failed_at_commit(lost), Fault::Store(StoreError::Unknown)));
        let before = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(matches!(Fault::from(before), Fault::Store(StoreError::Unreachable(_))));
    }
}
