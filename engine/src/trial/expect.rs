//! Compares what a test expects with what came of it.

use annona_definitions::programme::{Expected, ReasonId, RoleId, StageId, TestCase};
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde_json::Value;

use super::Failure;
use super::ribbon::{Moment, Standing, VoucherStanding};
use super::world::World;

/// Returns everything that is not as expected.
pub(super) fn compare(world: &World<'_>, case: &TestCase) -> Vec<Failure> {
    let standing = world.application.as_ref().map(|application| world.standing(application));
    let compare = |(key, expected): (&String, &Expected)| {
        let found = found(world, standing.as_ref(), key);
        if same(&expected.value, &found) {
            return None;
        }
        let moment = match key.as_str() {
            "sent" => differs(&world.moments, &expected.value),
            _ => world.moments.len().checked_sub(1),
        };
        let (expected_words, found) = (show(&expected.value), show(&found));
        Some(Failure {
            line: expected.line,
            moment,
            message: format!("`{key}` is {found}, expected {expected_words}"),
            expected: Some(expected_words),
            found: Some(found),
        })
    };
    case.expect.iter().filter(|(key, _)| *key != "refused").filter_map(compare).collect()
}

/// Returns what stands under a key of `expect`; `null` where there is nothing.
fn found(world: &World<'_>, standing: Option<&Standing>, key: &str) -> Value {
    if key == "sent" {
        let sent = world.moments.iter().flat_map(|moment| &moment.sent);
        return sent.map(|event| Value::from(event.as_str())).collect();
    }
    let Some(standing) = standing else { return Value::Null };
    match key.split_once('.') {
        Some(("voucher", part)) => {
            standing.voucher.as_ref().map_or(Value::Null, |voucher| of_voucher(voucher, part))
        }
        Some(("queue", role)) => {
            let stage = standing
                .stage
                .as_ref()
                .filter(|_| standing.queues.iter().any(|queue| queue.as_str() == role));
            stage.map(StageId::as_str).into()
        }
        _ => match key {
            "status" => standing.status.as_str().into(),
            "stage" => standing.stage.as_ref().map(StageId::as_str).into(),
            "reason" => world
                .application
                .as_ref()
                .and_then(|application| application.reason.as_ref())
                .map(ReasonId::as_str)
                .into(),
            "queue" => standing.queues.iter().map(RoleId::as_str).collect(),
            "deadline" => standing.deadline.clone().into(),
            _ => Value::Null,
        },
    }
}

fn of_voucher(voucher: &VoucherStanding, part: &str) -> Value {
    match part {
        "amount" => voucher.amount.to_string().into(),
        "balance" => voucher.balance.to_string().into(),
        "redeemed" => (voucher.amount - voucher.balance).to_string().into(),
        "status" => voucher.status.as_str().into(),
        "valid_until" => voucher.valid_until.clone().into(),
        _ => Value::Null,
    }
}

/// Returns the moment at which another message was sent than expected, else the last one.
fn differs(moments: &[Moment], expected: &Value) -> Option<usize> {
    let one = std::slice::from_ref(expected);
    let expected = expected.as_array().map_or(one, Vec::as_slice);
    let sent = moments
        .iter()
        .enumerate()
        .flat_map(|(place, moment)| moment.sent.iter().map(move |event| (place, event)));
    let mut expected = expected.iter();
    for (place, event) in sent {
        if expected.next().and_then(Value::as_str) != Some(event.as_str()) {
            return Some(place);
        }
    }
    moments.len().checked_sub(1)
}

/// Returns whether two values are the same: amounts by value and times by instant, however written; of several queues or
/// messages, one alone may stand without brackets.
fn same(expected: &Value, found: &Value) -> bool {
    if let (Value::Null, Value::Array(found)) = (expected, found) {
        return found.is_empty();
    }
    if let (Value::String(_), Value::Array(found)) = (expected, found) {
        return matches!(found.as_slice(), [only] if only == expected);
    }
    if let (Value::Array(only), Value::String(_)) = (expected, found) {
        return matches!(only.as_slice(), [only] if only == found);
    }
    if let (Some(expected), Some(found)) = (decimal(expected), decimal(found)) {
        return expected == found;
    }
    if let (Some(expected), Some(found)) = (time(expected), time(found)) {
        return expected == found;
    }
    expected == found
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Reads a local time; a date alone is none, so that it is told apart from its midnight.
fn time(value: &Value) -> Option<DateTime> {
    value.as_str().filter(|text| text.contains('T'))?.parse().ok()
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        Value::Array(items) => {
            let items: Vec<_> =
                items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}
