//! The types of values in expressions, with a sample of each for the operators to try.
//!
//! Knows no expression: which types a part may come to is [`super::typing`]'s.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rhai::Dynamic;
use rust_decimal::Decimal;

use super::library::ParameterType;
use super::operand::{self, Amount, Document, Entries, Operand};
use crate::form::{Field, FieldKind};
use crate::value::Record;

/// The type of a value in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueType {
    /// Yes or no; also the result of a comparison.
    YesNo,
    /// A text.
    Text,
    /// One of these options; a text that is written down is a choice of one.
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
    /// Not known: the result of a function without a type line, or of something that was reported already.
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
        let presence = if field.may_be_absent() { Presence::Optional } else { Presence::Always };
        Self { kind: ValueType::of(&field.kind), presence }
    }

    /// Returns what an answer of a stage that may be left out holds.
    #[must_use]
    pub fn if_decided(field: &Field) -> Self {
        let presence = if field.may_be_absent() { Presence::Optional } else { Presence::IfDecided };
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
                    .map(|field| (field.name.clone(), field.may_be_absent(), Self::of(&field.kind)))
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

    /// Returns what people call a value of the type: `an amount`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::YesNo => "yes or no",
            Self::Text => "a text",
            Self::Choice(options) if options.len() == 1 => "a text",
            Self::Choice(_) => "a choice",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Money => "an amount",
            Self::Date => "a date",
            Self::Instant => "an instant",
            Self::List(_) => "a list",
            Self::Document => "a document",
            Self::Unknown => "something unknown",
        }
    }

    pub(super) fn of_parameter(kind: ParameterType) -> Self {
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

    /// Returns the type of a limit, or of the entries of a table of limits.
    pub(super) fn of_limits<'n>(mut numbers: impl Iterator<Item = &'n Decimal>) -> Self {
        let whole = |number: &Decimal| matches!(Operand::of_limit(*number), Operand::Whole(_));
        if numbers.all(whole) { Self::Integer } else { Self::Number }
    }

    /// Returns a value of the type, for the operators to try.
    pub(super) fn sample(&self) -> Dynamic {
        match self {
            Self::YesNo => true.into(),
            Self::Text | Self::Choice(_) => "a".into(),
            Self::Integer => 1_i64.into(),
            // Where a whole number is needed, a number of any places will not do.
            Self::Number => Dynamic::from_decimal(Decimal::new(15, 1)),
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
                Dynamic::from(Entries::new(Arc::new(vec![entry]), Vec::new()))
            }
            Self::Document => Dynamic::from(Document),
            Self::Unknown => Dynamic::UNIT,
        }
    }

    pub(super) fn of_sample(value: &Dynamic) -> Self {
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
    pub(super) fn fits(&self, wanted: &Self) -> bool {
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
}

/// The types that a part of an expression may come to; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Types(Vec<ValueType>);

impl Types {
    /// Returns the types of a part that always comes to one type.
    pub(super) fn one(kind: ValueType) -> Self {
        Self(vec![kind])
    }

    /// Returns the types of a part that comes to either.
    pub(super) fn or(mut self, other: Self) -> Self {
        for kind in other.0 {
            self.add(kind);
        }
        self
    }

    /// Adds a type; choices become one choice with the options of all.
    pub(super) fn add(&mut self, kind: ValueType) {
        if let ValueType::Choice(options) = &kind
            && let Some(ValueType::Choice(known)) =
                self.0.iter_mut().find(|known| matches!(known, ValueType::Choice(_)))
        {
            let more: Vec<_> =
                options.iter().filter(|option| !known.contains(option)).cloned().collect();
            known.extend(more);
        } else if !self.0.contains(&kind) {
            self.0.push(kind);
        }
    }

    /// Returns each type.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ValueType> {
        self.0.iter()
    }

    /// Returns whether nothing can be said.
    pub(super) fn is_unknown(&self) -> bool {
        self.0.contains(&ValueType::Unknown)
    }

    /// Returns the first type that is none that `fits`.
    pub(super) fn unfit(&self, fits: impl Fn(&ValueType) -> bool) -> Option<&ValueType> {
        self.0.iter().find(|kind| **kind != ValueType::Unknown && !fits(kind))
    }

    /// Returns the options, where the value is certainly one of them.
    pub(super) fn options(&self) -> Option<&[String]> {
        match self.0.as_slice() {
            [ValueType::Choice(options)] => Some(options),
            _ => None,
        }
    }

    /// Returns the types.
    pub(super) fn into_vec(self) -> Vec<ValueType> {
        self.0
    }
}
