//! The status of many vouchers in one small signed list: a Token Status List in CWT form, two bits for each voucher.
//!
//! Never names a voucher: only who holds one can find its place. Never says how much is left on it.

use ciborium::Value;

use super::{
    claims::{Entries, bytes, integer, text, unsigned},
    cose::Sign1,
    envelope,
    keys::SigningKey,
    list::{self, ListError},
    trust_list::TrustList,
};
use crate::cbor;

/// What a status list is, in its header (`typ`).
pub const TYP: &str = "application/statuslist+cwt";
/// Bits for each voucher in the lists written here.
pub const BITS: u8 = 2;
/// Most bytes of a list after inflating: room for four million vouchers.
pub const MAX_INFLATED: usize = 1024 * 1024;

/// Claims of a status list.
const STATUS_LIST: i64 = 65533;
const TTL: i64 = 65534;
const BITS_KEY: &str = "bits";
const LST_KEY: &str = "lst";

/// What a list says about one voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// It counts.
    Valid = 0,
    /// Taken back for good.
    Revoked = 1,
    /// Taken back for now.
    Suspended = 2,
    /// Nothing is left on it.
    UsedUp = 3,
}

impl Status {
    const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::Valid),
            1 => Some(Self::Revoked),
            2 => Some(Self::Suspended),
            3 => Some(Self::UsedUp),
            _ => None,
        }
    }
}

/// The packed statuses: 1, 2, 4 or 8 bits for each, the first in the lowest bits of a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses {
    bits: u8,
    packed: Vec<u8>,
}

impl Statuses {
    /// Builds the statuses of at least `length` vouchers, all valid; at most four million.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self {
            bits: BITS,
            packed: vec![0; length.div_ceil(usize::from(8 / BITS)).min(MAX_INFLATED)],
        }
    }

    /// Reads the two members of a status list: bits for each entry, and the compressed list.
    ///
    /// # Errors
    ///
    /// Returns [`ListError::Malformed`] for another number of bits, or a list that is damaged or too large.
    pub fn from_members(bits: u64, lst: &[u8]) -> Result<Self, ListError> {
        let bits = u8::try_from(bits)
            .ok()
            .filter(|bits| matches!(bits, 1 | 2 | 4 | 8))
            .ok_or(ListError::Malformed)?;
        Ok(Self { bits, packed: envelope::inflate(lst, MAX_INFLATED)? })
    }

    /// Returns the two members of a status list.
    #[must_use]
    pub fn to_members(&self) -> (u64, Vec<u8>) {
        (self.bits.into(), envelope::deflate(&self.packed))
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        let entries = self.packed.len().saturating_mul(usize::from(8 / self.bits));
        u64::try_from(entries).unwrap_or(u64::MAX)
    }

    /// Returns the bits of the entry at `idx`, if the list reaches that far.
    #[must_use]
    pub fn get(&self, idx: u64) -> Option<u8> {
        let (byte, shift, mask) = self.place(idx)?;
        self.packed.get(byte).map(|byte| (byte >> shift) & mask)
    }

    /// Sets the entry at `idx`; says whether the list reaches that far.
    pub fn set(&mut self, idx: u64, status: Status) -> bool {
        let Some((byte, shift, mask)) = self.place(idx) else { return false };
        let bits = status as u8;
        match self.packed.get_mut(byte) {
            Some(byte) if bits <= mask => {
                *byte = (*byte & !(mask << shift)) | (bits << shift);
                true
            }
            _ => false,
        }
    }

    fn place(&self, idx: u64) -> Option<(usize, u32, u8)> {
        let per_byte = u64::from(8 / self.bits);
        let byte = usize::try_from(idx / per_byte).ok()?;
        let shift = u32::try_from(idx % per_byte).ok()? * u32::from(self.bits);
        Some((byte, shift, u8::MAX >> (8 - self.bits)))
    }
}

/// A status list with its validity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    issuer: String,
    uri: String,
    issued_at: i64,
    expires_at: i64,
    ttl_seconds: Option<u64>,
    statuses: Statuses,
}

impl StatusList {
    /// Builds the list of `issuer` at the address `uri`; instants in seconds since 1970.
    #[must_use]
    pub const fn new(
        issuer: String,
        uri: String,
        issued_at: i64,
        expires_at: i64,
        ttl_seconds: u64,
        statuses: Statuses,
    ) -> Self {
        Self { issuer, uri, issued_at, expires_at, ttl_seconds: Some(ttl_seconds), statuses }
    }

    /// Signs the list with a key of its issuer.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let (bits, packed) = self.statuses.to_members();
        let list = Value::Map(vec![
            (BITS_KEY.into(), bits.into()),
            (LST_KEY.into(), Value::Bytes(packed)),
        ]);
        let mut claims = vec![
            (super::label::SUB.into(), self.uri.as_str().into()),
            (super::label::IAT.into(), self.issued_at.into()),
            (super::label::EXP.into(), self.expires_at.into()),
            (STATUS_LIST.into(), list),
        ];
        claims.extend(self.ttl_seconds.map(|ttl| (TTL.into(), ttl.into())));
        Sign1::sign(cbor::encode(&Value::Map(claims)), Some(TYP), key).to_bytes()
    }

    /// Reads a list that an issuer of the trust list signed.
    ///
    /// `seen` is when the newest list that this reader has accepted from the same address was issued.
    ///
    /// # Errors
    ///
    /// Refuses what is not a list, not signed by a key of the trust list in its time, from an address that the trust
    /// list does not name for the key's issuer, past its end at `now`, older than `seen`, or larger than the limit.
    pub fn verify(
        bytes: &[u8],
        trusted: &TrustList,
        now: i64,
        seen: Option<i64>,
    ) -> Result<Self, ListError> {
        let (signed, header) = list::open(bytes, TYP)?;
        let signers = trusted.signers(&signed, header.kid).map_err(|reason| match reason {
            super::Invalid::UnknownKey => ListError::UnknownKey,
            _ => ListError::BadSignature,
        })?;
        let payload = list::payload(&signed)?;
        let (uri, issued_at) = {
            let claims = Entries::of(&payload)?;
            (
                claims.require(&super::label::SUB.into(), text)?,
                claims.require(&super::label::IAT.into(), integer)?,
            )
        };
        let (issuer, key) = signers
            .into_iter()
            .find(|(issuer, _)| issuer.names_status_address(&uri))
            .ok_or(ListError::ForeignAddress)?;
        if !key.window.may_issue(issued_at) || !key.window.may_verify(now) {
            return Err(ListError::KeyNotValid);
        }
        let read = Self::read(&payload, issuer.name.clone(), uri, issued_at)?;
        if read.is_too_old(now) {
            return Err(ListError::Expired);
        }
        if seen.is_some_and(|seen| issued_at < seen) {
            return Err(ListError::Older);
        }
        Ok(read)
    }

    /// Returns the issuer whose key signed the list.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the address of the list.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Returns when the list was issued, in seconds since 1970.
    #[must_use]
    pub const fn issued_at(&self) -> i64 {
        self.issued_at
    }

    /// Returns the status at `idx`; nothing if the list does not reach that far or says what is unknown here.
    #[must_use]
    pub fn status(&self, idx: u64) -> Option<Status> {
        self.statuses.get(idx).and_then(Status::from_bits)
    }

    /// Says whether the list has passed its end at `now`: it counts no longer.
    #[must_use]
    pub const fn is_too_old(&self, now: i64) -> bool {
        now >= self.expires_at
    }

    /// Says whether the list has lived longer than its `ttl` at `now`: it still counts, and a newer one should be
    /// fetched.
    #[must_use]
    pub fn should_refresh(&self, now: i64) -> bool {
        self.ttl_seconds.is_some_and(|ttl| {
            let until = self.issued_at.saturating_add(i64::try_from(ttl).unwrap_or(i64::MAX));
            now >= until
        })
    }

    fn read(
        payload: &Value,
        issuer: String,
        uri: String,
        issued_at: i64,
    ) -> Result<Self, ListError> {
        let claims = Entries::of(payload)?;
        let list = Entries::of(claims.find(&STATUS_LIST.into()).ok_or(ListError::Malformed)?)?;
        let bits = list.require(&BITS_KEY.into(), unsigned)?;
        let packed = list.require(&LST_KEY.into(), bytes)?;
        Ok(Self {
            issuer,
            uri,
            issued_at,
            expires_at: claims.require(&super::label::EXP.into(), integer)?,
            ttl_seconds: claims.allow(&TTL.into(), unsigned)?,
            statuses: Statuses::from_members(bits, &packed)?,
        })
    }
}
