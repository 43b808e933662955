//! What an event makes of an application. Total: reads no programme, calendar, clock or guard.
//!
//! Every computed result stands in the event, so that the log alone gives the row.

use jiff::Timestamp;

use crate::application::{
    Application, Document, Draft, Hold, Redemption, Returned, StageOutcome, StageResult, Status,
    Task, Voucher, VoucherStatus,
};
use crate::cbor::CborError;
use crate::event::{Body, Event, IssuedVoucher, NOTHING_BEFORE, RejectedBy, StoredEvent};
use crate::id::Who;
use crate::recorded::Hash;

/// A log that is no application's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The first event is no submission.
    #[error("event {version} is not a submission, and no submission stands before it")]
    NoSubmission {
        /// Its version.
        version: u64,
    },
    /// An event's bytes cannot be read.
    #[error("event {version} cannot be read: {cause}")]
    Unreadable {
        /// Its version.
        version: u64,
        /// Why.
        cause: CborError,
    },
}

/// Returns the application that a submission begins.
#[must_use]
pub fn begin(event: &Event, digest: Hash) -> Option<Application> {
    let Body::Submitted { programme, reference, form, documents } = &event.body else {
        return None;
    };
    Some(Application {
        id: event.application,
        reference: reference.clone(),
        programme: programme.clone(),
        definition: event.definition,
        version: event.version,
        head: digest,
        submitted_at: event.at,
        submitted_by: event.who.clone(),
        changed_at: event.at,
        status: Status::InReview,
        form: form.clone(),
        documents: documents.clone(),
        stages: Vec::new(),
        tasks: Vec::new(),
        tasks_opened: 0,
        drafts: Vec::new(),
        returned: None,
        held: None,
        reason: None,
        deciders: Vec::new(),
        voucher: None,
        erased: false,
    })
}

/// Returns what `application` becomes by `event`, whose bytes have `digest`.
#[must_use]
pub fn evolve(mut application: Application, event: &Event, digest: Hash) -> Application {
    application.version = event.version;
    application.head = digest;
    application.changed_at = event.at;
    apply(&mut application, event);
    application
}

/// Folds a whole log.
///
/// # Errors
///
/// Returns [`FoldError`] if the first event is no submission or an event cannot be read.
pub fn fold<'a>(
    events: impl IntoIterator<Item = &'a StoredEvent>,
) -> Result<Option<Application>, FoldError> {
    let mut application = None;
    for stored in events {
        let version = stored.version;
        let event =
            Event::read(&stored.bytes).map_err(|cause| FoldError::Unreadable { version, cause })?;
        application = Some(match application {
            None => begin(&event, stored.digest).ok_or(FoldError::NoSubmission { version })?,
            Some(before) => evolve(before, &event, stored.digest),
        });
    }
    Ok(application)
}

/// Returns the digest that the next event names as its previous.
#[must_use]
pub fn previous(application: Option<&Application>) -> Hash {
    application.map_or(NOTHING_BEFORE, |application| application.head)
}

fn apply(application: &mut Application, event: &Event) {
    match &event.body {
        Body::Submitted { .. } => {}
        Body::StageSkipped { .. }
        | Body::StageOpened { .. }
        | Body::StageApproved { .. }
        | Body::StagePassed { .. }
        | Body::Reopened { .. } => apply_to_stages(application, event),
        Body::Claimed { .. }
        | Body::Released { .. }
        | Body::Reminded { .. }
        | Body::Escalated { .. }
        | Body::TaskResumed { .. } => apply_to_task(application, event),
        Body::SentBack { .. } | Body::Answered { .. } => apply_to_applicant(application, event),
        Body::Rejected { by } => {
            if let RejectedBy::Officer { stage, .. } = by {
                decided(application, stage, &event.who);
            }
            application.reason = event.reason.as_ref().and_then(|reason| reason.id.clone());
            end(application, Status::Rejected);
        }
        Body::Withdrawn => end(application, Status::Withdrawn),
        Body::Approved => end(application, Status::Approved),
        Body::VoucherIssued(issued) => application.voucher = Some(issue(issued, event.at)),
        Body::VoucherRedeemed { .. }
        | Body::CheckFailed { .. }
        | Body::VoucherRevoked
        | Body::VoucherExpired => {
            apply_to_voucher(application, event);
        }
        Body::Held { .. } | Body::Retried => apply_to_hold(application, event),
        Body::Erased => application.erased = true,
    }
}

fn apply_to_stages(application: &mut Application, event: &Event) {
    match &event.body {
        Body::StageSkipped { stage } => {
            behind(application, stage, StageResult::Skipped, Vec::new())
        }
        Body::StageOpened { stage, task, role, due, timers } => {
            application.status = Status::InReview;
            application.tasks_opened = *task;
            application.tasks.push(Task {
                number: *task,
                stage: stage.clone(),
                role: role.clone(),
                escalated_to: Vec::new(),
                opened_at: event.at,
                due: *due,
                timers: timers.clone(),
                claimed_by: None,
                content: event.version,
                suspended_at: None,
            });
        }
        Body::StageApproved { stage, task, answers, documents } => {
            close(application, *task);
            decided(application, stage, &event.who);
            behind(
                application,
                stage,
                StageResult::Approved { by: event.who.clone(), at: event.at },
                answers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            );
            refer(application, documents);
        }
        Body::StagePassed { stage, task, .. } => {
            close(application, *task);
            behind(application, stage, StageResult::Passed, Vec::new());
        }
        Body::Reopened { stage } => {
            application.returned = None;
            application.tasks.clear();
            if let Some(first) =
                application.stages.iter().position(|outcome| outcome.stage == *stage)
            {
                for outcome in application.stages.split_off(first) {
                    draft(application, outcome);
                }
            }
        }
        _ => {}
    }
}

fn apply_to_task(application: &mut Application, event: &Event) {
    let number = match &event.body {
        Body::Claimed { task }
        | Body::Released { task }
        | Body::Reminded { task, .. }
        | Body::Escalated { task, .. }
        | Body::TaskResumed { task, .. } => *task,
        _ => return,
    };
    if matches!(event.body, Body::TaskResumed { .. }) {
        application.status = Status::InReview;
        application.returned = None;
    }
    let Some(task) = application.tasks.iter_mut().find(|task| task.number == number) else {
        return;
    };
    match &event.body {
        Body::Claimed { .. } => task.claimed_by = Some(event.who.clone()),
        Body::Released { .. } => task.claimed_by = None,
        Body::Reminded { rule, .. } => task.timers.retain(|timer| timer.rule != *rule),
        Body::Escalated { rule, to, .. } => {
            task.timers.retain(|timer| timer.rule != *rule);
            if task.role != *to && !task.escalated_to.contains(to) {
                task.escalated_to.push(to.clone());
            }
        }
        Body::TaskResumed { due, timers, .. } => {
            task.due = *due;
            task.timers.clone_from(timers);
            task.suspended_at = None;
            task.content = event.version;
        }
        _ => {}
    }
}

fn apply_to_applicant(application: &mut Application, event: &Event) {
    match &event.body {
        Body::SentBack { stage, task, to, fields, answer_by } => {
            decided(application, stage, &event.who);
            if *to == annona_definitions::programme::SendBackTarget::Applicant {
                application.status = Status::WithApplicant;
                suspend(application, event.at);
                application.returned =
                    Some(Returned { task: *task, fields: fields.clone(), answer_by: *answer_by });
            } else {
                close(application, *task);
            }
        }
        Body::Answered { form, removed, documents } => {
            application.status = Status::InReview;
            for field in removed {
                application.form.remove(field);
            }
            application.form.extend(form.iter().map(|(name, value)| (name.clone(), value.clone())));
            refer(application, documents);
        }
        _ => {}
    }
}

fn apply_to_voucher(application: &mut Application, event: &Event) {
    let Some(voucher) = &mut application.voucher else { return };
    match &event.body {
        Body::VoucherRedeemed { redemption, provider, amount, balance, used_up } => {
            voucher.status =
                if *used_up { VoucherStatus::Redeemed } else { VoucherStatus::PartRedeemed };
            voucher.balance = *balance;
            voucher.failed_checks = 0;
            voucher.locked_until = None;
            voucher.redemptions.push(Redemption {
                number: *redemption,
                provider: provider.clone(),
                amount: *amount,
                at: event.at,
            });
        }
        Body::CheckFailed { locked_until } => {
            voucher.locked_until = *locked_until;
            voucher.failed_checks =
                if locked_until.is_some() { 0 } else { voucher.failed_checks.saturating_add(1) };
        }
        Body::VoucherRevoked => voucher.status = VoucherStatus::Revoked,
        Body::VoucherExpired => voucher.status = VoucherStatus::Expired,
        _ => {}
    }
}

fn apply_to_hold(application: &mut Application, event: &Event) {
    if let Body::Held { point, cause, draft: input } = &event.body {
        let before = application.status;
        application.held =
            Some(Hold { since: event.at, point: point.clone(), cause: cause.clone(), before });
        application.status = Status::Held;
        suspend(application, event.at);
        if let (Some(stage), false) = (point.stage(), input.is_empty()) {
            application.drafts.retain(|kept| kept.stage != *stage);
            application.drafts.push(Draft { stage: stage.clone(), answers: input.clone() });
        }
    } else if let Some(hold) = application.held.take() {
        application.status = hold.before;
    }
}

/// Records what a stage came to and drops its draft.
fn behind(
    application: &mut Application,
    stage: &annona_definitions::programme::StageId,
    result: StageResult,
    answers: Vec<(String, crate::recorded::Recorded)>,
) {
    application.drafts.retain(|kept| kept.stage != *stage);
    application.stages.push(StageOutcome {
        stage: stage.clone(),
        result,
        answers: answers.into_iter().collect(),
    });
}

/// Keeps the answers of a stage that runs again.
fn draft(application: &mut Application, outcome: StageOutcome) {
    application.drafts.retain(|kept| kept.stage != outcome.stage);
    if !outcome.answers.is_empty() {
        application.drafts.push(Draft { stage: outcome.stage, answers: outcome.answers });
    }
}

fn close(application: &mut Application, task: u32) {
    application.tasks.retain(|open| open.number != task);
}

fn suspend(application: &mut Application, at: Timestamp) {
    for task in &mut application.tasks {
        task.suspended_at.get_or_insert(at);
    }
}

fn end(application: &mut Application, status: Status) {
    application.status = status;
    application.tasks.clear();
    application.returned = None;
    application.held = None;
}

fn decided(
    application: &mut Application,
    stage: &annona_definitions::programme::StageId,
    who: &Who,
) {
    let decider = (stage.clone(), who.clone());
    if matches!(who, Who::Person(_)) && !application.deciders.contains(&decider) {
        application.deciders.push(decider);
    }
}

fn refer(application: &mut Application, documents: &[Document]) {
    for document in documents {
        if application.documents.iter().all(|known| known.id != document.id) {
            application.documents.push(document.clone());
        }
    }
}

fn issue(issued: &IssuedVoucher, at: Timestamp) -> Voucher {
    Voucher {
        id: issued.id,
        number: issued.number.clone(),
        status: VoucherStatus::Active,
        issued_at: at,
        expires_at: issued.expires_at,
        amount: issued.amount,
        balance: issued.amount,
        currency: issued.currency.clone(),
        times: issued.times,
        partial: issued.partial,
        kinds: issued.kinds.clone(),
        status_index: issued.status_index,
        redemptions: Vec::new(),
        failed_checks: 0,
        locked_until: None,
    }
}
