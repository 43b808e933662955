//! One signer's signature around a payload: `COSE_Sign1` (RFC 9052 §4.2) in the narrow profile of this project.
//!
//! Tagged, deterministic, nothing outside the signature, no critical extension. Never chooses an algorithm by what a
//! token says: the key decides, and a token that names another is refused.

use ciborium::Value;

use super::{
    invalid::Invalid,
    keys::{KeyId, PublicKey, SIGNATURE_LENGTH, SigningKey},
};
use crate::cbor::{self, Limits};

/// The tag of a `COSE_Sign1`.
pub const TAG: u64 = 18;
/// `EdDSA`: what is written, because every reader knows it (RFC 9053 §2.2).
pub const EDDSA: i64 = -8;
/// Ed25519 by its newer name (RFC 9864), which is accepted.
pub const ED25519: i64 = -19;

/// Header labels (RFC 9052 §3.1, RFC 9596).
const ALG: i64 = 1;
const CRIT: i64 = 2;
const KID: i64 = 4;
const TYP: i64 = 16;
/// What keeps a signature over one structure from counting for another.
const CONTEXT: &str = "Signature1";

/// The four parts of a `COSE_Sign1`, before any rule about headers.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign1 {
    /// The protected header, as the bytes that are signed.
    pub protected: Vec<u8>,
    /// The header outside the signature.
    pub unprotected: Vec<(Value, Value)>,
    /// What is signed.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// What the protected header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The key that signed.
    pub kid: KeyId,
    /// What the payload is (`typ`); a voucher has none.
    pub typ: Option<String>,
}

impl Sign1 {
    /// Signs `payload`.
    #[must_use]
    pub fn sign(payload: Vec<u8>, typ: Option<&str>, key: &SigningKey) -> Self {
        let mut header = vec![
            (ALG.into(), EDDSA.into()),
            (KID.into(), Value::Bytes(key.id().as_bytes().to_vec())),
        ];
        header.extend(typ.map(|typ| (Value::from(TYP), Value::from(typ))));
        let protected = cbor::encode(&Value::Map(header));
        let signature = key.sign(&to_be_signed(&protected, &payload)).to_vec();
        Self { protected, unprotected: Vec::new(), payload, signature }
    }

    /// Writes the tagged structure.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts = vec![
            Value::Bytes(self.protected.clone()),
            Value::Map(self.unprotected.clone()),
            Value::Bytes(self.payload.clone()),
            Value::Bytes(self.signature.clone()),
        ];
        cbor::encode(&Value::Tag(TAG, Box::new(Value::Array(parts))))
    }

    /// Reads the tagged structure.
    ///
    /// # Errors
    ///
    /// Refuses what is not deterministic CBOR within `limits`, and what is not a tagged array of the four parts.
    pub fn from_bytes(bytes: &[u8], limits: Limits) -> Result<Self, Invalid> {
        let Value::Tag(TAG, inner) = cbor::decode(bytes, limits)? else {
            return Err(Invalid::NotSigned);
        };
        let parts = inner.into_array().map_err(|_| Invalid::NotSigned)?;
        match <[Value; 4]>::try_from(parts) {
            Ok(
                [
                    Value::Bytes(protected),
                    Value::Map(unprotected),
                    Value::Bytes(payload),
                    Value::Bytes(signature),
                ],
            ) => Ok(Self { protected, unprotected, payload, signature }),
            _ => Err(Invalid::NotSigned),
        }
    }

    /// Reads the headers and refuses all but the permitted ones.
    ///
    /// # Errors
    ///
    /// Refuses anything outside the signature, a critical extension, an unknown label, a missing or foreign algorithm
    /// and a missing key id.
    pub fn header(&self) -> Result<Header, Invalid> {
        let entries = cbor::decode(&self.protected, Limits::TOKEN)?
            .into_map()
            .map_err(|_| Invalid::NotSigned)?;
        let all = || entries.iter().chain(&self.unprotected);
        if all().any(|(label, _)| *label == CRIT.into()) {
            return Err(Invalid::CriticalHeader);
        }
        if !self.unprotected.is_empty() {
            return Err(Invalid::UnprotectedHeader);
        }
        let (mut algorithm, mut kid, mut typ) = (None, None, None);
        for (label, value) in entries {
            match label.as_integer().and_then(|label| i64::try_from(label).ok()) {
                Some(ALG) => algorithm = value.as_integer().and_then(|id| i64::try_from(id).ok()),
                Some(KID) => {
                    kid = value.as_bytes().and_then(|id| id.as_slice().try_into().ok());
                }
                Some(TYP) => typ = Some(value.into_text().map_err(|_| Invalid::WrongHeader)?),
                _ => return Err(Invalid::WrongHeader),
            }
        }
        if !matches!(algorithm, Some(EDDSA | ED25519)) {
            return Err(Invalid::WrongAlgorithm);
        }
        Ok(Header { kid: kid.map(KeyId::from_bytes).ok_or(Invalid::WrongHeader)?, typ })
    }

    /// Says whether the signature is the key's.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        <&[u8; SIGNATURE_LENGTH]>::try_from(self.signature.as_slice())
            .is_ok_and(|signature| key.verifies(&self.to_be_signed(), signature))
    }

    /// Returns the bytes that are signed (`Sig_structure`, RFC 9052 §4.4).
    #[must_use]
    pub fn to_be_signed(&self) -> Vec<u8> {
        to_be_signed(&self.protected, &self.payload)
    }
}

fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    cbor::encode(&Value::Array(vec![
        CONTEXT.into(),
        Value::Bytes(protected.to_vec()),
        Value::Bytes(Vec::new()),
        Value::Bytes(payload.to_vec()),
    ]))
}
