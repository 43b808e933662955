//! The queues of open tasks.

use std::collections::BTreeMap;

use annona_definitions::programme::{ProgrammeId, RoleId, StageId};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::super::super::{Cursor, Page, StoreError, TaskOrder, TaskQuery, TaskRow, View};
use super::super::list::{List, micros};
use super::super::row::Columns;
use super::super::statement::all;
use super::{cut, page_size};
use crate::id::{ApplicationId, TaskId, Who};

/// What stands for "no deadline": after every instant.
pub(super) const NO_DEADLINE: i64 = i64::MAX;

/// The task's place in the order of a queue; ids of applications are in the order of their submission.
type Place = (i64, ApplicationId, u32);

/// Returns the sort key of a deadline.
pub(in super::super) fn due_key(due: Option<Timestamp>) -> i64 {
    due.map_or(NO_DEADLINE, micros)
}

pub(in super::super) fn page(
    connection: &Connection,
    query: &TaskQuery,
) -> Result<Page<TaskRow>, StoreError> {
    let TaskOrder::Due = query.order;
    let rows = match query.view {
        View::Mine => claimed(connection, query)?,
        View::Pool | View::Team => queued(connection, query)?,
    };
    let found: BTreeMap<Place, TaskRow> = rows.into_iter().collect();
    let rows = found
        .into_iter()
        .map(|((key, id, task), row)| (row, Cursor { key, id, task }))
        .take(usize::try_from(page_size(query.limit) + 1).unwrap_or(usize::MAX))
        .collect();
    Ok(cut(rows, query.limit))
}

/// The stages of which a role has tasks: a look-up for each, however many tasks there are.
pub(in super::super) const STAGES: &str = "
    WITH RECURSIVE s (stage) AS (
             SELECT min(stage) FROM queue WHERE programme = ?1 AND role = ?2
              UNION ALL
             SELECT (SELECT min(q.stage) FROM queue q
                      WHERE q.programme = ?1 AND q.role = ?2 AND q.stage > s.stage)
               FROM s WHERE s.stage IS NOT NULL)
    SELECT stage FROM s WHERE stage IS NOT NULL";
/// The head of a role's queue in a stage.
pub(in super::super) const HEAD: &str = "
    SELECT t.application, t.number, a.reference, t.programme, t.stage, t.role, t.opened_at, t.due, t.claimed_by
      FROM queue q
     CROSS JOIN task t ON t.application = q.application AND t.number = q.number
     CROSS JOIN application a ON a.id = q.application
     WHERE q.programme = ?1 AND q.role = ?2 AND q.stage = ?3
       AND (q.due, q.application, q.number) > (?4, ?5, ?6)
       AND q.due <= ?7 AND (?8 = 0 OR q.claimed = 0)
     ORDER BY q.due, q.application, q.number LIMIT ?9";
/// What somebody has claimed.
pub(in super::super) const CLAIMED: &str = "
    SELECT t.application, t.number, a.reference, t.programme, t.stage, t.role, t.opened_at, t.due, t.claimed_by
      FROM task t INDEXED BY task_claimed
     CROSS JOIN application a ON a.id = t.application
     WHERE t.claimed_by = ?1 AND (t.due, t.application, t.number) > (?2, ?3, ?4)
       AND (?5 IS NULL OR t.stage = ?5) AND (?6 IS NULL OR t.due <= ?6)
       AND EXISTS (SELECT 1 FROM json_each(?7) j CROSS JOIN queue q
                    WHERE q.programme = j.value ->> 0 AND q.role = j.value ->> 1 AND q.stage = t.stage
                      AND q.due = t.due AND q.application = t.application AND q.number = t.number)
     ORDER BY t.due, t.application, t.number LIMIT ?8";

/// Reads the head of each queue that the officer sees, stage by stage: few queues, each a walk along its index.
fn queued(connection: &Connection, query: &TaskQuery) -> Result<Vec<(Place, TaskRow)>, StoreError> {
    let (key, id, task) = after(query);
    let mut rows = Vec::new();
    for (programme, role) in &query.roles {
        let (programme, role) = (programme.as_str(), role.as_str());
        let stages = match &query.stage {
            Some(stage) => vec![stage.as_str().to_owned()],
            None => stages(connection, programme, role)?,
        };
        for stage in stages {
            let values = (
                programme,
                role,
                stage,
                key,
                &id,
                task,
                query.late_at.map_or(NO_DEADLINE, micros),
                query.view == View::Pool,
                page_size(query.limit) + 1,
            );
            rows.extend(all(connection, "task", HEAD, values, read)?);
        }
    }
    Ok(rows)
}

/// Returns the stages of which a role has tasks.
pub(super) fn stages(
    connection: &Connection,
    programme: &str,
    role: &str,
) -> Result<Vec<String>, StoreError> {
    all(connection, "queue", STAGES, (programme, role), |columns| columns.get(0))
}

fn claimed(
    connection: &Connection,
    query: &TaskQuery,
) -> Result<Vec<(Place, TaskRow)>, StoreError> {
    let (key, id, task) = after(query);
    let roles: List = query
        .roles
        .iter()
        .map(|(programme, role)| json!([programme.as_str(), role.as_str()]))
        .collect();
    let values = (
        Who::Person(query.person.clone()).to_string(),
        key,
        id,
        task,
        query.stage.as_ref().map(StageId::as_str),
        query.late_at.map(micros),
        roles.json(),
        page_size(query.limit) + 1,
    );
    all(connection, "task", CLAIMED, values, read)
}

fn after(query: &TaskQuery) -> (i64, Vec<u8>, u32) {
    query.after.map_or((i64::MIN, Vec::new(), 0), |after| {
        (after.key, after.id.0.into_bytes().to_vec(), after.task)
    })
}

fn read(columns: &Columns<'_>) -> Result<(Place, TaskRow), StoreError> {
    let id = TaskId { application: columns.application(0)?, number: columns.number(1)? };
    let key: i64 = columns.get(7)?;
    let claimed_by = columns.text_or_none(8)?;
    let task = TaskRow {
        id,
        reference: columns.get(2)?,
        programme: ProgrammeId::recorded(columns.text(3)?),
        stage: StageId::recorded(columns.text(4)?),
        role: RoleId::recorded(columns.text(5)?),
        opened_at: columns.instant(6)?,
        due: if key == NO_DEADLINE { None } else { Some(columns.instant(7)?) },
        claimed_by: claimed_by.map(|_| columns.parsed(8)).transpose()?,
    };
    Ok(((key, id.application, id.number), task))
}
