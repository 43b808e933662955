//! A voucher's id (`cti`) as text.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::reference;

/// Bytes of the digest that stand for an id in logs.
const HASH_BYTES: usize = 8;

/// Returns the voucher's id as 26 characters of Crockford's base32, as the API shows it.
#[must_use]
pub fn id_text(cti: &[u8; 16]) -> String {
    reference::base32(*cti)
}

/// Reads what [`id_text`] wrote, in either case; nothing if it is no id.
#[must_use]
pub fn parse_id(text: &str) -> Option<[u8; 16]> {
    reference::from_base32(text)
}

/// Returns what stands for the voucher's id in logs: the first half of a hash, in hexadecimal.
#[must_use]
pub fn id_hash(cti: &[u8; 16]) -> String {
    HEXLOWER.encode(Sha256::digest(cti).get(..HASH_BYTES).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text_and_a_hash_that_does_not_show_it() {
        let cti = *b"sixteen bytes id";
        insta::assert_snapshot!(id_text(&cti), @"3KD5W78SB5DRG64YBMCNSJ0TB4");
        assert_eq!(parse_id(&id_text(&cti)), Some(cti));
        insta::assert_snapshot!(id_hash(&cti), @"77189e5f3cbe3495");
    }
}
