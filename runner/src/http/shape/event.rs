//! An event of the history: who, what, which guard held and why.

use annona_definitions::form::Form;
use annona_definitions::programme::{ReasonId, SendBackTarget, StageId};
use annona_engine::application::{Timer, TimerRule};
use annona_engine::event::{self as log, Body, FactRecord, GuardResult, IssuedVoucher, RejectedBy};
use annona_engine::recorded::RecordedForm;
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use super::application::point;
use super::{ReasonShape, Viewer, instant};

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Event {
    /// Its place in the application's log, from 1.
    version: u64,
    /// What happened: `submitted`, `stage_approved`, `voucher_issued` and so on.
    #[serde(rename = "type")]
    #[schema(example = "stage_approved")]
    kind: &'static str,
    /// When.
    at: String,
    /// Who, by an opaque id: `person:grace`, `provider:mulago`, `applicant` or `engine`.
    #[schema(example = "person:grace")]
    who: String,
    /// For whom, where somebody acted for another.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<String>,
    /// What belongs to this type of event.
    #[schema(value_type = Object)]
    body: Json,
    /// Guards evaluated, in order.
    guards: Vec<Guard>,
    /// What came from outside and was relied upon.
    #[schema(value_type = Vec<Object>)]
    facts: Vec<Json>,
    /// The reason given.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonShape>,
    /// The words added, where whoever asks may read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Digest (SHA-256) of the event before it; zeros for the first.
    previous: String,
}

/// A guard that was evaluated.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Guard {
    /// Where it stands.
    #[schema(example = "stages.medical.approve_if")]
    place: String,
    /// `true`, `false`, `amount` or `cannot_run`.
    result: &'static str,
    /// The amount, where it came to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    /// In words, with the values; absent where they are personal and whoever asks may not see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
}

impl Event {
    /// Returns an event as whoever asks may see it.
    pub(in crate::http) fn of(event: &log::Event, viewer: &Viewer<'_>) -> Self {
        let reason = event.reason.as_ref();
        Self {
            version: event.version,
            kind: kind(&event.body),
            at: instant(event.at),
            who: event.who.to_string(),
            on_behalf_of: event.on_behalf_of.as_ref().map(ToString::to_string),
            body: body(&event.body, viewer),
            guards: event.guards.iter().map(|guard| self::guard(guard, viewer)).collect(),
            facts: event.facts.iter().map(fact).collect(),
            reason: reason
                .and_then(|given| given.id.as_ref())
                .map(|id: &ReasonId| viewer.reason(id)),
            note: reason.and_then(|given| viewer.sealed_text(given.note?)),
            previous: event.previous.to_string(),
        }
    }
}

fn guard(guard: &log::GuardRecord, viewer: &Viewer<'_>) -> Guard {
    let (result, amount) = match &guard.result {
        GuardResult::True => ("true", None),
        GuardResult::False => ("false", None),
        GuardResult::Amount(amount) => ("amount", Some(amount.to_string())),
        GuardResult::CannotRun => ("cannot_run", None),
    };
    let explanation = viewer.value(&guard.explanation);
    Guard {
        place: guard.place.clone(),
        result,
        amount,
        explanation: explanation.and_then(|text| text.as_str().map(str::to_owned)),
    }
}

fn fact(fact: &FactRecord) -> Json {
    match fact {
        FactRecord::Role(role) => json!({"role": role.as_str()}),
        FactRecord::Duplicate { rule, earlier } => {
            json!({"duplicate_of": earlier.to_string(), "rule": rule})
        }
        FactRecord::ProviderKind(kind) => json!({"provider_kind": kind}),
    }
}

/// Returns the type of an event.
fn kind(body: &Body) -> &'static str {
    match body {
        Body::Submitted { .. } => "submitted",
        Body::StageSkipped { .. } => "stage_skipped",
        Body::StageOpened { .. } => "stage_opened",
        Body::Claimed { .. } => "claimed",
        Body::Released { .. } => "released",
        Body::StageApproved { .. } => "stage_approved",
        Body::StagePassed { .. } => "stage_passed",
        Body::SentBack { .. } => "sent_back",
        Body::Answered { .. } => "answered",
        Body::TaskResumed { .. } => "task_resumed",
        Body::Reopened { .. } => "reopened",
        Body::Reminded { .. } => "reminded",
        Body::Escalated { .. } => "escalated",
        Body::Rejected { .. } => "rejected",
        Body::Withdrawn => "withdrawn",
        Body::Approved => "approved",
        Body::VoucherIssued(_) => "voucher_issued",
        Body::VoucherRedeemed { .. } => "voucher_redeemed",
        Body::CheckFailed { .. } => "check_failed",
        Body::VoucherRevoked => "voucher_revoked",
        Body::VoucherExpired => "voucher_expired",
        Body::Held { .. } => "held",
        Body::Retried => "retried",
        Body::Erased => "erased",
    }
}

/// Returns what belongs to an event of its type.
fn body(body: &Body, viewer: &Viewer<'_>) -> Json {
    let on_task = |task: &u32| json!({"task": task});
    let on_stage = |stage: &StageId| json!({"stage": stage.as_str()});
    match body {
        Body::Submitted { programme, reference, form, .. } => {
            let more = [
                ("programme", programme.as_str().into()),
                ("reference", reference.as_str().into()),
            ];
            values(Some(&viewer.programme.form), form, more, viewer)
        }
        Body::Answered { form, removed, .. } => {
            values(Some(&viewer.programme.form), form, [("removed", json!(removed))], viewer)
        }
        Body::StageApproved { stage, task, answers, .. } => {
            let asks = viewer.programme.stage(stage).map(|stage| &stage.asks);
            values(asks, answers, [("stage", stage.as_str().into()), ("task", json!(task))], viewer)
        }
        Body::StageSkipped { stage } | Body::Reopened { stage } => on_stage(stage),
        Body::StageOpened { stage, task, role, due, timers } => json!({
            "stage": stage.as_str(), "task": task, "role": role.as_str(), "due": due.map(instant),
            "timers": self::timers(timers),
        }),
        Body::Claimed { task } | Body::Released { task } => on_task(task),
        Body::StagePassed { stage, task, rule } => {
            json!({"stage": stage.as_str(), "task": task, "timer": timer(*rule)})
        }
        Body::SentBack { stage, task, to, fields, answer_by } => json!({
            "stage": stage.as_str(), "task": task, "to": target(to), "fields": fields,
            "answer_by": answer_by.map(instant),
        }),
        Body::TaskResumed { task, due, timers } => {
            json!({"task": task, "due": due.map(instant), "timers": self::timers(timers)})
        }
        Body::Reminded { task, rule } => json!({"task": task, "timer": timer(*rule)}),
        Body::Escalated { task, rule, to } => {
            json!({"task": task, "timer": timer(*rule), "to": to.as_str()})
        }
        Body::Rejected { by } => rejected(by),
        Body::VoucherIssued(issued) => voucher(issued),
        Body::VoucherRedeemed { redemption, provider, amount, balance, used_up } => json!({
            "number": redemption, "provider": provider, "amount": amount.to_string(),
            "balance": balance.to_string(), "used_up": used_up,
        }),
        Body::CheckFailed { locked_until } => json!({"locked_until": locked_until.map(instant)}),
        Body::Held { point: at, cause, .. } => {
            json!({"point": point(at), "stage": at.stage().map(StageId::as_str), "cause": cause})
        }
        Body::Withdrawn
        | Body::Approved
        | Body::VoucherRevoked
        | Body::VoucherExpired
        | Body::Retried
        | Body::Erased => json!({}),
    }
}

/// Adds the values of a form, as far as they may be seen, to what else belongs to an event.
fn values<const N: usize>(
    form: Option<&Form>,
    recorded: &RecordedForm,
    more: [(&str, Json); N],
    viewer: &Viewer<'_>,
) -> Json {
    let values = form.map(|form| viewer.values(form, recorded)).unwrap_or_default();
    let own = [("values", values.shown.into()), ("masked", values.masked.into())];
    more.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn voucher(issued: &IssuedVoucher) -> Json {
    json!({
        "id": issued.id.to_string(), "number": issued.number, "amount": issued.amount.to_string(),
        "currency": issued.currency, "times": issued.times, "partial": issued.partial, "providers": issued.kinds,
        "expires_at": instant(issued.expires_at), "issuer": issued.issuer, "key": issued.key,
    })
}

fn rejected(by: &RejectedBy) -> Json {
    match by {
        RejectedBy::Eligibility(rule) => json!({"by": "eligibility", "rule": rule}),
        RejectedBy::Officer { stage, task } => {
            json!({"by": "officer", "stage": stage.as_str(), "task": task})
        }
        RejectedBy::Timeout { task, rule } => {
            json!({"by": "timeout", "task": task, "timer": timer(*rule)})
        }
    }
}

fn timers(timers: &[Timer]) -> Vec<Json> {
    timers.iter().map(|it| json!({"timer": timer(it.rule), "due": instant(it.due)})).collect()
}

/// Returns the name of a timer: `answer`, or `late.` and its place in `if_late`.
fn timer(rule: TimerRule) -> String {
    match rule {
        TimerRule::Answer => "answer".to_owned(),
        TimerRule::Late(place) => format!("late.{place}"),
    }
}

/// Returns the name of where an application goes back to.
pub(super) fn target(target: &SendBackTarget) -> String {
    match target {
        SendBackTarget::Applicant => "applicant".to_owned(),
        SendBackTarget::Stage(stage) => stage.as_str().to_owned(),
    }
}
