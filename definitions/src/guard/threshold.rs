//! Where a condition on one value changes its mind: the numbers that it compares the value with.

use rust_decimal::Decimal;

use super::Guard;
use super::compiler::Compiled;
use super::node::{Kind, Node};
use super::operand::Operand;

/// What a condition compares one value with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thresholds {
    /// The path of the value.
    pub(crate) path: String,
    /// The numbers, in the order of the expression.
    pub(crate) numbers: Vec<Decimal>,
}

impl Guard {
    /// Returns what the expression compares its one value with; `None` where it does more than compare one value with numbers.
    #[must_use]
    pub(crate) fn thresholds(&self) -> Option<Thresholds> {
        let mut found = Found { compiled: &self.compiled, path: None, numbers: Vec::new() };
        found.visit(&self.compiled.root)?;
        Some(Thresholds { path: found.path?.to_owned(), numbers: found.numbers })
    }
}

struct Found<'a> {
    compiled: &'a Compiled,
    path: Option<&'a str>,
    numbers: Vec<Decimal>,
}

impl<'a> Found<'a> {
    fn visit(&mut self, node: &'a Node) -> Option<()> {
        match &node.kind {
            Kind::And(parts) | Kind::Or(parts) => {
                parts.iter().try_for_each(|part| self.visit(part))
            }
            Kind::Not(inner) => self.visit(inner),
            Kind::Binary(operator, sides) if operator.compares() => {
                self.compared(&sides.0, &sides.1).or_else(|| self.compared(&sides.1, &sides.0))
            }
            _ => None,
        }
    }

    fn compared(&mut self, value: &'a Node, with: &Node) -> Option<()> {
        let Kind::Path(path) = &value.kind else { return None };
        if path.starts_with("limits.") || self.path.is_some_and(|known| known != path) {
            return None;
        }
        let number = self.number(with)?;
        self.path = Some(path);
        self.numbers.push(number);
        Some(())
    }

    /// Returns the number that a part always comes to.
    fn number(&self, part: &Node) -> Option<Decimal> {
        Operand::of(&self.compiled.constant(part)?).number()
    }
}
