//! Why a token is refused: a stable code and a sentence for each reason.
//!
//! Never repeats anything out of the token, which may be anybody's.

use crate::cbor::CborError;

/// A reason to refuse a token, in the order in which they are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// More than the largest QR code holds.
    #[error("the code is longer than any voucher")]
    TooLong,
    /// A code of another kind, such as a health certificate.
    #[error("this is another kind of code, not a voucher")]
    UnknownPrefix,
    /// Not base45, or not in its one form.
    #[error("this is not a voucher, or it was read wrongly: it is not in base45")]
    NotBase45,
    /// Not one zlib stream.
    #[error("this is not a voucher, or it is damaged: it cannot be decompressed")]
    NotCompressed,
    /// More than the limit after inflating.
    #[error("the code holds far more than a voucher does")]
    TooLarge,
    /// Something follows the end of the token.
    #[error("something was added after the end of the voucher")]
    TrailingBytes,
    /// Not a tagged `COSE_Sign1`.
    #[error("this is not a signed voucher")]
    NotSigned,
    /// Not deterministic CBOR.
    #[error("the voucher is not written in the one permitted form")]
    NotCanonical,
    /// A key occurs twice in a map.
    #[error("the voucher says something twice")]
    DuplicateKey,
    /// Nested beyond the limit.
    #[error("the voucher is nested too deeply")]
    TooDeep,
    /// An extension that a reader would have to understand.
    #[error("the voucher demands a feature that this reader does not have")]
    CriticalHeader,
    /// Headers outside the signature.
    #[error("the voucher has a header that its signature does not protect")]
    UnprotectedHeader,
    /// A header that vouchers do not have, or without its key id.
    #[error("the header of the voucher is not that of a voucher")]
    WrongHeader,
    /// Another signature algorithm, or none.
    #[error("the voucher is not signed by the algorithm of vouchers")]
    WrongAlgorithm,
    /// The trust list has passed its end.
    #[error("the trust list of this reader is too old: fetch a new one")]
    TrustListTooOld,
    /// No key of that id in the trust list.
    #[error("the voucher is not signed by a known issuer")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the voucher was altered: its signature does not hold")]
    BadSignature,
    /// The payload is no set of claims.
    #[error("the voucher is signed but incomplete")]
    MalformedClaims,
    /// Signed by the key of one issuer in the name of another.
    #[error("the voucher names another issuer than the one that signed it")]
    OtherIssuer,
    /// Signed before or after the time in which its key may sign.
    #[error("the key of the voucher was not allowed to sign when it did")]
    KeyNotIssuing,
    /// The key's signatures no longer count.
    #[error("the key of the voucher is no longer valid")]
    KeyExpired,
    /// Past its last day.
    #[error("the voucher has expired")]
    Expired,
    /// Before its first instant.
    #[error("the voucher is not valid yet")]
    NotYetValid,
    /// Issued later than now.
    #[error("the voucher was issued in the future: check the clock of this reader")]
    IssuedInFuture,
    /// Another version of the voucher's claims.
    #[error("the voucher is of a newer kind: update this reader")]
    UnknownVersion,
    /// Bound to another provider.
    #[error("the voucher is for another provider")]
    OtherProvider,
    /// Not for providers of this kind.
    #[error("the voucher is for another kind of provider")]
    OtherProviderKind,
    /// A status list that does not speak about this voucher.
    #[error("the status list does not cover this voucher")]
    StatusUnknown,
    /// The status list has passed its end.
    #[error("the status list of this reader is too old: fetch a new one")]
    StatusListTooOld,
    /// Taken back for good.
    #[error("the voucher was revoked")]
    Revoked,
    /// Taken back for now.
    #[error("the voucher is suspended")]
    Suspended,
    /// Nothing is left on it.
    #[error("the voucher is used up")]
    UsedUp,
}

impl Invalid {
    /// Every reason, in the order in which the verifier looks for them.
    pub const ALL: [Self; 32] = [
        Self::TooLong,
        Self::UnknownPrefix,
        Self::NotBase45,
        Self::NotCompressed,
        Self::TooLarge,
        Self::TrailingBytes,
        Self::NotSigned,
        Self::NotCanonical,
        Self::DuplicateKey,
        Self::TooDeep,
        Self::CriticalHeader,
        Self::UnprotectedHeader,
        Self::WrongHeader,
        Self::WrongAlgorithm,
        Self::TrustListTooOld,
        Self::UnknownKey,
        Self::BadSignature,
        Self::MalformedClaims,
        Self::OtherIssuer,
        Self::KeyNotIssuing,
        Self::KeyExpired,
        Self::Expired,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::UnknownVersion,
        Self::OtherProvider,
        Self::OtherProviderKind,
        Self::StatusUnknown,
        Self::StatusListTooOld,
        Self::Revoked,
        Self::Suspended,
        Self::UsedUp,
    ];

    /// Returns the stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "token_too_long",
            Self::UnknownPrefix => "unknown_prefix",
            Self::NotBase45 => "not_base45",
            Self::NotCompressed => "not_compressed",
            Self::TooLarge => "token_too_large",
            Self::TrailingBytes => "trailing_bytes",
            Self::NotSigned => "not_signed",
            Self::NotCanonical => "not_canonical",
            Self::DuplicateKey => "duplicate_key",
            Self::TooDeep => "too_deep",
            Self::CriticalHeader => "critical_header",
            Self::UnprotectedHeader => "unprotected_header",
            Self::WrongHeader => "wrong_header",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::TrustListTooOld => "trust_list_too_old",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::MalformedClaims => "malformed_claims",
            Self::OtherIssuer => "other_issuer",
            Self::KeyNotIssuing => "key_not_issuing",
            Self::KeyExpired => "key_expired",
            Self::Expired => "voucher_expired",
            Self::NotYetValid => "voucher_not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::UnknownVersion => "unknown_version",
            Self::OtherProvider => "other_provider",
            Self::OtherProviderKind => "other_provider_kind",
            Self::StatusUnknown => "status_unknown",
            Self::StatusListTooOld => "status_list_too_old",
            Self::Revoked => "voucher_revoked",
            Self::Suspended => "voucher_suspended",
            Self::UsedUp => "voucher_used_up",
        }
    }

    /// Returns the reason as a whole sentence, for the person who scans.
    #[must_use]
    pub fn sentence(self) -> String {
        let text = self.to_string();
        let mut characters = text.chars();
        characters.next().map_or_else(String::new, |first| {
            format!("{}{}.", first.to_uppercase(), characters.as_str())
        })
    }
}

impl From<CborError> for Invalid {
    fn from(error: CborError) -> Self {
        match error {
            CborError::TooLarge { .. } => Self::TooLarge,
            CborError::TooDeep { .. } => Self::TooDeep,
            CborError::TrailingBytes { .. } => Self::TrailingBytes,
            CborError::NotCanonical { .. } => Self::NotCanonical,
            CborError::DuplicateKey { .. } => Self::DuplicateKey,
            _ => Self::NotSigned,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_its_own_code_and_sentence() {
        let codes: BTreeSet<_> = Invalid::ALL.iter().map(|reason| reason.code()).collect();
        let sentences: BTreeSet<_> = Invalid::ALL.iter().map(|reason| reason.sentence()).collect();
        assert_eq!((codes.len(), sentences.len()), (Invalid::ALL.len(), Invalid::ALL.len()));
        assert_eq!(Invalid::Expired.sentence(), "The voucher has expired.");
    }
}
