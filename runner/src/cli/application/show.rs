//! An application in words: its ribbon of stages, and what stands beside it.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::screen::Screen;
use super::super::words::{amount_at, joined, list, shown, status, text, who};

/// Returns an application in words.
pub(super) fn words(application: &Value, screen: &Screen) -> String {
    let mut words = format!(
        "{}  {}  {}\n",
        text(application, "/reference"),
        text(application, "/programme"),
        status(&text(application, "/status"))
    );
    let _ = writeln!(words, "sent {}", screen.instant(&text(application, "/submitted_at")));
    for line in ribbon(application, screen) {
        let _ = writeln!(words, "  {line}");
    }
    for line in beside(application, screen) {
        let _ = writeln!(words, "{line}");
    }
    let fields = form(application);
    if !fields.is_empty() {
        let _ = write!(words, "\n{fields}");
    }
    words.trim_end().to_owned()
}

/// Returns what became of an application in one sentence.
pub(in crate::cli) fn after(done: &str, answer: &Value, screen: &Screen) -> String {
    let application = answer.get("application").unwrap_or(answer);
    let reference = text(application, "/reference");
    let place = match text(application, "/status").as_str() {
        "in_review" => at_stage(application, screen),
        "with_applicant" => format!("it is with the applicant{}", asked(application, screen)),
        "held" => format!("it is held for an operator: {}", text(application, "/held/cause")),
        "rejected" => format!("it is rejected: {}", reason(application)),
        code => format!("it is {}", status(code)),
    };
    format!("{reference} {done}: {place}")
}

fn at_stage(application: &Value, screen: &Screen) -> String {
    let due = screen.instant(&text(application, "/due"));
    let due = if due.is_empty() { due } else { format!(", due {due}") };
    format!("it is now at {}{due}", stage(application))
}

/// Returns the stage of an application, by its title and id.
fn stage(application: &Value) -> String {
    let (id, title) = (text(application, "/stage"), text(application, "/stage_title"));
    if title.is_empty() || title == id {
        format!("stage {id}")
    } else {
        format!("stage {id} ({title})")
    }
}

fn reason(application: &Value) -> String {
    let words = text(application, "/reason/text");
    if words.is_empty() { text(application, "/reason") } else { words }
}

/// Returns the stages behind, and the one that is open.
fn ribbon(application: &Value, screen: &Screen) -> Vec<String> {
    let mut lines = Vec::new();
    for stage in list(application, "/stages") {
        let by = who(&text(stage, "/by"));
        let by = if by.is_empty() { by } else { format!(" by {by}") };
        let at = screen.instant(&text(stage, "/at"));
        let at = if at.is_empty() { at } else { format!(", {at}") };
        let result = match text(stage, "/result").as_str() {
            "passed" => "passed by time".to_owned(),
            "skipped" => "left out".to_owned(),
            other => other.to_owned(),
        };
        let mark = if result == "approved" { '✓' } else { '–' };
        lines.push(format!("{mark} {}: {result}{by}{at}", titled(stage)));
        let answers = answers(stage);
        if !answers.is_empty() {
            lines.push(format!("    {answers}"));
        }
    }
    for task in list(application, "/tasks") {
        lines.push(open_task(application, task, screen));
    }
    lines
}

fn titled(stage: &Value) -> String {
    let title = text(stage, "/title");
    if title.is_empty() { text(stage, "/stage") } else { title }
}

fn open_task(application: &Value, task: &Value, screen: &Screen) -> String {
    let is_here = text(task, "/stage") == text(application, "/stage");
    let title = if is_here { text(application, "/stage_title") } else { String::new() };
    let title = if title.is_empty() { text(task, "/stage") } else { title };
    let mut line = format!("▸ {title}: open for {}", text(task, "/role"));
    for role in list(task, "/escalated_to") {
        let _ = write!(line, " and {}", shown(role));
    }
    let claimed = who(&text(task, "/claimed_by"));
    if !claimed.is_empty() {
        let _ = write!(line, ", claimed by {claimed}");
    }
    let due = screen.instant(&text(task, "/due"));
    if task.pointer("/suspended") == Some(&Value::Bool(true)) {
        line.push_str(", its clock stands still");
    } else if !due.is_empty() {
        let _ = write!(line, ", due {due}");
    }
    line
}

/// Returns the officer's answers at a stage.
fn answers(stage: &Value) -> String {
    let given = stage.get("answers").and_then(Value::as_object);
    let mut parts: Vec<String> = given
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}: {}", shown(value)))
        .collect();
    parts.extend(list(stage, "/masked").iter().map(|name| format!("{}: masked", shown(name))));
    parts.join(", ")
}

/// Returns what an application waits for, or how it ended.
fn beside(application: &Value, screen: &Screen) -> Vec<String> {
    let mut lines = Vec::new();
    if !reason(application).is_empty() {
        lines.push(format!("reason: {}", reason(application)));
    }
    if application.get("returned").is_some_and(Value::is_object) {
        lines.push(format!("with the applicant{}", asked(application, screen)));
    }
    if application.get("held").is_some_and(Value::is_object) {
        lines.push(format!(
            "held since {}: {}",
            screen.instant(&text(application, "/held/since")),
            text(application, "/held/cause")
        ));
    }
    if let Some(voucher) = application.get("voucher").filter(|voucher| voucher.is_object()) {
        lines.push(voucher_line(voucher));
    }
    if application.pointer("/erased") == Some(&Value::Bool(true)) {
        lines.push("its personal values are erased".to_owned());
    }
    lines
}

/// Returns what the applicant was asked, and by when.
fn asked(application: &Value, screen: &Screen) -> String {
    let fields = joined(application, "/returned/fields");
    let fields = if fields.is_empty() { fields } else { format!(", to correct: {fields}") };
    let by = screen.instant(&text(application, "/returned/answer_by"));
    let by = if by.is_empty() { by } else { format!(", before {by}") };
    format!("{fields}{by}")
}

/// Returns a voucher on one line.
pub(in crate::cli) fn voucher_line(voucher: &Value) -> String {
    let mut line =
        format!("voucher {}: {}", text(voucher, "/number"), amount_at(voucher, "/amount"));
    let balance = text(voucher, "/balance");
    if !balance.is_empty() && balance != text(voucher, "/amount") {
        let _ = write!(line, ", {} left", amount_at(voucher, "/balance"));
    }
    let code = text(voucher, "/status");
    if !code.is_empty() {
        let _ = write!(line, ", {}", status(&code));
    }
    let until = text(voucher, "/valid_until");
    if !until.is_empty() {
        let _ = write!(line, ", good until {until}");
    }
    let kinds = joined(voucher, "/providers");
    if !kinds.is_empty() {
        let _ = write!(line, ", for: {kinds}");
    }
    line
}

/// Returns the form, a field a line, with what is not shown.
pub(in crate::cli) fn form(application: &Value) -> String {
    let mut words = String::new();
    for (name, value) in application.get("form").and_then(Value::as_object).into_iter().flatten() {
        let _ = writeln!(words, "  {name}: {}", shown(value));
    }
    let masked = joined(application, "/masked");
    if !masked.is_empty() {
        let _ = writeln!(words, "  not shown to you: {masked}");
    }
    words
}
