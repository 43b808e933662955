//! Vouchers through the router: seen, shown, verified, redeemed and revoked.

use annona_engine::voucher::Receipt;
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::office::{NATIONAL_ID, Office, refused, steady, text, told, wrong};

const VERIFY: &str = "/v1/vouchers/verify";

/// Returns address and code of an issued voucher.
fn parts(decided: &Value) -> (String, String) {
    let id = text(decided, "/voucher/id");
    (format!("/v1/vouchers/{id}"), text(decided, "/voucher/token").to_owned())
}

fn take(amount: &str) -> Value {
    json!({"amount": amount, "check": NATIONAL_ID})
}

async fn verdict(office: &Office, who: &str, token: &str) -> Value {
    let answer = office.post(who, VERIFY, &json!({"token": token})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    answer.json()
}

#[tokio::test]
async fn a_voucher_is_redeemed_in_parts_with_receipts_that_hold() {
    let office = Office::new().await;
    let decided = office.issued().await;
    let (place, token) = parts(&decided);
    let redemptions = format!("{place}/redemptions");
    let first = office.keyed("mulago", &redemptions, "r", &take("300.00")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json());
    let mut shown = steady(&first.json());
    shown["receipt"] = "[receipt]".into();
    insta::assert_snapshot!(told(&shown), @r#"
    redemption: {"number":1,"provider":"mulago","amount":"300.00","currency":"USD","at":"2026-03-02T06:00:00Z"}
    voucher:
      id: "[voucher]"
      number: "[number]"
      status: "part_redeemed"
      amount: "2300.00"
      balance: "2000.00"
      currency: "USD"
      times: 3
      times_left: 2
      partial: true
      providers: ["hospital","clinic"]
      issued_at: "2026-03-02T06:00:00Z"
      expires_at: "2026-05-01T21:00:00Z"
      valid_until: "2026-05-01"
      check: "national_id"
      redemptions: [{"number":1,"provider":"mulago","amount":"300.00","currency":"USD","at":"2026-03-02T06:00:00Z"}]
    receipt: "[receipt]"
    "#);
    let receipt = BASE64URL_NOPAD.decode(text(&first.json(), "/receipt").as_bytes()).unwrap();
    let list = office.world.app.0.keyring.list();
    let read = Receipt::verify(&receipt, list, office.world.engine.now().as_second()).unwrap();
    assert_eq!(read.subject, text(&decided, "/application/reference"));
    assert_eq!(read.voucher, text(&decided, "/voucher/number"));
    assert_eq!((&*read.provider, read.redemption), ("mulago", 1));
    assert_eq!((read.amount_minor, read.balance_minor, &*read.currency), (30_000, 200_000, "USD"));

    office.wait(1);
    let again = office.keyed("mulago", &redemptions, "r", &take("300.00")).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    let other = office.keyed("mulago", &redemptions, "r", &take("301.00")).await;
    assert_eq!(refused(&other), (422, "idempotency_mismatch".to_owned()));

    let too_much = office.post("kisenyi", &redemptions, &take("2000.01")).await;
    assert_eq!(refused(&too_much), (409, "amount_exceeds_balance".to_owned()));
    let rest = office.post("kisenyi", &redemptions, &json!({"check": NATIONAL_ID})).await;
    assert_eq!(rest.json()["redemption"]["amount"], "2000.00");
    let gone = office.post("mulago", &redemptions, &take("1")).await;
    assert_eq!(refused(&gone), (409, "voucher_used_up".to_owned()));
    let verdict = verdict(&office, "mulago", &token).await;
    assert_eq!((&verdict["valid"], &verdict["code"]), (&json!(false), &json!("voucher_used_up")));
    insta::assert_snapshot!(text(&verdict, "/why"), @"The voucher is used up: redeemed 2 times, last on 2026-03-02.");
    insta::assert_snapshot!(told(&verdict["balance"]), @r#"
    amount: "0.00"
    currency: "USD"
    "#);
}

#[tokio::test]
async fn an_amount_is_an_exact_decimal_in_a_text() {
    let office = Office::new().await;
    let (place, _) = parts(&office.issued().await);
    let redemptions = format!("{place}/redemptions");
    for (amount, code) in [
        (json!(300), "wrong_type"),
        (json!("three"), "not_an_amount"),
        (json!("-1"), "not_an_amount"),
        (json!("1e3"), "not_an_amount"),
        (json!("5."), "not_an_amount"),
        (json!(".5"), "not_an_amount"),
        (json!(""), "not_an_amount"),
        (json!("9".repeat(40)), "not_an_amount"),
        (json!("0"), "too_small"),
        (json!("1.001"), "too_many_decimals"),
    ] {
        let body = json!({"amount": amount, "check": NATIONAL_ID});
        let answer = office.post("mulago", &redemptions, &body).await;
        assert_eq!(refused(&answer), (422, "body_invalid".to_owned()), "{amount}");
        assert_eq!(wrong(&answer), [format!("/amount {code}")], "{amount}");
    }
    let more = json!({"amount": "1", "check": NATIONAL_ID, "items": []});
    assert_eq!(wrong(&office.post("mulago", &redemptions, &more).await), ["/items unknown_field"]);
}

#[tokio::test]
async fn five_failed_checks_lock_redemption_and_a_repeated_request_is_no_new_try() {
    let office = Office::new().await;
    let (place, token) = parts(&office.issued().await);
    let redemptions = format!("{place}/redemptions");
    let guess = |number: u8| json!({"amount": "1", "check": format!("{number}")});
    let first = office.keyed("mulago", &redemptions, "g", &guess(1)).await;
    assert_eq!(refused(&first), (422, "check_failed".to_owned()));
    insta::assert_snapshot!(text(&first.json(), "/detail"), @"the check does not match; 4 tries are left before redemption is locked");
    let again = office.keyed("mulago", &redemptions, "g", &guess(1)).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    for number in 2..5 {
        let answer = office.post("mulago", &redemptions, &guess(number)).await;
        assert_eq!(refused(&answer), (422, "check_failed".to_owned()), "{number}");
    }
    let fifth = office.keyed("mulago", &redemptions, "h", &guess(5)).await;
    assert_eq!(refused(&fifth), (429, "check_locked".to_owned()));
    assert_eq!(fifth.headers["retry-after"], "86400");
    office.wait(1);
    let again = office.keyed("mulago", &redemptions, "h", &guess(5)).await;
    assert_eq!((again.status, again.json()), (fifth.status, fifth.json()));
    let right = office.post("mulago", &redemptions, &take("1")).await;
    assert_eq!(refused(&right), (429, "check_locked".to_owned()));
    assert_eq!(right.headers["retry-after"], "82800");
    assert_eq!(verdict(&office, "mulago", &token).await["code"], "check_locked");
    office.wait(24);
    assert_eq!(office.post("mulago", &redemptions, &take("1")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_voucher_is_redeemed_by_providers_of_its_programme_and_kind_alone() {
    let office = Office::new().await;
    let (place, token) = parts(&office.issued().await);
    let redemptions = format!("{place}/redemptions");
    for who in ["sunrise", "amina", "daniel", "joseph"] {
        let answer = office.post(who, &redemptions, &take("1")).await;
        assert_eq!(refused(&answer), (404, "not_found".to_owned()), "{who}");
    }
    let mut roster = (*office.world.engine.roster()).clone();
    let mulago = roster.providers.iter_mut().find(|provider| provider.id == "mulago").unwrap();
    mulago.kind = "pharmacy".into();
    let sunrise = roster.providers.iter_mut().find(|provider| provider.id == "sunrise").unwrap();
    sunrise.kind = "clinic".into();
    office.world.engine.set_roster(&annona_engine::id::Who::Engine, roster).await.unwrap();
    let answer = office.post("mulago", &redemptions, &take("1")).await;
    assert_eq!(refused(&answer), (403, "wrong_provider".to_owned()));
    let other_kind = verdict(&office, "mulago", &token).await;
    insta::assert_snapshot!(told(&other_kind), @r#"
    valid: false
    code: "other_provider_kind"
    why: "The voucher is for another kind of provider."
    "#);
    let elsewhere = verdict(&office, "sunrise", &token).await;
    insta::assert_snapshot!(told(&elsewhere), @r#"
    valid: false
    code: "provider_not_admitted"
    why: "This provider is not admitted to the voucher's programme."
    "#);
}

#[tokio::test]
async fn a_code_is_verified_for_providers_with_the_balance_and_for_anyone_without() {
    let office = Office::new().await;
    let (_, token) = parts(&office.issued().await);
    let good = verdict(&office, "mulago", &token).await;
    insta::assert_snapshot!(told(&good), @r#"
    valid: true
    why: "The voucher is good."
    voucher:
      id: "[voucher]"
      number: "[number]"
      status: "active"
      amount: "2300.00"
      balance: "2300.00"
      currency: "USD"
      times: 3
      times_left: 3
      partial: true
      providers: ["hospital","clinic"]
      issued_at: "2026-03-02T06:00:00Z"
      expires_at: "2026-05-01T21:00:00Z"
      valid_until: "2026-05-01"
      check: "national_id"
      redemptions: []
    balance: {"amount":"2300.00","currency":"USD"}
    "#);
    assert_eq!(verdict(&office, "grace", &token).await, good);
    let anyone = async |token: &str| {
        let body = json!({"token": token});
        office.world.ask("POST", VERIFY).json(&body).send().await.json()
    };
    insta::assert_snapshot!(told(&anyone(&token).await), @r#"
    valid: true
    why: "The voucher is authentic."
    "#);
    let other = if token.ends_with('0') { '1' } else { '0' };
    let altered = format!("{}{other}", token.split_at(token.len() - 1).0);
    for verdict in [anyone(&altered).await, verdict(&office, "mulago", &altered).await] {
        assert_eq!(verdict["valid"], false);
        assert_eq!(verdict.get("voucher"), None);
    }
    insta::assert_snapshot!(told(&anyone("HC1:6BF").await), @r#"
    valid: false
    code: "unknown_prefix"
    why: "This is another kind of code, not a voucher."
    "#);
    let applicant = office.post("amina", VERIFY, &json!({"token": token})).await;
    assert_eq!(applicant.json(), anyone(&token).await);
    office.wait(24 * 61);
    let expired = verdict(&office, "mulago", &token).await;
    assert_eq!(
        (text(&expired, "/code"), text(&expired, "/why")),
        ("voucher_expired", "The voucher has expired.")
    );
}

#[tokio::test]
async fn what_anyone_may_verify_is_limited() {
    let office = Office::new().await;
    let ask =
        async || office.world.ask("POST", VERIFY).json(&json!({"token": "EV1:"})).send().await;
    let most = crate::config::Limits::default().public_checks;
    for _ in 0..most {
        assert_eq!(ask().await.status, StatusCode::OK);
    }
    let refusal = ask().await;
    assert_eq!(refused(&refusal), (429, "too_many".to_owned()));
    assert_eq!(refusal.headers["retry-after"], "60");
    assert_eq!(verdict(&office, "mulago", "EV1:").await["valid"], false);
}

#[tokio::test]
async fn the_code_is_for_who_speaks_decided_or_issues() {
    let office = Office::new().await;
    let (place, token) = parts(&office.issued().await);
    for who in ["amina", "daniel", "irene"] {
        let answer = office.get(who, &format!("{place}/token")).await;
        assert_eq!(answer.json(), json!({"token": token}), "{who}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    for who in ["other", "mulago", "ada", "joseph", "sofia", "portal"] {
        for path in ["token", "qr.svg", "qr.png"] {
            let answer = office.get(who, &format!("{place}/{path}")).await;
            assert_eq!(refused(&answer), (404, "not_found".to_owned()), "{who} {path}");
        }
    }
    let svg = office.get("amina", &format!("{place}/qr.svg")).await;
    assert_eq!(svg.headers["content-type"], "image/svg+xml");
    assert!(svg.bytes.starts_with(b"<svg"));
    let png = office.get("amina", &format!("{place}/qr.png?scale=2")).await;
    assert_eq!(png.headers["content-type"], "image/png");
    assert!(png.bytes.starts_with(b"\x89PNG"));
    for scale in ["0", "33", "x"] {
        let answer = office.get("amina", &format!("{place}/qr.png?scale={scale}")).await;
        assert_eq!(refused(&answer), (400, "bad_request".to_owned()), "{scale}");
    }
    for (who, status) in
        [("amina", 200), ("mulago", 200), ("ada", 200), ("other", 404), ("sunrise", 404)]
    {
        assert_eq!(office.get(who, &place).await.status, status, "{who}");
    }
    let missing = office.get("ada", &format!("/v1/vouchers/{}", "a".repeat(26))).await;
    assert_eq!(refused(&missing), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn an_issuer_revokes_with_a_note_and_nothing_more_is_redeemed() {
    let office = Office::new().await;
    let (place, token) = parts(&office.issued().await);
    let revoke = format!("{place}/revoke");
    let body = json!({"note": "Issued twice"});
    for (who, status, code) in [
        ("daniel", 403, "not_your_role"),
        ("mulago", 404, "not_found"),
        ("other", 404, "not_found"),
    ] {
        let answer = office.post(who, &revoke, &body).await;
        assert_eq!(refused(&answer), (status, code.to_owned()), "{who}");
    }
    let empty = office.post("irene", &revoke, &json!({"note": " "})).await;
    assert_eq!(refused(&empty), (422, "note_required".to_owned()));
    let first = office.keyed("irene", &revoke, "v", &body).await;
    assert_eq!((first.status, &first.json()["status"]), (StatusCode::OK, &json!("revoked")));
    let again = office.keyed("irene", &revoke, "v", &body).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    let twice = office.post("irene", &revoke, &body).await;
    assert_eq!(refused(&twice), (409, "voucher_revoked".to_owned()));
    let late = office.post("mulago", &format!("{place}/redemptions"), &take("1")).await;
    assert_eq!(refused(&late), (409, "voucher_revoked".to_owned()));
    assert_eq!(verdict(&office, "mulago", &token).await["why"], "The voucher was revoked.");
    let anyone = office.world.ask("POST", VERIFY).json(&json!({"token": token})).send().await;
    insta::assert_snapshot!(told(&anyone.json()), @r#"
    valid: false
    code: "voucher_revoked"
    why: "The voucher was revoked."
    "#);
}

#[tokio::test]
async fn a_voucher_that_is_whole_is_taken_whole_and_expires() {
    let office = Office::new().await;
    let world = &office.world;
    let portal = world.token("person:portal").await;
    let form = json!({"name": "Ana", "phone": "+256700000002", "child": 6, "cost": "60"});
    let body = json!({"programme": "school-kit", "form": form});
    let sent = world.ask("POST", "/v1/applications").bearing(&portal).json(&body).send().await;
    let task = super::office::task_of(&sent.json());
    let (place, _) = parts(&office.approve("ama", &task, json!({})).await);
    let redemptions = format!("{place}/redemptions");
    let part = office.post("sunrise", &redemptions, &json!({"amount": "20"})).await;
    assert_eq!(refused(&part), (409, "partial_not_allowed".to_owned()));
    office.wait(24 * 40);
    let late = office.post("sunrise", &redemptions, &json!({})).await;
    assert_eq!(refused(&late), (409, "voucher_expired".to_owned()));
}
