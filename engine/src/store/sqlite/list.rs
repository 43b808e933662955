//! Lists of rows as one bound value, so that a set of rows is one statement.
//!
//! A list is JSON for `json_each`; ids and digests are hexadecimal in it, read by `unhex`. Long values are bound beside it as
//! they are, read by `substr`: a row of 4 kB takes half the time so, one of 16 kB a quarter.

use jiff::Timestamp;
use serde_json::Value;

/// Rows of one statement.
#[derive(Debug, Default)]
pub(super) struct List(Vec<Value>);

impl List {
    /// Adds a row.
    pub(super) fn push(&mut self, row: Value) {
        self.0.push(row);
    }

    /// Adds rows.
    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = Value>) {
        self.0.extend(rows);
    }

    /// Returns whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the rows.
    pub(super) fn rows(self) -> Vec<Value> {
        self.0
    }

    /// Returns the value to bind.
    pub(super) fn json(self) -> String {
        Value::Array(self.0).to_string()
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

/// Rows of one statement with a long value in each.
#[derive(Debug, Default)]
pub(super) struct LongRows {
    rows: List,
    values: Vec<u8>,
}

impl LongRows {
    /// Adds a long value, and the row that `row` makes of where it begins, from 1, and how long it is.
    pub(super) fn push(&mut self, value: &[u8], row: impl FnOnce(usize, usize) -> Value) {
        self.rows.push(row(self.values.len() + 1, value.len()));
        self.values.extend_from_slice(value);
    }

    /// Returns the values to bind: the rows, and all long values.
    pub(super) fn bound(mut self) -> (String, Vec<u8>) {
        // No bytes at all would be bound as NULL, and an empty value be read as that.
        self.values.push(0);
        (self.rows.json(), self.values)
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
