//! Writing a batch in one transaction: first what can be lost, then the rest set by set.
//!
//! What stands against a batch is locked as it is read, each table in the order of its keys, so that several daemons that
//! write at once wait for each other and never in a circle. What is not there yet cannot be locked: where somebody else adds it
//! meanwhile, the statement that adds it here fails or changes too few rows, and the batch is tried again.

mod application;
mod derived;
mod once_per;
mod personal;
mod record;
mod standing;
mod voucher;

use sqlx::PgConnection;
use sqlx::postgres::PgQueryResult;

use super::super::{ApplicationUnit, Batch, Receipt, Unit};
use super::error::Fault;

pub(super) use derived::{
    ANSWER, Derived, NO_DEADLINE, QueueColumns, TaskColumns, TimerColumns, rule_key,
};
pub(super) use voucher::{RedemptionColumns, VoucherColumns, Vouchers};

/// Writes a batch whole, or says who lost what.
pub(super) async fn write(connection: &mut PgConnection, batch: &[Unit]) -> Result<Batch, Fault> {
    let mut standing = standing::read(connection, batch).await?;
    let keys = standing.keys.clone();
    let losers = standing.judge(batch);
    if !losers.is_empty() {
        return Ok(Batch::Lost(losers));
    }
    let mut receipts = Vec::with_capacity(batch.len());
    let mut removed = standing.removed.into_iter();
    for unit in batch {
        receipts.push(match unit {
            Unit::Application(_) => Receipt::Done,
            Unit::Record(record) => record::record(connection, record, &mut removed).await?,
        });
    }
    let units: Vec<&ApplicationUnit> = applications(batch).collect();
    if !units.is_empty() {
        application::record(connection, &units).await?;
        personal::record(connection, &units).await?;
        derived::add(connection, &units).await?;
        voucher::record(connection, &units).await?;
        once_per::record(connection, &keys, &standing.keys).await?;
        personal::destroy(connection, &units).await?;
    }
    Ok(Batch::Committed(receipts))
}

fn applications(batch: &[Unit]) -> impl Iterator<Item = &ApplicationUnit> {
    batch.iter().filter_map(|unit| match unit {
        Unit::Application(unit) => Some(&**unit),
        Unit::Record(_) => None,
    })
}

/// Checks that a statement changed as many rows as it had to: fewer, and somebody else was quicker.
fn all_changed(ran: &PgQueryResult, rows: usize) -> Result<(), Fault> {
    if usize::try_from(ran.rows_affected()) == Ok(rows) { Ok(()) } else { Err(Fault::raced()) }
}
