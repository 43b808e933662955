//! Definitions, the roster, documents, incidents, schedules, and answers given before.

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::super::{
    Definition, Incident, IncidentKind, Newest, RosterVersion, ScheduleKey, StoreError,
    StoredDocument, StoredOutcome,
};
use super::super::list::{integer, micros};
use super::super::row::{Columns, outcome};
use super::super::statement::{all, first};
use crate::event::StoredEvent;
use crate::id::DocumentId;
use crate::recorded::Hash;

pub(in super::super) fn idempotent(
    connection: &Connection,
    scope: Hash,
) -> Result<Option<StoredOutcome>, StoreError> {
    let sql =
        "SELECT scope, request, application, first, last, at FROM idempotency WHERE scope = ?1";
    first(connection, "idempotency", sql, (&scope.0,), outcome)
}

pub(in super::super) fn definition(
    connection: &Connection,
    digest: Hash,
) -> Result<Option<Definition>, StoreError> {
    let sql = "
        SELECT digest, programme, number, source, deployed_at, by FROM definition WHERE digest = ?1";
    first(connection, "definition", sql, (&digest.0,), to_definition)
}

/// The newest definition of a programme.
pub(in super::super) const NEWEST_OF: &str = "
    SELECT programme, digest FROM definition WHERE programme = ?1 ORDER BY number DESC LIMIT 1";

pub(in super::super) fn newest_of(
    connection: &Connection,
    programme: &str,
) -> Result<Vec<Newest>, StoreError> {
    all(connection, "definition", NEWEST_OF, (programme,), to_newest)
}

pub(in super::super) fn newest(connection: &Connection) -> Result<Vec<Newest>, StoreError> {
    let sql = "
        SELECT programme, digest FROM definition
         WHERE (programme, number) IN (SELECT programme, max(number) FROM definition GROUP BY programme)
         ORDER BY programme";
    all(connection, "definition", sql, (), to_newest)
}

fn to_newest(columns: &Columns<'_>) -> Result<Newest, StoreError> {
    Ok(Newest { programme: columns.get(0)?, digest: columns.hash(1)? })
}

pub(in super::super) fn definitions(
    connection: &Connection,
    programme: Option<&str>,
) -> Result<Vec<Definition>, StoreError> {
    if let Some(programme) = programme {
        let sql = "
            SELECT digest, programme, number, source, deployed_at, by FROM definition
             WHERE programme = ?1 ORDER BY number DESC";
        return all(connection, "definition", sql, (programme,), to_definition);
    }
    let sql = "
        SELECT digest, programme, number, source, deployed_at, by FROM definition
         WHERE (programme, number) IN (SELECT programme, max(number) FROM definition GROUP BY programme)
         ORDER BY programme";
    all(connection, "definition", sql, (), to_definition)
}

fn to_definition(columns: &Columns<'_>) -> Result<Definition, StoreError> {
    Ok(Definition {
        digest: columns.hash(0)?,
        programme: columns.get(1)?,
        number: columns.number(2)?,
        source: columns.get(3)?,
        deployed_at: columns.instant(4)?,
        by: columns.parsed(5)?,
    })
}

pub(in super::super) fn roster(
    connection: &Connection,
) -> Result<Option<RosterVersion>, StoreError> {
    let sql = "SELECT version, digest, bytes, roster FROM roster ORDER BY version DESC LIMIT 1";
    first(connection, "roster", sql, (), to_roster)
}

pub(in super::super) fn roster_log(
    connection: &Connection,
    from: u64,
    limit: u32,
) -> Result<Vec<RosterVersion>, StoreError> {
    let sql = "
        SELECT version, digest, bytes, roster FROM roster
         WHERE version >= ?1 ORDER BY version LIMIT ?2";
    all(connection, "roster", sql, (integer(from), limit), to_roster)
}

fn to_roster(columns: &Columns<'_>) -> Result<RosterVersion, StoreError> {
    let event = StoredEvent {
        version: columns.number(0)?,
        digest: columns.hash(1)?,
        bytes: columns.get(2)?,
    };
    Ok(RosterVersion { event, roster: columns.get(3)? })
}

pub(in super::super) fn document(
    connection: &Connection,
    id: DocumentId,
) -> Result<Option<StoredDocument>, StoreError> {
    let sql = "
        SELECT id, sha256, size, media_type, file, key, uploader, uploaded_at, application
          FROM document WHERE id = ?1 AND discarded = 0";
    first(connection, "document", sql, (id.0.as_bytes(),), to_document)
}

/// Returns documents that may be used, in the order of their ids.
pub(in super::super) fn documents(
    connection: &Connection,
    after: Option<DocumentId>,
    limit: u32,
) -> Result<Vec<StoredDocument>, StoreError> {
    let after = after.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default();
    let sql = "
        SELECT id, sha256, size, media_type, file, key, uploader, uploaded_at, application
          FROM document WHERE id > ?1 AND discarded = 0 ORDER BY id LIMIT ?2";
    all(connection, "document", sql, (after, limit), to_document)
}

pub(in super::super) fn unreferenced_documents(
    connection: &Connection,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<StoredDocument>, StoreError> {
    let sql = "
        SELECT id, sha256, size, media_type, file, key, uploader, uploaded_at, application
          FROM document WHERE application IS NULL AND uploaded_at < ?1
         UNION ALL
        SELECT id, sha256, size, media_type, file, key, uploader, uploaded_at, application
          FROM document WHERE discarded = 1
         ORDER BY uploaded_at, id LIMIT ?2";
    all(connection, "document", sql, (micros(before), limit), to_document)
}

fn to_document(columns: &Columns<'_>) -> Result<StoredDocument, StoreError> {
    Ok(StoredDocument {
        id: DocumentId(columns.uuid(0)?),
        sha256: columns.hash(1)?,
        size: columns.number(2)?,
        media_type: columns.get(3)?,
        file: columns.get(4)?,
        key: columns.get(5)?,
        uploader: columns.hash(6)?,
        uploaded_at: columns.instant(7)?,
        application: columns.application_or_none(8)?,
    })
}

pub(in super::super) fn incidents(
    connection: &Connection,
    after: Option<u64>,
    limit: u32,
) -> Result<Vec<Incident>, StoreError> {
    let sql = "
        SELECT id, application, delivery, since, cause FROM incident
         WHERE id > ?1 ORDER BY id LIMIT ?2";
    all(connection, "incident", sql, (integer(after.unwrap_or(0)), limit), to_incident)
}

pub(in super::super) fn incident(
    connection: &Connection,
    id: u64,
) -> Result<Option<Incident>, StoreError> {
    let sql = "SELECT id, application, delivery, since, cause FROM incident WHERE id = ?1";
    first(connection, "incident", sql, (integer(id),), to_incident)
}

fn to_incident(columns: &Columns<'_>) -> Result<Incident, StoreError> {
    let delivery: Option<i64> = columns.get(2)?;
    let kind = match delivery {
        Some(_) => IncidentKind::Delivery(columns.number(2)?),
        None => IncidentKind::Application,
    };
    Ok(Incident {
        id: columns.number(0)?,
        kind,
        application: columns.application_or_none(1)?,
        since: columns.instant(3)?,
        cause: columns.get(4)?,
    })
}

pub(in super::super) fn last_run(
    connection: &Connection,
    schedule: &ScheduleKey,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT name, at FROM schedule_run WHERE programme = ?1 AND name = ?2";
    let values = (&schedule.programme, &schedule.name);
    first(connection, "schedule_run", sql, values, |columns| columns.instant(1))
}
