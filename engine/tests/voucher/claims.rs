//! What a token holds, byte for byte.

use annona_engine::{
    cbor,
    voucher::{Claims, Context, StatusRef, VoucherClaim, cose::Sign1, envelope, sign, verify},
};
use ciborium::Value;
use proptest::prelude::*;

use crate::fixture::{NOW, claims, key, trusted};

fn payload(token: &str) -> Value {
    let signed = Sign1::from_bytes(&envelope::open(token).unwrap(), cbor::Limits::TOKEN).unwrap();
    cbor::decode(&signed.payload, cbor::Limits::TOKEN).unwrap()
}

/// Writes a value in the diagnostic notation of RFC 8949 §8, an entry of a map on each line.
fn diagnostic(value: &Value, indent: usize) -> String {
    match value {
        Value::Integer(integer) => i128::from(*integer).to_string(),
        Value::Bytes(bytes) => format!("h'{}'", data_encoding::HEXLOWER.encode(bytes)),
        Value::Text(text) => format!("{text:?}"),
        Value::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(|item| diagnostic(item, indent)).collect::<Vec<_>>().join(", ")
            )
        }
        Value::Map(entries) => {
            let pad = "  ".repeat(indent + 1);
            let lines: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    format!("{pad}{}: {}", diagnostic(key, 0), diagnostic(value, indent + 1))
                })
                .collect();
            format!("{{\n{}\n{}}}", lines.join(",\n"), "  ".repeat(indent))
        }
        Value::Tag(tag, inner) => format!("{tag}({})", diagnostic(inner, indent)),
        other => panic!("a voucher holds no {other:?}"),
    }
}

#[test]
fn a_voucher_holds_these_claims_and_nothing_about_the_person() {
    let token = sign(&claims(), &key()).unwrap();
    insta::assert_snapshot!(diagnostic(&payload(&token), 0), @r#"
    {
      1: "https://aid.example.org",
      2: "US-XMG2-Y703",
      4: 1805184000,
      5: 1799999940,
      6: 1799999940,
      7: h'007369787465656e206279746573fffe',
      65535: {
        "status_list": {
          "idx": 48213,
          "uri": "https://aid.example.org/v1/status-lists/1"
        }
      },
      -70001: {
        1: 1,
        2: "XMG2-Y70H-3Y56",
        3: "A*** N***",
        4: "urgent-surgery",
        5: "Urgent surgery",
        6: ["hospital", "clinic"],
        7: 230000,
        8: "USD",
        9: 3
      }
    }
    "#);
}

#[test]
fn the_optional_claims_have_their_places() {
    let mut claims = claims();
    claims.audience = Some("mulago".into());
    claims.status = None;
    claims.voucher.region = Some("north".into());
    claims.voucher.offline_limit_minor = Some(50_000);
    insta::assert_snapshot!(diagnostic(&payload(&sign(&claims, &key()).unwrap()), 0), @r#"
    {
      1: "https://aid.example.org",
      2: "US-XMG2-Y703",
      3: "mulago",
      4: 1805184000,
      5: 1799999940,
      6: 1799999940,
      7: h'007369787465656e206279746573fffe',
      -70001: {
        1: 1,
        2: "XMG2-Y70H-3Y56",
        3: "A*** N***",
        4: "urgent-surgery",
        5: "Urgent surgery",
        6: ["hospital", "clinic"],
        7: 230000,
        8: "USD",
        9: 3,
        10: "north",
        11: 50000
      }
    }
    "#);
}

#[test]
fn the_header_is_the_algorithm_and_the_key_id_alone() {
    let token = sign(&claims(), &key()).unwrap();
    let signed = Sign1::from_bytes(&envelope::open(&token).unwrap(), cbor::Limits::TOKEN).unwrap();
    let header = cbor::decode(&signed.protected, cbor::Limits::TOKEN).unwrap();
    insta::assert_snapshot!(diagnostic(&header, 0), @r#"
    {
      1: -8,
      4: h'dd2fb4e18b5e1ce3'
    }
    "#);
    assert_eq!(signed.unprotected, []);
    assert!(token.starts_with("EV1:"), "{token}");
    // voucher.md promises about 500 characters, which is what decides how small the code can be printed.
    assert!((400..=520).contains(&token.len()), "{} characters", token.len());
}

#[test]
fn the_same_claims_make_the_same_token() {
    assert_eq!(sign(&claims(), &key()), sign(&claims(), &key()));
}

#[test]
fn claims_that_fit_into_no_code_are_not_signed() {
    let mut claims = claims();
    claims.voucher.kinds =
        (0..2_000_u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    let error = sign(&claims, &key()).unwrap_err();
    assert!(error.characters > 2_420, "{error}");
    claims.voucher.kinds = vec!["a".repeat(20_000)];
    assert!(sign(&claims, &key()).is_err(), "more than a verifier inflates");
}

#[test]
fn claims_survive_the_log() {
    let claims = claims();
    assert_eq!(cbor::from_slice::<Claims>(&cbor::to_vec(&claims).unwrap()).unwrap(), claims);
}

prop_compose! {
    fn any_voucher()(
        number in "[0-9A-Z]{4}-[0-9A-Z]{4}", masked_name in ".{0,12}", programme in "[a-z-]{1,20}", title in ".{0,40}",
        kinds in prop::collection::vec("[a-z]{1,10}", 1..4), amount_minor: u64, currency in "[A-Z]{3}", times: u64,
        region in prop::option::of("[a-z]{1,8}"), offline_limit_minor: Option<u64>,
    ) -> VoucherClaim {
        VoucherClaim {
            version: 1, number, masked_name, programme, title, kinds, amount_minor, currency, times, region,
            offline_limit_minor,
        }
    }
}

prop_compose! {
    fn any_claims()(
        subject in ".{0,20}", audience in prop::option::of("[a-z]{1,10}"), expires in NOW + 1..i64::MAX,
        not_before in i64::MIN..NOW, issued_at in NOW - 1_000..NOW, cti: [u8; 16],
        status in prop::option::of((any::<u64>(), "https://[a-z]{1,20}/[0-9]{1,4}")), voucher in any_voucher(),
    ) -> Claims {
        let status = status.map(|(idx, uri)| StatusRef { idx, uri });
        Claims {
            issuer: crate::fixture::ISSUER.into(), subject, audience, expires, not_before, issued_at, cti, status, voucher,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_signed_is_verified_as_it_was(claims in any_claims()) {
        let token = sign(&claims, &key()).unwrap();
        let verified = verify(&token, &trusted(), &Context::at(NOW)).unwrap();
        prop_assert_eq!(verified.claims, claims);
        prop_assert_eq!(verified.key, key().id());
    }

    #[test]
    fn no_text_brings_the_verifier_down(text in "(EV1:)?[0-9A-Z $%*+./:-]{0,60}|.{0,60}") {
        prop_assert!(verify(&text, &trusted(), &Context::at(NOW)).is_err());
    }

    #[test]
    fn no_bytes_inside_the_layers_bring_the_verifier_down(bytes: Vec<u8>) {
        prop_assert!(verify(&envelope::seal(&bytes), &trusted(), &Context::at(NOW)).is_err());
        prop_assert!(verify(&crate::fixture::token_of(bytes), &trusted(), &Context::at(NOW)).is_err());
    }
}
