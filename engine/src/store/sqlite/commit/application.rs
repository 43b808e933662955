//! What hangs on applications and most decisions do not touch.

use serde_json::json;
use sqlx::SqliteConnection;

use super::super::super::{ApplicationUnit, IncidentChange, StoreError};
use super::super::list::{List, hex, integer, micros};
use super::row::encoded;
use super::run;

/// Records keys, documents, contacts, words, messages, incidents and idempotency keys.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    personal(connection, units).await?;
    contacts(connection, units).await?;
    words(connection, units).await?;
    notices(connection, units).await?;
    incidents(connection, units).await?;
    requests(connection, units).await
}

/// Records keys and references to documents.
async fn personal(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let (mut keys, mut documents) = (List::default(), List::default());
    for unit in units {
        let id = hex(unit.application.id.0);
        if let Some(key) = &unit.key {
            keys.push(json!([id, hex(&key.0)]));
        }
        for document in &unit.documents {
            documents.push(json!([hex(document.0), id]));
        }
    }
    let sql = "INSERT OR REPLACE INTO data_key (application, wrapped)
               SELECT unhex(value ->> 0), unhex(value ->> 1) FROM json_each($1)";
    run(connection, sql, keys).await?;
    let sql = "UPDATE document SET application = unhex(j.value ->> 1)
                 FROM json_each($1) j WHERE document.id = unhex(j.value ->> 0)";
    run(connection, sql, documents).await
}

/// Records hashes of contacts: those of a form in place of those it had.
async fn contacts(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let (mut replaced, mut contacts) = (List::default(), List::default());
    for unit in units {
        let id = hex(unit.application.id.0);
        if let Some(known_by) = &unit.known_by {
            contacts.extend(known_by.iter().map(|hash| json!([hex(hash.0), id, 0])));
            replaced.push(json!(id));
        }
        contacts.extend(unit.submitted_from.iter().map(|hash| json!([hex(hash.0), id, 1])));
    }
    let sql = "DELETE FROM contact
                WHERE signed_in = 0 AND application IN (SELECT unhex(value) FROM json_each($1))";
    run(connection, sql, replaced).await?;
    let sql = "INSERT OR IGNORE INTO contact (hash, application, signed_in)
               SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2 FROM json_each($1)";
    run(connection, sql, contacts).await
}

/// Records words, in place of those there were, and what is filled by now.
async fn words(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let (mut replaced, mut words) = (Vec::new(), List::default());
    let filled = units.iter().filter(|unit| unit.filled);
    let filled: List = filled.map(|unit| json!(hex(unit.application.id.0))).collect();
    for unit in units {
        let Some(found_by) = &unit.words else { continue };
        let id = hex(unit.application.id.0);
        let submitted_at = micros(unit.application.submitted_at);
        words.extend(found_by.iter().map(|word| json!([hex(word.0), submitted_at, id])));
        if unit.expected > 0 {
            replaced.push(json!(id));
        }
    }
    let sql = "DELETE FROM word WHERE application IN (SELECT unhex(value) FROM json_each($1))";
    run(connection, sql, replaced.into_iter().collect()).await?;
    let sql = "DELETE FROM unfilled WHERE application IN (SELECT unhex(value) FROM json_each($1))";
    run(connection, sql, filled).await?;
    let sql = "INSERT OR IGNORE INTO word (hash, submitted_at, application)
               SELECT unhex(value ->> 0), value ->> 1, unhex(value ->> 2) FROM json_each($1)";
    run(connection, sql, words).await
}

async fn notices(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let mut list = List::default();
    for unit in units {
        for notice in &unit.notices {
            let content = encoded(&notice.notify)?;
            list.push(json!([hex(unit.application.id.0), hex(content), micros(notice.due)]));
        }
    }
    let sql = "INSERT INTO outbox (application, content, since, due)
               SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 2 FROM json_each($1) ORDER BY key";
    run(connection, sql, list).await
}

async fn incidents(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let (mut opened, mut closed) = (List::default(), List::default());
    for unit in units {
        let id = hex(unit.application.id.0);
        match &unit.incident {
            Some(IncidentChange::Open(cause)) => {
                opened.push(json!([id, micros(unit.application.changed_at), cause]));
            }
            Some(IncidentChange::Close) => closed.push(json!(id)),
            None => {}
        }
    }
    let sql = "INSERT INTO incident (application, since, cause)
               SELECT unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each($1) WHERE true ORDER BY key
                   ON CONFLICT (application) WHERE delivery IS NULL DO UPDATE
                  SET since = excluded.since, cause = excluded.cause";
    run(connection, sql, opened).await?;
    let sql = "DELETE FROM incident
                WHERE delivery IS NULL AND application IN (SELECT unhex(value) FROM json_each($1))";
    run(connection, sql, closed).await
}

async fn requests(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let list = units
        .iter()
        .filter_map(|unit| {
            let new = unit.idempotency.as_ref()?;
            let outcome = &new.outcome;
            Some(json!([
                hex(new.scope.0),
                hex(outcome.request.0),
                hex(outcome.application.0),
                integer(outcome.first),
                integer(outcome.last),
                micros(outcome.at),
            ]))
        })
        .collect();
    let sql = "INSERT INTO idempotency (scope, request, application, first, last, at)
               SELECT unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5
                 FROM json_each($1)";
    run(connection, sql, list).await
}

/// Destroys what leads back to a person, where a unit says so.
pub(super) async fn destroy(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    const STATEMENTS: [&str; 7] = [
        "DELETE FROM data_key WHERE application IN (SELECT unhex(value) FROM json_each($1))",
        "DELETE FROM sealed WHERE application IN (SELECT unhex(value) FROM json_each($1))",
        "DELETE FROM contact WHERE application IN (SELECT unhex(value) FROM json_each($1))",
        "DELETE FROM word WHERE application IN (SELECT unhex(value) FROM json_each($1))",
        "DELETE FROM incident WHERE delivery IN (
             SELECT id FROM outbox WHERE application IN (SELECT unhex(value) FROM json_each($1)))",
        "DELETE FROM outbox WHERE application IN (SELECT unhex(value) FROM json_each($1))",
        "UPDATE document SET discarded = 1, key = x''
          WHERE application IN (SELECT unhex(value) FROM json_each($1))",
    ];
    let destroyed: Vec<String> = units
        .iter()
        .filter(|unit| unit.destroy_key)
        .map(|unit| hex(unit.application.id.0))
        .collect();
    for sql in STATEMENTS {
        run(connection, sql, destroyed.iter().map(|id| json!(id)).collect()).await?;
    }
    Ok(())
}
