//! Row by row in one transaction for each batch, each statement prepared once, as the engine writes.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, Params, Transaction, TransactionBehavior};

use super::{Decision, decisions};

/// Writes decisions of `engine` into the empty store `bare` and returns how many, and the seconds it took.
pub(crate) fn sqlite(engine: &Path, bare: &Path, batch: usize, count: usize) -> (usize, f64) {
    let source = Connection::open(engine).unwrap();
    let mut events = source
        .prepare(
            "SELECT e.application, e.version, e.digest, e.bytes, a.state
               FROM event e JOIN application a ON a.id = e.application ORDER BY e.application, e.version",
        )
        .unwrap();
    let rows = events
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
    let decisions = decisions(rows.unwrap().map(Result::unwrap), count);
    let mut connection = Connection::open(bare).unwrap();
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = 16000; PRAGMA cache_size = -16384",
        )
        .unwrap();
    connection.set_prepared_statement_cache_capacity(16);
    let began = Instant::now();
    for batch in decisions.chunks(batch) {
        let behaviour = TransactionBehavior::Immediate;
        let transaction = connection.transaction_with_behavior(behaviour).unwrap();
        write(&transaction, batch);
        transaction.commit().unwrap();
    }
    (decisions.len(), began.elapsed().as_secs_f64())
}

fn write(transaction: &Transaction<'_>, batch: &[Decision]) {
    const ROW: &str = "
        INSERT INTO application
               (id, reference, programme, definition, version, status, stage, submitted_at, changed_at, state)
        VALUES (?1, ?2, 'bench', zeroblob(32), ?3, 'in_review', 'review', 1, 1, ?4)
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status,
               stage = excluded.stage, changed_at = excluded.changed_at, state = excluded.state";
    const EVENT: &str =
        "INSERT INTO event (application, version, digest, bytes) VALUES (?1, ?2, ?3, ?4)";
    const SEALED: &str =
        "INSERT INTO sealed (application, commitment, ciphertext) VALUES (?1, ?2, ?3)";
    const TASK: &str = "
        INSERT INTO task (application, number, programme, stage, role, opened_at, due)
        VALUES (?1, ?2, 'bench', 'review', 'clerk', 1, 2)";
    const QUEUE: &str = "
        INSERT INTO queue (programme, role, due, application, number, stage, claimed)
        VALUES ('bench', 'clerk', 2, ?1, ?2, 'review', 0)";
    const TIMER: &str = "INSERT INTO timer (application, task, rule, due) VALUES (?1, ?2, 0, 2)";
    let rows = batch.iter().map(|one| (&one.id, one.reference(), one.version, &one.state));
    run(transaction, ROW, rows);
    let events = batch.iter().flat_map(|one| {
        one.events.iter().map(|(version, digest, bytes)| (&one.id, version, digest, bytes))
    });
    run(transaction, EVENT, events);
    let notes = batch.iter().map(|one| (&one.id, one.commitment(), &one.sealed));
    run(transaction, SEALED, notes);
    for sql in [
        "DELETE FROM task WHERE application = ?1",
        "DELETE FROM queue WHERE application = ?1",
        "DELETE FROM timer WHERE application = ?1",
    ] {
        run(transaction, sql, batch.iter().map(|one| (&one.id,)));
    }
    for sql in [TASK, QUEUE, TIMER] {
        run(transaction, sql, batch.iter().map(|one| (&one.id, one.version)));
    }
}

fn run<P: Params>(transaction: &Transaction<'_>, sql: &str, rows: impl Iterator<Item = P>) {
    let mut statement = transaction.prepare_cached(sql).unwrap();
    for row in rows {
        statement.execute(row).unwrap();
    }
}
