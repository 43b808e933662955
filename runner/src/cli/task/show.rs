//! A task in words: what it is about, what is asked, and what can be decided.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::application::form;
use super::super::screen::Screen;
use super::super::words::{joined, list, shown, status, text, who};

/// The decisions, in the order in which they are shown.
const DECISIONS: [(&str, &str); 3] =
    [("approve", "approve"), ("reject", "reject"), ("send_back", "send back")];

/// Returns that a task was claimed, with the task where the answer holds it.
pub(super) fn claimed(answer: &Value, screen: &Screen) -> String {
    if answer.get("asks").is_some() {
        return format!("claimed\n{}", words(answer, screen));
    }
    if text(answer, "/reference").is_empty() {
        return "claimed: the task is yours".to_owned();
    }
    format!("claimed: {}", line(answer, screen))
}

/// Returns a task on one line.
pub(super) fn line(task: &Value, screen: &Screen) -> String {
    let due = screen.instant(&text(task, "/due"));
    let due = if due.is_empty() { due } else { format!(", due {due}") };
    let title = text(task, "/title");
    let title = if title.is_empty() { text(task, "/stage") } else { title };
    format!("{}, {title}{due} (task {})", text(task, "/reference"), text(task, "/id"))
}

/// Returns a task in words.
pub(super) fn words(task: &Value, screen: &Screen) -> String {
    let application = task.get("application").unwrap_or(&Value::Null);
    let mut words = format!("{}\n", line(task, screen));
    let claimed = who(&text(task, "/claimed_by"));
    let claimed = if claimed.is_empty() {
        "claimed by nobody".to_owned()
    } else {
        format!("claimed by {claimed}")
    };
    let _ = writeln!(
        words,
        "{}, {}, for {}, {claimed}",
        text(task, "/programme"),
        status(&text(application, "/status")),
        text(task, "/role")
    );
    section(&mut words, "form", &form(application));
    section(&mut words, "asked here", &asked(task));
    section(&mut words, "documents needed", &indented(&joined(task, "/documents")));
    section(&mut words, "decisions", &decisions(task));
    words.trim_end().to_owned()
}

fn section(words: &mut String, title: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(words, "\n{title}\n{}", text.trim_end());
    }
}

fn indented(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("  {text}") }
}

/// Returns what the officer fills in, with what was given before.
fn asked(task: &Value) -> String {
    let required = list(task, "/asks/required");
    let fields = task.pointer("/asks/properties").and_then(Value::as_object);
    let mut words = String::new();
    for (name, rules) in fields.into_iter().flatten() {
        let kind = text(rules, "/x-type");
        let optional = if required.iter().any(|it| it == name) { "" } else { ", optional" };
        let _ = write!(words, "  {name}: {} ({kind}{optional})", text(rules, "/title"));
        let options = joined(rules, "/enum");
        if !options.is_empty() {
            let _ = write!(words, ", one of: {options}");
        }
        if let Some(draft) = task.get("draft").and_then(|draft| draft.get(name)) {
            let _ = write!(words, "; before: {}", shown(draft));
        }
        words.push('\n');
    }
    words
}

/// Returns what can be decided, why not, and with which reasons.
fn decisions(task: &Value) -> String {
    let mut words = String::new();
    for (id, name) in DECISIONS {
        let Some(action) = task.pointer(&format!("/can/{id}")) else { continue };
        let _ = writeln!(words, "  {name}: {}", allowed(action));
        let is_refused = action.pointer("/allowed") == Some(&Value::Bool(false));
        if is_refused && text(action, "/code") == "not_sendable_back" {
            continue;
        }
        for reason in list(task, &format!("/reasons/{id}")) {
            let note = if reason.pointer("/note") == Some(&Value::Bool(true)) {
                ", with a note"
            } else {
                ""
            };
            let _ = writeln!(words, "    {}: {}{note}", text(reason, "/id"), text(reason, "/text"));
        }
    }
    let to = joined(task, "/send_back_to");
    if !to.is_empty() {
        let _ = writeln!(words, "  send back to: {to}");
    }
    words
}

fn allowed(action: &Value) -> String {
    match action.get("allowed") {
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => format!("no: {}", text(action, "/why_not")),
        _ => format!("depends on {}", joined(action, "/needs")),
    }
}
