//! Deterministic CBOR (RFC 8949 §4.2.1): one encoding for each value, and a reader that accepts no other.
//!
//! Everything that is hashed or signed passes through here. Never repairs its input: what is not encoded in the one
//! permitted way is refused. The deterministic form keeps the width of a number's meaning: `1` and `1.0` differ.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

use ciborium::Value;
use serde::{Serialize, de::DeserializeOwned};

pub use self::{decode::decode, encode::encode};

/// How much a reader accepts before it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most levels of arrays, maps and tags inside each other.
    pub max_depth: usize,
    /// Most bytes of the whole encoding.
    pub max_bytes: usize,
}

impl Limits {
    /// For what this installation wrote itself: events, rows, answers.
    pub const STORED: Self = Self { max_depth: STORED_MAX_DEPTH, max_bytes: STORED_MAX_BYTES };
    /// For what a stranger holds up: tokens and headers.
    pub const TOKEN: Self = Self { max_depth: TOKEN_MAX_DEPTH, max_bytes: TOKEN_MAX_BYTES };
    /// For signed lists fetched from an issuer.
    pub const LIST: Self = Self { max_depth: TOKEN_MAX_DEPTH, max_bytes: LIST_MAX_BYTES };
}

/// Most levels in what this installation wrote itself.
const STORED_MAX_DEPTH: usize = 96;
/// Most bytes in what this installation wrote itself.
const STORED_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most levels in a token.
const TOKEN_MAX_DEPTH: usize = 8;
/// Most bytes in a token, after inflating.
const TOKEN_MAX_BYTES: usize = 8 * 1024;
/// Most bytes in a signed list.
const LIST_MAX_BYTES: usize = 4 * 1024 * 1024;

/// A failure to read or write deterministic CBOR.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CborError {
    /// More bytes than the limit allows.
    #[error("the encoding has {found} bytes; at most {limit} are accepted")]
    TooLarge {
        /// Bytes found.
        found: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// More levels than the limit allows.
    #[error("the encoding is nested deeper than {limit} levels")]
    TooDeep {
        /// Levels accepted.
        limit: usize,
    },
    /// The encoding ends inside an item.
    #[error("the encoding ends in the middle of an item")]
    Truncated,
    /// Bytes follow the item.
    #[error("bytes follow the end of the item, at byte {at}")]
    TrailingBytes {
        /// Where they begin.
        at: usize,
    },
    /// The value is encoded in another way than the one permitted.
    #[error("byte {at} is not in the deterministic form: {why}")]
    NotCanonical {
        /// Where the item begins.
        at: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A key occurs twice in a map.
    #[error("a key occurs twice in a map, at byte {at}")]
    DuplicateKey {
        /// Where the second one begins.
        at: usize,
    },
    /// A text is not UTF-8.
    #[error("a text is not UTF-8, at byte {at}")]
    NotUtf8 {
        /// Where the text begins.
        at: usize,
    },
    /// A kind of item that this project never writes.
    #[error("an item of an unknown kind, at byte {at}")]
    Unsupported {
        /// Where the item begins.
        at: usize,
    },
    /// The item is well-formed but not of the shape that was asked for.
    #[error("the contents do not have the expected shape: {0}")]
    Shape(String),
}

/// Turns `value` into a CBOR value.
///
/// # Errors
///
/// Returns [`CborError::Shape`] if `value` refuses to be serialised.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, CborError> {
    Value::serialized(value).map_err(shape)
}

/// Encodes `value` deterministically.
///
/// # Errors
///
/// Returns [`CborError::Shape`] if `value` refuses to be serialised.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CborError> {
    to_value(value).map(|value| encode(&value))
}

/// Reads what [`to_vec`] wrote, within [`Limits::STORED`].
///
/// # Errors
///
/// Returns a [`CborError`] if the bytes are not deterministic CBOR or not of the shape of `T`.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CborError> {
    from_value(&decode(bytes, Limits::STORED)?)
}

/// Reads a `T` out of a CBOR value.
///
/// # Errors
///
/// Returns [`CborError::Shape`] if the value is not of the shape of `T`.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, CborError> {
    value.deserialized().map_err(shape)
}

fn shape(error: ciborium::value::Error) -> CborError {
    let ciborium::value::Error::Custom(why) = error;
    CborError::Shape(why)
}
