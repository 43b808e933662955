//! What is special to a file: its settings, its schema, its limits, and what is left in it after erasure.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rusqlite::Connection;

use super::super::super::{Store as _, StoreError};
use super::super::Sqlite;
use super::super::error::failed;
use super::{at, committed, hash, id, new, next, notice, unit};
use crate::recorded::Hash;
use crate::vault::{Sealed, WrappedKey};

const KEY: &[u8] = b"the wrapped key of one application";
const CIPHERTEXT: &[u8] = b"the sealed value of one application, and nobody else's";
const CONTACT: u8 = 0xc7;
const SIGNED_IN: u8 = 0xc8;

async fn open(folder: &Path) -> Result<Sqlite, StoreError> {
    Sqlite::open(&folder.join("annona.db")).await
}

/// Returns whether the file or its journal holds these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn the_settings_are_those_of_the_connection_that_writes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    for (setting, wanted) in [
        ("PRAGMA journal_mode", "wal"),
        ("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "2"),
        ("SELECT CAST(secure_delete AS TEXT) FROM pragma_secure_delete", "1"),
        ("SELECT CAST(user_version AS TEXT) FROM pragma_user_version", "3"),
        ("SELECT CAST(application_id AS TEXT) FROM pragma_application_id", "1097756271"),
    ] {
        let ask = move |connection: &mut Connection| {
            connection.query_row(setting, (), |row| row.get(0)).map_err(failed)
        };
        let found: String = store.writer.run(ask).await.unwrap();
        assert_eq!(found, wanted, "{setting}");
    }
    let write = |connection: &Connection| {
        connection.execute("UPDATE probe SET tries = 0", ()).map_err(failed)
    };
    let refused = store.readers.at_once(write).unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly), "a connection that reads can write");
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let mut first = new(1);
    first.key = Some(WrappedKey(KEY.to_vec()));
    first.notices = vec![notice(at(5))];
    committed(&store, &[unit(first.clone()), unit(new(2))]).await;
    store.close().await;

    let store = open(folder.path()).await.unwrap();
    let stored = store.application(id(1)).await.unwrap().unwrap();
    assert_eq!(stored.application, first.application);
    assert_eq!(stored.key, first.key);
    assert_eq!(store.events(id(1), 1).await.unwrap(), first.events);
    assert_eq!(store.by_reference("FA-2").await.unwrap(), Some(id(2)));
    assert_eq!(store.due_timers(at(60), None, 9).await.unwrap().len(), 1);
    assert_eq!(store.due_outbox(at(4), 9).await.unwrap(), []);
    assert_eq!(store.due_outbox(at(5), 9).await.unwrap().len(), 1);
    store.is_writable().await.unwrap();
}

#[tokio::test]
async fn a_file_of_the_first_schema_is_brought_up_to_date_with_all_that_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = new(1);
    first.sealed = vec![Sealed { commitment: hash(7), ciphertext: b"sealed".to_vec() }];
    let bytes = first.events[0].bytes.clone();
    let old = Connection::open(folder.path().join("annona.db")).unwrap();
    old.execute_batch(include_str!("../migrations/1.sql")).unwrap();
    for (sql, digest, value) in [
        ("INSERT INTO event VALUES (?1, 1, ?2, ?3)", Hash::of(&bytes), bytes.clone()),
        ("INSERT INTO sealed VALUES (?1, ?2, ?3)", hash(7), b"sealed".to_vec()),
    ] {
        old.execute(sql, (id(1).0.as_bytes(), &digest.0, value)).unwrap();
    }
    old.close().unwrap();

    let store = open(folder.path()).await.unwrap();
    assert_eq!(store.events(id(1), 1).await.unwrap(), first.events);
    let sealed = store.sealed(id(1)).await.unwrap();
    assert_eq!(sealed.len(), 1);
    assert_eq!((sealed[0].commitment, &*sealed[0].ciphertext), (hash(7), &b"sealed"[..]));
}

#[tokio::test]
async fn what_is_recorded_meanwhile_is_written_into_the_file_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    for version in 0..300 {
        let one = if version == 0 { new(1) } else { next(1, version) };
        committed(&store, &[unit(one)]).await;
    }
    // The journal is closed to checkpoints until the one that began meanwhile has ended.
    store.settle().await.unwrap();
    assert_eq!(std::fs::metadata(folder.path().join("annona.db-wal")).unwrap().len(), 0);
    assert_eq!(store.events(id(1), 1).await.unwrap().len(), 300);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    store.writer.execute("PRAGMA user_version = 7").await.unwrap();
    store.close().await;
    let error = open(folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 7, known: 3 }), "{error}");
}

#[tokio::test]
async fn another_programs_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("annona.db");
    std::fs::write(&file, b"these are a few words of text, and no database at all: ".repeat(40))
        .unwrap();
    let error = Sqlite::open(&file).await.unwrap_err();
    assert!(matches!(error, StoreError::Unfit(_)), "{error}");

    std::fs::remove_file(&file).unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE books (title TEXT)").unwrap();
    other.close().unwrap();
    let before = std::fs::read(&file).unwrap();
    let error = Sqlite::open(&file).await.unwrap_err();
    assert!(matches!(error, StoreError::Unfit(_)), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_store_that_turns_read_only_says_so_and_records_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    committed(&store, &[unit(new(1))]).await;
    store.writer.execute("PRAGMA query_only = ON").await.unwrap();
    assert!(matches!(store.is_writable().await, Err(StoreError::ReadOnly)));
    let error = store.commit(&[unit(new(2))]).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly), "{error}");
    assert!(store.application(id(2)).await.unwrap().is_none());
    assert!(store.application(id(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_read_only_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("annona.db");
    open(folder.path()).await.unwrap().close().await;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    if std::fs::OpenOptions::new().write(true).open(&file).is_ok() {
        // Permissions do not bind the superuser.
        open(folder.path()).await.unwrap().is_writable().await.unwrap();
        return;
    }
    let error = match open(folder.path()).await {
        Ok(store) => store.is_writable().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::ReadOnly), "{error}");
}

#[tokio::test]
async fn another_process_that_writes_keeps_the_store_busy() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let other = open(folder.path()).await.unwrap();
    other.writer.execute("BEGIN IMMEDIATE").await.unwrap();
    store.writer.execute("PRAGMA busy_timeout = 20").await.unwrap();
    let error = store.commit(&[unit(new(1))]).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy), "{error}");
    other.writer.execute("ROLLBACK").await.unwrap();
    committed(&store, &[unit(new(1))]).await;
}

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    committed(&store, &[unit(new(1))]).await;
    store.writer.execute("PRAGMA max_page_count = 1").await.unwrap();
    let mut large = new(2);
    large.events[0].bytes = vec![7; 1 << 20];
    let error = store.commit(&[unit(next(1, 1)), unit(large.clone())]).await.unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error}");
    assert_eq!(store.application(id(1)).await.unwrap().unwrap().application.version, 1);
    assert!(store.application(id(2)).await.unwrap().is_none());

    store.writer.execute("PRAGMA max_page_count = 1000000").await.unwrap();
    committed(&store, &[unit(next(1, 1)), unit(large)]).await;
}

#[tokio::test]
async fn erased_values_are_neither_in_the_file_nor_in_its_journal() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let mut first = new(1);
    first.key = Some(WrappedKey(KEY.to_vec()));
    first.sealed = vec![Sealed { commitment: hash(9), ciphertext: CIPHERTEXT.to_vec() }];
    first.known_by = Some(vec![hash(CONTACT)]);
    first.submitted_from = Some(hash(SIGNED_IN));
    first.notices = vec![notice(at(0))];
    first.erase_at = Some(at(100));
    committed(&store, &[unit(first), unit(new(2))]).await;
    store.settle().await.unwrap();
    assert_eq!(store.past_keeping(at(100), None, 9).await.unwrap().items, [id(1)]);
    assert!(store.is_known_by(id(1), &[hash(CONTACT)]).await.unwrap());
    for bytes in [KEY, CIPHERTEXT, &[CONTACT; 32], &[SIGNED_IN; 32]] {
        assert!(holds(folder.path(), bytes));
    }

    let mut erasing = next(1, 1);
    erasing.application.erased = true;
    erasing.destroy_key = true;
    erasing.erase_at = Some(at(100));
    committed(&store, &[unit(erasing)]).await;
    store.settle().await.unwrap();
    for bytes in [KEY, CIPHERTEXT, &[CONTACT; 32], &[SIGNED_IN; 32]] {
        assert!(!holds(folder.path(), bytes));
    }
    assert_eq!(store.application(id(1)).await.unwrap().unwrap().key, None);
    assert_eq!(store.sealed(id(1)).await.unwrap(), []);
    assert_eq!(store.due_outbox(at(100), 9).await.unwrap(), []);
    assert_eq!(store.past_keeping(at(100), None, 9).await.unwrap().items, []);
    assert!(!store.is_known_by(id(1), &[hash(CONTACT)]).await.unwrap());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    committed(&store, &[unit(new(1))]).await;
    store.writer.execute("UPDATE application SET state = x'ff'").await.unwrap();
    let error = store.application(id(1)).await.unwrap_err();
    let StoreError::Corrupt { table, row, .. } = error else { panic!("{error}") };
    assert_eq!((table, row.as_str()), ("application", "00000000000000000000000000000001"));
}
