//! Keys: what signs, what is checked against, and when.
//!
//! A secret never shows: not in `Debug`, not in an error, and its memory is overwritten when it is dropped.

use std::{fmt, str::FromStr};

use ciborium::Value;
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cbor;

/// Bytes of a signature.
pub const SIGNATURE_LENGTH: usize = 64;

/// `COSE_Key` labels and values (RFC 9052 §7, RFC 9053 §7.2).
const KTY: i64 = 1;
const KTY_OKP: i64 = 1;
const CRV: i64 = -1;
const CRV_ED25519: i64 = 6;
const X: i64 = -2;

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes are no point of the curve, or not in their one form.
    #[error("these bytes are not an Ed25519 public key")]
    Malformed,
    /// A key under which anybody can sign.
    #[error("this public key is weak: signatures under it prove nothing")]
    Weak,
    /// A map that is not an Ed25519 key in the form of COSE.
    #[error("this is not a COSE key of the kind Ed25519")]
    NotEd25519,
    /// A key file that is not PKCS#8 in PEM.
    #[error("this is not an Ed25519 private key in PEM (PKCS#8)")]
    NotPem,
    /// A key id that is not 16 hexadecimal digits.
    #[error("a key id has 16 hexadecimal digits")]
    NotKeyId,
}

/// The first 8 bytes of a key's thumbprint (RFC 9679, SHA-256).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; Self::LENGTH]);

impl KeyId {
    /// Bytes of a key id.
    pub const LENGTH: usize = 8;

    /// Takes a key id as it stands in a header.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Returns the key id as it stands in a header.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| KeyError::NotKeyId)?;
        bytes.try_into().map(Self).map_err(|_| KeyError::NotKeyId)
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

/// A key that signatures are checked against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    point: VerifyingKey,
    id: KeyId,
}

impl PublicKey {
    /// Takes the 32 bytes of a public key.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::Malformed`] for what is not one point in its one form, and [`KeyError::Weak`] for a point of
    /// low order, under which signatures that nobody made would hold.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Malformed)?;
        if point.is_weak() {
            return Err(KeyError::Weak);
        }
        if point.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::Malformed);
        }
        Ok(Self::of(point))
    }

    /// Takes a public key in the form of COSE.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::NotEd25519`] for another kind of key, else as [`PublicKey::from_bytes`].
    pub fn from_cose_key(key: &Value) -> Result<Self, KeyError> {
        let entries = key.as_map().ok_or(KeyError::NotEd25519)?;
        let find = |label: i64| {
            entries.iter().find(|(key, _)| *key == Value::from(label)).map(|(_, value)| value)
        };
        let x =
            find(X).and_then(Value::as_bytes).and_then(|x| <[u8; 32]>::try_from(x.as_slice()).ok());
        match (find(KTY), find(CRV), x) {
            (Some(kty), Some(crv), Some(x))
                if *kty == KTY_OKP.into() && *crv == CRV_ED25519.into() =>
            {
                Self::from_bytes(&x)
            }
            _ => Err(KeyError::NotEd25519),
        }
    }

    /// Returns the key in the form of COSE, with only what makes the thumbprint.
    #[must_use]
    pub fn to_cose_key(&self) -> Value {
        Value::Map(vec![
            (KTY.into(), KTY_OKP.into()),
            (CRV.into(), CRV_ED25519.into()),
            (X.into(), Value::Bytes(self.to_bytes().to_vec())),
        ])
    }

    /// Returns the 32 bytes of the key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.point.to_bytes()
    }

    /// Returns the key's id.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Says whether `signature` is this key's over `message`, by the strict rule (no low order, no second form).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_LENGTH]) -> bool {
        self.point.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    fn of(point: VerifyingKey) -> Self {
        let mut key = Self { point, id: KeyId::from_bytes([0; KeyId::LENGTH]) };
        let thumbprint = Sha256::digest(cbor::encode(&key.to_cose_key()));
        if let Some(first) = thumbprint.first_chunk() {
            key.id = KeyId::from_bytes(*first);
        }
        key
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

/// A key that signs.
#[derive(Clone)]
pub struct SigningKey {
    secret: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl SigningKey {
    /// Builds the key of a seed: 32 bytes of a cryptographic random source, which the caller overwrites.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = PublicKey::of(secret.verifying_key());
        Self { secret, public }
    }

    /// Returns the public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the key's id.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.public.id
    }

    /// Signs `message`; the same message gives the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LENGTH] {
        self.secret.sign(message).to_bytes()
    }

    pub(super) fn seed(&self) -> &[u8; 32] {
        self.secret.as_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, secret)", self.public.id)
    }
}

/// When a key may sign, and until when its signatures count; in seconds since 1970, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant at which the key may sign.
    pub issue_from: i64,
    /// The last instant at which the key may sign.
    pub issue_until: i64,
    /// The last instant at which a signature counts: not before the last voucher expires.
    pub verify_until: i64,
}

impl Window {
    /// Says whether the key may sign at `instant`.
    #[must_use]
    pub const fn may_issue(&self, instant: i64) -> bool {
        self.issue_from <= instant && instant <= self.issue_until
    }

    /// Says whether the key's signatures still count at `instant`.
    #[must_use]
    pub const fn may_verify(&self, instant: i64) -> bool {
        instant <= self.verify_until
    }
}
