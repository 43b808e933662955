//! What reports count: the decisions, and what became of vouchers, each as it stands in an event.
//!
//! Derived from events and nothing else, so that it can be derived again.

use annona_definitions::programme::StageId;
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::application::Voucher;
use crate::event::{Body, Event, RejectedBy};

/// How many parts of a currency's unit an amount is counted in: no currency has more than four places.
const PARTS: i64 = 10_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happened {
    /// An officer approved a stage.
    Approved,
    /// An officer rejected the application.
    Rejected,
    /// An officer sent it back.
    SentBack,
    /// Time passed a stage.
    Passed,
    /// Time rejected the application.
    Late,
    /// A rule of eligibility rejected it.
    Ineligible,
    /// A voucher was issued.
    Issued,
    /// A voucher was redeemed, whole or in part.
    Redeemed,
    /// A voucher was revoked with what was left of it.
    Revoked,
    /// A voucher ended with what was left of it.
    Expired,
}

impl Happened {
    /// Everything that is counted.
    pub const ALL: [Self; 10] = [
        Self::Approved,
        Self::Rejected,
        Self::SentBack,
        Self::Passed,
        Self::Late,
        Self::Ineligible,
        Self::Issued,
        Self::Redeemed,
        Self::Revoked,
        Self::Expired,
    ];

    /// Returns its name in stores and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approve",
            Self::Rejected => "reject",
            Self::SentBack => "send_back",
            Self::Passed => "pass",
            Self::Late => "late",
            Self::Ineligible => "ineligible",
            Self::Issued => "issued",
            Self::Redeemed => "redeemed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// Returns whether it is of a voucher.
    #[must_use]
    pub fn is_of_voucher(self) -> bool {
        matches!(self, Self::Issued | Self::Redeemed | Self::Revoked | Self::Expired)
    }
}

/// One event as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The event.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub what: Happened,
    /// In which stage, where it is a stage's.
    pub stage: Option<StageId>,
    /// How much, in ten-thousandths of the currency's unit, and the currency: of vouchers.
    pub money: Option<(i64, String)>,
}

/// Returns an event as it is counted, if it is, of an application with this voucher.
#[must_use]
pub fn counted(event: &Event, voucher: Option<&Voucher>) -> Option<Counted> {
    let left = || voucher.map(|voucher| (voucher.balance, voucher.currency.as_str()));
    let (what, stage, money) = match &event.body {
        Body::StageApproved { stage, .. } => (Happened::Approved, Some(stage), None),
        Body::SentBack { stage, .. } => (Happened::SentBack, Some(stage), None),
        Body::StagePassed { stage, .. } => (Happened::Passed, Some(stage), None),
        Body::Rejected { by } => match by {
            RejectedBy::Officer { stage, .. } => (Happened::Rejected, Some(stage), None),
            RejectedBy::Timeout { .. } => (Happened::Late, None, None),
            RejectedBy::Eligibility(_) => (Happened::Ineligible, None, None),
        },
        Body::VoucherIssued(issued) => {
            (Happened::Issued, None, Some((issued.amount, issued.currency.as_str())))
        }
        Body::VoucherRedeemed { amount, .. } => {
            let currency = voucher.map_or("", |voucher| voucher.currency.as_str());
            (Happened::Redeemed, None, Some((*amount, currency)))
        }
        Body::VoucherRevoked => (Happened::Revoked, None, left()),
        Body::VoucherExpired => (Happened::Expired, None, left()),
        _ => return None,
    };
    Some(Counted {
        version: event.version,
        at: event.at,
        what,
        stage: stage.cloned(),
        money: money.map(|(amount, currency)| (parts(amount), currency.to_owned())),
    })
}

/// Returns an amount in ten-thousandths; none comes near the limit.
#[must_use]
pub fn parts(amount: Decimal) -> i64 {
    amount
        .checked_mul(Decimal::from(PARTS))
        .and_then(|parts| parts.round().to_i64())
        .unwrap_or(i64::MAX)
}

/// Returns the amount of so many ten-thousandths.
#[must_use]
pub fn amount(parts: i64) -> Decimal {
    Decimal::new(parts, 4).normalize()
}
