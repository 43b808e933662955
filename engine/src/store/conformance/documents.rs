//! Documents: whose they are, who loses them, and when their files may go.

use jiff::Timestamp;
use uuid::Uuid;

use super::sample::{at, commit, committed, hash, id, new, next, read, record, unit};
use crate::id::DocumentId;
use crate::store::{ApplicationUnit, Batch, Loss, Receipt, Record, Store, StoredDocument, Unit};

/// A document is forgotten only while nothing refers to it.
pub async fn a_document_that_something_refers_to_stays(store: &dyn Store) {
    let used = document(1, at(0));
    let unused = document(2, at(0));
    let young = document(3, at(50));
    for document in [&used, &unused, &young] {
        assert!(record(store, Record::AddDocument((*document).clone())).await.is_ok());
    }
    let mut one = new(1);
    one.documents = vec![used.id];
    committed(store, &[one]).await;
    let referred = StoredDocument { application: Some(id(1)), ..used.clone() };
    assert_eq!(read(store.document(used.id).await), Some(referred.clone()));
    assert_eq!(read(store.document(DocumentId(Uuid::from_u128(9))).await), None);
    let forgotten = read(store.unreferenced_documents(at(50), 10).await);
    assert_eq!(forgotten.iter().collect::<Vec<_>>(), [&unused]);
    assert_eq!(read(store.unreferenced_documents(at(51), 1).await).len(), 1);
    let missing = DocumentId(Uuid::from_u128(9));
    let remove = Record::RemoveDocuments(vec![used.id, unused.id, missing]);
    assert_eq!(record(store, remove.clone()).await, Ok(Receipt::Removed(vec![unused.id])));
    assert_eq!(record(store, remove).await, Ok(Receipt::Removed(vec![])));
    assert_eq!(record(store, Record::AddDocument(young.clone())).await, Err(Loss::Draw));
    assert_eq!(read(store.document(used.id).await), Some(referred));
    assert_eq!(read(store.document(unused.id).await), None);
    assert_eq!(read(store.document(young.id).await), Some(young));
}

/// What one application refers to is no other's; the first may name it again.
pub async fn a_document_is_one_applications(store: &dyn Store) {
    let [file] = uploaded(store, [1]).await;
    let first = referring(new(1), &[file]);
    committed(store, std::slice::from_ref(&first)).await;
    let other = referring(new(2), &[file]);
    assert_eq!(commit(store, &other).await, Err(Loss::Document(file)));
    assert!(read(store.application(id(2)).await).is_none());
    committed(store, &[referring(next(&first), &[file]), new(2)]).await;
    assert_eq!(holder(store, file).await, Some(id(1)));
}

/// A document that was removed, or never was, is lost; the first that is lost is named.
pub async fn a_document_that_is_gone_is_lost(store: &dyn Store) {
    let [kept, gone] = uploaded(store, [1, 2]).await;
    let removed = record(store, Record::RemoveDocuments(vec![gone])).await;
    assert_eq!(removed, Ok(Receipt::Removed(vec![gone])));
    let one = referring(new(1), &[kept, gone]);
    assert_eq!(commit(store, &one).await, Err(Loss::Document(gone)));
    assert_eq!(holder(store, kept).await, None);
    committed(store, &[referring(new(1), &[kept])]).await;
}

/// Of two neighbours that name one document the second loses, and an upload in the batch is there for those after it.
pub async fn neighbours_in_a_batch_lose_a_document_to_the_first(store: &dyn Store) {
    let [file] = uploaded(store, [1]).await;
    let late = document(2, at(0));
    let batch = [
        unit(&referring(new(1), &[late.id])),
        Unit::Record(Record::AddDocument(late.clone())),
        unit(&referring(new(2), &[file, late.id])),
        unit(&referring(new(3), &[late.id])),
    ];
    let lost = vec![(0, Loss::Document(late.id)), (3, Loss::Document(late.id))];
    assert_eq!(read(store.commit(&batch).await), Batch::Lost(lost));
    let [_, upload, second, _] = batch;
    let committed = Batch::Committed(vec![Receipt::Done; 2]);
    assert_eq!(read(store.commit(&[upload, second]).await), committed);
    assert_eq!(holder(store, file).await, Some(id(2)));
    assert_eq!(holder(store, late.id).await, Some(id(2)));
}

/// Erasure takes the keys of documents: nobody finds or uses them, and they may be removed whatever their age.
pub async fn documents_of_an_erased_application_are_nobodys_and_go(store: &dyn Store) {
    let young = document(1, at(1_000));
    assert!(record(store, Record::AddDocument(young.clone())).await.is_ok());
    let [unused] = uploaded(store, [2]).await;
    let one = referring(new(1), &[young.id]);
    committed(store, &[one.clone(), erasing(&one)]).await;
    assert_eq!(read(store.document(young.id).await), None);
    let other = referring(new(2), &[young.id]);
    assert_eq!(commit(store, &other).await, Err(Loss::Document(young.id)));
    assert_eq!(record(store, Record::AddDocument(young.clone())).await, Err(Loss::Draw));
    let mut removable = read(store.unreferenced_documents(at(0), 10).await);
    assert_eq!(removable.iter().map(|document| document.id).collect::<Vec<_>>(), [young.id]);
    let discarded = removable.pop();
    assert_eq!(discarded.as_ref().map(|document| &document.file), Some(&young.file));
    assert_eq!(discarded.map(|document| document.key), Some(Vec::new()));
    let both = read(store.unreferenced_documents(at(1), 10).await);
    assert_eq!(both.iter().map(|document| document.id).collect::<Vec<_>>(), [unused, young.id]);
    let removed = record(store, Record::RemoveDocuments(vec![young.id])).await;
    assert_eq!(removed, Ok(Receipt::Removed(vec![young.id])));
    assert_eq!(read(store.unreferenced_documents(at(0), 10).await), []);
}

/// A removal in a batch leaves what a unit before it took, takes what one before it gave up, and is lost to those after it.
pub async fn a_removal_follows_what_its_neighbours_did(store: &dyn Store) {
    let [taken, given_up, unused] = uploaded(store, [1, 2, 3]).await;
    let erased = referring(new(1), &[given_up]);
    committed(store, std::slice::from_ref(&erased)).await;
    let remove = |ids: &[DocumentId]| Unit::Record(Record::RemoveDocuments(ids.to_vec()));
    let late = [remove(&[unused]), unit(&referring(new(2), &[unused]))];
    let lost = Batch::Lost(vec![(1, Loss::Document(unused))]);
    assert_eq!(read(store.commit(&late).await), lost);
    let batch = [
        unit(&referring(new(2), &[taken])),
        unit(&erasing(&erased)),
        remove(&[taken, given_up, unused]),
        remove(&[unused]),
    ];
    let receipts = vec![
        Receipt::Done,
        Receipt::Done,
        Receipt::Removed(vec![given_up, unused]),
        Receipt::Removed(vec![]),
    ];
    assert_eq!(read(store.commit(&batch).await), Batch::Committed(receipts));
    assert_eq!(holder(store, taken).await, Some(id(2)));
    assert_eq!(read(store.unreferenced_documents(at(9), 10).await), []);
}

/// Returns the n-th document, uploaded at an instant.
#[must_use]
pub fn document(n: u32, uploaded_at: Timestamp) -> StoredDocument {
    StoredDocument {
        id: DocumentId(Uuid::from_u128(u128::from(n))),
        sha256: hash(&format!("document {n}")),
        size: 12,
        media_type: "application/pdf".to_owned(),
        file: format!("{n}.sealed"),
        key: vec![3; 72],
        uploader: hash("applicant"),
        uploaded_at,
        application: None,
    }
}

async fn uploaded<const N: usize>(store: &dyn Store, numbers: [u32; N]) -> [DocumentId; N] {
    for n in numbers {
        assert!(record(store, Record::AddDocument(document(n, at(0)))).await.is_ok());
    }
    numbers.map(|n| document(n, at(0)).id)
}

fn referring(unit: ApplicationUnit, documents: &[DocumentId]) -> ApplicationUnit {
    ApplicationUnit { documents: documents.to_vec(), ..unit }
}

fn erasing(before: &ApplicationUnit) -> ApplicationUnit {
    let mut erased = next(before);
    erased.application.erased = true;
    erased.destroy_key = true;
    erased
}

/// Returns the application that refers to a document.
async fn holder(store: &dyn Store, document: DocumentId) -> Option<crate::id::ApplicationId> {
    read(store.document(document).await).and_then(|document| document.application)
}
