//! What every decision records: the application's row, its events, its personal values, and what is derived from the row.

use annona_definitions::programme::StageId;
use rusqlite::Connection;

use super::super::super::{ApplicationUnit, StoreError};
use super::super::list::{integer, micros};
use super::super::statement::run;
use super::derived::Derived;

/// Records rows, events and personal values, and replaces what is derived.
pub(super) fn record(
    connection: &Connection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let (added, changed): (Vec<_>, Vec<_>) =
        units.iter().copied().partition(|unit| unit.expected == 0);
    add(connection, &added)?;
    change(connection, &changed)?;
    events(connection, units)?;
    sealed(connection, units)?;
    clear(connection, &changed)?;
    derive(connection, units)?;
    counted(connection, units)
}

fn add(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO application (id, reference, programme, definition, version, status, stage, submitted_at, changed_at,
               erase_at, state)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let rows = units.iter().zip(states(units)?).map(|(unit, state)| {
        let row = &unit.application;
        (
            id(unit),
            &row.reference,
            row.programme.as_str(),
            &row.definition.0,
            integer(row.version),
            row.status.as_str(),
            row.stage().map(StageId::as_str),
            micros(row.submitted_at),
            micros(row.changed_at),
            erase_at(unit),
            state,
        )
    });
    run(connection, sql, rows)
}

/// Columns that indexes stand on are written only where they change, since each that is written is taken out of its indexes and
/// put in again.
fn change(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "UPDATE application SET version = ?2, stage = ?3, changed_at = ?4, state = ?5 WHERE id = ?1";
    let rows = units.iter().zip(states(units)?).map(|(unit, state)| {
        let row = &unit.application;
        let stage = row.stage().map(StageId::as_str);
        (id(unit), integer(row.version), stage, micros(row.changed_at), state)
    });
    run(connection, sql, rows)?;
    let sql = "
        UPDATE application SET definition = ?2, status = ?3, erase_at = ?4
         WHERE id = ?1 AND (definition <> ?2 OR status <> ?3 OR erase_at IS NOT ?4)";
    let rows = units.iter().map(|unit| {
        let row = &unit.application;
        (id(unit), &row.definition.0, row.status.as_str(), erase_at(unit))
    });
    run(connection, sql, rows)
}

fn events(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "INSERT INTO event (application, version, digest, bytes) VALUES (?1, ?2, ?3, ?4)";
    let rows = units.iter().flat_map(|unit| {
        let events = unit.events.iter();
        events.map(|event| (id(unit), integer(event.version), &event.digest.0, &event.bytes))
    });
    run(connection, sql, rows)
}

fn sealed(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO sealed (application, commitment, ciphertext) VALUES (?1, ?2, ?3)
            ON CONFLICT (application, commitment) DO UPDATE SET ciphertext = excluded.ciphertext";
    let rows = units.iter().flat_map(|unit| {
        unit.sealed.iter().map(|value| (id(unit), &value.commitment.0, &value.ciphertext))
    });
    run(connection, sql, rows)
}

/// Clears what was derived from rows before.
fn clear(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    const TABLES: [&str; 3] = [
        "DELETE FROM task WHERE application = ?1",
        "DELETE FROM queue WHERE application = ?1",
        "DELETE FROM timer WHERE application = ?1",
    ];
    TABLES
        .into_iter()
        .try_for_each(|sql| run(connection, sql, units.iter().map(|unit| (id(unit),))))
}

fn derive(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let mut derived = Derived::default();
    for unit in units {
        derived.add(&unit.application);
    }
    let sql = "
        INSERT INTO task (application, number, programme, stage, role, opened_at, due, claimed_by)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    run(connection, sql, derived.tasks)?;
    let sql = "
        INSERT INTO queue (programme, role, due, application, number, stage, claimed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT DO NOTHING";
    run(connection, sql, derived.queues)?;
    let sql = "
        INSERT INTO timer (application, task, rule, due) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (application, task, rule) DO UPDATE SET due = excluded.due";
    run(connection, sql, derived.timers)
}

/// Records what reports count.
fn counted(connection: &Connection, units: &[&ApplicationUnit]) -> Result<(), StoreError> {
    let sql = "
        INSERT OR IGNORE INTO counted (programme, at, application, version, what, stage, parts, currency)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let rows = units.iter().flat_map(|unit| {
        unit.counted.iter().map(move |counted| {
            let money = counted.money.as_ref();
            (
                unit.application.programme.as_str(),
                micros(counted.at),
                id(unit),
                integer(counted.version),
                counted.what.as_str(),
                counted.stage.as_ref().map(StageId::as_str),
                money.map_or(0, |(parts, _)| *parts),
                money.map(|(_, currency)| currency.as_str()),
            )
        })
    });
    run(connection, sql, rows)
}

/// Returns the id of a unit's application.
pub(super) fn id(unit: &ApplicationUnit) -> &[u8; 16] {
    unit.application.id.0.as_bytes()
}

fn states<'u>(units: &[&'u ApplicationUnit]) -> Result<Vec<&'u [u8]>, StoreError> {
    units.iter().map(|unit| unit.state()).collect()
}

fn erase_at(unit: &ApplicationUnit) -> Option<i64> {
    unit.erase_at.filter(|_| !unit.application.erased).map(micros)
}
