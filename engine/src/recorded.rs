//! Values as events and rows hold them: in the clear, or as a commitment to a value that is sealed elsewhere.
//!
//! Encrypts nothing: that is the vault's ([`crate::vault`]).

use std::collections::BTreeMap;
use std::fmt;

use annona_definitions::value::{Record, Value};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cbor;

/// The digest of an event or the commitment to a personal value: 32 bytes of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hash(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl Hash {
    /// Returns the SHA-256 of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A value as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// Not personal.
    Clear(Value),
    /// Personal: SHA-256 over deterministic CBOR of `[salt, path, value]`.
    Sealed(Hash),
}

/// Recorded values by field name.
pub type RecordedForm = BTreeMap<String, Recorded>;

/// A personal value before it is encrypted, with all that its commitment covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// 32 random bytes.
    #[serde(with = "serde_bytes")]
    pub salt: [u8; 32],
    /// Where it stands: `form.name`, `medical.note`.
    pub path: String,
    /// What it is.
    pub value: Value,
}

impl Personal {
    /// Returns the commitment.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        let value = cbor::to_value(&self.value).unwrap_or(ciborium::Value::Null);
        Hash::of(&cbor::encode(&ciborium::Value::Array(vec![
            ciborium::Value::Bytes(self.salt.to_vec()),
            ciborium::Value::Text(self.path.clone()),
            value,
        ])))
    }
}

/// The personal values of one application that have been opened, by commitment.
///
/// Empty after erasure.
#[derive(Debug, Clone, Default)]
pub struct Opened(pub BTreeMap<Hash, Personal>);

impl Opened {
    /// Returns the value that `recorded` stands for, unless it was erased.
    #[must_use]
    pub fn value<'a>(&'a self, recorded: &'a Recorded) -> Option<&'a Value> {
        match recorded {
            Recorded::Clear(value) => Some(value),
            Recorded::Sealed(commitment) => self.0.get(commitment).map(|personal| &personal.value),
        }
    }

    /// Returns the values of a recorded form, in the order of `names`; erased ones are absent.
    #[must_use]
    pub fn record<'a>(&self, form: &RecordedForm, names: impl Iterator<Item = &'a str>) -> Record {
        names
            .filter_map(|name| {
                let value = self.value(form.get(name)?)?;
                Some((name.to_owned(), value.clone()))
            })
            .collect()
    }
}
