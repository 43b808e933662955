//! Applications: written whole, read back whole, erased.

use super::sample::{
    at, commit, committed, hash, id, new, next, notice, read, request, take, there, unit, word,
};
use crate::application::Application;
use crate::id::{ApplicationId, DocumentId};
use crate::store::conformance::documents::document;
use crate::store::{ApplicationQuery, Batch, MAX_BATCH, Receipt, Record, Store, Unit};
use crate::vault::Sealed;

/// What is written about a new application is read back, by id, reference and contact.
pub async fn a_new_application_is_read_back_whole(store: &dyn Store) {
    let mut one = new(1);
    one.sealed = vec![
        Sealed { commitment: hash("name"), ciphertext: vec![1, 2, 3] },
        Sealed { commitment: hash("phone"), ciphertext: vec![] },
    ];
    one.known_by = Some(vec![hash("+256700000001")]);
    assert!(read(store.application(id(1)).await).is_none());
    committed(store, std::slice::from_ref(&one)).await;
    let stored = there(read(store.application(id(1)).await));
    assert_eq!(stored.application, one.application);
    assert_eq!(stored.key, one.key);
    assert_eq!(read(store.events(id(1), 1).await), one.events);
    assert_eq!(read(store.by_reference("SU-1").await), Some(id(1)));
    assert_eq!(read(store.by_reference("SU-2").await), None);
    let mut sealed = read(store.sealed(id(1)).await);
    sealed.sort_by_key(|sealed| sealed.ciphertext.is_empty());
    assert_eq!(sealed, one.sealed);
    let mut empty = new(2);
    empty.sealed = vec![Sealed { commitment: hash("name"), ciphertext: vec![] }];
    committed(store, std::slice::from_ref(&empty)).await;
    assert_eq!(read(store.sealed(id(2)).await), empty.sealed);
}

/// The row is the last one, the key stays, and the log has every event.
pub async fn a_next_version_replaces_the_row_and_adds_its_events(store: &dyn Store) {
    let first = new(1);
    let second = next(&first);
    let third = next(&second);
    committed(store, &[first.clone(), second.clone(), third.clone()]).await;
    let stored = there(read(store.application(id(1)).await));
    assert_eq!(stored.application, third.application);
    assert_eq!(stored.key, first.key);
    let log = [first.events, second.events.clone(), third.events.clone()].concat();
    assert_eq!(read(store.events(id(1), 0).await), log);
    assert_eq!(read(store.events(id(1), 2).await), [second.events, third.events].concat());
    assert_eq!(read(store.events(id(1), 4).await), []);
    assert_eq!(read(store.events(id(2), 1).await), []);
}

/// A request that comes to no event is remembered, and the version stays.
pub async fn a_unit_without_events_changes_no_version(store: &dyn Store) {
    let first = new(1);
    let mut asked = next(&first);
    asked.application = first.application.clone();
    asked.events.clear();
    let key = request(&asked, "key");
    asked.idempotency = Some(key.clone());
    committed(store, &[first.clone(), asked]).await;
    assert_eq!(read(store.idempotent(key.scope).await), Some(key.outcome));
    committed(store, &[next(&first)]).await;
}

/// The same kind of units in one batch and one after the other leave rows of the same kind.
pub async fn a_batch_comes_to_what_its_units_come_to_one_by_one(store: &dyn Store) {
    let prepared = |n: u32| {
        let mut one = new(n);
        one.known_by = Some(vec![hash("contact")]);
        one.once_per = vec![take(&format!("key {n}"), None)];
        one.notices = vec![notice(0, at(0)), notice(1, at(0))];
        one.idempotency = Some(request(&one, &format!("request {n}")));
        one
    };
    let together: Vec<_> = (1..=20).map(prepared).collect();
    let apart: Vec<_> = (101..=120).map(prepared).collect();
    let batch: Vec<Unit> = together.iter().map(unit).collect();
    assert_eq!(read(store.commit(&batch).await), Batch::Committed(vec![Receipt::Done; 20]));
    committed(store, &apart).await;
    let second: Vec<Unit> = together.iter().map(|one| unit(&next(one))).collect();
    assert_eq!(read(store.commit(&second).await), Batch::Committed(vec![Receipt::Done; 20]));
    let apart: Vec<_> = apart.iter().map(next).collect();
    committed(store, &apart).await;
    for (one, other) in (1..=20).zip(101..=120) {
        let one = there(read(store.application(id(one)).await)).application;
        let other = there(read(store.application(id(other)).await)).application;
        let same = |row: &Application| (row.version, row.status, row.tasks.len(), row.tasks_opened);
        assert_eq!(same(&one), same(&other));
        for row in [one, other] {
            let key = super::sample::once_per(&format!("key {}", row.id.0.as_u128()), None);
            assert_eq!(read(store.once_per(&key).await), Some(row.id));
            assert!(read(store.is_known_by(row.id, &[hash("contact")]).await));
            assert_eq!(read(store.events(row.id, 1).await).len(), 2);
        }
    }
    assert_eq!(read(store.due_outbox(at(0), 100).await).len(), 40);
}

/// The largest batch is taken.
pub async fn a_full_batch_is_recorded_with_its_receipts(store: &dyn Store) {
    let batch: Vec<Unit> = (1_u32..).take(MAX_BATCH).map(|n| unit(&new(n))).collect();
    let receipts = vec![Receipt::Done; MAX_BATCH];
    assert_eq!(read(store.commit(&batch).await), Batch::Committed(receipts));
    assert_eq!(read(store.ids(None, 200).await).len(), MAX_BATCH);
    assert_eq!(read(store.commit(&[]).await), Batch::Committed(vec![]));
}

/// After erasure there is no key, no sealed value, no contact, no message; log, row, reference and `once_per` key stay.
pub async fn erasure_removes_everything_but_events(store: &dyn Store) {
    let file = document(1, at(0));
    assert!(super::sample::record(store, Record::AddDocument(file.clone())).await.is_ok());
    let mut one = new(1);
    one.sealed = vec![Sealed { commitment: hash("name"), ciphertext: vec![1] }];
    one.known_by = Some(vec![hash("contact")]);
    one.submitted_from = Some(hash("signed in"));
    one.words = Some(vec![word("amina")]);
    one.notices = vec![notice(0, at(0))];
    one.documents = vec![file.id];
    one.once_per = vec![take("id", None)];
    let mut neighbour = new(2);
    neighbour.sealed = one.sealed.clone();
    neighbour.known_by = one.known_by.clone();
    neighbour.words = one.words.clone();
    neighbour.notices = one.notices.clone();
    let mut erased = next(&one);
    erased.application.erased = true;
    erased.application.tasks.clear();
    erased.destroy_key = true;
    committed(store, &[one.clone(), neighbour, erased.clone()]).await;
    let stored = there(read(store.application(id(1)).await));
    assert_eq!((stored.application, stored.key), (erased.application, None));
    assert_eq!(read(store.sealed(id(1)).await), []);
    assert!(!read(store.is_known_by(id(1), &[hash("contact"), hash("signed in")]).await));
    assert_eq!(found(store, &["amina"]).await, [id(2)]);
    assert_eq!(read(store.events(id(1), 1).await), [one.events, erased.events].concat());
    assert_eq!(read(store.by_reference("SU-1").await), Some(id(1)));
    assert_eq!(read(store.once_per(&super::sample::once_per("id", None)).await), Some(id(1)));
    let unused: Vec<DocumentId> = read(store.unreferenced_documents(at(-1), 10).await)
        .into_iter()
        .map(|document| document.id)
        .collect();
    assert_eq!(unused, [file.id]);
    assert_eq!(read(store.document(file.id).await), None);
    assert_eq!(read(store.sealed(id(2)).await).len(), 1);
    assert!(read(store.is_known_by(id(2), &[hash("contact")]).await));
    assert_eq!(read(store.due_outbox(at(9), 10).await).len(), 1);
    read(store.settle().await);
}

/// A corrected form replaces the contacts of the one before; where a unit says nothing of them, they stay.
pub async fn corrected_contacts_replace_those_of_the_form(store: &dyn Store) {
    let mut first = new(1);
    first.known_by = Some(vec![hash("old"), hash("mail")]);
    let mut second = next(&first);
    second.known_by = Some(vec![hash("new"), hash("mail")]);
    let third = next(&second);
    let mut other = new(2);
    other.known_by = Some(vec![hash("old")]);
    committed(store, &[other, first, second, third.clone()]).await;
    let known = async |n, contact: &str| read(store.is_known_by(id(n), &[hash(contact)]).await);
    assert!(known(1, "new").await && known(1, "mail").await && !known(1, "old").await);
    assert!(known(2, "old").await && !known(2, "new").await);
    assert!(read(store.is_known_by(id(1), &[hash("nobody"), hash("new")]).await));
    assert!(!read(store.is_known_by(id(1), &[]).await));
    assert!(!read(store.is_known_by(id(1), &[hash("nobody")]).await));
    let mut none = next(&third);
    none.known_by = Some(vec![]);
    committed(store, &[none]).await;
    assert!(!known(1, "new").await && !known(1, "mail").await);
}

/// The words of a unit replace those there were; where it says nothing of them, they stay. All that are asked for must match.
pub async fn corrected_words_replace_those_there_were(store: &dyn Store) {
    let mut first = new(1);
    first.words = Some(vec![word("amina"), word("okelo"), word("amina")]);
    let mut other = new(2);
    other.words = Some(vec![word("amina"), word("nabirye")]);
    let second = next(&first);
    committed(store, &[first, other, second.clone(), new(3)]).await;
    assert_eq!(found(store, &["amina"]).await, [id(2), id(1)]);
    assert_eq!(found(store, &["okelo", "amina"]).await, [id(1)]);
    assert_eq!(found(store, &["okelo", "nabirye"]).await, []);
    assert_eq!(found(store, &["nobody"]).await, []);
    let mut third = next(&second);
    third.words = Some(vec![word("amina"), word("okello")]);
    committed(store, std::slice::from_ref(&third)).await;
    assert_eq!(found(store, &["okelo"]).await, []);
    assert_eq!(found(store, &["amina", "okello"]).await, [id(1)]);
    let mut none = next(&third);
    none.words = Some(vec![]);
    committed(store, &[none]).await;
    assert_eq!(found(store, &["amina"]).await, [id(2)]);
    assert_eq!(read(store.unfilled(None, 10).await), []);
}

async fn found(store: &dyn Store, words: &[&str]) -> Vec<ApplicationId> {
    let words = words.iter().map(|text| word(text)).collect();
    let query = ApplicationQuery { words, limit: 10, ..ApplicationQuery::default() };
    read(store.applications(&query).await).items.iter().map(|row| row.id).collect()
}

/// Whoever sent an application from a contact is known by it for good, and found once where the form has it too.
pub async fn the_contact_that_sent_an_application_stays(store: &dyn Store) {
    let mut first = new(1);
    first.submitted_from = Some(hash("own"));
    first.known_by = Some(vec![hash("own"), hash("old")]);
    committed(store, std::slice::from_ref(&first)).await;
    let query =
        ApplicationQuery { known_by: Some(hash("own")), limit: 10, ..ApplicationQuery::default() };
    let found = async || {
        let page = read(store.applications(&query).await);
        page.items.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(found().await, [id(1)]);
    let mut corrected = next(&first);
    corrected.known_by = Some(vec![hash("new")]);
    committed(store, std::slice::from_ref(&corrected)).await;
    assert_eq!(found().await, [id(1)]);
    for (contact, known) in [("own", true), ("new", true), ("old", false)] {
        assert_eq!(read(store.is_known_by(id(1), &[hash(contact)]).await), known);
    }
    let mut erased = next(&corrected);
    erased.application.erased = true;
    erased.destroy_key = true;
    committed(store, &[erased]).await;
    assert_eq!(found().await, []);
}

/// The instant of erasure moves with each unit, and what is erased is listed no more.
pub async fn personal_values_past_their_time_are_listed_until_erased(store: &dyn Store) {
    let mut first = new(1);
    first.erase_at = Some(at(100));
    let mut second = new(2);
    second.erase_at = Some(at(200));
    committed(store, &[first.clone(), second.clone(), new(3)]).await;
    let past = async |now, after, limit| read(store.past_keeping(at(now), after, limit).await);
    assert_eq!(past(99, None, 10).await.items, []);
    assert_eq!(past(100, None, 10).await.items, [id(1)]);
    let page = past(200, None, 1).await;
    assert_eq!(page.items, [id(1)]);
    let rest = past(200, page.next, 1).await;
    assert_eq!((rest.items, rest.next), (vec![id(2)], None));
    let mut longer = next(&second);
    longer.erase_at = None;
    let mut erased = next(&first);
    erased.application.erased = true;
    erased.destroy_key = true;
    assert!(commit(store, &longer).await.is_ok());
    assert!(commit(store, &erased).await.is_ok());
    assert_eq!(past(999, None, 10).await.items, []);
    assert_eq!(past(999, page.next, 10).await.items, []);
}
