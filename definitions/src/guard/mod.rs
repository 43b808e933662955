//! Guards: rhai expressions, compiled once, evaluated over typed values, explained in words.
//!
//! No other module sees rhai. Evaluation is pure: bounded by operations, sizes and depth, never by a clock.

mod boundary;
mod calls;
mod compiler;
mod evaluate;
mod explain;
mod function;
mod interpreter;
mod library;
mod mismatch;
mod names;
mod narrow;
mod node;
mod operand;
mod operator;
mod place;
mod threshold;
mod tree;
mod types;
mod typing;
mod words;

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

pub use self::boundary::{Boundary, With};
use self::compiler::Compiled;
pub use self::compiler::{Compiler, MAX_GUARD_BYTES};
pub use self::interpreter::{
    MAX_CALL_DEPTH, MAX_ENTRIES, MAX_EXPRESSION_DEPTH, MAX_FUNCTION_DEPTH, MAX_OPERATIONS,
    MAX_STRING_BYTES,
};
pub use self::library::{FunctionSignature, MAX_FUNCTIONS_BYTES, ParameterType};
pub use self::mismatch::{Mismatch, Wrong};
pub use self::types::{Declared, Presence, ValueType};
use crate::value::{Record, Value};

/// Version of the meaning of guards; recorded with every decision.
pub const EVALUATOR: u32 = 1;

/// A policy number, or a look-up table of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// `limits.ceiling`.
    Number(Decimal),
    /// `limits.ceiling[form.disease]`.
    Table(IndexMap<String, Decimal>),
}

/// Why an expression or the functions cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GuardError {
    /// One sentence in lower case, without a full stop.
    pub message: String,
    /// Where, in bytes of the text given.
    pub span: Option<Range<usize>>,
    /// Words beside the place: what was expected there.
    pub label: Option<String>,
    /// The likely fix.
    pub help: Option<String>,
}

/// Makes an error with its place.
fn refused(message: impl Into<String>, span: Range<usize>) -> GuardError {
    GuardError { message: message.into(), span: Some(span), label: None, help: None }
}

/// A compiled expression.
#[derive(Clone)]
pub struct Guard {
    compiled: Arc<Compiled>,
    /// Fields of lists that hold amounts, as the check learned: list, field.
    amounts: Arc<[(String, String)]>,
}

/// What a guard may read.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// The form.
    pub form: &'a Record,
    /// Answers of stages that were decided, and of the one being decided, by stage name. A stage that is absent was not decided.
    pub answers: &'a IndexMap<String, Record>,
    /// How the applicant is reached: `phone`, `email`, `language`, `name`, where known.
    pub applicant: &'a Record,
    /// The local date in the programme's time zone.
    pub today: Date,
    /// The instant.
    pub now: Timestamp,
}

/// What a guard came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Every declared path that the expression reads, with its value; `None`: no value.
    pub inputs: Vec<(String, Option<Value>)>,
    /// The result, or why the guard cannot run.
    pub result: Result<Value, CannotRun>,
    /// In words, with the values: "`medical.amount <= limits.ceiling`: 6,000 <= 5,000 is false".
    pub explanation: String,
}

impl Evaluation {
    /// Returns whether the guard holds.
    ///
    /// # Errors
    ///
    /// Returns why it cannot run; a result that is neither true nor false cannot.
    pub fn truth(&self) -> Result<bool, CannotRun> {
        match &self.result {
            Ok(Value::YesNo(truth)) => Ok(*truth),
            Ok(_) => Err(CannotRun("the result is neither true nor false".to_owned())),
            Err(reason) => Err(reason.clone()),
        }
    }

    /// Returns the amount it comes to.
    ///
    /// # Errors
    ///
    /// Returns why it cannot run; a result that is no number cannot.
    pub fn amount(&self) -> Result<Decimal, CannotRun> {
        match &self.result {
            Ok(Value::Integer(number)) => Ok(Decimal::from(*number)),
            Ok(Value::Number(number) | Value::Money(number)) => Ok(*number),
            Ok(_) => Err(CannotRun("the result is no amount".to_owned())),
            Err(reason) => Err(reason.clone()),
        }
    }
}

/// Why a guard cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CannotRun(pub String);

impl Guard {
    fn new(compiled: Compiled) -> Self {
        Self { compiled: Arc::new(compiled), amounts: Arc::new([]) }
    }

    /// Returns the expression as it stands in the file.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.compiled.source
    }

    /// Returns the paths the expression reads, each once: `form.cost`, `medical.amount`, `limits.ceiling`, `today`.
    #[must_use]
    pub fn reads(&self) -> &[String] {
        &self.compiled.reads.paths
    }

    /// Returns every read with its bytes in the source, in the order of the source.
    #[must_use]
    pub fn read_spans(&self) -> &[(String, Range<usize>)] {
        &self.compiled.reads.spans
    }

    /// Returns the fields of list entries that it reads: the list's path, the field, its bytes in the source.
    #[must_use]
    pub fn list_fields(&self) -> &[(String, String, Range<usize>)] {
        &self.compiled.reads.list_fields
    }

    /// Returns whether the expression comes to the same whatever the application holds.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.reads().iter().all(|path| path.starts_with("limits."))
    }

    /// Returns the functions of the programme that it calls, with the bytes of each call.
    #[must_use]
    pub fn calls(&self) -> Vec<(&str, Range<usize>)> {
        let mut calls = Vec::new();
        self.compiled.root.each(&mut |part| {
            if let node::Kind::Call(name, _) = &part.kind
                && function::builtin(name).is_none()
            {
                calls.push((name.as_str(), part.span.clone()));
            }
        });
        calls
    }

    /// Checks the expression against what its paths hold, and returns the types that its result may have.
    ///
    /// `declared` says what a path of the form, of the applicant or of a stage's answers holds; of a path it does not know it
    /// returns `None` and reports it itself. `limits`, `today` and `now` are known. An optional value must be tested before it is
    /// used: `has(form.email) && …`, `form.email ?? …`. Afterwards the guard knows which fields of lists hold amounts.
    ///
    /// # Errors
    ///
    /// Returns everything that cannot run, with its place in bytes of the source.
    pub fn check(
        &mut self,
        declared: impl Fn(&str) -> Option<Declared>,
    ) -> Result<Vec<ValueType>, Vec<Mismatch>> {
        let amounts = self.list_fields().iter().filter(|(list, field, _)| {
            matches!(declared(list), Some(Declared { kind: ValueType::List(fields), .. })
                if fields.iter().any(|(name, _, kind)| name == field && *kind == ValueType::Money))
        });
        self.amounts = amounts.map(|(list, field, _)| (list.clone(), field.clone())).collect();
        let mut check = typing::Check { compiled: &self.compiled, declared, found: Vec::new() };
        let result = check.types(&self.compiled.root, &narrow::Present::new());
        if check.found.is_empty() { Ok(result.into_vec()) } else { Err(check.found) }
    }

    /// Evaluates the expression.
    ///
    /// A path that is read and has no value in `scope` is absent: every operator but `has`, `missing` and `??` fails on it.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope<'_>) -> Evaluation {
        evaluate::evaluate(&self.compiled, &self.amounts, scope)
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Guard").field(&self.source()).finish()
    }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a wrong place in the text is to fail the test")]
mod tests;
