//! Copying a whole store into a database: every table and column, in the same order, and numbers that go on.

use std::collections::BTreeSet;

use sqlx::{Connection as _, PgConnection, Row as _};

use super::super::super::conformance::sample::{at, committed, new, next, notice, read, record};
use super::super::super::copy::{CopyError, Copying};
use super::super::super::{Delivery, Receipt, Record, RosterVersion, Sqlite, Store as _};
use super::cluster::Cluster;
use crate::event::StoredEvent;
use crate::recorded::Hash;
use crate::store::table::TABLES;

/// What only one database has, or what is not the installation's.
const OWN: [&str; 6] = [
    "probe.id",
    "probe.tries",
    "annona_schema.id",
    "annona_schema.version",
    "installation.id",
    "installation.name",
];
const TAKEN: [&str; 2] = ["timer.taken_until", "outbox.taken_until"];

/// Returns a store with a first roster and some applications.
async fn begun(file: &std::path::Path, applications: u32) -> Sqlite {
    let store = Sqlite::open(file).await.unwrap();
    let bytes = vec![1, 2, 3];
    let event = StoredEvent { version: 1, digest: Hash::of(&bytes), bytes };
    let roster = RosterVersion { event, roster: "{}".to_owned() };
    assert_eq!(record(&store, Record::Roster(roster)).await, Ok(Receipt::Done));
    for number in 1..=applications {
        let mut unit = new(number);
        unit.notices = vec![notice(0, at(0))];
        committed(&store, &[unit]).await;
    }
    store
}

#[tokio::test]
async fn every_table_and_column_of_both_schemas_is_copied() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("annona.db");
    begun(&file, 0).await.close().await;
    let sqlite = rusqlite::Connection::open(&file).unwrap();
    let mut ours = sqlite
        .prepare(
            "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
              WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        )
        .unwrap();
    let ours = ours.query_map((), |row| row.get(0)).unwrap();
    let ours: BTreeSet<String> = ours.map(Result::unwrap).collect();
    let cluster = Cluster::start();
    cluster.store("columns").await.close().await;
    let address = cluster.address("columns");
    let mut postgres = PgConnection::connect_with(&address.options).await.unwrap();
    let theirs = sqlx::query(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
          WHERE table_schema = 'public' AND table_name NOT LIKE 'event\\_%'",
    );
    let theirs = theirs.fetch_all(&mut postgres).await.unwrap();
    let theirs: BTreeSet<String> = theirs.iter().map(|row| row.get(0)).collect();
    let copied: BTreeSet<String> = TABLES
        .iter()
        .flat_map(|table| table.columns.iter().map(|(name, _)| format!("{}.{name}", table.name)))
        .collect();
    let without = |all: &BTreeSet<String>, others: &[&str]| {
        all.iter().filter(|it| !others.contains(&it.as_str())).cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(without(&ours, &OWN), copied);
    assert_eq!(without(&without(&theirs, &OWN), &TAKEN), copied);
}

#[tokio::test]
async fn a_copied_store_goes_on_with_numbers_that_were_never_given_out() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("annona.db");
    let store = begun(&file, 3).await;
    let due = read(store.due_outbox(at(0), 10).await);
    let newest = due.iter().map(|entry| entry.id).max().unwrap();
    // The greatest one is delivered and gone, and may all the same never be given out again.
    let delivered = Record::Delivered(newest, Delivery::Done);
    assert_eq!(record(&store, delivered).await, Ok(Receipt::Done));
    let cluster = Cluster::start();
    cluster.create("numbers").await;
    let address = cluster.address("numbers");
    let totals = Copying::begin(&file, &address).await.unwrap().run(&|_| {}).await.unwrap();
    assert_eq!((totals.rows("application"), totals.rows("outbox")), (3, 2));
    let again = Copying::begin(&file, &address).await.unwrap_err();
    assert!(matches!(again, CopyError::Held), "{again:?}");
    let copied = cluster.open("numbers").await.unwrap();
    let mut unit = new(4);
    unit.notices = vec![notice(0, at(0))];
    committed(&copied, &[unit]).await;
    let due = read(copied.due_outbox(at(0), 10).await);
    assert_eq!(due.iter().map(|entry| entry.id).max(), Some(newest + 1));
    committed(&copied, &[next(&new(1))]).await;
}

#[tokio::test]
async fn what_was_written_while_copying_is_found_at_the_end() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("annona.db");
    let store = begun(&file, 3).await;
    let cluster = Cluster::start();
    cluster.create("written").await;
    let address = cluster.address("written");
    let copying = Copying::begin(&file, &address).await.unwrap();
    drop(copying);
    let copying = Copying::begin(&file, &address).await.unwrap();
    cluster
        .run("written", "INSERT INTO schedule_run (programme, name, at) VALUES ('x', 'y', 1)")
        .await;
    let differs = copying.run(&|_| {}).await.unwrap_err();
    assert!(matches!(differs, CopyError::Differs { table: "schedule_run", .. }), "{differs:?}");
    let refused = cluster.open("written").await.unwrap_err().to_string();
    assert!(refused.contains("being copied"), "{refused}");
    let again = Copying::begin(&file, &address).await.unwrap().run(&|_| {}).await.unwrap_err();
    assert!(matches!(again, CopyError::Differs { .. }), "{again:?}");
    let another = place.path().join("another.db");
    let other = Sqlite::open(&another).await.unwrap();
    let nothing = Copying::begin(&another, &address).await.unwrap_err();
    assert!(matches!(nothing, CopyError::Nothing), "{nothing:?}");
    let event = StoredEvent { version: 1, digest: Hash::of(b"other"), bytes: b"other".to_vec() };
    let roster = RosterVersion { event, roster: "{}".to_owned() };
    assert_eq!(record(&other, Record::Roster(roster)).await, Ok(Receipt::Done));
    let stranger = Copying::begin(&another, &address).await.unwrap_err();
    assert!(matches!(stranger, CopyError::Another), "{stranger:?}");
    store.close().await;
}
