//! Checks calls of functions: the language's over samples, the programme's by their type lines.
//!
//! Never looks into a function of the programme: its type line is believed.

use rhai::Dynamic;

use super::function;
use super::mismatch::{Mismatch, Wrong};
use super::narrow::Present;
use super::node::Node;
use super::operand::Operand;
use super::types::{Declared, Types, ValueType};
use super::typing::{Check, Side};
use crate::calendar::Calendar;

impl<D: Fn(&str) -> Option<Declared>> Check<'_, D> {
    /// Returns the types of a call.
    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: &[Node],
        part: &Node,
        present: &Present,
    ) -> Types {
        if matches!(name, "has" | "missing") {
            return Types::one(ValueType::YesNo);
        }
        let found: Vec<_> =
            arguments.iter().map(|argument| self.types(argument, present)).collect();
        if function::builtin(name).is_none() {
            return self.declared_function(name, arguments, &found);
        }
        if function::OVER_LISTS.contains(&name) && !self.list_field(&found, arguments) {
            return Types::one(ValueType::Unknown);
        }
        let unknown = found.iter().any(Types::is_unknown);
        let samples: Vec<_> =
            arguments.iter().zip(&found).map(|(part, types)| self.samples(part, types)).collect();
        let results = if matches!(name, "min" | "max") {
            extremes(name, samples, &self.compiled.shared.calendar)
        } else {
            every(name, &samples, &self.compiled.shared.calendar)
        };
        let kinds = || {
            let each = arguments.iter().zip(&found).filter_map(|(argument, types)| {
                let kind = types.iter().find(|kind| **kind != ValueType::Unknown)?;
                Some(format!("`{}` is {}", argument.text, kind.name()))
            });
            each.collect::<Vec<_>>().join(", ")
        };
        let results =
            results.map_err(|message| Mismatch::refused(message, part.span.clone()).label(kinds()));
        self.results(results, unknown)
    }

    /// Checks that entries always have the field that a function over a list reads; returns whether the rest can be tried.
    fn list_field(&mut self, found: &[Types], arguments: &[Node]) -> bool {
        let ([of_list, ..], [list, field, ..]) = (found, arguments) else { return true };
        let Some(ValueType::List(fields)) = of_list.iter().next() else { return true };
        let Some(Operand::Text(name)) = field.literal().map(|literal| Operand::of(&literal)) else {
            return true;
        };
        let known = fields.iter().find(|(known, _, _)| known.as_str() == name.as_str());
        let names = || crate::diagnostic::listed(fields.iter().map(|(name, _, _)| name.as_str()));
        let mismatch = match known {
            None => {
                let message = format!("an entry of `{}` has no `{name}`", list.text);
                let names_of = fields.iter().map(|(name, _, _)| name.as_str());
                let likely = crate::diagnostic::likely(&name, names_of);
                Mismatch::new(Wrong::Types, message, field.span.clone())
                    .label(format!("its fields: {}", names()))
                    .help(likely.map(|likely| format!("did you mean `\"{likely}\"`?")))
            }
            Some((_, true, _)) => {
                let message = format!("an entry of `{}` may have no `{name}`", list.text);
                Mismatch::new(Wrong::Absent, message, field.span.clone())
                    .label("this may be left empty")
            }
            Some((_, false, kind @ (ValueType::List(_) | ValueType::Document))) => {
                let message = format!("`{name}` cannot be added up or compared");
                Mismatch::new(Wrong::Types, message, field.span.clone()).label(kind.name())
            }
            Some((_, false, kind)) => {
                if let (Some(compared), Some(of_compared)) = (arguments.get(3), found.get(3)) {
                    let of_field = Types::one(kind.clone());
                    let left = Side { part: field, types: &of_field, written: false };
                    self.options(left, Side::of((compared, of_compared)));
                }
                return true;
            }
        };
        self.found.push(mismatch);
        false
    }

    fn declared_function(&mut self, name: &str, arguments: &[Node], found: &[Types]) -> Types {
        let compiled = self.compiled;
        let known = compiled.shared.names.functions.iter().find(|known| known.name == name);
        let Some((parameters, result)) = known.and_then(|known| known.types.as_ref()) else {
            return Types::one(ValueType::Unknown);
        };
        for ((wanted, found), argument) in parameters.iter().zip(found).zip(arguments) {
            let wanted = ValueType::of_parameter(*wanted);
            if let Some(given) = found.unfit(|kind| kind.fits(&wanted)) {
                let message = format!("`{name}` needs {} here", wanted.name());
                let found = Mismatch::new(Wrong::Types, message, argument.span.clone());
                self.found.push(found.label(format!("this is {}", given.name())));
            }
        }
        Types::one(ValueType::of_parameter(*result))
    }
}

/// Calls a function with every choice of types; none where a type is not known.
fn every(
    name: &str,
    arguments: &[Vec<Dynamic>],
    calendar: &Calendar,
) -> Result<Vec<Dynamic>, String> {
    let mut choices: Vec<Vec<Dynamic>> = vec![Vec::new()];
    for samples in arguments {
        choices = choices
            .iter()
            .flat_map(|choice| {
                samples.iter().map(|sample| {
                    choice.iter().cloned().chain(std::iter::once(sample.clone())).collect()
                })
            })
            .collect();
    }
    let called = choices.iter_mut().map(|choice| {
        let arguments: Vec<_> = choice.iter_mut().collect();
        function::call(name, &arguments, calendar)
    });
    called.collect()
}

/// Calls `min` or `max` with every pair of types: with all at once there might be too many.
fn extremes(
    name: &str,
    arguments: Vec<Vec<Dynamic>>,
    calendar: &Calendar,
) -> Result<Vec<Dynamic>, String> {
    let mut each = arguments.into_iter();
    let mut results = each.next().unwrap_or_default();
    for samples in each {
        let mut next: Vec<Dynamic> = Vec::new();
        for first in &mut results {
            for mut second in samples.iter().cloned() {
                let result = function::call(name, &[first, &mut second], calendar)?;
                // Which of them it is depends on the values, unless an amount makes both amounts.
                let amount = ValueType::of_sample(&result) == ValueType::Money;
                let either = if amount { vec![result] } else { vec![first.clone(), second] };
                for sample in either {
                    let kind = ValueType::of_sample(&sample);
                    if next.iter().all(|known| ValueType::of_sample(known) != kind) {
                        next.push(sample);
                    }
                }
            }
        }
        // Where a type is not known, the others still must go together.
        if !next.is_empty() {
            results = next;
        }
    }
    Ok(results)
}
