//! Vouchers: by id, by number, and where those of a status list stand.

use rusqlite::Connection;

use super::super::super::StoreError;
use super::super::statement::{all, first};
use crate::application::VoucherStatus;
use crate::id::{ApplicationId, VoucherId};

pub(in super::super) fn by_id(
    connection: &Connection,
    voucher: VoucherId,
) -> Result<Option<ApplicationId>, StoreError> {
    let sql = "SELECT application FROM voucher WHERE id = ?1";
    first(connection, "voucher", sql, (&voucher.0,), |columns| columns.application(0))
}

pub(in super::super) fn by_number(
    connection: &Connection,
    number: &str,
) -> Result<Option<ApplicationId>, StoreError> {
    let sql = "SELECT application FROM voucher WHERE number = ?1";
    first(connection, "voucher", sql, (number,), |columns| columns.application(0))
}

pub(in super::super) fn statuses(
    connection: &Connection,
    list: u32,
) -> Result<Vec<(u32, VoucherStatus)>, StoreError> {
    let sql = "SELECT position, status FROM voucher WHERE list = ?1 ORDER BY position";
    all(connection, "voucher", sql, (list,), |columns| {
        let status = columns.one_of(1, &VoucherStatus::ALL, VoucherStatus::as_str)?;
        Ok((columns.number(0)?, status))
    })
}
