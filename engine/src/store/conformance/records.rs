//! What is recorded beside applications.

use uuid::Uuid;

use super::sample::{at, at_once, committed, hash, new, read, record, request, there, unit};
use crate::event::StoredEvent;
use crate::id::Who;
use crate::store::{
    Batch, Definition, Delivery, Loss, Newest, OutboxContent, Receipt, Record, RosterVersion,
    ScheduleKey, SignIn, Store, Token, TokenOwner, Unit,
};

/// Numbers count up within a programme; the same source again is the same definition.
pub async fn a_definition_keeps_its_number(store: &dyn Store) {
    let deploy = async |programme: &str, source: &str| {
        record(store, Record::Deploy(definition(programme, source))).await
    };
    let deployed = |number, unchanged| Ok(Receipt::Deployed { number, unchanged });
    assert_eq!(read(store.definitions(None).await), []);
    assert_eq!(deploy("surgery", "one").await, deployed(1, false));
    assert_eq!(deploy("school", "other").await, deployed(1, false));
    assert_eq!(deploy("surgery", "two").await, deployed(2, false));
    assert_eq!(deploy("surgery", "two").await, deployed(2, true));
    assert_eq!(deploy("surgery", "one").await, deployed(1, true));
    let two = Definition { number: 2, ..definition("surgery", "two") };
    let one = Definition { number: 1, ..definition("surgery", "one") };
    assert_eq!(read(store.definition(hash("two")).await), Some(two.clone()));
    assert_eq!(read(store.definition(hash("three")).await), None);
    assert_eq!(read(store.definitions(Some("surgery")).await), [two.clone(), one]);
    let mut newest = read(store.definitions(None).await);
    newest.sort_by_key(|definition| definition.number);
    let school = Definition { number: 1, ..definition("school", "other") };
    assert_eq!(newest, [school.clone(), two.clone()]);
    let named = |one: &Definition| Newest { programme: one.programme.clone(), digest: one.digest };
    assert_eq!(read(store.newest(None).await), [named(&school), named(&two)]);
    assert_eq!(read(store.newest(Some("surgery")).await), [named(&two)]);
    assert_eq!(read(store.newest(Some("bursary")).await), []);
}

/// A roster is lost unless it follows the one there is: of two writers, one wins.
pub async fn a_roster_follows_the_one_before(store: &dyn Store) {
    let roster = |version: u64| RosterVersion {
        event: StoredEvent { version, digest: hash("roster"), bytes: vec![1, 2] },
        roster: "{\"people\":{}}".to_owned(),
    };
    let put = async |version| record(store, Record::Roster(roster(version))).await;
    assert_eq!(read(store.roster().await), None);
    assert_eq!(put(2).await, Err(Loss::AlreadyDone));
    assert_eq!(put(1).await, Ok(Receipt::Done));
    assert_eq!(put(1).await, Err(Loss::AlreadyDone));
    assert_eq!(put(3).await, Err(Loss::AlreadyDone));
    let came_to = at_once([put(2), put(2)]).await;
    assert_eq!(came_to.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(read(store.roster().await), Some(roster(2)));
    assert_eq!(put(3).await, Ok(Receipt::Done));
    let log = async |from, limit| {
        let versions = read(store.roster_log(from, limit).await);
        versions.into_iter().map(|version| version.event.version).collect::<Vec<_>>()
    };
    assert_eq!(log(0, 10).await, [1, 2, 3]);
    assert_eq!(log(2, 1).await, [2]);
    assert!(log(4, 10).await.is_empty());
    assert_eq!(read(store.roster_log(2, 1).await), [roster(2)]);
}

/// An instant is run for once, and never one before it.
pub async fn a_schedule_runs_once_for_an_instant(store: &dyn Store) {
    let schedule =
        |name: &str| ScheduleKey { programme: "surgery".to_owned(), name: name.to_owned() };
    let run = async |name: &str, instant| {
        record(store, Record::ScheduleRun(schedule(name), at(instant))).await
    };
    assert_eq!(read(store.last_run(&schedule("nightly")).await), None);
    assert_eq!(run("nightly", 10).await, Ok(Receipt::Done));
    assert_eq!(run("nightly", 10).await, Err(Loss::AlreadyDone));
    assert_eq!(run("nightly", 9).await, Err(Loss::AlreadyDone));
    assert_eq!(run("weekly", 9).await, Ok(Receipt::Done));
    assert_eq!(run("nightly", 20).await, Ok(Receipt::Done));
    assert_eq!(read(store.last_run(&schedule("nightly")).await), Some(at(20)));
    let twice = Unit::Record(Record::ScheduleRun(schedule("nightly"), at(30)));
    let lost = Batch::Lost(vec![(1, Loss::AlreadyDone)]);
    assert_eq!(read(store.commit(&[twice.clone(), twice]).await), lost);
    assert_eq!(read(store.last_run(&schedule("nightly")).await), Some(at(20)));
}

/// The code goes out once, wrong tries are counted, and of two right ones the first begins a session.
pub async fn a_sign_in_is_used_once(store: &dyn Store) {
    let waiting = sign_in(1);
    assert!(record(store, Record::AddSignIn(waiting.clone())).await.is_ok());
    assert_eq!(read(store.sign_in(waiting.id).await), Some(waiting.clone()));
    let outbox = read(store.due_outbox(waiting.created_at, 10).await);
    let contents: Vec<_> = outbox.into_iter().map(|entry| entry.content).collect();
    assert_eq!(contents, [OutboxContent::SignIn(waiting.message.clone())]);
    assert!(record(store, Record::FailSignIn(waiting.id)).await.is_ok());
    assert_eq!(there(read(store.sign_in(waiting.id).await)).tries_left, 2);
    let start = async |n| {
        let session = session(n);
        record(store, Record::UseSignIn { id: waiting.id, session }).await
    };
    let came_to = at_once([start(1), start(2)]).await;
    assert_eq!(came_to.iter().filter(|result| **result == Ok(Receipt::Done)).count(), 1);
    assert_eq!(came_to.iter().filter(|result| **result == Err(Loss::AlreadyDone)).count(), 1);
    assert_eq!(read(store.sign_in(waiting.id).await), None);
    let begun = at_once([1, 2].map(|n| store.token(session(n).hash))).await;
    assert_eq!(begun.into_iter().filter_map(read).count(), 1);
}

/// The message of a sign-in that is over goes nowhere: used or purged, parked or not.
pub async fn the_message_of_a_sign_in_goes_with_it(store: &dyn Store) {
    let [used, parked, ended, other] = [1, 2, 3, 4].map(sign_in);
    let ended = SignIn { expires_at: at(10), ..ended };
    for waiting in [&used, &parked, &ended, &other] {
        assert!(record(store, Record::AddSignIn(waiting.clone())).await.is_ok());
    }
    let entries = read(store.due_outbox(at(0), 10).await);
    assert_eq!(entries.len(), 4);
    let second = there(entries.get(1)).id;
    let parking = Delivery::Parked { cause: "unknown number".to_owned() };
    assert!(record(store, Record::Delivered(second, parking)).await.is_ok());
    assert_eq!(read(store.incidents(None, 10).await).len(), 1);
    for (waiting, n) in [(&used, 1), (&parked, 2)] {
        let using = Record::UseSignIn { id: waiting.id, session: session(n) };
        assert_eq!(record(store, using).await, Ok(Receipt::Done));
    }
    assert_eq!(read(store.incidents(None, 10).await), []);
    assert_eq!(read(store.due_outbox(at(9_999), 10).await).len(), 2);
    let purge = Record::Purge { keys_before: at(0), ended_before: at(11) };
    assert!(record(store, purge).await.is_ok());
    let left = read(store.due_outbox(at(9_999), 10).await);
    assert_eq!(left.len(), 1);
    let done = Record::Delivered(there(left.first()).id, Delivery::Done);
    assert!(record(store, done).await.is_ok());
    let told = SignIn { message: Vec::new(), ..other.clone() };
    assert_eq!(read(store.sign_in(other.id).await), Some(told));
}

/// What was purged earlier in a batch is gone for the units after it.
pub async fn a_purge_acts_on_what_follows_it_in_a_batch(store: &dyn Store) {
    let waiting = SignIn { expires_at: at(10), ..sign_in(1) };
    assert!(record(store, Record::AddSignIn(waiting.clone())).await.is_ok());
    let mut one = new(1);
    one.idempotency = Some(request(&one, "key"));
    committed(store, &[one]).await;
    let mut again = new(2);
    again.idempotency = Some(request(&again, "key"));
    let purge = Record::Purge { keys_before: at(11), ended_before: at(11) };
    let late = Record::UseSignIn { id: waiting.id, session: session(1) };
    let batch = [Unit::Record(purge.clone()), Unit::Record(late), unit(&again)];
    assert_eq!(read(store.commit(&batch).await), Batch::Lost(vec![(1, Loss::AlreadyDone)]));
    let batch = [Unit::Record(purge), unit(&again)];
    assert_eq!(read(store.commit(&batch).await), Batch::Committed(vec![Receipt::Done; 2]));
    assert_eq!(read(store.idempotent(hash("key")).await), again.idempotency.map(|it| it.outcome));
}

/// An id or hash of a token that is taken is drawn again, whoever has it; the first token stays.
pub async fn a_token_is_given_once(store: &dyn Store) {
    let first = session(1);
    assert!(record(store, Record::AddToken(first.clone())).await.is_ok());
    let same_id = Token { hash: hash("other"), ..first.clone() };
    let same_hash = Token { id: session(2).id, ..first.clone() };
    for twin in [same_id.clone(), same_hash] {
        assert_eq!(record(store, Record::AddToken(twin)).await, Err(Loss::Draw));
    }
    let waiting = sign_in(1);
    assert!(record(store, Record::AddSignIn(waiting.clone())).await.is_ok());
    assert_eq!(record(store, Record::AddSignIn(waiting.clone())).await, Err(Loss::Draw));
    let using = |session| Record::UseSignIn { id: waiting.id, session };
    assert_eq!(record(store, using(same_id.clone())).await, Err(Loss::Draw));
    assert_eq!(read(store.token(first.hash).await), Some(first.clone()));
    assert_eq!(read(store.token(same_id.hash).await), None);
    let add = |token: &Token| Unit::Record(Record::AddToken(token.clone()));
    let twins = [add(&session(3)), add(&session(3))];
    assert_eq!(read(store.commit(&twins).await), Batch::Lost(vec![(1, Loss::Draw)]));
    let renewed = [Unit::Record(Record::RemoveToken(first.id)), add(&same_id)];
    assert_eq!(read(store.commit(&renewed).await), Batch::Committed(vec![Receipt::Done; 2]));
    assert_eq!(record(store, using(session(2))).await, Ok(Receipt::Done));
}

/// Without a try left even the right code is too late.
pub async fn a_sign_in_without_tries_is_over(store: &dyn Store) {
    let waiting = sign_in(1);
    assert!(record(store, Record::AddSignIn(waiting.clone())).await.is_ok());
    for _ in 0..4 {
        assert!(record(store, Record::FailSignIn(waiting.id)).await.is_ok());
    }
    let late = Record::UseSignIn { id: waiting.id, session: session(1) };
    assert_eq!(record(store, late).await, Err(Loss::AlreadyDone));
    assert_eq!(read(store.token(session(1).hash).await), None);
}

/// Tokens are found by hash; sessions of applicants are not listed; a revoked one is gone.
pub async fn tokens_are_found_listed_and_revoked(store: &dyn Store) {
    let listed = Token { owner: TokenOwner::Listed(Who::Person("grace".to_owned())), ..session(1) };
    let endless = Token {
        owner: TokenOwner::Listed(Who::Provider("mulago".to_owned())),
        expires_at: None,
        ..session(2)
    };
    for token in [&listed, &endless, &session(3)] {
        assert!(record(store, Record::AddToken(token.clone())).await.is_ok());
        assert_eq!(read(store.token(token.hash).await).as_ref(), Some(token));
    }
    let mut tokens = read(store.tokens().await);
    tokens.sort_by_key(|token| token.id);
    assert_eq!(tokens, [listed.clone(), endless.clone()]);
    assert!(record(store, Record::RemoveToken(listed.id)).await.is_ok());
    assert_eq!(read(store.token(listed.hash).await), None);
    assert_eq!(read(store.tokens().await), [endless]);
}

/// Old requests, sign-ins and sessions go; younger ones and listed tokens without an end stay.
pub async fn what_is_past_its_time_is_purged(store: &dyn Store) {
    let mut units = [new(10), new(20)];
    for one in &mut units {
        one.idempotency = Some(request(one, &one.application.reference));
    }
    committed(store, &units).await;
    let old = Token { expires_at: Some(at(10)), ..session(1) };
    let young = Token { expires_at: Some(at(20)), ..session(2) };
    let endless = Token {
        owner: TokenOwner::Listed(Who::Person("grace".to_owned())),
        expires_at: None,
        ..session(3)
    };
    let old_sign_in = SignIn { expires_at: at(10), ..sign_in(1) };
    let young_sign_in = SignIn { expires_at: at(20), ..sign_in(2) };
    for token in [&old, &young, &endless] {
        assert!(record(store, Record::AddToken(token.clone())).await.is_ok());
        // One that was asked for lately is gone all the same.
        assert_eq!(read(store.token(token.hash).await).as_ref(), Some(token));
    }
    for sign_in in [&old_sign_in, &young_sign_in] {
        assert!(record(store, Record::AddSignIn(sign_in.clone())).await.is_ok());
    }
    let purge = Record::Purge { keys_before: at(15), ended_before: at(15) };
    assert!(record(store, purge).await.is_ok());
    assert_eq!(read(store.idempotent(hash("SU-10")).await), None);
    assert!(read(store.idempotent(hash("SU-20")).await).is_some());
    assert_eq!(read(store.token(old.hash).await), None);
    assert_eq!(read(store.token(young.hash).await), Some(young));
    assert_eq!(read(store.token(endless.hash).await), Some(endless));
    assert_eq!(read(store.sign_in(old_sign_in.id).await), None);
    assert_eq!(read(store.sign_in(young_sign_in.id).await), Some(young_sign_in));
}

fn definition(programme: &str, source: &str) -> Definition {
    Definition {
        programme: programme.to_owned(),
        number: 0,
        digest: hash(source),
        source: source.as_bytes().to_vec(),
        deployed_at: at(0),
        by: Who::Person("admin".to_owned()),
    }
}

fn sign_in(n: u32) -> SignIn {
    SignIn {
        id: Uuid::from_u128(u128::from(n)),
        code: hash("123456"),
        programme: "surgery".to_owned(),
        contact: hash("contact"),
        message: vec![4; 30],
        created_at: at(0),
        expires_at: at(600),
        tries_left: 3,
    }
}

fn session(n: u32) -> Token {
    Token {
        id: Uuid::from_u128(u128::from(n)),
        hash: hash(&format!("token {n}")),
        owner: TokenOwner::Applicant { programme: "surgery".to_owned(), contact: hash("contact") },
        label: "session".to_owned(),
        created_at: at(0),
        expires_at: Some(at(3_600)),
    }
}
