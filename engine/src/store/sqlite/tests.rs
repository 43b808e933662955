//! What only this store promises: its file, its settings, its failures. The rest is the suite's for every store.

mod conformance;
mod file;
mod losers;
mod plans;
mod readers;
mod words;

use annona_definitions::programme::{NoticeEvent, ProgrammeId, Recipient, RoleId, StageId};
use jiff::Timestamp;
use uuid::Uuid;

use super::super::{ApplicationUnit, Batch, NewNotice, Store as _, Unit};
use super::Sqlite;
use crate::application::{Application, Status, Task, Timer, TimerRule};
use crate::effect::Notify;
use crate::event::StoredEvent;
use crate::id::{ApplicationId, Who};
use crate::recorded::Hash;

/// Returns an instant so many seconds after the beginning of 2026-03-02 UTC.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_409_600 + seconds).unwrap()
}

fn id(number: u8) -> ApplicationId {
    ApplicationId(Uuid::from_u128(u128::from(number)))
}

fn hash(number: u8) -> Hash {
    Hash([number; 32])
}

/// Returns an application with one task, claimed by nobody.
fn application(number: u8) -> Application {
    let task = Task {
        number: 1,
        stage: StageId::recorded("review"),
        role: RoleId::recorded("clerk"),
        escalated_to: vec![RoleId::recorded("chief")],
        opened_at: at(0),
        due: Some(at(i64::from(number) * 60)),
        timers: vec![Timer { rule: TimerRule::Late(0), due: at(i64::from(number) * 60) }],
        claimed_by: None,
        content: 1,
        suspended_at: None,
    };
    Application {
        id: id(number),
        reference: format!("FA-{number}"),
        programme: ProgrammeId::recorded("food-aid"),
        definition: hash(0xdd),
        version: 1,
        head: hash(number),
        submitted_at: at(i64::from(number)),
        submitted_by: Who::Applicant,
        changed_at: at(i64::from(number)),
        status: Status::InReview,
        form: std::collections::BTreeMap::new(),
        documents: Vec::new(),
        stages: Vec::new(),
        tasks: vec![task],
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

/// Returns the unit that records an application's first event.
fn new(number: u8) -> ApplicationUnit {
    let bytes = format!("event of {number}").into_bytes();
    ApplicationUnit {
        events: vec![StoredEvent { version: 1, digest: Hash::of(&bytes), bytes }],
        ..ApplicationUnit::of(application(number), 0)
    }
}

/// Returns the unit that records an application's next event.
fn next(number: u8, expected: u64) -> ApplicationUnit {
    let mut unit = new(number);
    unit.expected = expected;
    unit.application.version = expected + 1;
    for event in &mut unit.events {
        event.version = expected + 1;
    }
    unit
}

fn notice(due: Timestamp) -> NewNotice {
    let notify = Notify {
        event: NoticeEvent::Submitted,
        version: 1,
        notice: 0,
        to: Recipient::Applicant,
        officer: None,
    };
    NewNotice { notify, due }
}

fn unit(unit: ApplicationUnit) -> Unit {
    Unit::Application(Box::new(unit))
}

async fn committed(store: &Sqlite, batch: &[Unit]) {
    let outcome = store.commit(batch).await.unwrap();
    assert!(matches!(outcome, Batch::Committed(_)), "{outcome:?}");
}
