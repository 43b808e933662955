//! Statements over rows: each is prepared once and kept by its connection.

use rusqlite::{Connection, Params};

use super::super::StoreError;
use super::error::failed;
use super::row::Columns;

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
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    for row in rows {
        statement.execute(row).map_err(failed)?;
    }
    Ok(())
}

/// Returns what a statement finds for each key, in a table after which a row that cannot be read is named.
pub(super) fn find<P: Params, T>(
    connection: &Connection,
    table: &'static str,
    sql: &'static str,
    keys: impl IntoIterator<Item = P>,
    read: impl Fn(&Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut keys = keys.into_iter().peekable();
    let mut found = Vec::new();
    if keys.peek().is_none() {
        return Ok(found);
    }
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    for key in keys {
        let mut rows = statement.query(key).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            found.push(read(&Columns::of(table, row))?);
        }
    }
    Ok(found)
}

/// Returns every row that a statement finds.
pub(super) fn all<T>(
    connection: &Connection,
    table: &'static str,
    sql: &'static str,
    values: impl Params,
    read: impl Fn(&Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    find(connection, table, sql, [values], read)
}

/// Returns the first row that a statement finds.
pub(super) fn first<T>(
    connection: &Connection,
    table: &'static str,
    sql: &'static str,
    values: impl Params,
    read: impl Fn(&Columns<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(values).map_err(failed)?;
    let row = rows.next().map_err(failed)?;
    row.map(|row| read(&Columns::of(table, row))).transpose()
}
