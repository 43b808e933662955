//! Redeeming a voucher.

use annona_definitions::Programme;
use annona_definitions::form::{FieldError, normalised};
use annona_definitions::programme::{NoticeEvent, Recipient};
use annona_definitions::value::Value;
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;
use subtle::ConstantTimeEq as _;

use super::Decision;
use super::recorder::Recorder;
use crate::application::{Voucher, VoucherStatus};
use crate::command::Redeem;
use crate::effect::Effect;
use crate::event::{Body, FactRecord};
use crate::refusal::{MAX_FAILED_CHECKS, Refusal};

/// How long failed checks lock a voucher's redemption, in hours.
const LOCK_HOURS: i64 = 24;

/// Redeems: who, then state, then check, then amount.
pub(super) fn redeem(mut recorder: Recorder<'_>, redeem: &Redeem) -> Result<Decision, Refusal> {
    let provider = recorder.facts.rights.provider.clone().ok_or(Refusal::NotFound)?;
    let voucher = recorder
        .application()?
        .voucher
        .clone()
        .filter(|voucher| voucher.id == redeem.voucher)
        .ok_or(Refusal::NotFound)?;
    if !provider.admitted || !voucher.kinds.contains(&provider.kind) {
        return Err(Refusal::WrongProvider { kinds: voucher.kinds });
    }
    redeemable(recorder.programme, &voucher, recorder.now)?;
    if let Some(field) = recorder.programme.voucher.as_ref().and_then(|rules| rules.check.clone()) {
        // Nothing was tried: that is no failed check.
        let said = redeem.check.as_deref().ok_or_else(|| check_needed(&field))?;
        if !knows(&recorder, &field, said) {
            return fail_check(recorder, &voucher);
        }
    }
    let amount = amount(&recorder, &voucher, redeem.amount)?;
    let redemption = u32::try_from(voucher.redemptions.len()).unwrap_or(u32::MAX).saturating_add(1);
    let balance = voucher.balance - amount;
    let used_up = balance.is_zero() || redemption >= voucher.times;
    recorder.relies_on(FactRecord::ProviderKind(provider.kind));
    recorder.record(Body::VoucherRedeemed {
        redemption,
        provider: provider.id,
        amount,
        balance,
        used_up,
    });
    recorder.notify(NoticeEvent::VoucherRedeemed, &Recipient::Applicant);
    recorder.done()
}

/// Checks what the ledger says of a voucher: whether anything can be redeemed at an instant, by whom it may be.
///
/// # Errors
///
/// Returns the [`Refusal`] that a redemption would get for the voucher's state.
pub fn redeemable(programme: &Programme, voucher: &Voucher, now: Timestamp) -> Result<(), Refusal> {
    match voucher.status {
        VoucherStatus::Revoked => return Err(Refusal::VoucherRevoked),
        VoucherStatus::Redeemed => {
            return Err(Refusal::VoucherUsedUp { why: used(programme, voucher) });
        }
        // Refused from its end on, whatever has run.
        VoucherStatus::Active | VoucherStatus::PartRedeemed if now < voucher.expires_at => {}
        VoucherStatus::Active | VoucherStatus::PartRedeemed | VoucherStatus::Expired => {
            return Err(Refusal::VoucherExpired { on: last_day(programme, voucher.expires_at) });
        }
    }
    match voucher.locked_until {
        Some(until) if now < until => Err(Refusal::CheckLocked { until: until.to_string() }),
        _ => Ok(()),
    }
}

/// Returns the last local day on which a voucher that ends at `end` is good.
fn last_day(programme: &Programme, end: Timestamp) -> String {
    let day = programme.calendar.date(end);
    day.yesterday().unwrap_or(day).to_string()
}

fn used(programme: &Programme, voucher: &Voucher) -> String {
    let last = voucher.redemptions.last().map_or(voucher.issued_at, |redemption| redemption.at);
    let times = match voucher.redemptions.len() {
        1 => "redeemed once".to_owned(),
        times => format!("redeemed {times} times"),
    };
    format!("{times}, last on {}", programme.calendar.date(last))
}

/// Compares what was said with the form field, in constant time.
fn knows(recorder: &Recorder<'_>, field: &str, said: &str) -> bool {
    let Some(value) = recorder.form_value(field) else { return false };
    let said = normalised(&Value::Text(said.to_owned()));
    bool::from(normalised(value).as_bytes().ct_eq(said.as_bytes()))
}

fn check_needed(field: &str) -> Refusal {
    Refusal::AnswersInvalid {
        errors: vec![FieldError {
            pointer: "/check".to_owned(),
            code: "required",
            message: format!("ask whoever shows the voucher for `{field}`, and send what they say"),
        }],
    }
}

/// Records a failed check; the fifth locks redemption and raises an incident.
fn fail_check(mut recorder: Recorder<'_>, voucher: &Voucher) -> Result<Decision, Refusal> {
    let failed = voucher.failed_checks.saturating_add(1);
    let left = MAX_FAILED_CHECKS.saturating_sub(failed);
    if left > 0 {
        recorder.record(Body::CheckFailed { locked_until: None });
        recorder.refuse_after_recording(Refusal::CheckFailed { left });
    } else {
        let until = recorder.now.checked_add(LOCK_HOURS.hours()).unwrap_or(Timestamp::MAX);
        recorder.record(Body::CheckFailed { locked_until: Some(until) });
        recorder.effect(Effect::Incident {
            cause: format!("redemption is locked after {MAX_FAILED_CHECKS} failed checks"),
        });
        recorder.refuse_after_recording(Refusal::CheckLocked { until: until.to_string() });
    }
    recorder.done()
}

fn amount(
    recorder: &Recorder<'_>,
    voucher: &Voucher,
    asked: Option<Decimal>,
) -> Result<Decimal, Refusal> {
    let Some(asked) = asked else { return Ok(voucher.balance) };
    let invalid = |code, message: &str| Refusal::AnswersInvalid {
        errors: vec![FieldError {
            pointer: "/amount".to_owned(),
            code,
            message: message.to_owned(),
        }],
    };
    let Some(currency) = recorder.programme.currency else { return Err(Refusal::NotFound) };
    if asked <= Decimal::ZERO {
        return Err(invalid("too_small", "the amount must be above zero"));
    }
    if !currency.is_whole_minor(asked) {
        return Err(invalid("too_many_decimals", "the amount has more decimals than the currency"));
    }
    let asked = currency.round(asked);
    let balance = currency.show(voucher.balance);
    if asked > voucher.balance {
        return Err(Refusal::AmountExceedsBalance { asked: currency.show(asked), balance });
    }
    if asked < voucher.balance && !voucher.partial {
        return Err(Refusal::PartialNotAllowed { balance });
    }
    Ok(asked)
}
