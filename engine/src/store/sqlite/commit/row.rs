//! What every decision records: the application's row, its events, its personal values, and what is derived from the row.
//!
//! All of it is one call of the driver, which hands every call to a thread of its own and waits for it.

use annona_definitions::programme::StageId;
use serde_json::json;
use sqlx::SqliteConnection;

use super::super::super::{ApplicationUnit, StoreError};
use super::super::error::failed;
use super::super::list::{List, LongRows, hex, integer, micros};
use super::derived::Derived;
use crate::cbor;

/// Rows and their states; events and their bytes; sealed values; applications that were there before; tasks; queues; timers; what reports
/// count.
///
/// A statement that fails fails the batch, which is rolled back whole: with `OR FAIL` SQLite keeps no second journal of what
/// the statement alone would have to take back. Columns that indexes stand on are written only where they change, since each
/// that is written is taken out of its indexes and put in again.
const SQL: &str = "
    INSERT OR FAIL INTO application (id, reference, programme, definition, version, status, stage, submitted_at, changed_at,
           erase_at, state)
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5, value ->> 6,
           value ->> 7, value ->> 8, value ->> 9, substr($2, value ->> 10, value ->> 11)
      FROM json_each($1) WHERE true
        ON CONFLICT (id) DO UPDATE
       SET version = excluded.version, stage = excluded.stage, changed_at = excluded.changed_at, state = excluded.state;
    UPDATE OR FAIL application AS a
       SET definition = unhex(j.value ->> 3), status = j.value ->> 5, erase_at = j.value ->> 9
      FROM json_each($1) j
     WHERE a.id = unhex(j.value ->> 0)
       AND (a.status <> j.value ->> 5 OR a.definition <> unhex(j.value ->> 3) OR a.erase_at IS NOT j.value ->> 9);
    INSERT OR FAIL INTO event (application, version, digest, bytes)
    SELECT unhex(value ->> 0), value ->> 1, unhex(value ->> 2), substr($4, value ->> 3, value ->> 4)
      FROM json_each($3);
    INSERT OR REPLACE INTO sealed (application, commitment, ciphertext)
    SELECT unhex(value ->> 0), unhex(value ->> 1), substr($6, value ->> 2, value ->> 3) FROM json_each($5);
    DELETE FROM task WHERE application IN (SELECT unhex(value) FROM json_each($7));
    DELETE FROM queue WHERE application IN (SELECT unhex(value) FROM json_each($7));
    DELETE FROM timer WHERE application IN (SELECT unhex(value) FROM json_each($7));
    INSERT OR FAIL INTO task (application, number, programme, stage, role, opened_at, due, claimed_by)
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
           value ->> 7
      FROM json_each($8);
    INSERT OR IGNORE INTO queue (programme, role, due, application, number, stage, claimed)
    SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5, value ->> 6
      FROM json_each($9);
    INSERT OR REPLACE INTO timer (application, task, rule, due)
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3 FROM json_each($10);
    INSERT OR IGNORE INTO counted (programme, at, application, version, what, stage, parts, currency)
    SELECT value ->> 0, value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
      FROM json_each($11)";

/// Records rows, events and personal values, and replaces what is derived.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let (rows, states) = rows(units)?.bound();
    let (events, bytes) = events(units).bound();
    let (sealed, ciphertexts) = sealed(units).bound();
    let known = units.iter().filter(|unit| unit.expected > 0);
    let known: List = known.map(|unit| json!(hex(unit.application.id.0))).collect();
    let mut derived = Derived::default();
    for unit in units {
        derived.add(&unit.application);
    }
    sqlx::query(SQL)
        .bind(rows)
        .bind(states)
        .bind(events)
        .bind(bytes)
        .bind(sealed)
        .bind(ciphertexts)
        .bind(known.json())
        .bind(derived.tasks.json())
        .bind(derived.queues.json())
        .bind(derived.timers.json())
        .bind(counted(units).json())
        .execute(connection)
        .await
        .map(drop)
        .map_err(failed)
}

fn rows(units: &[&ApplicationUnit]) -> Result<LongRows, StoreError> {
    let mut list = LongRows::default();
    for unit in units {
        let row = &unit.application;
        let erase_at = if row.erased { None } else { unit.erase_at };
        list.push(&encoded(row)?, |columns| {
            columns
                .bytes(row.id.0)
                .text(&row.reference)
                .text(row.programme.as_str())
                .bytes(row.definition.0)
                .number(integer(row.version))
                .text(row.status.as_str())
                .text_or_none(row.stage().map(StageId::as_str))
                .number(micros(row.submitted_at))
                .number(micros(row.changed_at))
                .number_or_none(erase_at.map(micros))
        });
    }
    Ok(list)
}

fn events(units: &[&ApplicationUnit]) -> LongRows {
    let mut list = LongRows::default();
    for unit in units {
        for event in &unit.events {
            list.push(&event.bytes, |columns| {
                let columns = columns.bytes(unit.application.id.0);
                columns.number(integer(event.version)).bytes(event.digest.0)
            });
        }
    }
    list
}

fn sealed(units: &[&ApplicationUnit]) -> LongRows {
    let mut list = LongRows::default();
    for unit in units {
        for value in &unit.sealed {
            list.push(&value.ciphertext, |columns| {
                columns.bytes(unit.application.id.0).bytes(value.commitment.0)
            });
        }
    }
    list
}

fn counted(units: &[&ApplicationUnit]) -> List {
    let mut list = List::default();
    for unit in units {
        for counted in &unit.counted {
            let money = counted.money.as_ref();
            let row = list.row().text(unit.application.programme.as_str());
            let row = row.number(micros(counted.at)).bytes(unit.application.id.0);
            let row = row.number(integer(counted.version)).text(counted.what.as_str());
            let row = row.text_or_none(counted.stage.as_ref().map(StageId::as_str));
            let row = row.number(money.map_or(0, |(parts, _)| *parts));
            row.text_or_none(money.map(|(_, currency)| currency.as_str())).end();
        }
    }
    list
}

/// Returns a value as it is stored.
pub(super) fn encoded<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    cbor::to_vec(value)
        .map_err(|error| StoreError::Database(format!("a row cannot be written: {error}")))
}
