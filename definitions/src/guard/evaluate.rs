//! Runs a compiled expression over an application's values.

use std::panic::{AssertUnwindSafe, catch_unwind};

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::Date;
use rhai::{AST, Dynamic, Map};

use super::compiler::Compiled;
use super::node::{Kind, Node};
use super::operand::Operand;
use super::{CannotRun, Evaluation, Limit, Scope, explain, interpreter, operand};
use crate::value::{Record, Value};

/// One evaluation: the values an expression reads, ready for rhai.
pub(super) struct Run<'a> {
    compiled: &'a Compiled,
    scope: rhai::Scope<'static>,
    /// The paths the expression reads, with the value of each.
    values: Vec<(&'a str, Dynamic)>,
}

/// Evaluates and explains; a panic below becomes a guard that cannot run.
pub(super) fn evaluate(
    compiled: &Compiled,
    amounts: &[(String, String)],
    scope: &Scope<'_>,
) -> Evaluation {
    catch_unwind(AssertUnwindSafe(|| evaluate_here(compiled, amounts, scope))).unwrap_or_else(
        |_| {
            let reason = "the expression failed inside".to_owned();
            Evaluation {
                inputs: Vec::new(),
                explanation: format!("`{}` cannot run: {reason}", compiled.root.text),
                result: Err(CannotRun(reason)),
            }
        },
    )
}

fn evaluate_here(
    compiled: &Compiled,
    amounts: &[(String, String)],
    scope: &Scope<'_>,
) -> Evaluation {
    let mut run = Run::new(compiled, amounts, scope);
    let result = run.run(&compiled.root.ast);
    let result = result.and_then(|value| {
        operand::from_dynamic(&value).map_err(|reason| match &compiled.root.kind {
            Kind::Path(path) if value.is_unit() => format!("`{path}` has no value"),
            _ => reason,
        })
    });
    let (result, explanation) = match result {
        Ok(value) => (Ok(value), explain::explained(&mut run, &compiled.root)),
        Err(reason) => {
            let (part, reason) = explain::blamed(&mut run, &compiled.root, reason);
            let explanation = format!("`{}` cannot run: {reason}", part.text);
            (Err(CannotRun(reason)), explanation)
        }
    };
    Evaluation { inputs: inputs(&mut run, scope), result, explanation }
}

impl Compiled {
    /// Returns what a part that reads nothing but limits always comes to; `None` where it reads more, or cannot run.
    pub(super) fn constant(&self, part: &Node) -> Option<Dynamic> {
        let mut constant = true;
        part.each(&mut |part| {
            if let Kind::Path(path) = &part.kind {
                constant &= path.starts_with("limits.");
            }
        });
        let nothing = Record::new();
        let scope = Scope {
            form: &nothing,
            answers: &IndexMap::new(),
            applicant: &nothing,
            today: Date::default(),
            now: Timestamp::UNIX_EPOCH,
        };
        constant.then(|| Run::new(self, &[], &scope).value(part).ok()).flatten()
    }
}

impl<'a> Run<'a> {
    /// Takes the values; `amounts` are the fields of lists that hold amounts.
    pub(super) fn new(
        compiled: &'a Compiled,
        amounts: &[(String, String)],
        scope: &Scope<'_>,
    ) -> Self {
        let mut values: Vec<(&str, Dynamic)> = Vec::with_capacity(compiled.reads.paths.len());
        let mut roots: Vec<(&str, Map)> = Vec::new();
        let mut ready = rhai::Scope::new();
        for path in &compiled.reads.paths {
            let Some((root, name)) = path.split_once('.') else {
                match path.as_str() {
                    "today" => values.push((path, Dynamic::from(scope.today))),
                    "now" => values.push((path, Dynamic::from(scope.now))),
                    // Scores are checked, and not computed yet.
                    "score" => values.push((path, Dynamic::UNIT)),
                    stage => {
                        root_of(&mut roots, stage, scope);
                    }
                }
                continue;
            };
            let value = match root {
                "limits" => limit(compiled, name),
                _ => match record(root, scope).and_then(|record| record.get(name)) {
                    Some(Value::List(entries)) => {
                        let of_list = amounts.iter().filter(|(list, _)| list == path);
                        operand::list_of(entries, of_list.map(|(_, field)| field.clone()).collect())
                    }
                    Some(value) => operand::to_dynamic(value),
                    None => Dynamic::UNIT,
                },
            };
            root_of(&mut roots, root, scope).insert(name.into(), value.clone());
            values.push((path, value));
        }
        for (name, value) in &values {
            if matches!(*name, "today" | "now" | "score") {
                ready.push_dynamic(*name, value.clone());
            }
        }
        for (root, values_of_root) in roots {
            let group = Dynamic::from_map(values_of_root);
            if compiled.reads.paths.iter().any(|path| path == root) {
                values.push((root, group.clone()));
            }
            ready.push_dynamic(root, group);
        }
        Self { compiled, scope: ready, values }
    }

    /// Returns the value of a part for its explanation, or in words why it has none.
    ///
    /// Simple parts do without the interpreter; the operators are the same.
    pub(super) fn value(&mut self, part: &Node) -> Result<Dynamic, String> {
        match &part.kind {
            Kind::Path(path) => {
                let known = self.values.iter().find(|(known, _)| known == path);
                Ok(known.map_or(Dynamic::UNIT, |(_, value)| value.clone()))
            }
            Kind::Literal => part.literal().map_or_else(|| self.run(&part.ast), Ok),
            Kind::Binary(operator, sides) => {
                let (left, right) = (self.value(&sides.0)?, self.value(&sides.1)?);
                let result = operator.apply(&Operand::of(&left), &Operand::of(&right));
                result.map(Operand::into_dynamic)
            }
            _ => self.run(&part.ast),
        }
    }

    /// Runs a part in the interpreter.
    pub(super) fn run(&mut self, ast: &AST) -> Result<Dynamic, String> {
        let before = self.scope.len();
        let result =
            self.compiled.shared.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, ast);
        self.scope.rewind(before);
        result.map_err(|error| interpreter::reason(&error))
    }
}

/// Returns the values under a root; a stage's say whether it was decided.
fn root_of<'a, 'm>(
    roots: &'m mut Vec<(&'a str, Map)>,
    root: &'a str,
    scope: &Scope<'_>,
) -> &'m mut Map {
    let index = roots.iter().position(|(known, _)| *known == root).unwrap_or_else(|| {
        let mut values = Map::new();
        if !matches!(root, "form" | "limits" | "applicant") {
            operand::mark_decided(&mut values, scope.answers.contains_key(root));
        }
        roots.push((root, values));
        roots.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "the index was just found or just made")]
    &mut roots[index].1
}

fn record<'a>(root: &str, scope: &Scope<'a>) -> Option<&'a Record> {
    match root {
        "form" => Some(scope.form),
        "applicant" => Some(scope.applicant),
        stage => scope.answers.get(stage),
    }
}

fn limit(compiled: &Compiled, name: &str) -> Dynamic {
    match compiled.shared.names.limits.get(name) {
        Some(Limit::Number(number)) => Operand::of_limit(*number).into_dynamic(),
        Some(Limit::Table(table)) => {
            let table: Map = table
                .iter()
                .map(|(key, number)| {
                    (key.as_str().into(), Operand::of_limit(*number).into_dynamic())
                })
                .collect();
            Dynamic::from_map(table)
        }
        None => Dynamic::UNIT,
    }
}

/// Returns every path read, with its value; of a table, the entry that was looked up.
fn inputs(run: &mut Run<'_>, scope: &Scope<'_>) -> Vec<(String, Option<Value>)> {
    let compiled = run.compiled;
    let mut inputs = Vec::with_capacity(compiled.reads.paths.len());
    for path in &compiled.reads.paths {
        let value = match path.split_once('.') {
            None => match path.as_str() {
                "today" => Some(Value::Date(scope.today)),
                "now" => Some(Value::Text(scope.now.to_string())),
                "score" => None,
                stage => Some(Value::YesNo(scope.answers.contains_key(stage))),
            },
            Some(("limits", name)) => match compiled.shared.names.limits.get(name) {
                Some(Limit::Number(number)) => Some(Value::Number(*number)),
                // Its entries follow.
                _ => continue,
            },
            Some((root, name)) => record(root, scope).and_then(|record| record.get(name)).cloned(),
        };
        inputs.push((path.clone(), value));
    }
    let mut entries = Vec::new();
    compiled.root.each(&mut |part| {
        if matches!(part.kind, Kind::Entry { .. }) {
            entries.push(part);
        }
    });
    for entry in entries {
        let value = run.value(entry).ok().and_then(|value| Operand::of(&value).number());
        let value = value.map(Value::Number);
        if !inputs.iter().any(|(path, _)| *path == entry.text) {
            inputs.push((entry.text.clone(), value));
        }
    }
    inputs
}
