//! The contents of a key file: PKCS#8 in PEM (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it.
//!
//! Never touches a file: the caller reads and writes, with mode 0600.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::keys::{KeyError, SigningKey};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Most characters of a key file that are looked at.
const MAX_CHARACTERS: usize = 4096;
/// What precedes the seed: version 0, the algorithm Ed25519 (1.3.101.112), an octet string in an octet string.
const PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Writes the contents of a key file.
#[must_use]
pub fn encode(key: &SigningKey) -> Zeroizing<String> {
    let mut der = Zeroizing::new([0; PREFIX.len() + 32]);
    for (to, from) in der.iter_mut().zip(PREFIX.iter().chain(key.seed())) {
        *to = *from;
    }
    let body = Zeroizing::new(BASE64.encode(der.as_slice()));
    // Reserved at once: a text that moves while it grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(BEGIN.len() + body.len() + END.len() + 3));
    for part in [BEGIN, "\n", body.as_str(), "\n", END, "\n"] {
        text.push_str(part);
    }
    text
}

/// Reads the contents of a key file.
///
/// # Errors
///
/// Returns [`KeyError::NotPem`] if the text is not one Ed25519 private key in PEM.
pub fn decode(text: &str) -> Result<SigningKey, KeyError> {
    if text.len() > MAX_CHARACTERS {
        return Err(KeyError::NotPem);
    }
    let body = text
        .trim()
        .strip_prefix(BEGIN)
        .and_then(|rest| rest.strip_suffix(END))
        .ok_or(KeyError::NotPem)?;
    let mut digits = Zeroizing::new(String::with_capacity(body.len()));
    digits.extend(body.chars().filter(|character| !character.is_ascii_whitespace()));
    let der = Zeroizing::new(BASE64.decode(digits.as_bytes()).map_err(|_| KeyError::NotPem)?);
    let seed = der
        .strip_prefix(&PREFIX)
        .and_then(|seed| <&[u8; 32]>::try_from(seed).ok())
        .ok_or(KeyError::NotPem)?;
    Ok(SigningKey::from_seed(seed))
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// The private key of RFC 8410 §10.3.
    const RFC_8410: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn the_key_of_the_standard_is_read_and_written_alike() {
        let key = decode(RFC_8410).unwrap();
        assert_eq!(
            HEXLOWER.encode(&key.public().to_bytes()),
            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
        );
        assert_eq!(*encode(&key), RFC_8410);
        assert_eq!(decode(&RFC_8410.replace('\n', "\r\n")).unwrap().id(), key.id());
    }

    #[test]
    fn what_is_not_a_key_file_is_refused_without_showing_it() {
        for text in [
            "",
            "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----",
            &RFC_8410.replace("PRIVATE", "PUBLIC"),
            &RFC_8410.replace("MC4C", "MC4D"),
            &RFC_8410.replace("VhC", "Vh"),
            &RFC_8410.repeat(2),
            &"x".repeat(MAX_CHARACTERS + 1),
        ] {
            assert_eq!(decode(text).unwrap_err(), KeyError::NotPem, "{text}");
        }
        let shown = format!("{:?}", decode(RFC_8410).unwrap());
        assert!(!shown.contains("d4ee72db") && !shown.contains("212"), "{shown}");
    }
}
