//! The rows of vouchers, and of redemptions, which are only ever added.

use serde_json::json;
use sqlx::SqliteConnection;

use super::super::super::{ApplicationUnit, StoreError};
use super::super::list::{List, hex, micros};
use super::run;
use crate::application::Application;

/// Records the vouchers that a batch's applications have.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let (mut vouchers, mut redemptions) = (List::default(), List::default());
    for unit in units {
        add(&unit.application, &mut vouchers, &mut redemptions);
    }
    let sql = "INSERT INTO voucher (application, id, number, list, position, programme, expires_at, status, amount,
                      balance, currency)
               SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5,
                      value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10
                 FROM json_each($1) WHERE true
                   ON CONFLICT (application) DO UPDATE
                  SET expires_at = excluded.expires_at, status = excluded.status, balance = excluded.balance";
    run(connection, sql, vouchers).await?;
    let sql = "INSERT INTO redemption (application, number, provider, amount, at)
               SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4
                 FROM json_each($1) WHERE true ON CONFLICT (application, number) DO NOTHING";
    run(connection, sql, redemptions).await
}

/// Adds the rows of an application's voucher, if it has one.
pub(in super::super) fn add(
    application: &Application,
    vouchers: &mut List,
    redemptions: &mut List,
) {
    let Some(voucher) = &application.voucher else { return };
    let id = hex(application.id.0);
    for redemption in &voucher.redemptions {
        let amount = redemption.amount.to_string();
        let at = micros(redemption.at);
        redemptions.push(json!([id, redemption.number, redemption.provider, amount, at]));
    }
    vouchers.push(json!([
        id,
        hex(voucher.id.0),
        voucher.number,
        voucher.status_index.list,
        voucher.status_index.index,
        application.programme.as_str(),
        micros(voucher.expires_at),
        voucher.status.as_str(),
        voucher.amount.to_string(),
        voucher.balance.to_string(),
        voucher.currency,
    ]));
}
