//! Values as JSON, and values compared with one another.

use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::value::{Record, Value};

/// Version of [`normalised`], stored beside what was computed with it.
pub const NORMALISATION: u32 = 1;

/// Writes a value as JSON, as [`super::Form::read`] takes it: numbers that need not be whole, and amounts, as texts.
#[must_use]
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) | Value::File(text) => text.as_str().into(),
        Value::Integer(whole) => (*whole).into(),
        Value::Number(number) | Value::Money(number) => number.to_string().into(),
        Value::Date(date) => date.to_string().into(),
        Value::YesNo(truth) => (*truth).into(),
        Value::List(entries) => entries.iter().map(record_to_json).collect(),
    }
}

/// Writes the values of a form or of one entry as JSON.
#[must_use]
pub fn record_to_json(record: &Record) -> Json {
    record.iter().map(|(name, value)| (name.clone(), to_json(value))).collect()
}

/// Normalises a value for `once_per` and for looking people up: NFKC, lower case, no spaces and punctuation.
///
/// Phone numbers are E.164 already. Equal numbers come out alike, however many zeros they were written with. A text of nothing
/// but punctuation stays itself, so that no two different ones meet.
#[must_use]
pub fn normalised(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::File(text) => normalised_text(text),
        Value::Number(number) | Value::Money(number) => number.normalize().to_string(),
        Value::Integer(_) | Value::Date(_) | Value::YesNo(_) | Value::List(_) => {
            to_json(value).to_string().replace('"', "")
        }
    }
}

fn normalised_text(text: &str) -> String {
    // Lower case may undo the composition, so composing comes last.
    let folded: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    // Vowel signs are marks: without them different names of many scripts would be one.
    let kept: String = folded
        .chars()
        .filter(|&letter| letter.is_alphanumeric() || is_combining_mark(letter))
        .collect();
    if kept.is_empty() { folded } else { kept.nfkc().collect() }
}
