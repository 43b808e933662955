//! Rows, events and units for cases: no programme stands behind them.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::task::Poll;

use annona_definitions::programme::{NoticeEvent, ProgrammeId, Recipient, RoleId, StageId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::application::{Application, Status, StatusIndex, Task, Voucher, VoucherStatus};
use crate::effect::Notify;
use crate::event::{Body, Event, FORMAT, NOTHING_BEFORE, StoredEvent};
use crate::id::{ApplicationId, VoucherId, Who};
use crate::recorded::Hash;
use crate::store::{
    ApplicationUnit, Batch, Loss, NewIdempotency, NewNotice, OncePer, OncePerChange, Receipt,
    Record, Store, StoreError, StoredOutcome, Unit,
};
use crate::vault::{Word, WrappedKey};

/// Returns an instant: so many seconds after the first of 2026.
#[must_use]
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns the id of the n-th sample.
#[must_use]
pub fn id(n: u32) -> ApplicationId {
    ApplicationId(Uuid::from_u128(u128::from(n)))
}

/// Returns a hash that stands for a text.
#[must_use]
pub fn hash(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

/// Returns a stored word that stands for a text.
#[must_use]
pub fn word(text: &str) -> Word {
    let Hash(hash) = hash(text);
    Word(std::array::from_fn(|place| hash.get(place).copied().unwrap_or_default()))
}

/// Returns the programme of all samples.
#[must_use]
pub fn programme() -> ProgrammeId {
    ProgrammeId::recorded("surgery")
}

/// Returns an open task of stage `review` and role `clerk`.
#[must_use]
pub fn task(number: u32, opened_at: Timestamp) -> Task {
    Task {
        number,
        stage: StageId::recorded("review"),
        role: RoleId::recorded("clerk"),
        escalated_to: Vec::new(),
        opened_at,
        due: None,
        timers: Vec::new(),
        claimed_by: None,
        content: 1,
        suspended_at: None,
    }
}

/// Returns an active voucher whose id, number and index are the n-th.
#[must_use]
pub fn voucher(n: u32, expires_at: Timestamp) -> Voucher {
    Voucher {
        id: VoucherId(u128::from(n).to_be_bytes()),
        number: format!("V-{n}"),
        status: VoucherStatus::Active,
        issued_at: at(0),
        expires_at,
        amount: Decimal::from(100),
        balance: Decimal::from(100),
        currency: "UGX".to_owned(),
        times: 1,
        partial: false,
        kinds: vec!["hospital".to_owned()],
        status_index: StatusIndex { list: 1, index: n },
        redemptions: Vec::new(),
        failed_checks: 0,
        locked_until: None,
    }
}

/// Returns the unit that records the n-th application, sent n seconds after the first of 2026, with one open task.
#[must_use]
pub fn new(n: u32) -> ApplicationUnit {
    let mut application = row(n);
    let event = event(
        &application,
        Body::Submitted {
            programme: programme(),
            reference: application.reference.clone(),
            form: BTreeMap::new(),
            documents: Vec::new(),
        },
    );
    application.head = event.digest;
    ApplicationUnit {
        events: vec![event],
        key: Some(WrappedKey(vec![7; 72])),
        ..ApplicationUnit::of(application, 0)
    }
}

/// Returns a unit that records one event more on what `before` recorded.
#[must_use]
pub fn next(before: &ApplicationUnit) -> ApplicationUnit {
    let mut application = before.application.clone();
    application.version += 1;
    let event = event(&application, Body::Claimed { task: 1 });
    application.head = event.digest;
    ApplicationUnit {
        expected: before.application.version,
        events: vec![event],
        key: None,
        application,
        ..new(0)
    }
}

/// Returns the change that takes a `once_per` key of rule 0, counting approvals after `cutoff`.
#[must_use]
pub fn take(key: &str, cutoff: Option<Timestamp>) -> OncePerChange {
    OncePerChange::Take { rule: 0, key: once_per(key, cutoff) }
}

/// Returns a `once_per` key.
#[must_use]
pub fn once_per(key: &str, cutoff: Option<Timestamp>) -> OncePer {
    OncePer { key: hash(key), cutoff }
}

/// Returns a message to the applicant from an instant on; `notice` tells it from others.
#[must_use]
pub fn notice(notice: u16, due: Timestamp) -> NewNotice {
    let notify = Notify {
        event: NoticeEvent::Submitted,
        version: 1,
        notice,
        to: Recipient::Applicant,
        officer: None,
    };
    NewNotice { notify, due }
}

/// Returns the key of the request that brought `unit` about.
#[must_use]
pub fn request(unit: &ApplicationUnit, key: &str) -> NewIdempotency {
    let outcome = StoredOutcome {
        request: hash("body"),
        application: unit.application.id,
        first: unit.expected + 1,
        last: unit.application.version,
        at: unit.application.changed_at,
    };
    NewIdempotency { scope: hash(key), outcome }
}

/// Wraps a unit.
#[must_use]
pub fn unit(unit: &ApplicationUnit) -> Unit {
    Unit::Application(Box::new(unit.clone()))
}

/// Commits one unit by itself.
///
/// # Errors
///
/// Returns what the unit lost.
pub async fn commit(store: &dyn Store, what: &ApplicationUnit) -> Result<Receipt, Loss> {
    only(store.commit(&[unit(what)]).await)
}

/// Commits one record by itself.
///
/// # Errors
///
/// Returns what the record lost.
pub async fn record(store: &dyn Store, what: Record) -> Result<Receipt, Loss> {
    only(store.commit(&[Unit::Record(what)]).await)
}

/// Commits units, none of which may be lost.
pub async fn committed(store: &dyn Store, units: &[ApplicationUnit]) {
    for one in units {
        assert_eq!(commit(store, one).await, Ok(Receipt::Done));
    }
}

/// Returns an answer that the store must be able to give.
pub fn read<T>(answer: Result<T, StoreError>) -> T {
    match answer {
        Ok(value) => value,
        Err(error) => broken(&error.to_string()),
    }
}

/// Returns a value that must be there.
pub fn there<T>(value: Option<T>) -> T {
    value.unwrap_or_else(|| broken("something recorded is not there"))
}

/// Ends a case: the store broke a promise.
#[expect(clippy::panic, reason = "a case is a test: that it panics is what it is for")]
fn broken(what: &str) -> ! {
    panic!("{what}")
}

/// Runs futures at the same time and returns what they came to, in their order.
pub async fn at_once<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut open: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, output) in &mut open {
            if output.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if open.iter().all(|(_, output)| output.is_some()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    open.into_iter().filter_map(|(_, output)| output).collect()
}

/// Returns what the only unit of a batch came to.
fn only(batch: Result<Batch, StoreError>) -> Result<Receipt, Loss> {
    match read(batch) {
        Batch::Committed(receipts) => {
            assert_eq!(receipts.len(), 1);
            Ok(there(receipts.into_iter().next()))
        }
        Batch::Lost(losses) => {
            assert_eq!(losses.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0]);
            Err(there(losses.into_iter().next()).1)
        }
    }
}

fn row(n: u32) -> Application {
    let submitted_at = at(i64::from(n));
    Application {
        id: id(n),
        reference: format!("SU-{n}"),
        programme: programme(),
        definition: hash("definition"),
        version: 1,
        head: NOTHING_BEFORE,
        submitted_at,
        submitted_by: Who::Applicant,
        changed_at: submitted_at,
        status: Status::InReview,
        form: BTreeMap::new(),
        documents: Vec::new(),
        stages: Vec::new(),
        tasks: vec![task(1, submitted_at)],
        tasks_opened: 1,
        drafts: Vec::new(),
        returned: None,
        held: None,
        reason: None,
        deciders: Vec::new(),
        voucher: None,
        erased: false,
    }
}

fn event(application: &Application, body: Body) -> StoredEvent {
    let event = Event {
        format: FORMAT,
        application: application.id,
        version: application.version,
        definition: application.definition,
        evaluator: 1,
        at: application.changed_at,
        who: Who::Applicant,
        on_behalf_of: None,
        guards: Vec::new(),
        facts: Vec::new(),
        reason: None,
        body,
        previous: application.head,
    };
    match event.store() {
        Ok(stored) => stored,
        Err(error) => broken(&error.to_string()),
    }
}
