//! Vouchers: by id, by number, and where those of a status list stand.

use sqlx::SqlitePool;

use super::super::super::StoreError;
use super::super::error::failed;
use super::super::row::Columns;
use super::each;
use crate::application::VoucherStatus;
use crate::id::{ApplicationId, VoucherId};

pub(in super::super) async fn by_id(
    pool: &SqlitePool,
    voucher: VoucherId,
) -> Result<Option<ApplicationId>, StoreError> {
    let row = sqlx::query("SELECT application FROM voucher WHERE id = $1")
        .bind(voucher.0.as_slice())
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    row.map(|row| Columns::of("voucher", &row).application(0)).transpose()
}

pub(in super::super) async fn by_number(
    pool: &SqlitePool,
    number: &str,
) -> Result<Option<ApplicationId>, StoreError> {
    let row = sqlx::query("SELECT application FROM voucher WHERE number = $1")
        .bind(number)
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    row.map(|row| Columns::of("voucher", &row).application(0)).transpose()
}

pub(in super::super) async fn statuses(
    pool: &SqlitePool,
    list: u32,
) -> Result<Vec<(u32, VoucherStatus)>, StoreError> {
    let rows =
        sqlx::query("SELECT position, status FROM voucher WHERE list = $1 ORDER BY position")
            .bind(list)
            .fetch_all(pool)
            .await
            .map_err(failed)?;
    each(&rows, |row| {
        let columns = Columns::of("voucher", row);
        let status = columns.one_of(1, &VoucherStatus::ALL, VoucherStatus::as_str)?;
        Ok((columns.number(0)?, status))
    })
}
