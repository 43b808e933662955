//! The short number printed below a voucher's code, for a telephone or a provider without a camera.
//!
//! Never proves anything: it only finds the voucher, and the daemon says what it is worth.

use crate::reference::{checked_code, normalise_code};

/// Characters of a number: eleven random ones (55 bits) and one that checks them.
const LENGTH: usize = 12;

/// Builds a voucher's number, such as `7K3F-92Q6-A1XC`, out of random bytes.
#[must_use]
pub fn mint(random: &[u8; 8]) -> String {
    checked_code(*random, LENGTH)
}

/// Returns the number that `text` means, or nothing if it cannot be one.
///
/// Case, spaces and dashes do not matter; `O` is read as zero, `I` and `L` as one.
#[must_use]
pub fn normalise(text: &str) -> Option<String> {
    normalise_code(text, LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Reference;

    #[test]
    fn a_number_is_checked_as_it_is_typed() {
        let number = mint(&[0x5a, 0x17, 0xc3, 0x88, 0x0f, 0xe1, 0x42, 0x9d]);
        insta::assert_snapshot!(number, @"XMG2-Y70H-3Y56");
        assert_eq!(normalise(&number.to_lowercase().replace('-', " ")), Some(number.clone()));
        let last = number.chars().next_back().unwrap();
        let other = if last == 'X' { 'Y' } else { 'X' };
        assert_eq!(normalise(&format!("{}{other}", number.strip_suffix(last).unwrap())), None);
        assert_eq!(normalise(&Reference::mint("urgent-surgery", &[7; 8])), None);
    }
}
