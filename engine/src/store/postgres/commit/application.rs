//! The rows of applications, their events, and what a decision sets going: messages, incidents, answers given again.

use annona_definitions::programme::StageId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::super::{ApplicationUnit, IncidentChange, StoreError};
use super::super::error::Fault;
use super::super::list::{column, integer, micros};
use super::all_changed;
use crate::cbor;

/// Records rows, events, sealed values, messages, incidents and idempotency keys; what was derived from the rows is gone.
pub(super) async fn record(
    connection: &mut PgConnection,
    units: &[&ApplicationUnit],
) -> Result<(), Fault> {
    let mut in_order = units.to_vec();
    in_order.sort_unstable_by_key(|unit| unit.application.id);
    let (added, changed): (Vec<_>, Vec<_>) = in_order.iter().partition(|unit| unit.expected == 0);
    add(connection, &added).await?;
    change(connection, &changed, &in_order).await?;
    notices(connection, units).await?;
    incidents(connection, units).await?;
    requests(connection, units).await
}

async fn add(connection: &mut PgConnection, units: &[&ApplicationUnit]) -> Result<(), Fault> {
    if units.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO application (id, reference, programme, definition, version, status, stage, submitted_at,
                changed_at, erase_at, state)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::text[], $7::text[],
                $8::bigint[], $9::bigint[], $10::bigint[], $11::bytea[])",
    )
    .bind(column(units, |unit| unit.application.id.0))
    .bind(column(units, |unit| unit.application.reference.as_str()))
    .bind(column(units, |unit| unit.application.programme.as_str()))
    .bind(column(units, |unit| unit.application.definition.0.as_slice()))
    .bind(column(units, |unit| integer(unit.application.version)))
    .bind(column(units, |unit| unit.application.status.as_str()))
    .bind(column(units, |unit| unit.application.stage().map(StageId::as_str)))
    .bind(column(units, |unit| micros(unit.application.submitted_at)))
    .bind(column(units, |unit| micros(unit.application.changed_at)))
    .bind(column(units, |unit| erase_at(unit)))
    .bind(states(units)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces rows, each only if it has the version that its unit was decided on, clears what was derived from them, and records
/// the events, sealed values and counts of all units: one statement, because each is a way to the server and back.
///
/// Of a commitment that comes twice, the last value stays.
const RECORD: &str = "
    WITH changed AS (
             UPDATE application a
                SET definition = u.definition, version = u.version, status = u.status, stage = u.stage,
                    changed_at = u.changed_at, erase_at = u.erase_at, state = u.state
               FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
                    $8::bigint[], $9::bytea[])
                 AS u (id, expected, definition, version, status, stage, changed_at, erase_at, state)
              WHERE a.id = u.id AND a.version = u.expected
             RETURNING a.id),
         tasks AS (DELETE FROM task WHERE application = ANY($1)),
         queues AS (DELETE FROM queue WHERE application = ANY($1)),
         timers AS (DELETE FROM timer WHERE application = ANY($1)),
         events AS (
             INSERT INTO event (application, version, digest, bytes)
             SELECT * FROM unnest($10::uuid[], $11::bigint[], $12::bytea[], $13::bytea[])),
         personal AS (
             INSERT INTO sealed (application, commitment, ciphertext)
             SELECT DISTINCT ON (application, commitment) application, commitment, ciphertext
               FROM unnest($14::uuid[], $15::bytea[], $16::bytea[])
                    WITH ORDINALITY AS u (application, commitment, ciphertext, place)
              ORDER BY application, commitment, place DESC
                 ON CONFLICT (application, commitment) DO UPDATE SET ciphertext = excluded.ciphertext),
         counts AS (
             INSERT INTO counted (application, programme, version, at, what, stage, parts, currency)
             SELECT * FROM unnest($17::uuid[], $18::text[], $19::bigint[], $20::bigint[], $21::text[], $22::text[],
                    $23::bigint[], $24::text[])
                 ON CONFLICT DO NOTHING)
    SELECT id FROM changed";

async fn change(
    connection: &mut PgConnection,
    units: &[&ApplicationUnit],
    all: &[&ApplicationUnit],
) -> Result<(), Fault> {
    let events: Vec<_> = each(all, |unit| &unit.events);
    let sealed: Vec<_> = each(all, |unit| &unit.sealed);
    let counted: Vec<_> =
        all.iter().flat_map(|unit| unit.counted.iter().map(move |one| (*unit, one))).collect();
    let changed: Vec<Uuid> = sqlx::query_scalar(RECORD)
        .bind(column(units, |unit| unit.application.id.0))
        .bind(column(units, |unit| integer(unit.expected)))
        .bind(column(units, |unit| unit.application.definition.0.as_slice()))
        .bind(column(units, |unit| integer(unit.application.version)))
        .bind(column(units, |unit| unit.application.status.as_str()))
        .bind(column(units, |unit| unit.application.stage().map(StageId::as_str)))
        .bind(column(units, |unit| micros(unit.application.changed_at)))
        .bind(column(units, |unit| erase_at(unit)))
        .bind(states(units)?)
        .bind(column(&events, |(id, _)| *id))
        .bind(column(&events, |(_, event)| integer(event.version)))
        .bind(column(&events, |(_, event)| event.digest.0.as_slice()))
        .bind(column(&events, |(_, event)| event.bytes.as_slice()))
        .bind(column(&sealed, |(id, _)| *id))
        .bind(column(&sealed, |(_, value)| value.commitment.0.as_slice()))
        .bind(column(&sealed, |(_, value)| value.ciphertext.as_slice()))
        .bind(column(&counted, |(unit, _)| unit.application.id.0))
        .bind(column(&counted, |(unit, _)| unit.application.programme.as_str()))
        .bind(column(&counted, |(_, one)| integer(one.version)))
        .bind(column(&counted, |(_, one)| micros(one.at)))
        .bind(column(&counted, |(_, one)| one.what.as_str()))
        .bind(column(&counted, |(_, one)| one.stage.as_ref().map(StageId::as_str)))
        .bind(column(&counted, |(_, one)| one.money.as_ref().map_or(0, |(parts, _)| *parts)))
        .bind(column(&counted, |(_, one)| {
            one.money.as_ref().map(|(_, currency)| currency.as_str())
        }))
        .fetch_all(connection)
        .await?;
    if changed.len() == units.len() { Ok(()) } else { Err(Fault::raced()) }
}

/// Returns what units have of a kind, each with its application.
fn each<'u, T>(
    units: &[&'u ApplicationUnit],
    of: impl Fn(&'u ApplicationUnit) -> &'u [T],
) -> Vec<(Uuid, &'u T)> {
    let of = |unit: &&'u ApplicationUnit| {
        let id = unit.application.id.0;
        of(unit).iter().map(move |one| (id, one))
    };
    units.iter().flat_map(of).collect()
}

fn erase_at(unit: &ApplicationUnit) -> Option<i64> {
    unit.erase_at.filter(|_| !unit.application.erased).map(micros)
}

fn states(units: &[&ApplicationUnit]) -> Result<Vec<Vec<u8>>, StoreError> {
    units.iter().map(|unit| encoded(&unit.application)).collect()
}

async fn notices(connection: &mut PgConnection, units: &[&ApplicationUnit]) -> Result<(), Fault> {
    let mut rows = Vec::new();
    for unit in units {
        for notice in &unit.notices {
            rows.push((unit.application.id.0, encoded(&notice.notify)?, micros(notice.due)));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO outbox (application, content, since, due)
         SELECT application, content, due, due
           FROM unnest($1::uuid[], $2::bytea[], $3::bigint[]) WITH ORDINALITY AS u (application, content, due, place)
          ORDER BY place",
    )
    .bind(column(&rows, |(id, _, _)| *id))
    .bind(column(&rows, |(_, content, _)| content.as_slice()))
    .bind(column(&rows, |(_, _, due)| *due))
    .execute(connection)
    .await?;
    Ok(())
}

async fn incidents(connection: &mut PgConnection, units: &[&ApplicationUnit]) -> Result<(), Fault> {
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    for unit in units {
        let id = unit.application.id.0;
        match &unit.incident {
            Some(IncidentChange::Open(cause)) => {
                opened.push((id, micros(unit.application.changed_at), cause.as_str()));
            }
            Some(IncidentChange::Close) => closed.push(id),
            None => {}
        }
    }
    if !opened.is_empty() {
        sqlx::query(
            "INSERT INTO incident (application, since, cause)
             SELECT application, since, cause
               FROM unnest($1::uuid[], $2::bigint[], $3::text[]) WITH ORDINALITY AS u (application, since, cause, place)
              ORDER BY place
                 ON CONFLICT (application) WHERE delivery IS NULL DO UPDATE
                SET since = excluded.since, cause = excluded.cause",
        )
        .bind(column(&opened, |(id, _, _)| *id))
        .bind(column(&opened, |(_, since, _)| *since))
        .bind(column(&opened, |(_, _, cause)| *cause))
        .execute(&mut *connection)
        .await?;
    }
    if !closed.is_empty() {
        sqlx::query("DELETE FROM incident WHERE delivery IS NULL AND application = ANY($1)")
            .bind(closed)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn requests(connection: &mut PgConnection, units: &[&ApplicationUnit]) -> Result<(), Fault> {
    let mut rows: Vec<_> = units.iter().filter_map(|unit| unit.idempotency.as_ref()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_unstable_by_key(|new| new.scope.0);
    let ran = sqlx::query(
        "INSERT INTO idempotency (scope, request, application, first, last, at)
         SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[])
             ON CONFLICT (scope) DO NOTHING",
    )
    .bind(column(&rows, |new| new.scope.0.as_slice()))
    .bind(column(&rows, |new| new.outcome.request.0.as_slice()))
    .bind(column(&rows, |new| new.outcome.application.0))
    .bind(column(&rows, |new| integer(new.outcome.first)))
    .bind(column(&rows, |new| integer(new.outcome.last)))
    .bind(column(&rows, |new| micros(new.outcome.at)))
    .execute(connection)
    .await?;
    all_changed(&ran, rows.len())
}

fn encoded<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    cbor::to_vec(value)
        .map_err(|error| StoreError::Database(format!("a row cannot be written: {error}")))
}
