//! Every table of a store as rows of plain cells: what the schemas of the databases have alike, so that a store can be counted,
//! compared with another, and copied into it.
//!
//! Says which statements there are, and runs none. What only one database has (who has taken an entry, whether the store can be
//! written) is no part of it.

#[cfg(test)]
mod tests;
mod totals;

#[cfg(test)]
use totals::Tallying;
pub(super) use totals::Totalling;
pub use totals::{Sum, Tally, Totals};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An id of 16 bytes.
    Id,
    /// Bytes.
    Bytes,
    /// A whole number, or an instant.
    Number,
    /// A text.
    Text,
    /// Yes or no.
    Flag,
}

/// What a column holds in one row; a flag is 0 or 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    /// Nothing.
    Nothing,
    /// A number or a flag.
    Number(i64),
    /// A text.
    Text(String),
    /// Bytes or an id.
    Bytes(Vec<u8>),
}

impl Kind {
    /// Returns a value before every one that a row can have.
    pub(super) fn least(self) -> Cell {
        match self {
            Self::Id | Self::Bytes => Cell::Bytes(Vec::new()),
            Self::Number | Self::Flag => Cell::Number(i64::MIN),
            Self::Text => Cell::Text(String::new()),
        }
    }
}

/// A table and the statements about it. Rows are in the order of the primary key, whose columns come first.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// Its columns.
    #[cfg(feature = "postgres")]
    pub(super) columns: &'static [(&'static str, Kind)],
    /// What the columns of its primary key hold.
    pub(super) key: &'static [Kind],
    /// Counts its rows.
    #[cfg(feature = "postgres")]
    pub(super) count: &'static str,
    /// Reads a page of rows after a key, of SQLite: takes the key and how many.
    pub(super) after: &'static str,
    /// Reads all rows, of PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(super) ordered: &'static str,
    /// Reads the greatest key, of PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(super) newest: &'static str,
    /// Takes rows in, of PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(super) fill: &'static str,
}

/// Most rows of a page of a table whose rows are short.
const PAGE_ROWS: u32 = 1_000;
/// Most rows of a page of a table whose rows may have a megabyte each.
const PAGE_LONG_ROWS: u32 = 16;

impl Table {
    /// Returns how many rows a page has at most.
    pub(super) fn page(&self) -> u32 {
        if matches!(self.name, "definition" | "roster") { PAGE_LONG_ROWS } else { PAGE_ROWS }
    }

    /// Returns the key of a row.
    pub(super) fn key_of(&self, row: &[Cell]) -> Vec<Cell> {
        row.iter().take(self.key.len()).cloned().collect()
    }

    /// Returns a key before that of every row.
    pub(super) fn least_key(&self) -> Vec<Cell> {
        self.key.iter().map(|kind| kind.least()).collect()
    }
}

/// Returns what stands for a further value.
macro_rules! mark {
    ($column:ident) => {
        ", ?"
    };
}

/// Writes a table's statements from its columns: `name(key …; others …)`.
macro_rules! table {
    ($table:ident($key:ident $of_key:ident $(, $and:ident $of_and:ident)*; $($column:ident $of:ident),*)) => {
        Table {
            name: stringify!($table),
            #[cfg(feature = "postgres")]
            columns: &[
                (stringify!($key), Kind::$of_key),
                $((stringify!($and), Kind::$of_and),)*
                $((stringify!($column), Kind::$of),)*
            ],
            key: &[Kind::$of_key $(, Kind::$of_and)*],
            #[cfg(feature = "postgres")]
            count: concat!("SELECT count(*) FROM ", stringify!($table)),
            after: concat!(
                "SELECT ", stringify!($key), $(", ", stringify!($and),)* $(", ", stringify!($column),)*
                " FROM ", stringify!($table),
                " WHERE (", stringify!($key), $(", ", stringify!($and),)* ") > (?", $(mark!($and),)* ")",
                " ORDER BY ", stringify!($key), $(", ", stringify!($and),)* " LIMIT ?"
            ),
            #[cfg(feature = "postgres")]
            ordered: concat!(
                "SELECT ", stringify!($key), $(", ", stringify!($and),)* $(", ", stringify!($column),)*
                " FROM ", stringify!($table),
                " ORDER BY ", stringify!($key) $(, ", ", stringify!($and))*
            ),
            #[cfg(feature = "postgres")]
            newest: concat!(
                "SELECT ", stringify!($key), $(", ", stringify!($and),)*
                " FROM ", stringify!($table),
                " ORDER BY ", stringify!($key), " DESC", $(", ", stringify!($and), " DESC",)* " LIMIT 1"
            ),
            #[cfg(feature = "postgres")]
            fill: concat!(
                "COPY ", stringify!($table),
                " (", stringify!($key), $(", ", stringify!($and),)* $(", ", stringify!($column),)*
                ") FROM STDIN (FORMAT binary)"
            ),
        }
    };
}

/// Every table, those first that others refer to.
#[rustfmt::skip]
pub(super) const TABLES: [Table; 23] = [
    table!(definition(digest Bytes; programme Text, number Number, source Bytes, deployed_at Number, by Text)),
    table!(roster(version Number; digest Bytes, bytes Bytes, roster Text)),
    table!(token(id Id; hash Bytes, owner Text, programme Text, contact Bytes, label Text, created_at Number, expires_at Number)),
    table!(sign_in(id Id; code Bytes, programme Text, contact Bytes, created_at Number, expires_at Number, tries_left Number)),
    table!(schedule_run(programme Text, name Text; at Number)),
    table!(application(id Id; reference Text, programme Text, definition Bytes, version Number, status Text, stage Text,
        submitted_at Number, changed_at Number, erase_at Number, state Bytes)),
    table!(event(application Id, version Number; digest Bytes, bytes Bytes)),
    table!(data_key(application Id; wrapped Bytes)),
    table!(sealed(application Id, commitment Bytes; ciphertext Bytes)),
    table!(contact(hash Bytes, application Id, signed_in Flag; )),
    table!(word(hash Bytes, submitted_at Number, application Id; )),
    table!(unfilled(application Id; )),
    table!(counted(programme Text, at Number, application Id, version Number; what Text, stage Text, parts Number, currency Text)),
    table!(once_per(key Bytes; application Id, rule Number, approved_at Number)),
    table!(task(application Id, number Number; programme Text, stage Text, role Text, opened_at Number, due Number, claimed_by Text)),
    table!(queue(programme Text, role Text, stage Text, due Number, application Id, number Number; claimed Flag)),
    table!(timer(application Id, task Number, rule Number; due Number)),
    table!(voucher(application Id; id Id, number Text, list Number, position Number, programme Text, expires_at Number, status Text,
        amount Text, balance Text, currency Text)),
    table!(redemption(application Id, number Number; provider Text, amount Text, at Number)),
    table!(outbox(id Number; application Id, sign_in Id, content Bytes, since Number, due Number, attempts Number, parked Flag, cause Text)),
    table!(incident(id Number; application Id, delivery Number, since Number, cause Text)),
    table!(idempotency(scope Bytes; request Bytes, application Id, first Number, last Number, at Number)),
    table!(document(id Id; sha256 Bytes, size Number, media_type Text, file Text, key Bytes, uploader Bytes, uploaded_at Number,
        application Id, discarded Flag)),
];

/// Returns the bytes of a cell, where it holds some.
fn bytes(cell: Option<&Cell>) -> Option<&[u8]> {
    match cell {
        Some(Cell::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

/// Returns the text of a cell, where it holds one.
fn text(cell: Option<&Cell>) -> Option<&str> {
    match cell {
        Some(Cell::Text(text)) => Some(text),
        _ => None,
    }
}
