//! Signing: claims become the text of a token.
//!
//! Never asks whether the voucher may exist: only the effect of a recorded approval with committed funds calls this.

use super::{claims::Claims, cose::Sign1, envelope, keys::SigningKey, qr};
use crate::cbor;

/// A token that fits into no printed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the voucher's code has {characters} characters; at most {limit} can be printed: shorten the programme's title", limit = qr::MAX_CHARACTERS)]
pub struct TokenTooLong {
    /// Characters of the token.
    pub characters: usize,
}

/// Signs `claims` and returns the text of the token, with its prefix. The same claims give the same text.
///
/// # Errors
///
/// Returns [`TokenTooLong`] if the token fits into no QR code at the error level of vouchers, or is larger than a
/// verifier accepts; only titles, addresses or lists of kinds of absurd length do that.
pub fn sign(claims: &Claims, key: &SigningKey) -> Result<String, TokenTooLong> {
    let signed = Sign1::sign(cbor::encode(&claims.to_value()), None, key).to_bytes();
    let token = envelope::seal(&signed);
    if token.len() > qr::MAX_CHARACTERS || signed.len() > envelope::MAX_INFLATED {
        return Err(TokenTooLong { characters: token.len() });
    }
    Ok(token)
}
