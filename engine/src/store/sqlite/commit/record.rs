//! What is recorded beside applications; each record in its place in the batch.

use std::vec::IntoIter;

use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::super::super::{
    Definition, Delivery, Receipt, Record, RosterVersion, ScheduleKey, SignIn, StoreError,
    StoredDocument, Token, TokenOwner,
};
use super::super::error::failed;
use super::super::list::{integer, micros};
use super::super::statement::run;
use crate::id::DocumentId;

/// Ends a sign-in, with what was not delivered of it.
const USED: [&str; 3] = [
    "DELETE FROM incident WHERE delivery IN (SELECT id FROM outbox WHERE sign_in = ?1)",
    "DELETE FROM outbox WHERE sign_in = ?1",
    "DELETE FROM sign_in WHERE id = ?1",
];

/// Records one record; what it lost, and which documents are removed, is found out before.
pub(super) fn record(
    connection: &Connection,
    record: &Record,
    removed: &mut IntoIter<Vec<DocumentId>>,
) -> Result<Receipt, StoreError> {
    match record {
        Record::Deploy(definition) => return deploy(connection, definition),
        Record::Roster(version) => roster(connection, version)?,
        Record::AddToken(token) => add_token(connection, token)?,
        Record::RemoveToken(id) => {
            by_id(connection, "DELETE FROM token WHERE id = ?1", *id)?;
        }
        Record::AddSignIn(sign_in) => add_sign_in(connection, sign_in)?,
        Record::FailSignIn(id) => {
            let sql = "UPDATE sign_in SET tries_left = max(tries_left - 1, 0) WHERE id = ?1";
            by_id(connection, sql, *id)?;
        }
        Record::UseSignIn { id, session } => {
            for sql in USED {
                by_id(connection, sql, *id)?;
            }
            add_token(connection, session)?;
        }
        Record::AddDocument(document) => add_document(connection, document)?,
        Record::RemoveDocuments(_) => {
            let removed = removed.next().unwrap_or_default();
            remove_documents(connection, &removed)?;
            return Ok(Receipt::Removed(removed));
        }
        Record::Delivered(entry, delivery) => {
            delivered(connection, integer(*entry), delivery)?;
        }
        Record::CloseIncident(id) => {
            close_incident(connection, integer(*id))?;
        }
        Record::ScheduleRun(key, at) => schedule_run(connection, key, micros(*at))?,
        Record::Purge { keys_before, ended_before } => {
            purge(connection, micros(*keys_before), micros(*ended_before))?;
        }
    }
    Ok(Receipt::Done)
}

/// Removes documents of which it is known that nothing refers to them.
fn remove_documents(connection: &Connection, documents: &[DocumentId]) -> Result<(), StoreError> {
    let ids = documents.iter().map(|id| (id.0.into_bytes(),));
    run(connection, "DELETE FROM document WHERE id = ?1", ids)
}

fn deploy(connection: &Connection, definition: &Definition) -> Result<Receipt, StoreError> {
    let sql = "SELECT number FROM definition WHERE digest = ?1";
    let known = connection.query_row(sql, (&definition.digest.0,), |row| row.get(0)).optional();
    if let Some(number) = known.map_err(failed)? {
        return Ok(Receipt::Deployed { number, unchanged: true });
    }
    let sql = "
        INSERT INTO definition (digest, programme, number, source, deployed_at, by)
        SELECT ?1, ?2, 1 + coalesce(max(number), 0), ?3, ?4, ?5 FROM definition WHERE programme = ?2
        RETURNING number";
    let row = (
        &definition.digest.0,
        &definition.programme,
        &definition.source,
        micros(definition.deployed_at),
        definition.by.to_string(),
    );
    let number = connection.query_row(sql, row, |row| row.get(0)).map_err(failed)?;
    Ok(Receipt::Deployed { number, unchanged: false })
}

fn roster(connection: &Connection, version: &RosterVersion) -> Result<(), StoreError> {
    let sql = "INSERT INTO roster (version, digest, bytes, roster) VALUES (?1, ?2, ?3, ?4)";
    let event = &version.event;
    let row = (integer(event.version), &event.digest.0, &event.bytes, &version.roster);
    run(connection, sql, [row])
}

fn add_token(connection: &Connection, token: &Token) -> Result<(), StoreError> {
    let (owner, programme, contact) = match &token.owner {
        TokenOwner::Listed(who) => (Some(who.to_string()), None, None),
        TokenOwner::Applicant { programme, contact } => (None, Some(programme), Some(&contact.0)),
    };
    let sql = "
        INSERT INTO token (id, hash, owner, programme, contact, label, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let row = (
        token.id.as_bytes(),
        &token.hash.0,
        owner,
        programme,
        contact,
        &token.label,
        micros(token.created_at),
        token.expires_at.map(micros),
    );
    run(connection, sql, [row])
}

fn add_sign_in(connection: &Connection, sign_in: &SignIn) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO sign_in (id, code, programme, contact, created_at, expires_at, tries_left)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let row = (
        sign_in.id.as_bytes(),
        &sign_in.code.0,
        &sign_in.programme,
        &sign_in.contact.0,
        micros(sign_in.created_at),
        micros(sign_in.expires_at),
        sign_in.tries_left,
    );
    run(connection, sql, [row])?;
    let sql = "INSERT INTO outbox (sign_in, content, since, due) VALUES (?1, ?2, ?3, ?3)";
    let row = (sign_in.id.as_bytes(), &sign_in.message, micros(sign_in.created_at));
    run(connection, sql, [row])
}

fn add_document(connection: &Connection, document: &StoredDocument) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO document (id, sha256, size, media_type, file, key, uploader, uploaded_at, application)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let row = (
        document.id.0.as_bytes(),
        &document.sha256.0,
        integer(document.size),
        &document.media_type,
        &document.file,
        &document.key,
        &document.uploader.0,
        micros(document.uploaded_at),
        document.application.map(|id| id.0.into_bytes()),
    );
    run(connection, sql, [row])
}

fn delivered(connection: &Connection, entry: i64, delivery: &Delivery) -> Result<(), StoreError> {
    // Whatever the news, an earlier parking of this entry is over.
    run(connection, "DELETE FROM incident WHERE delivery = ?1", [(entry,)])?;
    match delivery {
        Delivery::Done => run(connection, "DELETE FROM outbox WHERE id = ?1", [(entry,)]),
        Delivery::Again { at, cause } => {
            let sql = "
                UPDATE outbox SET attempts = attempts + 1, due = ?2, cause = ?3, parked = 0 WHERE id = ?1";
            run(connection, sql, [(entry, micros(*at), cause)])
        }
        Delivery::Parked { cause } => {
            // Since the instant at which its last try was due.
            let sql = "
                INSERT INTO incident (application, delivery, since, cause)
                SELECT application, id, due, ?2 FROM outbox WHERE id = ?1";
            run(connection, sql, [(entry, cause)])?;
            let sql = "
                UPDATE outbox SET attempts = attempts + 1, cause = ?2, parked = 1 WHERE id = ?1";
            run(connection, sql, [(entry, cause)])
        }
    }
}

/// Closes an incident; a delivery that is still parked is dropped with it.
fn close_incident(connection: &Connection, id: i64) -> Result<(), StoreError> {
    let sql = "
        DELETE FROM outbox WHERE parked = 1 AND id = (SELECT delivery FROM incident WHERE id = ?1)";
    run(connection, sql, [(id,)])?;
    run(connection, "DELETE FROM incident WHERE id = ?1", [(id,)])
}

fn schedule_run(connection: &Connection, key: &ScheduleKey, at: i64) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO schedule_run (programme, name, at) VALUES (?1, ?2, ?3)
            ON CONFLICT (programme, name) DO UPDATE SET at = excluded.at";
    run(connection, sql, [(&key.programme, &key.name, at)])
}

/// Forgets old answers, ended sessions, and ended sign-ins with what was not delivered of them.
fn purge(connection: &Connection, keys_before: i64, ended_before: i64) -> Result<(), StoreError> {
    const ENDED: [&str; 4] = [
        "DELETE FROM incident WHERE delivery IN (
             SELECT o.id FROM outbox o JOIN sign_in s ON s.id = o.sign_in WHERE s.expires_at < ?1)",
        "DELETE FROM outbox WHERE sign_in IN (SELECT id FROM sign_in WHERE expires_at < ?1)",
        "DELETE FROM sign_in WHERE expires_at < ?1",
        "DELETE FROM token WHERE owner IS NULL AND expires_at < ?1",
    ];
    run(connection, "DELETE FROM idempotency WHERE at < ?1", [(keys_before,)])?;
    ENDED.into_iter().try_for_each(|sql| run(connection, sql, [(ended_before,)]))
}

fn by_id(connection: &Connection, sql: &'static str, id: Uuid) -> Result<(), StoreError> {
    run(connection, sql, [(id.as_bytes(),)])
}
