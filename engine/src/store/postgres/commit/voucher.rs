//! The rows of vouchers, and of redemptions, which are only ever added.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::super::ApplicationUnit;
use super::super::error::Fault;
use super::super::list::{column, micros};
use crate::application::Application;

/// Application, id, number, list, position, programme, end, status, amount, balance, currency.
pub(in super::super) type VoucherColumns =
    (Uuid, Uuid, String, i64, i64, String, i64, String, String, String, String);
/// Application, number, provider, amount, instant.
pub(in super::super) type RedemptionColumns = (Uuid, i64, String, String, i64);

/// The rows of vouchers.
#[derive(Debug, Default)]
pub(in super::super) struct Vouchers {
    pub(in super::super) vouchers: Vec<VoucherColumns>,
    pub(in super::super) redemptions: Vec<RedemptionColumns>,
}

/// Records the vouchers that a batch's applications have.
pub(super) async fn record(
    connection: &mut PgConnection,
    units: &[&ApplicationUnit],
) -> Result<(), Fault> {
    let mut rows = Vouchers::default();
    for unit in units {
        rows.add(&unit.application);
    }
    vouchers(connection, &rows.vouchers).await?;
    redemptions(connection, &rows.redemptions).await
}

async fn vouchers(connection: &mut PgConnection, rows: &[VoucherColumns]) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO voucher (application, id, number, list, position, programme, expires_at, status, amount, balance,
                currency)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[],
                $8::text[], $9::text[], $10::text[], $11::text[])
             ON CONFLICT (application) DO UPDATE
            SET expires_at = excluded.expires_at, status = excluded.status, balance = excluded.balance",
    )
    .bind(column(rows, |row| row.0))
    .bind(column(rows, |row| row.1))
    .bind(column(rows, |row| row.2.as_str()))
    .bind(column(rows, |row| row.3))
    .bind(column(rows, |row| row.4))
    .bind(column(rows, |row| row.5.as_str()))
    .bind(column(rows, |row| row.6))
    .bind(column(rows, |row| row.7.as_str()))
    .bind(column(rows, |row| row.8.as_str()))
    .bind(column(rows, |row| row.9.as_str()))
    .bind(column(rows, |row| row.10.as_str()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn redemptions(
    connection: &mut PgConnection,
    rows: &[RedemptionColumns],
) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO redemption (application, number, provider, amount, at)
         SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])
             ON CONFLICT (application, number) DO NOTHING",
    )
    .bind(column(rows, |row| row.0))
    .bind(column(rows, |row| row.1))
    .bind(column(rows, |row| row.2.as_str()))
    .bind(column(rows, |row| row.3.as_str()))
    .bind(column(rows, |row| row.4))
    .execute(connection)
    .await?;
    Ok(())
}

impl Vouchers {
    /// Adds the rows of an application's voucher, if it has one.
    pub(in super::super) fn add(&mut self, application: &Application) {
        let Some(voucher) = &application.voucher else { return };
        let id = application.id.0;
        for redemption in &voucher.redemptions {
            self.redemptions.push((
                id,
                i64::from(redemption.number),
                redemption.provider.clone(),
                redemption.amount.to_string(),
                micros(redemption.at),
            ));
        }
        self.vouchers.push((
            id,
            Uuid::from_bytes(voucher.id.0),
            voucher.number.clone(),
            i64::from(voucher.status_index.list),
            i64::from(voucher.status_index.index),
            application.programme.to_string(),
            micros(voucher.expires_at),
            voucher.status.as_str().to_owned(),
            voucher.amount.to_string(),
            voucher.balance.to_string(),
            voucher.currency.clone(),
        ));
    }
}
