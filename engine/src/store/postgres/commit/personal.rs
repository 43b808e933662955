//! What leads back to a person: keys, hashes of contacts and words, documents; and its destruction, sealed values included.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::super::ApplicationUnit;
use super::super::error::Fault;
use super::super::list::{column, micros};

/// Records keys, contacts, words, and references to documents.
pub(super) async fn record(
    connection: &mut PgConnection,
    units: &[&ApplicationUnit],
) -> Result<(), Fault> {
    keys(connection, units).await?;
    contacts(connection, units).await?;
    words(connection, units).await?;
    documents(connection, units).await
}

async fn keys(connection: &mut PgConnection, units: &[&ApplicationUnit]) -> Result<(), Fault> {
    let rows: Vec<_> =
        units.iter().filter_map(|unit| Some((unit.application.id.0, unit.key.as_ref()?))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO data_key (application, wrapped) SELECT * FROM unnest($1::uuid[], $2::bytea[])
             ON CONFLICT (application) DO UPDATE SET wrapped = excluded.wrapped",
    )
    .bind(column(&rows, |(id, _)| *id))
    .bind(column(&rows, |(_, key)| key.0.as_slice()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Records hashes of contacts: those of a form in place of those it had.
async fn contacts(connection: &mut PgConnection, units: &[&ApplicationUnit]) -> Result<(), Fault> {
    let (mut replaced, mut rows) = (Vec::new(), Vec::new());
    for unit in units {
        let id = unit.application.id.0;
        if let Some(known_by) = &unit.known_by {
            rows.extend(known_by.iter().map(|hash| (hash, id, false)));
            replaced.push(id);
        }
        rows.extend(unit.submitted_from.iter().map(|hash| (hash, id, true)));
    }
    if !replaced.is_empty() {
        sqlx::query("DELETE FROM contact WHERE NOT signed_in AND application = ANY($1)")
            .bind(replaced)
            .execute(&mut *connection)
            .await?;
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO contact (hash, application, signed_in)
         SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::boolean[]) ON CONFLICT DO NOTHING",
    )
    .bind(column(&rows, |(hash, _, _)| hash.0.as_slice()))
    .bind(column(&rows, |(_, id, _)| *id))
    .bind(column(&rows, |(_, _, signed_in)| *signed_in))
    .execute(connection)
    .await?;
    Ok(())
}

/// Records words, in place of those there were, and what is filled by now.
async fn words(connection: &mut PgConnection, units: &[&ApplicationUnit]) -> Result<(), Fault> {
    let (mut replaced, mut rows) = (Vec::new(), Vec::new());
    for unit in units {
        let Some(words) = &unit.words else { continue };
        let (id, submitted_at) = (unit.application.id.0, micros(unit.application.submitted_at));
        rows.extend(words.iter().map(|word| (word, submitted_at, id)));
        if unit.expected > 0 {
            replaced.push(id);
        }
    }
    let filled: Vec<Uuid> =
        units.iter().filter(|unit| unit.filled).map(|unit| unit.application.id.0).collect();
    for (sql, ids) in [
        ("DELETE FROM word WHERE application = ANY($1)", replaced),
        ("DELETE FROM unfilled WHERE application = ANY($1)", filled),
    ] {
        if !ids.is_empty() {
            sqlx::query(sql).bind(ids).execute(&mut *connection).await?;
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO word (hash, submitted_at, application)
         SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::uuid[]) ON CONFLICT DO NOTHING",
    )
    .bind(column(&rows, |(word, _, _)| word.0.as_slice()))
    .bind(column(&rows, |(_, submitted_at, _)| *submitted_at))
    .bind(column(&rows, |(_, _, id)| *id))
    .execute(connection)
    .await?;
    Ok(())
}

/// Records which documents are referred to; they were locked when it was found that they may be.
async fn documents(connection: &mut PgConnection, units: &[&ApplicationUnit]) -> Result<(), Fault> {
    let rows: Vec<_> = units
        .iter()
        .flat_map(|unit| unit.documents.iter().map(|document| (document.0, unit.application.id.0)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE document d SET application = u.application
           FROM unnest($1::uuid[], $2::uuid[]) AS u (id, application) WHERE d.id = u.id",
    )
    .bind(column(&rows, |(document, _)| *document))
    .bind(column(&rows, |(_, id)| *id))
    .execute(connection)
    .await?;
    Ok(())
}

/// Destroys what leads back to a person, where a unit says so.
pub(super) async fn destroy(
    connection: &mut PgConnection,
    units: &[&ApplicationUnit],
) -> Result<(), Fault> {
    const STATEMENTS: [&str; 7] = [
        "DELETE FROM data_key WHERE application = ANY($1)",
        "DELETE FROM sealed WHERE application = ANY($1)",
        "DELETE FROM contact WHERE application = ANY($1)",
        "DELETE FROM word WHERE application = ANY($1)",
        "DELETE FROM incident WHERE delivery IN (SELECT id FROM outbox WHERE application = ANY($1))",
        "DELETE FROM outbox WHERE application = ANY($1)",
        "UPDATE document SET discarded = TRUE, key = '' WHERE application = ANY($1)",
    ];
    let destroyed: Vec<Uuid> =
        units.iter().filter(|unit| unit.destroy_key).map(|unit| unit.application.id.0).collect();
    if destroyed.is_empty() {
        return Ok(());
    }
    for sql in STATEMENTS {
        sqlx::query(sql).bind(&destroyed).execute(&mut *connection).await?;
    }
    Ok(())
}
