//! Guards: rhai expressions, compiled once, evaluated over typed values, explained in words.
//!
//! No other module sees rhai. Evaluation is pure: bounded by operations, sizes and depth, never by a clock.

use indexmap::IndexMap;
use jiff::civil::Date;

use crate::value::{Record, Value};

/// Version of the meaning of guards; recorded with every decision.
pub const EVALUATOR: u32 = 1;

/// A compiled expression.
#[derive(Clone)]
pub struct Guard {
    source: String,
}

/// What a guard may read.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// The form.
    pub form: &'a Record,
    /// Answers of stages that were decided, and of the one being decided, by stage name. A stage that is absent was not decided.
    pub answers: &'a IndexMap<String, Record>,
    /// The local date in the programme's time zone.
    pub today: Date,
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

/// Why a guard cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CannotRun(pub String);

impl Guard {
    /// Returns the expression as it stands in the file.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the paths the expression reads: `form.cost`, `medical.amount`, `limits.ceiling`, `today`.
    #[must_use]
    pub fn reads(&self) -> &[String] {
        &[]
    }

    /// Evaluates the expression.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope<'_>) -> Evaluation {
        let _ = scope;
        Evaluation {
            inputs: Vec::new(),
            result: Err(CannotRun(String::new())),
            explanation: String::new(),
        }
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Guard").field(&self.source).finish()
    }
}
