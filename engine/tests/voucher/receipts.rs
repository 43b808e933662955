//! Receipts: signed, of their own kind, believed only under the trust list.

use annona_engine::voucher::{
    Context, Invalid, Receipt, ReceiptError, SigningKey, cose::Sign1, envelope, receipt, verify,
};
use ciborium::Value;

use crate::fixture::{DAY, ISSUER, NOW, key, root, trusted};

fn receipt() -> Receipt {
    Receipt {
        issuer: ISSUER.into(),
        subject: "US-XMG2-Y703".into(),
        issued_at: NOW - 60,
        voucher: "XMG2-Y70H-3Y56".into(),
        redemption: 2,
        provider: "mulago".into(),
        amount_minor: 30_000,
        currency: "USD".into(),
        balance_minor: 200_000,
    }
}

#[test]
fn a_receipt_is_believed_under_the_key_that_signed_it() {
    let bytes = receipt().sign(&key());
    assert_eq!(bytes, receipt().sign(&key()), "the same receipt has the same bytes");
    assert_eq!(Receipt::verify(&bytes, &trusted(), NOW), Ok(receipt()));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Receipt::verify(&changed, &trusted(), NOW).is_err(), "byte {at}");
    }
}

#[test]
fn each_reason_to_refuse_a_receipt_is_its_own() {
    let read = |bytes: &[u8]| Receipt::verify(bytes, &trusted(), NOW).unwrap_err();
    assert_eq!(read(b"receipt"), ReceiptError::NotSigned);
    assert_eq!(read(&trusted().sign(&root())), ReceiptError::OtherKind);
    assert_eq!(read(&receipt().sign(&SigningKey::from_seed(&[2; 32]))), ReceiptError::UnknownKey);
    let foreign = Receipt { issuer: "https://other.example.org".into(), ..receipt() };
    assert_eq!(read(&foreign.sign(&key())), ReceiptError::OtherIssuer);
    let early = Receipt { issued_at: NOW - 31 * DAY, ..receipt() };
    assert_eq!(read(&early.sign(&key())), ReceiptError::KeyNotValid);
    assert_eq!(
        Receipt::verify(&receipt().sign(&key()), &trusted(), NOW + 401 * DAY),
        Err(ReceiptError::KeyNotValid)
    );
    let with = |contents: Vec<(Value, Value)>| {
        let claims = Value::Map(vec![
            (1.into(), ISSUER.into()),
            (6.into(), NOW.into()),
            ((-70003).into(), Value::Map(contents)),
        ]);
        let bytes = annona_engine::cbor::encode(&claims);
        Sign1::sign(bytes, Some(receipt::TYP), &key()).to_bytes()
    };
    assert_eq!(read(&with(vec![(1.into(), 2.into())])), ReceiptError::UnknownVersion);
    assert_eq!(read(&with(vec![(1.into(), 1.into())])), ReceiptError::Malformed);
}

#[test]
fn a_receipt_is_no_voucher() {
    let text = envelope::seal(&receipt().sign(&key()));
    assert_eq!(verify(&text, &trusted(), &Context::at(NOW)), Err(Invalid::WrongHeader));
}
