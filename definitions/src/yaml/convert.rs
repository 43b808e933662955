//! From the YAML value to a JSON value, without loss.
//!
//! Numbers keep their shortest form; one that a binary fraction cannot hold exactly is refused.

use serde_json::{Map, Number, Value};

use super::places::{Places, child, child_index};
use crate::diagnostic::{Finding, codes};
use crate::source::Source;

/// Most significant digits of a number that stands without quotes.
pub(crate) const MAX_PLAIN_DIGITS: usize = 15;

/// Converts a YAML value.
///
/// # Errors
///
/// Returns keys that are no text and numbers that cannot be kept exactly.
pub(super) fn json(
    yaml: &serde_yaml::Value,
    source: &Source,
    places: &Places,
) -> Result<Value, Vec<Finding>> {
    let mut conversion = Conversion { source, places, findings: Vec::new() };
    let value = conversion.value(yaml, String::new());
    if conversion.findings.is_empty() { Ok(value) } else { Err(conversion.findings) }
}

struct Conversion<'a> {
    source: &'a Source,
    places: &'a Places,
    findings: Vec<Finding>,
}

impl Conversion<'_> {
    fn value(&mut self, yaml: &serde_yaml::Value, pointer: String) -> Value {
        match yaml {
            serde_yaml::Value::Null => Value::Null,
            serde_yaml::Value::Bool(value) => Value::Bool(*value),
            serde_yaml::Value::Number(number) => self.number(number, &pointer),
            serde_yaml::Value::String(text) => Value::String(text.clone()),
            serde_yaml::Value::Sequence(list) => {
                let entries = list.iter().enumerate();
                entries.map(|(i, entry)| self.value(entry, child_index(&pointer, i))).collect()
            }
            serde_yaml::Value::Mapping(map) => self.map(map, &pointer),
            serde_yaml::Value::Tagged(tagged) => {
                self.refuse(
                    codes::TAG,
                    "YAML tags (`!…`) are not part of the language",
                    &pointer,
                    "",
                );
                self.value(&tagged.value, pointer)
            }
        }
    }

    fn map(&mut self, map: &serde_yaml::Mapping, pointer: &str) -> Value {
        let mut object = Map::new();
        for (key, value) in map {
            let name = match key {
                serde_yaml::Value::String(name) => name.clone(),
                serde_yaml::Value::Number(number) => number.to_string(),
                serde_yaml::Value::Bool(value) => value.to_string(),
                _ => String::new(),
            };
            let at = child(pointer, &name);
            if self.places.get(&at).is_none() || key.is_null() {
                let message = "a key is not text as it stands";
                self.refuse(codes::KEY_NOT_TEXT, message, pointer, "put the key between quotes");
                continue;
            }
            let value = self.value(value, at);
            object.insert(name, value);
        }
        Value::Object(object)
    }

    fn number(&mut self, number: &serde_yaml::Number, pointer: &str) -> Value {
        let written = self.source.slice(self.places.value(pointer));
        if significant_digits(written) <= MAX_PLAIN_DIGITS {
            if let Some(value) = number.as_i64() {
                return Value::from(value);
            }
            if let Some(value) = whole(number) {
                return Value::from(value);
            }
            if let Some(value) = number.as_f64().and_then(Number::from_f64) {
                return Value::Number(value);
            }
        }
        if number.is_finite() {
            let message = format!("a number with more than {MAX_PLAIN_DIGITS} digits is not exact");
            let help = "put the number between quotes";
            self.refuse(codes::NUMBER_NOT_EXACT, &message, pointer, help);
        } else {
            self.refuse(codes::NUMBER_NOT_EXACT, "this is no exact number", pointer, "");
        }
        Value::from(0)
    }

    fn refuse(&mut self, code: crate::diagnostic::Code, message: &str, pointer: &str, help: &str) {
        let finding = Finding::new(code, message).at(self.places.value(pointer));
        self.findings.push(if help.is_empty() { finding } else { finding.help(help) });
    }
}

/// Returns a number without a fraction, such as `5.0`, as a whole one.
fn whole(number: &serde_yaml::Number) -> Option<i64> {
    let shortest = number.to_string();
    shortest.strip_suffix(".0")?.parse().ok()
}

/// Counts the digits of a number as written, without leading zeros and exponent.
fn significant_digits(written: &str) -> usize {
    let mantissa = written.split(['e', 'E']).next().unwrap_or_default();
    mantissa.chars().filter(char::is_ascii_digit).skip_while(|digit| *digit == '0').count()
}
