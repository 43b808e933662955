//! Set by set, several rows a statement.

use std::time::Instant;

use sqlx::{Connection as _, PgConnection, Postgres, QueryBuilder, Row as _};

use super::{Decision, decisions};

/// Writes decisions that the engine recorded in a database into a schema of their own there.
pub(crate) async fn postgres(address: &str, batch: usize, count: usize) -> (usize, f64) {
    let mut connection = PgConnection::connect(address).await.unwrap();
    let rows = sqlx::query(
        "SELECT uuid_send(e.application), e.version, e.digest, e.bytes, a.state
           FROM event e JOIN application a ON a.id = e.application ORDER BY e.application, e.version",
    );
    let rows = rows.fetch_all(&mut connection).await.unwrap();
    let rows = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)));
    let decisions = decisions(rows, count);
    let tables = ["application", "event", "sealed", "task", "queue", "timer"];
    let copies = tables
        .map(|table| format!("CREATE TABLE bare.{table} (LIKE public.{table} INCLUDING ALL);"));
    let schema = format!(
        "DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare; {} SET search_path TO bare",
        copies.concat()
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(schema)).execute(&mut connection).await.unwrap();
    let began = Instant::now();
    for batch in decisions.chunks(batch) {
        let mut transaction = connection.begin().await.unwrap();
        write(&mut transaction, batch).await;
        transaction.commit().await.unwrap();
    }
    (decisions.len(), began.elapsed().as_secs_f64())
}

/// Writes a batch, a statement for each table.
async fn write(connection: &mut PgConnection, batch: &[Decision]) {
    let id = |one: &Decision| uuid::Uuid::from_slice(&one.id).unwrap();
    let mut sql = QueryBuilder::<Postgres>::new(
        "INSERT INTO application (id, reference, programme, definition, version, status, stage, submitted_at, changed_at, state) ",
    );
    sql.push_values(batch, |mut row, one| {
        row.push_bind(id(one)).push_bind(one.reference()).push_bind("bench");
        row.push_bind(vec![0_u8; 32])
            .push_bind(one.version)
            .push_bind("in_review")
            .push_bind("review");
        row.push_bind(1_i64).push_bind(1_i64).push_bind(one.state.as_slice());
    });
    sql.push(" ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, stage = excluded.stage, changed_at = excluded.changed_at, state = excluded.state");
    sql.build().execute(&mut *connection).await.unwrap();
    let mut sql =
        QueryBuilder::<Postgres>::new("INSERT INTO event (application, version, digest, bytes) ");
    let events = batch.iter().flat_map(|one| one.events.iter().map(move |event| (one, event)));
    sql.push_values(events, |mut row, (one, (version, digest, bytes))| {
        row.push_bind(id(one))
            .push_bind(version)
            .push_bind(digest.as_slice())
            .push_bind(bytes.as_slice());
    });
    sql.build().execute(&mut *connection).await.unwrap();
    let mut sql =
        QueryBuilder::<Postgres>::new("INSERT INTO sealed (application, commitment, ciphertext) ");
    sql.push_values(batch, |mut row, one| {
        row.push_bind(id(one)).push_bind(one.commitment()).push_bind(one.sealed.as_slice());
    });
    sql.build().execute(&mut *connection).await.unwrap();
    for table in ["task", "queue", "timer"] {
        let mut sql =
            QueryBuilder::<Postgres>::new(format!("DELETE FROM {table} WHERE application IN "));
        sql.push_tuples(batch, |mut row, one| {
            row.push_bind(id(one));
        });
        sql.build().execute(&mut *connection).await.unwrap();
    }
    write_open(connection, batch).await;
}

/// Writes the task, queue and timer that each decision opens.
async fn write_open(connection: &mut PgConnection, batch: &[Decision]) {
    let id = |one: &Decision| uuid::Uuid::from_slice(&one.id).unwrap();
    let mut sql = QueryBuilder::<Postgres>::new(
        "INSERT INTO task (application, number, programme, stage, role, opened_at, due) ",
    );
    sql.push_values(batch, |mut row, one| {
        row.push_bind(id(one))
            .push_bind(one.version)
            .push_bind("bench")
            .push_bind("review")
            .push_bind("clerk");
        row.push_bind(1_i64).push_bind(2_i64);
    });
    sql.build().execute(&mut *connection).await.unwrap();
    let mut sql = QueryBuilder::<Postgres>::new(
        "INSERT INTO queue (programme, role, due, application, number, stage, claimed) ",
    );
    sql.push_values(batch, |mut row, one| {
        row.push_bind("bench")
            .push_bind("clerk")
            .push_bind(2_i64)
            .push_bind(id(one))
            .push_bind(one.version);
        row.push_bind("review").push_bind(false);
    });
    sql.build().execute(&mut *connection).await.unwrap();
    let mut sql =
        QueryBuilder::<Postgres>::new("INSERT INTO timer (application, task, rule, due) ");
    sql.push_values(batch, |mut row, one| {
        row.push_bind(id(one)).push_bind(one.version).push_bind(0_i64).push_bind(2_i64);
    });
    sql.build().execute(&mut *connection).await.unwrap();
}
