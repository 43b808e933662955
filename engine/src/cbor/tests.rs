//! Examples of RFC 8949 appendix A, and the identities that hashing and signing rest upon.

use std::collections::BTreeMap;

use ciborium::Value;
use data_encoding::HEXLOWER;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{CborError, Limits, decode, encode, from_slice, to_vec};

const LIMITS: Limits = Limits::TOKEN;

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn refused(text: &str) -> CborError {
    decode(&hex(text), LIMITS).unwrap_err()
}

#[test]
fn numbers_take_their_shortest_form() {
    let examples: [(Value, &str); 22] = [
        (Value::Integer(0.into()), "00"),
        (Value::Integer(23.into()), "17"),
        (Value::Integer(24.into()), "1818"),
        (Value::Integer(255.into()), "18ff"),
        (Value::Integer(256.into()), "190100"),
        (Value::Integer(65536.into()), "1a00010000"),
        (Value::Integer(1_000_000_000_000_i64.into()), "1b000000e8d4a51000"),
        (Value::Integer(u64::MAX.into()), "1bffffffffffffffff"),
        (Value::Integer((-1).into()), "20"),
        (Value::Integer((-1000).into()), "3903e7"),
        (
            Value::Integer((-18_446_744_073_709_551_616_i128).try_into().unwrap()),
            "3bffffffffffffffff",
        ),
        (Value::Float(0.0), "f90000"),
        (Value::Float(-0.0), "f98000"),
        (Value::Float(1.0), "f93c00"),
        (Value::Float(1.1), "fb3ff199999999999a"),
        (Value::Float(65504.0), "f97bff"),
        (Value::Float(100_000.0), "fa47c35000"),
        (Value::Float(5.960_464_477_539_063e-8), "f90001"),
        (Value::Float(0.000_061_035_156_25), "f90400"),
        (Value::Float(-4.1), "fbc010666666666666"),
        (Value::Float(f64::INFINITY), "f97c00"),
        (Value::Float(f64::NEG_INFINITY), "f9fc00"),
    ];
    for (value, expected) in examples {
        assert_eq!(HEXLOWER.encode(&encode(&value)), expected, "{value:?}");
        assert_eq!(decode(&hex(expected), LIMITS).unwrap(), value);
    }
    assert_eq!(encode(&Value::Float(f64::NAN)), hex("f97e00"));
    assert!(decode(&hex("f97e00"), LIMITS).unwrap().as_float().unwrap().is_nan());
}

#[test]
fn map_keys_are_sorted_by_their_encoded_bytes() {
    // The example of RFC 8949 §4.2.1.
    let keys = [
        Value::Bool(false),
        Value::Array(vec![(-1).into()]),
        Value::Array(vec![100.into()]),
        "aa".into(),
        "z".into(),
        (-1).into(),
        100.into(),
        10.into(),
    ];
    let map = Value::Map(keys.into_iter().map(|key| (key, Value::Null)).collect());
    assert_eq!(HEXLOWER.encode(&encode(&map)), "a80af61864f620f6617af6626161f6811864f68120f6f4f6");
}

#[test]
fn each_other_encoding_of_a_value_is_refused() {
    let not_canonical = [
        "1817",               // 23 in two bytes
        "1900ff",             // 255 in three bytes
        "1a0000ffff",         // 65535 in five bytes
        "1b00000000ffffffff", // 2³²−1 in nine bytes
        "580161",             // a length in two bytes
        "fa3f800000",         // 1.0 in single precision
        "fb3ff0000000000000", // 1.0 in double precision
        "f97e01",             // another not-a-number
        "9f01ff",             // indefinite lengths
        "bf0102ff",
        "5f4101ff",
        "7f6161ff",
        "a2020001f6", // keys out of order
        "c24101",     // a bignum for 1
    ];
    for text in not_canonical {
        assert!(
            matches!(refused(text), CborError::NotCanonical { .. }),
            "{text}: {:?}",
            refused(text)
        );
    }
    assert_eq!(refused("a200f600f6"), CborError::DuplicateKey { at: 3 });
    assert_eq!(refused("0000"), CborError::TrailingBytes { at: 1 });
    assert_eq!(refused("62c328"), CborError::NotUtf8 { at: 0 });
    for truncated in
        ["", "18", "6261", "8201", "a101", "9bffffffffffffffff", "5bffffffffffffffff", "c1"]
    {
        assert_eq!(refused(truncated), CborError::Truncated, "{truncated}");
    }
    for unsupported in ["f7", "f0", "f8ff", "ff", "1c", "fc"] {
        assert_eq!(refused(unsupported), CborError::Unsupported { at: 0 }, "{unsupported}");
    }
}

#[test]
fn nesting_and_size_are_bounded() {
    let levels = |count: usize| [vec![0x81; count], vec![0x00]].concat();
    assert!(decode(&levels(LIMITS.max_depth), LIMITS).is_ok());
    assert_eq!(
        decode(&levels(LIMITS.max_depth + 1), LIMITS),
        Err(CborError::TooDeep { limit: LIMITS.max_depth })
    );
    let tags = [vec![0xc1; 5000], vec![0x00]].concat();
    assert_eq!(decode(&tags, LIMITS), Err(CborError::TooDeep { limit: LIMITS.max_depth }));
    assert_eq!(
        decode(&vec![0x00; LIMITS.max_bytes + 1], LIMITS),
        Err(CborError::TooLarge { found: LIMITS.max_bytes + 1, limit: LIMITS.max_bytes })
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    zebra: Option<u8>,
    bytes: serde_bytes::ByteBuf,
    amounts: BTreeMap<String, i64>,
    kind: Kind,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Kind {
    Approved { stage: String },
}

#[test]
fn a_record_comes_back_as_it_was() {
    let record = Record {
        zebra: None,
        bytes: vec![1, 2].into(),
        amounts: BTreeMap::from([("b".into(), -1), ("aa".into(), i64::MAX)]),
        kind: Kind::Approved { stage: "director".into() },
    };
    let bytes = to_vec(&record).unwrap();
    assert_eq!(from_slice::<Record>(&bytes).unwrap(), record);
    assert!(matches!(from_slice::<Kind>(&bytes), Err(CborError::Shape(_))));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|integer| Value::Integer(integer.into())),
        any::<u64>().prop_map(|integer| Value::Integer(integer.into())),
        any::<f64>().prop_filter("comparable", |float| !float.is_nan()).prop_map(Value::Float),
        any::<f32>()
            .prop_filter("comparable", |float| !float.is_nan())
            .prop_map(|float| Value::Float(float.into())),
        ".{0,8}".prop_map(Value::Text),
        any::<Vec<u8>>().prop_map(Value::Bytes),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(".{0,4}", inner.clone(), 0..6).prop_map(|map| {
                Value::Map(map.into_iter().map(|(key, value)| (Value::Text(key), value)).collect())
            }),
            (32_u64..99, inner).prop_map(|(tag, value)| Value::Tag(tag, Box::new(value))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_and_written_again_alike(value in any_value()) {
        let bytes = encode(&value);
        let read = decode(&bytes, Limits::STORED).unwrap();
        prop_assert_eq!(encode(&read), bytes.clone());
        // Another reader sees the same value.
        let other: Value = ciborium::from_reader(bytes.as_slice()).unwrap();
        prop_assert_eq!(other, read);
    }

    #[test]
    fn whatever_is_accepted_is_the_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        if let Ok(value) = decode(&bytes, LIMITS) {
            prop_assert_eq!(encode(&value), bytes);
        }
    }
}
