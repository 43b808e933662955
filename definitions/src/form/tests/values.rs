//! Each type of field.

use serde_json::{Value as Json, json};

use super::{super::*, field, usd};
use crate::value::Value;

/// What one value of one field comes to: the value, or the code.
#[expect(clippy::needless_pass_by_value, reason = "a case is written where it is read")]
fn read(kind: FieldKind, value: Json) -> String {
    read_in(kind, &value, usd().currency)
}

fn read_in(kind: FieldKind, value: &Json, currency: Option<Currency>) -> String {
    let form = Form { fields: vec![field("x", kind)] };
    match form.read(&json!({ "x": value }), Terms { currency, ..usd() }) {
        Ok(record) => format!("{:?}", record["x"]),
        Err(errors) => errors.iter().map(|error| error.code).collect::<Vec<_>>().join(" "),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a case is written where it is read")]
fn read_yaml(kind: FieldKind, value: Json) -> String {
    let form = Form { fields: vec![field("x", kind)] };
    match form.read_yaml(&json!({ "x": value }), usd()) {
        Ok(record) => format!("{:?}", record["x"]),
        Err(errors) => errors.iter().map(|error| error.code).collect::<Vec<_>>().join(" "),
    }
}

fn money() -> FieldKind {
    FieldKind::Money(Bounds::default())
}

fn number() -> FieldKind {
    FieldKind::Number(Bounds::default())
}

#[test]
fn an_amount_is_a_text_with_a_decimal_of_the_currency() {
    for (written, expected) in [
        (json!("2400"), "Money(2400)"),
        (json!("2400.00"), "Money(2400)"),
        (json!("180.1"), "Money(180.10)"),
        (json!("-5.25"), "Money(-5.25)"),
        (json!("0.10"), "Money(0.10)"),
        (json!("-0"), "Money(0)"),
        (json!("1000000000000000"), "Money(1000000000000000)"),
        (json!("1000000000000000.01"), "too_large"),
        (json!("99999999999999999999999999999999"), "not_an_amount"),
        (json!("0.001"), "too_many_decimals"),
        (json!(2400), "not_an_amount"),
        (json!(180.1), "not_an_amount"),
        (json!("2,400"), "not_an_amount"),
        (json!("1e3"), "not_an_amount"),
        (json!("+5"), "not_an_amount"),
        (json!(".5"), "not_an_amount"),
        (json!("5."), "not_an_amount"),
        (json!("٥"), "not_an_amount"),
        (json!("1_000"), "not_an_amount"),
        (json!(true), "not_an_amount"),
    ] {
        assert_eq!(read(money(), written.clone()), expected, "{written}");
    }
    assert_eq!(read_in(money(), &json!("5.5"), Currency::from_code("JPY")), "too_many_decimals");
    assert_eq!(read_in(money(), &json!("5.125"), Currency::from_code("KWD")), "Money(5.125)");
}

#[test]
fn in_yaml_an_amount_may_be_a_number_of_up_to_fifteen_digits() {
    for (written, expected) in [
        (json!(60), "Money(60)"),
        (json!(180.1), "Money(180.10)"),
        (json!("180.10"), "Money(180.10)"),
        (json!(0.1), "Money(0.10)"),
        (json!(180.101), "too_many_decimals"),
        (json!(1_234_567_890.123_456_7), "wrong_type"),
        (json!(1e30), "too_large"),
    ] {
        assert_eq!(read_yaml(money(), written.clone()), expected, "{written}");
    }
    assert_eq!(read_yaml(FieldKind::YesNo, json!("yes")), "YesNo(true)");
    assert_eq!(read_yaml(FieldKind::YesNo, json!("no")), "YesNo(false)");
    assert_eq!(read_yaml(FieldKind::YesNo, json!("true")), "wrong_type");
}

#[test]
fn a_number_is_read_by_its_shortest_form_or_from_a_text() {
    for (written, expected) in [
        (json!(61.5), "Number(61.5)"),
        (json!(0.1), "Number(0.1)"),
        (json!(5), "Number(5)"),
        (json!(1e-7), "Number(0.0000001)"),
        (json!("61.50"), "Number(61.5)"),
        (json!("0.1234567890123456789012345678"), "Number(0.1234567890123456789012345678)"),
        (json!("0.12345678901234567890123456789"), "wrong_type"),
        (json!(u64::MAX), "Number(18446744073709551615)"),
        (json!(0.123_456_789_012_345_6), "wrong_type"),
        (json!(1e300), "too_large"),
        (json!("abc"), "wrong_type"),
        (json!("NaN"), "wrong_type"),
        (json!(true), "wrong_type"),
    ] {
        assert_eq!(read(number(), written.clone()), expected, "{written}");
    }
}

#[test]
fn a_whole_number_is_a_json_number_without_a_fraction() {
    for (written, expected) in [
        (json!(41), "Integer(41)"),
        (json!(-1), "Integer(-1)"),
        (json!(5.0), "Integer(5)"),
        (json!(5.5), "wrong_type"),
        (json!("5"), "wrong_type"),
        (json!(u64::MAX), "too_large"),
        (json!(1e30), "too_large"),
        (json!(i64::MIN), "Integer(-9223372036854775808)"),
    ] {
        assert_eq!(
            read(FieldKind::Integer(Bounds::default()), written.clone()),
            expected,
            "{written}"
        );
    }
}

#[test]
fn a_date_is_one_of_the_calendar_in_iso_form() {
    let date = || FieldKind::Date { minimum: None, maximum: None, no_older_than: None };
    for (written, expected) in [
        ("2026-02-28", "Date(2026-02-28)"),
        ("2024-02-29", "Date(2024-02-29)"),
        ("2026-02-29", "not_a_date"),
        ("2026-2-28", "not_a_date"),
        ("20260228", "not_a_date"),
        ("2026-02-28T10:00", "not_a_date"),
        ("28.02.2026", "not_a_date"),
        ("2026-W09-6", "not_a_date"),
        ("-026-02-28", "not_a_date"),
    ] {
        assert_eq!(read(date(), json!(written)), expected, "{written}");
    }
    assert_eq!(read(date(), json!(20_260_228)), "wrong_type");
}

#[test]
fn a_phone_number_needs_its_country_and_becomes_e164() {
    for (written, expected) in [
        ("+256700000001", "Text(\"+256700000001\")"),
        ("+256 (0)700 000-001", "Text(\"+256700000001\")"),
        ("+44 20 7946 0958", "Text(\"+442079460958\")"),
        ("+94 77 123 4567", "Text(\"+94771234567\")"),
        ("+39 06 1234 5678", "Text(\"+390612345678\")"),
        ("+49 (0)151 23456789", "Text(\"+4915123456789\")"),
        ("+7 800 555 35 35", "Text(\"+78005553535\")"),
        ("0700000001", "not_a_phone_number"),
        ("00256700000001", "not_a_phone_number"),
        ("+2567", "not_a_phone_number"),
        ("+25670000000199", "not_a_phone_number"),
        ("+999123456789", "not_a_phone_number"),
        ("+", "not_a_phone_number"),
        ("+256 700 CALL", "not_a_phone_number"),
        ("+256700000001;ext=5", "not_a_phone_number"),
        ("+٢٥٦٧٠٠٠٠٠٠٠١", "not_a_phone_number"),
    ] {
        assert_eq!(read(FieldKind::Phone, json!(written)), expected, "{written}");
    }
    assert_eq!(read(FieldKind::Phone, json!(256_700_000_001_u64)), "wrong_type");
    assert_eq!(
        read(FieldKind::Phone, json!(format!("+{}", "1".repeat(5_000)))),
        "not_a_phone_number"
    );
}

#[test]
fn an_email_address_has_a_name_and_a_domain() {
    for (written, right) in [
        ("amina@example.org", true),
        ("a.b+c@sub.example.co.ug", true),
        ("amina@example", false),
        ("amina", false),
        ("@example.org", false),
        ("a@b@example.org", false),
        ("Amina <amina@example.org>", false),
        ("amina@[127.0.0.1]", false),
        ("amina@example.org\nBcc: x@y.z", false),
        ("amina@exa mple.org", false),
    ] {
        let read = read(FieldKind::Email, json!(written));
        assert_eq!(read != "not_an_email_address", right, "{written}: {read}");
    }
    let long = format!("{}@{}.org", "a".repeat(60), "b.".repeat(150));
    assert_eq!(read(FieldKind::Email, json!(long)), "not_an_email_address");
}

#[test]
fn texts_have_limits_and_one_line_is_one_line() {
    let text = || FieldKind::Text(TextRules::default());
    let long = || FieldKind::LongText(TextRules::default());
    assert_eq!(read(text(), json!("é".repeat(1_000))), format!("Text({:?})", "é".repeat(1_000)));
    assert_eq!(read(text(), json!("é".repeat(1_001))), "too_long");
    assert_eq!(read(long(), json!("x".repeat(10_001))), "too_long");
    assert_eq!(read(long(), json!("a\nb")), "Text(\"a\\nb\")");
    assert_eq!(read(text(), json!("a\nb")), "wrong_type");
    assert_eq!(read(long(), json!("a\u{0}b")), "wrong_type");
    assert_eq!(read(text(), json!(5)), "wrong_type");
    let wide = FieldKind::Text(TextRules { max_length: Some(5_000), ..TextRules::default() });
    assert_eq!(read(wide, json!("x".repeat(1_001))), "too_long");
}

#[test]
fn a_pattern_holds_for_the_whole_text() {
    let text = |pattern: &str| {
        FieldKind::Text(TextRules {
            pattern: Some(compile_pattern(pattern).unwrap()),
            ..TextRules::default()
        })
    };
    assert_eq!(read(text("[0-9]{4}"), json!("12345")), "pattern");
    assert_eq!(read(text("a|ab"), json!("ab")), "Text(\"ab\")");
    assert_eq!(read(text("^[0-9]{10}$"), json!("1234567890")), "Text(\"1234567890\")");
    for (pattern, expected) in [
        ("(", "the pattern is no regular expression"),
        ("a)(b", "the pattern is no regular expression"),
        ("(?=a)", "the pattern is no regular expression"),
        ("a{1000}{1000}", "the pattern is too large"),
        (&"(".repeat(900), "the pattern is no regular expression"),
        (&"a".repeat(1_001), "a pattern has at most 1000 bytes"),
    ] {
        assert_eq!(compile_pattern(pattern).unwrap_err(), expected, "{pattern}");
    }
}

#[test]
fn normalised_values_meet_whatever_their_case_spaces_and_punctuation() {
    let same = |one: &str, other: &str| {
        let text = |text: &str| normalised(&Value::Text(text.to_owned()));
        text(one) == text(other)
    };
    assert!(same("AB-12 34", "ab1234"));
    assert!(same("ﬁne", "FINE"));
    assert!(same("１２３", "123"));
    assert!(same("e\u{301}", "É"));
    assert!(!same("कि", "क"));
    assert!(!same("--", "-"));
    assert!(!same("a", "b"));
    assert_eq!(normalised(&Value::Text("+256700000001".to_owned())), "256700000001");
    let amount = |number: &str| normalised(&Value::Money(number.parse().unwrap()));
    assert_eq!(amount("5.00"), amount("5"));
    assert_eq!(normalised(&Value::Date("2026-03-02".parse().unwrap())), "2026-03-02");
    assert_eq!(normalised(&Value::Integer(5)), "5");
    assert_eq!(normalised(&Value::YesNo(true)), "true");
}
