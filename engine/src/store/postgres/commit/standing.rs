//! Reading what stands against a batch, each table by one statement, and locking what could be taken from under it.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::super::once_per::{Holder, KeyChanges};
use super::super::super::standing::{Known, Standing, Use, Waiting};
use super::super::super::{Record, ScheduleKey, Token, Unit};
use super::super::error::Fault;
use super::super::list::column;
use super::super::row::Columns;
use super::applications;
use crate::application::{StatusIndex, Voucher};
use crate::id::{DocumentId, VoucherId};

/// Reads what stands against a batch: applications are locked first, whatever else is locked after them.
pub(super) async fn read(connection: &mut PgConnection, batch: &[Unit]) -> Result<Standing, Fault> {
    let mut standing = Standing::default();
    versions(&mut standing, connection, batch).await?;
    references(&mut standing, connection, batch).await?;
    outcomes(&mut standing, connection, batch).await?;
    vouchers(&mut standing, connection, batch).await?;
    keys(&mut standing, connection, batch).await?;
    runs(&mut standing, connection, batch).await?;
    sign_ins(&mut standing, connection, batch).await?;
    tokens(&mut standing, connection, batch).await?;
    roster(&mut standing, connection, batch).await?;
    documents(&mut standing, connection, batch).await?;
    Ok(standing)
}

async fn versions(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let ids: Vec<Uuid> = applications(batch).map(|unit| unit.application.id.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let sql = "SELECT id, version FROM application WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    for row in sqlx::query(sql).bind(ids).fetch_all(connection).await? {
        let columns = Columns::of("application", &row);
        standing.versions.insert(columns.application(0)?, columns.number(1)?);
    }
    Ok(())
}

/// An application that is there keeps its reference.
async fn references(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let references: Vec<&str> = applications(batch)
        .filter(|unit| unit.expected == 0)
        .map(|unit| unit.application.reference.as_str())
        .collect();
    if references.is_empty() {
        return Ok(());
    }
    let sql = "SELECT id, reference FROM application WHERE reference = ANY($1)";
    for row in sqlx::query(sql).bind(references).fetch_all(connection).await? {
        let columns = Columns::of("application", &row);
        standing.references.insert(columns.get(1)?, columns.application(0)?);
    }
    Ok(())
}

async fn outcomes(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let scopes: Vec<&[u8]> = applications(batch)
        .filter_map(|unit| Some(unit.idempotency.as_ref()?.scope.0.as_slice()))
        .collect();
    if scopes.is_empty() {
        return Ok(());
    }
    let sql = "SELECT scope, request, application, first, last, at FROM idempotency WHERE scope = ANY($1)";
    for row in sqlx::query(sql).bind(scopes).fetch_all(connection).await? {
        let columns = Columns::of("idempotency", &row);
        standing.outcomes.insert(columns.hash(0)?, columns.outcome()?);
    }
    Ok(())
}

async fn vouchers(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let vouchers: Vec<&Voucher> =
        applications(batch).filter_map(|unit| unit.application.voucher.as_ref()).collect();
    if vouchers.is_empty() {
        return Ok(());
    }
    // Each by its own index: of conditions with `OR`, the whole table would be read.
    let sql = "SELECT application, id, number, list, position FROM voucher WHERE id = ANY($1)
                UNION ALL
               SELECT application, id, number, list, position FROM voucher WHERE number = ANY($2)
                UNION ALL
               SELECT v.application, v.id, v.number, v.list, v.position
                 FROM unnest($3::bigint[], $4::bigint[]) AS w (l, p)
                 JOIN voucher v ON v.list = w.l AND v.position = w.p";
    let rows = sqlx::query(sql)
        .bind(column(&vouchers, |voucher| Uuid::from_bytes(voucher.id.0)))
        .bind(column(&vouchers, |voucher| voucher.number.as_str()))
        .bind(column(&vouchers, |voucher| i64::from(voucher.status_index.list)))
        .bind(column(&vouchers, |voucher| i64::from(voucher.status_index.index)))
        .fetch_all(connection)
        .await?;
    for row in &rows {
        let columns = Columns::of("voucher", row);
        let holder = columns.application(0)?;
        standing.vouchers.insert(VoucherId(columns.get::<Uuid>(1)?.into_bytes()), holder);
        standing.numbers.insert(columns.get(2)?, holder);
        let index = StatusIndex { list: columns.number(3)?, index: columns.number(4)? };
        standing.indexes.insert(index, holder);
    }
    Ok(())
}

/// Reads the keys that are taken, and those that the units' applications hold and may give up.
async fn keys(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let changing = || applications(batch).filter(|unit| !unit.once_per.is_empty());
    let holders: Vec<Uuid> = changing().map(|unit| unit.application.id.0).collect();
    if holders.is_empty() {
        return Ok(());
    }
    let keys: Vec<Vec<u8>> = changing()
        .flat_map(|unit| KeyChanges::of(&unit.once_per).taken)
        .map(|(_, key)| key.key.0.to_vec())
        .collect();
    let sql = "SELECT key, application, rule, approved_at FROM once_per
                WHERE key = ANY($1) OR application = ANY($2) ORDER BY key FOR UPDATE";
    for row in sqlx::query(sql).bind(keys).bind(holders).fetch_all(connection).await? {
        let columns = Columns::of("once_per", &row);
        let holder = Holder {
            application: columns.application(1)?,
            rule: columns.number(2)?,
            approved: columns.instant_or_none(3)?,
        };
        standing.keys.insert(columns.hash(0)?, holder);
    }
    Ok(())
}

async fn runs(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let runs: Vec<&ScheduleKey> = records(batch)
        .filter_map(|record| match record {
            Record::ScheduleRun(key, _) => Some(key),
            _ => None,
        })
        .collect();
    if runs.is_empty() {
        return Ok(());
    }
    let sql = "SELECT programme, name, at FROM schedule_run
                WHERE (programme, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))";
    let rows = sqlx::query(sql)
        .bind(column(&runs, |key| key.programme.as_str()))
        .bind(column(&runs, |key| key.name.as_str()))
        .fetch_all(connection)
        .await?;
    for row in &rows {
        let columns = Columns::of("schedule_run", row);
        let key = ScheduleKey { programme: columns.get(0)?, name: columns.get(1)? };
        standing.runs.insert(key, columns.instant(2)?);
    }
    Ok(())
}

async fn sign_ins(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let ids: Vec<Uuid> = records(batch)
        .filter_map(|record| match record {
            Record::UseSignIn { id, .. } => Some(*id),
            Record::AddSignIn(sign_in) => Some(sign_in.id),
            _ => None,
        })
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let sql =
        "SELECT id, tries_left, expires_at FROM sign_in WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    for row in sqlx::query(sql).bind(ids).fetch_all(connection).await? {
        let columns = Columns::of("sign_in", &row);
        let waiting = Waiting { tries_left: columns.number(1)?, expires_at: columns.instant(2)? };
        standing.sign_ins.insert(columns.get(0)?, waiting);
    }
    Ok(())
}

async fn tokens(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let tokens: Vec<&Token> = records(batch)
        .filter_map(|record| match record {
            Record::AddToken(token) | Record::UseSignIn { session: token, .. } => Some(token),
            _ => None,
        })
        .collect();
    if tokens.is_empty() {
        return Ok(());
    }
    let sql = "SELECT id, hash, CASE WHEN owner IS NULL THEN expires_at END FROM token
                WHERE id = ANY($1) OR hash = ANY($2)";
    let rows = sqlx::query(sql)
        .bind(column(&tokens, |token| token.id))
        .bind(column(&tokens, |token| token.hash.0.as_slice()))
        .fetch_all(connection)
        .await?;
    for row in &rows {
        let columns = Columns::of("token", row);
        let known = Known { hash: columns.hash(1)?, ends: columns.instant_or_none(2)? };
        standing.tokens.insert(columns.get(0)?, known);
    }
    Ok(())
}

async fn roster(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    if !records(batch).any(|record| matches!(record, Record::Roster(_))) {
        return Ok(());
    }
    let sql = "SELECT coalesce(max(version), 0) FROM roster";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    standing.roster = Columns::of("roster", &row).number(0)?;
    Ok(())
}

async fn documents(
    standing: &mut Standing,
    connection: &mut PgConnection,
    batch: &[Unit],
) -> Result<(), Fault> {
    let ids: Vec<Uuid> = batch.iter().flat_map(named).map(|document| document.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let sql =
        "SELECT id, application, discarded FROM document WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    for row in sqlx::query(sql).bind(ids).fetch_all(connection).await? {
        let columns = Columns::of("document", &row);
        let stands = match columns.application_or_none(1)? {
            _ if columns.get::<bool>(2)? => Use::Discarded,
            Some(holder) => Use::Of(holder),
            None => Use::Free,
        };
        standing.documents.insert(DocumentId(columns.get(0)?), stands);
    }
    Ok(())
}

/// Returns the documents that a unit names.
fn named(unit: &Unit) -> &[DocumentId] {
    match unit {
        Unit::Application(unit) => &unit.documents,
        Unit::Record(Record::RemoveDocuments(documents)) => documents,
        Unit::Record(Record::AddDocument(document)) => std::slice::from_ref(&document.id),
        Unit::Record(_) => &[],
    }
}

fn records(batch: &[Unit]) -> impl Iterator<Item = &Record> {
    batch.iter().filter_map(|unit| match unit {
        Unit::Record(record) => Some(record),
        Unit::Application(_) => None,
    })
}
