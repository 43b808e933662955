//! `schemas/voucher.cddl` and the code use the same numbers.

use std::{collections::BTreeMap, fs, path::Path};

use annona_engine::voucher::{label, receipt, trust_list};

/// Reads `name = number` lines of a group: the comment that ends each entry names the constant.
fn numbers(rule: &str) -> BTreeMap<String, i64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/voucher.cddl");
    let cddl = fs::read_to_string(path).unwrap();
    let body = cddl.split(&format!("\n{rule} = {{\n")).nth(1).unwrap().split("\n}").next().unwrap();
    body.lines()
        .filter_map(|line| {
            let (entry, name) = line.split_once(';')?;
            let number =
                entry.trim().trim_start_matches('?').split("=>").next()?.trim().parse().ok()?;
            Some((name.split_whitespace().next()?.trim_end_matches(':').to_owned(), number))
        })
        .collect()
}

fn expected<const N: usize>(labels: [(&str, i64); N]) -> BTreeMap<String, i64> {
    labels.into_iter().map(|(name, number)| (name.to_owned(), number)).collect()
}

#[test]
fn the_schema_and_the_code_agree_on_every_number() {
    assert_eq!(
        numbers("claims"),
        expected([
            ("iss", label::ISS),
            ("sub", label::SUB),
            ("aud", label::AUD),
            ("exp", label::EXP),
            ("nbf", label::NBF),
            ("iat", label::IAT),
            ("cti", label::CTI),
            ("status", label::STATUS),
            ("voucher", label::VOUCHER),
        ])
    );
    assert_eq!(
        numbers("voucher"),
        expected([
            ("version", label::VERSION),
            ("number", label::NUMBER),
            ("masked-name", label::MASKED_NAME),
            ("programme", label::PROGRAMME),
            ("title", label::TITLE),
            ("kinds", label::KINDS),
            ("amount", label::AMOUNT),
            ("currency", label::CURRENCY),
            ("times", label::TIMES),
            ("region", label::REGION),
            ("offline-limit", label::OFFLINE_LIMIT),
        ])
    );
    assert_eq!(
        numbers("trust-list"),
        expected([
            ("format", trust_list::label::FORMAT),
            ("version", trust_list::label::VERSION),
            ("issuers", trust_list::label::ISSUERS),
        ])
    );
    assert_eq!(
        numbers("issuer"),
        expected([
            ("name", trust_list::label::NAME),
            ("status-addresses", trust_list::label::STATUS_ADDRESSES),
            ("keys", trust_list::label::KEYS),
        ])
    );
    assert_eq!(
        numbers("trusted-key"),
        expected([
            ("key", trust_list::label::KEY),
            ("issue-from", trust_list::label::ISSUE_FROM),
            ("issue-until", trust_list::label::ISSUE_UNTIL),
            ("verify-until", trust_list::label::VERIFY_UNTIL),
        ])
    );
    assert_eq!(
        numbers("trust-list-claims").get("trust-list"),
        Some(&trust_list::label::TRUST_LIST)
    );
}

#[test]
fn the_schema_and_the_code_agree_on_the_numbers_of_receipts() {
    assert_eq!(
        numbers("receipt"),
        expected([
            ("version", receipt::label::VERSION),
            ("voucher", receipt::label::VOUCHER),
            ("redemption", receipt::label::REDEMPTION),
            ("provider", receipt::label::PROVIDER),
            ("amount", receipt::label::AMOUNT),
            ("currency", receipt::label::CURRENCY),
            ("balance", receipt::label::BALANCE),
        ])
    );
    assert_eq!(numbers("receipt-claims").get("receipt"), Some(&receipt::label::RECEIPT));
}
