//! What is due: timers, vouchers that ended, values past their time to keep, deliveries.

use jiff::Timestamp;
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::super::super::{Cursor, DueTimer, OutboxContent, OutboxEntry, Page, StoreError};
use super::super::commit::{ANSWER, rule_key};
use super::super::error::failed;
use super::super::list::micros;
use super::super::row::Columns;
use super::{cut, each, page_size};
use crate::application::TimerRule;
use crate::id::{ApplicationId, TaskId};

pub(in super::super) async fn timers(
    pool: &PgPool,
    now: Timestamp,
    after: Option<DueTimer>,
    limit: u32,
) -> Result<Vec<DueTimer>, StoreError> {
    let (due, id, task, rule) = timer_place(after);
    let rows = sqlx::query(
        "SELECT application, task, rule, due FROM timer
          WHERE due <= $1 AND (due, application, task, rule) > ($2, $3, $4, $5)
          ORDER BY due, application, task, rule LIMIT $6",
    )
    .bind(micros(now))
    .bind(due)
    .bind(id)
    .bind(task)
    .bind(rule)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, timer)
}

/// Returns where a list of timers goes on, as it stands in columns.
pub(in super::super) fn timer_place(after: Option<DueTimer>) -> (i64, Uuid, i64, i64) {
    let place = |after: DueTimer| {
        let TaskId { application, number } = after.task;
        (micros(after.due), application.0, i64::from(number), rule_key(after.rule))
    };
    after.map_or((i64::MIN, Uuid::nil(), 0, ANSWER), place)
}

pub(in super::super) fn timer(row: &PgRow) -> Result<DueTimer, StoreError> {
    let columns = Columns::of("timer", row);
    let rule: i64 = columns.get(2)?;
    let rule = if rule == ANSWER { TimerRule::Answer } else { TimerRule::Late(columns.number(2)?) };
    let task = TaskId { application: columns.application(0)?, number: columns.number(1)? };
    Ok(DueTimer { task, rule, due: columns.instant(3)? })
}

pub(in super::super) async fn ended_vouchers(
    pool: &PgPool,
    programme: &str,
    now: Timestamp,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<ApplicationId>, StoreError> {
    let (key, id) = place(after);
    let rows = sqlx::query(
        "SELECT application, expires_at FROM voucher
          WHERE programme = $1 AND expires_at <= $2 AND status IN ('active', 'part_redeemed')
            AND (expires_at, application) > ($3, $4)
          ORDER BY expires_at, application LIMIT $5",
    )
    .bind(programme)
    .bind(micros(now))
    .bind(key)
    .bind(id)
    .bind(i64::from(page_size(limit) + 1))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    due_page("voucher", &rows, limit)
}

pub(in super::super) async fn past_keeping(
    pool: &PgPool,
    now: Timestamp,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<ApplicationId>, StoreError> {
    let (key, id) = place(after);
    let rows = sqlx::query(
        "SELECT id, erase_at FROM application WHERE erase_at <= $1 AND (erase_at, id) > ($2, $3)
          ORDER BY erase_at, id LIMIT $4",
    )
    .bind(micros(now))
    .bind(key)
    .bind(id)
    .bind(i64::from(page_size(limit) + 1))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    due_page("application", &rows, limit)
}

/// Returns where a list goes on, as it stands in columns.
fn place(after: Option<Cursor>) -> (i64, Uuid) {
    after.map_or((i64::MIN, Uuid::nil()), |after| (after.key, after.id.0))
}

/// Reads rows of an application and the instant at which something is due of it.
fn due_page(
    table: &'static str,
    rows: &[PgRow],
    limit: u32,
) -> Result<Page<ApplicationId>, StoreError> {
    let rows = each(rows, |row| {
        let columns = Columns::of(table, row);
        let id = columns.application(0)?;
        Ok((id, Cursor { key: columns.get(1)?, id, task: 0 }))
    })?;
    Ok(cut(rows, limit))
}

/// What is meant for later stands behind the rest of its application; what waits for its next try is not passed.
/// A parked entry holds up none after it: it waits for an operator, and they need not.
pub(in super::super) async fn outbox(
    pool: &PgPool,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT o.id, o.application, o.content, o.attempts FROM outbox o
          WHERE NOT o.parked AND o.due <= $1
            AND NOT EXISTS (SELECT 1 FROM outbox e
                             WHERE e.application = o.application AND NOT e.parked
                               AND (e.since, e.id) < (o.since, o.id))
          ORDER BY o.due, o.id LIMIT $2",
    )
    .bind(micros(now))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, entry)
}

/// Counts what is not parked.
pub(in super::super) async fn outbox_waiting(pool: &PgPool) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT count(*) FROM outbox WHERE NOT parked")
        .fetch_one(pool)
        .await
        .map_err(failed)?;
    Columns::of("outbox", &row).number(0)
}

pub(in super::super) fn entry(row: &PgRow) -> Result<OutboxEntry, StoreError> {
    let columns = Columns::of("outbox", row);
    let content = match columns.application_or_none(1)? {
        Some(application) => OutboxContent::Notice { application, notify: columns.cbor(2)? },
        None => OutboxContent::SignIn(columns.get(2)?),
    };
    Ok(OutboxEntry { id: columns.number(0)?, content, attempts: columns.number(3)? })
}
