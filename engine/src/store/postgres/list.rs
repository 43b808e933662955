//! Lists of rows as arrays, one for each column, so that a set of rows is one statement over `unnest`.

use jiff::Timestamp;

/// Returns one column of some rows.
pub(super) fn column<'r, R, T>(rows: &'r [R], of: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

/// Returns an instant as it stands in a column.
pub(super) fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

/// Returns a count or version as it stands in a column; none comes near the limit.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
