//! The message of a one-time code, as it waits in the outbox: sealed under the master key, opened by who delivers it.
//!
//! Renders no words and sends nothing.

use std::fmt;

use annona_engine::vault::{MasterKey, VaultError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::channels::Address;

/// What the seal is for, so that nothing else that the master key sealed is read as one of these.
const PURPOSE: &str = "sign-in";

/// A one-time code on its way to whoever wants to sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeMessage {
    /// Where it goes.
    #[serde(with = "Stored")]
    pub to: Address,
    /// The code: 8 digits.
    pub code: String,
    /// The programme's title in `language`.
    pub title: String,
    /// BCP 47 tag of the language it is written in.
    pub language: String,
    /// The first instant at which the code is refused: from then on it need not be sent.
    pub expires_at: Timestamp,
}

/// An address as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Address", rename_all = "snake_case")]
enum Stored {
    Email(String),
    Phone(String),
}

impl fmt::Debug for CodeMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeMessage(..)")
    }
}

impl CodeMessage {
    /// Seals the message under a random nonce.
    #[must_use]
    pub fn seal(&self, master: &MasterKey, nonce: [u8; 24]) -> Vec<u8> {
        // Texts and an instant always have a form in JSON.
        let plain = Zeroizing::new(serde_json::to_vec(self).unwrap_or_default());
        master.seal(PURPOSE, &plain, nonce)
    }

    /// Opens a sealed message.
    ///
    /// # Errors
    ///
    /// Returns [`VaultError`] if the key is another, or it is no such message.
    pub fn open(master: &MasterKey, sealed: &[u8]) -> Result<Self, VaultError> {
        let plain = Zeroizing::new(master.open(PURPOSE, sealed)?);
        serde_json::from_slice(&plain).map_err(|_| VaultError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_code_opens_under_its_master_key_only() {
        let master = MasterKey::new([1; 32]);
        for to in [Address::Phone("+256700000001".into()), Address::Email("a@example.org".into())] {
            let message = CodeMessage {
                to,
                code: "01234567".into(),
                title: "Urgent surgery".into(),
                language: "en".into(),
                expires_at: "2026-03-02T06:10:00Z".parse().unwrap(),
            };
            let sealed = message.seal(&master, [2; 24]);
            assert_eq!(CodeMessage::open(&MasterKey::new([3; 32]), &sealed), Err(VaultError));
            assert_eq!(format!("{message:?}"), "CodeMessage(..)");
            assert_eq!(CodeMessage::open(&master, &sealed), Ok(message));
        }
        let other = master.seal("another", b"{}", [4; 24]);
        assert_eq!(CodeMessage::open(&master, &other), Err(VaultError));
    }
}
