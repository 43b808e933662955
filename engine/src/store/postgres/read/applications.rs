//! Lists of applications.

use annona_definitions::programme::{ProgrammeId, StageId};
use sqlx::PgPool;
use uuid::Uuid;

use super::super::super::{ApplicationQuery, Cursor, Page, StoreError};
use super::super::error::failed;
use super::super::list::{column, micros};
use super::super::row::Columns;
use super::{cut, each, page_size};
use crate::application::{Application, Status};
use crate::id::ApplicationId;
use crate::recorded::Hash;

/// An id after every other.
const LAST_ID: Uuid = Uuid::max();

/// Planned for its values each time: which index is the best way depends on what is asked.
pub(in super::super) async fn page(
    pool: &PgPool,
    query: &ApplicationQuery,
) -> Result<Page<Application>, StoreError> {
    let (key, id) = query.after.map_or((i64::MAX, LAST_ID), |after| (after.key, after.id.0));
    let rows = sqlx::query(
        "SELECT a.id, a.state FROM application a
          WHERE (cardinality($1::text[]) = 0 OR a.programme = ANY($1))
            AND ($2::text IS NULL OR a.status = $2)
            AND ($3::text IS NULL OR a.stage = $3)
            AND ($4::text IS NULL OR a.reference = $4)
            AND ($5::bytea IS NULL OR a.id IN (SELECT application FROM contact WHERE hash = $5))
            AND (a.submitted_at, a.id) < ($6, $7)
            AND ($9::text IS NULL OR starts_with(a.reference, $9))
          ORDER BY a.submitted_at DESC, a.id DESC LIMIT $8",
    )
    .persistent(false)
    .bind(column(&query.programmes, ProgrammeId::as_str))
    .bind(query.status.map(Status::as_str))
    .bind(query.stage.as_ref().map(StageId::as_str))
    .bind(query.reference.as_deref())
    .bind(query.known_by.as_ref().map(|hash| hash.0.as_slice()))
    .bind(key)
    .bind(id)
    .bind(i64::from(page_size(query.limit) + 1))
    .bind(query.reference_prefix.as_deref())
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let rows = each(&rows, |row| {
        let application: Application = Columns::of("application", row).cbor(1)?;
        let place = Cursor { key: micros(application.submitted_at), id: application.id, task: 0 };
        Ok((application, place))
    })?;
    Ok(cut(rows, query.limit))
}

pub(in super::super) async fn ids(
    pool: &PgPool,
    after: Option<ApplicationId>,
    limit: u32,
) -> Result<Vec<ApplicationId>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM application WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2",
    )
    .persistent(false)
    .bind(after.map(|id| id.0))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, |row| Columns::of("application", row).application(0))
}

pub(in super::super) async fn counts(
    pool: &PgPool,
    programme: &str,
) -> Result<Vec<(Status, u64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT status, count(*) FROM application
          WHERE programme = $1 GROUP BY status",
    )
    .bind(programme)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let mut counts = each(&rows, |row| {
        let columns = Columns::of("application", row);
        Ok((columns.one_of(0, &Status::ALL, Status::as_str)?, columns.number(1)?))
    })?;
    counts.sort_by_key(|(status, _)| Status::ALL.iter().position(|one| one == status));
    Ok(counts)
}

pub(in super::super) async fn open_on(pool: &PgPool, definition: Hash) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT count(*) FROM application
          WHERE definition = $1 AND status IN ('in_review', 'with_applicant', 'held')",
    )
    .bind(definition.0.as_slice())
    .fetch_one(pool)
    .await
    .map_err(failed)?;
    Columns::of("application", &row).number(0)
}
