//! Vouchers: by id, by number, and where those of a status list stand.

use sqlx::PgPool;
use uuid::Uuid;

use super::super::super::StoreError;
use super::super::error::failed;
use super::super::row::Columns;
use super::each;
use crate::application::VoucherStatus;
use crate::id::{ApplicationId, VoucherId};

pub(in super::super) async fn by_id(
    pool: &PgPool,
    voucher: VoucherId,
) -> Result<Option<ApplicationId>, StoreError> {
    let row = sqlx::query("SELECT application FROM voucher WHERE id = $1")
        .bind(Uuid::from_bytes(voucher.0))
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    row.map(|row| Columns::of("voucher", &row).application(0)).transpose()
}

pub(in super::super) async fn by_number(
    pool: &PgPool,
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
    pool: &PgPool,
    list: u32,
) -> Result<Vec<(u32, VoucherStatus)>, StoreError> {
    let rows =
        sqlx::query("SELECT position, status FROM voucher WHERE list = $1 ORDER BY position")
            .bind(i64::from(list))
            .fetch_all(pool)
            .await
            .map_err(failed)?;
    each(&rows, |row| {
        let columns = Columns::of("voucher", row);
        let status = columns.one_of(1, &VoucherStatus::ALL, VoucherStatus::as_str)?;
        Ok((columns.number(0)?, status))
    })
}
