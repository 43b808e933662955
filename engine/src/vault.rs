//! Sealing personal values: one data key per application, wrapped by the installation's master key.
//!
//! XChaCha20-Poly1305 throughout. Draws no randomness; what must be random is an argument.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::cbor;
use crate::id::ApplicationId;
use crate::recorded::{Hash, Personal};

/// A value that cannot be opened: another key, or altered bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot open a sealed value: the key is another, or the bytes were altered")]
pub struct VaultError;

/// The installation's master key: wraps data keys and keys the hashes that match people.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// The key of one application's personal values.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

/// A data key under the master key: 24 bytes of nonce, then the ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey(pub Vec<u8>);

/// A word of a personal value, as the first half of a keyed hash: what is found by it can be found, and not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(pub [u8; 16]);

/// A personal value under its application's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The commitment that events hold.
    pub commitment: Hash,
    /// The ciphertext of the deterministic CBOR of salt, path and value.
    pub ciphertext: Vec<u8>,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(..)")
    }
}

impl MasterKey {
    /// Returns the key of 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Wraps a data key for an application under a random nonce.
    #[must_use]
    pub fn wrap(&self, application: ApplicationId, key: &DataKey, nonce: [u8; 24]) -> WrappedKey {
        let mut wrapped = nonce.to_vec();
        wrapped.extend(seal(&self.derived("wrap"), nonce, &key.0, application.0.as_bytes()));
        WrappedKey(wrapped)
    }

    /// Unwraps the data key of an application.
    ///
    /// # Errors
    ///
    /// Returns [`VaultError`] if it was wrapped by another master key or for another application.
    pub fn unwrap(
        &self,
        application: ApplicationId,
        wrapped: &WrappedKey,
    ) -> Result<DataKey, VaultError> {
        let mut plain =
            open_with_nonce(&self.derived("wrap"), &wrapped.0, application.0.as_bytes())?;
        let key = plain.as_slice().try_into().map(DataKey).map_err(|_| VaultError);
        plain.zeroize();
        key
    }

    /// Seals something that belongs to no application, such as a sign-in message, for a short time.
    #[must_use]
    pub fn seal(&self, purpose: &str, plain: &[u8], nonce: [u8; 24]) -> Vec<u8> {
        let mut sealed = nonce.to_vec();
        sealed.extend(seal(&self.derived("seal"), nonce, plain, purpose.as_bytes()));
        sealed
    }

    /// Opens what [`Self::seal`] sealed for the same purpose.
    ///
    /// # Errors
    ///
    /// Returns [`VaultError`] if the key or the purpose is another.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        open_with_nonce(&self.derived("seal"), sealed, purpose.as_bytes())
    }

    /// Returns the keyed hash of a normalised value, by which people and applications are matched.
    #[must_use]
    pub fn hash(&self, purpose: &str, normalised: &str) -> Hash {
        self.keyed_hash("match", purpose, normalised)
    }

    /// Returns a normalised word as it is stored to be found by.
    #[must_use]
    pub fn word(&self, purpose: &str, normalised: &str) -> Word {
        let Hash(hash) = self.keyed_hash("word", purpose, normalised);
        let mut word = [0; 16];
        for (to, from) in word.iter_mut().zip(hash) {
            *to = from;
        }
        Word(word)
    }

    fn keyed_hash(&self, usage: &str, purpose: &str, normalised: &str) -> Hash {
        let mut mac = keyed(&self.derived(usage));
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(normalised.as_bytes());
        Hash(mac.finalize().into_bytes().into())
    }

    /// Returns a key for one use, so that no key serves two.
    fn derived(&self, usage: &str) -> [u8; 32] {
        let mut mac = keyed(&self.0);
        mac.update(b"annona ");
        mac.update(usage.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl DataKey {
    /// Returns the key of 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Seals a personal value.
    ///
    /// The nonce is the head of the commitment, which a random salt makes unique.
    #[must_use]
    pub fn seal(&self, application: ApplicationId, personal: &Personal) -> Sealed {
        let commitment = personal.commitment();
        let mut plain = cbor::to_vec(personal).unwrap_or_default();
        let ciphertext = seal(&self.0, nonce_of(commitment), &plain, application.0.as_bytes());
        plain.zeroize();
        Sealed { commitment, ciphertext }
    }

    /// Opens a personal value and compares it with its commitment.
    ///
    /// # Errors
    ///
    /// Returns [`VaultError`] if the key is another, the bytes were altered, or the commitment does not match.
    pub fn open(
        &self,
        application: ApplicationId,
        sealed: &Sealed,
    ) -> Result<Personal, VaultError> {
        let plain = open(
            &self.0,
            nonce_of(sealed.commitment),
            &sealed.ciphertext,
            application.0.as_bytes(),
        )?;
        let personal: Personal = cbor::from_slice(&plain).map_err(|_| VaultError)?;
        if personal.commitment() == sealed.commitment { Ok(personal) } else { Err(VaultError) }
    }

    /// Returns the key's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Returns the nonce of a sealed value.
fn nonce_of(commitment: Hash) -> [u8; 24] {
    let mut nonce = [0; 24];
    for (to, from) in nonce.iter_mut().zip(commitment.0) {
        *to = from;
    }
    nonce
}

/// Returns an HMAC-SHA-256 under a key of 32 bytes, filled up to its block of 64 with zeros as RFC 2104 says.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    Hmac::<Sha256>::new(&block.into())
}

/// Encrypts; inputs here are far below the cipher's limit of 256 GiB, the only one at which it fails.
fn seal(key: &[u8; 32], nonce: [u8; 24], plain: &[u8], about: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: about })
        .unwrap_or_default()
}

/// Decrypts.
fn open(
    key: &[u8; 32],
    nonce: [u8; 24],
    ciphertext: &[u8],
    about: &[u8],
) -> Result<Vec<u8>, VaultError> {
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: about })
        .map_err(|_| VaultError)
}

/// Decrypts what begins with its nonce.
fn open_with_nonce(key: &[u8; 32], sealed: &[u8], about: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<24>().ok_or(VaultError)?;
    open(key, *nonce, ciphertext, about)
}

#[cfg(test)]
mod tests {
    use annona_definitions::value::Value;

    use super::*;

    const APPLICATION: ApplicationId = ApplicationId(uuid::Uuid::from_u128(1));
    const OTHER: ApplicationId = ApplicationId(uuid::Uuid::from_u128(2));

    #[test]
    fn a_sealed_value_opens_for_its_application_and_key_only() {
        let key = DataKey::new([1; 32]);
        let personal = Personal {
            salt: [2; 32],
            path: "form.name".into(),
            value: Value::Text("Amina".into()),
        };
        let sealed = key.seal(APPLICATION, &personal);
        assert_eq!(key.open(APPLICATION, &sealed), Ok(personal));
        assert_eq!(key.open(OTHER, &sealed), Err(VaultError));
        assert_eq!(DataKey::new([3; 32]).open(APPLICATION, &sealed), Err(VaultError));
        let mut altered = sealed.clone();
        altered.ciphertext[0] ^= 1;
        assert_eq!(key.open(APPLICATION, &altered), Err(VaultError));
    }

    #[test]
    fn a_data_key_unwraps_under_its_master_key_only() {
        let master = MasterKey::new([4; 32]);
        let wrapped = master.wrap(APPLICATION, &DataKey::new([5; 32]), [6; 24]);
        assert_eq!(master.unwrap(APPLICATION, &wrapped), Ok(DataKey::new([5; 32])));
        assert_eq!(master.unwrap(OTHER, &wrapped), Err(VaultError));
        assert_eq!(MasterKey::new([7; 32]).unwrap(APPLICATION, &wrapped), Err(VaultError));
    }

    #[test]
    fn hashes_of_two_purposes_differ() {
        let master = MasterKey::new([8; 32]);
        assert_ne!(master.hash("phone", "+256700000001"), master.hash("email", "+256700000001"));
    }
}
