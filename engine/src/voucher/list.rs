//! What trust lists and status lists have in common: a signed CBOR map that says what it is.

use ciborium::Value;

use super::{
    cose::{Header, Sign1},
    invalid::Invalid,
};
use crate::cbor::{self, Limits};

/// A reason to refuse a signed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// Not a tagged `COSE_Sign1` in the profile of this project, or not in deterministic CBOR.
    #[error("this is not a signed list")]
    NotSigned,
    /// A signed structure of another kind.
    #[error("this is a signed list of another kind")]
    OtherKind,
    /// Signed by a key that is not the expected one, or not known.
    #[error("the list is not signed by a known key")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the list was altered: its signature does not hold")]
    BadSignature,
    /// The key was not allowed to sign then, or no longer counts.
    #[error("the key of the list is not valid at this time")]
    KeyNotValid,
    /// The contents are not those of a list.
    #[error("the list is signed but its contents make no sense")]
    Malformed,
    /// Another version of the list's format.
    #[error("the list is of a newer kind: update this reader")]
    UnknownFormat,
    /// Older than one that was seen before.
    #[error("the list is older than one seen before")]
    Older,
    /// Past its end.
    #[error("the list is too old")]
    Expired,
    /// From an address that the trust list does not name for its issuer.
    #[error("the address of the list is not one of its issuer's")]
    ForeignAddress,
}

impl ListError {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotSigned => "list_not_signed",
            Self::OtherKind => "list_of_other_kind",
            Self::UnknownKey => "list_unknown_key",
            Self::BadSignature => "list_bad_signature",
            Self::KeyNotValid => "list_key_not_valid",
            Self::Malformed => "list_malformed",
            Self::UnknownFormat => "list_unknown_format",
            Self::Older => "list_older",
            Self::Expired => "list_expired",
            Self::ForeignAddress => "list_foreign_address",
        }
    }
}

/// Unknown contents of a list are a matter of the list, not of a voucher.
impl From<Invalid> for ListError {
    fn from(_: Invalid) -> Self {
        Self::Malformed
    }
}

/// Reads the layers of a signed list of the kind `typ`; its signature is not checked yet.
pub(super) fn open(bytes: &[u8], typ: &str) -> Result<(Sign1, Header), ListError> {
    let signed = Sign1::from_bytes(bytes, Limits::LIST).map_err(|_| ListError::NotSigned)?;
    let header = signed.header().map_err(|_| ListError::NotSigned)?;
    if header.typ.as_deref() != Some(typ) {
        return Err(ListError::OtherKind);
    }
    Ok((signed, header))
}

/// Reads the payload of a list whose signature holds.
pub(super) fn payload(signed: &Sign1) -> Result<Value, ListError> {
    cbor::decode(&signed.payload, Limits::LIST).map_err(|_| ListError::Malformed)
}
