//! What is recorded beside applications; each record in its place in the batch.

use std::vec::IntoIter;

use sqlx::PgConnection;
use sqlx::postgres::PgQueryResult;
use uuid::Uuid;

use super::super::super::{
    Definition, Delivery, Receipt, Record, RosterVersion, ScheduleKey, SignIn, StoredDocument,
    Token, TokenOwner,
};
use super::super::error::Fault;
use super::super::list::{column, integer, micros};
use super::super::row::Columns;
use super::all_changed;
use crate::id::DocumentId;

/// Ends a sign-in, with what was not delivered of it.
const USED: [&str; 3] = [
    "DELETE FROM incident WHERE delivery IN (SELECT id FROM outbox WHERE sign_in = $1)",
    "DELETE FROM outbox WHERE sign_in = $1",
    "DELETE FROM sign_in WHERE id = $1",
];

/// What a statement came to.
type Ran = Result<PgQueryResult, sqlx::Error>;

/// Records one record; what it lost, and which documents are removed, is found out before.
pub(super) async fn record(
    connection: &mut PgConnection,
    record: &Record,
    removed: &mut IntoIter<Vec<DocumentId>>,
) -> Result<Receipt, Fault> {
    match record {
        Record::Deploy(definition) => return deploy(connection, definition).await,
        Record::Roster(version) => roster(connection, version).await?,
        Record::AddToken(token) => add_token(connection, token).await?,
        Record::RemoveToken(id) => {
            by_id(connection, "DELETE FROM token WHERE id = $1", *id).await?;
        }
        Record::AddSignIn(sign_in) => add_sign_in(connection, sign_in).await?,
        Record::FailSignIn(id) => {
            let sql = "UPDATE sign_in SET tries_left = greatest(tries_left - 1, 0) WHERE id = $1";
            by_id(connection, sql, *id).await?;
        }
        Record::UseSignIn { id, session } => {
            for sql in USED {
                by_id(connection, sql, *id).await?;
            }
            add_token(connection, session).await?;
        }
        Record::AddDocument(document) => add_document(connection, document).await?,
        Record::RemoveDocuments(_) => {
            let removed = removed.next().unwrap_or_default();
            remove_documents(connection, &removed).await?;
            return Ok(Receipt::Removed(removed));
        }
        Record::Delivered(entry, delivery) => {
            delivered(connection, integer(*entry), delivery).await?;
        }
        Record::CloseIncident(id) => {
            close_incident(connection, integer(*id)).await?;
        }
        Record::ScheduleRun(key, at) => schedule_run(connection, key, micros(*at)).await?,
        Record::Purge { keys_before, ended_before } => {
            purge(connection, micros(*keys_before), micros(*ended_before)).await?;
        }
    }
    Ok(Receipt::Done)
}

/// Removes documents of which it is known that nothing refers to them.
async fn remove_documents(
    connection: &mut PgConnection,
    documents: &[DocumentId],
) -> Result<(), Fault> {
    let sql = "DELETE FROM document WHERE id = ANY($1)";
    done(sqlx::query(sql).bind(column(documents, |id| id.0)).execute(connection).await)
}

async fn deploy(connection: &mut PgConnection, definition: &Definition) -> Result<Receipt, Fault> {
    let known = sqlx::query("SELECT number FROM definition WHERE digest = $1")
        .bind(definition.digest.0.as_slice())
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(row) = known {
        let number = Columns::of("definition", &row).number(0)?;
        return Ok(Receipt::Deployed { number, unchanged: true });
    }
    let row = sqlx::query(
        "INSERT INTO definition (digest, programme, number, source, deployed_at, by)
         SELECT $1, $2, 1 + coalesce(max(number), 0), $3, $4, $5 FROM definition WHERE programme = $2
         RETURNING number",
    )
    .bind(definition.digest.0.as_slice())
    .bind(&definition.programme)
    .bind(definition.source.as_slice())
    .bind(micros(definition.deployed_at))
    .bind(definition.by.to_string())
    .fetch_one(connection)
    .await?;
    let number = Columns::of("definition", &row).number(0)?;
    Ok(Receipt::Deployed { number, unchanged: false })
}

async fn roster(connection: &mut PgConnection, version: &RosterVersion) -> Result<(), Fault> {
    let query =
        sqlx::query("INSERT INTO roster (version, digest, bytes, roster) VALUES ($1, $2, $3, $4)")
            .bind(integer(version.event.version))
            .bind(version.event.digest.0.as_slice())
            .bind(version.event.bytes.as_slice())
            .bind(&version.roster);
    done(query.execute(connection).await)
}

async fn add_token(connection: &mut PgConnection, token: &Token) -> Result<(), Fault> {
    let (owner, programme, contact) = match &token.owner {
        TokenOwner::Listed(who) => (Some(who.to_string()), None, None),
        TokenOwner::Applicant { programme, contact } => {
            (None, Some(programme), Some(contact.0.as_slice()))
        }
    };
    let query = sqlx::query(
        "INSERT INTO token (id, hash, owner, programme, contact, label, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(token.id)
    .bind(token.hash.0.as_slice())
    .bind(owner)
    .bind(programme)
    .bind(contact)
    .bind(&token.label)
    .bind(micros(token.created_at))
    .bind(token.expires_at.map(micros));
    done(query.execute(connection).await)
}

async fn add_sign_in(connection: &mut PgConnection, sign_in: &SignIn) -> Result<(), Fault> {
    let query = sqlx::query(
        "INSERT INTO sign_in (id, code, programme, contact, created_at, expires_at, tries_left)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(sign_in.id)
    .bind(sign_in.code.0.as_slice())
    .bind(&sign_in.programme)
    .bind(sign_in.contact.0.as_slice())
    .bind(micros(sign_in.created_at))
    .bind(micros(sign_in.expires_at))
    .bind(i64::from(sign_in.tries_left));
    done(query.execute(&mut *connection).await)?;
    let query =
        sqlx::query("INSERT INTO outbox (sign_in, content, since, due) VALUES ($1, $2, $3, $3)")
            .bind(sign_in.id)
            .bind(sign_in.message.as_slice())
            .bind(micros(sign_in.created_at));
    done(query.execute(connection).await)
}

async fn add_document(
    connection: &mut PgConnection,
    document: &StoredDocument,
) -> Result<(), Fault> {
    let query = sqlx::query(
        "INSERT INTO document (id, sha256, size, media_type, file, key, uploader, uploaded_at, application)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(document.id.0)
    .bind(document.sha256.0.as_slice())
    .bind(integer(document.size))
    .bind(&document.media_type)
    .bind(&document.file)
    .bind(document.key.as_slice())
    .bind(document.uploader.0.as_slice())
    .bind(micros(document.uploaded_at))
    .bind(document.application.map(|id| id.0));
    done(query.execute(connection).await)
}

async fn delivered(
    connection: &mut PgConnection,
    entry: i64,
    delivery: &Delivery,
) -> Result<(), Fault> {
    // Whatever the news, an earlier parking of this entry is over.
    let query = sqlx::query("DELETE FROM incident WHERE delivery = $1").bind(entry);
    done(query.execute(&mut *connection).await)?;
    let query = match delivery {
        Delivery::Done => sqlx::query("DELETE FROM outbox WHERE id = $1").bind(entry),
        Delivery::Again { at, cause } => sqlx::query(
            "UPDATE outbox SET attempts = attempts + 1, due = $2, cause = $3, parked = FALSE, taken_until = NULL WHERE id = $1",
        )
        .bind(entry)
        .bind(micros(*at))
        .bind(cause),
        Delivery::Parked { cause } => {
            park(connection, entry, cause).await?;
            sqlx::query(
                "UPDATE outbox SET attempts = attempts + 1, cause = $2, parked = TRUE, taken_until = NULL WHERE id = $1",
            )
            .bind(entry)
            .bind(cause)
        }
    };
    done(query.execute(connection).await)
}

/// Opens the incident of a parked delivery, since the instant at which its last try was due.
async fn park(connection: &mut PgConnection, entry: i64, cause: &str) -> Result<(), Fault> {
    let query = sqlx::query(
        "INSERT INTO incident (application, delivery, since, cause)
         SELECT application, id, due, $2 FROM outbox WHERE id = $1",
    )
    .bind(entry)
    .bind(cause);
    done(query.execute(connection).await)
}

/// Closes an incident; a delivery that is still parked is dropped with it.
async fn close_incident(connection: &mut PgConnection, id: i64) -> Result<(), Fault> {
    let query = sqlx::query(
        "DELETE FROM outbox
          WHERE parked AND id = (SELECT delivery FROM incident WHERE id = $1)",
    )
    .bind(id);
    done(query.execute(&mut *connection).await)?;
    let query = sqlx::query("DELETE FROM incident WHERE id = $1").bind(id);
    done(query.execute(connection).await)
}

async fn schedule_run(
    connection: &mut PgConnection,
    key: &ScheduleKey,
    at: i64,
) -> Result<(), Fault> {
    let query = sqlx::query(
        "INSERT INTO schedule_run (programme, name, at) VALUES ($1, $2, $3)
             ON CONFLICT (programme, name) DO UPDATE SET at = excluded.at WHERE schedule_run.at < excluded.at",
    )
    .bind(&key.programme)
    .bind(&key.name)
    .bind(at);
    all_changed(&query.execute(connection).await?, 1)
}

/// Forgets old answers, ended sessions, and ended sign-ins with what was not delivered of them.
async fn purge(
    connection: &mut PgConnection,
    keys_before: i64,
    ended_before: i64,
) -> Result<(), Fault> {
    const ENDED: [&str; 4] = [
        "DELETE FROM incident WHERE delivery IN (
             SELECT o.id FROM outbox o JOIN sign_in s ON s.id = o.sign_in WHERE s.expires_at < $1)",
        "DELETE FROM outbox WHERE sign_in IN (SELECT id FROM sign_in WHERE expires_at < $1)",
        "DELETE FROM sign_in WHERE expires_at < $1",
        "DELETE FROM token WHERE owner IS NULL AND expires_at < $1",
    ];
    let query = sqlx::query("DELETE FROM idempotency WHERE at < $1").bind(keys_before);
    done(query.execute(&mut *connection).await)?;
    for sql in ENDED {
        done(sqlx::query(sql).bind(ended_before).execute(&mut *connection).await)?;
    }
    Ok(())
}

async fn by_id(connection: &mut PgConnection, sql: &'static str, id: Uuid) -> Result<(), Fault> {
    done(sqlx::query(sql).bind(id).execute(connection).await)
}

fn done(ran: Ran) -> Result<(), Fault> {
    ran.map(drop).map_err(Fault::from)
}
