//! Words for what the API answers in codes, ids and numbers.
//!
//! Everything that somebody typed is shown without the characters that move a cursor or turn a line around.

use annona_definitions::money::Currency;
use serde_json::Value;

/// Returns the text at a pointer, safe to show; empty where there is none.
pub(super) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).map(shown).unwrap_or_default()
}

/// Returns the entries of a list: under `items`, or the list itself.
pub(super) fn items(value: &Value) -> &[Value] {
    let list = value.get("items").unwrap_or(value);
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Returns the list at a pointer; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Returns the texts of a list between commas.
pub(super) fn joined(value: &Value, pointer: &str) -> String {
    list(value, pointer).iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Writes a value for people, on one line.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => clean(text),
        Value::Array(entries) => entries.iter().map(shown).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => {
            let field =
                |(name, value): (&String, &Value)| format!("{}: {}", clean(name), shown(value));
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Returns a text on one line, without characters that a terminal obeys.
pub(super) fn clean(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.trim().chars() {
        match character {
            '\n' | '\t' => shown.push(' '),
            // These turn the direction of what follows, so that a text can read as another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ if character.is_control() => shown.extend(character.escape_default()),
            _ => shown.push(character),
        }
    }
    shown
}

/// Writes who did something.
pub(super) fn who(id: &str) -> String {
    let id = clean(id);
    match id.split_once(':') {
        Some(("person", person)) => person.to_owned(),
        Some((kind, rest)) => format!("{kind} {rest}"),
        None if id == "applicant" => "the applicant".to_owned(),
        None if id == "engine" => "the daemon".to_owned(),
        None => id,
    }
}

/// Writes the status of an application or a voucher.
pub(super) fn status(code: &str) -> String {
    match code {
        "with_applicant" => "with the applicant".to_owned(),
        "part_redeemed" => "redeemed in part".to_owned(),
        _ => clean(code).replace('_', " "),
    }
}

/// Writes an amount for people: `USD 2,300.00`.
pub(super) fn amount(amount: &str, currency: &str) -> String {
    let known = Currency::from_code(currency);
    let written = known.and_then(|known| Some(known.show(amount.parse().ok()?)));
    written.unwrap_or_else(|| format!("{} {}", clean(currency), clean(amount)).trim().to_owned())
}

/// Writes an amount that stands beside its currency.
pub(super) fn amount_at(value: &Value, pointer: &str) -> String {
    let number = text(value, pointer);
    if number.is_empty() { number } else { amount(&number, &text(value, "/currency")) }
}

/// Writes a count with its noun: `1 person`, `3 people`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Writes a count of what takes an s: `1 event`, `3 events`.
pub(super) fn counted(number: u64, one: &str) -> String {
    count(number, one, &format!("{one}s"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_terminal_would_obey_is_shown_and_not_done() {
        assert_eq!(clean("Ana\u{1b}[2J\nMora\u{202e}"), "Ana\\u{1b}[2J Mora");
        assert_eq!(shown(&json!({"name": "A\rB", "age": 3})), "name: A\\rB, age: 3");
    }

    #[test]
    fn amounts_and_people_are_written_for_people() {
        assert_eq!(amount("2300", "USD"), "USD 2,300.00");
        assert_eq!(amount("many", "USD"), "USD many");
        assert_eq!(who("person:grace"), "grace");
        assert_eq!(who("provider:mulago"), "provider mulago");
        assert_eq!(who("engine"), "the daemon");
    }
}
