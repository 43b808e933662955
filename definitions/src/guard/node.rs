//! An expression as a tree of our own: its parts, and how each is written.
//!
//! Every part can be run alone, which is how explanations get their values.

use std::ops::Range;

use rhai::{AST, Dynamic, Stmt};

use super::operator::Operator;

/// One part of an expression.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// What it is.
    pub(super) kind: Kind,
    /// How it is written, with single spaces.
    pub(super) text: String,
    /// Its bytes in the source; parentheses around it may be left out.
    pub(super) span: Range<usize>,
    /// How strongly it binds, against parentheses.
    pub(super) strength: u8,
    /// The part alone, ready to run.
    pub(super) ast: AST,
}

/// What a part is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A value written down.
    Literal,
    /// A value of the scope.
    Path(String),
    /// An entry of a table of the limits.
    Entry {
        /// `limits.ceiling`.
        table: String,
        /// What is looked up.
        key: Box<Node>,
    },
    /// All must be true.
    And(Vec<Node>),
    /// One must be true.
    Or(Vec<Node>),
    /// The first that has a value.
    Coalesce(Vec<Node>),
    /// The opposite.
    Not(Box<Node>),
    /// The negative.
    Negate(Box<Node>),
    /// An operator with two sides.
    Binary(Operator, Box<(Node, Node)>),
    /// Whether the first is one of the rest.
    In(Box<Node>, Vec<Node>),
    /// A function with its arguments.
    Call(String, Vec<Node>),
    /// Condition, value if true, value if false.
    If(Box<(Node, Node, Node)>),
}

/// How strongly the kinds bind, as rhai reads them.
pub(super) mod strength {
    pub(in super::super) const IF: u8 = 0;
    pub(in super::super) const OR: u8 = 1;
    pub(in super::super) const AND: u8 = 2;
    pub(in super::super) const EQUALITY: u8 = 3;
    pub(in super::super) const IN: u8 = 4;
    pub(in super::super) const ORDER: u8 = 5;
    pub(in super::super) const COALESCE: u8 = 6;
    pub(in super::super) const SUM: u8 = 7;
    pub(in super::super) const PRODUCT: u8 = 8;
    pub(in super::super) const SIGN: u8 = 9;
    pub(in super::super) const ATOM: u8 = 10;
}

impl Node {
    /// Returns the text, in parentheses where it binds less than `strength`.
    pub(super) fn within(&self, strength: u8) -> String {
        if self.strength < strength { format!("({})", self.text) } else { self.text.clone() }
    }
}

pub(super) fn strength_of(operator: Operator) -> u8 {
    match operator {
        Operator::Equal | Operator::Unequal => strength::EQUALITY,
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
            strength::ORDER
        }
        Operator::Add | Operator::Subtract => strength::SUM,
        Operator::Multiply | Operator::Divide | Operator::Remainder => strength::PRODUCT,
    }
}

/// Writes a literal as it stands in an expression.
pub(super) fn written(value: &Dynamic) -> String {
    match value.as_immutable_string_ref() {
        Ok(text) => {
            let escaped = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n")
                .replace('\r', "\\r")
                .replace('\t', "\\t");
            format!("\"{escaped}\"")
        }
        Err(_) => value.to_string(),
    }
}

impl Kind {
    /// Returns the first and the last byte of the parts.
    pub(super) fn ends(&self) -> Option<(usize, usize)> {
        let parts: Vec<&Node> = match self {
            Self::If(parts) => vec![&parts.0, &parts.1, &parts.2],
            other => other.parts(),
        };
        let first = parts.iter().map(|part| part.span.start).min()?;
        let last = parts.iter().map(|part| part.span.end).max()?;
        Some((first, last))
    }

    /// Returns the parts in the order of evaluation; of a condition, only the condition.
    fn parts(&self) -> Vec<&Node> {
        match self {
            Self::Literal | Self::Path(_) => Vec::new(),
            Self::Entry { key: inner, .. } | Self::Not(inner) | Self::Negate(inner) => vec![inner],
            Self::And(parts) | Self::Or(parts) | Self::Coalesce(parts) | Self::Call(_, parts) => {
                parts.iter().collect()
            }
            Self::Binary(_, sides) => vec![&sides.0, &sides.1],
            Self::In(needle, list) => std::iter::once(&**needle).chain(list).collect(),
            Self::If(parts) => vec![&parts.0],
        }
    }
}

impl Node {
    /// Returns the parts in the order of evaluation; of a condition, only the condition.
    pub(super) fn parts(&self) -> Vec<&Node> {
        self.kind.parts()
    }

    /// Returns the value of a part that is written down.
    pub(super) fn literal(&self) -> Option<Dynamic> {
        match (&self.kind, self.ast.statements()) {
            (Kind::Literal, [Stmt::Expr(expr)]) => expr.get_literal_value(None),
            _ => None,
        }
    }

    /// Visits this part and all within, both branches of a condition included.
    pub(super) fn each<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        visit(self);
        for part in self.parts() {
            part.each(visit);
        }
        if let Kind::If(parts) = &self.kind {
            parts.1.each(visit);
            parts.2.each(visit);
        }
    }
}
