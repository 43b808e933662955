//! What a voucher says, and the numbers under which it says it (`schemas/voucher.cddl`).
//!
//! Never holds a diagnosis, a national id, a full name or a telephone number.

use std::fmt;

use ciborium::Value;
use serde::{Deserialize, Serialize};

use super::{id::id_hash, invalid::Invalid};
use crate::cbor::{self, Limits};

/// The version of the voucher's own claims.
pub const VERSION: u64 = 1;

/// The numbers of claims, as `schemas/voucher.cddl` lists them.
pub mod label {
    /// Issuer (RFC 8392).
    pub const ISS: i64 = 1;
    /// Subject (RFC 8392).
    pub const SUB: i64 = 2;
    /// Audience (RFC 8392).
    pub const AUD: i64 = 3;
    /// Expiry (RFC 8392).
    pub const EXP: i64 = 4;
    /// Not before (RFC 8392).
    pub const NBF: i64 = 5;
    /// Issued at (RFC 8392).
    pub const IAT: i64 = 6;
    /// Token id (RFC 8392).
    pub const CTI: i64 = 7;
    /// Status (Token Status List).
    pub const STATUS: i64 = 65535;
    /// The voucher's own claims: a private number.
    pub const VOUCHER: i64 = -70001;

    /// Sub-key: version.
    pub const VERSION: i64 = 1;
    /// Sub-key: short number.
    pub const NUMBER: i64 = 2;
    /// Sub-key: masked name.
    pub const MASKED_NAME: i64 = 3;
    /// Sub-key: programme id.
    pub const PROGRAMME: i64 = 4;
    /// Sub-key: programme title.
    pub const TITLE: i64 = 5;
    /// Sub-key: kinds of provider.
    pub const KINDS: i64 = 6;
    /// Sub-key: amount in minor units.
    pub const AMOUNT: i64 = 7;
    /// Sub-key: currency.
    pub const CURRENCY: i64 = 8;
    /// Sub-key: how many times it may be redeemed.
    pub const TIMES: i64 = 9;
    /// Sub-key: region.
    pub const REGION: i64 = 10;
    /// Sub-key: offline limit in minor units.
    pub const OFFLINE_LIMIT: i64 = 11;
}

const STATUS_LIST: &str = "status_list";
const IDX: &str = "idx";
const URI: &str = "uri";

/// Everything that a voucher's signature covers.
///
/// Its `Debug` shows a hash in place of the voucher's id, and neither number nor name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer, as the trust list names it.
    pub issuer: String,
    /// The application, by an opaque reference; never a person's number.
    pub subject: String,
    /// The one provider it is bound to, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The first second at which it no longer counts, since 1970.
    pub expires: i64,
    /// The first second at which it counts, since 1970.
    pub not_before: i64,
    /// When it was signed, in seconds since 1970.
    pub issued_at: i64,
    /// The voucher's id; logs hold [`id_hash`](super::id_hash) of it instead.
    #[serde(with = "serde_bytes")]
    pub cti: [u8; 16],
    /// Where its status stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusRef>,
    /// What it is worth, where, and to whom.
    pub voucher: VoucherClaim,
}

/// A place in a status list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRef {
    /// The place in the list, counted from zero.
    pub idx: u64,
    /// The address of the list.
    pub uri: String,
}

/// The voucher's own claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoucherClaim {
    /// The version of these claims: [`VERSION`].
    pub version: u64,
    /// The short number that people read out.
    pub number: String,
    /// The bearer's name, masked.
    pub masked_name: String,
    /// The programme's id.
    pub programme: String,
    /// The programme's title in its fallback language.
    pub title: String,
    /// The kinds of provider that may redeem it; at least one.
    pub kinds: Vec<String>,
    /// The amount, in minor units of the currency.
    pub amount_minor: u64,
    /// The currency, by its ISO 4217 code.
    pub currency: String,
    /// How many times it may be redeemed.
    pub times: u64,
    /// The region in which it counts, if it is bound to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How much may be redeemed without a network, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_limit_minor: Option<u64>,
}

impl Claims {
    /// Returns the claims as a CBOR map.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut entries = vec![
            (label::ISS.into(), self.issuer.as_str().into()),
            (label::SUB.into(), self.subject.as_str().into()),
            (label::EXP.into(), self.expires.into()),
            (label::NBF.into(), self.not_before.into()),
            (label::IAT.into(), self.issued_at.into()),
            (label::CTI.into(), Value::Bytes(self.cti.to_vec())),
            (label::VOUCHER.into(), self.voucher.to_value()),
        ];
        entries
            .extend(self.audience.as_deref().map(|audience| (label::AUD.into(), audience.into())));
        entries
            .extend(self.status.as_ref().map(|status| (label::STATUS.into(), status.to_value())));
        Value::Map(entries)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .field("id_hash", &id_hash(&self.cti))
            .field("programme", &self.voucher.programme)
            .finish_non_exhaustive()
    }
}

impl StatusRef {
    fn to_value(&self) -> Value {
        let place =
            Value::Map(vec![(IDX.into(), self.idx.into()), (URI.into(), self.uri.as_str().into())]);
        Value::Map(vec![(STATUS_LIST.into(), place)])
    }

    fn read(value: &Value) -> Result<Self, Invalid> {
        let status = Entries::of(value)?;
        let place = Entries::of(status.find(&STATUS_LIST.into()).ok_or(Invalid::MalformedClaims)?)?;
        Ok(Self {
            idx: place.require(&IDX.into(), unsigned)?,
            uri: place.require(&URI.into(), text)?,
        })
    }
}

impl VoucherClaim {
    fn to_value(&self) -> Value {
        let mut entries = vec![
            (label::VERSION.into(), self.version.into()),
            (label::NUMBER.into(), self.number.as_str().into()),
            (label::MASKED_NAME.into(), self.masked_name.as_str().into()),
            (label::PROGRAMME.into(), self.programme.as_str().into()),
            (label::TITLE.into(), self.title.as_str().into()),
            (
                label::KINDS.into(),
                Value::Array(self.kinds.iter().map(|kind| kind.as_str().into()).collect()),
            ),
            (label::AMOUNT.into(), self.amount_minor.into()),
            (label::CURRENCY.into(), self.currency.as_str().into()),
            (label::TIMES.into(), self.times.into()),
        ];
        entries.extend(self.region.as_deref().map(|region| (label::REGION.into(), region.into())));
        entries.extend(
            self.offline_limit_minor.map(|limit| (label::OFFLINE_LIMIT.into(), limit.into())),
        );
        Value::Map(entries)
    }

    fn read(entries: &Entries<'_>, version: u64) -> Result<Self, Invalid> {
        Ok(Self {
            version,
            number: entries.require(&label::NUMBER.into(), text)?,
            masked_name: entries.require(&label::MASKED_NAME.into(), text)?,
            programme: entries.require(&label::PROGRAMME.into(), text)?,
            title: entries.require(&label::TITLE.into(), text)?,
            kinds: entries.require(&label::KINDS.into(), texts)?,
            amount_minor: entries.require(&label::AMOUNT.into(), unsigned)?,
            currency: entries.require(&label::CURRENCY.into(), text)?,
            times: entries.require(&label::TIMES.into(), unsigned)?,
            region: entries.allow(&label::REGION.into(), text)?,
            offline_limit_minor: entries.allow(&label::OFFLINE_LIMIT.into(), unsigned)?,
        })
    }
}

/// The payload of a token: well-formed, but with claims that are not read yet.
///
/// Reading in steps lets the verifier say first what matters first: a newer version is named as such, even if none of
/// its other claims make sense here.
#[derive(Debug)]
pub(super) struct Payload(Value);

impl Payload {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Invalid> {
        Ok(Self(cbor::decode(bytes, Limits::TOKEN)?))
    }

    pub(super) fn issuer(&self) -> Result<String, Invalid> {
        self.entries()?.require(&label::ISS.into(), text)
    }

    /// Returns `exp`, `nbf` and `iat`.
    pub(super) fn times(&self) -> Result<(i64, i64, i64), Invalid> {
        let entries = self.entries()?;
        let time = |label: i64| entries.require(&label.into(), integer);
        Ok((time(label::EXP)?, time(label::NBF)?, time(label::IAT)?))
    }

    pub(super) fn version(&self) -> Result<u64, Invalid> {
        Entries::of(self.voucher()?)?.require(&label::VERSION.into(), unsigned)
    }

    pub(super) fn claims(&self) -> Result<Claims, Invalid> {
        let entries = self.entries()?;
        let (expires, not_before, issued_at) = self.times()?;
        Ok(Claims {
            issuer: self.issuer()?,
            subject: entries.require(&label::SUB.into(), text)?,
            audience: entries.allow(&label::AUD.into(), text)?,
            expires,
            not_before,
            issued_at,
            cti: entries.require(&label::CTI.into(), id)?,
            status: entries.find(&label::STATUS.into()).map(StatusRef::read).transpose()?,
            voucher: VoucherClaim::read(&Entries::of(self.voucher()?)?, self.version()?)?,
        })
    }

    fn entries(&self) -> Result<Entries<'_>, Invalid> {
        Entries::of(&self.0)
    }

    fn voucher(&self) -> Result<&Value, Invalid> {
        self.entries()?.find(&label::VOUCHER.into()).ok_or(Invalid::MalformedClaims)
    }
}

/// The entries of a map, looked up by key; unknown ones are ignored.
pub(super) struct Entries<'a>(&'a [(Value, Value)]);

impl<'a> Entries<'a> {
    pub(super) fn of(value: &'a Value) -> Result<Self, Invalid> {
        value.as_map().map(|entries| Self(entries)).ok_or(Invalid::MalformedClaims)
    }

    pub(super) fn find(&self, key: &Value) -> Option<&'a Value> {
        self.0.iter().find(|(found, _)| found == key).map(|(_, value)| value)
    }

    pub(super) fn require<T>(
        &self,
        key: &Value,
        read: fn(&Value) -> Option<T>,
    ) -> Result<T, Invalid> {
        self.allow(key, read)?.ok_or(Invalid::MalformedClaims)
    }

    pub(super) fn allow<T>(
        &self,
        key: &Value,
        read: fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Invalid> {
        self.find(key).map(|value| read(value).ok_or(Invalid::MalformedClaims)).transpose()
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    value.as_text().map(str::to_owned)
}

pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(text).collect()
}

pub(super) fn integer(value: &Value) -> Option<i64> {
    value.as_integer()?.try_into().ok()
}

pub(super) fn unsigned(value: &Value) -> Option<u64> {
    value.as_integer()?.try_into().ok()
}

pub(super) fn bytes(value: &Value) -> Option<Vec<u8>> {
    value.as_bytes().cloned()
}

fn id(value: &Value) -> Option<[u8; 16]> {
    value.as_bytes()?.as_slice().try_into().ok()
}
