//! What an event makes of an application. Total: reads no programme, calendar, clock or guard.
//!
//! Every computed result stands in the event, so that the log alone gives the row.

use annona_definitions::programme::{RoleId, SendBackTarget, StageId};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::application::{
    Application, Document, Draft, Hold, HoldPoint, Redemption, Returned, StageOutcome, StageResult,
    Status, Task, Timer, TimerRule, Voucher, VoucherStatus,
};
use crate::cbor::CborError;
use crate::event::{Body, Event, IssuedVoucher, NOTHING_BEFORE, RejectedBy, StoredEvent};
use crate::id::Who;
use crate::recorded::{Hash, RecordedForm};

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

/// Applies an event; every kind is named here, so that a new one cannot be forgotten.
fn apply(application: &mut Application, event: &Event) {
    match &event.body {
        Body::Submitted { .. } => {}
        Body::StageSkipped { stage } => behind(application, stage, StageResult::Skipped, None),
        Body::StageOpened { stage, task, role, due, timers } => {
            open(application, event, (*task, stage, role), *due, timers);
        }
        Body::Claimed { task } => {
            with_task(application, *task, |task| task.claimed_by = Some(event.who.clone()));
        }
        Body::Released { task } => with_task(application, *task, |task| task.claimed_by = None),
        Body::StageApproved { stage, task, answers, documents } => {
            close(application, *task);
            decided(application, stage, &event.who);
            let result = StageResult::Approved { by: event.who.clone(), at: event.at };
            behind(application, stage, result, Some(answers));
            refer(application, documents);
        }
        Body::StagePassed { stage, task, .. } => {
            close(application, *task);
            behind(application, stage, StageResult::Passed, None);
        }
        Body::SentBack { stage, task, to, fields, answer_by } => {
            decided(application, stage, &event.who);
            match to {
                SendBackTarget::Applicant => {
                    let fields = fields.clone();
                    let returned = Returned { task: *task, fields, answer_by: *answer_by };
                    give_back(application, event.at, returned);
                }
                SendBackTarget::Stage(_) => close(application, *task),
            }
        }
        Body::Answered { form, removed, documents } => {
            take_answer(application, event.version, form, removed);
            refer(application, documents);
        }
        Body::TaskResumed { task, due, timers } => resume(application, *task, *due, timers),
        Body::Reopened { stage } => reopen(application, stage),
        Body::Reminded { task, rule } => fired(application, *task, *rule, None),
        Body::Escalated { task, rule, to } => fired(application, *task, *rule, Some(to)),
        Body::Rejected { by } => reject(application, event, by),
        Body::Withdrawn => end(application, Status::Withdrawn),
        Body::Approved => end(application, Status::Approved),
        Body::VoucherIssued(issued) => application.voucher = Some(issue(issued, event.at)),
        Body::VoucherRedeemed { redemption, provider, amount, balance, used_up } => {
            let (number, provider, amount, at) = (*redemption, provider.clone(), *amount, event.at);
            let redemption = Redemption { number, provider, amount, at };
            with_voucher(application, |voucher| redeem(voucher, redemption, *balance, *used_up));
        }
        Body::CheckFailed { locked_until } => {
            with_voucher(application, |voucher| fail_check(voucher, *locked_until));
        }
        Body::VoucherRevoked => stand(application, VoucherStatus::Revoked),
        Body::VoucherExpired => stand(application, VoucherStatus::Expired),
        Body::Held { point, cause, draft } => hold(application, event.at, point, cause, draft),
        Body::Retried => retry(application),
        Body::Erased => application.erased = true,
    }
}

fn open(
    application: &mut Application,
    event: &Event,
    (number, stage, role): (u32, &StageId, &RoleId),
    due: Option<Timestamp>,
    timers: &[Timer],
) {
    application.status = Status::InReview;
    application.tasks_opened = number;
    application.tasks.push(Task {
        number,
        stage: stage.clone(),
        role: role.clone(),
        escalated_to: Vec::new(),
        opened_at: event.at,
        due,
        timers: timers.to_vec(),
        claimed_by: None,
        content: event.version,
        suspended_at: None,
    });
}

/// Gives an application back to its applicant; its tasks stand still.
fn give_back(application: &mut Application, at: Timestamp, returned: Returned) {
    application.status = Status::WithApplicant;
    suspend(application, at);
    application.returned = Some(returned);
}

/// Takes the applicant's answer: nothing waits for them any more, and whoever decides must see the new values.
fn take_answer(
    application: &mut Application,
    version: u64,
    form: &RecordedForm,
    removed: &[String],
) {
    application.status = Status::InReview;
    application.returned = None;
    for field in removed {
        application.form.remove(field);
    }
    application.form.extend(form.iter().map(|(name, value)| (name.clone(), value.clone())));
    for task in &mut application.tasks {
        task.content = version;
    }
}

/// Lets a task go on; what its officer decides upon is as it was.
fn resume(application: &mut Application, task: u32, due: Option<Timestamp>, timers: &[Timer]) {
    application.status = Status::InReview;
    with_task(application, task, |task| {
        task.due = due;
        task.timers = timers.to_vec();
        task.suspended_at = None;
    });
}

/// Returns to a stage that is behind: its answers and those of all after it become drafts.
fn reopen(application: &mut Application, stage: &StageId) {
    application.returned = None;
    application.tasks.clear();
    let first = application.stages.iter().position(|outcome| outcome.stage == *stage);
    for outcome in first.map(|first| application.stages.split_off(first)).into_iter().flatten() {
        draft(application, outcome);
    }
}

/// Notes that a timeout has fired, and the role it added.
fn fired(application: &mut Application, task: u32, rule: TimerRule, to: Option<&RoleId>) {
    with_task(application, task, |task| {
        task.timers.retain(|timer| timer.rule != rule);
        if let Some(to) = to
            && task.role != *to
            && !task.escalated_to.contains(to)
        {
            task.escalated_to.push(to.clone());
        }
    });
}

fn reject(application: &mut Application, event: &Event, by: &RejectedBy) {
    match by {
        RejectedBy::Officer { stage, .. } => decided(application, stage, &event.who),
        RejectedBy::Eligibility(_) | RejectedBy::Timeout { .. } => {}
    }
    application.reason = event.reason.as_ref().and_then(|reason| reason.id.clone());
    end(application, Status::Rejected);
}

fn redeem(voucher: &mut Voucher, redemption: Redemption, balance: Decimal, used_up: bool) {
    voucher.status = if used_up { VoucherStatus::Redeemed } else { VoucherStatus::PartRedeemed };
    voucher.balance = balance;
    voucher.failed_checks = 0;
    voucher.locked_until = None;
    voucher.redemptions.push(redemption);
}

/// Counts a failed check; a lock begins the count anew.
fn fail_check(voucher: &mut Voucher, locked_until: Option<Timestamp>) {
    voucher.locked_until = locked_until;
    voucher.failed_checks =
        if locked_until.is_some() { 0 } else { voucher.failed_checks.saturating_add(1) };
}

fn stand(application: &mut Application, status: VoucherStatus) {
    with_voucher(application, |voucher| voucher.status = status);
}

fn hold(
    application: &mut Application,
    at: Timestamp,
    point: &HoldPoint,
    cause: &str,
    input: &RecordedForm,
) {
    let before = application.status;
    let (point, cause) = (point.clone(), cause.to_owned());
    if let (Some(stage), false) = (point.stage(), input.is_empty()) {
        application.drafts.retain(|kept| kept.stage != *stage);
        application.drafts.push(Draft { stage: stage.clone(), answers: input.clone() });
    }
    application.held = Some(Hold { since: at, point, cause, before });
    application.status = Status::Held;
    suspend(application, at);
}

fn retry(application: &mut Application) {
    if let Some(hold) = application.held.take() {
        application.status = hold.before;
    }
}

fn with_task(application: &mut Application, number: u32, change: impl FnOnce(&mut Task)) {
    if let Some(task) = application.tasks.iter_mut().find(|task| task.number == number) {
        change(task);
    }
}

fn with_voucher(application: &mut Application, change: impl FnOnce(&mut Voucher)) {
    if let Some(voucher) = &mut application.voucher {
        change(voucher);
    }
}

/// Records what a stage came to and drops its draft.
fn behind(
    application: &mut Application,
    stage: &StageId,
    result: StageResult,
    answers: Option<&RecordedForm>,
) {
    application.drafts.retain(|kept| kept.stage != *stage);
    let answers = answers.cloned().unwrap_or_default();
    application.stages.push(StageOutcome { stage: stage.clone(), result, answers });
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

fn decided(application: &mut Application, stage: &StageId, who: &Who) {
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
