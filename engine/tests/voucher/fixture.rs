//! One issuer with its keys, and a voucher of it.

use annona_engine::voucher::Context;
use annona_engine::{
    cbor,
    voucher::{
        Claims, Invalid, Issuer, SigningKey, StatusRef, TrustList, TrustedKey, Verified,
        VoucherClaim, Window, cose::Sign1, envelope, verify,
    },
};
use ciborium::Value;

/// The present instant of these tests, in seconds since 1970.
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const DAY: i64 = 86_400;
pub(crate) const ISSUER: &str = "https://aid.example.org";
pub(crate) const LIST: &str = "https://aid.example.org/v1/status-lists/1";

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

pub(crate) fn root() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

pub(crate) fn window() -> Window {
    Window {
        issue_from: NOW - 30 * DAY,
        issue_until: NOW + 30 * DAY,
        verify_until: NOW + 400 * DAY,
    }
}

pub(crate) fn trusted() -> TrustList {
    TrustList {
        version: 7,
        issued_at: NOW - DAY,
        expires_at: None,
        issuers: vec![Issuer {
            name: ISSUER.into(),
            status_addresses: vec!["https://aid.example.org/v1/status-lists/".into()],
            keys: vec![TrustedKey { public: *key().public(), window: window() }],
        }],
    }
}

pub(crate) fn claims() -> Claims {
    Claims {
        issuer: ISSUER.into(),
        subject: "US-XMG2-Y703".into(),
        audience: None,
        expires: NOW + 60 * DAY,
        not_before: NOW - 60,
        issued_at: NOW - 60,
        cti: *b"\x00sixteen bytes\xff\xfe",
        status: Some(StatusRef { idx: 48_213, uri: LIST.into() }),
        voucher: VoucherClaim {
            version: 1,
            number: "XMG2-Y70H-3Y56".into(),
            masked_name: "A*** N***".into(),
            programme: "urgent-surgery".into(),
            title: "Urgent surgery".into(),
            kinds: vec!["hospital".into(), "clinic".into()],
            amount_minor: 230_000,
            currency: "USD".into(),
            times: 3,
            region: None,
            offline_limit_minor: None,
        },
    }
}

/// Signs `claims` with the issuer's key and verifies the token.
pub(crate) fn verdict(claims: &Claims, context: &Context<'_>) -> Result<Verified, Invalid> {
    verify(&annona_engine::voucher::sign(claims, &key()).unwrap(), &trusted(), context)
}

/// A properly signed token with any header and any payload.
pub(crate) fn token(
    protected: &Value,
    unprotected: Vec<(Value, Value)>,
    payload: Vec<u8>,
) -> String {
    envelope::seal(&signed(cbor::encode(protected), unprotected, payload).to_bytes())
}

pub(crate) fn signed(
    protected: Vec<u8>,
    unprotected: Vec<(Value, Value)>,
    payload: Vec<u8>,
) -> Sign1 {
    let mut signed = Sign1 { protected, unprotected, payload, signature: Vec::new() };
    signed.signature = key().sign(&signed.to_be_signed()).to_vec();
    signed
}

/// A protected header with that algorithm and the issuer's key id.
pub(crate) fn header(algorithm: i64) -> Vec<(Value, Value)> {
    vec![(1.into(), algorithm.into()), (4.into(), Value::Bytes(key().id().as_bytes().to_vec()))]
}

/// A token with the usual header around any payload.
pub(crate) fn token_of(payload: Vec<u8>) -> String {
    token(&Value::Map(header(-8)), Vec::new(), payload)
}

pub(crate) fn refusal(token: &str) -> Invalid {
    verify(token, &trusted(), &Context::at(NOW)).expect_err("the token is refused")
}
