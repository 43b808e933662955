//! The voucher: a token that a provider can check without a network and without trust in whoever shows it.
//!
//! Claims in CBOR, signed as `COSE_Sign1` with Ed25519, deflated, in base45, in a QR code. Everything here is pure: no
//! clock, no randomness, no files and no network, all of which come as arguments. Never decides whether a voucher may
//! be issued, and knows no balance: what is left on a voucher stands in the ledger alone.

pub mod cose;
pub mod envelope;
pub mod key_file;
pub mod keys;
pub mod number;
pub mod qr;
pub mod receipt;
pub mod status;
pub mod trust_list;

mod claims;
mod id;
mod invalid;
mod list;
mod mask;
mod token;
mod trust_views;
mod verify;

pub use self::{
    claims::{Claims, StatusRef, VERSION, VoucherClaim, label},
    id::{id_hash, id_text, parse_id},
    invalid::Invalid,
    keys::{KeyError, KeyId, PublicKey, SigningKey, Window},
    list::ListError,
    mask::mask,
    receipt::{Receipt, ReceiptError},
    status::{Status, StatusList, Statuses},
    token::{TokenTooLong, sign},
    trust_list::{Issuer, TrustList, TrustedKey},
    verify::{CLOCK_SKEW_SECONDS, Context, StatusCheck, Verified, verify},
};
