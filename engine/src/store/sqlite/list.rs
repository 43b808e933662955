//! Lists of keys as one bound value, so that what is read for all of them is one statement.
//!
//! A list is JSON for `json_each`; ids and digests are hexadecimal in it, read by `unhex`.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

/// Rows of one statement, written as they are added.
#[derive(Debug, Default)]
pub(super) struct List {
    json: String,
}

impl List {
    /// Adds a row.
    #[expect(clippy::needless_pass_by_value, reason = "rows are made where they are added")]
    pub(super) fn push(&mut self, row: Value) {
        self.next();
        // Writing into a text does not fail.
        let _ = write!(self.json, "{row}");
    }

    /// Adds rows.
    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = Value>) {
        for row in rows {
            self.push(row);
        }
    }

    /// Returns the value to bind.
    pub(super) fn json(mut self) -> String {
        self.json.push_str(if self.json.is_empty() { "[]" } else { "]" });
        self.json
    }

    fn next(&mut self) {
        self.json.push(if self.json.is_empty() { '[' } else { ',' });
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(rows: I) -> Self {
        let mut list = Self::default();
        list.extend(rows);
        list
    }
}

/// Returns bytes as they stand in a list.
pub(super) fn hex(bytes: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(bytes.as_ref())
}

/// Returns an instant as it stands in a column.
pub(super) fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

/// Returns a count or version as it stands in a column; none comes near the limit.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
