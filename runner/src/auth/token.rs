//! Tokens: `ann_`, 32 random bytes and a checksum, in base32. Shown once, stored as a hash.

use annona_engine::recorded::Hash;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::random::{self, RandomError};

/// What every token begins with, so that one in the wrong place is found by a search.
const PREFIX: &str = "ann_";
/// Random bytes of a token.
const RANDOM_BYTES: usize = 32;
/// Bytes of its checksum: a mistyped token is told from an unknown one without a look-up.
const CHECKSUM_BYTES: usize = 5;
/// Characters after the prefix: 52 of the random bytes, 8 of the checksum.
const CHARACTERS: usize = 60;

/// The text of a token; shown once, never logged.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Returns a new token.
    ///
    /// # Errors
    ///
    /// Returns [`RandomError`] if the operating system has no randomness.
    pub fn mint() -> Result<Self, RandomError> {
        let bytes = Zeroizing::new(random::bytes::<RANDOM_BYTES>()?);
        let random = Zeroizing::new(encode(bytes.as_slice()));
        Ok(Self(Zeroizing::new(format!("{PREFIX}{}{}", *random, checksum(&random)))))
    }

    /// Returns the text, to be shown or written once.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns the hash under which it is stored.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.0.as_bytes())
    }
}

/// Returns the hash under which a token is stored; `None` for what is no token.
#[must_use]
pub fn hash(text: &str) -> Option<Hash> {
    let rest = text.strip_prefix(PREFIX)?;
    if rest.len() != CHARACTERS || !rest.is_ascii() {
        return None;
    }
    let (random, given) = rest.split_at_checked(CHARACTERS - encoded_checksum_characters())?;
    (checksum(random) == given).then(|| Hash::of(text.as_bytes()))
}

/// Returns whether two hashes are the same, in constant time.
pub(super) fn same(left: Hash, right: Hash) -> bool {
    left.0.ct_eq(&right.0).into()
}

const fn encoded_checksum_characters() -> usize {
    CHECKSUM_BYTES * 8 / 5
}

fn checksum(random: &str) -> String {
    let digest: [u8; 32] =
        Sha256::new().chain_update(PREFIX).chain_update(random).finalize().into();
    let (head, _) = digest.split_at(CHECKSUM_BYTES);
    encode(head)
}

fn encode(bytes: &[u8]) -> String {
    data_encoding::BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_a_mistyped_one_is_none() {
        let secret = Secret::mint().unwrap();
        let text = secret.text().to_owned();
        assert_eq!(text.len(), PREFIX.len() + CHARACTERS);
        assert_eq!(hash(&text), Some(secret.hash()));
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        let wrong = |place: usize| {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
            String::from_utf8(bytes).unwrap()
        };
        for place in 4..text.len() {
            assert_eq!(hash(&wrong(place)), None, "{place}");
        }
        for none in [
            "",
            "ann_",
            "ann_é",
            text.trim_start_matches(PREFIX),
            &text.to_uppercase(),
            &format!("{text}a"),
        ] {
            assert_eq!(hash(none), None);
        }
    }

    #[test]
    fn two_tokens_differ() {
        assert_ne!(Secret::mint().unwrap().hash(), Secret::mint().unwrap().hash());
    }
}
