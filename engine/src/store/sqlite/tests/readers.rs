//! Whoever reads for long holds up nobody who writes, and reports never do so.

use std::sync::mpsc::channel;

use rusqlite::Connection;

use super::super::super::report::{MAX_COUNTED, Span};
use super::super::error::failed;
use super::*;
use crate::counted::{Counted, Happened};

#[tokio::test]
async fn decisions_are_recorded_while_a_reader_is_held_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("annona.db")).await.unwrap();
    let (step, mut began) = tokio::sync::mpsc::unbounded_channel();
    let (end, ended) = channel();
    let readers = store.readers.clone();
    let held = tokio::spawn(async move {
        let read = move |connection: &Connection| {
            let count = || -> i64 {
                connection.query_row("SELECT count(*) FROM event", (), |row| row.get(0)).unwrap()
            };
            let snapshot = connection.unchecked_transaction().unwrap();
            let before = count();
            step.send(()).unwrap();
            ended.recv().unwrap();
            let meanwhile = count();
            snapshot.rollback().unwrap();
            Ok((before, meanwhile))
        };
        readers.aside(read).await.unwrap()
    });
    began.recv().await.unwrap();
    for version in 0..400 {
        let one = if version == 0 { new(1) } else { next(1, version) };
        committed(&store, &[unit(one)]).await;
    }
    assert_eq!(store.events(id(1), 1).await.unwrap().len(), 400);
    end.send(()).unwrap();
    assert_eq!(held.await.unwrap(), (0, 0));
    // The journal is emptied once nobody needs it.
    store.settle().await.unwrap();
    assert_eq!(std::fs::metadata(folder.path().join("annona.db-wal")).unwrap().len(), 0);
}

#[tokio::test]
async fn closing_waits_for_what_is_being_read_and_leaves_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("annona.db")).await.unwrap();
    committed(&store, &[unit(new(1))]).await;
    let (began, beginning) = channel();
    let (end, ended) = channel();
    let readers = store.readers.clone();
    let reading = std::thread::spawn(move || {
        readers.at_once(|connection| {
            began.send(()).unwrap();
            ended.recv().unwrap();
            connection.query_row("SELECT count(*) FROM event", (), |row| row.get(0)).map_err(failed)
        })
    });
    beginning.recv().unwrap();
    let closing = tokio::spawn({
        let store = store.clone();
        async move { store.close().await }
    });
    while store.events(id(1), 1).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!closing.is_finished(), "it does not wait");
    end.send(()).unwrap();
    closing.await.unwrap();
    let read: i64 = reading.join().unwrap().unwrap();
    assert_eq!(read, 1);
    assert!(!folder.path().join("annona.db-wal").exists());
    assert!(store.tokens().await.is_err());
}

#[tokio::test]
async fn a_report_is_read_in_pieces_that_count_everything_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("annona.db")).await.unwrap();
    let many = u64::from(MAX_COUNTED) + 1_000;
    let mut one = new(1);
    // Most of one instant: they are of one piece, however many they are.
    one.counted = (0..2 * many)
        .map(|version| Counted {
            version,
            at: at(if version < many { 1 } else { 2 + i64::try_from(version).unwrap() }),
            what: Happened::Redeemed,
            stage: None,
            money: Some((10_000, "UGX".to_owned())),
        })
        .collect();
    committed(&store, &[unit(one)]).await;
    let (mut from, mut pieces, mut count, mut parts) = (Some(at(0)), 0, 0, 0);
    while let Some(begin) = from {
        let span = Span { programme: "food-aid", from: begin, until: at(1_000_000) };
        let piece = store.happened(span).await.unwrap();
        count += piece.groups.iter().map(|group| group.count).sum::<u64>();
        parts += piece.groups.iter().map(|group| group.parts).sum::<i64>();
        from = piece.next;
        pieces += 1;
    }
    assert_eq!((count, parts), (2 * many, 20_000 * i64::try_from(many).unwrap()));
    // The first ends before the instant of many, which is one; the rest are two.
    assert_eq!(pieces, 4);
}
