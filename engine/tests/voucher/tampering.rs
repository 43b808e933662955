//! Tokens that somebody changed or made up: each is refused, and says why.

use std::collections::BTreeSet;

use annona_engine::{
    cbor,
    voucher::{Context, Invalid, cose::Sign1, envelope, sign, verify},
};
use ciborium::Value;

use crate::fixture::{NOW, claims, header, key, refusal, signed, token, token_of, trusted};

/// The characters of base45, in order.
const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

fn payload() -> Vec<u8> {
    cbor::encode(&claims().to_value())
}

#[test]
fn every_character_changed_to_another_is_refused() {
    let good = sign(&claims(), &key()).unwrap();
    let mut codes = BTreeSet::new();
    for at in 0..good.len() {
        // A quarter of the alphabet at each place, another one at the next.
        let others = ALPHABET.chars().skip(at % 4).step_by(4);
        for other in others.filter(|other| !good[at..].starts_with(*other)) {
            let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
            match verify(&changed, &trusted(), &Context::at(NOW)) {
                Err(reason) => codes.insert(reason.code()),
                Ok(_) => panic!("character {at} may be {other}"),
            };
        }
    }
    for expected in ["unknown_prefix", "not_base45", "not_compressed"] {
        assert!(codes.contains(expected), "{codes:?}");
    }
}

#[test]
fn every_byte_changed_below_the_compression_is_refused() {
    let good = envelope::open(&sign(&claims(), &key()).unwrap()).unwrap();
    let mut codes = BTreeSet::new();
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1 << (at % 8);
        codes.insert(refusal(&envelope::seal(&changed)).code());
    }
    assert!(codes.contains("bad_signature") && codes.contains("not_signed"), "{codes:?}");
}

#[test]
fn a_token_cut_anywhere_is_refused() {
    let good = sign(&claims(), &key()).unwrap();
    for end in 0..good.len() {
        refusal(&good[..end]);
    }
    refusal(&format!("{good}{good}"));
    assert_eq!(refusal(&good.to_lowercase()), Invalid::UnknownPrefix);
}

#[test]
fn the_algorithm_must_be_that_of_the_key() {
    assert!(
        verify(&token(&Value::Map(header(-8)), vec![], payload()), &trusted(), &Context::at(NOW))
            .is_ok()
    );
    assert!(
        verify(&token(&Value::Map(header(-19)), vec![], payload()), &trusted(), &Context::at(NOW))
            .is_ok()
    );
    for other in [-7, -35, -37, -257, 0, 5, 1, -53] {
        assert_eq!(
            refusal(&token(&Value::Map(header(other)), vec![], payload())),
            Invalid::WrongAlgorithm
        );
    }
    let kid_only = header(-8).split_off(1);
    assert_eq!(
        refusal(&token(&Value::Map(kid_only.clone()), vec![], payload())),
        Invalid::WrongAlgorithm
    );
    let alg = (Value::from(1), Value::from(-8));
    let outside = token(&Value::Map(kid_only), vec![alg.clone()], payload());
    assert_eq!(refusal(&outside), Invalid::UnprotectedHeader);
    let twice = token(&Value::Map(header(-8)), vec![alg], payload());
    assert_eq!(refusal(&twice), Invalid::UnprotectedHeader);
    let by_name = vec![(1.into(), "EdDSA".into()), header(-8).remove(1)];
    assert_eq!(refusal(&token(&Value::Map(by_name), vec![], payload())), Invalid::WrongAlgorithm);
    assert_eq!(refusal(&token(&Value::Map(vec![]), vec![], payload())), Invalid::WrongAlgorithm);
}

#[test]
fn the_header_holds_nothing_else() {
    let with = |label: Value, value: Value| {
        let mut entries = header(-8);
        entries.push((label, value));
        token(&Value::Map(entries), vec![], payload())
    };
    assert_eq!(
        refusal(&with(2.into(), Value::Array(vec![(-70001).into()]))),
        Invalid::CriticalHeader
    );
    assert_eq!(refusal(&with(5.into(), Value::Bytes(vec![0; 12]))), Invalid::WrongHeader);
    assert_eq!(
        refusal(&with(16.into(), "application/statuslist+cwt".into())),
        Invalid::WrongHeader
    );
    assert_eq!(refusal(&with("x".into(), 1.into())), Invalid::WrongHeader);
    let outside = |label: i64, value: Value| {
        token(&Value::Map(header(-8)), vec![(label.into(), value)], payload())
    };
    assert_eq!(refusal(&outside(2, Value::Array(vec![1.into()]))), Invalid::CriticalHeader);
    assert_eq!(refusal(&outside(4, Value::Bytes(b"11".to_vec()))), Invalid::UnprotectedHeader);
    let kid = |kid: Value| {
        token(&Value::Map(vec![(1.into(), (-8).into()), (4.into(), kid)]), vec![], payload())
    };
    assert_eq!(refusal(&kid(Value::Bytes(vec![1; 7]))), Invalid::WrongHeader);
    assert_eq!(refusal(&kid(Value::Bytes(vec![1; 8]))), Invalid::UnknownKey);
    assert_eq!(refusal(&kid("text".into())), Invalid::WrongHeader);
    assert_eq!(
        refusal(&token(&Value::Map(header(-8).split_off(0)[..1].to_vec()), vec![], payload())),
        Invalid::WrongHeader
    );
    assert_eq!(refusal(&token(&Value::Null, vec![], payload())), Invalid::NotSigned);
}

#[test]
fn the_payload_has_one_form_even_when_it_is_signed() {
    let good = payload();
    let mut entries = claims().to_value().into_map().unwrap();
    entries.push((2.into(), "twice".into()));
    assert_eq!(refusal(&token_of(cbor::encode(&Value::Map(entries)))), Invalid::DuplicateKey);
    // 0xa8 says a map of eight; 0xb8 0x08 says so in two bytes.
    assert_eq!(good[0] & 0xe0, 0xa0);
    let longer = [&[0xb8, good[0] & 0x1f], &good[1..]].concat();
    assert_eq!(refusal(&token_of(longer)), Invalid::NotCanonical);
    let endless = [&[0xbf], &good[1..], &[0xff]].concat();
    assert_eq!(refusal(&token_of(endless)), Invalid::NotCanonical);
    assert_eq!(refusal(&token_of([good.as_slice(), &[0]].concat())), Invalid::TrailingBytes);
    let deep = [vec![0xa1, 0x01], vec![0x81; 4_000], vec![0]].concat();
    assert_eq!(refusal(&token_of(deep)), Invalid::TooDeep);
    assert_eq!(refusal(&token_of(Vec::new())), Invalid::NotSigned);
}

#[test]
fn only_the_tagged_array_of_four_is_a_signature() {
    let good = signed(cbor::encode(&Value::Map(header(-8))), vec![], payload()).to_bytes();
    let seal = |bytes: &[u8]| refusal(&envelope::seal(bytes));
    assert_eq!(seal(&good[1..]), Invalid::NotSigned, "without its tag");
    assert_eq!(seal(&[&[0xd1], &good[1..]].concat()), Invalid::NotSigned, "as a MAC");
    assert_eq!(
        seal(&[&[0xd8, 0x3d], good.as_slice()].concat()),
        Invalid::NotSigned,
        "as a tagged CWT"
    );
    assert_eq!(
        seal(&[&[0xd8, 0x12], &good[1..]].concat()),
        Invalid::NotCanonical,
        "with a longer tag"
    );
    assert_eq!(seal(&[good.as_slice(), &[0]].concat()), Invalid::TrailingBytes);
    assert_eq!(seal(&[&[0xd2], [0xd2; 5_000].as_slice()].concat()), Invalid::TooDeep);
    assert_eq!(seal(b"\xd2\x84\x40\xa0\xf6\x40"), Invalid::NotSigned, "a detached payload");
    let parts = Sign1::from_bytes(&good, cbor::Limits::TOKEN).unwrap();
    for length in [0, 63, 65, 128] {
        let mut cut = parts.clone();
        cut.signature.resize(length, 0);
        assert_eq!(seal(&cut.to_bytes()), Invalid::BadSignature, "{length} bytes of signature");
    }
}

#[test]
fn the_second_form_of_a_signature_is_refused() {
    // S + L is a signature too for a lax verifier (RFC 8032 §5.1.7): the order L, lowest byte first.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other = signed(cbor::encode(&Value::Map(header(-8))), vec![], payload());
    let mut carry = 0;
    for (byte, add) in other.signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    assert_eq!(refusal(&envelope::seal(&other.to_bytes())), Invalid::BadSignature);
}
