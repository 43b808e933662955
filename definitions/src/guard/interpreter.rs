//! The rhai engine: a raw one, with our own operators and functions and nothing else.
//!
//! Never optimises, never folds constants, knows no clock, no randomness, no output, no `eval` and no `sleep`.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, OptimizationLevel, Position};

use super::function::{self, BUILTINS};
use super::operand::{Amount, Document, Entries, Entry, Operand};
use super::operator::{self, Operator};
use crate::calendar::Calendar;
use crate::money::grouped;

/// Most steps one evaluation may take.
pub const MAX_OPERATIONS: u64 = 20_000;
/// Longest text an expression may hold, in bytes.
///
/// Expressions build no texts; those of the form have up to 10,000 characters of up to four bytes.
pub const MAX_STRING_BYTES: usize = 40_000;
/// Most entries of a list, and most values of a group.
pub const MAX_ENTRIES: usize = 1_000;
/// How deep an expression may be nested.
pub const MAX_EXPRESSION_DEPTH: usize = 32;
/// How deep an expression inside a function may be nested.
pub const MAX_FUNCTION_DEPTH: usize = 16;
/// How deep functions may call each other.
pub const MAX_CALL_DEPTH: usize = 8;
/// Most variables that live at once in functions.
const MAX_VARIABLES: usize = 100;
/// Most functions a programme may declare.
const MAX_FUNCTIONS: usize = 100;

/// Builds the engine that compiles the functions and runs everything; see [`restrict_to_expressions`].
pub(super) fn engine(calendar: &Arc<Calendar>) -> Engine {
    let mut engine = Engine::new_raw();
    engine
        // The default optimiser can be made to panic, and bakes constants into expressions.
        .set_optimization_level(OptimizationLevel::None)
        // The built-in operators divide 5 by 2 to 2, and find unlike types merely different.
        .set_fast_operators(false)
        .set_fail_on_invalid_map_property(true)
        .set_strict_variables(true)
        .set_allow_anonymous_fn(false)
        .set_max_operations(MAX_OPERATIONS)
        .set_max_string_size(MAX_STRING_BYTES)
        .set_max_array_size(MAX_ENTRIES)
        .set_max_map_size(MAX_ENTRIES)
        .set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_FUNCTION_DEPTH)
        .set_max_call_levels(MAX_CALL_DEPTH)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS);
    for symbol in ["eval", "Fn", "call", "curry", "type_of", "print", "debug", "is_shared", "this"]
    {
        engine.disable_symbol(symbol);
    }
    engine
        .register_type_with_name::<Amount>("amount")
        .register_type_with_name::<Document>("document")
        .register_type_with_name::<Date>("date")
        .register_type_with_name::<Timestamp>("instant")
        .register_type_with_name::<Entries>("list")
        .register_type_with_name::<Entry>("entry")
        .register_indexer_get(|entry: &mut Entry, name: ImmutableString| entry.field(&name))
        .register_indexer_get(|list: &mut Entries, index: i64| {
            list.entry(index).ok_or_else(|| raised("there is no such entry".to_owned()))
        })
        .register_iterator::<Entries>()
        .register_iterator::<Array>()
        .register_iterator::<Range<i64>>()
        .register_iterator::<RangeInclusive<i64>>();
    register_operators(&mut engine);
    register_functions(&mut engine, calendar);
    engine
}

/// Makes the engine read expressions only: names are checked by [`super::tree`], and nothing loops.
pub(super) fn restrict_to_expressions(engine: &mut Engine) {
    engine.set_strict_variables(false).set_allow_looping(false);
}

fn register_operators(engine: &mut Engine) {
    for operator in Operator::ALL {
        engine.register_fn(operator.sign(), move |left: Dynamic, right: Dynamic| {
            binary(operator, &left, &right)
        });
        if !operator.compares() {
            // Else `x /= 2` would fall back to rhai's own whole-number division.
            let assign = move |left: &mut Dynamic, right: Dynamic| -> Result<(), _> {
                *left = binary(operator, left, &right)?;
                Ok::<(), Box<EvalAltResult>>(())
            };
            engine.register_fn(format!("{}=", operator.sign()), assign);
        }
    }
    engine
        .register_fn("-", |value: Dynamic| unary(operator::negate(&Operand::of(&value))))
        .register_fn("!", |value: Dynamic| unary(operator::not(&Operand::of(&value))));
}

fn register_functions(engine: &mut Engine, calendar: &Arc<Calendar>) {
    let dynamic = std::any::TypeId::of::<Dynamic>();
    for builtin in &BUILTINS {
        for count in builtin.fewest..=builtin.most {
            let (name, calendar) = (builtin.name, Arc::clone(calendar));
            engine.register_raw_fn(name, vec![dynamic; count], move |_, arguments| {
                function::call(name, arguments, &calendar).map_err(raised)
            });
        }
    }
    // `x in [a, b]` is read as a call of `contains`.
    engine.register_raw_fn("contains", [dynamic, dynamic], |_, arguments| match arguments {
        [list, needle] => function::contains(list, needle).map(Dynamic::from).map_err(raised),
        _ => Err(raised("`in` needs a list on its right".to_owned())),
    });
}

fn binary(
    operator: Operator,
    left: &Dynamic,
    right: &Dynamic,
) -> Result<Dynamic, Box<EvalAltResult>> {
    let result = operator.apply(&Operand::of(left), &Operand::of(right));
    result.map(Operand::into_dynamic).map_err(raised)
}

fn unary(result: Result<Operand, String>) -> Result<Dynamic, Box<EvalAltResult>> {
    result.map(Operand::into_dynamic).map_err(raised)
}

#[expect(clippy::unnecessary_box_returns, reason = "rhai takes its errors boxed")]
fn raised(reason: String) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(reason.into(), Position::NONE))
}

/// Says in words why an evaluation failed; names no type of the program.
pub(super) fn reason(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorRuntime(reason, _) => {
            reason.clone().into_string().unwrap_or_else(|_| "the expression failed".to_owned())
        }
        EvalAltResult::ErrorInFunctionCall(name, _, inner, _) => {
            format!("in `{name}`: {}", reason(inner))
        }
        EvalAltResult::ErrorTooManyOperations(_) => {
            format!("it takes more than {} steps", grouped(&MAX_OPERATIONS.into()))
        }
        EvalAltResult::ErrorStackOverflow(_) => {
            format!("functions call each other more than {MAX_CALL_DEPTH} deep")
        }
        EvalAltResult::ErrorDataTooLarge(..) => "a text or list is too large".to_owned(),
        EvalAltResult::ErrorTooManyVariables(_) => {
            format!("more than {MAX_VARIABLES} variables live at once")
        }
        EvalAltResult::ErrorMismatchDataType(..) => {
            "yes or no is needed, and there is another value or none".to_owned()
        }
        EvalAltResult::ErrorPropertyNotFound(name, _) => format!("there is no `{name}`"),
        EvalAltResult::ErrorIndexNotFound(..)
        | EvalAltResult::ErrorArrayBounds(..)
        | EvalAltResult::ErrorStringBounds(..) => "there is no such entry".to_owned(),
        EvalAltResult::ErrorFor(_) => "`for` needs a list or a range".to_owned(),
        EvalAltResult::ErrorArithmetic(..) => "a number is out of range".to_owned(),
        _ => "the values do not fit what is done with them".to_owned(),
    }
}
