//! What is refused, what fails, and how the store goes on by itself afterwards.

use std::time::Duration;

use super::super::super::conformance::sample::{committed, id, new, next, read, unit};
use super::super::super::{Batch, Store as _, StoreError};
use super::super::Postgres;
use super::super::writer::attempt;
use super::cluster::Cluster;
use crate::vault::WrappedKey;

#[tokio::test]
async fn a_store_goes_on_by_itself_after_the_server_was_away() {
    let mut cluster = Cluster::start();
    let store = cluster.store("away").await;
    committed(&store, &[new(1)]).await;
    let fill = (0..6).map(|_| store.ids(None, 9));
    assert_eq!(super::super::super::conformance::sample::at_once(fill).await.len(), 6);

    cluster.stop();
    let error = store.commit(&[unit(&new(2))]).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error}");
    let error = store.application(id(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error}");

    cluster.go_on();
    committed(&store, &[new(2)]).await;
    for _ in 0..9 {
        assert!(read(store.application(id(1)).await).is_some());
    }
}

#[tokio::test]
async fn sessions_that_an_administrator_ends_are_opened_again_unseen() {
    let cluster = Cluster::start();
    let store = cluster.store("ended").await;
    committed(&store, &[new(1)]).await;
    read(store.ids(None, 9).await);
    cluster
        .run(
            "postgres",
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'ended'",
        )
        .await;
    committed(&store, &[next(&new(1))]).await;
    assert_eq!(read(store.events(id(1), 1).await).len(), 2);
}

#[tokio::test]
async fn a_database_that_is_read_only_is_read_and_says_so() {
    let cluster = Cluster::start();
    let store = cluster.store("standby").await;
    committed(&store, &[new(1)]).await;
    store.close().await;
    cluster.run("postgres", "ALTER DATABASE standby SET default_transaction_read_only = on").await;

    let store = cluster.open("standby").await.unwrap();
    let error = store.commit(&[unit(&new(2))]).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly), "{error}");
    assert!(matches!(store.is_writable().await, Err(StoreError::ReadOnly)));
    assert!(read(store.application(id(1)).await).is_some());

    // The server becomes the primary: the next connection finds that it can write.
    cluster.run("postgres", "ALTER DATABASE standby RESET default_transaction_read_only").await;
    committed(&store, &[new(2)]).await;
    read(store.is_writable().await);
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_any_more_leaves_no_lock_behind() {
    let cluster = Cluster::start();
    let store = cluster.store("locked").await;
    committed(&store, &[new(1)]).await;
    let options = &cluster.address("locked").options;
    let mut other = <sqlx::PgConnection as sqlx::Connection>::connect_with(options).await.unwrap();
    let lock = "BEGIN; SELECT * FROM application FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut other).await.unwrap();
    let batch = [unit(&next(&new(1)))];
    let committing = store.commit(&batch);
    let held = tokio::time::timeout(Duration::from_millis(300), committing).await;
    assert!(held.is_err(), "it does not wait for the lock");
    // Whoever asked went away; the transaction is gone with it.
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(read(store.application(id(1)).await).unwrap().application.version, 1);
    assert!(matches!(read(store.commit(&batch).await), Batch::Committed(_)));
}

#[tokio::test]
async fn a_commit_that_its_standby_does_not_confirm_is_never_taken_for_one() {
    let cluster = Cluster::start();
    let store = cluster.store("standby").await;
    committed(&store, &[new(1)]).await;
    cluster.run("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'away'").await;
    cluster.run("postgres", "SELECT pg_reload_conf(), pg_sleep(1)").await;
    let options = cluster.address("standby").options;
    let mut connection =
        <sqlx::PgConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    // Far shorter than a session's own, which is longer than a test may take.
    sqlx::raw_sql("SET statement_timeout = 200").execute(&mut connection).await.unwrap();
    let batch = [unit(&next(&new(1)))];
    let attempt = attempt(&mut connection, &batch);
    let answered = tokio::time::timeout(Duration::from_secs(2), attempt).await;
    assert!(answered.is_err(), "answered without the standby: {answered:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_annona_or_of_another_program_is_left_alone() {
    let cluster = Cluster::start();
    cluster.store("newer").await.close().await;
    cluster.run("newer", "UPDATE annona_schema SET version = 99").await;
    let error = cluster.open("newer").await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 2 }), "{error}");

    cluster.create("books").await;
    cluster.run("books", "CREATE TABLE books (title TEXT)").await;
    let error = cluster.open("books").await.unwrap_err();
    assert_eq!(error.to_string(), "the store cannot be used: the database is another program's");

    cluster.create("empty").await;
    let error = Postgres::open_to_read(&cluster.address("empty")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unfit(_)), "{error}");
    let error = cluster.open("missing").await.unwrap_err();
    assert_eq!(error.to_string(), "the store cannot be used: database \"missing\" does not exist");
}

#[tokio::test]
async fn daemons_that_start_at_once_make_the_schema_once() {
    let cluster = Cluster::start();
    cluster.create("fresh").await;
    let (one, two, three) =
        tokio::join!(cluster.open("fresh"), cluster.open("fresh"), cluster.open("fresh"));
    committed(&one.unwrap(), &[new(1)]).await;
    for store in [two.unwrap(), three.unwrap()] {
        assert!(read(store.application(id(1)).await).is_some());
    }
}

#[tokio::test]
async fn a_setting_that_would_lose_commits_is_overruled_or_refused() {
    let cluster = Cluster::start();
    cluster.store("told").await.close().await;
    cluster.run("postgres", "ALTER DATABASE told SET synchronous_commit = off").await;
    cluster.open("told").await.unwrap().close().await;
    cluster.run("postgres", "ALTER SYSTEM SET fsync = off").await;
    cluster.run("postgres", "SELECT pg_reload_conf(), pg_sleep(1)").await;
    let error = cluster.open("told").await.unwrap_err();
    assert_eq!(error.to_string(), "the store cannot be used: `fsync` is off, not on");
}

#[tokio::test]
async fn room_of_erased_values_is_given_back_while_others_write() {
    let cluster = Cluster::start();
    let store = cluster.store("erased").await;
    let mut one = new(1);
    one.key = Some(WrappedKey(vec![7; 40]));
    committed(&store, std::slice::from_ref(&one)).await;
    let mut erasing = next(&one);
    erasing.application.erased = true;
    erasing.destroy_key = true;
    committed(&store, &[erasing]).await;
    let another = [new(2)];
    let (settled, ()) = tokio::join!(store.settle(), committed(&store, &another));
    read(settled);
    assert_eq!(read(store.application(id(1)).await).unwrap().key, None);
}
