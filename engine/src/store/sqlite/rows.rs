//! Rows of any table, page by page in the order of their keys, for what compares and copies a whole store.

#[cfg(feature = "postgres")]
use rusqlite::Connection;
use rusqlite::params_from_iter;

use super::super::StoreError;
use super::super::table::{Cell, TABLES, Table, Totalling, Totals};
use super::readers::Readers;
use super::row::cells;
use super::statement::all;
#[cfg(feature = "postgres")]
use super::statement::first;

/// Returns what all rows come to; tells how many more were read after each page.
pub(in super::super) async fn totals(
    readers: &Readers,
    read: &(dyn Fn(u64) + Send + Sync),
) -> Result<Totals, StoreError> {
    let mut totalling = Totalling::default();
    for table in &TABLES {
        let mut after = table.least_key();
        loop {
            let rows = page(readers, table, &after).await?;
            for row in &rows {
                totalling.add(table, row)?;
            }
            read(rows.len() as u64);
            match rows.last() {
                Some(last) => after = table.key_of(last),
                None => break,
            }
        }
        totalling.end_of(table);
    }
    Ok(totalling.end())
}

/// Returns the rows that come after a key, at most a page of them.
pub(in super::super) async fn page(
    readers: &Readers,
    table: &'static Table,
    after: &[Cell],
) -> Result<Vec<Vec<Cell>>, StoreError> {
    let mut values = after.to_vec();
    values.push(i64::from(table.page()).into());
    let page = readers.aside(move |connection| {
        let values = params_from_iter(values);
        all(connection, table.name, table.after, values, cells)
    });
    page.await
}

/// Returns how many rows all tables have.
#[cfg(feature = "postgres")]
pub(in super::super) fn count(connection: &Connection) -> Result<u64, StoreError> {
    let mut count = 0_u64;
    for table in &TABLES {
        let rows = first(connection, table.name, table.count, (), |columns| columns.number(0))?;
        count = count.saturating_add(rows.unwrap_or(0));
    }
    Ok(count)
}

/// Returns what was recorded with the first roster.
#[cfg(feature = "postgres")]
pub(in super::super) fn first_roster(
    connection: &Connection,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT bytes FROM roster ORDER BY version LIMIT 1";
    first(connection, "roster", sql, (), |columns| columns.get(0))
}

/// Returns the greatest number that a table has ever given out.
#[cfg(feature = "postgres")]
pub(in super::super) fn given_out(connection: &Connection, table: &str) -> Result<i64, StoreError> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
    let given = first(connection, "sqlite_sequence", sql, (table,), |columns| columns.get(0))?;
    Ok(given.unwrap_or(0))
}
