//! Rows of any table, page by page in the order of their keys, for what compares and copies a whole store.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};

use super::super::StoreError;
use super::super::table::{Cell, Kind, TABLES, Table, Totalling, Totals};
use super::error::failed;

/// Returns what all rows come to; tells how many more were read after each page.
pub(in super::super) async fn totals(
    pool: &SqlitePool,
    read: &(dyn Fn(u64) + Send + Sync),
) -> Result<Totals, StoreError> {
    let mut totalling = Totalling::default();
    for table in &TABLES {
        let mut after = table.least_key();
        loop {
            let rows = page(pool, table, &after).await?;
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
    pool: &SqlitePool,
    table: &Table,
    after: &[Cell],
) -> Result<Vec<Vec<Cell>>, StoreError> {
    let mut query = sqlx::query(table.after);
    for cell in after {
        query = match cell {
            Cell::Nothing => query.bind(None::<i64>),
            Cell::Number(number) => query.bind(*number),
            Cell::Text(text) => query.bind(text.as_str()),
            Cell::Bytes(bytes) => query.bind(bytes.as_slice()),
        };
    }
    let rows = query.bind(table.page()).fetch_all(pool).await.map_err(failed)?;
    rows.iter().map(|row| cells(table, row)).collect()
}

/// Returns how many rows all tables have.
#[cfg(feature = "postgres")]
pub(in super::super) async fn count(pool: &SqlitePool) -> Result<u64, StoreError> {
    let mut all = 0_u64;
    for table in &TABLES {
        let rows: i64 = sqlx::query_scalar(table.count).fetch_one(pool).await.map_err(failed)?;
        all = all.saturating_add(u64::try_from(rows).unwrap_or(0));
    }
    Ok(all)
}

/// Returns what was recorded with the first roster.
#[cfg(feature = "postgres")]
pub(in super::super) async fn first_roster(
    pool: &SqlitePool,
) -> Result<Option<Vec<u8>>, StoreError> {
    sqlx::query_scalar("SELECT bytes FROM roster ORDER BY version LIMIT 1")
        .fetch_optional(pool)
        .await
        .map_err(failed)
}

/// Returns the greatest number that a table has ever given out.
#[cfg(feature = "postgres")]
pub(in super::super) async fn given_out(pool: &SqlitePool, table: &str) -> Result<i64, StoreError> {
    let given: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = $1")
        .bind(table)
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    Ok(given.unwrap_or(0))
}

fn cells(table: &Table, row: &SqliteRow) -> Result<Vec<Cell>, StoreError> {
    let columns = table.columns.iter().enumerate();
    let cells = columns.map(|(place, (_, kind))| {
        let cell = match kind {
            Kind::Id | Kind::Bytes => {
                row.try_get::<Option<Vec<u8>>, _>(place).map(|cell| cell.map(Cell::Bytes))
            }
            Kind::Number | Kind::Flag => {
                row.try_get::<Option<i64>, _>(place).map(|cell| cell.map(Cell::Number))
            }
            Kind::Text => row.try_get::<Option<String>, _>(place).map(|cell| cell.map(Cell::Text)),
        };
        cell.map(|cell| cell.unwrap_or(Cell::Nothing))
    });
    cells.collect::<Result<_, _>>().map_err(|error| StoreError::Corrupt {
        table: table.name,
        row: String::new(),
        what: error.to_string(),
    })
}
