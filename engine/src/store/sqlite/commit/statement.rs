//! Statements over rows: each is prepared once, kept by its connection, and run for row after row.

use jiff::Timestamp;
use rusqlite::types::{FromSql, Type, ValueRef};
use rusqlite::{Connection, Error, Params, Row};

use super::super::super::StoreError;
use super::super::error::refused;
use super::super::list::hex;
use crate::id::ApplicationId;
use crate::recorded::Hash;

/// Runs a statement for each row.
pub(super) fn run<P: Params>(
    connection: &Connection,
    sql: &'static str,
    rows: impl IntoIterator<Item = P>,
) -> Result<(), StoreError> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(sql).map_err(refused)?;
    for row in rows {
        statement.execute(row).map_err(refused)?;
    }
    Ok(())
}

/// Returns what a statement finds for each key; a row that cannot be read is named by its table and first column.
pub(super) fn find<P: Params, T>(
    connection: &Connection,
    table: &'static str,
    sql: &'static str,
    keys: impl IntoIterator<Item = P>,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut keys = keys.into_iter().peekable();
    let mut found = Vec::new();
    if keys.peek().is_none() {
        return Ok(found);
    }
    let mut statement = connection.prepare_cached(sql).map_err(refused)?;
    for key in keys {
        let mut rows = statement.query(key).map_err(refused)?;
        while let Some(row) = rows.next().map_err(refused)? {
            let corrupt =
                |what: Error| StoreError::Corrupt { table, row: name(row), what: what.to_string() };
            found.push(read(row).map_err(corrupt)?);
        }
    }
    Ok(found)
}

/// Reads a column.
pub(super) fn get<T: FromSql>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    row.get(column)
}

/// Reads an application's id.
pub(super) fn application(row: &Row<'_>, column: usize) -> rusqlite::Result<ApplicationId> {
    get(row, column).map(|bytes| ApplicationId(uuid::Uuid::from_bytes(bytes)))
}

/// Reads a digest.
pub(super) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    get(row, column).map(Hash)
}

/// Reads an instant.
pub(super) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(get(row, column)?)
        .map_err(|cause| Error::FromSqlConversionFailure(column, Type::Integer, Box::new(cause)))
}

/// Reads an instant or none.
pub(super) fn instant_or_none(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    match get::<Option<i64>>(row, column)? {
        Some(_) => instant(row, column).map(Some),
        None => Ok(None),
    }
}

/// Returns the first column of a row, in words.
fn name(row: &Row<'_>) -> String {
    match row.get_ref(0) {
        Ok(ValueRef::Integer(number)) => number.to_string(),
        Ok(ValueRef::Blob(bytes)) => hex(bytes),
        Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
        Ok(ValueRef::Null | ValueRef::Real(_)) | Err(_) => String::new(),
    }
}
