//! The voucher from outside: what is signed is verified, what is changed is refused, and others agree.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod claims;
mod contexts;
mod cose;
mod dcc;
mod ed25519;
mod fixture;
mod lists;
mod pictures;
mod receipts;
mod schema;
mod tampering;
mod vectors;
