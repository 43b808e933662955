//! Runs the suite of every store in databases of one server.

use std::rc::Rc;

use tokio::task::{JoinSet, LocalSet};

use super::cluster::Cluster;
use crate::store::conformance;

/// How many cases run at the same time.
const AT_ONCE: usize = 4;

/// Hands each case of the suite to a macro-written loop: its name, and what runs it.
macro_rules! spawn_cases {
    ([$cluster:ident $running:ident $failed:ident] $($module:ident { $($case:ident)* })*) => {
        $($({
            let name = concat!(stringify!($module), "_", stringify!($case));
            // A name of a database has at most 63 bytes.
            let database = format!("c{}", short(name));
            $cluster.create(&database, Some("migrated")).await;
            let cluster = Rc::clone(&$cluster);
            if $running.len() >= AT_ONCE {
                finished(&mut $running, &mut $failed).await;
            }
            $running.spawn_local(async move {
                let store = cluster.open(&database).await.unwrap();
                let ran = tokio::task::spawn_local(async move {
                    conformance::$module::$case(&store).await;
                    store.close().await;
                });
                (name, ran.await.is_ok())
            });
        })*)*
    };
}

#[tokio::test]
async fn every_case_of_the_suite_holds() {
    assert_eq!(LocalSet::new().run_until(failed()).await, Vec::<&str>::new());
}

/// Runs every case, each in a database of its own, and returns the names of those that failed.
async fn failed() -> Vec<&'static str> {
    let cluster = Rc::new(Cluster::start());
    cluster.store("migrated").await.close().await;
    let mut running = JoinSet::new();
    let mut failed = Vec::new();
    conformance::every_case!(spawn_cases![cluster running failed]);
    while !running.is_empty() {
        finished(&mut running, &mut failed).await;
    }
    failed
}

async fn finished(running: &mut JoinSet<(&'static str, bool)>, failed: &mut Vec<&'static str>) {
    if let Some(Ok((name, false))) = running.join_next().await {
        failed.push(name);
    }
}

/// Returns a short name for a long one.
fn short(name: &str) -> String {
    crate::recorded::Hash::of(name.as_bytes())
        .0
        .iter()
        .take(8)
        .map(|it| format!("{it:02x}"))
        .collect()
}
