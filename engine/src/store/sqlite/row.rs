//! Reading rows: every column is checked, and what is wrong is named by table and row.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, ValueRef};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::super::table::Cell;
use super::super::{StoreError, StoredOutcome};
use super::list::hex;
use crate::cbor;
use crate::id::ApplicationId;
use crate::recorded::Hash;

/// A row of a table; columns are named by their position. The first one names the row where it cannot be read.
pub(super) struct Columns<'r> {
    table: &'static str,
    row: &'r Row<'r>,
}

impl<'r> Columns<'r> {
    /// Returns the columns of a row.
    pub(super) fn of(table: &'static str, row: &'r Row<'r>) -> Self {
        Self { table, row }
    }

    /// Returns a column of any plain type.
    pub(super) fn get<T: FromSql>(&self, column: usize) -> Result<T, StoreError> {
        self.row.get(column).map_err(|error| self.corrupt(error.to_string()))
    }

    /// Returns a text where it stands.
    pub(super) fn text(&self, column: usize) -> Result<&'r str, StoreError> {
        self.stands(column, |value| value.as_str())
    }

    /// Returns bytes where they stand.
    pub(super) fn bytes(&self, column: usize) -> Result<&'r [u8], StoreError> {
        self.stands(column, |value| value.as_blob())
    }

    /// Returns bytes or none.
    pub(super) fn bytes_or_none(&self, column: usize) -> Result<Option<&'r [u8]>, StoreError> {
        self.stands(column, |value| value.as_blob_or_null())
    }

    /// Returns a text or none.
    pub(super) fn text_or_none(&self, column: usize) -> Result<Option<&'r str>, StoreError> {
        self.stands(column, |value| value.as_str_or_null())
    }

    /// Returns a number within the bounds of its type.
    pub(super) fn number<T: TryFrom<i64>>(&self, column: usize) -> Result<T, StoreError> {
        let number: i64 = self.get(column)?;
        T::try_from(number).map_err(|_| self.corrupt(format!("{number} is out of bounds")))
    }

    /// Returns an instant.
    pub(super) fn instant(&self, column: usize) -> Result<Timestamp, StoreError> {
        let micros: i64 = self.get(column)?;
        self.to_instant(micros)
    }

    /// Returns an instant or none.
    pub(super) fn instant_or_none(&self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = self.get(column)?;
        micros.map(|micros| self.to_instant(micros)).transpose()
    }

    /// Returns a digest.
    pub(super) fn hash(&self, column: usize) -> Result<Hash, StoreError> {
        self.bytes(column)?
            .try_into()
            .map(Hash)
            .map_err(|_| self.corrupt("a digest has not 32 bytes".to_owned()))
    }

    /// Returns an id.
    pub(super) fn uuid(&self, column: usize) -> Result<Uuid, StoreError> {
        self.to_uuid(self.bytes(column)?)
    }

    /// Returns an application's id.
    pub(super) fn application(&self, column: usize) -> Result<ApplicationId, StoreError> {
        self.uuid(column).map(ApplicationId)
    }

    /// Returns an application's id or none.
    pub(super) fn application_or_none(
        &self,
        column: usize,
    ) -> Result<Option<ApplicationId>, StoreError> {
        let bytes = self.bytes_or_none(column)?;
        bytes.map(|bytes| self.to_uuid(bytes).map(ApplicationId)).transpose()
    }

    /// Reads a text of a form of its own.
    pub(super) fn parsed<T: FromStr>(&self, column: usize) -> Result<T, StoreError> {
        self.text(column)?
            .parse()
            .map_err(|_| self.corrupt("a text is not of the form it should have".to_owned()))
    }

    /// Reads a text that names one of a few.
    pub(super) fn one_of<T: Copy>(
        &self,
        column: usize,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        let found = all.iter().copied().find(|one| name(*one) == text);
        found.ok_or_else(|| self.corrupt("a text is none of those it may be".to_owned()))
    }

    /// Reads CBOR.
    pub(super) fn cbor<T: DeserializeOwned>(&self, column: usize) -> Result<T, StoreError> {
        cbor::from_slice(self.bytes(column)?).map_err(|error| self.corrupt(error.to_string()))
    }

    /// Says that the row cannot be read.
    pub(super) fn corrupt(&self, what: String) -> StoreError {
        let name = match self.row.get_ref(0) {
            Ok(ValueRef::Integer(number)) => number.to_string(),
            Ok(ValueRef::Blob(bytes)) => hex(bytes),
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(ValueRef::Null | ValueRef::Real(_)) | Err(_) => String::new(),
        };
        StoreError::Corrupt { table: self.table, row: name, what }
    }

    fn stands<T>(
        &self,
        column: usize,
        read: impl FnOnce(ValueRef<'r>) -> Result<T, FromSqlError>,
    ) -> Result<T, StoreError> {
        let value = self.row.get_ref(column).map_err(|error| self.corrupt(error.to_string()))?;
        read(value).map_err(|error| self.corrupt(error.to_string()))
    }

    fn to_instant(&self, micros: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(micros)
            .map_err(|_| self.corrupt(format!("{micros} is no instant")))
    }

    fn to_uuid(&self, bytes: &[u8]) -> Result<Uuid, StoreError> {
        Uuid::from_slice(bytes).map_err(|_| self.corrupt("an id has not 16 bytes".to_owned()))
    }
}

/// Returns every column of a row as it stands.
pub(super) fn cells(columns: &Columns<'_>) -> Result<Vec<Cell>, StoreError> {
    (0..columns.row.as_ref().column_count()).map(|column| columns.get(column)).collect()
}

/// Returns what a request came to, of the columns from the second on.
pub(super) fn outcome(columns: &Columns<'_>) -> Result<StoredOutcome, StoreError> {
    Ok(StoredOutcome {
        request: columns.hash(1)?,
        application: columns.application(2)?,
        first: columns.number(3)?,
        last: columns.number(4)?,
        at: columns.instant(5)?,
    })
}
