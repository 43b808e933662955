//! Pages are walks along indexes: none reads a whole table, and none sorts what it read.

use rusqlite::Connection;

use super::super::error::failed;
use super::super::read::{applications, records, tasks};
use super::*;

/// Checks that a statement reads by keys alone and in their order, whatever is bound to it.
fn walks_indexes(store: &Sqlite, sql: &'static str) {
    let explain = |connection: &Connection| {
        let mut statement =
            connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(failed)?;
        let mut rows = statement.raw_query();
        let mut plan = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            plan.push(row.get(3).map_err(failed)?);
        }
        Ok(plan)
    };
    let plan: Vec<String> = store.readers.at_once(explain).unwrap();
    assert!(!plan.is_empty(), "{sql}");
    // A list that is bound has no index, and of what a part of the statement itself came to there is little.
    let is_of_few =
        |step: &str| step.contains("VIRTUAL TABLE") || step == "SCAN s" || step == "SCAN c";
    for step in &plan {
        assert!(!step.starts_with("SCAN") || is_of_few(step), "{sql}: {step} in {plan:?}");
        assert!(!step.contains("TEMP B-TREE"), "{sql}: {step} in {plan:?}");
    }
}

async fn store(folder: &tempfile::TempDir) -> Sqlite {
    Sqlite::open(&folder.path().join("annona.db")).await.unwrap()
}

#[tokio::test]
async fn pages_of_tasks_are_walks_along_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for sql in [tasks::STAGES, tasks::HEAD, tasks::CLAIMED, records::NEWEST_OF] {
        walks_indexes(&store, sql);
    }
}

#[tokio::test]
async fn pages_of_applications_are_walks_along_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for sql in [applications::OF_PROGRAMME, applications::OF_STATUS, applications::OF_WORDS] {
        walks_indexes(&store, sql);
    }
}

#[tokio::test]
async fn what_falls_due_is_found_along_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for sql in [
        "SELECT application, task, rule, due FROM timer
          WHERE due <= 1 AND (due, application, task, rule) > (1, x'', 1, 1)
          ORDER BY due, application, task, rule LIMIT 5",
        "SELECT application, expires_at FROM voucher
          WHERE programme = 'a' AND expires_at <= 1 AND status IN ('active', 'part_redeemed')
            AND (expires_at, application) > (1, x'') ORDER BY expires_at, application LIMIT 5",
        "SELECT id, erase_at FROM application WHERE erase_at <= 1 AND (erase_at, id) > (1, x'')
          ORDER BY erase_at, id LIMIT 5",
        "SELECT count(*) FROM application WHERE definition = x''
            AND status IN ('in_review', 'with_applicant', 'held')",
    ] {
        walks_indexes(&store, sql);
    }
}
