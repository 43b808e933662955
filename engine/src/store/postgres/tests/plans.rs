//! Pages of tasks are walks along indexes: none reads a whole table, and none sorts what it read.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::super::read::tasks;
use super::cluster::Cluster;

/// Enough open tasks that reading a table would be cheaper, were it not for the order.
const FILLED: &str = "
    INSERT INTO application (id, reference, programme, definition, version, status, stage, submitted_at, changed_at, state)
    SELECT lpad(to_hex(i), 32, '0')::uuid, 'R' || i, 'relief', decode(repeat('00', 32), 'hex'), 1, 'in_review', 'check', i, i,
           decode(repeat('00', 400), 'hex')
      FROM generate_series(1, 20000) i;
    INSERT INTO task (application, number, programme, stage, role, opened_at, due, claimed_by)
    SELECT lpad(to_hex(i), 32, '0')::uuid, 1, 'relief', 'check', 'clerk', i, i, CASE WHEN i % 400 = 0 THEN 'person:ada' END
      FROM generate_series(1, 20000) i;
    INSERT INTO queue (programme, role, stage, due, application, number, claimed)
    SELECT 'relief', 'clerk', 'check', i, lpad(to_hex(i), 32, '0')::uuid, 1, i % 400 = 0
      FROM generate_series(1, 20000) i;
    ANALYZE";

#[tokio::test]
async fn pages_of_tasks_are_walks_along_an_index() {
    let cluster = Cluster::start();
    cluster.store("plans").await.close().await;
    cluster.run("plans", FILLED).await;
    let options = &cluster.address("plans").options;
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    for (from, stage, late, pool) in [
        (i64::MIN, None, i64::MAX, false),
        (10_000, None, i64::MAX, true),
        (10_000, Some("check"), 12_000, true),
    ] {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN {}", tasks::HEADS)))
            .bind("relief")
            .bind("clerk")
            .bind(from)
            .bind(uuid::Uuid::nil())
            .bind(0_i64)
            .bind(stage)
            .bind(late)
            .bind(pool)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        walks_indexes(&plan.iter().map(|row| row.get(0)).collect::<Vec<String>>());
    }
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN {}", tasks::CLAIMED)))
        .bind("person:ada")
        .bind(i64::MIN)
        .bind(uuid::Uuid::nil())
        .bind(0_i64)
        .bind(None::<&str>)
        .bind(None::<i64>)
        .bind(vec!["relief"])
        .bind(vec!["clerk"])
        .bind(51_i64)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    walks_indexes(&plan.iter().map(|row| row.get(0)).collect::<Vec<String>>());
    connection.close().await.unwrap();
}

fn walks_indexes(plan: &[String]) {
    let all = plan.join("\n");
    assert!(all.contains("Index"), "{all}");
    for step in ["Seq Scan", "Sort", "Hash Join", "Bitmap"] {
        assert!(!all.contains(step), "{all}");
    }
}
