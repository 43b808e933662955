//! Checks an expression against what its paths hold, before any application exists.
//!
//! Runs the operators and functions themselves over samples of every type a part may come to, so that a check and an evaluation
//! cannot disagree.

use std::ops::Range;

use rhai::Dynamic;

use super::Limit;
use super::compiler::Compiled;
use super::mismatch::{self, Mismatch, Wrong};
use super::narrow::{Present, with};
use super::node::{Kind, Node};
use super::operand::Operand;
use super::operator::{self, Operator};
use super::types::{Declared, Presence, Types, ValueType};

/// Checks one expression.
pub(super) struct Check<'a, D> {
    pub(super) compiled: &'a Compiled,
    /// What the caller declares of a path; `None`: it reports the unknown name itself.
    pub(super) declared: D,
    pub(super) found: Vec<Mismatch>,
}

impl<D: Fn(&str) -> Option<Declared>> Check<'_, D> {
    /// Returns the types of a part that needs a value.
    pub(super) fn types(&mut self, part: &Node, present: &Present) -> Types {
        match &part.kind {
            Kind::Path(path) => {
                self.needs(path, part, present);
                Types::one(self.path(path))
            }
            Kind::Literal => Types::one(written_type(part)),
            Kind::Entry { table, key } => self.entry(table, key, present),
            Kind::And(parts) => self.conditions(parts, true, present),
            Kind::Or(parts) => self.conditions(parts, false, present),
            Kind::Coalesce(parts) => self.coalesce(parts, present),
            Kind::Not(inner) => self.sign(inner, part, present, operator::not),
            Kind::Negate(inner) => self.sign(inner, part, present, operator::negate),
            Kind::Binary(operator, sides) => {
                let left = (&sides.0, &self.types(&sides.0, present));
                let right = (&sides.1, &self.types(&sides.1, present));
                self.pair(*operator, left, right, &part.span)
            }
            Kind::In(needle, list) => {
                let of_needle = self.types(needle, present);
                for item in list {
                    let of_item = self.types(item, present);
                    let (left, right) = ((&**needle, &of_needle), (item, &of_item));
                    self.pair(Operator::Equal, left, right, &part.span);
                }
                Types::one(ValueType::YesNo)
            }
            Kind::Call(name, arguments) => self.call(name, arguments, part, present),
            Kind::If(parts) => {
                self.condition(&parts.0, present);
                let then = self.types(&parts.1, &with(present, &parts.0, true));
                then.or(self.types(&parts.2, &with(present, &parts.0, false)))
            }
        }
    }

    /// Reports a path that may have no value.
    fn needs(&mut self, path: &str, part: &Node, present: &Present) {
        let Some(declared) = (self.declared)(path).filter(|_| !present.contains(path)) else {
            return;
        };
        let stage = path.split('.').next().unwrap_or_default();
        match declared.presence {
            Presence::Always => {}
            Presence::IfDecided if present.contains(stage) => {}
            // Nothing but `has` takes a document: what else is done with it is refused already.
            _ if declared.kind == ValueType::Document => {}
            presence => {
                self.found.push(Mismatch::absent(path, &declared.kind, presence, part));
            }
        }
    }

    fn path(&self, path: &str) -> ValueType {
        if let Some(name) = path.strip_prefix("limits.") {
            return match self.compiled.shared.names.limits.get(name) {
                Some(Limit::Number(number)) => ValueType::of_limits(std::iter::once(number)),
                _ => ValueType::Unknown,
            };
        }
        match path {
            "today" => ValueType::Date,
            "now" => ValueType::Instant,
            "score" => ValueType::Number,
            _ if !path.contains('.') => ValueType::YesNo,
            _ => (self.declared)(path).map_or(ValueType::Unknown, |declared| declared.kind),
        }
    }

    fn entry(&mut self, table: &str, key: &Node, present: &Present) -> Types {
        let of_key = self.types(key, present);
        let name = table.strip_prefix("limits.").unwrap_or(table);
        let Some(Limit::Table(entries)) = self.compiled.shared.names.limits.get(name) else {
            return Types::one(ValueType::Unknown);
        };
        for kind in of_key.iter() {
            let found = match kind {
                ValueType::Choice(options) => {
                    let missing: Vec<_> = options
                        .iter()
                        .filter(|option| !entries.contains_key(*option))
                        .map(|option| format!("`{option}`"))
                        .collect();
                    let message = format!("`{table}` has no entry for {}", missing.join(", "));
                    let found = (Wrong::Entry, message, "this may be any of its options");
                    (!missing.is_empty()).then_some(found)
                }
                ValueType::Text => {
                    let message = format!("`{table}` may have no entry for `{}`", key.text);
                    Some((Wrong::Entry, message, "any text may stand here"))
                }
                ValueType::Unknown => None,
                other => {
                    let message = format!("`{table}` is looked up by text");
                    Some((Wrong::Types, message, other.name()))
                }
            };
            if let Some((wrong, message, label)) = found {
                let help = match (wrong, kind) {
                    (Wrong::Entry, ValueType::Text) => Some("look it up by a field of type choice"),
                    (Wrong::Entry, _) => Some("give the table an entry for each option"),
                    _ => None,
                };
                let found = Mismatch::new(wrong, message, key.span.clone());
                self.found.push(found.label(label).help(help.map(str::to_owned)));
            }
        }
        Types::one(ValueType::of_limits(entries.values()))
    }

    fn condition(&mut self, part: &Node, present: &Present) {
        let found = self.types(part, present);
        if let Some(kind) = found.unfit(|kind| *kind == ValueType::YesNo) {
            let message = format!("`{}` is neither yes nor no", part.text);
            let document = *kind == ValueType::Document;
            let found = Mismatch::new(Wrong::Types, message, part.span.clone())
                .label(format!("this is {}", kind.name()))
                .help(document.then(|| format!("ask whether it is there: `has({})`", part.text)));
            self.found.push(found);
        }
    }

    fn conditions(&mut self, parts: &[Node], go_on: bool, present: &Present) -> Types {
        let mut present = present.clone();
        for part in parts {
            self.condition(part, &present);
            present = with(&present, part, go_on);
        }
        Types::one(ValueType::YesNo)
    }

    fn coalesce(&mut self, parts: &[Node], present: &Present) -> Types {
        let mut result: Option<Types> = None;
        for (index, part) in parts.iter().enumerate() {
            let found = match &part.kind {
                Kind::Path(path) if index + 1 < parts.len() => Types::one(self.path(path)),
                _ => self.types(part, present),
            };
            result = Some(match result {
                Some(before) => before.or(found),
                None => found,
            });
        }
        result.unwrap_or_else(|| Types::one(ValueType::Unknown))
    }

    /// Returns a value of a type; literals and limits stand for themselves, so that `x / 0` is seen.
    fn sample(&self, part: &Node, kind: &ValueType) -> Dynamic {
        if let Kind::Path(path) = &part.kind
            && let Some(name) = path.strip_prefix("limits.")
            && let Some(Limit::Number(number)) = self.compiled.shared.names.limits.get(name)
        {
            return Operand::of_limit(*number).into_dynamic();
        }
        part.literal().unwrap_or_else(|| kind.sample())
    }

    /// Returns a value of each type that a part may come to.
    pub(super) fn samples(&self, part: &Node, types: &Types) -> Vec<Dynamic> {
        let known = types.iter().filter(|kind| **kind != ValueType::Unknown);
        known.map(|kind| self.sample(part, kind)).collect()
    }

    fn sign(
        &mut self,
        inner: &Node,
        part: &Node,
        present: &Present,
        apply: fn(&Operand) -> Result<Operand, String>,
    ) -> Types {
        let of_inner = self.types(inner, present);
        let samples = of_inner.iter().map(ValueType::sample);
        let results = samples
            .filter(|sample| !sample.is_unit())
            .map(|sample| apply(&Operand::of(&sample)).map(Operand::into_dynamic));
        let results: Result<Vec<_>, _> = results.collect();
        let found = results.map_err(|message| Mismatch::refused(message, part.span.clone()));
        self.results(found, of_inner.is_unknown())
    }

    /// Returns the types of results; what was refused is reported.
    pub(super) fn results(
        &mut self,
        found: Result<Vec<Dynamic>, Mismatch>,
        unknown: bool,
    ) -> Types {
        let results = match found {
            Ok(results) => results,
            Err(mismatch) => {
                self.found.push(mismatch);
                return Types::one(ValueType::Unknown);
            }
        };
        let unknown = unknown.then_some(ValueType::Unknown);
        let kinds = results.iter().map(ValueType::of_sample).chain(unknown);
        kinds.map(Types::one).reduce(Types::or).unwrap_or_else(|| Types::one(ValueType::Unknown))
    }

    /// Tries an operator on every pair of types.
    fn pair(
        &mut self,
        operator: Operator,
        left: (&Node, &Types),
        right: (&Node, &Types),
        span: &Range<usize>,
    ) -> Types {
        if operator.is_equality() {
            self.options(Side::of(left), Side::of(right));
        }
        let mut results = Vec::new();
        for first in left.1.iter().filter(|kind| **kind != ValueType::Unknown) {
            for second in right.1.iter().filter(|kind| **kind != ValueType::Unknown) {
                let (one, other) = (self.sample(left.0, first), self.sample(right.0, second));
                match operator.apply(&Operand::of(&one), &Operand::of(&other)) {
                    Ok(result) => results.push(result.into_dynamic()),
                    Err(message) => {
                        let (left, right) = ((left.0, first), (right.0, second));
                        let found = Mismatch::refused(message, span.clone());
                        self.found.push(if found.wrong == Wrong::CannotRun {
                            found
                        } else {
                            found
                                .label(mismatch::sides(left, right))
                                .help(mismatch::written_otherwise(left, right))
                        });
                        let kind =
                            if operator.compares() { ValueType::YesNo } else { ValueType::Unknown };
                        return Types::one(kind);
                    }
                }
            }
        }
        if operator.compares() {
            return Types::one(ValueType::YesNo);
        }
        self.results(Ok(results), left.1.is_unknown() || right.1.is_unknown())
    }

    /// Reports two choices, or a choice and a text, that can never be the same.
    pub(super) fn options(&mut self, left: Side<'_>, right: Side<'_>) {
        let (Some(first), Some(second)) = (left.types.options(), right.types.options()) else {
            return;
        };
        let both_written = left.written && right.written;
        if both_written || first.iter().any(|option| second.contains(option)) {
            return;
        }
        let (options, compared) = if left.written { (second, left) } else { (first, right) };
        let expected = crate::diagnostic::listed(options.iter().map(String::as_str));
        let span = compared.part.span.clone();
        let found = if compared.written {
            let text = compared.part.text.trim_matches('"');
            let likely = crate::diagnostic::likely(text, options.iter().map(String::as_str));
            Mismatch::new(Wrong::Option, format!("`{text}` is none of the options"), span)
                .help(likely.map(|likely| format!("did you mean `\"{likely}\"`?")))
        } else {
            let (left, right) = (&left.part.text, &right.part.text);
            let message = format!("`{left}` and `{right}` have no option in common");
            Mismatch::new(Wrong::Option, message, span)
        };
        self.found.push(found.label(format!("options: {expected}")));
    }
}

/// One side of a comparison.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) part: &'a Node,
    pub(super) types: &'a Types,
    /// Whether its value is written down.
    pub(super) written: bool,
}

impl<'a> Side<'a> {
    /// Takes a part and its types.
    pub(super) fn of((part, types): (&'a Node, &'a Types)) -> Self {
        Self { part, types, written: part.literal().is_some() }
    }
}

/// Returns the type of a value that is written down.
fn written_type(part: &Node) -> ValueType {
    let Some(value) = part.literal() else { return ValueType::Unknown };
    match Operand::of(&value) {
        Operand::Text(text) => ValueType::Choice(vec![text.to_string()]),
        _ => ValueType::of_sample(&value),
    }
}
