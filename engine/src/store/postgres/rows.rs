//! Rows of any table as PostgreSQL takes and gives them, for what compares and copies a whole store.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::super::StoreError;
use super::super::table::{Cell, Kind, TABLES, Table, Totalling, Totals};
use super::error::failed;

/// What a page begins with in PostgreSQL's binary form: its signature, no flags, no further header.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What a page ends with.
const END: [u8; 2] = (-1_i16).to_be_bytes();
/// The length of nothing.
const NOTHING: [u8; 4] = (-1_i32).to_be_bytes();
/// After how many rows it is told how many were read.
const TOLD_AFTER: u64 = 1_000;

/// Returns what all rows come to; tells now and then how many more were read.
pub(super) async fn totals(
    connection: &mut PgConnection,
    read: &(dyn Fn(u64) + Send + Sync),
) -> Result<Totals, StoreError> {
    let mut totalling = Totalling::default();
    for table in &TABLES {
        let mut rows = sqlx::query(table.ordered).fetch(&mut *connection);
        let mut untold = 0;
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            totalling.add(table, &cells(table, table.columns.len(), &row)?)?;
            untold += 1;
            if untold == TOLD_AFTER {
                read(std::mem::take(&mut untold));
            }
        }
        read(untold);
        totalling.end_of(table);
    }
    Ok(totalling.end())
}

/// Returns the greatest key of a table.
pub(super) async fn newest(
    connection: &mut PgConnection,
    table: &Table,
) -> Result<Option<Vec<Cell>>, StoreError> {
    let row = sqlx::query(table.newest).fetch_optional(connection).await.map_err(failed)?;
    row.map(|row| cells(table, table.key.len(), &row)).transpose()
}

/// Counts the rows of a table.
pub(super) async fn count(connection: &mut PgConnection, table: &Table) -> Result<u64, StoreError> {
    let rows: i64 = sqlx::query_scalar(table.count).fetch_one(connection).await.map_err(failed)?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

/// Takes rows in, all or none.
pub(super) async fn fill(
    connection: &mut PgConnection,
    table: &Table,
    rows: &[Vec<Cell>],
) -> Result<(), StoreError> {
    let mut page = HEAD.to_vec();
    for row in rows {
        encode(table, row, &mut page)?;
    }
    page.extend(END);
    let mut filling = connection.copy_in_raw(table.fill).await.map_err(failed)?;
    filling.send(page).await.map_err(failed)?;
    let taken = filling.finish().await.map_err(failed)?;
    if taken == rows.len() as u64 {
        return Ok(());
    }
    Err(StoreError::Database(format!("table `{}` took {taken} rows of {}", table.name, rows.len())))
}

/// Writes a row in PostgreSQL's binary form.
fn encode(table: &Table, row: &[Cell], page: &mut Vec<u8>) -> Result<(), StoreError> {
    let columns = u16::try_from(table.columns.len()).unwrap_or(u16::MAX);
    page.extend(columns.to_be_bytes());
    for ((_, kind), cell) in table.columns.iter().zip(row) {
        match (kind, cell) {
            (_, Cell::Nothing) => page.extend(NOTHING),
            (Kind::Flag, Cell::Number(flag)) => put(page, &[u8::from(*flag != 0)])?,
            (_, Cell::Number(number)) => put(page, &number.to_be_bytes())?,
            (_, Cell::Text(text)) => put(page, text.as_bytes())?,
            (_, Cell::Bytes(bytes)) => put(page, bytes)?,
        }
    }
    Ok(())
}

fn put(page: &mut Vec<u8>, bytes: &[u8]) -> Result<(), StoreError> {
    let length = i32::try_from(bytes.len())
        .map_err(|_| StoreError::Database("a value is longer than PostgreSQL takes".to_owned()))?;
    page.extend(length.to_be_bytes());
    page.extend(bytes);
    Ok(())
}

/// Reads the first columns of a row.
fn cells(table: &Table, columns: usize, row: &PgRow) -> Result<Vec<Cell>, StoreError> {
    let kinds = table.columns.iter().take(columns).enumerate();
    let cells = kinds.map(|(place, (_, kind))| {
        let cell = match kind {
            Kind::Id => row
                .try_get::<Option<Uuid>, _>(place)
                .map(|cell| cell.map(|id| Cell::Bytes(id.as_bytes().to_vec()))),
            Kind::Bytes => {
                row.try_get::<Option<Vec<u8>>, _>(place).map(|cell| cell.map(Cell::Bytes))
            }
            Kind::Number => row.try_get::<Option<i64>, _>(place).map(|cell| cell.map(Cell::Number)),
            Kind::Text => row.try_get::<Option<String>, _>(place).map(|cell| cell.map(Cell::Text)),
            Kind::Flag => row
                .try_get::<Option<bool>, _>(place)
                .map(|cell| cell.map(|flag| Cell::Number(i64::from(flag)))),
        };
        cell.map(|cell| cell.unwrap_or(Cell::Nothing))
    });
    cells.collect::<Result<_, _>>().map_err(|error| StoreError::Corrupt {
        table: table.name,
        row: String::new(),
        what: error.to_string(),
    })
}
