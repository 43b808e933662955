//! Vouchers: showing, verifying, redeeming, revoking.

use serde_json::{Value, json};

use super::{ID, run, transcript};
use crate::client::stub::{Stub, problem, reply, reply_bytes};

/// A voucher's id: 16 bytes in base32.
const VOUCHER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn voucher() -> Value {
    json!({"id": VOUCHER, "number": "XMG2-Y70H-3Y56", "status": "part_redeemed", "amount": "2300.00", "balance": "1400.00",
        "currency": "USD", "times": 3, "times_left": 2, "partial": true, "providers": ["hospital"], "valid_until": "2026-04-01",
        "check": "phone", "redemptions": [{"number": 1, "provider": "mulago", "amount": "900.00", "currency": "USD", "at": "2026-03-03T06:00:00Z"}]})
}

fn at(rest: &str) -> String {
    format!("/v1/vouchers/{VOUCHER}{rest}")
}

#[tokio::test]
async fn a_voucher_is_shown_with_what_was_taken() {
    let stub = Stub::start([
        reply(&format!("GET /v1/applications/{ID}"), 200, &json!({"voucher": {"id": VOUCHER}})),
        reply(&format!("GET {}", at("")), 200, &voucher()),
    ])
    .await;
    insta::assert_snapshot!(transcript(&stub, &["voucher", "show", ID]).await, @r"
    voucher XMG2-Y70H-3Y56: USD 2,300.00, USD 1,400.00 left, redeemed in part, good until 2026-04-01, for: hospital
      id: aaaaaaaaaaaaaaaaaaaaaaaaaa
      can be redeemed 2 more of 3 times
      whoever shows it must know: phone
      1. USD 900.00 by mulago, 2026-03-03 09:00
    ");
}

#[tokio::test]
async fn a_code_is_drawn_or_written_to_a_new_file() {
    let stub = Stub::start([
        reply(&format!("GET {}", at("/token")), 200, &json!({"token": "EV1:ABC"})),
        reply_bytes(&format!("GET {}", at("/qr.png")), b"png"),
    ])
    .await;
    assert!(run(&stub, &["voucher", "qr", VOUCHER]).await.words.contains('█'));
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("v.png");
    run(&stub, &["voucher", "qr", VOUCHER, "--png", file.to_str().unwrap()]).await;
    assert_eq!(std::fs::read(&file).unwrap(), b"png");
}

#[tokio::test]
async fn a_code_is_good_or_not_and_the_exit_status_says_so() {
    let good = json!({"valid": true, "code": "valid", "why": "", "balance": "1400.00",
        "voucher": {"id": VOUCHER, "number": "XMG2-Y70H-3Y56", "amount": "2300.00", "currency": "USD"}});
    let bad =
        json!({"valid": false, "code": "expired", "why": "the voucher expired on 2026-04-01"});
    let line = "POST /v1/vouchers/verify";
    let stub = Stub::start([reply(line, 200, &good), reply(line, 200, &bad)]).await;
    insta::assert_snapshot!(transcript(&stub, &["voucher", "verify", "EV1:ABC"]).await, @r"
    good: voucher XMG2-Y70H-3Y56: USD 2,300.00
      id: aaaaaaaaaaaaaaaaaaaaaaaaaa
      left: USD 1,400.00
    ");
    insta::assert_snapshot!(transcript(&stub, &["voucher", "verify", "EV1:ABC"]).await, @r"
    not good: the voucher expired on 2026-04-01 (expired)
    [exit 1]
    ");
}

#[tokio::test]
async fn without_an_amount_the_whole_balance_is_redeemed() {
    let answer = json!({"redemption": {"number": 2, "amount": "1400.00", "currency": "USD"}, "voucher": {"balance": "0.00", "currency": "USD"}, "receipt": "EV1R:X"});
    let line = format!("POST {}", at("/redemptions"));
    let stub = Stub::start([
        reply(&format!("GET {}", at("")), 200, &voucher()),
        reply(&line, 201, &answer),
        problem(&line, 422, "check_failed", "the check does not match"),
    ])
    .await;
    insta::assert_snapshot!(transcript(&stub, &["voucher", "redeem", VOUCHER, "--check", "5678"]).await, @r"
    redeemed USD 1,400.00, redemption 2 of this voucher
    USD 0.00 is left
    signed receipt: EV1R:X
    ");
    assert_eq!(stub.last().json(), json!({"amount": "1400.00", "check": "5678"}));
    let wrong = run(&stub, &["voucher", "redeem", VOUCHER, "--amount", "5", "--check", "1"]).await;
    assert_eq!(
        (wrong.answer.number(), wrong.problems.as_str()),
        (4, "refused (check_failed): the check does not match")
    );
}

#[tokio::test]
async fn a_check_that_was_not_asked_for_is_no_failed_check() {
    let mut read = voucher();
    read["check"] = "national_id".into();
    let stub = Stub::start([reply(&format!("GET {}", at("")), 200, &read)]).await;
    insta::assert_snapshot!(transcript(&stub, &["voucher", "redeem", VOUCHER, "--amount", "5"]).await, @r"
    annona: whoever shows this voucher must know `national_id`: ask for it, and give it with --check
    [exit 2]
    ");
}

#[tokio::test]
async fn a_voucher_is_revoked() {
    let stub = Stub::start([reply(&format!("POST {}", at("/revoke")), 200, &voucher())]).await;
    insta::assert_snapshot!(transcript(&stub, &["voucher", "revoke", VOUCHER, "--note", "lost"]).await, @"the voucher is revoked: nobody can redeem it any more");
    assert_eq!(stub.last().json(), json!({"note": "lost"}));
}
