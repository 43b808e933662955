//! What hangs on applications and most decisions do not touch.

use rusqlite::Connection;

use super::super::super::{ApplicationUnit, IncidentChange, StoreError};
use super::super::list::{integer, micros};
use super::super::statement::run;
use super::row::id;
use crate::cbor;

/// Records keys, documents, contacts, words, messages, incidents and idempotency keys.
pub(super) fn record(
    connection: &Connection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    personal(connection, units)?;
    contacts(connection, units)?;
    words(connection, units)?;
    notices(connection, units)?;
    incidents(connection, units)?;
    requests(connection, units)
}

/// Records keys and references to documents.
fn personal(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO data_key (application, wrapped) VALUES (?1, ?2)";
    let keys = units.iter().filter_map(|unit| Some((id(unit), &unit.key.as_ref()?.0)));
    run(connection, sql, keys)?;
    let sql = "UPDATE document SET application = ?2 WHERE id = ?1";
    let documents = units
        .iter()
        .flat_map(|unit| unit.documents.iter().map(|document| (document.0.into_bytes(), id(unit))));
    run(connection, sql, documents)
}

/// Records hashes of contacts: those of a form in place of those it had.
fn contacts(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "DELETE FROM contact WHERE signed_in = 0 AND application = ?1";
    let replaced = units.iter().filter(|unit| unit.known_by.is_some()).map(|unit| (id(unit),));
    run(connection, sql, replaced)?;
    let sql = "INSERT OR IGNORE INTO contact (hash, application, signed_in) VALUES (?1, ?2, ?3)";
    let contacts = units.iter().flat_map(|unit| {
        let known_by = unit.known_by.iter().flatten().map(|hash| (&hash.0, id(unit), false));
        known_by.chain(unit.submitted_from.iter().map(|hash| (&hash.0, id(unit), true)))
    });
    run(connection, sql, contacts)
}

/// Records words, in place of those there were, and what is filled by now.
fn words(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let replaced = units.iter().filter(|unit| unit.words.is_some() && unit.expected > 0);
    let sql = "DELETE FROM word WHERE application = ?1";
    run(connection, sql, replaced.map(|unit| (id(unit),)))?;
    let filled = units.iter().filter(|unit| unit.filled);
    let sql = "DELETE FROM unfilled WHERE application = ?1";
    run(connection, sql, filled.map(|unit| (id(unit),)))?;
    let sql = "INSERT OR IGNORE INTO word (hash, submitted_at, application) VALUES (?1, ?2, ?3)";
    let words = units.iter().flat_map(|unit| {
        let submitted_at = micros(unit.application.submitted_at);
        unit.words.iter().flatten().map(move |word| (&word.0, submitted_at, id(unit)))
    });
    run(connection, sql, words)
}

fn notices(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for unit in units {
        for notice in &unit.notices {
            let content = cbor::to_vec(&notice.notify).map_err(|cause| {
                StoreError::Database(format!("a message cannot be written: {cause}"))
            })?;
            rows.push((id(unit), content, micros(notice.due)));
        }
    }
    let sql = "INSERT INTO outbox (application, content, since, due) VALUES (?1, ?2, ?3, ?3)";
    run(connection, sql, rows)
}

fn incidents(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO incident (application, since, cause) VALUES (?1, ?2, ?3)
            ON CONFLICT (application) WHERE delivery IS NULL DO UPDATE
           SET since = excluded.since, cause = excluded.cause";
    let opened = units.iter().filter_map(|unit| match &unit.incident {
        Some(IncidentChange::Open(cause)) => {
            Some((id(unit), micros(unit.application.changed_at), cause))
        }
        Some(IncidentChange::Close) | None => None,
    });
    run(connection, sql, opened)?;
    let sql = "DELETE FROM incident WHERE delivery IS NULL AND application = ?1";
    let is_closed = |unit: &&&ApplicationUnit| unit.incident == Some(IncidentChange::Close);
    run(connection, sql, units.iter().filter(is_closed).map(|unit| (id(unit),)))
}

fn requests(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO idempotency (scope, request, application, first, last, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let rows = units.iter().filter_map(|unit| {
        let new = unit.idempotency.as_ref()?;
        let outcome = &new.outcome;
        let application = outcome.application.0.into_bytes();
        let (first, last) = (integer(outcome.first), integer(outcome.last));
        Some((&new.scope.0, &outcome.request.0, application, first, last, micros(outcome.at)))
    });
    run(connection, sql, rows)
}

/// Destroys what leads back to a person, where a unit says so.
pub(super) fn destroy(
    connection: &Connection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    const STATEMENTS: [&str; 7] = [
        "DELETE FROM data_key WHERE application = ?1",
        "DELETE FROM sealed WHERE application = ?1",
        "DELETE FROM contact WHERE application = ?1",
        "DELETE FROM word WHERE application = ?1",
        "DELETE FROM incident WHERE delivery IN (SELECT id FROM outbox WHERE application = ?1)",
        "DELETE FROM outbox WHERE application = ?1",
        "UPDATE document SET discarded = 1, key = x'' WHERE application = ?1",
    ];
    let destroyed = || units.iter().filter(|unit| unit.destroy_key).map(|unit| (id(unit),));
    STATEMENTS.into_iter().try_for_each(|sql| run(connection, sql, destroyed()))
}
