//! Whom a verifier believes: issuers, their keys and their addresses, signed by a root key that is kept offline.
//!
//! Never grows on the word of a token, and never goes back to an older version than one seen before.

use ciborium::Value;

use super::{
    claims::{Entries, integer, text, texts, unsigned},
    cose::Sign1,
    invalid::Invalid,
    keys::{KeyId, PublicKey, SigningKey, Window},
    list::{self, ListError},
};
use crate::cbor;

/// What a trust list is, in its header (`typ`).
pub const TYP: &str = "application/annona-trust-list+cwt";
/// The version of the list's format.
pub const FORMAT: u64 = 1;

/// The numbers of the list's parts, as `schemas/voucher.cddl` lists them.
pub mod label {
    /// The list among the claims: a private number.
    pub const TRUST_LIST: i64 = -70002;
    /// Version of the format.
    pub const FORMAT: i64 = 1;
    /// Version of the list.
    pub const VERSION: i64 = 2;
    /// Issuers.
    pub const ISSUERS: i64 = 3;
    /// An issuer's name.
    pub const NAME: i64 = 1;
    /// An issuer's addresses of status lists.
    pub const STATUS_ADDRESSES: i64 = 2;
    /// An issuer's keys.
    pub const KEYS: i64 = 3;
    /// A key, in the form of COSE.
    pub const KEY: i64 = 1;
    /// The first instant at which a key may sign.
    pub const ISSUE_FROM: i64 = 2;
    /// The last instant at which a key may sign.
    pub const ISSUE_UNTIL: i64 = 3;
    /// The last instant at which a key's signatures count.
    pub const VERIFY_UNTIL: i64 = 4;
}

/// Issuers and their keys, in one numbered version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustList {
    /// The version; each new list has a higher one.
    pub version: u64,
    /// When it was signed, in seconds since 1970.
    pub issued_at: i64,
    /// The first second at which it no longer counts, if there is one.
    pub expires_at: Option<i64>,
    /// The issuers.
    pub issuers: Vec<Issuer>,
}

/// An issuer of vouchers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The name that its vouchers carry.
    pub name: String,
    /// Where its status lists are: whole addresses, or beginnings that end with `/`.
    pub status_addresses: Vec<String>,
    /// Its keys, old ones included while their vouchers count.
    pub keys: Vec<TrustedKey>,
}

/// A key, and when it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub public: PublicKey,
    /// When it may sign and until when its signatures count.
    pub window: Window,
}

impl TrustList {
    /// Signs the list with the root key.
    #[must_use]
    pub fn sign(&self, root: &SigningKey) -> Vec<u8> {
        let contents = Value::Map(vec![
            (label::FORMAT.into(), FORMAT.into()),
            (label::VERSION.into(), self.version.into()),
            (
                label::ISSUERS.into(),
                Value::Array(self.issuers.iter().map(Issuer::to_value).collect()),
            ),
        ]);
        let mut claims = vec![
            (super::label::IAT.into(), self.issued_at.into()),
            (label::TRUST_LIST.into(), contents),
        ];
        claims.extend(self.expires_at.map(|expires| (super::label::EXP.into(), expires.into())));
        Sign1::sign(cbor::encode(&Value::Map(claims)), Some(TYP), root).to_bytes()
    }

    /// Reads a list that the root key signed.
    ///
    /// `seen` is the highest version that this reader has accepted before.
    ///
    /// # Errors
    ///
    /// Refuses what is not a list, not signed by `root`, past its end at `now` (seconds since 1970), older than `seen`,
    /// or holds a weak key.
    pub fn verify(
        bytes: &[u8],
        root: &PublicKey,
        now: i64,
        seen: Option<u64>,
    ) -> Result<Self, ListError> {
        let (signed, header) = list::open(bytes, TYP)?;
        if header.kid != root.id() {
            return Err(ListError::UnknownKey);
        }
        if !signed.is_signed_by(root) {
            return Err(ListError::BadSignature);
        }
        let read = Self::read(&list::payload(&signed)?)?;
        if seen.is_some_and(|seen| read.version < seen) {
            return Err(ListError::Older);
        }
        if read.is_too_old(now) {
            return Err(ListError::Expired);
        }
        Ok(read)
    }

    /// Says whether the list has passed its end at `now`.
    #[must_use]
    pub fn is_too_old(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|expires| now >= expires)
    }

    /// Returns the issuer of that name.
    #[must_use]
    pub fn issuer(&self, name: &str) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.name == name)
    }

    /// Returns who holds the key that made the signature: every issuer that lists it.
    ///
    /// A key id has only 8 bytes, so every key with that id is tried.
    ///
    /// # Errors
    ///
    /// [`Invalid::UnknownKey`] if no key has the id, [`Invalid::BadSignature`] if none of them made the signature.
    pub fn signers(
        &self,
        signed: &Sign1,
        kid: KeyId,
    ) -> Result<Vec<(&Issuer, &TrustedKey)>, Invalid> {
        let candidates: Vec<_> = self
            .issuers
            .iter()
            .flat_map(|issuer| issuer.keys.iter().map(move |key| (issuer, key)))
            .filter(|(_, key)| key.public.id() == kid)
            .collect();
        if candidates.is_empty() {
            return Err(Invalid::UnknownKey);
        }
        let signers: Vec<_> =
            candidates.into_iter().filter(|(_, key)| signed.is_signed_by(&key.public)).collect();
        if signers.is_empty() { Err(Invalid::BadSignature) } else { Ok(signers) }
    }

    fn read(payload: &Value) -> Result<Self, ListError> {
        let claims = Entries::of(payload)?;
        let contents =
            Entries::of(claims.find(&label::TRUST_LIST.into()).ok_or(ListError::Malformed)?)?;
        if contents.require(&label::FORMAT.into(), unsigned)? != FORMAT {
            return Err(ListError::UnknownFormat);
        }
        let issuers = contents
            .find(&label::ISSUERS.into())
            .and_then(Value::as_array)
            .ok_or(ListError::Malformed)?;
        Ok(Self {
            version: contents.require(&label::VERSION.into(), unsigned)?,
            issued_at: claims.require(&super::label::IAT.into(), integer)?,
            expires_at: claims.allow(&super::label::EXP.into(), integer)?,
            issuers: issuers.iter().map(Issuer::read).collect::<Result<_, _>>()?,
        })
    }
}

impl Issuer {
    /// Says whether a status list of this issuer may be fetched from `uri`.
    ///
    /// Below an address that ends with `/` lies one plain name; anything that could lead elsewhere is refused.
    #[must_use]
    pub fn names_status_address(&self, uri: &str) -> bool {
        self.status_addresses.iter().any(|address| match uri.strip_prefix(address.as_str()) {
            Some("") => true,
            Some(name) => {
                address.ends_with('/')
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            }
            None => false,
        })
    }

    /// Puts `next` to work at its `issue_from` and lets the keys before it sign until then; they go on verifying.
    pub fn rotate(&mut self, next: TrustedKey) {
        for key in &mut self.keys {
            key.window.issue_until = key.window.issue_until.min(next.window.issue_from);
        }
        self.keys.push(next);
    }

    fn to_value(&self) -> Value {
        let texts = |texts: &[String]| {
            Value::Array(texts.iter().map(|text| text.as_str().into()).collect())
        };
        Value::Map(vec![
            (label::NAME.into(), self.name.as_str().into()),
            (label::STATUS_ADDRESSES.into(), texts(&self.status_addresses)),
            (
                label::KEYS.into(),
                Value::Array(self.keys.iter().map(|key| key.to_value()).collect()),
            ),
        ])
    }

    fn read(value: &Value) -> Result<Self, ListError> {
        let entries = Entries::of(value)?;
        let keys = entries
            .find(&label::KEYS.into())
            .and_then(Value::as_array)
            .ok_or(ListError::Malformed)?;
        Ok(Self {
            name: entries.require(&label::NAME.into(), text)?,
            status_addresses: entries.require(&label::STATUS_ADDRESSES.into(), texts)?,
            keys: keys.iter().map(TrustedKey::read).collect::<Result<_, _>>()?,
        })
    }
}

impl TrustedKey {
    fn to_value(self) -> Value {
        Value::Map(vec![
            (label::KEY.into(), self.public.to_cose_key()),
            (label::ISSUE_FROM.into(), self.window.issue_from.into()),
            (label::ISSUE_UNTIL.into(), self.window.issue_until.into()),
            (label::VERIFY_UNTIL.into(), self.window.verify_until.into()),
        ])
    }

    fn read(value: &Value) -> Result<Self, ListError> {
        let entries = Entries::of(value)?;
        let key = entries.find(&label::KEY.into()).ok_or(ListError::Malformed)?;
        Ok(Self {
            public: PublicKey::from_cose_key(key).map_err(|_| ListError::Malformed)?,
            window: Window {
                issue_from: entries.require(&label::ISSUE_FROM.into(), integer)?,
                issue_until: entries.require(&label::ISSUE_UNTIL.into(), integer)?,
                verify_until: entries.require(&label::VERIFY_UNTIL.into(), integer)?,
            },
        })
    }
}
