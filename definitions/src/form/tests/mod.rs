//! Reading and writing forms.

mod arbitrary;
mod conditions;
mod values;

use serde_json::{Value as Json, json};

use super::*;
use crate::value::Value;

pub(super) fn field(name: &str, kind: FieldKind) -> Field {
    Field {
        name: name.to_owned(),
        label: Text::from(name),
        help: None,
        kind,
        optional: false,
        show_if: None,
        required_if: None,
        personal: false,
    }
}

pub(super) fn optional(name: &str, kind: FieldKind) -> Field {
    Field { optional: true, ..field(name, kind) }
}

/// The terms of a programme that counts in dollars, on 2 March 2026.
pub(super) fn usd() -> Terms<'static> {
    Terms { currency: Currency::from_code("USD"), today: jiff::civil::date(2026, 3, 2), form: None }
}

pub(super) fn bounds(minimum: i64, maximum: i64) -> Bounds {
    Bounds { minimum: Some(minimum.into()), maximum: Some(maximum.into()) }
}

/// A form with a field of every type; all but `name`, `age` and `family` are optional.
pub(super) fn form() -> Form {
    let options = ["heart", "cancer"];
    let options = options.map(|id| Choice { id: id.to_owned(), label: Text::from(id) }).to_vec();
    let id =
        TextRules { pattern: Some(compile_pattern("[0-9]{4}|x").unwrap()), ..TextRules::default() };
    let nick = TextRules { min_length: Some(2), max_length: Some(5), ..TextRules::default() };
    let member = vec![
        field("name", FieldKind::Text(TextRules::default())),
        field("age", FieldKind::Integer(bounds(0, 120))),
        optional("income", FieldKind::Money(Bounds::default())),
    ];
    let date = |date: &str| Some(date.parse().unwrap());
    let file = FileRules { accept: vec![FileType::Pdf], max_size: DEFAULT_FILE_SIZE };
    Form {
        fields: vec![
            Field { personal: true, ..field("name", FieldKind::Text(TextRules::default())) },
            field("age", FieldKind::Integer(bounds(0, 120))),
            field("family", FieldKind::List { of: member, min_length: None, max_length: Some(3) }),
            optional("id", FieldKind::Text(id)),
            optional("nick", FieldKind::Text(nick)),
            optional("story", FieldKind::LongText(TextRules::default())),
            optional("weight", FieldKind::Number(bounds(0, 500))),
            optional("cost", FieldKind::Money(bounds(1, 1_000_000))),
            optional(
                "visit",
                FieldKind::Date {
                    minimum: date("2026-01-01"),
                    maximum: date("2026-12-31"),
                    no_older_than: None,
                },
            ),
            optional("poor", FieldKind::YesNo),
            optional("phone", FieldKind::Phone),
            optional("email", FieldKind::Email),
            optional("disease", FieldKind::Choice(options)),
            optional("estimate", FieldKind::File(file)),
        ],
    }
}

/// What is wrong, one line each.
pub(super) fn wrongs(errors: &[FieldError]) -> Vec<String> {
    errors.iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
}

#[test]
fn a_form_with_every_value_is_read_in_the_order_of_the_form() {
    let values = json!({
        "estimate": "d-1", "disease": "heart", "email": " amina@example.org ", "phone": "+256 700-000 001", "poor": true,
        "visit": "2026-03-02", "cost": "2400.00", "weight": 61.50, "story": "one\ntwo", "nick": "Ami", "id": "1234",
        "family": [{"age": 9, "name": "Omar", "income": "20.5"}], "age": 41, "name": "  Amina "
    });
    let record = form().read(&values, usd()).unwrap();
    let shown: Vec<_> = record.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    name: Text("Amina")
    age: Integer(41)
    family: List([{"name": Text("Omar"), "age": Integer(9), "income": Money(20.50)}])
    id: Text("1234")
    nick: Text("Ami")
    story: Text("one\ntwo")
    weight: Number(61.5)
    cost: Money(2400)
    visit: Date(2026-03-02)
    poor: YesNo(true)
    phone: Text("+256700000001")
    email: Text("amina@example.org")
    disease: Text("heart")
    estimate: File("d-1")
    "#);
    assert_eq!(form().read(&record_to_json(&record), usd()), Ok(record));
}

#[test]
fn every_wrong_missing_and_unknown_field_is_named_at_once() {
    let values = json!({
        "name": "  ", "family": [{"name": "Omar"}, 5, {"name": "Zoe", "age": 200, "income": 5, "x": 1}], "id": "12345",
        "nick": "A", "weight": 501, "cost": "0.50", "visit": "2025-12-31", "poor": "yes", "phone": "0700000001",
        "email": "amina", "disease": "flu", "estimate": "e".repeat(65), "a/b~c": 1
    });
    let errors = form().read(&values, usd()).unwrap_err();
    insta::assert_snapshot!(
        errors.iter().map(|wrong| format!("{} {}: {}", wrong.pointer, wrong.code, wrong.message)).collect::<Vec<_>>().join("\n"),
        @r#"
    /name required: must be given
    /age required: must be given
    /family/0/age required: must be given
    /family/1 wrong_type: must be an object with the fields of the form
    /family/2/age too_large: must be at most 120
    /family/2/income not_an_amount: must be an amount as a text, such as "2300.00"
    /family/2/x unknown_field: is not a field of this form
    /id pattern: does not have the form that is asked for
    /nick too_short: must have at least 2 characters
    /weight too_large: must be at most 500
    /cost too_small: must be at least 1
    /visit too_small: must not be before 2026-01-01
    /poor wrong_type: must be true or false
    /phone not_a_phone_number: must be a phone number with its country, such as +256 700 000001
    /email not_an_email_address: must be an e-mail address, such as name@example.org
    /disease not_an_option: must be one of: heart, cancer
    /estimate unknown_document: must be the id of an uploaded document
    /a~1b~0c unknown_field: is not a field of this form
    "#);
}

#[test]
fn a_message_never_repeats_the_value() {
    let secret = "s3cret";
    let names: Vec<_> = form().fields.iter().map(|field| field.name.clone()).collect();
    let values: Json = names.iter().map(|name| (name.clone(), Json::from(secret))).collect();
    let errors = form().read(&values, usd()).unwrap_err();
    assert!(errors.len() > 8);
    assert!(errors.iter().all(|error| !error.message.contains(secret)), "{errors:?}");
}

#[test]
fn what_is_no_object_is_refused() {
    for values in [json!(null), json!([]), json!("x"), json!(5)] {
        let errors = form().read(&values, usd()).unwrap_err();
        assert_eq!(wrongs(&errors), [" wrong_type"]);
        assert_eq!(
            wrongs(&form().read_some(&values, &Record::new(), usd()).unwrap_err()),
            [" wrong_type"]
        );
    }
}

#[test]
fn null_and_an_empty_text_are_no_value() {
    let values =
        json!({"name": "A", "age": 1, "family": [], "nick": null, "story": " ", "cost": ""});
    let record = form().read(&values, usd()).unwrap();
    assert_eq!(record.keys().collect::<Vec<_>>(), ["name", "age", "family"]);
    let errors = form().read(&json!({"name": "", "age": null, "family": null}), usd()).unwrap_err();
    assert_eq!(wrongs(&errors), ["/name required", "/age required", "/family required"]);
}

#[test]
fn some_fields_are_read_and_null_removes_an_optional_one() {
    let values = json!({"age": 42, "nick": null, "story": ""});
    let (record, removed) = form().read_some(&values, &Record::new(), usd()).unwrap();
    assert_eq!(record, Record::from([("age".to_owned(), Value::Integer(42))]));
    assert_eq!(removed, ["nick", "story"]);
    let errors = form()
        .read_some(&json!({"name": null, "x": 1, "age": "4"}), &Record::new(), usd())
        .unwrap_err();
    assert_eq!(wrongs(&errors), ["/name required", "/age wrong_type", "/x unknown_field"]);
}

#[test]
fn a_list_has_its_own_limits_and_never_more_than_a_thousand_entries() {
    let entry = json!({"name": "A", "age": 1});
    let values =
        |count: usize| json!({"name": "A", "age": 1, "family": vec![entry.clone(); count]});
    assert!(form().read(&values(3), usd()).is_ok());
    assert_eq!(wrongs(&form().read(&values(4), usd()).unwrap_err()), ["/family too_long"]);
    let many = FieldKind::List { of: vec![], min_length: Some(2), max_length: Some(5_000) };
    let form = Form { fields: vec![field("family", many)] };
    let of = |count: usize| json!({"family": vec![json!({}); count]});
    assert_eq!(wrongs(&form.read(&of(1), usd()).unwrap_err()), ["/family too_short"]);
    assert!(form.read(&of(1_000), usd()).is_ok());
    assert_eq!(wrongs(&form.read(&of(1_001), usd()).unwrap_err()), ["/family too_long"]);
}

#[test]
fn the_number_of_errors_is_bounded() {
    let values: Json = (0..5_000).map(|index| (format!("x{index}"), json!(1))).collect();
    assert_eq!(form().read(&values, usd()).unwrap_err().len(), MAX_ERRORS);
}

/// A small form with a label in two languages.
fn labelled() -> Form {
    let label = [("en".to_owned(), "Name".to_owned()), ("fr".to_owned(), "Nom".to_owned())];
    let name = Field {
        label: Text::Translated(label.into()),
        help: Some(Text::from("As on the card")),
        personal: true,
        ..field("name", FieldKind::Text(TextRules::default()))
    };
    let cost = FieldKind::Money(Bounds { minimum: Some(1.into()), maximum: None });
    let of = vec![field("age", FieldKind::Integer(bounds(0, 120)))];
    let family = FieldKind::List { of, min_length: None, max_length: None };
    Form { fields: vec![name, field("cost", cost), field("family", family)] }
}

#[test]
fn the_schema_says_what_a_client_needs() {
    insta::assert_json_snapshot!(labelled().json_schema("fr", "en"), @r##"
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "properties": {
        "name": {
          "title": "Nom",
          "description": "As on the card",
          "type": "string",
          "maxLength": 1000,
          "minLength": 1,
          "x-type": "text",
          "x-personal": true
        },
        "cost": {
          "title": "cost",
          "type": "string",
          "pattern": "^-?[0-9]{1,16}(\\.[0-9]{1,4})?$",
          "x-minimum": "1",
          "x-type": "money"
        },
        "family": {
          "title": "family",
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "age": {
                "title": "age",
                "type": "integer",
                "minimum": 0,
                "maximum": 120,
                "x-type": "integer"
              }
            },
            "required": [
              "age"
            ],
            "additionalProperties": false
          },
          "maxItems": 1000,
          "x-type": "list"
        }
      },
      "required": [
        "name",
        "cost",
        "family"
      ],
      "additionalProperties": false
    }
    "##);
}

#[test]
fn the_schema_is_valid_and_agrees_with_reading() {
    let schema = form().json_schema("en", "en");
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let right = json!({
        "name": "A", "age": 1, "family": [{"name": "B", "age": 2}], "id": "1234", "nick": "Ami", "weight": "61.5",
        "cost": "2400.00", "visit": "2026-03-02", "poor": true, "phone": "+256 700-000 001", "email": "a@example.org",
        "disease": "heart", "estimate": "d-1"
    });
    assert!(validator.is_valid(&right));
    assert!(form().read(&right, usd()).is_ok());
    for (name, wrong) in [
        ("name", json!("")),
        ("age", json!(1.5)),
        ("family", json!([{"name": "B"}])),
        ("id", json!("12345")),
        ("nick", json!("A")),
        ("weight", json!(501)),
        ("cost", json!(5)),
        ("poor", json!("yes")),
        ("phone", json!("0700")),
        ("disease", json!("flu")),
        ("estimate", json!(1)),
        ("other", json!(1)),
    ] {
        let mut values = right.clone();
        values[name] = wrong;
        assert!(!validator.is_valid(&values), "{name}");
        assert!(form().read(&values, usd()).is_err(), "{name}");
    }
}
