//! Checks an expression against what its paths hold, before any application exists.
//!
//! Runs the operators and functions themselves over one sample of each type, so that a check and an evaluation cannot disagree.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rhai::Dynamic;
use rust_decimal::Decimal;

use super::compiler::Compiled;
use super::library::ParameterType;
use super::node::{Kind, Node};
use super::operand::{self, Amount, Document, Entries, Operand};
use super::operator::{self, Operator};
use super::{GuardError, Limit, function, refused};
use crate::form::{Field, FieldKind};
use crate::value::Record;

/// The type of a value in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueType {
    /// Yes or no; also the result of a comparison.
    YesNo,
    /// A text.
    Text,
    /// One of these options.
    Choice(Vec<String>),
    /// A whole number.
    Integer,
    /// A decimal.
    Number,
    /// An amount.
    Money,
    /// A date.
    Date,
    /// An instant.
    Instant,
    /// A list whose entries have these fields; the second says whether one may have no value.
    List(Vec<(String, bool, ValueType)>),
    /// A document.
    Document,
    /// Not known: the result of a function without a type line.
    Unknown,
}

/// When a path has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Always,
    /// Whenever its stage was decided: a required answer of a stage that may be skipped or passed.
    IfDecided,
    /// Perhaps.
    Optional,
}

/// What a path holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its type.
    pub kind: ValueType,
    /// When it has a value.
    pub presence: Presence,
}

impl Declared {
    /// Returns what a field of the form, or of a stage that is always decided, holds.
    #[must_use]
    pub fn of(field: &Field) -> Self {
        let presence = if field.optional { Presence::Optional } else { Presence::Always };
        Self { kind: ValueType::of(&field.kind), presence }
    }
}

impl ValueType {
    fn of(kind: &FieldKind) -> Self {
        match kind {
            FieldKind::Text(_) | FieldKind::LongText(_) | FieldKind::Phone | FieldKind::Email => {
                Self::Text
            }
            FieldKind::Integer(_) => Self::Integer,
            FieldKind::Number(_) => Self::Number,
            FieldKind::Money(_) => Self::Money,
            FieldKind::Date { .. } => Self::Date,
            FieldKind::YesNo => Self::YesNo,
            FieldKind::Choice(options) => {
                Self::Choice(options.iter().map(|option| option.id.clone()).collect())
            }
            FieldKind::List { of, .. } => Self::List(
                of.iter()
                    .map(|field| (field.name.clone(), field.optional, Self::of(&field.kind)))
                    .collect(),
            ),
            FieldKind::File(_) => Self::Document,
        }
    }

    /// Returns whether the type is a number of any kind.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Money)
    }

    fn of_parameter(kind: ParameterType) -> Self {
        match kind {
            ParameterType::Text => Self::Text,
            ParameterType::Integer => Self::Integer,
            ParameterType::Number => Self::Number,
            ParameterType::Money => Self::Money,
            ParameterType::Date => Self::Date,
            ParameterType::YesNo => Self::YesNo,
            ParameterType::List => Self::List(Vec::new()),
        }
    }

    /// Returns a value of the type, for the operators to try.
    fn sample(&self) -> Dynamic {
        match self {
            Self::YesNo => true.into(),
            Self::Text | Self::Choice(_) => "a".into(),
            Self::Integer => 1_i64.into(),
            Self::Number => Dynamic::from_decimal(Decimal::ONE),
            Self::Money => Dynamic::from(Amount(Decimal::ONE)),
            Self::Date => Dynamic::from(Date::constant(2000, 1, 1)),
            Self::Instant => Dynamic::from(Timestamp::UNIX_EPOCH),
            Self::List(fields) => {
                let entry: Record = fields
                    .iter()
                    .filter_map(|(name, _, kind)| {
                        operand::from_dynamic(&kind.sample())
                            .ok()
                            .map(|value| (name.clone(), value))
                    })
                    .collect();
                Dynamic::from(Entries(Arc::new(vec![entry])))
            }
            Self::Document => Dynamic::from(Document),
            Self::Unknown => Dynamic::UNIT,
        }
    }

    fn of_sample(value: &Dynamic) -> Self {
        match Operand::of(value) {
            Operand::Truth(_) => Self::YesNo,
            Operand::Text(_) => Self::Text,
            Operand::Whole(_) => Self::Integer,
            Operand::Plain(_) => Self::Number,
            Operand::Amount(_) => Self::Money,
            Operand::Day(_) => Self::Date,
            Operand::Instant(_) => Self::Instant,
            Operand::Nothing | Operand::Other(_) => Self::Unknown,
        }
    }

    /// Returns whether a value of this type may be given where `wanted` is asked for.
    fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Unknown, _)
            | (_, Self::Unknown)
            | (Self::Choice(_), Self::Text)
            | (Self::List(_), Self::List(_))
            | (Self::Integer, Self::Number | Self::Money)
            | (Self::Number, Self::Money) => true,
            _ => self == wanted,
        }
    }

    /// Returns the type of a value that is of one of two types.
    fn or(self, other: Self) -> Self {
        if other.fits(&self) {
            return self;
        }
        if self.fits(&other) { other } else { Self::Unknown }
    }
}

/// The paths that are known to have a value at some point of an expression.
type Present = BTreeSet<String>;

/// Checks one expression.
pub(super) struct Check<'a, D> {
    pub(super) compiled: &'a Compiled,
    /// What the caller declares of a path; `None`: it reports the unknown name itself.
    pub(super) declared: D,
    pub(super) errors: Vec<GuardError>,
}

impl<D: Fn(&str) -> Option<Declared>> Check<'_, D> {
    /// Returns the type of a part that needs a value.
    pub(super) fn value(&mut self, part: &Node, present: &Present) -> ValueType {
        if let Kind::Path(path) = &part.kind {
            if self.may_be_absent(path, present) {
                let help = format!("test it first with `has({path})`, or write `{path} ?? …`");
                let message = format!("`{path}` may have no value");
                self.errors
                    .push(GuardError { help: Some(help), ..refused(message, part.span.clone()) });
            }
            return self.path(path);
        }
        match &part.kind {
            Kind::Path(_) => ValueType::Unknown,
            Kind::Literal => {
                part.literal().map_or(ValueType::Unknown, |value| ValueType::of_sample(&value))
            }
            Kind::Entry { table, key } => self.entry(table, key, present),
            Kind::And(parts) => self.conditions(parts, true, present),
            Kind::Or(parts) => self.conditions(parts, false, present),
            Kind::Coalesce(parts) => self.coalesce(parts, present),
            Kind::Not(inner) => {
                let of_inner = self.value(inner, present);
                self.tried(&of_inner, &part.span, operator::not)
            }
            Kind::Negate(inner) => {
                let of_inner = self.value(inner, present);
                self.tried(&of_inner, &part.span, operator::negate)
            }
            Kind::Binary(operator, sides) => self.binary(*operator, sides, part, present),
            Kind::In(needle, list) => {
                for item in list {
                    self.pair(Operator::Equal, needle, item, &part.span, present);
                }
                ValueType::YesNo
            }
            Kind::Call(name, arguments) => self.call(name, arguments, part, present),
            Kind::If(parts) => {
                self.condition(&parts.0, present);
                let then = self.value(&parts.1, &with(present, &parts.0, true));
                let otherwise = self.value(&parts.2, &with(present, &parts.0, false));
                then.or(otherwise)
            }
        }
    }

    fn may_be_absent(&self, path: &str, present: &Present) -> bool {
        if present.contains(path) {
            return false;
        }
        let stage = path.split('.').next().unwrap_or_default();
        match (self.declared)(path).map(|declared| declared.presence) {
            Some(Presence::Optional) => true,
            Some(Presence::IfDecided) => !present.contains(stage),
            Some(Presence::Always) | None => false,
        }
    }

    fn path(&self, path: &str) -> ValueType {
        match path {
            "today" => ValueType::Date,
            "now" => ValueType::Instant,
            _ if path.starts_with("limits.") => ValueType::Number,
            _ if !path.contains('.') => ValueType::YesNo,
            _ => (self.declared)(path).map_or(ValueType::Unknown, |declared| declared.kind),
        }
    }

    fn entry(&mut self, table: &str, key: &Node, present: &Present) -> ValueType {
        let of_key = self.value(key, present);
        let name = table.strip_prefix("limits.").unwrap_or(table);
        match (&of_key, self.compiled.shared.names.limits.get(name)) {
            (ValueType::Choice(options), Some(Limit::Table(entries))) => {
                for option in options.iter().filter(|option| !entries.contains_key(*option)) {
                    let message =
                        format!("`{table}` has no entry `{option}`, an option of `{}`", key.text);
                    self.errors.push(refused(message, key.span.clone()));
                }
            }
            _ if !of_key.fits(&ValueType::Text) => {
                let message = format!("`{table}` is looked up by text");
                self.errors.push(refused(message, key.span.clone()));
            }
            _ => {}
        }
        ValueType::Number
    }

    fn condition(&mut self, part: &Node, present: &Present) {
        let found = self.value(part, present);
        if !found.fits(&ValueType::YesNo) {
            let message = format!("`{}` is neither yes nor no", part.text);
            self.errors.push(refused(message, part.span.clone()));
        }
    }

    fn conditions(&mut self, parts: &[Node], go_on: bool, present: &Present) -> ValueType {
        let mut present = present.clone();
        for part in parts {
            self.condition(part, &present);
            present = with(&present, part, go_on);
        }
        ValueType::YesNo
    }

    fn coalesce(&mut self, parts: &[Node], present: &Present) -> ValueType {
        let mut result: Option<ValueType> = None;
        for (index, part) in parts.iter().enumerate() {
            let found = match &part.kind {
                Kind::Path(path) if index + 1 < parts.len() => self.path(path),
                _ => self.value(part, present),
            };
            result = Some(match result {
                Some(before) => before.or(found),
                None => found,
            });
        }
        result.unwrap_or(ValueType::Unknown)
    }

    fn tried(
        &mut self,
        found: &ValueType,
        span: &Range<usize>,
        apply: fn(&Operand) -> Result<Operand, String>,
    ) -> ValueType {
        if *found == ValueType::Unknown {
            return ValueType::Unknown;
        }
        let result = apply(&Operand::of(&found.sample())).map(Operand::into_dynamic);
        self.result(result, span)
    }

    fn result(&mut self, result: Result<Dynamic, String>, span: &Range<usize>) -> ValueType {
        match result {
            Ok(value) => ValueType::of_sample(&value),
            Err(message) => {
                self.errors.push(refused(message, span.clone()));
                ValueType::Unknown
            }
        }
    }

    fn binary(
        &mut self,
        operator: Operator,
        sides: &(Node, Node),
        part: &Node,
        present: &Present,
    ) -> ValueType {
        let result = self.pair(operator, &sides.0, &sides.1, &part.span, present);
        // A comparison is true or false even where a side is not known.
        if operator.compares() { ValueType::YesNo } else { result }
    }

    fn pair(
        &mut self,
        operator: Operator,
        left: &Node,
        right: &Node,
        span: &Range<usize>,
        present: &Present,
    ) -> ValueType {
        let (first, second) = (self.value(left, present), self.value(right, present));
        if first == ValueType::Unknown || second == ValueType::Unknown {
            return ValueType::Unknown;
        }
        self.options(&first, right);
        self.options(&second, left);
        let sample = |part: &Node, kind: &ValueType| {
            // A literal stands for itself, so that `x / 0` is seen.
            Operand::of(&part.literal().unwrap_or_else(|| kind.sample()))
        };
        let result = operator.apply(&sample(left, &first), &sample(right, &second));
        self.result(result.map(Operand::into_dynamic), span)
    }

    /// Checks that a text compared with a choice is one of its options.
    fn options(&mut self, choice: &ValueType, compared: &Node) {
        let (ValueType::Choice(options), Some(literal)) = (choice, compared.literal()) else {
            return;
        };
        if let Operand::Text(text) = Operand::of(&literal)
            && !options.iter().any(|option| option.as_str() == text.as_str())
        {
            let help = Some(format!("one of: {}", options.join(", ")));
            let message = format!("`{text}` is none of the options");
            self.errors.push(GuardError { help, ..refused(message, compared.span.clone()) });
        }
    }

    fn call(
        &mut self,
        name: &str,
        arguments: &[Node],
        part: &Node,
        present: &Present,
    ) -> ValueType {
        if matches!(name, "has" | "missing") {
            return ValueType::YesNo;
        }
        let found: Vec<_> =
            arguments.iter().map(|argument| self.value(argument, present)).collect();
        if function::builtin(name).is_none() {
            return self.declared_function(name, arguments, &found);
        }
        if function::OVER_LISTS.contains(&name) {
            self.list_field(&found, arguments);
        }
        if found.contains(&ValueType::Unknown) {
            return ValueType::Unknown;
        }
        let mut samples: Vec<_> = arguments
            .iter()
            .zip(&found)
            .map(|(argument, kind)| argument.literal().unwrap_or_else(|| kind.sample()))
            .collect();
        let samples: Vec<_> = samples.iter_mut().collect();
        self.result(function::call(name, &samples), &part.span)
    }

    /// Checks that entries always have the field that a function over a list reads.
    fn list_field(&mut self, found: &[ValueType], arguments: &[Node]) {
        let ([ValueType::List(fields), ..], [list, field, ..]) = (found, arguments) else { return };
        let Some(Operand::Text(name)) = field.literal().map(|literal| Operand::of(&literal)) else {
            return;
        };
        match fields.iter().find(|(known, _, _)| known.as_str() == name.as_str()) {
            Some((_, true, _)) => {
                let message = format!("an entry of `{}` may have no `{name}`", list.text);
                self.errors.push(refused(message, field.span.clone()));
            }
            Some((_, false, ValueType::Choice(options))) => {
                if let Some(compared) = arguments.get(3) {
                    self.options(&ValueType::Choice(options.clone()), compared);
                }
            }
            _ => {}
        }
    }

    fn declared_function(
        &mut self,
        name: &str,
        arguments: &[Node],
        found: &[ValueType],
    ) -> ValueType {
        let compiled = self.compiled;
        let known = compiled.shared.names.functions.iter().find(|known| known.name == name);
        let Some((parameters, result)) = known.and_then(|known| known.types.as_ref()) else {
            return ValueType::Unknown;
        };
        for ((wanted, found), argument) in parameters.iter().zip(found).zip(arguments) {
            let wanted = ValueType::of_parameter(*wanted);
            if !found.fits(&wanted) {
                let given = Operand::of(&found.sample());
                let wanted = Operand::of(&wanted.sample());
                let (given, wanted) = (given.name(), wanted.name());
                let message = if given == wanted {
                    format!("`{name}` needs a whole number here")
                } else {
                    format!("`{name}` needs {wanted} here, not {given}")
                };
                self.errors.push(refused(message, argument.span.clone()));
            }
        }
        ValueType::of_parameter(*result)
    }
}

/// Returns what is present where `part` came to `truth`, beside what is present already.
fn with(present: &Present, part: &Node, truth: bool) -> Present {
    let mut present = present.clone();
    learn(&mut present, part, truth);
    present
}

fn learn(present: &mut Present, part: &Node, truth: bool) {
    match &part.kind {
        Kind::Call(name, arguments) => {
            let there = match name.as_str() {
                "has" => truth,
                "missing" => !truth,
                _ => return,
            };
            if let (true, [Node { kind: Kind::Path(path), .. }]) = (there, arguments.as_slice()) {
                present.insert(path.clone());
            }
        }
        Kind::Not(inner) => learn(present, inner, !truth),
        Kind::And(parts) if truth => parts.iter().for_each(|part| learn(present, part, true)),
        Kind::Or(parts) if !truth => parts.iter().for_each(|part| learn(present, part, false)),
        _ => {}
    }
}
