//! The receipt of a redemption: what a provider keeps as proof of what it was promised, signed as `COSE_Sign1`.
//!
//! Says nothing of the person helped but the application's reference. Never redeems: it only tells what the ledger holds.

use ciborium::Value;

use super::{
    claims::{Entries, integer, text, unsigned},
    cose::Sign1,
    invalid::Invalid,
    keys::SigningKey,
    trust_list::TrustList,
};
use crate::cbor::{self, Limits};

/// What a receipt is, in its header (`typ`).
pub const TYP: &str = "application/annona-receipt+cwt";
/// The version of the receipt's claims.
pub const VERSION: u64 = 1;

/// The numbers of the receipt's parts, as `schemas/voucher.cddl` lists them.
pub mod label {
    /// The receipt among the claims: a private number.
    pub const RECEIPT: i64 = -70003;
    /// Version of these claims.
    pub const VERSION: i64 = 1;
    /// The voucher's short number.
    pub const VOUCHER: i64 = 2;
    /// The redemption's number within the voucher.
    pub const REDEMPTION: i64 = 3;
    /// The provider.
    pub const PROVIDER: i64 = 4;
    /// The amount taken, in minor units.
    pub const AMOUNT: i64 = 5;
    /// The currency.
    pub const CURRENCY: i64 = 6;
    /// What is left, in minor units.
    pub const BALANCE: i64 = 7;
}

/// A reason to refuse a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not a tagged `COSE_Sign1` in the profile of this project, or not in deterministic CBOR.
    #[error("this is not a signed receipt")]
    NotSigned,
    /// A signed structure of another kind.
    #[error("this is signed, but it is not a receipt")]
    OtherKind,
    /// No key of that id in the trust list.
    #[error("the receipt is not signed by a known issuer")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the receipt was altered: its signature does not hold")]
    BadSignature,
    /// Signed by the key of one issuer in the name of another.
    #[error("the receipt names another issuer than the one that signed it")]
    OtherIssuer,
    /// The key could not have signed then, or no longer counts.
    #[error("the key of the receipt is not valid at this time")]
    KeyNotValid,
    /// Another version of the receipt's claims.
    #[error("the receipt is of a newer kind: update this reader")]
    UnknownVersion,
    /// The contents are not those of a receipt.
    #[error("the receipt is signed but its contents make no sense")]
    Malformed,
}

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The issuer, as the trust list names it.
    pub issuer: String,
    /// The application, by its reference.
    pub subject: String,
    /// When it was redeemed, in seconds since 1970.
    pub issued_at: i64,
    /// The voucher's short number; never its id, which opens it.
    pub voucher: String,
    /// The redemption's number within the voucher, from 1.
    pub redemption: u64,
    /// The provider.
    pub provider: String,
    /// The amount taken, in minor units of the currency.
    pub amount_minor: u64,
    /// The currency, by its ISO 4217 code.
    pub currency: String,
    /// What is left, in minor units.
    pub balance_minor: u64,
}

impl Receipt {
    /// Signs the receipt. The same receipt and key give the same bytes.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let contents = Value::Map(vec![
            (label::VERSION.into(), VERSION.into()),
            (label::VOUCHER.into(), self.voucher.as_str().into()),
            (label::REDEMPTION.into(), self.redemption.into()),
            (label::PROVIDER.into(), self.provider.as_str().into()),
            (label::AMOUNT.into(), self.amount_minor.into()),
            (label::CURRENCY.into(), self.currency.as_str().into()),
            (label::BALANCE.into(), self.balance_minor.into()),
        ]);
        let claims = Value::Map(vec![
            (super::label::ISS.into(), self.issuer.as_str().into()),
            (super::label::SUB.into(), self.subject.as_str().into()),
            (super::label::IAT.into(), self.issued_at.into()),
            (label::RECEIPT.into(), contents),
        ]);
        Sign1::sign(cbor::encode(&claims), Some(TYP), key).to_bytes()
    }

    /// Reads a receipt that a key of the trust list signed, at the instant `now` in seconds since 1970.
    ///
    /// # Errors
    ///
    /// Returns the first [`ReceiptError`] found: shape, kind, key, signature, issuer, the key's own validity, version, contents.
    pub fn verify(bytes: &[u8], trusted: &TrustList, now: i64) -> Result<Self, ReceiptError> {
        let signed =
            Sign1::from_bytes(bytes, Limits::TOKEN).map_err(|_| ReceiptError::NotSigned)?;
        let header = signed.header().map_err(|_| ReceiptError::NotSigned)?;
        if header.typ.as_deref() != Some(TYP) {
            return Err(ReceiptError::OtherKind);
        }
        let signers = trusted.signers(&signed, header.kid).map_err(|cause| match cause {
            Invalid::UnknownKey => ReceiptError::UnknownKey,
            _ => ReceiptError::BadSignature,
        })?;
        let payload =
            cbor::decode(&signed.payload, Limits::TOKEN).map_err(|_| ReceiptError::Malformed)?;
        let claims = Entries::of(&payload)?;
        let (issuer, issued_at) = (
            claims.require(&super::label::ISS.into(), text)?,
            claims.require(&super::label::IAT.into(), integer)?,
        );
        let named = signers.into_iter().find(|(found, _)| found.name == issuer);
        let (_, key) = named.ok_or(ReceiptError::OtherIssuer)?;
        if !key.window.may_issue(issued_at) || !key.window.may_verify(now) {
            return Err(ReceiptError::KeyNotValid);
        }
        Self::read(&claims, issuer, issued_at)
    }

    fn read(claims: &Entries<'_>, issuer: String, issued_at: i64) -> Result<Self, ReceiptError> {
        let contents =
            Entries::of(claims.find(&label::RECEIPT.into()).ok_or(ReceiptError::Malformed)?)?;
        if contents.require(&label::VERSION.into(), unsigned)? != VERSION {
            return Err(ReceiptError::UnknownVersion);
        }
        Ok(Self {
            issuer,
            subject: claims.require(&super::label::SUB.into(), text)?,
            issued_at,
            voucher: contents.require(&label::VOUCHER.into(), text)?,
            redemption: contents.require(&label::REDEMPTION.into(), unsigned)?,
            provider: contents.require(&label::PROVIDER.into(), text)?,
            amount_minor: contents.require(&label::AMOUNT.into(), unsigned)?,
            currency: contents.require(&label::CURRENCY.into(), text)?,
            balance_minor: contents.require(&label::BALANCE.into(), unsigned)?,
        })
    }
}

/// Claims that cannot be read are a matter of the receipt, not of a voucher.
impl From<Invalid> for ReceiptError {
    fn from(_: Invalid) -> Self {
        Self::Malformed
    }
}
