//! Lists of rows as one bound value, so that a set of rows is one statement.
//!
//! A list is JSON for `json_each`; ids and digests are hexadecimal in it, read by `unhex`. Long values are bound beside it as
//! they are, read by `substr`: a row of 4 kB takes half the time so, one of 16 kB a quarter.

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

    /// Begins a row that is written column by column, and ended.
    pub(super) fn row(&mut self) -> Row<'_> {
        self.next();
        self.json.push('[');
        Row { json: &mut self.json, is_first: true }
    }

    /// Adds rows.
    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = Value>) {
        for row in rows {
            self.push(row);
        }
    }

    /// Returns whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// Returns the rows.
    pub(super) fn rows(self) -> Vec<Value> {
        // What was written here can be read.
        serde_json::from_str(&self.json()).unwrap_or_default()
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

/// A row that is being written: every decision writes a dozen, and a tree of values for each would cost more than the rows.
#[derive(Debug)]
pub(super) struct Row<'l> {
    json: &'l mut String,
    is_first: bool,
}

impl Row<'_> {
    /// Adds bytes.
    pub(super) fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let json = self.column();
        json.push('"');
        data_encoding::HEXLOWER.encode_append(bytes.as_ref(), json);
        json.push('"');
        self
    }

    /// Adds a text.
    pub(super) fn text(mut self, text: &str) -> Self {
        let _ = write!(self.column(), "{}", Value::from(text));
        self
    }

    /// Adds a text or none.
    pub(super) fn text_or_none(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(text),
            None => self.none(),
        }
    }

    /// Adds a number.
    pub(super) fn number(mut self, number: i64) -> Self {
        let _ = write!(self.column(), "{number}");
        self
    }

    /// Adds a number or none.
    pub(super) fn number_or_none(self, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.number(number),
            None => self.none(),
        }
    }

    /// Ends the row.
    pub(super) fn end(self) {
        self.json.push(']');
    }

    fn none(mut self) -> Self {
        self.column().push_str("null");
        self
    }

    fn column(&mut self) -> &mut String {
        if !std::mem::replace(&mut self.is_first, false) {
            self.json.push(',');
        }
        self.json
    }
}

/// Rows of one statement with a long value in each.
#[derive(Debug, Default)]
pub(super) struct LongRows {
    rows: List,
    values: Vec<u8>,
}

impl LongRows {
    /// Adds a long value and its row, which ends with where the value begins, from 1, and how long it is.
    pub(super) fn push(&mut self, value: &[u8], row: impl FnOnce(Row<'_>) -> Row<'_>) {
        let length = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        let (begin, long) = (length(self.values.len() + 1), length(value.len()));
        row(self.rows.row()).number(begin).number(long).end();
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
