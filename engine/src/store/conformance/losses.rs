//! What can be lost: versions, `once_per` keys, requests, references, vouchers.

use super::sample::{
    at, at_once, commit, committed, id, new, next, once_per, read, request, take, there, unit,
    voucher,
};
use crate::application::StatusIndex;
use crate::id::VoucherId;
use crate::store::{Batch, Loss, OncePerChange, Receipt, Store, Unit};

/// The version is taken by one, and the log has that one's event only.
pub async fn of_two_racing_writers_exactly_one_wins(store: &dyn Store) {
    let first = new(1);
    committed(store, std::slice::from_ref(&first)).await;
    assert_eq!(commit(store, &new(1)).await, Err(Loss::Version));
    let one = next(&first);
    let other = next(&first);
    let came_to = at_once([commit(store, &one), commit(store, &other)]).await;
    assert_eq!(came_to.iter().filter(|result| **result == Ok(Receipt::Done)).count(), 1);
    assert_eq!(came_to.iter().filter(|result| **result == Err(Loss::Version)).count(), 1);
    assert_eq!(read(store.events(id(1), 1).await).len(), 2);
    assert_eq!(commit(store, &next(&new(2))).await, Err(Loss::Version));
}

/// Nothing of a batch is recorded while one of its units loses; without that one, all of it is.
pub async fn a_losing_unit_loses_alone_and_names_itself(store: &dyn Store) {
    let old = new(1);
    committed(store, &[old.clone(), next(&old)]).await;
    let batch = [unit(&new(2)), unit(&next(&old)), unit(&new(3)), unit(&new(1))];
    let lost = Batch::Lost(vec![(1, Loss::Version), (3, Loss::Version)]);
    assert_eq!(read(store.commit(&batch).await), lost);
    for n in [2, 3] {
        assert!(read(store.application(id(n)).await).is_none());
        assert_eq!(read(store.events(id(n), 1).await), []);
        assert_eq!(read(store.by_reference(&format!("SU-{n}")).await), None);
    }
    let batch = [unit(&new(2)), unit(&new(3))];
    assert_eq!(read(store.commit(&batch).await), Batch::Committed(vec![Receipt::Done; 2]));
}

/// Fifty at the same time: one holds the key, the others name it.
pub async fn one_of_fifty_with_one_once_per_key_wins(store: &dyn Store) {
    let units: Vec<_> = (1..=50)
        .map(|n| {
            let mut one = new(n);
            one.once_per = vec![take("id card", None)];
            one
        })
        .collect();
    let came_to = at_once(units.iter().map(|one| commit(store, one))).await;
    let ids = read(store.ids(None, 100).await);
    assert_eq!(ids.len(), 1);
    let holder = there(ids.first().copied());
    assert_eq!(came_to.iter().filter(|result| result.is_ok()).count(), 1);
    let lost = Err(Loss::OncePer { rule: 0, holder });
    assert_eq!(came_to.iter().filter(|result| **result == lost).count(), 49);
    assert_eq!(read(store.once_per(&once_per("id card", None)).await), Some(holder));

    let batch: Vec<Unit> = [101, 102]
        .map(|n| {
            let mut one = new(n);
            one.once_per = vec![take("another", None)];
            unit(&one)
        })
        .into();
    let lost = vec![(1, Loss::OncePer { rule: 0, holder: id(101) })];
    assert_eq!(read(store.commit(&batch).await), Batch::Lost(lost));
}

/// Before approval a key counts whatever the cutoff; afterwards until the cutoff has reached the approval.
pub async fn an_approval_counts_until_the_cutoff(store: &dyn Store) {
    let mut first = new(1);
    first.once_per = vec![take("id", Some(at(0)))];
    committed(store, std::slice::from_ref(&first)).await;
    let holder = async |cutoff| read(store.once_per(&once_per("id", cutoff)).await);
    assert_eq!(holder(None).await, Some(id(1)));
    assert_eq!(holder(Some(at(1_000_000))).await, Some(id(1)));
    let mut approved = next(&first);
    approved.once_per = vec![OncePerChange::Approve { at: at(50) }];
    committed(store, &[approved]).await;
    assert_eq!(holder(None).await, Some(id(1)));
    assert_eq!(holder(Some(at(49))).await, Some(id(1)));
    assert_eq!(holder(Some(at(50))).await, None);
    let mut second = new(2);
    second.once_per = vec![take("id", Some(at(49)))];
    let lost = Loss::OncePer { rule: 0, holder: id(1) };
    assert_eq!(commit(store, &second).await, Err(lost));
    second.once_per = vec![take("id", Some(at(50)))];
    committed(store, &[second]).await;
    assert_eq!(holder(Some(at(50))).await, Some(id(2)));
}

/// Whoever comes next takes a key that was released.
pub async fn a_released_key_is_free(store: &dyn Store) {
    let mut first = new(1);
    let mut both = vec![take("id", None)];
    both.push(OncePerChange::Take { rule: 1, key: once_per("phone", None) });
    first.once_per = both.clone();
    let mut rejected = next(&first);
    rejected.once_per = vec![OncePerChange::Release];
    committed(store, &[first, rejected]).await;
    for key in ["id", "phone"] {
        assert_eq!(read(store.once_per(&once_per(key, None)).await), None);
    }
    let mut second = new(2);
    second.once_per = both;
    committed(store, &[second]).await;
    assert_eq!(read(store.once_per(&once_per("phone", None)).await), Some(id(2)));
}

/// An answer that changes the value takes the new key and frees the old one; the same value again changes nothing.
pub async fn another_value_frees_the_first_key(store: &dyn Store) {
    let mut first = new(1);
    first.once_per = vec![take("typo", None)];
    let mut corrected = next(&first);
    corrected.once_per = vec![take("id", None)];
    let mut again = next(&corrected);
    again.once_per = vec![take("id", None)];
    committed(store, &[first, corrected, again]).await;
    assert_eq!(read(store.once_per(&once_per("typo", None)).await), None);
    assert_eq!(read(store.once_per(&once_per("id", None)).await), Some(id(1)));
}

/// A release after a later application took the key leaves it to that one.
pub async fn a_key_that_went_to_another_is_not_released_by_the_first(store: &dyn Store) {
    let mut first = new(1);
    first.once_per = vec![take("id", None), OncePerChange::Approve { at: at(10) }];
    let mut second = new(2);
    second.once_per = vec![take("id", Some(at(10)))];
    let mut released = next(&first);
    released.once_per = vec![OncePerChange::Release];
    committed(store, &[first, second, released]).await;
    assert_eq!(read(store.once_per(&once_per("id", None)).await), Some(id(2)));
}

/// A key released, or exchanged for another, is taken by a neighbour that comes after; one that comes before loses it.
pub async fn a_key_given_up_in_a_batch_is_free_for_the_next_unit(store: &dyn Store) {
    let taking = |n: u32, key: &str| {
        let mut one = new(n);
        one.once_per = vec![take(key, None)];
        one
    };
    let [first, second] = [taking(1, "one"), taking(2, "two")];
    committed(store, &[first.clone(), second.clone()]).await;
    let mut released = next(&first);
    released.once_per = vec![OncePerChange::Release];
    let mut exchanged = next(&second);
    exchanged.once_per = vec![take("three", None)];
    let [third, fourth] = [taking(3, "one"), taking(4, "two")];
    let early = [&third, &fourth, &released, &exchanged].map(unit);
    let lost = |rule, n| Loss::OncePer { rule, holder: id(n) };
    let both = Batch::Lost(vec![(0, lost(0, 1)), (1, lost(0, 2))]);
    assert_eq!(read(store.commit(&early).await), both);
    let fifth = taking(5, "three");
    let late = [&released, &exchanged, &third, &fourth, &fifth].map(unit);
    assert_eq!(read(store.commit(&late).await), Batch::Lost(vec![(4, lost(0, 2))]));
    let late = [&released, &exchanged, &third, &fourth].map(unit);
    assert_eq!(read(store.commit(&late).await), Batch::Committed(vec![Receipt::Done; 4]));
    for (key, n) in [("one", 3), ("two", 4), ("three", 2)] {
        assert_eq!(read(store.once_per(&once_per(key, None)).await), Some(id(n)));
    }
}

/// Two values that were mixed up and are put right stay the application's.
pub async fn keys_may_change_rules(store: &dyn Store) {
    let of = |rule, key: &str| OncePerChange::Take { rule, key: once_per(key, None) };
    let mut first = new(1);
    first.once_per = vec![of(0, "phone"), of(1, "id")];
    let mut swapped = next(&first);
    swapped.once_per = vec![of(0, "id"), of(1, "phone")];
    let mut corrected = next(&swapped);
    corrected.once_per = vec![of(0, "id"), of(1, "new phone")];
    committed(store, &[first, swapped]).await;
    let holder = async |key: &str| read(store.once_per(&once_per(key, None)).await);
    assert_eq!((holder("id").await, holder("phone").await), (Some(id(1)), Some(id(1))));
    committed(store, &[corrected]).await;
    assert_eq!((holder("id").await, holder("phone").await), (Some(id(1)), None));
    assert_eq!(holder("new phone").await, Some(id(1)));
}

/// Whatever the order of the changes in one unit; what is released and taken again waits for its approval anew.
pub async fn an_approval_is_of_all_keys_held_afterwards(store: &dyn Store) {
    let mut first = new(1);
    first.once_per = vec![OncePerChange::Approve { at: at(10) }, take("id", None)];
    let mut again = next(&first);
    again.once_per = vec![OncePerChange::Release, take("id", None)];
    let mut gone = next(&again);
    gone.once_per = vec![take("other", None), OncePerChange::Release];
    committed(store, &[first]).await;
    let holder = async |key: &str, cutoff| read(store.once_per(&once_per(key, cutoff)).await);
    assert_eq!(holder("id", Some(at(10))).await, None);
    assert_eq!(holder("id", Some(at(9))).await, Some(id(1)));
    committed(store, &[again]).await;
    assert_eq!(holder("id", Some(at(10))).await, Some(id(1)));
    committed(store, &[gone]).await;
    assert_eq!((holder("id", None).await, holder("other", None).await), (None, None));
}

/// A repeated request is told what came of it, even though its version is lost as well.
pub async fn a_repeated_request_gets_the_stored_outcome(store: &dyn Store) {
    let mut one = new(1);
    let key = request(&one, "key");
    one.idempotency = Some(key.clone());
    assert_eq!(read(store.idempotent(key.scope).await), None);
    committed(store, std::slice::from_ref(&one)).await;
    assert_eq!(read(store.idempotent(key.scope).await), Some(key.outcome));
    assert_eq!(commit(store, &one).await, Err(Loss::Idempotency(key.outcome)));
    let mut other = new(2);
    other.idempotency = Some(request(&other, "key"));
    assert_eq!(commit(store, &other).await, Err(Loss::Idempotency(key.outcome)));
    assert!(read(store.application(id(2)).await).is_none());
}

/// The second of two equal requests in a batch is told what the first comes to.
pub async fn one_key_twice_in_a_batch_is_recorded_once(store: &dyn Store) {
    let mut one = new(1);
    let mut other = new(2);
    one.idempotency = Some(request(&one, "key"));
    other.idempotency = Some(request(&other, "key"));
    let outcome = request(&one, "key").outcome;
    let lost = Batch::Lost(vec![(1, Loss::Idempotency(outcome))]);
    assert_eq!(read(store.commit(&[unit(&one), unit(&other)]).await), lost);
    assert_eq!(read(store.idempotent(request(&one, "key").scope).await), None);
}

/// A reference that is taken is drawn again.
pub async fn a_reference_is_given_once(store: &dyn Store) {
    let mut twin = new(2);
    twin.application.reference.clone_from(&new(1).application.reference);
    committed(store, &[new(1)]).await;
    assert_eq!(commit(store, &twin).await, Err(Loss::Draw));
    assert_eq!(read(store.by_reference("SU-1").await), Some(id(1)));
}

/// Each of a voucher's id, number and status index belongs to one application.
pub async fn a_voucher_is_given_once(store: &dyn Store) {
    let mut one = new(1);
    one.application.voucher = Some(voucher(1, at(100)));
    committed(store, &[one.clone(), next(&one)]).await;
    assert_eq!(read(store.by_voucher(voucher(1, at(0)).id).await), Some(id(1)));
    assert_eq!(read(store.by_voucher(VoucherId([9; 16])).await), None);
    assert_eq!(read(store.by_number("V-1").await), Some(id(1)));
    assert_eq!(read(store.by_number("V-9").await), None);
    let fresh = voucher(2, at(100));
    let taken = voucher(1, at(100));
    let mut same_id = fresh.clone();
    same_id.id = taken.id;
    let mut same_number = fresh.clone();
    same_number.number = taken.number;
    let mut same_index = fresh.clone();
    same_index.status_index = taken.status_index;
    let mut other = new(2);
    for twin in [same_id, same_number, same_index] {
        other.application.voucher = Some(twin);
        assert_eq!(commit(store, &other).await, Err(Loss::Draw));
    }
    let mut other_list = fresh;
    other_list.status_index = StatusIndex { list: 2, index: 1 };
    other.application.voucher = Some(other_list);
    committed(store, &[other]).await;
}

/// What a neighbour in the batch takes is taken.
pub async fn neighbours_in_a_batch_draw_from_one_pot(store: &dyn Store) {
    let mut one = new(1);
    one.application.voucher = Some(voucher(1, at(100)));
    let mut same_voucher = new(2);
    same_voucher.application.voucher = Some(voucher(1, at(100)));
    let mut same_reference = new(3);
    same_reference.application.reference.clone_from(&one.application.reference);
    let batch = [unit(&one), unit(&same_voucher), unit(&same_reference)];
    let lost = Batch::Lost(vec![(1, Loss::Draw), (2, Loss::Draw)]);
    assert_eq!(read(store.commit(&batch).await), lost);
    assert!(read(store.application(id(1)).await).is_none());
}
