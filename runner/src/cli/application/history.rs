//! The events of an application in plain words: who, what, which rule held and why.

use serde_json::Value;

use super::super::screen::Screen;
use super::super::words::{amount, items, joined, list, shown, text, who};

/// Returns a whole history.
pub(super) fn words(answer: &Value, screen: &Screen) -> String {
    let events: Vec<String> =
        items(answer).iter().map(|event| lines(event, screen).join("\n")).collect();
    events.join("\n")
}

/// Returns one event: a line for what happened, and below it why.
pub(in crate::cli) fn lines(event: &Value, screen: &Screen) -> Vec<String> {
    let mut actor = who(&text(event, "/who"));
    let other = who(&text(event, "/on_behalf_of"));
    if !other.is_empty() {
        actor = format!("{actor} for {other}");
    }
    let mut lines = vec![format!(
        "{:>3}  {}  {actor} {}",
        text(event, "/version"),
        screen.instant(&text(event, "/at")),
        happened(event, screen)
    )];
    let mut below = |text: String| lines.push(format!("       {text}"));
    for guard in list(event, "/guards") {
        below(explained(guard));
    }
    for earlier in list(event, "/facts").iter().filter(|fact| fact.get("duplicate_of").is_some()) {
        below(format!("counted before: application {}", text(earlier, "/duplicate_of")));
    }
    let reason = text(event, "/reason/text");
    if !reason.is_empty() {
        below(format!("reason: {reason}"));
    }
    let note = text(event, "/note");
    if !note.is_empty() {
        below(format!("note: {note}"));
    }
    let answers = values(event);
    if !answers.is_empty() {
        below(answers);
    }
    lines
}

/// Returns what came of a rule, with its words where they may be seen.
fn explained(guard: &Value) -> String {
    let place = text(guard, "/place");
    let result = match text(guard, "/result").as_str() {
        "true" => "holds".to_owned(),
        "false" => "does not hold".to_owned(),
        "cannot_run" => "cannot run".to_owned(),
        _ => format!("is {}", text(guard, "/amount")),
    };
    let explanation = text(guard, "/explanation");
    if explanation.is_empty() {
        format!("{place} {result}")
    } else {
        format!("{place} {result}: {explanation}")
    }
}

/// Returns what an officer or applicant filled in.
fn values(event: &Value) -> String {
    if text(event, "/type") == "submitted" {
        return String::new();
    }
    let given = event.pointer("/body/values").and_then(Value::as_object);
    let given =
        given.into_iter().flatten().map(|(name, value)| format!("{name}: {}", shown(value)));
    let masked = list(event, "/body/masked").iter().map(|name| format!("{}: masked", shown(name)));
    given.chain(masked).collect::<Vec<_>>().join(", ")
}

fn happened(event: &Value, screen: &Screen) -> String {
    let body = event.get("body").unwrap_or(&Value::Null);
    let stage = text(body, "/stage");
    match text(event, "/type").as_str() {
        "submitted" => format!("sent application {}", text(body, "/reference")),
        "answered" => "answered what was asked".to_owned(),
        "stage_skipped" => format!("left out stage {stage}"),
        "stage_opened" => opened(body, screen),
        "claimed" => "claimed the task".to_owned(),
        "released" => "released the task".to_owned(),
        "stage_approved" => format!("approved at stage {stage}"),
        "stage_passed" => format!("passed stage {stage}, whose time was over"),
        "sent_back" => sent_back(body, screen),
        "task_resumed" => format!("let the clock run again{}", due(body, screen)),
        "reopened" => format!("opened stage {stage} again"),
        "reminded" => "reminded of the deadline".to_owned(),
        "escalated" => format!("added {} to the task, which is late", text(body, "/to")),
        "rejected" => rejected(body),
        "withdrawn" => "withdrew the application".to_owned(),
        "approved" => "approved the application".to_owned(),
        "held" => format!("held the application: {}", text(body, "/cause")),
        "retried" => "tried again what was held".to_owned(),
        "erased" => "erased the personal values".to_owned(),
        _ => of_the_voucher(event, body),
    }
}

fn of_the_voucher(event: &Value, body: &Value) -> String {
    match text(event, "/type").as_str() {
        "voucher_issued" => format!(
            "issued voucher {} of {}",
            text(body, "/number"),
            amount(&text(body, "/amount"), &text(body, "/currency"))
        ),
        "voucher_redeemed" => format!(
            "redeemed {} of the voucher; {} is left",
            text(body, "/amount"),
            text(body, "/balance")
        ),
        "check_failed" => match text(body, "/locked_until") {
            until if until.is_empty() => "gave a check that does not match".to_owned(),
            until => format!("gave a check that does not match; locked until {until}"),
        },
        "voucher_revoked" => "revoked the voucher".to_owned(),
        "voucher_expired" => "recorded that the voucher expired".to_owned(),
        other => other.replace('_', " "),
    }
}

fn opened(body: &Value, screen: &Screen) -> String {
    format!(
        "opened stage {} for {}{}",
        text(body, "/stage"),
        text(body, "/role"),
        due(body, screen)
    )
}

fn due(body: &Value, screen: &Screen) -> String {
    let due = screen.instant(&text(body, "/due"));
    if due.is_empty() { due } else { format!(", due {due}") }
}

fn sent_back(body: &Value, screen: &Screen) -> String {
    let to = match text(body, "/to").as_str() {
        "applicant" => "the applicant".to_owned(),
        stage => format!("stage {stage}"),
    };
    let fields = joined(body, "/fields");
    let fields = if fields.is_empty() { fields } else { format!(", to correct: {fields}") };
    let by = screen.instant(&text(body, "/answer_by"));
    let by = if by.is_empty() { by } else { format!(", before {by}") };
    format!("sent it back to {to}{fields}{by}")
}

fn rejected(body: &Value) -> String {
    match text(body, "/by").as_str() {
        "eligibility" => "rejected it: not eligible".to_owned(),
        "timeout" => "rejected it: its time was over".to_owned(),
        _ => format!("rejected it at stage {}", text(body, "/stage")),
    }
}
