//! What an expression compares its values with: the places at which it may change its mind.
//!
//! A hint for those who try it out, never a proof: the body of a function is not looked into.

use super::node::{Kind, Node};
use super::operator::Operator;
use super::{Guard, Limit, operand};
use crate::value::Value;

/// A value that an expression sets beside what it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    /// The path whose value counts: `form.cost`, `medical.amount`; of a list's field, `form.family.age`.
    pub path: String,
    /// What it is compared with.
    pub with: With,
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum With {
    /// A value that is always the same.
    Value(Value),
    /// The value of another path.
    Path(String),
}

impl Guard {
    /// Returns what the expression compares each of its paths with, in the order of the expression.
    ///
    /// Where a path is part of a sum or of a call, the value belongs to the whole of it, and the path is compared with a multiple.
    #[must_use]
    pub fn boundaries(&self) -> Vec<Boundary> {
        let mut found = Found { guard: self, boundaries: Vec::new() };
        self.compiled.root.each(&mut |part| found.visit(part));
        found.boundaries
    }
}

struct Found<'a> {
    guard: &'a Guard,
    boundaries: Vec<Boundary>,
}

impl Found<'_> {
    fn visit(&mut self, part: &Node) {
        match &part.kind {
            Kind::Binary(operator, sides) if operator.compares() => {
                self.compared(&sides.0, &sides.1);
                self.compared(&sides.1, &sides.0);
            }
            // A divisor counts at zero.
            Kind::Binary(Operator::Divide | Operator::Remainder, sides) => {
                for path in paths(&sides.1) {
                    self.add(path, With::Value(Value::Integer(0)));
                }
            }
            Kind::Call(name, arguments) => self.called(name, arguments),
            _ => {}
        }
    }

    fn compared(&mut self, value: &Node, with: &Node) {
        let values = self.values(with);
        let others = paths(with);
        for path in paths(value) {
            for value in &values {
                self.add(path.clone(), With::Value(value.clone()));
            }
            for other in &others {
                self.add(path.clone(), With::Path(other.clone()));
            }
        }
    }

    /// Takes the values that a call gets beside a path: `count_where(form.family, "age", "<", 5)`, or a function's.
    fn called(&mut self, name: &str, arguments: &[Node]) {
        let own = self.guard.compiled.shared.names.functions.iter().any(|own| own.name == name);
        let mut values: Vec<Value> =
            arguments.iter().flat_map(|argument| self.values(argument)).collect();
        if own {
            values.extend(self.limits(None));
        }
        let fields: Vec<String> = values
            .iter()
            .filter_map(
                |value| if let Value::Text(text) = value { Some(text.clone()) } else { None },
            )
            .collect();
        for path in arguments.iter().flat_map(paths) {
            for value in &values {
                self.add(path.clone(), With::Value(value.clone()));
                for field in &fields {
                    self.add(format!("{path}.{field}"), With::Value(value.clone()));
                }
            }
        }
    }

    fn add(&mut self, path: String, with: With) {
        let boundary = Boundary { path, with };
        if !self.boundaries.contains(&boundary) {
            self.boundaries.push(boundary);
        }
    }

    /// Returns the values that a part may always come to; of a table that is looked up, each of its entries.
    fn values(&self, part: &Node) -> Vec<Value> {
        let mut tables = Vec::new();
        part.each(&mut |part| {
            if let Kind::Entry { table, .. } = &part.kind {
                tables.push(table.clone());
            }
        });
        if !tables.is_empty() {
            return tables.iter().flat_map(|table| self.limits(Some(table))).collect();
        }
        let constant = self.guard.compiled.constant(part);
        Vec::from_iter(constant.and_then(|value| operand::from_dynamic(&value).ok()))
    }

    fn limits(&self, table: Option<&str>) -> Vec<Value> {
        let limits = self.guard.compiled.shared.names.limits.iter();
        let wanted =
            |name: &str| table.is_none_or(|table| table.strip_prefix("limits.") == Some(name));
        limits
            .filter(|(name, _)| wanted(name))
            .flat_map(|(_, limit)| match limit {
                Limit::Number(number) => vec![Value::Number(*number)],
                Limit::Table(entries) => entries.values().copied().map(Value::Number).collect(),
            })
            .collect()
    }
}

/// Returns the paths of the application that a part is computed from; what a table is looked up by is none of them.
///
/// Today and now count as such, so that no part with them is constant.
fn paths(part: &Node) -> Vec<String> {
    let (mut paths, mut keys) = (Vec::new(), Vec::new());
    part.each(&mut |part| match &part.kind {
        Kind::Entry { key, .. } => keys.push(key.span.clone()),
        Kind::Path(path) if !path.starts_with("limits.") => paths.push((path, part.span.start)),
        _ => {}
    });
    let mut found: Vec<String> = Vec::new();
    for (path, start) in paths {
        if !keys.iter().any(|key| key.contains(&start)) && !found.contains(path) {
            found.push(path.clone());
        }
    }
    found
}
