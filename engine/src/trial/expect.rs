//! Compares what a test expects with what came of it.

use annona_definitions::programme::{ReasonId, StageId, TestCase};
use rust_decimal::Decimal;
use serde_json::Value;

use super::Failure;
use super::world::World;
use crate::application::{Application, Voucher};

/// Returns everything that is not as expected.
pub(super) fn compare(world: &World<'_>, case: &TestCase) -> Vec<Failure> {
    case.expect
        .iter()
        .filter(|(key, _)| *key != "refused")
        .filter_map(|(key, expected)| {
            let found = found(world, key);
            let message = if same(expected, &found) {
                return None;
            } else {
                format!("`{key}` is {}, expected {}", show(&found), show(expected))
            };
            Some(Failure { line: case.line, message })
        })
        .collect()
}

/// Returns what stands under a key of `expect`; `null` where there is nothing.
fn found(world: &World<'_>, key: &str) -> Value {
    if key == "sent" {
        return world.sent.iter().map(|event| Value::from(event.as_str())).collect();
    }
    let Some(application) = &world.application else { return Value::Null };
    match key.strip_prefix("voucher.") {
        Some(part) => application
            .voucher
            .as_ref()
            .map_or(Value::Null, |voucher| of_voucher(world, voucher, part)),
        None => of_application(world, application, key),
    }
}

fn of_application(world: &World<'_>, application: &Application, key: &str) -> Value {
    let task = application.tasks.first();
    match key {
        "status" => application.status.as_str().into(),
        "stage" => application.stage().map(StageId::as_str).into(),
        "reason" => application.reason.as_ref().map(ReasonId::as_str).into(),
        "queue" => task.map(|task| task.role.as_str()).into(),
        "deadline" => deadline(world, application).into(),
        _ => Value::Null,
    }
}

/// Returns the deadline that runs: the task's, or the last day of the applicant's answer while theirs stand still.
fn deadline(world: &World<'_>, application: &Application) -> Option<String> {
    match &application.returned {
        Some(returned) => returned.answer_by.map(|end| world.last_day(end)),
        None => application.tasks.first().and_then(|task| task.due).map(|due| world.local(due)),
    }
}

fn of_voucher(world: &World<'_>, voucher: &Voucher, part: &str) -> Value {
    match part {
        "amount" => voucher.amount.to_string().into(),
        "balance" => voucher.balance.to_string().into(),
        "redeemed" => (voucher.amount - voucher.balance).to_string().into(),
        "status" => voucher.status.as_str().into(),
        "valid_until" => world.last_day(voucher.expires_at).into(),
        _ => Value::Null,
    }
}

/// Returns whether two values are the same: amounts by value, whatever their decimals.
fn same(expected: &Value, found: &Value) -> bool {
    match (decimal(expected), decimal(found)) {
        (Some(expected), Some(found)) => expected == found,
        _ => expected == found,
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        Value::Array(items) => {
            format!(
                "[{}]",
                items
                    .iter()
                    .map(|item| item.as_str().unwrap_or_default())
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        other => other.to_string(),
    }
}
