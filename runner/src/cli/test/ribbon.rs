//! The ribbon of a case, as text and as JSON: each moment, the guards with their values, where it stood, and where it left
//! what was expected.

use annona_definitions::programme::{NoticeEvent, RoleId};
use annona_engine::application::Status;
use annona_engine::event::GuardResult;
use annona_engine::trial::{Failure, Judged, Moment, Outcome, Standing, VoucherStanding};
use serde_json::{Value, json};

/// Column at which the words of a moment begin.
const INDENT: &str = "                     ";

/// Returns the ribbon as lines of text; `file` is named with the lines of what failed.
pub(super) fn lines(file: &str, outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, moment) in outcome.ribbon.iter().enumerate() {
        let failed: Vec<&Failure> =
            outcome.failures.iter().filter(|failure| failure.moment == Some(place)).collect();
        let mark = if failed.is_empty() { ' ' } else { '>' };
        let time = moment.at.strftime("%Y-%m-%d %H:%M");
        lines.push(format!("{mark} {time}   {} {}", moment.who, moment.what));
        lines.extend(details(moment).into_iter().map(|line| format!("{INDENT}{line}")));
        lines.extend(failed.iter().flat_map(|failure| failure_lines(file, failure)));
    }
    let nowhere = outcome.failures.iter().filter(|failure| failure.moment.is_none());
    lines.extend(nowhere.flat_map(|failure| failure_lines(file, failure)));
    lines
}

/// Returns what stands below a moment.
fn details(moment: &Moment) -> Vec<String> {
    let mut lines: Vec<String> = moment.guards.iter().map(guard_line).collect();
    if let Some(refused) = &moment.refused {
        lines.push(format!("refused ({}): {}", refused.code, refused.words));
    }
    if !moment.sent.is_empty() {
        let sent: Vec<&str> = moment.sent.iter().map(|event| event.as_str()).collect();
        lines.push(format!("sent: {}", sent.join(", ")));
    }
    lines.push(match &moment.standing {
        Some(standing) => format!("-> {}", stands(standing)),
        None => "-> there is no application".to_owned(),
    });
    lines
}

fn guard_line(guard: &Judged) -> String {
    let place = match guard.place.split('.').collect::<Vec<_>>().as_slice() {
        ["eligibility", rule, _] => {
            format!("eligibility, rule {}", rule.parse().map_or(0, |rule: usize| rule + 1))
        }
        ["stages", stage, "role_if", role] => format!("{stage} for {role}, role_if"),
        ["stages", stage, guard] => format!("{stage}, {guard}"),
        names => names.join(", "),
    };
    format!("{place}: {}", guard.explanation)
}

/// Says where an application stands.
fn stands(standing: &Standing) -> String {
    let stage = standing.stage.as_ref();
    let mut words = match (standing.status, stage) {
        (Status::InReview, Some(stage)) => format!("in review at {stage}"),
        (Status::WithApplicant, Some(stage)) => format!("with the applicant, asked by {stage}"),
        (Status::Held, Some(stage)) => format!("held at {stage}"),
        (status, _) => status.as_str().replace('_', " "),
    };
    if let Some(because) = &standing.because {
        words.push_str(": ");
        words.push_str(because);
    }
    if !standing.queues.is_empty() {
        let queues: Vec<&str> = standing.queues.iter().map(RoleId::as_str).collect();
        words.push_str(", in the queue of ");
        words.push_str(&queues.join(" and "));
    }
    if let Some(deadline) = &standing.deadline {
        words.push_str(", due ");
        words.push_str(&deadline.replace('T', " "));
    }
    if let Some(voucher) = &standing.voucher {
        words.push_str(&format!(
            "; voucher {}: {} of {} {} left, until {}",
            voucher.status.as_str().replace('_', " "),
            voucher.balance,
            voucher.amount,
            voucher.currency,
            voucher.valid_until
        ));
    }
    words
}

fn failure_lines(file: &str, failure: &Failure) -> Vec<String> {
    let place = format!("{file}:{}", failure.line);
    let mut lines = vec![format!("{INDENT}{place}: {}", failure.message)];
    if let (Some(expected), Some(found)) = (&failure.expected, &failure.found) {
        lines.push(format!("{INDENT}  expected  {expected}"));
        lines.push(format!("{INDENT}  found     {found}"));
    }
    lines
}

/// Returns an outcome as JSON.
pub(super) fn as_json(outcome: &Outcome) -> Value {
    let failures: Vec<Value> = outcome
        .failures
        .iter()
        .map(|failure| {
            json!({
                "line": failure.line,
                "step": failure.moment,
                "message": failure.message,
                "expected": failure.expected,
                "found": failure.found,
            })
        })
        .collect();
    json!({
        "test": outcome.name,
        "line": outcome.line,
        "passed": outcome.passed(),
        "failures": failures,
        "steps": outcome.ribbon.iter().map(moment_json).collect::<Vec<_>>(),
    })
}

fn moment_json(moment: &Moment) -> Value {
    let guards: Vec<Value> = moment.guards.iter().map(guard_json).collect();
    let refused = moment.refused.as_ref();
    json!({
        "at": moment.at.strftime("%Y-%m-%dT%H:%M").to_string(),
        "line": moment.line,
        "who": moment.who,
        "what": moment.what,
        "guards": guards,
        "refused": refused.map(|refused| json!({"code": refused.code, "words": refused.words})),
        "sent": moment.sent.iter().map(|event: &NoticeEvent| event.as_str()).collect::<Vec<_>>(),
        "standing": moment.standing.as_ref().map(standing_json),
    })
}

fn guard_json(guard: &Judged) -> Value {
    let result = match &guard.result {
        GuardResult::True => json!(true),
        GuardResult::False => json!(false),
        GuardResult::Amount(amount) => json!(amount.to_string()),
        GuardResult::CannotRun => Value::Null,
    };
    json!({"place": guard.place, "result": result, "explanation": guard.explanation})
}

fn standing_json(standing: &Standing) -> Value {
    json!({
        "status": standing.status.as_str(),
        "stage": standing.stage.as_ref().map(ToString::to_string),
        "queue": standing.queues.iter().map(RoleId::as_str).collect::<Vec<_>>(),
        "deadline": standing.deadline,
        "because": standing.because,
        "voucher": standing.voucher.as_ref().map(voucher_json),
    })
}

fn voucher_json(voucher: &VoucherStanding) -> Value {
    json!({
        "status": voucher.status.as_str(),
        "amount": voucher.amount.to_string(),
        "balance": voucher.balance.to_string(),
        "currency": voucher.currency,
        "valid_until": voucher.valid_until,
    })
}
