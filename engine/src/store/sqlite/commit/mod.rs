//! Recording a batch: one transaction, first what can be lost, then the rest set by set.
//!
//! The transaction holds the only write lock from its beginning, so that what was read in it still stands when it commits.

mod application;
mod derived;
mod once_per;
mod record;
mod row;
mod standing;
mod voucher;

use sqlx::{Connection as _, SqliteConnection, SqlitePool};

use super::super::standing::Standing;
use super::super::{ApplicationUnit, Batch, MAX_BATCH, Receipt, StoreError, Unit};
use super::error::{failed, failed_at_commit};
use super::list::List;
use crate::id::DocumentId;

pub(super) use derived::{ANSWER, Derived, rule_key};
pub(super) use voucher::add as add_voucher;

/// Records a batch whole, or says who lost what and records nothing.
pub(super) async fn commit(writer: &SqlitePool, batch: &[Unit]) -> Result<Batch, StoreError> {
    if batch.len() > MAX_BATCH {
        return Err(StoreError::Database(format!("a batch has at most {MAX_BATCH} units")));
    }
    let mut connection = writer.acquire().await.map_err(failed)?;
    let outcome = write(&mut connection, batch).await;
    if outcome.is_err() {
        // SQLite may have ended the transaction by itself, which the connection does not hear of: it would begin no other one.
        // The pool opens a new one.
        let _ = connection.close().await;
    }
    outcome
}

/// Tries once: one transaction.
async fn write(connection: &mut SqliteConnection, batch: &[Unit]) -> Result<Batch, StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let mut standing = Standing::read(&mut transaction, batch).await?;
    let losers = standing.judge(batch);
    if !losers.is_empty() {
        transaction.rollback().await.map_err(failed)?;
        return Ok(Batch::Lost(losers));
    }
    let receipts = record_all(&mut transaction, batch, standing.removed).await?;
    transaction.commit().await.map_err(failed_at_commit)?;
    Ok(Batch::Committed(receipts))
}

/// Records every unit; `removed` is what each removal of documents comes to.
async fn record_all(
    connection: &mut SqliteConnection,
    batch: &[Unit],
    removed: Vec<Vec<DocumentId>>,
) -> Result<Vec<Receipt>, StoreError> {
    let mut receipts = Vec::with_capacity(batch.len());
    let mut removed = removed.into_iter();
    for unit in batch {
        receipts.push(match unit {
            Unit::Application(_) => Receipt::Done,
            Unit::Record(record) => record::record(connection, record, &mut removed).await?,
        });
    }
    let units: Vec<&ApplicationUnit> = applications(batch).collect();
    if !units.is_empty() {
        row::record(connection, &units).await?;
        application::record(connection, &units).await?;
        voucher::record(connection, &units).await?;
        once_per::record(connection, &units).await?;
        application::destroy(connection, &units).await?;
    }
    Ok(receipts)
}

fn applications(batch: &[Unit]) -> impl Iterator<Item = &ApplicationUnit> {
    batch.iter().filter_map(|unit| match unit {
        Unit::Application(unit) => Some(&**unit),
        Unit::Record(_) => None,
    })
}

/// Runs a statement over a list, unless the list is empty.
async fn run(
    connection: &mut SqliteConnection,
    sql: &'static str,
    list: List,
) -> Result<(), StoreError> {
    if list.is_empty() {
        return Ok(());
    }
    sqlx::query(sql).bind(list.json()).execute(connection).await.map(drop).map_err(failed)
}
