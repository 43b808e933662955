//! Reads the fields of a form from JSON, and names every wrong one.

use serde_json::{Map, Value as Json};

use super::scalar::{self, Wrong};
use super::{Field, FieldError, FieldKind, MAX_ERRORS, MAX_LIST_ENTRIES};
use crate::money::Currency;
use crate::value::{Record, Value};

/// Most characters of an unknown name that a pointer repeats.
const MAX_NAME: usize = 64;

/// How values are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// Currency of the amounts.
    pub(super) currency: Option<Currency>,
    /// Whether they stand in a YAML file, where amounts may be plain numbers.
    pub(super) yaml: bool,
}

/// Where in the values one is, and what was wrong so far.
struct Reading {
    dialect: Dialect,
    pointer: String,
    errors: Vec<FieldError>,
}

/// Reads all fields.
pub(super) fn whole(
    fields: &[Field],
    values: &Json,
    dialect: Dialect,
) -> Result<Record, Vec<FieldError>> {
    let mut reading = Reading { dialect, pointer: String::new(), errors: Vec::new() };
    let record = reading.record(fields, values);
    reading.finish(record)
}

/// Reads the fields that are given.
pub(super) fn some(
    fields: &[Field],
    values: &Json,
    dialect: Dialect,
) -> Result<(Record, Vec<String>), Vec<FieldError>> {
    let mut reading = Reading { dialect, pointer: String::new(), errors: Vec::new() };
    let read = reading.given(fields, values);
    reading.finish(read)
}

/// Returns whether a value is none: `null` or a text of nothing but white space.
fn is_absent(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

impl Reading {
    fn finish<T>(mut self, read: T) -> Result<T, Vec<FieldError>> {
        if self.errors.is_empty() {
            return Ok(read);
        }
        self.errors.truncate(MAX_ERRORS);
        Err(self.errors)
    }

    fn wrong(&mut self, code: &'static str, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            let pointer = self.pointer.clone();
            self.errors.push(FieldError { pointer, code, message: message.into() });
        }
    }

    /// Does something one step deeper.
    fn at<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        self.pointer.push('/');
        let name: String = name.chars().take(MAX_NAME).collect();
        self.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let result = read(self);
        self.pointer.truncate(length);
        result
    }

    fn object<'a>(&mut self, values: &'a Json) -> Option<&'a Map<String, Json>> {
        let object = values.as_object();
        if object.is_none() {
            self.wrong("wrong_type", "must be an object with the fields of the form");
        }
        object
    }

    fn record(&mut self, fields: &[Field], values: &Json) -> Record {
        let Some(values) = self.object(values) else { return Record::new() };
        let mut record = Record::new();
        for field in fields {
            match values.get(&field.name) {
                Some(value) if !is_absent(value) => {
                    if let Some(value) = self.at(&field.name, |reading| reading.value(field, value))
                    {
                        record.insert(field.name.clone(), value);
                    }
                }
                _ if field.optional => {}
                _ => self.at(&field.name, |reading| reading.wrong("required", "must be given")),
            }
        }
        self.unknown(fields, values);
        record
    }

    fn given(&mut self, fields: &[Field], values: &Json) -> (Record, Vec<String>) {
        let (mut record, mut removed) = (Record::new(), Vec::new());
        let Some(values) = self.object(values) else { return (record, removed) };
        for field in fields {
            match values.get(&field.name) {
                None => {}
                Some(value) if !is_absent(value) => {
                    if let Some(value) = self.at(&field.name, |reading| reading.value(field, value))
                    {
                        record.insert(field.name.clone(), value);
                    }
                }
                Some(_) if field.optional => removed.push(field.name.clone()),
                Some(_) => {
                    self.at(&field.name, |reading| reading.wrong("required", "must be given"));
                }
            }
        }
        self.unknown(fields, values);
        (record, removed)
    }

    fn unknown(&mut self, fields: &[Field], values: &Map<String, Json>) {
        for name in values.keys() {
            if !fields.iter().any(|field| field.name == *name) {
                self.at(name, |reading| {
                    reading.wrong("unknown_field", "is not a field of this form");
                });
            }
        }
    }

    fn value(&mut self, field: &Field, value: &Json) -> Option<Value> {
        let read = match &field.kind {
            FieldKind::List { of, min_length, max_length } => {
                return self.list(of, *min_length, *max_length, value);
            }
            FieldKind::Text(rules) => scalar::text(value, rules, false),
            FieldKind::LongText(rules) => scalar::text(value, rules, true),
            FieldKind::Integer(bounds) => scalar::integer(value, bounds),
            FieldKind::Number(bounds) => scalar::number(value, bounds),
            FieldKind::Money(bounds) => scalar::money(value, bounds, self.dialect),
            FieldKind::Date { minimum, maximum } => scalar::date(value, *minimum, *maximum),
            FieldKind::YesNo => scalar::yes_no(value, self.dialect),
            FieldKind::Phone => scalar::phone(value),
            FieldKind::Email => scalar::email(value),
            FieldKind::Choice(options) => scalar::choice(value, options),
            FieldKind::File(_) => scalar::file(value),
        };
        self.kept(read)
    }

    fn kept(&mut self, read: Result<Value, Wrong>) -> Option<Value> {
        match read {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.wrong(code, message);
                None
            }
        }
    }

    fn list(
        &mut self,
        of: &[Field],
        fewest: Option<u32>,
        most: Option<u32>,
        value: &Json,
    ) -> Option<Value> {
        let Json::Array(entries) = value else {
            self.wrong("wrong_type", "must be a list");
            return None;
        };
        let most = most.map_or(MAX_LIST_ENTRIES, |most| most.min(MAX_LIST_ENTRIES));
        if entries.len() > most as usize {
            self.wrong("too_long", format!("must have at most {most} entries"));
            return None;
        }
        if let Some(fewest) = fewest
            && entries.len() < fewest as usize
        {
            self.wrong("too_short", format!("must have at least {fewest} entries"));
        }
        let read = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| self.at(&index.to_string(), |reading| reading.record(of, entry)))
            .collect();
        Some(Value::List(read))
    }
}
