//! Lists: applications and tasks by page, timers, vouchers.

use annona_definitions::programme::{ProgrammeId, RoleId, StageId};

use super::sample::{
    at, committed, hash, id, new, next, programme, read, task, there, voucher, word,
};
use crate::application::{Returned, Status, StatusIndex, Timer, TimerRule, VoucherStatus};
use crate::id::{ApplicationId, TaskId, Who};
use crate::store::{
    ApplicationQuery, ApplicationUnit, DueTimer, Store, TaskOrder, TaskQuery, View,
};

/// Every application is seen once, the newest first, whatever the size of the page.
pub async fn pages_of_applications_meet_without_gap_or_repetition(store: &dyn Store) {
    let mut units: Vec<_> = (1..=7).map(new).collect();
    // Three of the same instant: their ids decide.
    for one in units.iter_mut().take(3) {
        one.application.submitted_at = at(3);
    }
    committed(store, &units).await;
    let all: Vec<_> = (1..=7).rev().map(id).collect();
    for limit in [1, 2, 3, 7, 50] {
        let mut seen = Vec::new();
        let mut query = ApplicationQuery { limit, ..ApplicationQuery::default() };
        loop {
            let page = read(store.applications(&query).await);
            assert!(page.items.len() <= usize::try_from(limit).unwrap_or(0));
            seen.extend(page.items.iter().map(|row| row.id));
            let Some(place) = page.next else { break };
            query.after = Some(place);
        }
        assert_eq!(seen, all);
    }
}

/// Each condition holds by itself and together with others.
pub async fn applications_are_found_by_what_is_asked(store: &dyn Store) {
    let mut rejected = new(2);
    rejected.application.status = Status::Rejected;
    rejected.application.tasks.clear();
    let mut elsewhere = new(3);
    elsewhere.application.programme = ProgrammeId::recorded("school");
    let mut known = new(4);
    known.known_by = Some(vec![hash("contact")]);
    known.application.tasks.iter_mut().for_each(|task| task.stage = StageId::recorded("medical"));
    committed(store, &[new(1), rejected, elsewhere, known]).await;
    let found = async |change: &dyn Fn(&mut ApplicationQuery)| {
        let mut query = ApplicationQuery { limit: 10, ..ApplicationQuery::default() };
        change(&mut query);
        let page = read(store.applications(&query).await);
        assert_eq!(page.next, None);
        page.items.iter().map(|row| row.id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(found(&|_| ()).await, [4, 3, 2, 1]);
    assert_eq!(found(&|query| query.programmes = vec![programme()]).await, [4, 2, 1]);
    assert_eq!(found(&|query| query.status = Some(Status::Rejected)).await, [2]);
    assert_eq!(found(&|query| query.stage = Some(StageId::recorded("medical"))).await, [4]);
    assert_eq!(found(&|query| query.reference = Some("SU-3".to_owned())).await, [3]);
    assert_eq!(found(&|query| query.reference_prefix = Some("SU-3".to_owned())).await, [3]);
    assert_eq!(found(&|query| query.reference_prefix = Some("S%".to_owned())).await, []);
    assert_eq!(found(&|query| query.known_by = Some(hash("contact"))).await, [4]);
    let both = |query: &mut ApplicationQuery| {
        query.programmes = vec![programme(), ProgrammeId::recorded("school")];
        query.stage = Some(StageId::recorded("review"));
    };
    assert_eq!(found(&both).await, [3, 1]);
    let neither = |query: &mut ApplicationQuery| {
        query.status = Some(Status::Rejected);
        query.known_by = Some(hash("contact"));
    };
    assert_eq!(found(&neither).await, []);
}

/// Whoever has a word is seen once, the newest first, and other conditions hold too.
pub async fn pages_of_words_meet_without_gap_or_repetition(store: &dyn Store) {
    let mut units: Vec<_> = (1..=9).map(new).collect();
    for one in &mut units {
        one.words = Some(vec![word("maria"), word(&one.application.reference)]);
    }
    for one in units.iter_mut().take(3) {
        one.application.submitted_at = at(3);
    }
    units.iter_mut().skip(7).for_each(|one| one.words = None);
    committed(store, &units).await;
    let maria = ApplicationQuery { words: vec![word("maria")], ..ApplicationQuery::default() };
    for limit in [1, 2, 3, 7, 50] {
        let mut seen = Vec::new();
        let mut query = ApplicationQuery { limit, ..maria.clone() };
        loop {
            let page = read(store.applications(&query).await);
            seen.extend(page.items.iter().map(|row| row.id));
            let Some(place) = page.next else { break };
            query.after = Some(place);
        }
        assert_eq!(seen, (1..=7).rev().map(id).collect::<Vec<_>>());
    }
    let mut narrowed = ApplicationQuery { limit: 9, ..maria };
    narrowed.status = Some(Status::Rejected);
    assert_eq!(read(store.applications(&narrowed).await).items, []);
    narrowed.status = None;
    narrowed.programmes = vec![ProgrammeId::recorded("school")];
    assert_eq!(read(store.applications(&narrowed).await).items, []);
    narrowed.programmes = vec![programme()];
    narrowed.words = vec![word("SU-2"), word("maria")];
    let page = read(store.applications(&narrowed).await);
    assert_eq!(page.items.iter().map(|row| row.id).collect::<Vec<_>>(), [id(2)]);
}

/// Ids come in their order, after a place, up to a limit.
pub async fn ids_come_in_order_from_a_place(store: &dyn Store) {
    committed(store, &[new(3), new(1), new(2)]).await;
    assert_eq!(read(store.ids(None, 2).await), [id(1), id(2)]);
    assert_eq!(read(store.ids(Some(id(2)), 2).await), [id(3)]);
    assert_eq!(read(store.ids(Some(id(3)), 2).await), []);
}

/// Mine is what I claimed, pool what nobody claimed, team all; other roles' and programmes' tasks are in none.
pub async fn an_officer_sees_mine_pool_and_team(store: &dyn Store) {
    let claimed = |n: u32, person: &str| {
        let mut one = new(n);
        for task in &mut one.application.tasks {
            task.claimed_by = Some(Who::Person(person.to_owned()));
        }
        one
    };
    let mut other_role = claimed(4, "grace");
    let doctor = RoleId::recorded("doctor");
    other_role.application.tasks.iter_mut().for_each(|task| task.role = doctor.clone());
    let mut elsewhere = new(5);
    elsewhere.application.programme = ProgrammeId::recorded("school");
    let units = [new(1), claimed(2, "grace"), claimed(3, "okello"), other_role, elsewhere];
    committed(store, &units).await;
    assert_eq!(seen(store, &query(View::Mine)).await, [2]);
    assert_eq!(seen(store, &query(View::Pool)).await, [1]);
    assert_eq!(seen(store, &query(View::Team)).await, [1, 2, 3]);
    let mut nothing = query(View::Team);
    nothing.roles.clear();
    assert_eq!(seen(store, &nothing).await, []);
    let mut more = query(View::Team);
    more.roles.push((programme(), doctor));
    assert_eq!(seen(store, &more).await, [1, 2, 3, 4]);
    let released = next(&claimed(2, "grace"));
    let mut ended = released.clone();
    ended.application.tasks.clear();
    committed(store, &[ended]).await;
    assert_eq!(seen(store, &query(View::Team)).await, [1, 3]);
}

/// A role added by escalation sees the task once; so does the role that works it.
pub async fn a_task_is_seen_by_a_role_it_was_escalated_to(store: &dyn Store) {
    let head = RoleId::recorded("head");
    let mut late = new(1);
    late.application.tasks.iter_mut().for_each(|task| task.escalated_to = vec![head.clone()]);
    committed(store, &[late, new(2)]).await;
    let mut of_head = query(View::Pool);
    of_head.roles = vec![(programme(), head.clone())];
    assert_eq!(seen(store, &of_head).await, [1]);
    let mut of_both = query(View::Pool);
    of_both.roles.push((programme(), head));
    assert_eq!(seen(store, &of_both).await, [1, 2]);
}

/// The order is by deadline, then the oldest; pages of it meet without gap or repetition.
pub async fn tasks_come_by_deadline_and_those_without_one_last(store: &dyn Store) {
    let dues = [None, Some(at(30)), Some(at(10)), None, Some(at(30)), Some(at(20))];
    let units: Vec<ApplicationUnit> = (1..)
        .zip(dues)
        .map(|(n, due)| {
            let mut one = new(n);
            one.application.tasks.iter_mut().for_each(|task| task.due = due);
            one
        })
        .collect();
    committed(store, &units).await;
    for limit in [1, 2, 4, 6] {
        let mut places = Vec::new();
        let mut query = TaskQuery { limit, ..query(View::Team) };
        loop {
            let page = read(store.tasks(&query).await);
            places.extend(page.items.iter().map(|row| number(row.id.application)));
            let Some(place) = page.next else { break };
            query.after = Some(place);
        }
        assert_eq!(places, [3, 6, 2, 5, 1, 4]);
    }
    let row = read(store.tasks(&TaskQuery { limit: 1, ..query(View::Team) }).await).items;
    let expected = crate::store::TaskRow {
        id: TaskId { application: id(3), number: 1 },
        reference: "SU-3".to_owned(),
        programme: programme(),
        stage: StageId::recorded("review"),
        role: RoleId::recorded("clerk"),
        opened_at: at(3),
        due: Some(at(10)),
        claimed_by: None,
    };
    assert_eq!(row, [expected]);
}

/// Late tasks have a deadline that has passed; a stage's tasks are its own.
pub async fn late_tasks_and_stages_are_told_apart(store: &dyn Store) {
    let mut late = new(1);
    late.application.tasks.iter_mut().for_each(|task| task.due = Some(at(10)));
    let mut early = new(2);
    early.application.tasks.iter_mut().for_each(|task| task.due = Some(at(30)));
    let mut medical = new(3);
    medical.application.tasks.iter_mut().for_each(|task| task.stage = StageId::recorded("medical"));
    committed(store, &[late, early, medical]).await;
    let at_20 = TaskQuery { late_at: Some(at(20)), ..query(View::Team) };
    assert_eq!(seen(store, &at_20).await, [1]);
    let stage = Some(StageId::recorded("medical"));
    assert_eq!(seen(store, &TaskQuery { stage, ..query(View::Team) }).await, [3]);
}

/// While the applicant has it, only their time to answer runs.
pub async fn a_suspended_task_is_in_no_queue_and_fires_no_timer(store: &dyn Store) {
    let first = with_timers(1, &[10, 20]);
    let mut returned = next(&first);
    returned.application.status = Status::WithApplicant;
    returned.application.tasks.iter_mut().for_each(|task| task.suspended_at = Some(at(5)));
    returned.application.returned =
        Some(Returned { task: 1, fields: vec!["name".to_owned()], answer_by: Some(at(50)) });
    let mut resumed = next(&returned);
    resumed.application = resumed_row(&resumed, &first);
    committed(store, &[first, returned]).await;
    assert_eq!(seen(store, &query(View::Team)).await, []);
    assert_eq!(read(store.due_timers(at(49), None, 10).await), []);
    let answer = DueTimer {
        task: TaskId { application: id(1), number: 1 },
        rule: TimerRule::Answer,
        due: at(50),
    };
    assert_eq!(read(store.due_timers(at(50), None, 10).await), [answer]);
    committed(store, &[resumed]).await;
    assert_eq!(seen(store, &query(View::Team)).await, [1]);
    let rules: Vec<_> = read(store.due_timers(at(99), None, 10).await)
        .into_iter()
        .map(|timer| timer.rule)
        .collect();
    assert_eq!(rules, [TimerRule::Late(0), TimerRule::Late(1)]);
}

/// Timers are due at their instant, in its order, up to a limit; a fired one is gone with the row that had it.
pub async fn timers_come_due_the_earliest_first(store: &dyn Store) {
    let one = with_timers(1, &[30, 10]);
    let other = with_timers(2, &[20]);
    committed(store, &[one.clone(), other]).await;
    assert_eq!(read(store.due_timers(at(9), None, 10).await), []);
    let dues = async |now: i64, limit| {
        let timers = read(store.due_timers(at(now), None, limit).await);
        timers.into_iter().map(|timer| (timer.task, timer.due)).collect::<Vec<_>>()
    };
    let of = |n| TaskId { application: id(n), number: 1 };
    assert_eq!(dues(10, 10).await, [(of(1), at(10))]);
    assert_eq!(dues(30, 10).await, [(of(1), at(10)), (of(2), at(20)), (of(1), at(30))]);
    assert_eq!(dues(30, 2).await, [(of(1), at(10)), (of(2), at(20))]);
    let first = there(read(store.due_timers(at(30), None, 1).await).pop());
    let later = read(store.due_timers(at(30), Some(first), 10).await);
    assert_eq!(later.iter().map(|timer| timer.due).collect::<Vec<_>>(), [at(20), at(30)]);
    let second = there(later.first().copied());
    assert_eq!(read(store.due_timers(at(29), Some(second), 10).await), []);
    let mut fired = next(&one);
    fired.application.tasks.iter_mut().for_each(|task| task.timers.truncate(1));
    committed(store, &[fired]).await;
    assert_eq!(dues(30, 10).await, [(of(2), at(20)), (of(1), at(30))]);
}

/// A voucher past its end is listed while something is left of it and its expiry is not recorded.
pub async fn a_voucher_that_ended_is_listed_until_it_expires(store: &dyn Store) {
    let with = |n: u32, status| {
        let mut one = new(n);
        let mut voucher = voucher(n, at(100));
        voucher.status = status;
        one.application.voucher = Some(voucher);
        one
    };
    let active = with(1, VoucherStatus::Active);
    let mut elsewhere = with(5, VoucherStatus::Active);
    elsewhere.application.programme = ProgrammeId::recorded("school");
    committed(
        store,
        &[
            active.clone(),
            with(2, VoucherStatus::PartRedeemed),
            with(3, VoucherStatus::Redeemed),
            with(4, VoucherStatus::Revoked),
            elsewhere,
        ],
    )
    .await;
    let ended = async |now: i64, limit| {
        read(store.ended_vouchers("surgery", at(now), None, limit).await).items
    };
    assert_eq!(ended(99, 10).await, []);
    assert_eq!(ended(100, 10).await, [id(1), id(2)]);
    assert_eq!(ended(100, 1).await.len(), 1);
    let page = read(store.ended_vouchers("surgery", at(100), None, 1).await);
    assert_eq!(page.items, [id(1)]);
    let rest = read(store.ended_vouchers("surgery", at(100), page.next, 1).await);
    assert_eq!((rest.items, rest.next), (vec![id(2)], None));
    let mut expired = next(&active);
    if let Some(voucher) = &mut expired.application.voucher {
        voucher.status = VoucherStatus::Expired;
    }
    committed(store, &[expired]).await;
    assert_eq!(ended(100, 10).await, [id(2)]);
}

/// Each voucher of a list stands at its index, and where it stands moves with its row.
pub async fn the_vouchers_of_a_status_list_stand_at_their_indexes(store: &dyn Store) {
    let with = |n: u32, list, index| {
        let mut one = new(n);
        let mut voucher = voucher(n, at(100));
        voucher.status_index = StatusIndex { list, index };
        one.application.voucher = Some(voucher);
        one
    };
    let first = with(1, 0, 70_000);
    committed(store, &[first.clone(), with(2, 0, 3), with(3, 1, 3), new(4)]).await;
    let statuses = async |list| read(store.voucher_statuses(list).await);
    let active = VoucherStatus::Active;
    assert_eq!(statuses(0).await, [(3, active), (70_000, active)]);
    assert_eq!(statuses(1).await, [(3, active)]);
    assert_eq!(statuses(2).await, []);
    let mut before = first;
    for status in VoucherStatus::ALL {
        let mut changed = next(&before);
        if let Some(voucher) = &mut changed.application.voucher {
            voucher.status = status;
        }
        committed(store, std::slice::from_ref(&changed)).await;
        assert_eq!(statuses(0).await, [(3, active), (70_000, status)]);
        before = changed;
    }
}

/// The applications of a programme are counted by status.
pub async fn applications_are_counted_by_status(store: &dyn Store) {
    let of = |n: u32, status| {
        let mut one = new(n);
        one.application.status = status;
        one
    };
    let mut elsewhere = new(9);
    elsewhere.application.programme = ProgrammeId::recorded("school");
    let withdrawn = of(1, Status::Withdrawn);
    committed(store, &[withdrawn, new(2), of(3, Status::Held), new(4), elsewhere]).await;
    let counts = read(store.counts("surgery").await);
    assert_eq!(counts, [(Status::InReview, 2), (Status::Held, 1), (Status::Withdrawn, 1)]);
    assert_eq!(read(store.counts("school").await), [(Status::InReview, 1)]);
    assert_eq!(read(store.counts("none").await), []);
}

/// Applications that have ended do not hold their definition.
pub async fn applications_that_stay_on_a_definition_are_counted(store: &dyn Store) {
    let mut ended = new(2);
    ended.application.status = Status::Withdrawn;
    let mut newer = new(3);
    newer.application.definition = hash("newer");
    let mut held = new(4);
    held.application.status = Status::Held;
    committed(store, &[new(1), ended, newer, held]).await;
    assert_eq!(read(store.open_on(hash("definition")).await), 2);
    assert_eq!(read(store.open_on(hash("newer")).await), 1);
    assert_eq!(read(store.open_on(hash("none")).await), 0);
}

/// Returns the query of the clerk Grace.
fn query(view: View) -> TaskQuery {
    TaskQuery {
        person: "grace".to_owned(),
        roles: vec![(programme(), RoleId::recorded("clerk"))],
        view,
        stage: None,
        late_at: None,
        order: TaskOrder::Due,
        after: None,
        limit: 50,
    }
}

/// Returns the numbers of the samples whose tasks are seen, sorted.
async fn seen(store: &dyn Store, query: &TaskQuery) -> Vec<u128> {
    let page = read(store.tasks(query).await);
    assert_eq!(page.next, None);
    let mut numbers: Vec<_> = page.items.iter().map(|row| number(row.id.application)).collect();
    numbers.sort_unstable();
    numbers
}

fn number(id: ApplicationId) -> u128 {
    id.0.as_u128()
}

fn with_timers(n: u32, dues: &[i64]) -> ApplicationUnit {
    let mut one = new(n);
    let mut task = task(1, at(0));
    task.timers = (0..)
        .zip(dues)
        .map(|(rule, due)| Timer { rule: TimerRule::Late(rule), due: at(*due) })
        .collect();
    one.application.tasks = vec![task];
    one
}

/// Returns the row of `unit` with the tasks that it had `before`.
fn resumed_row(
    unit: &ApplicationUnit,
    before: &ApplicationUnit,
) -> crate::application::Application {
    let mut row = unit.application.clone();
    row.status = Status::InReview;
    row.returned = None;
    row.tasks.clone_from(&before.application.tasks);
    row
}
