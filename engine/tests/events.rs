//! One of each event is written as canonical bytes and read back; a chain of them is checked and its first difference named.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use annona_definitions::programme::{ProgrammeId, ReasonId, RoleId, SendBackTarget, StageId};
use annona_definitions::value::Value;
use annona_engine::application::{Application, Document, HoldPoint, StatusIndex, Timer, TimerRule};
use annona_engine::audit;
use annona_engine::event::{
    Body, Event, FORMAT, FactRecord, GuardRecord, GuardResult, IssuedVoucher, NOTHING_BEFORE,
    ReasonRecord, RejectedBy, StoredEvent,
};
use annona_engine::evolve::fold;
use annona_engine::id::{ApplicationId, DocumentId, VoucherId, Who};
use annona_engine::recorded::{Hash, Recorded};
use jiff::Timestamp;
use uuid::Uuid;

const APPLICATION: ApplicationId = ApplicationId(Uuid::from_u128(42));

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + seconds).unwrap()
}

fn stage() -> StageId {
    StageId::recorded("medical")
}

fn document() -> Document {
    Document {
        id: DocumentId(Uuid::from_u128(7)),
        sha256: Hash([7; 32]),
        size: 12,
        media_type: "application/pdf".into(),
    }
}

fn submitted() -> Body {
    Body::Submitted {
        programme: ProgrammeId::recorded("urgent-surgery"),
        reference: "US-7K3F-92Q6".into(),
        form: [
            ("cost".to_owned(), Recorded::Clear(Value::Money("2400.00".parse().unwrap()))),
            ("name".to_owned(), Recorded::Sealed(Hash([1; 32]))),
        ]
        .into(),
        documents: vec![document()],
    }
}

fn opened() -> Body {
    let timers = vec![Timer { rule: TimerRule::Late(0), due: at(60) }];
    Body::StageOpened {
        stage: stage(),
        task: 1,
        role: RoleId::recorded("doctor"),
        due: Some(at(90)),
        timers,
    }
}

fn issued() -> Body {
    Body::VoucherIssued(IssuedVoucher {
        id: VoucherId([3; 16]),
        number: "7K3F-92Q6-A".into(),
        issuer: "annona".into(),
        key: "0011223344556677".into(),
        masked_name: Hash([4; 32]),
        title: "Urgent surgery".into(),
        kinds: vec!["hospital".into()],
        amount: "2300.00".parse().unwrap(),
        currency: "USD".into(),
        times: 3,
        partial: true,
        expires_at: at(1_000_000),
        status_index: StatusIndex { list: 0, index: 9 },
        status_uri: "https://example.org/v1/status-lists/0".into(),
    })
}

fn one_of_each() -> Vec<Body> {
    let (rule, late) = (TimerRule::Answer, TimerRule::Late(1));
    let answers = [("amount".to_owned(), Recorded::Clear(Value::Integer(5)))];
    vec![
        submitted(),
        Body::StageSkipped { stage: stage() },
        opened(),
        Body::Claimed { task: 1 },
        Body::Released { task: 1 },
        Body::StageApproved {
            stage: stage(),
            task: 1,
            answers: answers.into(),
            documents: vec![document()],
        },
        Body::StagePassed { stage: stage(), task: 1, rule: late },
        Body::SentBack {
            stage: stage(),
            task: 1,
            to: SendBackTarget::Stage(stage()),
            fields: vec!["cost".into()],
            answer_by: Some(at(5)),
        },
        Body::Answered { form: [].into(), removed: vec!["email".into()], documents: vec![] },
        Body::TaskResumed { task: 1, due: None, timers: vec![] },
        Body::Reopened { stage: stage() },
        Body::Reminded { task: 1, rule: late },
        Body::Escalated { task: 1, rule: late, to: RoleId::recorded("supervisor") },
        Body::Rejected { by: RejectedBy::Eligibility(2) },
        Body::Rejected { by: RejectedBy::Officer { stage: stage(), task: 1 } },
        Body::Rejected { by: RejectedBy::Timeout { task: 1, rule } },
        Body::Withdrawn,
        Body::Approved,
        issued(),
        Body::VoucherRedeemed {
            redemption: 1,
            provider: "mulago".into(),
            amount: "100.00".parse().unwrap(),
            balance: "2200.00".parse().unwrap(),
            used_up: false,
        },
        Body::CheckFailed { locked_until: Some(at(86_400)) },
        Body::VoucherRevoked,
        Body::VoucherExpired,
        Body::Held {
            point: HoldPoint::Eligibility { returned: Some((stage(), vec!["cost".into()])) },
            cause: "division by zero".into(),
            draft: [].into(),
        },
        Body::Retried,
        Body::Erased,
    ]
}

fn event(version: u64, previous: Hash, body: Body) -> Event {
    Event {
        format: FORMAT,
        application: APPLICATION,
        version,
        definition: Hash([9; 32]),
        evaluator: 1,
        at: at(i64::try_from(version).unwrap()),
        who: Who::Person("grace".into()),
        on_behalf_of: Some(Who::Applicant),
        guards: vec![GuardRecord {
            place: "stages.medical.approve_if".into(),
            inputs: vec![
                ("form.cost".into(), None),
                ("form.name".into(), Some(Recorded::Sealed(Hash([1; 32])))),
            ],
            result: GuardResult::Amount("1.5".parse().unwrap()),
            explanation: Recorded::Clear(Value::Text("`a`: true".into())),
        }],
        facts: vec![
            FactRecord::Role(RoleId::recorded("doctor")),
            FactRecord::Duplicate { rule: 1, earlier: APPLICATION },
            FactRecord::ProviderKind("hospital".into()),
        ],
        reason: Some(ReasonRecord {
            id: Some(ReasonId::recorded("not_needed")),
            note: Some(Hash([5; 32])),
        }),
        body,
        previous,
    }
}

/// A log of all bodies in a row: what matters here is the chain, not that the story makes sense.
fn log() -> Vec<StoredEvent> {
    let mut previous = NOTHING_BEFORE;
    let mut log = Vec::new();
    for (body, version) in one_of_each().into_iter().zip(1..) {
        let stored = event(version, previous, body).store().unwrap();
        previous = stored.digest;
        log.push(stored);
    }
    log
}

fn row(log: &[StoredEvent]) -> Application {
    fold(log).unwrap().unwrap()
}

#[test]
fn every_event_reads_back_from_its_bytes_and_has_one_form_only() {
    for (body, version) in one_of_each().into_iter().zip(1..) {
        let written = event(version, NOTHING_BEFORE, body);
        let stored = written.store().unwrap();
        let read = Event::read(&stored.bytes).unwrap();
        assert_eq!(read, written);
        assert_eq!(read.store().unwrap(), stored);
    }
}

#[test]
fn a_log_names_its_first_difference() {
    let log = log();
    let row = row(&log);
    assert!(row.erased);
    let checked = |log: &[StoredEvent]| {
        audit::check(APPLICATION, log, &row, &[]).map_err(|found| found.version)
    };
    // The events make no sensible story, so their sums do not hold; the chain before that does.
    let message = audit::check(APPLICATION, &log, &row, &[]).map_err(|found| found.what);
    assert_eq!(message, Ok(()));

    let mut altered = log.clone();
    altered[4].bytes[40] ^= 1;
    assert_eq!(checked(&altered), Err(5));

    let mut rehashed = altered;
    rehashed[4].digest = Hash::of(&rehashed[4].bytes);
    assert!(matches!(checked(&rehashed), Err(5 | 6)));

    let mut dropped = log.clone();
    dropped.remove(6);
    assert_eq!(checked(&dropped), Err(7));

    let mut swapped = log.clone();
    swapped.swap(2, 3);
    assert_eq!(checked(&swapped), Err(3));

    let mut shortened = log.clone();
    shortened.pop();
    assert_eq!(checked(&shortened), Err(u64::try_from(log.len()).unwrap()));

    let mut other = row.clone();
    other.reference = "US-0000-0000".into();
    let found = audit::check(APPLICATION, &log, &other, &[]).unwrap_err();
    assert_eq!(found.what, "the row is not what the events come to");
}
