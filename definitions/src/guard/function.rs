//! The functions that expressions may call.
//!
//! All are pure; today's date and the instant come from the scope, never from a clock.

use jiff::civil::Date;
use jiff::{Span, Unit};
use rhai::Dynamic;
use rust_decimal::RoundingStrategy;
use rust_decimal::prelude::ToPrimitive as _;

use super::operand::{self, Entries, Operand, is_there};
use super::operator::{NO_VALUE, Operator};
use crate::calendar::Calendar;
use crate::value::Record;

/// Most values that `min` and `max` compare.
pub(super) const MAX_COMPARED: usize = 8;
/// Most decimal places that `round` keeps.
const MAX_PLACES: u32 = 28;

/// Why a date cannot be reached.
pub(super) const TOO_FAR: &str = "the date lies too far away";

/// A built-in function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Builtin {
    /// Its name.
    pub(super) name: &'static str,
    /// Fewest arguments.
    pub(super) fewest: usize,
    /// Most arguments.
    pub(super) most: usize,
    /// How it is written.
    pub(super) usage: &'static str,
}

/// Every built-in function.
pub(super) const BUILTINS: [Builtin; 15] = [
    Builtin { name: "has", fewest: 1, most: 1, usage: "has(x)" },
    Builtin { name: "missing", fewest: 1, most: 1, usage: "missing(x)" },
    Builtin { name: "min", fewest: 2, most: MAX_COMPARED, usage: "min(a, b)" },
    Builtin { name: "max", fewest: 2, most: MAX_COMPARED, usage: "max(a, b)" },
    Builtin { name: "round", fewest: 2, most: 2, usage: "round(x, places)" },
    Builtin { name: "len", fewest: 1, most: 1, usage: "list.len()" },
    Builtin { name: "sum_of", fewest: 2, most: 2, usage: "sum_of(list, \"field\")" },
    Builtin {
        name: "count_where",
        fewest: 4,
        most: 4,
        usage: "count_where(list, \"field\", \"<\", value)",
    },
    Builtin {
        name: "any_where",
        fewest: 4,
        most: 4,
        usage: "any_where(list, \"field\", \"<\", value)",
    },
    Builtin {
        name: "all_where",
        fewest: 4,
        most: 4,
        usage: "all_where(list, \"field\", \"<\", value)",
    },
    Builtin { name: "years_between", fewest: 2, most: 2, usage: "years_between(a, b)" },
    Builtin { name: "days_between", fewest: 2, most: 2, usage: "days_between(a, b)" },
    Builtin { name: WORKING_DAYS_BETWEEN, fewest: 2, most: 2, usage: "working_days_between(a, b)" },
    Builtin { name: "add_days", fewest: 2, most: 2, usage: "add_days(date, n)" },
    Builtin { name: "add_months", fewest: 2, most: 2, usage: "add_months(date, n)" },
];

/// The one that goes by the programme's calendar.
const WORKING_DAYS_BETWEEN: &str = "working_days_between";

/// Functions whose second argument names a field of the list's entries.
pub(super) const OVER_LISTS: [&str; 4] = ["sum_of", "count_where", "any_where", "all_where"];

/// Returns a built-in function by its name.
pub(super) fn builtin(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

/// Calls a built-in function.
///
/// # Errors
///
/// Returns in words why it cannot be called so.
pub(super) fn call(
    name: &str,
    arguments: &[&mut Dynamic],
    calendar: &Calendar,
) -> Result<Dynamic, String> {
    let operands = || arguments.iter().map(|value| Operand::of(value)).collect::<Vec<_>>();
    match (name, arguments) {
        ("has", [value]) => Ok(is_there(value).into()),
        ("missing", [value]) => Ok((!is_there(value)).into()),
        ("len", [list]) => length(list),
        ("min", _) => extreme(&operands(), Operator::Less),
        ("max", _) => extreme(&operands(), Operator::Greater),
        ("round", [..]) => round(&operands()),
        ("sum_of", [list, field]) => sum_of(list, field),
        ("count_where", [list, field, sign, value]) => {
            let counted = matches(list, field, sign, value)?;
            let count = counted.iter().filter(|matched| **matched).count();
            Ok(i64::try_from(count).unwrap_or(i64::MAX).into())
        }
        ("any_where", [list, field, sign, value]) => {
            Ok(matches(list, field, sign, value)?.contains(&true).into())
        }
        ("all_where", [list, field, sign, value]) => {
            Ok((!matches(list, field, sign, value)?.contains(&false)).into())
        }
        ("years_between" | "days_between", [..]) => between(name, &operands()),
        (WORKING_DAYS_BETWEEN, [..]) => {
            let (from, to) = two_dates(name, &operands())?;
            Ok(calendar.working_days_between(from, to).into())
        }
        ("add_days" | "add_months", [..]) => later(name, &operands()),
        _ => Err(format!("`{name}` cannot be called so")),
    }
}

/// Returns whether `needle` is one of `list`, by `==`.
///
/// # Errors
///
/// Returns in words why they cannot be compared.
pub(super) fn contains(list: &Dynamic, needle: &Dynamic) -> Result<bool, String> {
    let list = list.as_array_ref().map_err(|_| "`in` needs a list on its right".to_owned())?;
    let needle = Operand::of(needle);
    let mut found = false;
    for item in list.iter() {
        found |= Operator::Equal.apply(&needle, &Operand::of(item))? == Operand::Truth(true);
    }
    Ok(found)
}

fn length(list: &Dynamic) -> Result<Dynamic, String> {
    match operand::length(list) {
        Some(length) => Ok(i64::try_from(length).unwrap_or(i64::MAX).into()),
        None if list.is_unit() => Err(NO_VALUE.to_owned()),
        None => Err(format!("`len` needs a list, not {}", Operand::of(list).name())),
    }
}

fn extreme(values: &[Operand], better: Operator) -> Result<Dynamic, String> {
    let mut best: Option<&Operand> = None;
    for value in values {
        best = match best {
            Some(best) if better.apply(value, best)? != Operand::Truth(true) => Some(best),
            _ => Some(value),
        };
    }
    let amounts = values.iter().any(|value| matches!(value, Operand::Amount(_)));
    match best {
        Some(Operand::Nothing) | None => Err(NO_VALUE.to_owned()),
        // A plain number beside an amount is an amount.
        Some(best) if amounts && let Some(number) = best.number() => {
            Ok(Operand::Amount(number).into_dynamic())
        }
        Some(best) => Ok(best.clone().into_dynamic()),
    }
}

fn round(operands: &[Operand]) -> Result<Dynamic, String> {
    let [number, Operand::Whole(places)] = operands else {
        return Err(missing_or(operands, "`round` needs a number and a whole number of places"));
    };
    let places = u32::try_from(*places)
        .ok()
        .filter(|places| *places <= MAX_PLACES)
        .ok_or_else(|| format!("`round` keeps from 0 to {MAX_PLACES} places"))?;
    let half_up = RoundingStrategy::MidpointAwayFromZero;
    match number {
        Operand::Whole(whole) => Ok((*whole).into()),
        Operand::Plain(number) => {
            Ok(Operand::Plain(number.round_dp_with_strategy(places, half_up)).into_dynamic())
        }
        Operand::Amount(amount) => {
            Ok(Operand::Amount(amount.round_dp_with_strategy(places, half_up)).into_dynamic())
        }
        _ => Err(missing_or(operands, "`round` needs a number and a whole number of places")),
    }
}

/// Returns the values of one field of all entries.
fn column(list: &Dynamic, field: &Dynamic) -> Result<Vec<Operand>, String> {
    if list.is_unit() {
        return Err(NO_VALUE.to_owned());
    }
    let field = field
        .as_immutable_string_ref()
        .map_err(|_| "a field of a list is named in quotes".to_owned())?;
    let entries = list.read_lock::<Entries>().ok_or("a list of the form is needed here")?;
    let of_entry = |entry: &Record| {
        entry
            .get(field.as_str())
            .map(Operand::of_value)
            .ok_or_else(|| format!("an entry of the list has no `{}`", field.as_str()))
    };
    entries.records().iter().map(of_entry).collect()
}

fn sum_of(list: &Dynamic, field: &Dynamic) -> Result<Dynamic, String> {
    let column = column(list, field)?;
    let nothing = match (list.read_lock::<Entries>(), field.as_immutable_string_ref()) {
        (Some(entries), Ok(field)) => entries.nothing_of(&field),
        _ => Operand::Whole(0),
    };
    let sum = column.iter().try_fold(nothing, |sum, value| Operator::Add.apply(&sum, value))?;
    Ok(sum.into_dynamic())
}

/// Returns for each entry whether its field compares so with `value`.
fn matches(
    list: &Dynamic,
    field: &Dynamic,
    sign: &Dynamic,
    value: &Dynamic,
) -> Result<Vec<bool>, String> {
    let operator = sign
        .as_immutable_string_ref()
        .ok()
        .and_then(|sign| Operator::from_sign(&sign))
        .filter(|operator| operator.compares())
        .ok_or("a comparison is one of \"==\", \"!=\", \"<\", \"<=\", \">\", \">=\"")?;
    let value = Operand::of(value);
    column(list, field)?
        .iter()
        .map(|entry| Ok(operator.apply(entry, &value)? == Operand::Truth(true)))
        .collect()
}

fn between(name: &str, operands: &[Operand]) -> Result<Dynamic, String> {
    let (from, to) = two_dates(name, operands)?;
    let unit = if name == "years_between" { Unit::Year } else { Unit::Day };
    let span = from.until((unit, to)).map_err(|_| "the dates are too far apart".to_owned())?;
    let count = match unit {
        Unit::Year => i64::from(span.get_years()),
        _ => i64::from(span.get_days()),
    };
    Ok(count.into())
}

fn two_dates(name: &str, operands: &[Operand]) -> Result<(Date, Date), String> {
    match operands {
        [Operand::Day(from), Operand::Day(to)] => Ok((*from, *to)),
        _ => Err(missing_or(operands, &format!("`{name}` needs two dates"))),
    }
}

fn later(name: &str, operands: &[Operand]) -> Result<Dynamic, String> {
    let [Operand::Day(day), count] = operands else {
        return Err(missing_or(operands, &format!("`{name}` needs a date and a whole number")));
    };
    let count = match count {
        Operand::Whole(count) => Some(*count),
        Operand::Plain(count) if count.is_integer() => count.to_i64(),
        _ => {
            return Err(missing_or(operands, &format!("`{name}` needs a date and a whole number")));
        }
    };
    let moved = count.and_then(|count| shifted(*day, name, count));
    moved.map(Dynamic::from).ok_or_else(|| TOO_FAR.to_owned())
}

fn shifted(day: Date, name: &str, count: i64) -> Option<Date> {
    // jiff's short forms panic beyond their limits, the long ones do not.
    let span = match name {
        "add_months" => Span::new().try_months(count).ok()?,
        _ => Span::new().try_days(count).ok()?,
    };
    day.checked_add(span).ok()
}

/// Returns that a value is missing where one is, else `otherwise`.
fn missing_or(operands: &[Operand], otherwise: &str) -> String {
    if operands.contains(&Operand::Nothing) { NO_VALUE } else { otherwise }.to_owned()
}
