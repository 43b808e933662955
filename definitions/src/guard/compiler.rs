//! Compiles expressions over the limits and functions that a programme's guards share.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use indexmap::IndexMap;
use rhai::{Engine, Module, Shared as Counted, Stmt};

use super::library::FunctionSignature;
use super::names::{Names, RESERVED, Reads};
use super::node::Node;
use super::place::Places;
use super::tree::Reader;
use super::words::in_words;
use super::{Guard, GuardError, Limit, interpreter, library, refused};
use crate::calendar::Calendar;

/// Longest expression, in bytes.
pub const MAX_GUARD_BYTES: usize = 4 * 1024;

/// Compiles the guards of one programme.
#[derive(Clone)]
pub struct Compiler {
    shared: Arc<Shared>,
}

/// What all guards of a programme share.
pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) names: Names,
    /// For types that depend on what a function gives.
    pub(super) calendar: Arc<Calendar>,
    library: Counted<Module>,
}

/// An expression, read and checked.
pub(super) struct Compiled {
    pub(super) shared: Arc<Shared>,
    pub(super) source: String,
    pub(super) root: Node,
    pub(super) reads: Reads,
}

impl Compiler {
    /// Prepares the limits, functions and calendar that the guards share.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with `functions`, its span in bytes of that text.
    pub fn new(
        limits: &IndexMap<String, Limit>,
        functions: Option<&str>,
        calendar: Calendar,
    ) -> Result<Self, GuardError> {
        let mut names = Names { limits: limits.clone(), functions: Vec::new() };
        caught(|| {
            let calendar = Arc::new(calendar);
            let mut engine = interpreter::engine(&calendar);
            let library = match functions {
                Some(source) => library::compile(&engine, source, &mut names)?.shared_lib().clone(),
                None => Counted::new(Module::new()),
            };
            interpreter::restrict_to_expressions(&mut engine);
            Ok(Self { shared: Arc::new(Shared { engine, names, calendar, library }) })
        })
    }

    /// Returns the functions that the programme declares, in the order of the file.
    #[must_use]
    pub fn functions(&self) -> &[FunctionSignature] {
        &self.shared.names.functions
    }

    /// Returns whether expressions can name a stage so; words of the language and of its parser they cannot.
    #[must_use]
    pub fn can_name_stage(&self, name: &str) -> bool {
        self.compile(&format!("has({name})")).is_ok_and(|guard| guard.reads() == [name])
            && !RESERVED.contains(&name)
    }

    /// Returns whether expressions can name a field, an answer or a limit so.
    #[must_use]
    pub fn can_name_field(&self, name: &str) -> bool {
        self.compile(&format!("has(form.{name})"))
            .is_ok_and(|guard| guard.reads() == [format!("form.{name}")])
    }

    /// Compiles one expression.
    ///
    /// # Errors
    ///
    /// Returns what is wrong, its span in bytes of `source`.
    pub fn compile(&self, source: &str) -> Result<Guard, GuardError> {
        if source.len() > MAX_GUARD_BYTES {
            let message = format!("an expression has at most {MAX_GUARD_BYTES} bytes");
            return Err(GuardError { message, span: None, label: None, help: None });
        }
        if source.trim().is_empty() {
            return Err(refused("an expression is missing", 0..source.len()));
        }
        caught(|| self.compile_expression(source))
    }

    fn compile_expression(&self, source: &str) -> Result<Guard, GuardError> {
        let places = Places::new(source);
        let ast = self
            .shared
            .engine
            .compile_expression(source)
            .map_err(|error| in_words(&error, &places))?;
        let [Stmt::Expr(expr)] = ast.statements() else {
            return Err(refused("one expression is needed", 0..source.len()));
        };
        let library = self.shared.library.clone();
        let names = &self.shared.names;
        let mut reader = Reader { names, places, library, reads: Reads::default() };
        let root = reader.read(expr)?;
        let reads = reader.reads;
        let shared = Arc::clone(&self.shared);
        Ok(Guard::new(Compiled { shared, source: source.to_owned(), root, reads }))
    }
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").field("names", &self.shared.names).finish_non_exhaustive()
    }
}

/// Turns a panic of the parser into an error.
fn caught<T>(compile: impl FnOnce() -> Result<T, GuardError>) -> Result<T, GuardError> {
    catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| {
        let message = "the expression cannot be read".to_owned();
        Err(GuardError { message, span: None, label: None, help: None })
    })
}
