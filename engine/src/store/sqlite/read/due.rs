//! What is due: timers, vouchers that ended, values past their time to keep, deliveries.

use jiff::Timestamp;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

use super::super::super::{DueTimer, OutboxContent, OutboxEntry, StoreError};
use super::super::commit::ANSWER;
use super::super::error::failed;
use super::super::list::micros;
use super::super::row::Columns;
use super::each;
use crate::application::TimerRule;
use crate::id::{ApplicationId, TaskId};

pub(in super::super) async fn timers(
    pool: &SqlitePool,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueTimer>, StoreError> {
    let rows = sqlx::query(
        "SELECT application, task, rule, due FROM timer WHERE due <= $1
          ORDER BY due, application, task, rule LIMIT $2",
    )
    .bind(micros(now))
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, timer)
}

fn timer(row: &SqliteRow) -> Result<DueTimer, StoreError> {
    let columns = Columns::of("timer", row);
    let rule: i64 = columns.get(2)?;
    let rule = if rule == ANSWER { TimerRule::Answer } else { TimerRule::Late(columns.number(2)?) };
    let task = TaskId { application: columns.application(0)?, number: columns.number(1)? };
    Ok(DueTimer { task, rule, due: columns.instant(3)? })
}

pub(in super::super) async fn ended_vouchers(
    pool: &SqlitePool,
    programme: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<ApplicationId>, StoreError> {
    let rows = sqlx::query(
        "SELECT application FROM voucher
          WHERE programme = $1 AND expires_at <= $2 AND status IN ('active', 'part_redeemed')
          ORDER BY expires_at, application LIMIT $3",
    )
    .bind(programme)
    .bind(micros(now))
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, |row| Columns::of("voucher", row).application(0))
}

pub(in super::super) async fn past_keeping(
    pool: &SqlitePool,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<ApplicationId>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM application WHERE erase_at <= $1 ORDER BY erase_at, id LIMIT $2",
    )
    .bind(micros(now))
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, |row| Columns::of("application", row).application(0))
}

/// What is meant for later stands behind the rest of its application; what waits for its next try is not passed.
/// A parked entry holds up none after it: it waits for an operator, and they need not.
pub(in super::super) async fn outbox(
    pool: &SqlitePool,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT o.id, o.application, o.content, o.attempts FROM outbox o
          WHERE o.parked = 0 AND o.due <= $1
            AND NOT EXISTS (SELECT 1 FROM outbox e
                             WHERE e.application = o.application AND e.parked = 0
                               AND (e.since, e.id) < (o.since, o.id))
          ORDER BY o.due, o.id LIMIT $2",
    )
    .bind(micros(now))
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, entry)
}

/// Counts what is not parked.
pub(in super::super) async fn outbox_waiting(pool: &SqlitePool) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT count(*) FROM outbox WHERE parked = 0")
        .fetch_one(pool)
        .await
        .map_err(failed)?;
    Columns::of("outbox", &row).number(0)
}

fn entry(row: &SqliteRow) -> Result<OutboxEntry, StoreError> {
    let columns = Columns::of("outbox", row);
    let content = match columns.application_or_none(1)? {
        Some(application) => OutboxContent::Notice { application, notify: columns.cbor(2)? },
        None => OutboxContent::SignIn(columns.get(2)?),
    };
    Ok(OutboxEntry { id: columns.number(0)?, content, attempts: columns.number(3)? })
}
