//! The rows of vouchers, and of redemptions, which are only ever added.

use rusqlite::Connection;

use super::super::super::table::Cell;
use super::super::super::{ApplicationUnit, StoreError};
use super::super::list::micros;
use super::super::statement::run;
use crate::application::Application;

/// The rows of vouchers and redemptions.
#[derive(Debug, Default)]
pub(in super::super) struct Vouchers {
    /// Application, id, number, list, position, programme, end, status, amount, balance and currency.
    pub(in super::super) vouchers: Vec<[Cell; 11]>,
    /// Application, number, provider, amount and instant.
    pub(in super::super) redemptions: Vec<[Cell; 5]>,
}

/// Records the vouchers that a batch's applications have.
pub(super) fn record(
    connection: &Connection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let mut rows = Vouchers::default();
    for unit in units {
        rows.add(&unit.application);
    }
    let sql = "
        INSERT INTO voucher (application, id, number, list, position, programme, expires_at, status, amount, balance,
               currency)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (application) DO UPDATE
           SET expires_at = excluded.expires_at, status = excluded.status, balance = excluded.balance";
    run(connection, sql, rows.vouchers)?;
    let sql = "
        INSERT INTO redemption (application, number, provider, amount, at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (application, number) DO NOTHING";
    run(connection, sql, rows.redemptions)
}

impl Vouchers {
    /// Adds the rows of an application's voucher, if it has one.
    pub(in super::super) fn add(&mut self, application: &Application) {
        let Some(voucher) = &application.voucher else { return };
        let id = || Cell::from(application.id.0.as_bytes().as_slice());
        for redemption in &voucher.redemptions {
            self.redemptions.push([
                id(),
                i64::from(redemption.number).into(),
                redemption.provider.as_str().into(),
                Cell::Text(redemption.amount.to_string()),
                micros(redemption.at).into(),
            ]);
        }
        self.vouchers.push([
            id(),
            voucher.id.0.as_slice().into(),
            voucher.number.as_str().into(),
            i64::from(voucher.status_index.list).into(),
            i64::from(voucher.status_index.index).into(),
            application.programme.as_str().into(),
            micros(voucher.expires_at).into(),
            voucher.status.as_str().into(),
            Cell::Text(voucher.amount.to_string()),
            Cell::Text(voucher.balance.to_string()),
            voucher.currency.as_str().into(),
        ]);
    }
}
