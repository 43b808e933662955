//! The queues of open tasks.

use std::collections::BTreeMap;

use annona_definitions::programme::{ProgrammeId, RoleId, StageId};
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::super::super::{Cursor, Page, StoreError, TaskOrder, TaskQuery, TaskRow, View};
use super::super::commit::NO_DEADLINE;
use super::super::error::failed;
use super::super::list::{column, micros};
use super::super::row::Columns;
use super::{cut, page_size};
use crate::id::{ApplicationId, TaskId, Who};

/// The task's place in the order of a queue; ids of applications are in the order of their submission.
type Place = (i64, ApplicationId, u32);

pub(in super::super) async fn page(
    pool: &PgPool,
    query: &TaskQuery,
) -> Result<Page<TaskRow>, StoreError> {
    let TaskOrder::Due = query.order;
    let rows = match query.view {
        View::Mine => claimed(pool, query).await?,
        View::Pool | View::Team => queued(pool, query).await?,
    };
    let mut found: BTreeMap<Place, TaskRow> = BTreeMap::new();
    for row in &rows {
        let (place, task) = read(row)?;
        found.insert(place, task);
    }
    let rows = found
        .into_iter()
        .map(|((key, id, task), row)| (row, Cursor { key, id, task }))
        .take(usize::try_from(page_size(query.limit) + 1).unwrap_or(usize::MAX))
        .collect();
    Ok(cut(rows, query.limit))
}

/// The heads of a role's queue in each of its stages; the stages are found by a look-up for each, however many tasks there are.
///
/// How many rows at most is no value that is bound: of one that it does not know the server expects a tenth of all, and plans the
/// statement anew each time, which takes as long as reading the page.
macro_rules! heads {
    ($limit:literal) => {
        concat!(
            "WITH RECURSIVE s (stage) AS (
                     (SELECT stage FROM queue WHERE programme = $1 AND role = $2 ORDER BY programme, role, stage LIMIT 1)
                      UNION ALL
                     SELECT (SELECT q.stage FROM queue q
                              WHERE q.programme = $1 AND q.role = $2 AND q.stage > s.stage
                              ORDER BY q.programme, q.role, q.stage LIMIT 1)
                       FROM s WHERE s.stage IS NOT NULL)
            SELECT q.application, q.number, a.reference, t.programme, t.stage, t.role, t.opened_at, t.due, t.claimed_by
              FROM s
             CROSS JOIN LATERAL (
                     SELECT application, number FROM queue
                      WHERE programme = $1 AND role = $2 AND stage = s.stage AND (due, application, number) > ($3, $4, $5)
                        AND due <= $7 AND (NOT $8 OR NOT claimed)
                      ORDER BY due, application, number LIMIT ",
            $limit,
            ") q
              JOIN task t ON t.application = q.application AND t.number = q.number
              JOIN application a ON a.id = q.application
             WHERE s.stage IS NOT NULL AND ($6::text IS NULL OR s.stage = $6)"
        )
    };
}

/// Heads for a page of the usual size, and one more.
pub(in super::super) const HEADS: &str = heads!("51");
/// Heads for the largest page, and one more.
const LONG_HEADS: &str = heads!("201");
/// Most rows of a page of the usual size.
const USUAL_PAGE: u32 = 50;
/// What somebody has claimed.
pub(in super::super) const CLAIMED: &str = "
    SELECT t.application, t.number, a.reference, t.programme, t.stage, t.role, t.opened_at, t.due, t.claimed_by
      FROM (SELECT t.* FROM task t
             WHERE t.claimed_by = $1 AND (t.due, t.application, t.number) > ($2, $3, $4)
               AND ($5::text IS NULL OR t.stage = $5) AND ($6::bigint IS NULL OR t.due <= $6)
               AND EXISTS (SELECT 1 FROM unnest($7::text[], $8::text[]) AS r (programme, role)
                             JOIN queue q ON q.programme = r.programme AND q.role = r.role
                            WHERE q.stage = t.stage AND q.due = t.due AND q.application = t.application
                              AND q.number = t.number)
             ORDER BY t.due, t.application, t.number LIMIT $9) t
      JOIN application a ON a.id = t.application";

/// Reads the heads of each queue that the officer sees: few queues, each a walk along its index.
async fn queued(pool: &PgPool, query: &TaskQuery) -> Result<Vec<PgRow>, StoreError> {
    let (key, id, task) = after(query);
    let mut rows = Vec::new();
    for (programme, role) in &query.roles {
        let is_usual = page_size(query.limit) <= USUAL_PAGE;
        let heads = sqlx::query(if is_usual { HEADS } else { LONG_HEADS })
            .bind(programme.as_str())
            .bind(role.as_str())
            .bind(key)
            .bind(id)
            .bind(task)
            .bind(query.stage.as_ref().map(StageId::as_str))
            .bind(query.late_at.map_or(NO_DEADLINE, micros))
            .bind(query.view == View::Pool)
            .fetch_all(pool)
            .await
            .map_err(failed)?;
        rows.extend(heads);
    }
    Ok(rows)
}

async fn claimed(pool: &PgPool, query: &TaskQuery) -> Result<Vec<PgRow>, StoreError> {
    let (key, id, task) = after(query);
    sqlx::query(CLAIMED)
        .bind(Who::Person(query.person.clone()).to_string())
        .bind(key)
        .bind(id)
        .bind(task)
        .bind(query.stage.as_ref().map(StageId::as_str))
        .bind(query.late_at.map(micros))
        .bind(column(&query.roles, |(programme, _)| programme.as_str()))
        .bind(column(&query.roles, |(_, role)| role.as_str()))
        .bind(i64::from(page_size(query.limit) + 1))
        .fetch_all(pool)
        .await
        .map_err(failed)
}

fn after(query: &TaskQuery) -> (i64, Uuid, i64) {
    query
        .after
        .map_or((i64::MIN, Uuid::nil(), 0), |after| (after.key, after.id.0, i64::from(after.task)))
}

fn read(row: &PgRow) -> Result<(Place, TaskRow), StoreError> {
    let columns = Columns::of("task", row);
    let id = TaskId { application: columns.application(0)?, number: columns.number(1)? };
    let key: i64 = columns.get(7)?;
    let claimed_by: Option<&str> = columns.get(8)?;
    let task = TaskRow {
        id,
        reference: columns.get(2)?,
        programme: ProgrammeId::recorded(columns.get(3)?),
        stage: StageId::recorded(columns.get(4)?),
        role: RoleId::recorded(columns.get(5)?),
        opened_at: columns.instant(6)?,
        due: if key == NO_DEADLINE { None } else { Some(columns.instant(7)?) },
        claimed_by: claimed_by.map(|_| columns.parsed(8)).transpose()?,
    };
    Ok(((key, id.application, id.number), task))
}
