//! Lists of applications.

use annona_definitions::programme::{ProgrammeId, StageId};
use rusqlite::Connection;
use serde_json::json;

use super::super::super::{ApplicationQuery, Cursor, Page, StoreError};
use super::super::list::{List, hex, micros};
use super::super::statement::{all, first};
use super::{cut, page_size};
use crate::application::{Application, Status};
use crate::id::ApplicationId;
use crate::recorded::Hash;

/// The page, by a given way to the rows; every way takes the same values.
macro_rules! page_from {
    ($from:literal) => {
        page_from!($from, "a.submitted_at", "a.id")
    };
    ($from:literal, $at:literal, $id:literal) => {
        concat!(
            "SELECT a.id, a.state FROM ",
            $from,
            " WHERE (?1 IS NULL OR a.programme = ?1)
                AND (?2 IS NULL OR a.programme IN (SELECT value FROM json_each(?2)))
                AND (?3 IS NULL OR a.status = ?3)
                AND (?4 IS NULL OR a.stage = ?4)
                AND (?5 IS NULL OR a.reference = ?5)
                AND (?6 IS NULL OR a.id IN (SELECT application FROM contact WHERE hash = ?6))
                AND (",
            $at,
            ", ",
            $id,
            ") < (?7, ?8)
                AND (?10 IS NULL OR substr(a.reference, 1, length(?10)) = ?10)
                AND (?11 IS NULL OR NOT EXISTS (
                        SELECT 1 FROM json_each(?12) j
                         WHERE NOT EXISTS (SELECT 1 FROM word v
                                            WHERE v.hash = unhex(j.value) AND v.submitted_at = a.submitted_at
                                              AND v.application = a.id)))
              ORDER BY ",
            $at,
            " DESC, ",
            $id,
            " DESC LIMIT ?9"
        )
    };
}

const ANY: &str = page_from!("application a INDEXED BY application_newest");
pub(in super::super) const OF_PROGRAMME: &str = page_from!(
    "(SELECT * FROM application INDEXED BY application_by_programme WHERE programme = ?1) a"
);
pub(in super::super) const OF_STATUS: &str =
    page_from!("(SELECT * FROM application INDEXED BY application_by_status WHERE status = ?3) a");
const OF_CONTACT: &str = page_from!(
    "(SELECT b.* FROM (SELECT DISTINCT application FROM contact WHERE hash = ?6) c
      CROSS JOIN application b ON b.id = c.application) a"
);
const OF_REFERENCE: &str = page_from!("(SELECT * FROM application WHERE reference = ?5) a");
// No character of a reference comes after `~`.
const OF_PREFIX: &str =
    page_from!("(SELECT * FROM application WHERE reference >= ?10 AND reference < ?10 || '~') a");
pub(in super::super) const OF_WORDS: &str = page_from!(
    "word w CROSS JOIN application a ON w.hash = ?11 AND a.id = w.application",
    "w.submitted_at",
    "w.application"
);

/// An id after every other.
const LAST_ID: [u8; 16] = [0xff; 16];

pub(in super::super) fn page(
    connection: &Connection,
    query: &ApplicationQuery,
) -> Result<Page<Application>, StoreError> {
    let one = match query.programmes.as_slice() {
        [one] => Some(one.as_str()),
        _ => None,
    };
    let many = (query.programmes.len() > 1).then(|| {
        let names: serde_json::Value = query.programmes.iter().map(ProgrammeId::as_str).collect();
        names.to_string()
    });
    let (key, id) =
        query.after.map_or((i64::MAX, LAST_ID), |after| (after.key, *after.id.0.as_bytes()));
    let words: List = query.words.iter().map(|word| json!(hex(word.0))).collect();
    let values = (
        one,
        many,
        query.status.map(Status::as_str),
        query.stage.as_ref().map(StageId::as_str),
        query.reference.as_deref(),
        query.known_by.as_ref().map(|hash| &hash.0),
        key,
        id,
        page_size(query.limit) + 1,
        query.reference_prefix.as_deref(),
        query.words.first().map(|word| &word.0),
        words.json(),
    );
    let rows = all(connection, "application", way(query, one.is_some()), values, |columns| {
        let application: Application = columns.cbor(1)?;
        let place = Cursor { key: micros(application.submitted_at), id: application.id, task: 0 };
        Ok((application, place))
    })?;
    Ok(cut(rows, query.limit))
}

/// Returns the way with the fewest rows: SQLite does not choose by values.
fn way(query: &ApplicationQuery, one_programme: bool) -> &'static str {
    if query.reference.is_some() {
        OF_REFERENCE
    } else if query.reference_prefix.is_some() {
        OF_PREFIX
    } else if !query.words.is_empty() {
        OF_WORDS
    } else if query.known_by.is_some() {
        OF_CONTACT
    } else if query.status.is_some_and(is_rare) {
        OF_STATUS
    } else if one_programme {
        OF_PROGRAMME
    } else if query.status.is_some() {
        OF_STATUS
    } else {
        ANY
    }
}

/// Returns whether few applications stand so at a time: fewer than a programme has.
fn is_rare(status: Status) -> bool {
    matches!(status, Status::Held | Status::WithApplicant | Status::InReview)
}

pub(in super::super) fn ids(
    connection: &Connection,
    after: Option<ApplicationId>,
    limit: u32,
) -> Result<Vec<ApplicationId>, StoreError> {
    let sql = "SELECT id FROM application WHERE id > ?1 ORDER BY id LIMIT ?2";
    all(connection, "application", sql, (key(after), limit), |columns| columns.application(0))
}

pub(in super::super) fn unfilled(
    connection: &Connection,
    after: Option<ApplicationId>,
    limit: u32,
) -> Result<Vec<ApplicationId>, StoreError> {
    let sql =
        "SELECT application FROM unfilled WHERE application > ?1 ORDER BY application LIMIT ?2";
    all(connection, "unfilled", sql, (key(after), limit), |columns| columns.application(0))
}

/// Returns an application as it stands in a column; none comes before all.
fn key(after: Option<ApplicationId>) -> Vec<u8> {
    after.map(|id| id.0.into_bytes().to_vec()).unwrap_or_default()
}

pub(in super::super) fn counts(
    connection: &Connection,
    programme: &str,
) -> Result<Vec<(Status, u64)>, StoreError> {
    let sql = "
        SELECT status, count(*) FROM application INDEXED BY application_by_programme
         WHERE programme = ?1 GROUP BY status";
    let mut counts = all(connection, "application", sql, (programme,), |columns| {
        Ok((columns.one_of(0, &Status::ALL, Status::as_str)?, columns.number(1)?))
    })?;
    counts.sort_by_key(|(status, _)| Status::ALL.iter().position(|one| one == status));
    Ok(counts)
}

pub(in super::super) fn open_on(
    connection: &Connection,
    definition: Hash,
) -> Result<u64, StoreError> {
    let sql = "
        SELECT count(*) FROM application
         WHERE definition = ?1 AND status IN ('in_review', 'with_applicant', 'held')";
    let count =
        first(connection, "application", sql, (&definition.0,), |columns| columns.number(0))?;
    Ok(count.unwrap_or_default())
}
