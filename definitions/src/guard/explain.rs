//! Says in words why an expression came to what it did, with the values.
//!
//! Names the part that decided: of several conditions the first false one, or all where all are true.

use rhai::Dynamic;

use super::evaluate::Run;
use super::node::{Kind, Node};
use super::operand::show;
use super::operator::NO_VALUE;

/// Explains a part that runs.
pub(super) fn explained(run: &mut Run<'_>, part: &Node) -> String {
    match &part.kind {
        Kind::And(parts) => deciding(run, parts, false),
        Kind::Or(parts) => deciding(run, parts, true),
        Kind::Not(inner) if !matches!(inner.kind, Kind::Path(_)) => explained(run, inner),
        Kind::If(parts) => {
            let (condition, then, otherwise) = &**parts;
            let taken = if truth(run, condition) { then } else { otherwise };
            format!("{}; {}", explained(run, condition), explained(run, taken))
        }
        Kind::Binary(operator, sides) => {
            let (left, right) = (shown(run, &sides.0), shown(run, &sides.1));
            let result = shown(run, part);
            format!("`{}`: {left} {} {right} is {result}", part.text, operator.sign())
        }
        Kind::In(needle, list) => {
            let needle = shown(run, needle);
            let list: Vec<_> = list.iter().map(|item| shown(run, item)).collect();
            let result = shown(run, part);
            format!("`{}`: {needle} in [{}] is {result}", part.text, list.join(", "))
        }
        Kind::Call(name, _) if matches!(name.as_str(), "has" | "missing") => {
            format!("`{}` is {}", part.text, shown(run, part))
        }
        Kind::Call(name, arguments) => {
            let arguments: Vec<_> = arguments.iter().map(|value| shown(run, value)).collect();
            let result = shown(run, part);
            format!("`{}`: {name}({}) is {result}", part.text, arguments.join(", "))
        }
        Kind::Path(_) | Kind::Not(_) => {
            let yes_no = |value: Dynamic| match value.as_bool() {
                Ok(true) => "yes".to_owned(),
                Ok(false) => "no".to_owned(),
                Err(_) => show(&value),
            };
            let path = if let Kind::Not(inner) = &part.kind { inner } else { part };
            let value = run.value(path).map_or_else(|_| "no value".to_owned(), yes_no);
            format!("`{}` is {value}", path.text)
        }
        Kind::Literal | Kind::Entry { .. } | Kind::Coalesce(_) | Kind::Negate(_) => {
            format!("`{}` is {}", part.text, shown(run, part))
        }
    }
}

/// Explains the first part that is `decisive`, else all of them.
fn deciding(run: &mut Run<'_>, parts: &[Node], decisive: bool) -> String {
    if let Some(part) = parts.iter().find(|part| truth(run, part) == decisive) {
        return explained(run, part);
    }
    let all: Vec<_> = parts.iter().map(|part| explained(run, part)).collect();
    all.join(", and ")
}

fn truth(run: &mut Run<'_>, part: &Node) -> bool {
    run.value(part).is_ok_and(|value| value.as_bool().unwrap_or(false))
}

fn shown(run: &mut Run<'_>, part: &Node) -> String {
    run.value(part).map_or_else(|_| "no value".to_owned(), |value| show(&value))
}

/// Returns the smallest part that cannot run, and why.
pub(super) fn blamed<'n>(run: &mut Run<'_>, part: &'n Node, reason: String) -> (&'n Node, String) {
    for inner in part.parts() {
        match run.value(inner) {
            Err(reason) => return blamed(run, inner, reason),
            Ok(value) => {
                let decided = value.as_bool().ok();
                let stops = match &part.kind {
                    Kind::And(_) => decided == Some(false),
                    Kind::Or(_) => decided == Some(true),
                    Kind::Coalesce(_) => !value.is_unit(),
                    _ => false,
                };
                if stops {
                    break;
                }
                if matches!(part.kind, Kind::And(_) | Kind::Or(_)) && decided.is_none() {
                    return (inner, not_a_condition(inner, &value));
                }
            }
        }
    }
    (part, in_context(run, part, reason))
}

fn not_a_condition(part: &Node, value: &Dynamic) -> String {
    if value.is_unit() {
        return format!("`{}` has no value", part.text);
    }
    format!("`{}` is neither yes nor no", part.text)
}

/// Names the missing path, or the table without the entry.
fn in_context(run: &mut Run<'_>, part: &Node, reason: String) -> String {
    if let Kind::Entry { table, key } = &part.kind {
        return match run.value(key) {
            Ok(key_value) if key_value.is_unit() => format!("`{}` has no value", key.text),
            Ok(key_value) if key_value.is_string() => {
                format!("`{table}` has no entry for the value of `{}`", key.text)
            }
            _ => format!("`{}` is no text, and `{table}` is looked up by text", key.text),
        };
    }
    if let Kind::If(parts) = &part.kind
        && let Ok(value) = run.value(&parts.0)
        && value.as_bool().is_err()
    {
        return not_a_condition(&parts.0, &value);
    }
    if reason != NO_VALUE {
        return reason;
    }
    let missing =
        part.parts().into_iter().find(|inner| run.value(inner).is_ok_and(|value| value.is_unit()));
    missing.map_or(reason, |inner| format!("`{}` has no value", inner.text))
}
