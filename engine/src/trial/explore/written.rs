//! A case as a test of the file: YAML ready to be pasted under `tests:`.

use annona_definitions::Programme;
use annona_definitions::form::{Field, FieldKind};
use annona_definitions::programme::StepAction;
use serde_json::{Map, Value};

use super::shrink::{base, changed};
use super::values::Inventor;
use super::walk::{Story, Taken};

/// Most digits of a number that stands without quotes.
const MAX_PLAIN_DIGITS: usize = 15;

/// Writes a test; `expect` has what holds at its end.
pub(super) fn test(
    inventor: &Inventor<'_>,
    name: &str,
    story: &Story,
    expect: &[(&str, String)],
) -> String {
    let mut text = format!("  - test: {}\n    given: {}\n", word(name), given(inventor, story));
    if !story.steps.is_empty() {
        text.push_str("    when:\n");
        let steps = story.steps.iter().map(|taken| step(inventor.programme, taken));
        text.extend(steps.map(|step| format!("      - {step}\n")));
    }
    let expect: Vec<_> = expect.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    text.extend([format!("    expect: {{{}}}\n", expect.join(", "))]);
    text
}

/// Writes the form: an example and what differs from it, or all of it.
fn given(inventor: &Inventor<'_>, story: &Story) -> String {
    let fields = &inventor.programme.form.fields;
    let (example, values) = base(inventor, &story.form);
    // A form may have a field of this name; then no test begins from an example.
    let example = example.filter(|_| inventor.programme.form.field("from").is_none());
    let Some(example) = example else { return record(fields, &story.form) };
    let mut entries = vec![format!("from: {}", word(example))];
    for name in changed(&values, &story.form) {
        let value = story.form.get(&name);
        let field = fields.iter().find(|field| field.name == name);
        let value = value.map_or_else(|| "null".to_owned(), |value| written(field, value));
        entries.push(format!("{name}: {value}"));
    }
    format!("{{{}}}", entries.join(", "))
}

fn record(fields: &[Field], values: &Map<String, Value>) -> String {
    let entries = values.iter().map(|(name, value)| {
        let field = fields.iter().find(|field| field.name == *name);
        format!("{name}: {}", written(field, value))
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

fn step(programme: &Programme, taken: &Taken) -> String {
    let asks =
        taken.stage.as_ref().and_then(|id| programme.stage(id)).map(|stage| &stage.asks.fields);
    let entries = |fields: &[Field], with: &Map<String, Value>| -> String {
        let entries = with.iter().map(|(name, value)| {
            let field = fields.iter().find(|field| field.name == *name);
            format!(", {name}: {}", written(field, value))
        });
        entries.collect()
    };
    match &taken.action {
        StepAction::Wait(duration) => format!("{{wait: {duration}}}"),
        StepAction::At(time) => format!("{{at: {}}}", crate::trial::world::local(*time)),
        StepAction::Officer { role, name, action, with } => {
            let name = name.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
            let asks = asks.map_or(&[][..], Vec::as_slice);
            format!("{{{role}{name}: {action}{}}}", entries(asks, with))
        }
        StepAction::Applicant { action, with } => {
            format!("{{applicant: {action}{}}}", entries(&programme.form.fields, with))
        }
        StepAction::Provider { action, with } => {
            let entries = with.iter().map(|(name, value)| {
                let value = match value.as_str() {
                    Some(amount) if name == "amount" => number(amount),
                    Some(said) => quoted(said),
                    None => value.to_string(),
                };
                format!(", {name}: {value}")
            });
            format!("{{provider: {action}{}}}", entries.collect::<String>())
        }
    }
}

fn written(field: Option<&Field>, value: &Value) -> String {
    match (field.map(|field| &field.kind), value) {
        (Some(FieldKind::Money(_) | FieldKind::Number(_)), Value::String(text)) => number(text),
        (Some(FieldKind::List { of, .. }), Value::Array(entries)) => {
            let entries = entries.iter().map(|entry| match entry {
                Value::Object(values) => record(of, values),
                other => other.to_string(),
            });
            format!("[{}]", entries.collect::<Vec<_>>().join(", "))
        }
        // A date or a number in a text would be read as such.
        (Some(FieldKind::Date { .. }), Value::String(text)) => text.clone(),
        (_, Value::String(text)) => word(text),
        (_, Value::Array(entries)) => {
            let entries: Vec<_> = entries.iter().map(|entry| written(None, entry)).collect();
            format!("[{}]", entries.join(", "))
        }
        (_, other) => other.to_string(),
    }
}

fn number(text: &str) -> String {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits <= MAX_PLAIN_DIGITS { text.to_owned() } else { quoted(text) }
}

/// Writes a text, in quotes unless it is a plain word that YAML takes as one.
fn word(text: &str) -> String {
    let plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || " _-./".contains(letter))
        && !text.ends_with(' ');
    let reserved = ["yes", "no", "true", "false", "null", "on", "off", "y", "n"];
    if plain && !reserved.contains(&text.to_lowercase().as_str()) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Writes a text in quotes: what JSON escapes, YAML reads.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
