//! Runs the suite of every store in databases of one server.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;

use tokio::task::{JoinSet, LocalSet, spawn_local};

use super::super::Postgres;
use super::cluster::Cluster;
use crate::store::conformance;

/// How many cases run at the same time, each in a database that nobody else uses meanwhile.
const AT_ONCE: usize = 4;
/// Empties a database: a tenth of the time that making one takes.
const EMPTY: &str = "DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
        AND tablename NOT LIKE 'event\\_%' AND tablename NOT IN ('annona_schema', 'probe')
    LOOP EXECUTE format('DELETE FROM %I', name); END LOOP; END $$";

/// What runs a case over a store.
type Run = fn(Postgres) -> Pin<Box<dyn Future<Output = ()>>>;

/// Lists the cases: the name of each, and what runs it.
macro_rules! list {
    ([] $($module:ident { $($case:ident)* })*) => {{
        let mut cases: Vec<(&'static str, Run)> = Vec::new();
        $($(cases.push((stringify!($case), |store| Box::pin(async move {
            conformance::$module::$case(&store).await;
            store.close().await;
        })));)*)*
        cases
    }};
}

#[tokio::test]
async fn every_case_of_the_suite_holds() {
    let cases = conformance::every_case!(list![]);
    assert_eq!(LocalSet::new().run_until(failed(cases)).await, Vec::<&str>::new());
}

/// Runs cases and returns the names of those that failed.
async fn failed(cases: Vec<(&'static str, Run)>) -> Vec<&'static str> {
    let cluster = Rc::new(Cluster::start());
    let cases = Rc::new(RefCell::new(cases));
    let mut runners = JoinSet::new();
    for number in 0..AT_ONCE {
        let (cluster, cases) = (Rc::clone(&cluster), Rc::clone(&cases));
        runners.spawn_local(async move {
            let database = format!("suite{number}");
            cluster.create(&database).await;
            let mut failed = Vec::new();
            loop {
                let next = cases.borrow_mut().pop();
                let Some((name, run)) = next else { return failed };
                let store = cluster.open(&database).await.unwrap();
                if spawn_local(run(store)).await.is_err() {
                    failed.push(name);
                }
                cluster.run(&database, EMPTY).await;
            }
        });
    }
    runners.join_all().await.concat()
}
