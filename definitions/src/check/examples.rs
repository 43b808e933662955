//! Examples: applications in the shape of the form.
//!
//! The file writes amounts as numbers and yes or no as words; the form reads them as the API sends them.

use indexmap::IndexMap;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::Check;
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::form::{Field, FieldKind, Form, Terms};
use crate::programme::TEST_START;
use crate::yaml::child;

impl Check<'_> {
    /// Takes the examples, as the form reads them.
    pub(super) fn examples(&mut self, form: &Form) -> IndexMap<String, Value> {
        let file = self.file;
        let mut examples = IndexMap::new();
        for (name, values) in &file.examples {
            let pointer = child("/examples", name);
            self.plain_name(name, self.places.key(&pointer));
            let values = Value::Object(as_sent(&form.fields, values));
            self.fits(form, &values, TEST_START.date(), |path| format!("{pointer}{path}"));
            examples.insert(name.clone(), values);
        }
        examples
    }

    /// Reports what of some values does not fit the form; `place` gives the pointer in the file.
    pub(super) fn fits(
        &mut self,
        form: &Form,
        values: &Value,
        today: Date,
        place: impl Fn(&str) -> String,
    ) {
        // Fields that could not be understood would be missed here a second time.
        if form.fields.len() != self.written_names("/form").len() {
            return;
        }
        let Err(errors) = form.read(values, self.terms(today)) else { return };
        for error in errors {
            let pointer = place(&error.pointer);
            let name = error.pointer.trim_start_matches('/');
            let unknown = error.code == "unknown_field";
            let at = if unknown { self.places.key(&pointer) } else { self.places.value(&pointer) };
            let message = format!("{}: {}", quoted(name), error.message);
            let mut finding = Finding::new(codes::BAD_EXAMPLE, message).at(at);
            if unknown && !name.contains('/') {
                let known = self.written_names("/form");
                finding = finding
                    .label(format!("fields: {}", listed(known.iter().copied())))
                    .did_you_mean(likely(name, known.iter().copied()));
            }
            self.report(finding);
        }
    }

    /// Returns what the form's values are read by on some day.
    pub(super) fn terms(&self, today: Date) -> Terms<'static> {
        Terms { currency: self.currency, today, form: None }
    }
}

/// Returns values as the API sends them: amounts as text, plain yes and no as such.
pub(super) fn as_sent(fields: &[Field], values: &Map<String, Value>) -> Map<String, Value> {
    values
        .iter()
        .map(|(name, value)| {
            let field = fields.iter().find(|field| field.name == *name);
            let value =
                field.map_or_else(|| value.clone(), |field| value_as_sent(&field.kind, value));
            (name.clone(), value)
        })
        .collect()
}

/// Returns one value as the API sends it.
pub(super) fn value_as_sent(kind: &FieldKind, value: &Value) -> Value {
    match (kind, value) {
        (FieldKind::Money(_), Value::Number(number)) => Value::String(number.to_string()),
        (FieldKind::YesNo, Value::String(word)) if word == "yes" => Value::Bool(true),
        (FieldKind::YesNo, Value::String(word)) if word == "no" => Value::Bool(false),
        (FieldKind::List { of, .. }, Value::Array(entries)) => entries
            .iter()
            .map(|entry| match entry {
                Value::Object(values) => Value::Object(as_sent(of, values)),
                other => other.clone(),
            })
            .collect(),
        _ => value.clone(),
    }
}
