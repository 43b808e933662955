//! Messages: the words of a notice with its names filled in, from what was recorded.
//!
//! Pure: the same event gives the same words at every try. Sends nothing.

use std::borrow::Cow;

use annona_definitions::Programme;
use annona_definitions::programme::{Notice, ReasonId, Reasons, Recipient};
use annona_definitions::text::{Text, fill};
use annona_definitions::value::Value;
use jiff::Timestamp;

use crate::application::Application;
use crate::event::{Body, Event, RejectedBy};
use crate::recorded::Opened;

/// A message, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// For channels that have one.
    pub subject: String,
    /// The words.
    pub body: String,
    /// Whether the voucher's code goes with it.
    pub attach_voucher: bool,
}

/// What a message is rendered from.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// The definition.
    pub programme: &'a Programme,
    /// The application as it stands.
    pub application: &'a Application,
    /// Its personal values; none after erasure.
    pub opened: &'a Opened,
    /// What is told of.
    pub event: &'a Event,
    /// The installation's address for people, without a trailing slash.
    pub address: &'a str,
    /// The provider's name, where one is concerned.
    pub provider: Option<&'a str>,
}

/// Renders a notice in `language`.
#[must_use]
pub fn render(telling: Telling<'_>, notice: &Notice, to: &Recipient, language: &str) -> Message {
    let fallback = telling.programme.fallback_language();
    let title = telling.programme.title.in_language(language, fallback);
    let reference = telling.application.reference.as_str();
    let body = fill(notice.text.in_language(language, fallback), |name| {
        value(telling, to, language, name)
    });
    Message {
        subject: format!("{title}: {reference}"),
        body,
        attach_voucher: notice.attach_voucher,
    }
}

/// Returns the language of the applicant: the form's, where it is one of the programme's.
#[must_use]
pub fn applicant_language<'a>(
    programme: &'a Programme,
    application: &Application,
    opened: &Opened,
) -> &'a str {
    let chosen = programme
        .contact
        .language
        .as_deref()
        .and_then(|field| opened.value(application.form.get(field)?));
    match chosen {
        Some(Value::Text(chosen)) => programme
            .languages
            .iter()
            .find(|language| *language == chosen)
            .map_or_else(|| programme.fallback_language(), String::as_str),
        _ => programme.fallback_language(),
    }
}

fn value<'a>(
    telling: Telling<'a>,
    to: &Recipient,
    language: &str,
    name: &str,
) -> Option<Cow<'a, str>> {
    let fallback = telling.programme.fallback_language();
    let to_applicant = *to == Recipient::Applicant;
    let text = |text: &Text| Cow::from(text.in_language(language, fallback).to_owned());
    match name {
        "reference" => Some(telling.application.reference.as_str().into()),
        "title" => Some(text(&telling.programme.title)),
        "name" if to_applicant => Some(applicant_name(telling).unwrap_or_default().into()),
        "stage" => Some(stage(telling).map(text).unwrap_or_default()),
        "reason" => Some(reason(telling, language).unwrap_or_default()),
        "note" if to_applicant => Some(note(telling).unwrap_or_default().into()),
        "amount" => Some(amount(telling).unwrap_or_default().into()),
        "balance" => Some(balance(telling).unwrap_or_default().into()),
        "deadline" => Some(deadline(telling).unwrap_or_default().into()),
        "voucher" => Some(
            telling
                .application
                .voucher
                .as_ref()
                .map(|voucher| voucher.number.as_str())
                .unwrap_or_default()
                .into(),
        ),
        "provider" => Some(telling.provider.unwrap_or_default().into()),
        "link" => Some(link(telling, to_applicant).into()),
        _ => None,
    }
}

fn applicant_name(telling: Telling<'_>) -> Option<&str> {
    let field = telling.programme.contact.name.as_deref()?;
    match telling.opened.value(telling.application.form.get(field)?)? {
        Value::Text(name) => Some(name),
        _ => None,
    }
}

fn stage(telling: Telling<'_>) -> Option<&Text> {
    let id = match &telling.event.body {
        Body::StageOpened { stage, .. }
        | Body::StageApproved { stage, .. }
        | Body::SentBack { stage, .. }
        | Body::Rejected { by: RejectedBy::Officer { stage, .. } } => stage,
        _ => telling.application.stage()?,
    };
    telling.programme.stage(id).map(|stage| &stage.title)
}

/// Returns the words of the event's reason.
fn reason<'a>(telling: Telling<'a>, language: &str) -> Option<Cow<'a, str>> {
    let id = telling.event.reason.as_ref()?.id.as_ref()?;
    let text = words(&telling.programme.reasons, id)?;
    Some(text.in_language(language, telling.programme.fallback_language()).to_owned().into())
}

/// Returns the text of a reason, whichever its decision.
fn words<'a>(reasons: &'a Reasons, id: &ReasonId) -> Option<&'a Text> {
    [&reasons.reject, &reasons.send_back, &reasons.approve]
        .iter()
        .find_map(|offered| offered.get(id))
        .map(|found| &found.text)
}

fn note(telling: Telling<'_>) -> Option<&str> {
    let commitment = telling.event.reason.as_ref()?.note?;
    match &telling.opened.0.get(&commitment)?.value {
        Value::Text(note) => Some(note),
        _ => None,
    }
}

fn amount(telling: Telling<'_>) -> Option<String> {
    let currency = telling.programme.currency?;
    match &telling.event.body {
        Body::VoucherRedeemed { amount, .. } => Some(currency.show(*amount)),
        _ => telling.application.voucher.as_ref().map(|voucher| currency.show(voucher.amount)),
    }
}

fn balance(telling: Telling<'_>) -> Option<String> {
    let currency = telling.programme.currency?;
    match &telling.event.body {
        Body::VoucherRedeemed { balance, .. } => Some(currency.show(*balance)),
        _ => telling.application.voucher.as_ref().map(|voucher| currency.show(voucher.balance)),
    }
}

/// Returns the deadline concerned: of the answer, of the task, or of the voucher.
fn deadline(telling: Telling<'_>) -> Option<String> {
    let last_day = |end: Timestamp| {
        let day = telling.programme.calendar.date(end);
        day.yesterday().unwrap_or(day).to_string()
    };
    match &telling.event.body {
        Body::SentBack { answer_by, .. } => (*answer_by).map(last_day),
        Body::VoucherIssued(issued) => Some(last_day(issued.expires_at)),
        Body::StageOpened { due, .. } => (*due).map(|due| at(telling, due)),
        Body::Reminded { task, .. } | Body::Escalated { task, .. } => {
            telling.application.task(*task)?.due.map(|due| at(telling, due))
        }
        _ => telling.application.voucher.as_ref().map(|voucher| last_day(voucher.expires_at)),
    }
}

/// Writes an instant as local date and time of day.
fn at(telling: Telling<'_>, instant: Timestamp) -> String {
    let local = telling.programme.calendar.timezone().to_datetime(instant);
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

fn link(telling: Telling<'_>, to_applicant: bool) -> String {
    let application = telling.application;
    match application.tasks.first() {
        Some(task) if !to_applicant => {
            format!("{}/v1/tasks/{}", telling.address, application.task_id(task.number))
        }
        _ => format!("{}/v1/applications/{}", telling.address, application.id),
    }
}
