//! What is derived from an application's row, read back to be compared with it.

use rusqlite::Connection;

use super::super::super::StoreError;
use super::super::super::table::Cell;
use super::super::commit::{Derived, Vouchers};
use super::super::list::{integer, micros};
use super::super::row::cells;
use super::super::statement::{all, first};
use crate::application::Application;
use crate::id::ApplicationId;

/// A table, and its rows of one application as they are written.
type Table = (&'static str, &'static str);

const APPLICATION: Table = (
    "application",
    "SELECT id, reference, programme, definition, version, status, stage, submitted_at, changed_at
       FROM application WHERE id = ?1",
);
const TASK: Table = (
    "task",
    "SELECT application, number, programme, stage, role, opened_at, due, claimed_by FROM task WHERE application = ?1",
);
const QUEUE: Table = (
    "queue",
    "SELECT programme, role, due, application, number, stage, claimed FROM queue WHERE application = ?1",
);
const TIMER: Table =
    ("timer", "SELECT application, task, rule, due FROM timer WHERE application = ?1");
const VOUCHER: Table = (
    "voucher",
    "SELECT application, id, number, list, position, programme, expires_at, status, amount, balance, currency
       FROM voucher WHERE application = ?1",
);
const REDEMPTION: Table = (
    "redemption",
    "SELECT application, number, provider, amount, at FROM redemption WHERE application = ?1",
);

/// Returns the first table whose rows are not what the row of an application comes to.
pub(in super::super) fn differing(
    connection: &Connection,
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
        if rows(connection, table, sql, application.id)? != in_order(wanted) {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

/// Returns an application that has events and no row.
pub(in super::super) fn without_row(
    connection: &Connection,
) -> Result<Option<ApplicationId>, StoreError> {
    let sql = "
        SELECT application FROM event WHERE application NOT IN (SELECT id FROM application) LIMIT 1";
    first(connection, "event", sql, (), |columns| columns.application(0))
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

fn rows(
    connection: &Connection,
    table: &'static str,
    sql: &'static str,
    id: ApplicationId,
) -> Result<Vec<Vec<Cell>>, StoreError> {
    match all(connection, table, sql, (id.0.as_bytes(),), cells) {
        Ok(rows) => Ok(in_order(rows)),
        Err(StoreError::Corrupt { table, what, .. }) => {
            Err(StoreError::Corrupt { table, row: id.to_string(), what })
        }
        Err(failure) => Err(failure),
    }
}

/// Puts rows in one order, whatever the table's is; a row that stands twice is one.
fn in_order(mut rows: Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
    rows.sort_unstable();
    rows.dedup();
    rows
}
