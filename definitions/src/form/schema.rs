//! The form as JSON Schema 2020-12, for portals and form collectors.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value as Json, json};

use super::{
    Bounds, Choice, Field, FieldKind, FileRules, MAX_EMAIL, MAX_FILE_ID, MAX_LIST_ENTRIES,
    MAX_LONG_TEXT, MAX_TEXT, TextRules,
};

/// What a decimal looks like as a text.
const DECIMAL: &str = "^-?[0-9]{1,28}(\\.[0-9]{1,28})?$";
/// What an amount looks like: no currency has more than four decimal places.
const AMOUNT: &str = "^-?[0-9]{1,16}(\\.[0-9]{1,4})?$";
/// What a phone number looks like.
const PHONE: &str = "^\\+[0-9][-0-9 ./()]{5,38}$";

/// Returns the schema of a form.
pub(super) fn schema(fields: &[Field], language: &str, fallback: &str) -> Json {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.extend(object(fields, language, fallback));
    Json::Object(schema)
}

fn object(fields: &[Field], language: &str, fallback: &str) -> Map<String, Json> {
    let properties: Map<_, _> = fields
        .iter()
        .map(|field| (field.name.clone(), property(field, language, fallback)))
        .collect();
    let required: Vec<_> = fields
        .iter()
        .filter(|field| !field.may_be_absent())
        .map(|field| field.name.as_str())
        .collect();
    let mut object = Map::new();
    object.insert("type".to_owned(), "object".into());
    object.insert("properties".to_owned(), properties.into());
    object.insert("required".to_owned(), required.into());
    object.insert("additionalProperties".to_owned(), false.into());
    object
}

fn property(field: &Field, language: &str, fallback: &str) -> Json {
    let mut property = Map::new();
    property.insert("title".to_owned(), field.label.in_language(language, fallback).into());
    if let Some(help) = &field.help {
        property.insert("description".to_owned(), help.in_language(language, fallback).into());
    }
    let (name, rules) = kind(field, language, fallback);
    if let Json::Object(rules) = rules {
        property.extend(rules);
    }
    property.insert("x-type".to_owned(), name.into());
    if field.personal {
        property.insert("x-personal".to_owned(), true.into());
    }
    for (key, condition) in [("x-show-if", &field.show_if), ("x-required-if", &field.required_if)] {
        if let Some(condition) = condition {
            property.insert(key.to_owned(), condition.source().into());
        }
    }
    Json::Object(property)
}

/// Returns the name of a field's type, and what the standard says of it.
fn kind(field: &Field, language: &str, fallback: &str) -> (&'static str, Json) {
    match &field.kind {
        FieldKind::Text(rules) => ("text", text(rules, MAX_TEXT, field.may_be_absent())),
        FieldKind::LongText(rules) => {
            ("long_text", text(rules, MAX_LONG_TEXT, field.may_be_absent()))
        }
        FieldKind::Integer(bounds) => ("integer", bounded(json!({"type": "integer"}), bounds)),
        FieldKind::Number(bounds) => {
            let number = json!({"type": ["number", "string"], "pattern": DECIMAL});
            ("number", bounded(number, bounds))
        }
        FieldKind::Money(bounds) => {
            let mut amount = json!({"type": "string", "pattern": AMOUNT});
            set(&mut amount, "x-minimum", bounds.minimum.map(|least| least.to_string()));
            set(&mut amount, "x-maximum", bounds.maximum.map(|most| most.to_string()));
            ("money", amount)
        }
        FieldKind::Date { minimum, maximum, no_older_than } => {
            let mut date = json!({"type": "string", "format": "date"});
            set(&mut date, "x-minimum", minimum.map(|least| least.to_string()));
            set(&mut date, "x-maximum", maximum.map(|most| most.to_string()));
            set(&mut date, "x-no-older-than", no_older_than.map(|age| age.to_string()));
            ("date", date)
        }
        FieldKind::YesNo => ("yes_no", json!({"type": "boolean"})),
        FieldKind::Phone => ("phone", json!({"type": "string", "pattern": PHONE})),
        FieldKind::Email => {
            ("email", json!({"type": "string", "format": "email", "maxLength": MAX_EMAIL}))
        }
        FieldKind::Choice(options) => ("choice", choice(options, language, fallback)),
        FieldKind::List { of, min_length, max_length } => {
            let most = max_length.map_or(MAX_LIST_ENTRIES, |most| most.min(MAX_LIST_ENTRIES));
            let entries = object(of, language, fallback);
            let mut list = json!({"type": "array", "items": entries, "maxItems": most});
            set(&mut list, "minItems", *min_length);
            ("list", list)
        }
        FieldKind::File(rules) => ("file", file(rules)),
    }
}

fn text(rules: &TextRules, most: u32, optional: bool) -> Json {
    let most = rules.max_length.map_or(most, |length| length.min(most));
    let mut text = json!({"type": "string", "maxLength": most});
    let fewest = rules.min_length.or((!optional).then_some(1));
    set(&mut text, "minLength", fewest);
    set(&mut text, "pattern", rules.pattern.as_ref().map(regex::Regex::as_str));
    text
}

fn bounded(mut number: Json, bounds: &Bounds) -> Json {
    set(&mut number, "minimum", bounds.minimum.and_then(json_number));
    set(&mut number, "maximum", bounds.maximum.and_then(json_number));
    number
}

fn json_number(number: Decimal) -> Option<Json> {
    if number.is_integer() {
        return number.to_i64().map(Json::from);
    }
    number.to_f64().map(Json::from)
}

fn choice(options: &[Choice], language: &str, fallback: &str) -> Json {
    let ids: Vec<_> = options.iter().map(|option| option.id.as_str()).collect();
    let labelled: Vec<_> = options
        .iter()
        .map(|option| {
            json!({"const": option.id, "title": option.label.in_language(language, fallback)})
        })
        .collect();
    json!({"type": "string", "enum": ids, "oneOf": labelled})
}

fn file(rules: &FileRules) -> Json {
    let accepted: Vec<_> = rules.accept.iter().map(|accepted| accepted.media_type()).collect();
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_FILE_ID,
        "x-accept": accepted,
        "x-max-size": rules.max_size,
    })
}

fn set(object: &mut Json, name: &str, value: Option<impl Into<Json>>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(name.to_owned(), value.into());
    }
}
