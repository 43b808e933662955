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

/// The page, by a given way to the rows, with the place at which each stands; both ways take the same values.
macro_rules! page_from {
    ($from:literal, $at:literal, $id:literal) => {
        concat!(
            "SELECT a.id, a.state FROM ",
            $from,
            " WHERE (cardinality($1::text[]) = 0 OR a.programme = ANY($1))
                AND ($2::text IS NULL OR a.status = $2)
                AND ($3::text IS NULL OR a.stage = $3)
                AND ($4::text IS NULL OR a.reference = $4)
                AND ($5::bytea IS NULL OR a.id IN (SELECT application FROM contact WHERE hash = $5))
                AND (",
            $at,
            ", ",
            $id,
            ") < ($6, $7)
                AND ($9::text IS NULL OR starts_with(a.reference, $9))
                AND NOT EXISTS (
                        SELECT FROM unnest($10::bytea[]) u (hash)
                         WHERE NOT EXISTS (SELECT FROM word v
                                            WHERE v.hash = u.hash AND v.submitted_at = a.submitted_at
                                              AND v.application = a.id))
              ORDER BY ",
            $at,
            " DESC, ",
            $id,
            " DESC LIMIT $8"
        )
    };
}

const ANY: &str = page_from!("application a", "a.submitted_at", "a.id");
const OF_WORDS: &str = page_from!(
    "word w JOIN application a ON a.id = w.application AND w.hash = ($10::bytea[])[1]",
    "w.submitted_at",
    "w.application"
);

/// Planned for its values each time: which index is the best way depends on what is asked.
pub(in super::super) async fn page(
    pool: &PgPool,
    query: &ApplicationQuery,
) -> Result<Page<Application>, StoreError> {
    let (key, id) = query.after.map_or((i64::MAX, LAST_ID), |after| (after.key, after.id.0));
    let rows = sqlx::query(if query.words.is_empty() { ANY } else { OF_WORDS })
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
        .bind(column(&query.words, |word| word.0.as_slice()))
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

pub(in super::super) async fn unfilled(
    pool: &PgPool,
    after: Option<ApplicationId>,
    limit: u32,
) -> Result<Vec<ApplicationId>, StoreError> {
    let rows = sqlx::query(
        "SELECT application FROM unfilled WHERE $1::uuid IS NULL OR application > $1
          ORDER BY application LIMIT $2",
    )
    .persistent(false)
    .bind(after.map(|id| id.0))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, |row| Columns::of("unfilled", row).application(0))
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
