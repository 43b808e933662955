//! What is derived from an application's row, read back to be compared with it.

use serde_json::{Value, json};
use sqlx::SqlitePool;

use super::super::super::StoreError;
use super::super::commit::{Derived, add_voucher};
use super::super::error::failed;
use super::super::list::{List, hex, micros};
use super::super::row::Columns;
use crate::application::Application;
use crate::id::ApplicationId;

/// A table, and its rows of one application as the list that writes them has them.
type Table = (&'static str, &'static str);

const APPLICATION: Table = (
    "application",
    "SELECT json_array(lower(hex(id)), reference, programme, lower(hex(definition)), version, status, stage, submitted_at,
                       changed_at)
       FROM application WHERE id = $1",
);
const TASK: Table = (
    "task",
    "SELECT json_array(lower(hex(application)), number, programme, stage, role, opened_at, due, claimed_by)
       FROM task WHERE application = $1",
);
const QUEUE: Table = (
    "queue",
    "SELECT json_array(programme, role, due, lower(hex(application)), number, stage, claimed)
       FROM queue WHERE application = $1",
);
const TIMER: Table = (
    "timer",
    "SELECT json_array(lower(hex(application)), task, rule, due) FROM timer WHERE application = $1",
);
const VOUCHER: Table = (
    "voucher",
    "SELECT json_array(lower(hex(application)), lower(hex(id)), number, list, position, programme, expires_at, status,
                       amount, balance, currency)
       FROM voucher WHERE application = $1",
);
const REDEMPTION: Table = (
    "redemption",
    "SELECT json_array(lower(hex(application)), number, provider, amount, at)
       FROM redemption WHERE application = $1",
);

/// Returns the first table whose rows are not what the row of an application comes to.
pub(in super::super) async fn differing(
    pool: &SqlitePool,
    application: &Application,
) -> Result<Option<&'static str>, StoreError> {
    let mut derived = Derived::default();
    derived.add(application);
    let (mut vouchers, mut redemptions) = (List::default(), List::default());
    add_voucher(application, &mut vouchers, &mut redemptions);
    let tables = [
        (APPLICATION, columns(application)),
        (TASK, derived.tasks),
        (QUEUE, derived.queues),
        (TIMER, derived.timers),
        (VOUCHER, vouchers),
        (REDEMPTION, redemptions),
    ];
    for ((table, sql), wanted) in tables {
        if rows(pool, table, sql, application.id).await? != in_order(wanted.rows()) {
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
fn columns(application: &Application) -> List {
    let row = json!([
        hex(application.id.0),
        application.reference,
        application.programme.as_str(),
        hex(application.definition.0),
        application.version,
        application.status.as_str(),
        application.stage().map(ToString::to_string),
        micros(application.submitted_at),
        micros(application.changed_at),
    ]);
    std::iter::once(row).collect()
}

async fn rows(
    pool: &SqlitePool,
    table: &'static str,
    sql: &'static str,
    id: ApplicationId,
) -> Result<Vec<Value>, StoreError> {
    let found: Vec<String> = sqlx::query_scalar(sql)
        .bind(id.0.as_bytes().as_slice())
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    let rows = found.iter().map(|row| serde_json::from_str(row)).collect::<Result<_, _>>();
    let corrupt = |cause: serde_json::Error| StoreError::Corrupt {
        table,
        row: id.to_string(),
        what: cause.to_string(),
    };
    rows.map(in_order).map_err(corrupt)
}

/// Puts rows in one order, whatever the table's is; a row that stands twice is one.
fn in_order(mut rows: Vec<Value>) -> Vec<Value> {
    rows.sort_by_cached_key(Value::to_string);
    rows.dedup();
    rows
}
