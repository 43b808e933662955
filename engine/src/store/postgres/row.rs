//! Reading rows: every column is checked, and what is wrong is named by table and row.

use std::str::FromStr;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{Decode, Row as _, Type};
use uuid::Uuid;

use super::super::{StoreError, StoredOutcome};
use crate::cbor;
use crate::id::ApplicationId;
use crate::recorded::Hash;

/// A row of a table; columns are named by their position. The first one names the row where it cannot be read.
pub(super) struct Columns<'r> {
    table: &'static str,
    row: &'r PgRow,
}

impl<'r> Columns<'r> {
    /// Returns the columns of a row.
    pub(super) fn of(table: &'static str, row: &'r PgRow) -> Self {
        Self { table, row }
    }

    /// Returns a column of any plain type.
    pub(super) fn get<T>(&self, column: usize) -> Result<T, StoreError>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        self.row.try_get(column).map_err(|error| self.corrupt(error.to_string()))
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
        self.get::<&[u8]>(column)?
            .try_into()
            .map(Hash)
            .map_err(|_| self.corrupt("a digest has not 32 bytes".to_owned()))
    }

    /// Returns an application's id.
    pub(super) fn application(&self, column: usize) -> Result<ApplicationId, StoreError> {
        self.get(column).map(ApplicationId)
    }

    /// Returns an application's id or none.
    pub(super) fn application_or_none(
        &self,
        column: usize,
    ) -> Result<Option<ApplicationId>, StoreError> {
        let id: Option<Uuid> = self.get(column)?;
        Ok(id.map(ApplicationId))
    }

    /// Reads a text of a form of its own.
    pub(super) fn parsed<T: FromStr>(&self, column: usize) -> Result<T, StoreError> {
        self.get::<&str>(column)?
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
        let text: &str = self.get(column)?;
        let found = all.iter().copied().find(|one| name(*one) == text);
        found.ok_or_else(|| self.corrupt("a text is none of those it may be".to_owned()))
    }

    /// Reads CBOR.
    pub(super) fn cbor<T: DeserializeOwned>(&self, column: usize) -> Result<T, StoreError> {
        cbor::from_slice(self.get(column)?).map_err(|error| self.corrupt(error.to_string()))
    }

    /// Returns what a request came to, of the columns from the second on.
    pub(super) fn outcome(&self) -> Result<StoredOutcome, StoreError> {
        Ok(StoredOutcome {
            request: self.hash(1)?,
            application: self.application(2)?,
            first: self.number(3)?,
            last: self.number(4)?,
            at: self.instant(5)?,
        })
    }

    /// Says that the row cannot be read.
    pub(super) fn corrupt(&self, what: String) -> StoreError {
        let name = self
            .row
            .try_get::<i64, _>(0)
            .map(|number| number.to_string())
            .or_else(|_| self.row.try_get::<Uuid, _>(0).map(|id| id.simple().to_string()))
            .or_else(|_| {
                self.row.try_get::<&[u8], _>(0).map(|bytes| data_encoding::HEXLOWER.encode(bytes))
            })
            .or_else(|_| self.row.try_get::<String, _>(0));
        StoreError::Corrupt { table: self.table, row: name.unwrap_or_default(), what }
    }

    fn to_instant(&self, micros: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(micros)
            .map_err(|_| self.corrupt(format!("{micros} is no instant")))
    }
}
