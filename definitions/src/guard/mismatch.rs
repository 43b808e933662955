//! What the check of an expression finds, in words.
//!
//! Knows no file: places are bytes of the expression, codes are the caller's.

use std::ops::Range;

use super::node::{Kind, Node};
use super::operand::Operand;
use super::types::{Presence, ValueType};

/// What is wrong with a part of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Values do not go together, or not with what is done with them.
    Types,
    /// A value may be missing, and nothing asks whether it is there.
    Absent,
    /// A choice is compared with what is none of its options.
    Option,
    /// A table has no entry for what may be looked up.
    Entry,
    /// It can never be computed.
    CannotRun,
}

/// One thing that is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What kind of thing.
    pub wrong: Wrong,
    /// One sentence in lower case, without a full stop.
    pub message: String,
    /// Where, in bytes of the expression.
    pub span: Range<usize>,
    /// What stands there, or was expected.
    pub label: Option<String>,
    /// The likely fix.
    pub help: Option<String>,
}

impl Mismatch {
    /// Makes one without label and fix.
    pub(super) fn new(wrong: Wrong, message: impl Into<String>, span: Range<usize>) -> Self {
        Self { wrong, message: message.into(), span, label: None, help: None }
    }

    /// Says what stands there.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds the likely fix, if there is one.
    pub(super) fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Makes one of what an operator or a function refused.
    pub(super) fn refused(message: String, span: Range<usize>) -> Self {
        use super::{function, operator};
        let never =
            [operator::BY_ZERO, operator::TOO_LARGE, function::TOO_FAR].contains(&message.as_str());
        Self::new(if never { Wrong::CannotRun } else { Wrong::Types }, message, span)
    }

    /// Makes one of a value that is used and may be missing.
    pub(super) fn absent(path: &str, kind: &ValueType, presence: Presence, part: &Node) -> Self {
        let stage = path.split('.').next().unwrap_or_default();
        let label = match presence {
            Presence::IfDecided => format!("the stage `{stage}` may be left out"),
            _ => "this may be left empty".to_owned(),
        };
        let instead = match kind {
            ValueType::YesNo => Some("false"),
            ValueType::Integer | ValueType::Number | ValueType::Money => Some("0"),
            ValueType::Text | ValueType::Choice(_) => Some("\"none\""),
            ValueType::Date => Some("today"),
            _ => None,
        };
        let help = match instead {
            Some(instead) => {
                format!(
                    "test it first (`has({path}) && …`), or say what counts instead: `({path} ?? {instead})`"
                )
            }
            None => format!("test it first: `has({path}) && …`"),
        };
        Self::new(Wrong::Absent, format!("`{path}` may have no value"), part.span.clone())
            .label(label)
            .help(Some(help))
    }
}

/// Says of which type each side is.
pub(super) fn sides(left: (&Node, &ValueType), right: (&Node, &ValueType)) -> String {
    let side = |(part, kind): (&Node, &ValueType)| format!("`{}` is {}", part.text, kind.name());
    format!("{}, {}", side(left), side(right))
}

/// Returns the likely fix where a value is compared with one that is written in the wrong way.
pub(super) fn written_otherwise(
    left: (&Node, &ValueType),
    right: (&Node, &ValueType),
) -> Option<String> {
    let ((other, kind), literal) = match (literal(left.0), literal(right.0)) {
        (None, Some(literal)) => (left, literal),
        (Some(literal), None) => (right, literal),
        _ => return None,
    };
    match (kind, &literal) {
        (ValueType::YesNo, Operand::Text(text)) => match (text.as_str(), &other.kind) {
            ("yes" | "true", Kind::Path(path)) => Some(format!("write `{path}` alone")),
            ("no" | "false", Kind::Path(path)) => Some(format!("write `!{path}`")),
            _ => None,
        },
        (kind, Operand::Text(text))
            if kind.is_number() && text.parse::<rust_decimal::Decimal>().is_ok() =>
        {
            Some(format!("a number stands without quotes: `{text}`"))
        }
        (ValueType::Text | ValueType::Choice(_), Operand::Whole(whole)) => {
            Some(format!("a text stands in quotes: `\"{whole}\"`"))
        }
        _ => None,
    }
}

fn literal(part: &Node) -> Option<Operand> {
    part.literal().map(|value| Operand::of(&value))
}
