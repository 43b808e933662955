//! A batch names exactly the units that lost something.

use annona_definitions::programme::{ProgrammeId, RoleId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::super::{
    Batch, Loss, NewIdempotency, OncePer, OncePerChange, Record, ScheduleKey, Store as _,
    StoredOutcome, TaskOrder, TaskQuery, Token, TokenOwner, Unit, View,
};
use super::super::Sqlite;
use super::{at, committed, hash, id, new, next, unit};
use crate::application::{StatusIndex, Voucher, VoucherStatus};
use crate::id::{VoucherId, Who};

async fn store(folder: &tempfile::TempDir) -> Sqlite {
    Sqlite::open(&folder.path().join("annona.db")).await.unwrap()
}

fn take(key: u8) -> OncePerChange {
    OncePerChange::Take { rule: 3, key: OncePer { key: hash(key), cutoff: None } }
}

fn request(scope: u8, application: u8) -> NewIdempotency {
    let outcome = StoredOutcome {
        request: hash(1),
        application: id(application),
        first: 1,
        last: 1,
        at: at(0),
    };
    NewIdempotency { scope: hash(scope), outcome }
}

fn voucher(number: u8) -> Voucher {
    Voucher {
        id: VoucherId([number; 16]),
        number: format!("V-{number}"),
        status: VoucherStatus::Active,
        issued_at: at(0),
        expires_at: at(1000),
        amount: Decimal::TEN,
        balance: Decimal::TEN,
        currency: "UGX".to_owned(),
        times: 1,
        partial: false,
        kinds: Vec::new(),
        status_index: StatusIndex { list: 1, index: u32::from(number) },
        redemptions: Vec::new(),
        failed_checks: 0,
        locked_until: None,
    }
}

fn run(seconds: i64) -> Unit {
    let key = ScheduleKey { programme: "food-aid".to_owned(), name: "daily".to_owned() };
    Unit::Record(Record::ScheduleRun(key, at(seconds)))
}

fn use_sign_in() -> Unit {
    let session = Token {
        id: Uuid::from_u128(5),
        hash: hash(5),
        owner: TokenOwner::Applicant { programme: "food-aid".to_owned(), contact: hash(6) },
        label: String::new(),
        created_at: at(0),
        expires_at: None,
    };
    Unit::Record(Record::UseSignIn { id: Uuid::from_u128(4), session })
}

#[tokio::test]
async fn a_batch_with_losers_names_exactly_them_and_records_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut first = new(1);
    first.once_per = vec![take(1)];
    first.idempotency = Some(request(1, 1));
    first.application.voucher = Some(voucher(1));
    committed(&store, &[unit(first), run(10)]).await;

    let (mut duplicate, mut repeated, mut drawn, mut issued) = (new(3), new(4), new(5), new(6));
    duplicate.once_per = vec![take(1)];
    repeated.idempotency = Some(request(1, 4));
    drawn.application.reference = "FA-1".to_owned();
    issued.application.voucher = Some(voucher(6));
    issued.application.voucher.as_mut().unwrap().status_index.index = 1;
    let batch = [
        unit(new(2)),
        unit(next(1, 7)),
        unit(duplicate),
        unit(repeated),
        unit(drawn),
        unit(issued),
        run(10),
        run(11),
        use_sign_in(),
        unit(new(7)),
    ];
    let expected = vec![
        (1, Loss::Version),
        (2, Loss::OncePer { rule: 3, holder: id(1) }),
        (3, Loss::Idempotency(request(1, 1).outcome)),
        (4, Loss::Draw),
        (5, Loss::Draw),
        (6, Loss::AlreadyDone),
        (8, Loss::AlreadyDone),
    ];
    assert_eq!(store.commit(&batch).await.unwrap(), Batch::Lost(expected));
    assert_eq!(store.ids(None, 9).await.unwrap(), [id(1)]);
}

#[tokio::test]
async fn neighbours_lose_to_the_first_that_lost_nothing_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let with = |number: u8, expected: u64| {
        let mut unit = new(number);
        unit.expected = expected;
        unit.once_per = vec![take(1)];
        unit
    };
    let mut same_reference = new(4);
    same_reference.application.reference = "FA-2".to_owned();
    let mut same_request = (new(5), new(6));
    same_request.0.idempotency = Some(request(9, 5));
    same_request.1.idempotency = Some(request(9, 6));
    let batch = [
        unit(with(1, 4)),
        unit(with(2, 0)),
        unit(with(3, 0)),
        unit(same_reference),
        unit(same_request.0),
        unit(same_request.1),
        unit(with(2, 0)),
    ];
    let expected = vec![
        (0, Loss::Version),
        (2, Loss::OncePer { rule: 3, holder: id(2) }),
        (3, Loss::Draw),
        (5, Loss::Idempotency(request(9, 5).outcome)),
        (6, Loss::Version),
    ];
    assert_eq!(store.commit(&batch).await.unwrap(), Batch::Lost(expected));
}

#[tokio::test]
async fn a_key_is_free_once_it_is_released_or_its_approval_is_old() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut first = new(1);
    first.once_per = vec![take(1), OncePerChange::Approve { at: at(50) }];
    committed(&store, &[unit(first)]).await;
    let key = |cutoff| OncePer { key: hash(1), cutoff };
    assert_eq!(store.once_per(&key(None)).await.unwrap(), Some(id(1)));
    assert_eq!(store.once_per(&key(Some(at(49)))).await.unwrap(), Some(id(1)));
    assert_eq!(store.once_per(&key(Some(at(50)))).await.unwrap(), None);

    let mut second = new(2);
    second.once_per = vec![OncePerChange::Take { rule: 3, key: key(Some(at(50))) }];
    committed(&store, &[unit(second)]).await;
    assert_eq!(store.once_per(&key(Some(at(50)))).await.unwrap(), Some(id(2)));

    let (mut releasing, mut third) = (next(2, 1), new(3));
    releasing.once_per = vec![OncePerChange::Release];
    third.once_per = vec![take(1)];
    committed(&store, &[unit(releasing), unit(third)]).await;
    assert_eq!(store.once_per(&key(None)).await.unwrap(), Some(id(3)));

    let mut changed = next(3, 1);
    changed.once_per = vec![take(2)];
    committed(&store, &[unit(changed)]).await;
    assert_eq!(store.once_per(&key(None)).await.unwrap(), None);
}

#[tokio::test]
async fn a_queue_is_paged_by_deadline_over_all_roles_of_an_officer() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut claimed = new(2);
    claimed.application.tasks[0].claimed_by = Some(Who::Person("grace".to_owned()));
    let mut undated = new(1);
    undated.application.tasks[0].due = None;
    let mut suspended = new(5);
    suspended.application.tasks[0].suspended_at = Some(at(1));
    committed(&store, &[undated, claimed, new(3), new(4), suspended].map(unit)).await;

    let programme = ProgrammeId::recorded("food-aid");
    let roles = ["clerk", "chief"].map(|role| (programme.clone(), RoleId::recorded(role)));
    let mut query = TaskQuery {
        person: "grace".to_owned(),
        roles: roles.to_vec(),
        view: View::Team,
        stage: None,
        late_at: None,
        order: TaskOrder::Due,
        after: None,
        limit: 2,
    };
    let mut seen = Vec::new();
    loop {
        let page = store.tasks(&query).await.unwrap();
        seen.extend(page.items.iter().map(|task| task.id.application));
        query.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(seen, [id(2), id(3), id(4), id(1)]);
    for (view, expected) in [(View::Mine, vec![id(2)]), (View::Pool, vec![id(3), id(4)])] {
        query.view = view;
        let page = store.tasks(&query).await.unwrap();
        let found: Vec<_> = page.items.iter().map(|task| task.id.application).collect();
        assert_eq!(found, expected);
    }
    query.roles = vec![(programme, RoleId::recorded("auditor"))];
    for view in [View::Mine, View::Pool, View::Team] {
        query.view = view;
        assert_eq!(store.tasks(&query).await.unwrap().items, []);
    }
}
