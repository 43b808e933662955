//! What a voucher's code is worth.

use annona_engine::Refusal;
use annona_engine::voucher::Invalid;
use serde::Serialize;
use utoipa::ToSchema;

use super::Voucher;

/// What a code is worth. Valid or not, this is the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Verdict {
    /// Whether it can be redeemed; of somebody without a token's: whether it is authentic.
    valid: bool,
    /// Why not: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "voucher_expired")]
    code: Option<&'static str>,
    /// A sentence for the person who scans.
    #[schema(example = "The voucher has expired.")]
    why: String,
    /// The voucher, for those who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher: Option<Voucher>,
    /// What is left, for those who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<Amount>,
}

/// An amount.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Amount {
    /// An exact decimal.
    #[schema(example = "2300.00")]
    amount: String,
    /// ISO 4217.
    currency: String,
}

impl Verdict {
    /// Returns that a code holds.
    pub(in crate::http) fn valid(why: &str) -> Self {
        Self { valid: true, code: None, why: why.to_owned(), voucher: None, balance: None }
    }

    /// Returns that a code does not hold.
    pub(in crate::http) fn not(code: &'static str, why: String) -> Self {
        Self { valid: false, code: Some(code), why, voucher: None, balance: None }
    }

    /// Adds the voucher and what is left of it.
    pub(in crate::http) fn with(self, voucher: Voucher) -> Self {
        let (amount, currency) = voucher.left();
        let balance = Some(Amount { amount: amount.to_owned(), currency: currency.to_owned() });
        Self { voucher: Some(voucher), balance, ..self }
    }
}

impl From<Invalid> for Verdict {
    fn from(invalid: Invalid) -> Self {
        Self::not(invalid.code(), invalid.sentence())
    }
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        let mut characters = text.chars();
        let first = characters.next().map(char::to_uppercase).into_iter().flatten();
        let why = first.chain(characters).chain(['.']).collect();
        Self::not(refusal.code(), why)
    }
}
