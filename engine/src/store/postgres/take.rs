//! Taking what is due, so that each thing is done by one daemon: rows that another one looks at are passed, not waited for.
//!
//! What is taken is chosen in a part of its own (`MATERIALIZED`): inside a join it may be chosen again for each row, and more
//! would be taken than is given out.

use jiff::Timestamp;
use sqlx::PgPool;

use super::super::{DueTimer, OutboxEntry, StoreError};
use super::error::failed;
use super::list::{integer, micros};
use super::read::{due, each};

pub(super) async fn timers(
    pool: &PgPool,
    now: Timestamp,
    until: Timestamp,
    after: Option<DueTimer>,
    limit: u32,
) -> Result<Vec<DueTimer>, StoreError> {
    let (due, id, task, rule) = due::timer_place(after);
    let rows = sqlx::query(
        "WITH d AS MATERIALIZED (
             SELECT application, task, rule FROM timer
              WHERE due <= $1 AND (due, application, task, rule) > ($2, $3, $4, $5)
                AND (taken_until IS NULL OR taken_until <= $1)
              ORDER BY due, application, task, rule LIMIT $7 FOR UPDATE SKIP LOCKED)
         UPDATE timer t SET taken_until = $6 FROM d
          WHERE (t.application, t.task, t.rule) = (d.application, d.task, d.rule)
         RETURNING t.application, t.task, t.rule, t.due",
    )
    .bind(micros(now))
    .bind(due)
    .bind(id)
    .bind(task)
    .bind(rule)
    .bind(micros(until))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let mut timers = each(&rows, due::timer)?;
    timers.sort_by_key(|timer| due::timer_place(Some(*timer)));
    Ok(timers)
}

pub(super) async fn outbox(
    pool: &PgPool,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let rows = sqlx::query(
        "WITH d AS MATERIALIZED (
             SELECT o.id FROM outbox o
              WHERE NOT o.parked AND o.due <= $1 AND (o.taken_until IS NULL OR o.taken_until <= $1)
                AND NOT EXISTS (SELECT 1 FROM outbox e
                                 WHERE e.application = o.application AND NOT e.parked
                                   AND (e.since, e.id) < (o.since, o.id))
              ORDER BY o.due, o.id LIMIT $3 FOR UPDATE OF o SKIP LOCKED)
         UPDATE outbox t SET taken_until = $2 FROM d
          WHERE t.id = d.id
         RETURNING t.id, t.application, t.content, t.attempts",
    )
    .bind(micros(now))
    .bind(micros(until))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let mut entries = each(&rows, due::entry)?;
    entries.sort_by_key(|entry| entry.id);
    Ok(entries)
}

pub(super) async fn keep(pool: &PgPool, entry: u64, until: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET taken_until = $2 WHERE id = $1 AND taken_until IS NOT NULL")
        .bind(integer(entry))
        .bind(micros(until))
        .execute(pool)
        .await
        .map(drop)
        .map_err(failed)
}
