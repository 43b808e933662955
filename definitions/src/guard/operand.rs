//! The values that expressions compute with, on their way into and out of rhai.
//!
//! An amount is a type of its own, so that an amount times an amount is refused; a date is never a text.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rhai::{Dynamic, ImmutableString, Map};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::money::grouped;
use crate::value::{Record, Value};

/// Most characters of a text that an explanation repeats.
const MAX_SHOWN_TEXT: usize = 80;

/// Most decimal places that an explanation shows.
const MAX_SHOWN_PLACES: u32 = 6;

/// Key of a stage's map that says whether the stage was decided; no expression can name it.
const DECIDED: &str = "";

/// An amount in the programme's currency, as rhai carries it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amount(pub(super) Decimal);

/// The entries of a list field, shared rather than converted: most are only counted or added up.
#[derive(Debug, Clone)]
pub(super) struct Entries {
    records: Arc<Vec<Record>>,
    /// Fields that hold amounts: their sum is an amount even over no entries.
    amounts: Vec<String>,
}

/// One entry of a list field, as a function sees it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    entries: Entries,
    index: usize,
}

impl Entries {
    /// Makes the entries of a list, some of whose fields are known to hold amounts.
    pub(super) fn new(records: Arc<Vec<Record>>, amounts: Vec<String>) -> Self {
        Self { records, amounts }
    }

    /// Returns the entries.
    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Returns the sum of a field over no entries.
    pub(super) fn nothing_of(&self, field: &str) -> Operand {
        if self.amounts.iter().any(|amount| amount == field) {
            Operand::Amount(Decimal::ZERO)
        } else {
            Operand::Whole(0)
        }
    }

    /// Returns the entry at an index from 0.
    pub(super) fn entry(&self, index: i64) -> Option<Entry> {
        let index = usize::try_from(index).ok().filter(|index| *index < self.records.len())?;
        Some(Entry { entries: self.clone(), index })
    }
}

impl IntoIterator for Entries {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        let entries = (0..self.records.len()).map(|index| Entry { entries: self.clone(), index });
        entries.collect::<Vec<_>>().into_iter()
    }
}

impl Entry {
    /// Returns a field; nothing where it has no value.
    pub(super) fn field(&self, name: &str) -> Dynamic {
        let record = self.entries.records.get(self.index);
        record.and_then(|record| record.get(name)).map_or(Dynamic::UNIT, to_dynamic)
    }
}

/// An uploaded document: it can be there or not, nothing else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document;

/// What one side of an operator is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// No value.
    Nothing,
    /// True or false.
    Truth(bool),
    /// Text, or the id of an option.
    Text(ImmutableString),
    /// A whole number.
    Whole(i64),
    /// An exact decimal.
    Plain(Decimal),
    /// An amount.
    Amount(Decimal),
    /// A calendar date.
    Day(Date),
    /// An instant.
    Instant(Timestamp),
    /// Something operators do not work on: what people call it.
    Other(&'static str),
}

impl Operand {
    /// Reads what rhai holds.
    pub(super) fn of(value: &Dynamic) -> Self {
        if value.is_unit() {
            Self::Nothing
        } else if let Ok(truth) = value.as_bool() {
            Self::Truth(truth)
        } else if let Ok(whole) = value.as_int() {
            Self::Whole(whole)
        } else if let Ok(plain) = value.as_decimal() {
            Self::Plain(plain)
        } else if let Some(amount) = value.read_lock::<Amount>() {
            Self::Amount(amount.0)
        } else if let Ok(text) = value.as_immutable_string_ref() {
            Self::Text(text.clone())
        } else if let Some(day) = value.read_lock::<Date>() {
            Self::Day(*day)
        } else if let Some(instant) = value.read_lock::<Timestamp>() {
            Self::Instant(*instant)
        } else if value.is_array() || value.read_lock::<Entries>().is_some() {
            Self::Other("a list")
        } else if value.is_map() || value.read_lock::<Entry>().is_some() {
            Self::Other("a group of values")
        } else if value.read_lock::<Document>().is_some() {
            Self::Other("a document")
        } else {
            Self::Other("something else")
        }
    }

    /// Reads a value of a field.
    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Integer(whole) => Self::Whole(*whole),
            Value::Number(number) => Self::Plain(*number),
            Value::Money(amount) => Self::Amount(*amount),
            other => Self::of(&to_dynamic(other)),
        }
    }

    /// Reads a limit: a whole one counts days, places or entries as a number of the form does.
    pub(super) fn of_limit(number: Decimal) -> Self {
        let whole = if number.is_integer() { number.to_i64() } else { None };
        whole.map_or(Self::Plain(number), Self::Whole)
    }

    /// Returns what rhai is to hold; a thing that is [`Operand::Other`] comes back as nothing.
    pub(super) fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Nothing | Self::Other(_) => Dynamic::UNIT,
            Self::Truth(truth) => truth.into(),
            Self::Text(text) => text.into(),
            Self::Whole(whole) => whole.into(),
            Self::Plain(plain) => Dynamic::from_decimal(plain),
            Self::Amount(amount) => Dynamic::from(Amount(amount)),
            Self::Day(day) => Dynamic::from(day),
            Self::Instant(instant) => Dynamic::from(instant),
        }
    }

    /// Returns the number, whatever its kind.
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Whole(whole) => Some(Decimal::from(*whole)),
            Self::Plain(number) | Self::Amount(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns what people call it: `a text`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "no value",
            Self::Truth(_) => "yes or no",
            Self::Text(_) => "a text",
            Self::Whole(_) | Self::Plain(_) => "a number",
            Self::Amount(_) => "an amount",
            Self::Day(_) => "a date",
            Self::Instant(_) => "an instant",
            Self::Other(name) => name,
        }
    }
}

/// Writes a value as an explanation shows it.
pub(super) fn show(value: &Dynamic) -> String {
    match Operand::of(value) {
        Operand::Nothing => "no value".to_owned(),
        Operand::Truth(truth) => truth.to_string(),
        Operand::Text(text) => shortened(&text),
        Operand::Whole(whole) => grouped(&Decimal::from(whole)),
        Operand::Plain(number) | Operand::Amount(number) => rounded_down(&number),
        Operand::Day(day) => day.to_string(),
        Operand::Instant(instant) => instant.to_string(),
        Operand::Other("a list") => match length(value) {
            Some(1) => "1 entry".to_owned(),
            count => format!("{} entries", count.unwrap_or_default()),
        },
        Operand::Other(name) => name.to_owned(),
    }
}

/// Returns the length of a list.
pub(super) fn length(list: &Dynamic) -> Option<usize> {
    match list.read_lock::<Entries>() {
        Some(entries) => Some(entries.records.len()),
        None => list.as_array_ref().ok().map(|list| list.len()),
    }
}

/// Writes a number with few places; an ellipsis stands for those left out.
fn rounded_down(number: &Decimal) -> String {
    if number.scale() <= MAX_SHOWN_PLACES {
        return grouped(number);
    }
    let shown = number.trunc_with_scale(MAX_SHOWN_PLACES);
    let more = if shown == *number { "" } else { "…" };
    format!("{}{more}", grouped(&shown))
}

/// Writes a text in quotes, cut where it is long.
fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let shown: String = characters.by_ref().take(MAX_SHOWN_TEXT).collect();
    let more = if characters.next().is_some() { "…" } else { "" };
    format!("\"{shown}{more}\"")
}

/// Converts a value of a field for rhai.
pub(super) fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Integer(whole) => (*whole).into(),
        Value::Number(number) => Dynamic::from_decimal(*number),
        Value::Money(amount) => Dynamic::from(Amount(*amount)),
        Value::Date(day) => Dynamic::from(*day),
        Value::YesNo(truth) => (*truth).into(),
        Value::List(entries) => list_of(entries, Vec::new()),
        Value::File(_) => Dynamic::from(Document),
    }
}

/// Converts the entries of a list, some of whose fields are known to hold amounts.
pub(super) fn list_of(entries: &[Record], amounts: Vec<String>) -> Dynamic {
    Dynamic::from(Entries::new(Arc::new(entries.to_vec()), amounts))
}

/// Converts a result back; nothing, lists and documents are no results.
pub(super) fn from_dynamic(value: &Dynamic) -> Result<Value, String> {
    match Operand::of(value) {
        Operand::Truth(truth) => Ok(Value::YesNo(truth)),
        Operand::Text(text) => Ok(Value::Text(text.to_string())),
        Operand::Whole(whole) => Ok(Value::Integer(whole)),
        Operand::Plain(number) => Ok(Value::Number(number)),
        Operand::Amount(amount) => Ok(Value::Money(amount)),
        Operand::Day(day) => Ok(Value::Date(day)),
        Operand::Instant(_) => Err("an instant is no result".to_owned()),
        Operand::Nothing => Err("the result has no value".to_owned()),
        Operand::Other(name) => Err(format!("{name} is no result")),
    }
}

/// Marks a stage's answers as given, or the stage as not decided.
pub(super) fn mark_decided(stage: &mut Map, decided: bool) {
    stage.insert(DECIDED.into(), decided.into());
}

/// Returns whether a value is there: a stage was decided, a field has a value.
pub(super) fn is_there(value: &Dynamic) -> bool {
    if value.is_unit() {
        return false;
    }
    let decided = value
        .as_map_ref()
        .ok()
        .and_then(|stage| stage.get(DECIDED).and_then(|decided| decided.as_bool().ok()));
    decided.unwrap_or(true)
}
