//! Pieces of reports: each a short walk along an index, so that no reading stays long in one snapshot and keeps the journal from
//! being emptied.

use annona_definitions::programme::{RoleId, StageId};
use jiff::Timestamp;
use rusqlite::Connection;

use super::super::super::StoreError;
use super::super::super::report::{Group, MAX_COUNTED, Piece, Queue, Sent, Span};
use super::super::list::micros;
use super::super::statement::{all, first};
use super::tasks;
use crate::application::Status;
use crate::counted::Happened;

/// The roles of which a programme has tasks: a look-up for each.
pub(in super::super) const ROLES: &str = "
    WITH RECURSIVE s (role) AS (
             SELECT min(role) FROM queue WHERE programme = ?1
              UNION ALL
             SELECT (SELECT min(q.role) FROM queue q WHERE q.programme = ?1 AND q.role > s.role)
               FROM s WHERE s.role IS NOT NULL)
    SELECT role FROM s WHERE role IS NOT NULL";
/// The tasks of a role in a stage.
pub(in super::super) const QUEUE: &str = "
    SELECT count(*), coalesce(sum(claimed), 0), coalesce(min(due), 0) FROM queue
     WHERE programme = ?1 AND role = ?2 AND stage = ?3";
/// When the row after as many as are counted at once was sent.
pub(in super::super) const SENT_UNTIL: &str = "
    SELECT submitted_at FROM application INDEXED BY application_by_programme
     WHERE programme = ?1 AND submitted_at >= ?2 AND submitted_at < ?3 ORDER BY submitted_at LIMIT 1 OFFSET ?4";
/// Applications that were sent meanwhile.
pub(in super::super) const SENT: &str = "
    SELECT status, count(*) FROM application INDEXED BY application_by_programme
     WHERE programme = ?1 AND submitted_at >= ?2 AND submitted_at < ?3 GROUP BY status";
/// When the row after as many as are counted at once happened.
pub(in super::super) const HAPPENED_UNTIL: &str = "
    SELECT at FROM counted WHERE programme = ?1 AND at >= ?2 AND at < ?3 ORDER BY at LIMIT 1 OFFSET ?4";
/// What happened meanwhile.
pub(in super::super) const HAPPENED: &str = "
    SELECT what, stage, currency, count(*), coalesce(sum(parts), 0) FROM counted
     WHERE programme = ?1 AND at >= ?2 AND at < ?3 GROUP BY what, stage, currency";

pub(in super::super) fn queues(
    connection: &Connection,
    programme: &str,
) -> Result<Vec<Queue>, StoreError> {
    let roles: Vec<String> =
        all(connection, "queue", ROLES, (programme,), |columns| columns.get(0))?;
    let mut queues = Vec::new();
    for role in roles {
        for stage in tasks::stages(connection, programme, &role)? {
            let queue = first(connection, "queue", QUEUE, (programme, &role, &stage), |columns| {
                let due: i64 = columns.get(2)?;
                Ok(Queue {
                    role: RoleId::recorded(&role),
                    stage: StageId::recorded(&stage),
                    open: columns.number(0)?,
                    claimed: columns.number(1)?,
                    oldest_due: (due != tasks::NO_DEADLINE)
                        .then(|| columns.instant(2))
                        .transpose()?,
                })
            })?;
            queues.extend(queue);
        }
    }
    // Of a queue that was emptied meanwhile nothing is left.
    queues.retain(|queue| queue.open > 0);
    Ok(queues)
}

pub(in super::super) fn sent(
    connection: &Connection,
    span: Span<'_>,
) -> Result<Piece<Sent>, StoreError> {
    let (until, next) = until(connection, SENT_UNTIL, span)?;
    let values = (span.programme, micros(span.from), until);
    let groups = all(connection, "application", SENT, values, |columns| {
        let status = columns.one_of(0, &Status::ALL, Status::as_str)?;
        Ok(Sent { status, count: columns.number(1)? })
    })?;
    Ok(Piece { groups, next })
}

pub(in super::super) fn happened(
    connection: &Connection,
    span: Span<'_>,
) -> Result<Piece<Group>, StoreError> {
    let (until, next) = until(connection, HAPPENED_UNTIL, span)?;
    let values = (span.programme, micros(span.from), until);
    let groups = all(connection, "counted", HAPPENED, values, |columns| {
        Ok(Group {
            what: columns.one_of(0, &Happened::ALL, Happened::as_str)?,
            stage: columns.text_or_none(1)?.map(StageId::recorded),
            currency: columns.get(2)?,
            count: columns.number(3)?,
            parts: columns.get(4)?,
        })
    })?;
    Ok(Piece { groups, next })
}

/// Returns until when this piece goes, and from when the next one does: whatever is of one instant is of one piece.
fn until(
    connection: &Connection,
    sql: &'static str,
    span: Span<'_>,
) -> Result<(i64, Option<Timestamp>), StoreError> {
    let values = (span.programme, micros(span.from), micros(span.until), MAX_COUNTED);
    let end = first(connection, "application", sql, values, |columns| columns.get(0))?;
    Ok(span.cut(end))
}
