//! The names an expression may use, and which of them it does.

use std::ops::Range;

use indexmap::IndexMap;
use rhai::{Expr, Position};
use rust_decimal::Decimal;

use super::function::{BUILTINS, builtin};
use super::node::{Kind, Node};
use super::tree::Reader;
use super::{FunctionSignature, GuardError, Limit, refused};

/// Functions by the names that they have elsewhere.
const MEANT: [(&str, &str); 9] = [
    ("age", "years_between"),
    ("ceil", "round"),
    ("defined", "has"),
    ("empty", "missing"),
    ("exists", "has"),
    ("floor", "round"),
    ("is_null", "missing"),
    ("length", "len"),
    ("size", "len"),
];
/// How alike a name must be to be offered, from 0 to 1.
const ALIKE: f64 = 0.75;

/// What all guards of a programme share by name.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) limits: IndexMap<String, Limit>,
    pub(super) functions: Vec<FunctionSignature>,
}

/// What one expression reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Reads {
    /// Each path once, in the order of the expression.
    pub(super) paths: Vec<String>,
    /// Each place.
    pub(super) spans: Vec<(String, Range<usize>)>,
    /// Fields of list entries: the list's path, the field, its place.
    pub(super) list_fields: Vec<(String, String, Range<usize>)>,
}

impl Reads {
    pub(super) fn add(&mut self, path: String, span: Range<usize>) {
        if !self.paths.contains(&path) {
            self.paths.push(path.clone());
        }
        self.spans.push((path, span));
    }

    pub(super) fn add_list_field(&mut self, path: String, field: String, span: Range<usize>) {
        self.list_fields.push((path, field, span));
    }
}

impl Names {
    /// Returns a table of the limits.
    ///
    /// # Errors
    ///
    /// Returns that there is none of that name.
    pub(super) fn table(
        &self,
        name: &str,
        span: Range<usize>,
    ) -> Result<&IndexMap<String, Decimal>, GuardError> {
        match self.limits.get(name) {
            Some(Limit::Table(table)) => Ok(table),
            Some(Limit::Number(_)) => {
                Err(refused(format!("`limits.{name}` is a number, not a table"), span))
            }
            None => Err(self.unknown_limit(name, span)),
        }
    }

    /// Checks that `name` can be called with so many arguments.
    ///
    /// # Errors
    ///
    /// Returns that it cannot, with the likely name.
    pub(super) fn check_call(
        &self,
        name: &str,
        count: usize,
        span: Range<usize>,
    ) -> Result<(), GuardError> {
        if let Some(known) = builtin(name) {
            return if (known.fewest..=known.most).contains(&count) {
                Ok(())
            } else {
                let help = Some(format!("write `{}`", known.usage));
                let message = format!("`{name}` does not take {}", counted(count));
                Err(GuardError { help, ..refused(message, span) })
            };
        }
        match self.functions.iter().find(|function| function.name == name) {
            Some(function) if function.parameters.len() == count => Ok(()),
            Some(function) => {
                let wanted = counted(function.parameters.len());
                Err(refused(format!("`{name}` takes {wanted}, not {count}"), span))
            }
            None => {
                let known = BUILTINS.iter().map(|known| known.name);
                let declared = self.functions.iter().map(|function| function.name.as_str());
                let known: Vec<&str> = known.chain(declared).collect();
                let meant = MEANT.iter().find(|(word, _)| *word == name).map(|(_, known)| *known);
                let meant = meant.or_else(|| nearest(name, known.iter().copied()));
                let help = meant.map(|meant| format!("did you mean `{meant}`?"));
                let label = Some(format!("functions: {}", known.join(", ")));
                let message = format!("unknown function `{name}`");
                Err(GuardError { label, help, ..refused(message, span) })
            }
        }
    }

    fn unknown_limit(&self, name: &str, span: Range<usize>) -> GuardError {
        let help = nearest(name, self.limits.keys().map(String::as_str))
            .map(|known| format!("did you mean `limits.{known}`?"));
        GuardError { help, ..refused(format!("`limits.{name}` is not declared"), span) }
    }
}

impl Reader<'_> {
    /// Reads a name that stands alone.
    pub(super) fn bare(
        &mut self,
        expr: &Expr,
        name: &str,
        position: Position,
    ) -> Result<Node, GuardError> {
        let span = self.places.word(position);
        if matches!(name, "today" | "now" | "score") {
            self.reads.add(name.to_owned(), span);
            return Ok(self.atom(expr, Kind::Path(name.to_owned()), name.to_owned()));
        }
        let (message, help) = match name {
            "form" | "limits" | "applicant" | "voucher" | "claim" => {
                (format!("`{name}` alone is no value"), Some(format!("write `{name}.…`")))
            }
            "yes" | "no" => {
                let written = if name == "yes" { "true" } else { "false" };
                (format!("`{name}` is no word of guards"), Some(format!("write `{written}`")))
            }
            _ if self.names.limits.contains_key(name) => {
                (format!("unknown name `{name}`"), Some(format!("did you mean `limits.{name}`?")))
            }
            _ => {
                let help = format!("write `form.{name}` for a field, or `\"{name}\"` for a text");
                (format!("`{name}` alone is no value"), Some(help))
            }
        };
        Err(GuardError { help, ..refused(message, span) })
    }

    /// Reads a stage's name inside `has` or `missing`.
    pub(super) fn stage(
        &mut self,
        expr: &Expr,
        name: &str,
        position: Position,
    ) -> Result<Node, GuardError> {
        if RESERVED.contains(&name) {
            return self.bare(expr, name, position);
        }
        let span = self.places.word(position);
        self.reads.add(name.to_owned(), span);
        Ok(self.atom(expr, Kind::Path(name.to_owned()), name.to_owned()))
    }

    /// Reads `root.name`.
    pub(super) fn path(
        &mut self,
        expr: &Expr,
        root: &Expr,
        property: &Expr,
    ) -> Result<Node, GuardError> {
        let (Expr::Variable(root, _, start), Expr::Property(name, end)) = (root, property) else {
            return Err(self.refuse(root.start_position(), "only a name stands before a dot"));
        };
        let (root, name) = (root.1.as_str(), name.2.as_str());
        let span = self.places.byte(*start)..self.places.word(*end).end;
        match root {
            "limits" => match self.names.limits.get(name) {
                Some(Limit::Number(_)) => {}
                Some(Limit::Table(_)) => {
                    let help = Some(format!("write `limits.{name}[form.…]`"));
                    let message = format!("`limits.{name}` is a table, not a number");
                    return Err(GuardError { help, ..refused(message, span) });
                }
                None => return Err(self.names.unknown_limit(name, span)),
            },
            "applicant" if !APPLICANT.contains(&name) => {
                let help = did_you_mean(name, APPLICANT.into_iter());
                let message = format!("`applicant.{name}` does not exist");
                return Err(GuardError { help, ..refused(message, span) });
            }
            "today" | "now" | "score" => {
                return Err(refused(format!("`{root}` has no parts"), span));
            }
            _ => {}
        }
        let path = format!("{root}.{name}");
        self.reads.add(path.clone(), span);
        Ok(self.atom(expr, Kind::Path(path.clone()), path))
    }
}

/// Names that stand for something else than a stage.
pub(super) const RESERVED: [&str; 8] =
    ["form", "limits", "applicant", "score", "voucher", "claim", "today", "now"];

/// What is known of the applicant.
const APPLICANT: [&str; 4] = ["phone", "email", "language", "name"];

fn counted(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}

/// Returns the likely name as a question.
fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|known| format!("did you mean `{known}`?"))
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}
