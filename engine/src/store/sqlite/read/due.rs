//! What is due: timers, vouchers that ended, values past their time to keep, deliveries.

use jiff::Timestamp;
use rusqlite::{Connection, Params};

use super::super::super::{Cursor, DueTimer, OutboxContent, OutboxEntry, Page, StoreError};
use super::super::commit::{ANSWER, rule_key};
use super::super::list::micros;
use super::super::row::Columns;
use super::super::statement::{all, first};
use super::{cut, page_size};
use crate::application::TimerRule;
use crate::id::{ApplicationId, TaskId};

pub(in super::super) fn timers(
    connection: &Connection,
    now: Timestamp,
    after: Option<DueTimer>,
    limit: u32,
) -> Result<Vec<DueTimer>, StoreError> {
    let after = after.map(|after| {
        let id = after.task.application.0.into_bytes().to_vec();
        (micros(after.due), id, after.task.number, rule_key(after.rule))
    });
    let (due, id, task, rule) = after.unwrap_or((i64::MIN, Vec::new(), 0, ANSWER));
    let sql = "
        SELECT application, task, rule, due FROM timer
         WHERE due <= ?1 AND (due, application, task, rule) > (?2, ?3, ?4, ?5)
         ORDER BY due, application, task, rule LIMIT ?6";
    all(connection, "timer", sql, (micros(now), due, id, task, rule, limit), timer)
}

fn timer(columns: &Columns<'_>) -> Result<DueTimer, StoreError> {
    let rule: i64 = columns.get(2)?;
    let rule = if rule == ANSWER { TimerRule::Answer } else { TimerRule::Late(columns.number(2)?) };
    let task = TaskId { application: columns.application(0)?, number: columns.number(1)? };
    Ok(DueTimer { task, rule, due: columns.instant(3)? })
}

pub(in super::super) fn ended_vouchers(
    connection: &Connection,
    programme: &str,
    now: Timestamp,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<ApplicationId>, StoreError> {
    let (key, id) = place(after);
    let sql = "
        SELECT application, expires_at FROM voucher
         WHERE programme = ?1 AND expires_at <= ?2 AND status IN ('active', 'part_redeemed')
           AND (expires_at, application) > (?3, ?4)
         ORDER BY expires_at, application LIMIT ?5";
    let values = (programme, micros(now), key, id, page_size(limit) + 1);
    due_page(connection, "voucher", sql, values, limit)
}

pub(in super::super) fn past_keeping(
    connection: &Connection,
    now: Timestamp,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<ApplicationId>, StoreError> {
    let (key, id) = place(after);
    let sql = "
        SELECT id, erase_at FROM application WHERE erase_at <= ?1 AND (erase_at, id) > (?2, ?3)
         ORDER BY erase_at, id LIMIT ?4";
    due_page(connection, "application", sql, (micros(now), key, id, page_size(limit) + 1), limit)
}

/// Returns where a list goes on, as it stands in columns.
fn place(after: Option<Cursor>) -> (i64, Vec<u8>) {
    after.map_or((i64::MIN, Vec::new()), |after| (after.key, after.id.0.into_bytes().to_vec()))
}

/// Reads rows of an application and the instant at which something is due of it.
fn due_page(
    connection: &Connection,
    table: &'static str,
    sql: &'static str,
    values: impl Params,
    limit: u32,
) -> Result<Page<ApplicationId>, StoreError> {
    let rows = all(connection, table, sql, values, |columns| {
        let id = columns.application(0)?;
        Ok((id, Cursor { key: columns.get(1)?, id, task: 0 }))
    })?;
    Ok(cut(rows, limit))
}

/// What is meant for later stands behind the rest of its application; what waits for its next try is not passed.
/// A parked entry holds up none after it: it waits for an operator, and they need not.
pub(in super::super) fn outbox(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let sql = "
        SELECT o.id, o.application, o.content, o.attempts FROM outbox o
         WHERE o.parked = 0 AND o.due <= ?1
           AND NOT EXISTS (SELECT 1 FROM outbox e
                            WHERE e.application = o.application AND e.parked = 0
                              AND (e.since, e.id) < (o.since, o.id))
         ORDER BY o.due, o.id LIMIT ?2";
    all(connection, "outbox", sql, (micros(now), limit), entry)
}

/// Counts what is not parked.
pub(in super::super) fn outbox_waiting(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM outbox WHERE parked = 0";
    Ok(first(connection, "outbox", sql, (), |columns| columns.number(0))?.unwrap_or_default())
}

fn entry(columns: &Columns<'_>) -> Result<OutboxEntry, StoreError> {
    let content = match columns.application_or_none(1)? {
        Some(application) => OutboxContent::Notice { application, notify: columns.cbor(2)? },
        None => OutboxContent::SignIn(columns.get(2)?),
    };
    Ok(OutboxEntry { id: columns.number(0)?, content, attempts: columns.number(3)? })
}
