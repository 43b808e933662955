//! A voucher, and what was taken of it.

use annona_engine::application::{self as row, VoucherStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Viewer, instant};

/// A voucher; its code is another request's.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Voucher {
    /// Its id.
    id: String,
    /// The short number printed below the code.
    number: String,
    /// `active`, `part_redeemed`, `redeemed`, `expired` or `revoked`.
    #[schema(example = "active")]
    status: &'static str,
    /// Its amount: an exact decimal.
    #[schema(example = "2300.00")]
    amount: String,
    /// What is left.
    balance: String,
    /// ISO 4217.
    currency: String,
    /// How often it may be redeemed.
    times: u32,
    /// How often it can still be redeemed.
    times_left: u32,
    /// Whether less than the balance may be taken.
    partial: bool,
    /// Kinds of provider that may redeem.
    providers: Vec<String>,
    /// When it was issued.
    issued_at: String,
    /// The first instant at which it is refused.
    expires_at: String,
    /// Its last day, in the programme's time zone.
    valid_until: String,
    /// The form field that whoever shows it must know, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<String>,
    /// Until when redemption is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_until: Option<String>,
    /// What was redeemed, in order.
    redemptions: Vec<Redemption>,
}

/// One redemption.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Redemption {
    /// Its number within the voucher, from 1.
    number: u32,
    /// The provider.
    provider: String,
    /// How much: an exact decimal.
    amount: String,
    /// ISO 4217.
    currency: String,
    /// When.
    at: String,
}

impl Voucher {
    /// Returns a voucher as its people see it.
    pub(in crate::http) fn of(voucher: &row::Voucher, viewer: &Viewer<'_>) -> Self {
        let taken = u32::try_from(voucher.redemptions.len()).unwrap_or(u32::MAX);
        let is_open = matches!(voucher.status, VoucherStatus::Active | VoucherStatus::PartRedeemed);
        let last = viewer.programme.calendar.date(voucher.expires_at);
        let rules = viewer.programme.voucher.as_ref();
        Self {
            id: voucher.id.to_string(),
            number: voucher.number.clone(),
            status: voucher.status.as_str(),
            amount: voucher.amount.to_string(),
            balance: voucher.balance.to_string(),
            currency: voucher.currency.clone(),
            times: voucher.times,
            times_left: if is_open { voucher.times.saturating_sub(taken) } else { 0 },
            partial: voucher.partial,
            providers: voucher.kinds.clone(),
            issued_at: instant(voucher.issued_at),
            expires_at: instant(voucher.expires_at),
            valid_until: last.yesterday().unwrap_or(last).to_string(),
            check: rules.and_then(|rules| rules.check.clone()),
            locked_until: voucher.locked_until.map(instant),
            redemptions: voucher
                .redemptions
                .iter()
                .map(|taken| Redemption::of(taken, &voucher.currency))
                .collect(),
        }
    }
}

impl Voucher {
    /// Returns the amount that is left, and its currency.
    pub(super) fn left(&self) -> (&str, &str) {
        (&self.balance, &self.currency)
    }
}

impl Redemption {
    /// Returns one redemption.
    pub(in crate::http) fn of(redemption: &row::Redemption, currency: &str) -> Self {
        Self {
            number: redemption.number,
            provider: redemption.provider.clone(),
            amount: redemption.amount.to_string(),
            currency: currency.to_owned(),
            at: instant(redemption.at),
        }
    }
}
