//! Reads the fields of a form from JSON, and names every wrong one.

use serde_json::{Map, Value as Json};

use super::condition::{Asked, with_dependent};
use super::scalar::{self, Wrong};
use super::{Field, FieldError, FieldKind, MAX_ERRORS, MAX_LIST_ENTRIES, Terms};
use crate::value::{Record, Value};

/// Most characters of an unknown name that a pointer repeats.
const MAX_NAME: usize = 64;

/// How values are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect<'a> {
    /// What they are read by.
    pub(super) terms: Terms<'a>,
    /// Whether they stand in a YAML file, where amounts may be plain numbers.
    pub(super) yaml: bool,
}

/// Where in the values one is, and what was wrong so far.
struct Reading<'a> {
    dialect: Dialect<'a>,
    pointer: String,
    errors: Vec<FieldError>,
}

/// Reads all fields.
pub(super) fn whole(
    fields: &[Field],
    values: &Json,
    dialect: Dialect<'_>,
) -> Result<Record, Vec<FieldError>> {
    let mut reading = Reading { dialect, pointer: String::new(), errors: Vec::new() };
    let record = reading.record(fields, values);
    reading.finish(record)
}

/// Reads the fields that are given.
pub(super) fn some(
    fields: &[Field],
    values: &Json,
    before: &Record,
    dialect: Dialect<'_>,
) -> Result<(Record, Vec<String>), Vec<FieldError>> {
    let mut reading = Reading { dialect, pointer: String::new(), errors: Vec::new() };
    let read = reading.given(fields, values, before);
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

impl Reading<'_> {
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
        let mut wrong = Vec::new();
        for field in fields {
            let given = values.get(&field.name).filter(|value| !is_absent(value));
            match (given, self.asked(field, &record, &wrong)) {
                (Some(_), Some(Asked::No)) => self.not_asked(field),
                (Some(value), _) => {
                    match self.at(&field.name, |reading| reading.value(field, value)) {
                        Some(value) => drop(record.insert(field.name.clone(), value)),
                        None => wrong.push(field.name.as_str()),
                    }
                }
                (None, Some(Asked::Required)) => {
                    self.missing(field);
                    wrong.push(field.name.as_str());
                }
                (None, _) => {}
            }
        }
        self.unknown(fields, values);
        record
    }

    /// Returns what is asked of a field; `None` where that depends on a value that is wrong, or its condition cannot run.
    fn asked(&mut self, field: &Field, form: &Record, wrong: &[&str]) -> Option<Asked> {
        let Terms { form: application, today, .. } = self.dialect.terms;
        if application.is_none() && field.conditions_read().any(|name| wrong.contains(&name)) {
            return None;
        }
        let asked = field.asked(application.unwrap_or(form), today);
        if asked.is_err() {
            self.at(&field.name, |reading| {
                reading.wrong("condition_failed", "whether this is asked cannot be computed");
            });
        }
        asked.ok()
    }

    fn not_asked(&mut self, field: &Field) {
        let message = "is not asked here: leave it out";
        self.at(&field.name, |reading| reading.wrong("not_asked", message));
    }

    fn missing(&mut self, field: &Field) {
        self.at(&field.name, |reading| reading.wrong("required", "must be given"));
    }

    fn given(&mut self, fields: &[Field], values: &Json, before: &Record) -> (Record, Vec<String>) {
        let (mut record, mut removed) = (Record::new(), Vec::new());
        let Some(values) = self.object(values) else { return (record, removed) };
        let mut wrong = Vec::new();
        for field in fields {
            match values.get(&field.name) {
                None => {}
                Some(value) if !is_absent(value) => {
                    match self.at(&field.name, |reading| reading.value(field, value)) {
                        Some(value) => drop(record.insert(field.name.clone(), value)),
                        None => wrong.push(field.name.as_str()),
                    }
                }
                Some(_) if field.may_be_absent() => removed.push(field.name.clone()),
                Some(_) => self.missing(field),
            }
        }
        self.unknown(fields, values);
        self.settle(fields, before, &mut (&mut record, &mut removed), &wrong);
        (record, removed)
    }

    /// Holds what was changed against the conditions that hang on it: what is not asked any more is removed. All others stand as
    /// they did when they were last judged, although days have gone by.
    fn settle(
        &mut self,
        fields: &[Field],
        before: &Record,
        (record, removed): &mut (&mut Record, &mut Vec<String>),
        wrong: &[&str],
    ) {
        let changed = record.keys().chain(removed.iter()).cloned().collect();
        let judged = with_dependent(fields, changed);
        let mut whole = Record::new();
        for field in fields {
            let name = &field.name;
            let kept = before.get(name).filter(|_| !removed.contains(name));
            let value = record.get(name).or(kept).cloned();
            if !judged.contains(name) {
                whole.extend(value.map(|value| (name.clone(), value)));
                continue;
            }
            match (value, self.asked(field, &whole, wrong)) {
                (Some(_), Some(Asked::No)) if record.shift_remove(name).is_some() => {
                    self.not_asked(field);
                }
                (Some(_), Some(Asked::No)) => removed.push(name.clone()),
                (Some(value), _) => drop(whole.insert(name.clone(), value)),
                (None, Some(Asked::Required))
                    if field.is_conditional() && !wrong.contains(&name.as_str()) =>
                {
                    self.missing(field);
                }
                (None, _) => {}
            }
        }
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
            FieldKind::Date { minimum, maximum, no_older_than } => {
                let today = self.dialect.terms.today;
                let oldest = no_older_than.map(|age| age.before(today));
                scalar::date(value, [*minimum, oldest], *maximum)
            }
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
