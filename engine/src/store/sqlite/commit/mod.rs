//! Recording a batch: one transaction, first what can be lost, then the rest table by table.
//!
//! The transaction holds the only write lock from its beginning, so that what was read in it still stands when it commits. It
//! runs whole on one thread, row after row by statements that stay prepared.

mod application;
mod derived;
mod once_per;
mod record;
mod row;
mod standing;
mod voucher;

use rusqlite::Connection;

use super::super::standing::Standing;
use super::super::{ApplicationUnit, Batch, MAX_BATCH, Receipt, StoreError, Unit};
use super::error::{failed, failed_at_commit};
use super::open::begin;
use super::writer::Writer;

pub(super) use derived::{ANSWER, Derived, rule_key};
pub(super) use voucher::Vouchers;

/// Records a batch whole, or says who lost what and records nothing.
pub(super) fn commit(writer: &Writer, batch: &[Unit]) -> Result<Batch, StoreError> {
    if batch.len() > MAX_BATCH {
        return Err(StoreError::Database(format!("a batch has at most {MAX_BATCH} units")));
    }
    writer.here(|connection| write(connection, batch))
}

/// Tries once: one transaction, which is rolled back where it is not committed.
fn write(connection: &mut Connection, batch: &[Unit]) -> Result<Batch, StoreError> {
    let transaction = begin(connection)?;
    let mut standing = Standing::read(&transaction, batch)?;
    let keys = standing.keys.clone();
    let losers = standing.judge(batch);
    if !losers.is_empty() {
        transaction.rollback().map_err(failed)?;
        return Ok(Batch::Lost(losers));
    }
    let mut receipts = Vec::with_capacity(batch.len());
    let mut removed = standing.removed.into_iter();
    for unit in batch {
        receipts.push(match unit {
            Unit::Application(_) => Receipt::Done,
            Unit::Record(record) => record::record(&transaction, record, &mut removed)?,
        });
    }
    let units: Vec<&ApplicationUnit> = applications(batch).collect();
    if !units.is_empty() {
        row::record(&transaction, &units)?;
        application::record(&transaction, &units)?;
        voucher::record(&transaction, &units)?;
        once_per::record(&transaction, &keys, &standing.keys)?;
        application::destroy(&transaction, &units)?;
    }
    transaction.commit().map_err(failed_at_commit)?;
    Ok(Batch::Committed(receipts))
}

fn applications(batch: &[Unit]) -> impl Iterator<Item = &ApplicationUnit> {
    batch.iter().filter_map(|unit| match unit {
        Unit::Application(unit) => Some(&**unit),
        Unit::Record(_) => None,
    })
}
