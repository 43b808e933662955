//! The last approval: the amount is computed once, and the voucher is issued.

use annona_definitions::programme::{NoticeEvent, Recipient, Stage, VoucherRules};
use annona_definitions::value::Value;
use rust_decimal::Decimal;

use super::open;
use super::recorder::Recorder;
use super::submit::head;
use crate::application::HoldPoint;
use crate::effect::Effect;
use crate::event::{Body, IssuedVoucher};
use crate::id::VoucherId;
use crate::voucher::mask;
use crate::voucher::number;

/// Approves the application of a programme that gives no voucher, or whose pipeline ended without one.
pub(super) fn approve_without_voucher(recorder: &mut Recorder<'_>) {
    recorder.record(Body::Approved);
    recorder.effect(Effect::ApproveOncePer);
    recorder.notify(NoticeEvent::Approved, &Recipient::Applicant);
}

/// Approves the application and issues its voucher; an amount that cannot be paid holds it.
pub(super) fn issue(recorder: &mut Recorder<'_>, stage: &Stage, rules: &VoucherRules) {
    match amount(recorder, rules) {
        Ok(amount) => {
            approve_without_voucher(recorder);
            let issued = claims(recorder, rules, amount);
            recorder.record(Body::VoucherIssued(issued));
            recorder.effect(Effect::SignVoucher);
            recorder.notify(NoticeEvent::VoucherIssued, &Recipient::Applicant);
        }
        Err(cause) => open::hold(recorder, HoldPoint::Amount { stage: stage.id.clone() }, cause),
    }
}

/// Evaluates the amount once; it must be above zero and within the ceiling.
fn amount(recorder: &mut Recorder<'_>, rules: &VoucherRules) -> Result<Decimal, String> {
    let currency = recorder.programme.currency.ok_or("the programme names no currency")?;
    let exact = recorder
        .amount("voucher.amount".to_owned(), &rules.amount)
        .map_err(|cause| cause.to_string())?;
    let amount = currency.round(exact);
    if amount <= Decimal::ZERO {
        return Err(format!("the voucher's amount is {}", currency.show(amount)));
    }
    if currency.minor_units(amount).is_none() {
        return Err("the voucher's amount is too large".to_owned());
    }
    if let Some(guard) = &rules.ceiling {
        let ceiling = recorder
            .amount("voucher.ceiling".to_owned(), guard)
            .map_err(|cause| cause.to_string())?;
        if amount > ceiling {
            let (amount, ceiling) = (currency.show(amount), currency.show(ceiling));
            return Err(format!(
                "the voucher's amount of {amount} is above its ceiling of {ceiling}"
            ));
        }
    }
    Ok(amount)
}

fn claims(recorder: &mut Recorder<'_>, rules: &VoucherRules, amount: Decimal) -> IssuedVoucher {
    let programme = recorder.programme;
    let facts = recorder.facts;
    let name = programme.contact.name.as_deref().and_then(|field| recorder.form_value(field));
    let masked = name.map_or_else(String::new, |name| match name {
        Value::Text(name) => mask(name),
        _ => String::new(),
    });
    let masked_name = recorder.seal("voucher.masked_name", Value::Text(masked));
    let status_index =
        facts.seed.status_index(facts.issuer.status_list, facts.issuer.status_list_size);
    IssuedVoucher {
        id: VoucherId(head(facts.seed.bytes("voucher"))),
        number: number::mint(&head(facts.seed.bytes("voucher number"))),
        issuer: facts.issuer.name.clone(),
        key: facts.issuer.key.clone(),
        masked_name,
        title: programme
            .title
            .in_language(programme.fallback_language(), programme.fallback_language())
            .to_owned(),
        kinds: rules.providers.clone(),
        amount,
        currency: programme
            .currency
            .map_or_else(String::new, |currency| currency.code().to_owned()),
        times: rules.times,
        partial: rules.partial,
        expires_at: programme.calendar.end_of_day_after(recorder.now, rules.valid),
        status_index,
        status_uri: format!("{}{}", facts.issuer.status_uri, status_index.list),
    }
}
