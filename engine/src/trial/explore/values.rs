//! Values that fit a form: the boundaries of guards first. People, numbers and addresses are nobody's.

use std::collections::{BTreeMap, HashMap};

use annona_definitions::Programme;
use annona_definitions::form::{
    Bounds, Field, FieldKind, FileRules, Form, MAX_LIST_ENTRIES, TextRules,
};
use annona_definitions::guard::{Guard, With};
use annona_definitions::money::Currency;
use annona_definitions::programme::{EligibilityRule, TEST_START};
use annona_definitions::value::Value as Known;
use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value};

use super::chance::Chance;
use super::pattern::matching;

/// Names of nobody in particular.
const NAMES: [&str; 6] =
    ["Ana Silva", "Joseph Mensah", "Mei Tan", "Omar Said", "Priya Nair", "Tomas Novak"];
/// Words of no weight.
const WORDS: [&str; 4] = ["as described", "see the letter", "none", "to be seen"];
/// Most entries of a list that no guard counts.
const MAX_ENTRIES: u64 = 3;
/// Most entries of a list that a guard counts; what is far above was meant for something else beside it.
const MAX_COUNTED: u32 = 12;
/// Multiples at which a compared value is tried: a path may be part of a product.
const MULTIPLES: [i64; 3] = [1, 2, 3];
/// Tries at a text that matches a pattern and has the length asked for.
const MAX_TRIES: usize = 20;

/// What a case holds so far: the form, and the answers of each stage.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub(super) form: Map<String, Value>,
    pub(super) answers: BTreeMap<String, Map<String, Value>>,
}

impl Given {
    /// Returns the number that stands at a path.
    fn number(&self, path: &str) -> Option<Decimal> {
        let (root, name) = path.split_once('.')?;
        let record = if root == "form" { &self.form } else { self.answers.get(root)? };
        match record.get(name)? {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            _ => None,
        }
    }
}

/// Invents values for the forms of a programme.
#[derive(Debug)]
pub(super) struct Inventor<'a> {
    pub(super) programme: &'a Programme,
    /// What guards compare each path with.
    boundaries: HashMap<String, Vec<With>>,
    /// Files that may be named as documents.
    files: &'a [String],
    today: Date,
}

impl<'a> Inventor<'a> {
    /// Prepares to invent; `files` are the names of files beside the definition.
    pub(super) fn new(programme: &'a Programme, files: &'a [String]) -> Self {
        let mut boundaries: HashMap<String, Vec<With>> = HashMap::new();
        for boundary in guards(programme).flat_map(Guard::boundaries) {
            boundaries.entry(boundary.path).or_default().push(boundary.with);
        }
        Self { programme, boundaries, files, today: TEST_START.date() }
    }

    /// Invents a whole form: `root` is `form`, or the stage that asks.
    pub(super) fn form(
        &self,
        root: &str,
        form: &Form,
        given: &Given,
        chance: &mut Chance,
    ) -> Map<String, Value> {
        let fields = form.fields.iter().filter_map(|field| {
            let value = self.field(root, field, given, chance)?;
            Some((field.name.clone(), value))
        });
        fields.collect()
    }

    /// Returns a form without what may be left out, the same each time.
    pub(super) fn plain(&self) -> Map<String, Value> {
        let mut chance = Chance::new(0, 0);
        let needed = self.programme.form.fields.iter().filter(|field| !field.optional);
        let given = Given::default();
        needed
            .map(|field| {
                (field.name.clone(), self.usual(&path("form", field), field, &given, &mut chance))
            })
            .collect()
    }

    /// Invents the value of a field; `None` where it is left out.
    fn field(
        &self,
        root: &str,
        field: &Field,
        given: &Given,
        chance: &mut Chance,
    ) -> Option<Value> {
        if field.optional && chance.percent(30) {
            return None;
        }
        Some(self.value(root, field, given, chance))
    }

    /// Invents a value of a field: one at a boundary more often than not.
    pub(super) fn value(
        &self,
        root: &str,
        field: &Field,
        given: &Given,
        chance: &mut Chance,
    ) -> Value {
        let path = path(root, field);
        if !chance.percent(65) {
            return self.usual(&path, field, given, chance);
        }
        if let FieldKind::List { of, min_length, max_length } = &field.kind {
            let lengths = self.lengths(&path, *min_length, *max_length, given);
            let length = chance.one_of(&lengths).copied().unwrap_or_default();
            return self.list(&path, of, length, given, chance);
        }
        let special = self.special(&path, field, given, chance);
        match chance.one_of(&special) {
            Some(value) => value.clone(),
            None => self.usual(&path, field, given, chance),
        }
    }

    /// Returns the values of a field at which something may change: at, just below and just above what guards compare it with
    /// and what it is limited to; every option.
    pub(super) fn special(
        &self,
        path: &str,
        field: &Field,
        given: &Given,
        chance: &mut Chance,
    ) -> Vec<Value> {
        match &field.kind {
            FieldKind::Integer(bounds) => {
                let values = self.numbers(path, bounds, given, Decimal::ONE);
                values.into_iter().filter_map(|value| value.to_i64().map(Value::from)).collect()
            }
            FieldKind::Number(bounds) => {
                written(self.numbers(path, bounds, given, Decimal::new(1, 2)))
            }
            FieldKind::Money(bounds) => {
                let decimals = self.programme.currency.map_or(2, Currency::decimals);
                written(self.numbers(path, bounds, given, Decimal::new(1, decimals)))
            }
            FieldKind::Date { minimum, maximum, no_older_than } => {
                let oldest = no_older_than.map(|age| age.before(self.today));
                self.dates(path, (*minimum).max(oldest), *maximum)
            }
            FieldKind::YesNo => vec![Value::Bool(true), Value::Bool(false)],
            FieldKind::Choice(options) => {
                options.iter().map(|option| Value::from(option.id.as_str())).collect()
            }
            FieldKind::Text(rules) | FieldKind::LongText(rules) => self.texts(path, rules),
            FieldKind::List { of, min_length, max_length } => {
                let lengths = self.lengths(path, *min_length, *max_length, given).into_iter();
                lengths.map(|length| self.list(path, of, length, given, chance)).collect()
            }
            FieldKind::Phone | FieldKind::Email | FieldKind::File(_) => Vec::new(),
        }
    }

    /// Invents a value that is nothing special.
    pub(super) fn usual(
        &self,
        path: &str,
        field: &Field,
        given: &Given,
        chance: &mut Chance,
    ) -> Value {
        match &field.kind {
            FieldKind::Text(rules) | FieldKind::LongText(rules) => {
                let is_name = self.programme.contact.name.as_deref() == Some(&field.name)
                    || field.name.contains("name");
                text(rules, is_name, chance).into()
            }
            FieldKind::Integer(bounds) => {
                let number = number(bounds, Decimal::ONE, chance);
                Value::from(number.to_i64().unwrap_or_default())
            }
            FieldKind::Number(bounds) | FieldKind::Money(bounds) => {
                number(bounds, Decimal::ONE, chance).to_string().into()
            }
            FieldKind::Date { minimum, maximum, no_older_than } => {
                let minimum = (*minimum).max(no_older_than.map(|age| age.before(self.today)));
                let days = i64::try_from(chance.below(60 * 365)).unwrap_or_default();
                let date = self.today.saturating_sub(days.days());
                let date = minimum.map_or(date, |minimum| date.max(minimum));
                maximum.map_or(date, |maximum| date.min(maximum)).to_string().into()
            }
            FieldKind::YesNo => chance.percent(70).into(),
            FieldKind::Phone => format!("+447700900{:03}", chance.below(1_000)).into(),
            FieldKind::Email => format!("person{}@example.org", chance.below(100)).into(),
            FieldKind::Choice(options) => {
                chance.one_of(options).map_or(Value::Null, |option| option.id.as_str().into())
            }
            FieldKind::List { of, min_length, max_length } => {
                let fewest = min_length.unwrap_or(0);
                let length = fewest + u32::try_from(chance.below(MAX_ENTRIES)).unwrap_or(0);
                let length = length.min(max_length.unwrap_or(length));
                self.list(path, of, length, given, chance)
            }
            FieldKind::File(rules) => self.file(rules).into(),
        }
    }

    /// Returns the lengths of a list at which something may change.
    fn lengths(
        &self,
        path: &str,
        fewest: Option<u32>,
        most: Option<u32>,
        given: &Given,
    ) -> Vec<u32> {
        let fewest = fewest.unwrap_or(0);
        let most = most.unwrap_or(MAX_LIST_ENTRIES).min(fewest.max(MAX_COUNTED));
        let counted = self.numbers(path, &Bounds::default(), given, Decimal::ONE);
        let mut lengths = vec![fewest];
        for length in counted.into_iter().filter_map(|length| length.to_u32()) {
            if (fewest..=most).contains(&length) && !lengths.contains(&length) {
                lengths.push(length);
            }
        }
        lengths
    }

    fn list(
        &self,
        path: &str,
        of: &[Field],
        length: u32,
        given: &Given,
        chance: &mut Chance,
    ) -> Value {
        let form = Form { fields: of.to_vec() };
        (0..length).map(|_| Value::Object(self.form(path, &form, given, chance))).collect()
    }

    /// Returns the name of a file that is there and of an accepted type, else one that would be.
    fn file(&self, rules: &FileRules) -> String {
        let accepted = |name: &str| {
            let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
            let ending = if ending == "jpeg" { "jpg" } else { &ending };
            rules.accept.iter().any(|accepted| accepted.as_str() == ending)
        };
        let there = self.files.iter().find(|name| accepted(name));
        let ending = rules.accept.first().map_or("pdf", |accepted| accepted.as_str());
        there.cloned().unwrap_or_else(|| format!("sample.{ending}"))
    }

    fn compared(&self, path: &str) -> &[With] {
        self.boundaries.get(path).map_or(&[], Vec::as_slice)
    }

    /// Returns the numbers around what a path is compared with and limited to, within its limits.
    fn numbers(&self, path: &str, bounds: &Bounds, given: &Given, step: Decimal) -> Vec<Decimal> {
        let mut centres: Vec<Decimal> = Vec::new();
        for with in self.compared(path) {
            let value = match with {
                With::Value(Known::Integer(number)) => Some(Decimal::from(*number)),
                With::Value(Known::Number(number) | Known::Money(number)) => Some(*number),
                With::Value(_) => None,
                With::Path(other) => given.number(other),
            };
            let Some(value) = value else { continue };
            let multiples =
                MULTIPLES.iter().map(|multiple| value.saturating_mul((*multiple).into()));
            centres.extend(multiples);
        }
        centres.extend(bounds.minimum);
        centres.extend(bounds.maximum);
        let places = step.scale();
        let is_free =
            bounds.minimum.is_none() && bounds.maximum.is_none_or(|most| !most.is_sign_negative());
        // Nothing at all is where amounts and divisors fail first.
        let mut numbers = Vec::from_iter(is_free.then_some(Decimal::ZERO));
        for centre in centres {
            // What is compared may have more decimals than the field.
            for number in [centre.trunc_with_scale(places), centre] {
                for number in [number - step, number, number + step] {
                    let number = number.trunc_with_scale(places);
                    let fits = bounds.minimum.is_none_or(|minimum| number >= minimum)
                        && bounds.maximum.is_none_or(|maximum| number <= maximum);
                    if fits && !numbers.contains(&number) {
                        numbers.push(number);
                    }
                }
            }
        }
        numbers
    }

    /// Returns the dates around what a path is compared with: dates, and so many years, months or days from today.
    fn dates(&self, path: &str, minimum: Option<Date>, maximum: Option<Date>) -> Vec<Value> {
        let mut centres = vec![self.today];
        for with in self.compared(path) {
            let count = match with {
                With::Value(Known::Date(date)) => {
                    centres.push(*date);
                    continue;
                }
                With::Value(Known::Integer(number)) => i32::try_from(*number).ok(),
                With::Value(Known::Number(number)) => number.to_i32(),
                _ => None,
            };
            let Some(count) = count.filter(|count| (0..1_000).contains(count)) else { continue };
            for span in [count.years(), count.months(), count.days()] {
                centres.push(self.today.saturating_sub(span));
                centres.push(self.today.saturating_add(span));
            }
        }
        centres.extend(minimum);
        centres.extend(maximum);
        let mut dates = Vec::new();
        for centre in centres {
            for date in [centre.saturating_sub(1.day()), centre, centre.saturating_add(1.day())] {
                let fits = minimum.is_none_or(|minimum| date >= minimum)
                    && maximum.is_none_or(|maximum| date <= maximum);
                let date = Value::from(date.to_string());
                if fits && !dates.contains(&date) {
                    dates.push(date);
                }
            }
        }
        dates
    }

    fn texts(&self, path: &str, rules: &TextRules) -> Vec<Value> {
        let texts = self.compared(path).iter().filter_map(|with| match with {
            With::Value(Known::Text(text)) => Some(text),
            _ => None,
        });
        texts.filter(|text| fits(rules, text)).map(|text| text.as_str().into()).collect()
    }
}

/// Returns every guard of a programme.
fn guards(programme: &Programme) -> impl Iterator<Item = &Guard> {
    let rules = programme.eligibility.iter().filter_map(|rule| match &rule.rule {
        EligibilityRule::Require(guard) => Some(guard),
        EligibilityRule::OncePer { .. } => None,
    });
    let of_stages = programme.stages.iter().flat_map(|stage| {
        let routes = stage.role_if.iter().map(|(_, guard)| guard);
        stage.skip_if.iter().chain(&stage.approve_if).chain(routes)
    });
    let voucher = programme
        .voucher
        .iter()
        .flat_map(|rules| std::iter::once(&rules.amount).chain(&rules.ceiling));
    let forms = std::iter::once(&programme.form)
        .chain(programme.stages.iter().map(|stage| &stage.asks))
        .flat_map(|form| &form.fields)
        .flat_map(|field| field.show_if.iter().chain(&field.required_if));
    rules.chain(of_stages).chain(voucher).chain(forms)
}

pub(super) fn path(root: &str, field: &Field) -> String {
    format!("{root}.{}", field.name)
}

fn written(numbers: Vec<Decimal>) -> Vec<Value> {
    numbers.into_iter().map(|number| number.normalize().to_string().into()).collect()
}

/// Invents a whole number within bounds.
fn number(bounds: &Bounds, step: Decimal, chance: &mut Chance) -> Decimal {
    let sizes = [10, 100, 1_000, 10_000, 100_000];
    let size = chance.one_of(&sizes).copied().unwrap_or(100);
    let least = bounds.minimum.unwrap_or(Decimal::ZERO).ceil();
    let number = least + Decimal::from(chance.below(size)) * step;
    match bounds.maximum {
        Some(most) if number > most => {
            let room = (most - least).to_u64().unwrap_or(0);
            least + Decimal::from(chance.below(room.saturating_add(1)))
        }
        _ => number,
    }
}

fn text(rules: &TextRules, is_name: bool, chance: &mut Chance) -> String {
    if let Some(pattern) = &rules.pattern {
        for _ in 0..MAX_TRIES {
            if let Some(text) = matching(pattern.as_str(), chance)
                && fits(rules, &text)
            {
                return text;
            }
        }
    }
    let words: &[&str] = if is_name { &NAMES } else { &WORDS };
    let mut text = chance.one_of(words).copied().unwrap_or_default().to_owned();
    let fewest = usize::try_from(rules.min_length.unwrap_or(0)).unwrap_or(usize::MAX);
    while text.chars().count() < fewest {
        text.push_str(" and more");
    }
    let most = usize::try_from(rules.max_length.unwrap_or(u32::MAX)).unwrap_or(usize::MAX);
    let text: String = text.chars().take(most).collect();
    text.trim_end().to_owned()
}

fn fits(rules: &TextRules, text: &str) -> bool {
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    !text.trim().is_empty()
        && rules.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        && rules.min_length.is_none_or(|fewest| length >= fewest)
        && rules.max_length.is_none_or(|most| length <= most)
}
