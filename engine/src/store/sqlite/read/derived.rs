//! What is derived from an application's row, read back to be compared with it.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool, TypeInfo as _, ValueRef as _};

use super::super::super::StoreError;
use super::super::super::table::Cell;
use super::super::commit::{Derived, Vouchers};
use super::super::error::failed;
use super::super::list::{integer, micros};
use super::super::row::Columns;
use crate::application::Application;
use crate::id::ApplicationId;

/// A table, and its rows of one application as they are written.
type Table = (&'static str, &'static str);

const APPLICATION: Table = (
    "application",
    "SELECT id, reference, programme, definition, version, status, stage, submitted_at, changed_at
       FROM application WHERE id = $1",
);
const TASK: Table = (
    "task",
    "SELECT application, number, programme, stage, role, opened_at, due, claimed_by FROM task WHERE application = $1",
);
const QUEUE: Table = (
    "queue",
    "SELECT programme, role, due, application, number, stage, claimed FROM queue WHERE application = $1",
);
const TIMER: Table =
    ("timer", "SELECT application, task, rule, due FROM timer WHERE application = $1");
const VOUCHER: Table = (
    "voucher",
    "SELECT application, id, number, list, position, programme, expires_at, status, amount, balance, currency
       FROM voucher WHERE application = $1",
);
const REDEMPTION: Table = (
    "redemption",
    "SELECT application, number, provider, amount, at FROM redemption WHERE application = $1",
);

/// Returns the first table whose rows are not what the row of an application comes to.
pub(in super::super) async fn differing(
    pool: &SqlitePool,
    application: &Application,
) -> Result<Option<&'static str>, StoreError> {
    let mut derived = Derived::default();
    derived.add(application);
    let mut issued = Vouchers::default();
    issued.add(application);
    let tables = [
        (APPLICATION, vec![columns(application)]),
        (TASK, lists(derived.tasks)),
        (QUEUE, lists(derived.queues)),
        (TIMER, lists(derived.timers)),
        (VOUCHER, lists(issued.vouchers)),
        (REDEMPTION, lists(issued.redemptions)),
    ];
    for ((table, sql), wanted) in tables {
        if rows(pool, table, sql, application.id).await? != in_order(wanted) {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

/// Returns an application that has events and no row.
pub(in super::super) async fn without_row(
    pool: &SqlitePool,
) -> Result<Option<ApplicationId>, StoreError> {
    let row = sqlx::query(
        "SELECT application FROM event WHERE application NOT IN (SELECT id FROM application) LIMIT 1",
    )
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.map(|row| Columns::of("event", &row).application(0)).transpose()
}

/// Returns the columns beside the row itself.
fn columns(application: &Application) -> Vec<Cell> {
    vec![
        application.id.0.as_bytes().as_slice().into(),
        application.reference.as_str().into(),
        application.programme.as_str().into(),
        application.definition.0.as_slice().into(),
        integer(application.version).into(),
        application.status.as_str().into(),
        application.stage().map(ToString::to_string).into(),
        micros(application.submitted_at).into(),
        micros(application.changed_at).into(),
    ]
}

fn lists<const N: usize>(rows: Vec<[Cell; N]>) -> Vec<Vec<Cell>> {
    rows.into_iter().map(Vec::from).collect()
}

async fn rows(
    pool: &SqlitePool,
    table: &'static str,
    sql: &'static str,
    id: ApplicationId,
) -> Result<Vec<Vec<Cell>>, StoreError> {
    let found =
        sqlx::query(sql).bind(id.0.as_bytes().as_slice()).fetch_all(pool).await.map_err(failed)?;
    let rows = found.iter().map(|row| (0..row.len()).map(|column| cell(row, column)).collect());
    let rows: Result<Vec<Vec<Cell>>, sqlx::Error> = rows.collect();
    rows.map(in_order).map_err(|cause| StoreError::Corrupt {
        table,
        row: id.to_string(),
        what: cause.to_string(),
    })
}

/// Returns a column as it stands there, whatever it holds.
fn cell(row: &SqliteRow, column: usize) -> Result<Cell, sqlx::Error> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(Cell::Nothing);
    }
    match raw.type_info().name() {
        "INTEGER" => row.try_get(column).map(Cell::Number),
        "BLOB" => row.try_get(column).map(Cell::Bytes),
        _ => row.try_get(column).map(Cell::Text),
    }
}

/// Puts rows in one order, whatever the table's is; a row that stands twice is one.
fn in_order(mut rows: Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
    rows.sort_unstable();
    rows.dedup();
    rows
}
