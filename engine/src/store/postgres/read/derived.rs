//! What is derived from an application's row, read back to be compared with it.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use annona_definitions::programme::StageId;

use super::super::super::StoreError;
use super::super::commit::{
    Derived, QueueColumns, RedemptionColumns, TaskColumns, TimerColumns, VoucherColumns, Vouchers,
};
use super::super::error::failed;
use super::super::list::{integer, micros};
use super::super::row::Columns;
use crate::application::Application;
use crate::id::ApplicationId;

/// Id, reference, programme, definition, version, status, stage, submission, last change.
type ApplicationColumns = (Uuid, String, String, Vec<u8>, i64, String, Option<String>, i64, i64);

/// Returns the first table whose rows are not what the row of an application comes to.
pub(in super::super) async fn differing(
    pool: &PgPool,
    application: &Application,
) -> Result<Option<&'static str>, StoreError> {
    let mut derived = Derived::default();
    derived.add(application);
    let mut vouchers = Vouchers::default();
    vouchers.add(application);
    let id = application.id.0;
    let row = "SELECT id, reference, programme, definition, version, status, stage, submitted_at, changed_at
                 FROM application WHERE id = $1";
    let task = "SELECT application, number, programme, stage, role, opened_at, due, claimed_by
                  FROM task WHERE application = $1";
    let queue = "SELECT programme, role, due, application, number, stage, claimed FROM queue WHERE application = $1";
    let timer = "SELECT application, task, rule, due FROM timer WHERE application = $1";
    let voucher = "SELECT application, id, number, list, position, programme, expires_at, status, amount, balance, currency
                     FROM voucher WHERE application = $1";
    let redemption =
        "SELECT application, number, provider, amount, at FROM redemption WHERE application = $1";
    Ok(if differ::<ApplicationColumns>(pool, row, id, vec![columns(application)]).await? {
        Some("application")
    } else if differ::<TaskColumns>(pool, task, id, derived.tasks.clone()).await? {
        Some("task")
    } else if differ::<QueueColumns>(pool, queue, id, derived.queues.clone()).await? {
        Some("queue")
    } else if differ::<TimerColumns>(pool, timer, id, derived.timers()).await? {
        Some("timer")
    } else if differ::<VoucherColumns>(pool, voucher, id, vouchers.vouchers).await? {
        Some("voucher")
    } else if differ::<RedemptionColumns>(pool, redemption, id, vouchers.redemptions).await? {
        Some("redemption")
    } else {
        None
    })
}

/// Returns an application that has events and no row.
pub(in super::super) async fn without_row(
    pool: &PgPool,
) -> Result<Option<ApplicationId>, StoreError> {
    let row = sqlx::query(
        "SELECT e.application FROM event e
          WHERE NOT EXISTS (SELECT 1 FROM application a WHERE a.id = e.application) LIMIT 1",
    )
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.map(|row| Columns::of("event", &row).application(0)).transpose()
}

/// Returns the columns beside the row itself.
fn columns(application: &Application) -> ApplicationColumns {
    (
        application.id.0,
        application.reference.clone(),
        application.programme.to_string(),
        application.definition.0.to_vec(),
        integer(application.version),
        application.status.as_str().to_owned(),
        application.stage().map(StageId::to_string),
        micros(application.submitted_at),
        micros(application.changed_at),
    )
}

/// Returns whether the rows of an application are others than those wanted, whatever their order; a row that stands twice is
/// one.
async fn differ<R>(
    pool: &PgPool,
    sql: &'static str,
    id: Uuid,
    mut wanted: Vec<R>,
) -> Result<bool, StoreError>
where
    R: Ord + Send + Unpin + for<'r> FromRow<'r, PgRow>,
{
    let mut found: Vec<R> = sqlx::query_as(sql).bind(id).fetch_all(pool).await.map_err(failed)?;
    found.sort_unstable();
    wanted.sort_unstable();
    wanted.dedup();
    Ok(found != wanted)
}
