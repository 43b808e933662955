//! Reads one JSON value as a text, a number, an amount, a date.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::Value as Json;

use super::read::Dialect;
use super::{
    Bounds, Choice, MAX_AMOUNT, MAX_EMAIL, MAX_FILE_ID, MAX_LONG_TEXT, MAX_TEXT, TextRules, phone,
};
use crate::money::grouped;
use crate::value::Value;

/// Most digits that a JSON number carries exactly.
const MAX_JSON_DIGITS: usize = 15;
/// Longest decimal as a text, in bytes; what of it is exact, the decimal itself knows.
const MAX_DECIMAL_BYTES: usize = 32;

/// What is wrong with a value: code and message.
pub(super) type Wrong = (&'static str, String);

fn wrong<T>(code: &'static str, message: impl Into<String>) -> Result<T, Wrong> {
    Err((code, message.into()))
}

/// Reads a text of one line or several.
pub(super) fn text(value: &Json, rules: &TextRules, lines: bool) -> Result<Value, Wrong> {
    let text = string(value, "must be a text")?;
    let unfit =
        |letter: char| letter.is_control() && !(lines && matches!(letter, '\n' | '\r' | '\t'));
    if text.contains(unfit) {
        let message = if lines {
            "must not hold control characters"
        } else {
            "must be one line without control characters"
        };
        return wrong("wrong_type", message);
    }
    let most = if lines { MAX_LONG_TEXT } else { MAX_TEXT };
    let most = rules.max_length.map_or(most, |length| length.min(most));
    let length = text.chars().count();
    if length > most as usize {
        return wrong("too_long", format!("must have at most {most} characters"));
    }
    if let Some(fewest) = rules.min_length
        && length < fewest as usize
    {
        return wrong("too_short", format!("must have at least {fewest} characters"));
    }
    if let Some(pattern) = &rules.pattern
        && pattern.find(text).is_none_or(|found| found.range() != (0..text.len()))
    {
        return wrong("pattern", "does not have the form that is asked for");
    }
    Ok(Value::Text(text.to_owned()))
}

/// Reads a phone number.
pub(super) fn phone(value: &Json) -> Result<Value, Wrong> {
    let written = string(value, "must be a phone number in quotes")?;
    match phone::read(written) {
        Some(number) => Ok(Value::Text(number)),
        None => wrong(
            "not_a_phone_number",
            "must be a phone number with its country, such as +256 700 000001",
        ),
    }
}

/// Reads an e-mail address.
pub(super) fn email(value: &Json) -> Result<Value, Wrong> {
    let address = string(value, "must be an e-mail address")?;
    let options = email_address::Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    if address.len() > MAX_EMAIL as usize
        || address.contains(char::is_control)
        || email_address::EmailAddress::parse_with_options(address, options).is_err()
    {
        return wrong(
            "not_an_email_address",
            "must be an e-mail address, such as name@example.org",
        );
    }
    Ok(Value::Text(address.to_owned()))
}

/// Reads one of several options.
pub(super) fn choice(value: &Json, options: &[Choice]) -> Result<Value, Wrong> {
    let chosen = string(value, "must be one of the options")?;
    if options.iter().any(|option| option.id == chosen) {
        return Ok(Value::Text(chosen.to_owned()));
    }
    let known: Vec<_> = options.iter().take(20).map(|option| option.id.as_str()).collect();
    let more = if options.len() > known.len() { ", …" } else { "" };
    wrong("not_an_option", format!("must be one of: {}{more}", known.join(", ")))
}

/// Reads a date that lies before none of the earliest ones.
pub(super) fn date(
    value: &Json,
    earliest: [Option<Date>; 2],
    maximum: Option<Date>,
) -> Result<Value, Wrong> {
    let written = string(value, "must be a date")?;
    let shaped = written.len() == 10
        && written.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let Some(date) = shaped.then(|| written.parse::<Date>().ok()).flatten() else {
        return wrong("not_a_date", "must be a date of the calendar, such as 2026-12-24");
    };
    match (earliest.into_iter().flatten().max(), maximum) {
        (Some(minimum), _) if date < minimum => {
            wrong("too_small", format!("must not be before {minimum}"))
        }
        (_, Some(maximum)) if date > maximum => {
            wrong("too_large", format!("must not be after {maximum}"))
        }
        _ => Ok(Value::Date(date)),
    }
}

/// Reads yes or no.
pub(super) fn yes_no(value: &Json, dialect: Dialect<'_>) -> Result<Value, Wrong> {
    match value {
        Json::Bool(truth) => Ok(Value::YesNo(*truth)),
        Json::String(word) if dialect.yaml && word == "yes" => Ok(Value::YesNo(true)),
        Json::String(word) if dialect.yaml && word == "no" => Ok(Value::YesNo(false)),
        _ => wrong("wrong_type", "must be true or false"),
    }
}

/// Reads the id of a document.
pub(super) fn file(value: &Json) -> Result<Value, Wrong> {
    let id = string(value, "must be the id of an uploaded document")?;
    if id.len() > MAX_FILE_ID || id.contains(|letter: char| letter.is_control()) {
        return wrong("unknown_document", "must be the id of an uploaded document");
    }
    Ok(Value::File(id.to_owned()))
}

/// Reads a whole number.
pub(super) fn integer(value: &Json, bounds: &Bounds) -> Result<Value, Wrong> {
    let message = "must be a whole number";
    let Json::Number(number) = value else { return wrong("wrong_type", message) };
    let whole = number.as_i64().or_else(|| {
        let number = plain(&number.to_string())?;
        number.is_integer().then(|| number.to_i64()).flatten()
    });
    match whole {
        Some(whole) => {
            within(Decimal::from(whole), bounds)?;
            Ok(Value::Integer(whole))
        }
        None if plain(&number.to_string()).is_some_and(|number| !number.is_integer()) => {
            wrong("wrong_type", message)
        }
        None => wrong("too_large", "is out of range"),
    }
}

/// Reads an exact decimal from a text or a JSON number.
pub(super) fn number(value: &Json, bounds: &Bounds) -> Result<Value, Wrong> {
    let number = match value {
        Json::Number(number) => exact(number)?,
        Json::String(written) => match plain(written.trim()) {
            Some(number) => number,
            None => return wrong("wrong_type", "must be a number, such as 61.5"),
        },
        _ => return wrong("wrong_type", "must be a number"),
    };
    within(number, bounds)?;
    Ok(Value::Number(number.normalize()))
}

/// Reads an amount: a text with a decimal, in YAML also a plain number.
pub(super) fn money(value: &Json, bounds: &Bounds, dialect: Dialect<'_>) -> Result<Value, Wrong> {
    let message = "must be an amount as a text, such as \"2300.00\"";
    let amount = match value {
        Json::Number(number) if dialect.yaml => exact(number)?,
        Json::String(written) => match plain(written.trim()) {
            Some(amount) => amount,
            None => return wrong("not_an_amount", message),
        },
        _ => return wrong("not_an_amount", message),
    };
    if amount.abs() > Decimal::from(MAX_AMOUNT) {
        return wrong("too_large", "is out of range");
    }
    let amount = amount.normalize();
    let Some(currency) = dialect.terms.currency else {
        within(amount, bounds)?;
        return Ok(Value::Money(amount));
    };
    if !currency.is_whole_minor(amount) {
        let message = match currency.decimals() {
            0 => format!("{} has no decimal places", currency.code()),
            places => format!("{} has at most {places} decimal places", currency.code()),
        };
        return wrong("too_many_decimals", message);
    }
    within(amount, bounds)?;
    // One form for one amount: 2400, 180.10.
    Ok(Value::Money(if amount.is_integer() { amount } else { currency.round(amount) }))
}

fn within(number: Decimal, bounds: &Bounds) -> Result<(), Wrong> {
    match (bounds.minimum, bounds.maximum) {
        (Some(minimum), _) if number < minimum => {
            wrong("too_small", format!("must be at least {}", grouped(&minimum)))
        }
        (_, Some(maximum)) if number > maximum => {
            wrong("too_large", format!("must be at most {}", grouped(&maximum)))
        }
        _ => Ok(()),
    }
}

/// Reads a JSON number by its shortest form; refused where that may not be what was written.
fn exact(number: &serde_json::Number) -> Result<Decimal, Wrong> {
    let written = number.to_string();
    let digits = written.split(['e', 'E']).next().unwrap_or_default();
    let digits = digits.bytes().filter(u8::is_ascii_digit).count();
    if number.is_f64() && digits > MAX_JSON_DIGITS {
        let message = format!("more than {MAX_JSON_DIGITS} digits must be written as a text");
        return wrong("wrong_type", message);
    }
    let read = plain(&written).or_else(|| Decimal::from_scientific(&written).ok());
    match read {
        Some(number) => Ok(number),
        None => wrong("too_large", "is out of range"),
    }
}

/// Reads digits with at most one sign before and one point between.
fn plain(written: &str) -> Option<Decimal> {
    let digits = written.strip_prefix('-').unwrap_or(written);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || digits.len() > MAX_DECIMAL_BYTES {
        return None;
    }
    let number = Decimal::from_str_exact(written).ok()?;
    // There is one zero.
    Some(if number.is_zero() { Decimal::ZERO } else { number })
}

fn string<'a>(value: &'a Json, message: &str) -> Result<&'a str, Wrong> {
    match value {
        Json::String(text) => Ok(text.trim()),
        _ => wrong("wrong_type", message),
    }
}
