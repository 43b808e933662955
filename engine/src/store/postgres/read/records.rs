//! Definitions, the roster, documents, incidents, schedules, and answers given before.

use jiff::Timestamp;
use sqlx::PgPool;
use sqlx::postgres::PgRow;

use super::super::super::{
    Definition, Incident, IncidentKind, Newest, RosterVersion, ScheduleKey, StoreError,
    StoredDocument, StoredOutcome,
};
use super::super::error::failed;
use super::super::list::{integer, micros};
use super::super::row::Columns;
use super::each;
use crate::event::StoredEvent;
use crate::id::DocumentId;
use crate::recorded::Hash;

pub(in super::super) async fn idempotent(
    pool: &PgPool,
    scope: Hash,
) -> Result<Option<StoredOutcome>, StoreError> {
    let row = sqlx::query(
        "SELECT scope, request, application, first, last, at FROM idempotency WHERE scope = $1",
    )
    .bind(scope.0.as_slice())
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.map(|row| Columns::of("idempotency", &row).outcome()).transpose()
}

pub(in super::super) async fn definition(
    pool: &PgPool,
    digest: Hash,
) -> Result<Option<Definition>, StoreError> {
    let row = sqlx::query(
        "SELECT digest, programme, number, source, deployed_at, by FROM definition WHERE digest = $1",
    )
    .bind(digest.0.as_slice())
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.as_ref().map(to_definition).transpose()
}

pub(in super::super) async fn newest(
    pool: &PgPool,
    programme: Option<&str>,
) -> Result<Vec<Newest>, StoreError> {
    let query = match programme {
        Some(programme) => sqlx::query(
            "SELECT programme, digest FROM definition WHERE programme = $1 ORDER BY number DESC LIMIT 1",
        )
        .bind(programme),
        None => sqlx::query(
            "SELECT programme, digest FROM definition
          WHERE (programme, number) IN (SELECT programme, max(number) FROM definition GROUP BY programme)
          ORDER BY programme",
        ),
    };
    let rows = query.fetch_all(pool).await.map_err(failed)?;
    each(&rows, |row| {
        let columns = Columns::of("definition", row);
        Ok(Newest { programme: columns.get(0)?, digest: columns.hash(1)? })
    })
}

pub(in super::super) async fn definitions(
    pool: &PgPool,
    programme: Option<&str>,
) -> Result<Vec<Definition>, StoreError> {
    let query = match programme {
        Some(programme) => sqlx::query(
            "SELECT digest, programme, number, source, deployed_at, by FROM definition
              WHERE programme = $1 ORDER BY number DESC",
        )
        .bind(programme),
        None => sqlx::query(
            "SELECT digest, programme, number, source, deployed_at, by FROM definition
              WHERE (programme, number) IN (SELECT programme, max(number) FROM definition GROUP BY programme)
              ORDER BY programme",
        ),
    };
    each(&query.fetch_all(pool).await.map_err(failed)?, to_definition)
}

fn to_definition(row: &PgRow) -> Result<Definition, StoreError> {
    let columns = Columns::of("definition", row);
    Ok(Definition {
        digest: columns.hash(0)?,
        programme: columns.get(1)?,
        number: columns.number(2)?,
        source: columns.get(3)?,
        deployed_at: columns.instant(4)?,
        by: columns.parsed(5)?,
    })
}

pub(in super::super) async fn roster(pool: &PgPool) -> Result<Option<RosterVersion>, StoreError> {
    let row = sqlx::query(
        "SELECT version, digest, bytes, roster FROM roster ORDER BY version DESC LIMIT 1",
    )
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.as_ref().map(to_roster).transpose()
}

pub(in super::super) async fn roster_version(pool: &PgPool) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT coalesce(max(version), 0) FROM roster")
        .fetch_one(pool)
        .await
        .map_err(failed)?;
    Columns::of("roster", &row).number(0)
}

pub(in super::super) async fn roster_log(
    pool: &PgPool,
    from: u64,
    limit: u32,
) -> Result<Vec<RosterVersion>, StoreError> {
    let rows = sqlx::query(
        "SELECT version, digest, bytes, roster FROM roster WHERE version >= $1 ORDER BY version LIMIT $2",
    )
    .bind(integer(from))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, to_roster)
}

fn to_roster(row: &PgRow) -> Result<RosterVersion, StoreError> {
    let columns = Columns::of("roster", row);
    let event = StoredEvent {
        version: columns.number(0)?,
        digest: columns.hash(1)?,
        bytes: columns.get(2)?,
    };
    Ok(RosterVersion { event, roster: columns.get(3)? })
}

pub(in super::super) async fn document(
    pool: &PgPool,
    id: DocumentId,
) -> Result<Option<StoredDocument>, StoreError> {
    let row = sqlx::query(
        "SELECT id, sha256, size, media_type, file, key, uploader, uploaded_at, application
           FROM document WHERE id = $1 AND NOT discarded",
    )
    .bind(id.0)
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.as_ref().map(to_document).transpose()
}

pub(in super::super) async fn unreferenced_documents(
    pool: &PgPool,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<StoredDocument>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, sha256, size, media_type, file, key, uploader, uploaded_at, application
           FROM document WHERE application IS NULL AND uploaded_at < $1
          UNION ALL
         SELECT id, sha256, size, media_type, file, key, uploader, uploaded_at, application
           FROM document WHERE discarded
          ORDER BY uploaded_at, id LIMIT $2",
    )
    .bind(micros(before))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, to_document)
}

fn to_document(row: &PgRow) -> Result<StoredDocument, StoreError> {
    let columns = Columns::of("document", row);
    Ok(StoredDocument {
        id: DocumentId(columns.get(0)?),
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

pub(in super::super) async fn incidents(
    pool: &PgPool,
    after: Option<u64>,
    limit: u32,
) -> Result<Vec<Incident>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, application, delivery, since, cause FROM incident WHERE id > $1 ORDER BY id LIMIT $2",
    )
    .bind(integer(after.unwrap_or(0)))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, to_incident)
}

pub(in super::super) async fn incident(
    pool: &PgPool,
    id: u64,
) -> Result<Option<Incident>, StoreError> {
    let row =
        sqlx::query("SELECT id, application, delivery, since, cause FROM incident WHERE id = $1")
            .bind(integer(id))
            .fetch_optional(pool)
            .await
            .map_err(failed)?;
    row.as_ref().map(to_incident).transpose()
}

fn to_incident(row: &PgRow) -> Result<Incident, StoreError> {
    let columns = Columns::of("incident", row);
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

pub(in super::super) async fn last_run(
    pool: &PgPool,
    schedule: &ScheduleKey,
) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query("SELECT name, at FROM schedule_run WHERE programme = $1 AND name = $2")
        .bind(&schedule.programme)
        .bind(&schedule.name)
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    row.map(|row| Columns::of("schedule_run", &row).instant(1)).transpose()
}
