//! The bare writer: the rows of decisions that the engine recorded, written again by the same driver and by nothing else.
//!
//! Set by set, several rows a statement, without looking what stands. Reads no row before it writes, decides and seals nothing.

use std::path::Path;
use std::time::Instant;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, QueryBuilder, Row as _, SqliteConnection,
};

/// Version, digest and bytes.
type Event = (i64, Vec<u8>, Vec<u8>);

/// What a decision writes: its application's row, its events, its note, and the task, queue and timer that it opens.
struct Decision {
    id: Vec<u8>,
    version: i64,
    state: Vec<u8>,
    events: Vec<Event>,
    sealed: Vec<u8>,
}

/// Writes decisions of `engine` into the empty store `bare` and returns how many, and the seconds it took.
pub(crate) async fn sqlite(engine: &Path, bare: &Path, batch: usize, count: usize) -> (usize, f64) {
    let mut source = SqliteConnectOptions::new().filename(engine).connect().await.unwrap();
    let rows = sqlx::query(
        "SELECT e.application, e.version, e.digest, e.bytes, a.state
           FROM event e JOIN application a ON a.id = e.application ORDER BY e.application, e.version",
    );
    let rows = rows.fetch_all(&mut source).await.unwrap();
    let rows = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)));
    let decisions = decisions(rows, count);
    let options = SqliteConnectOptions::new()
        .filename(bare)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON");
    let mut connection = options.connect().await.unwrap();
    let began = Instant::now();
    for batch in decisions.chunks(batch) {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        write_sqlite(&mut transaction, batch).await;
        transaction.commit().await.unwrap();
    }
    (decisions.len(), began.elapsed().as_secs_f64())
}

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
        write_postgres(&mut transaction, batch).await;
        transaction.commit().await.unwrap();
    }
    (decisions.len(), began.elapsed().as_secs_f64())
}

/// Shares the events of each application out among its three decisions, the first of which makes its row.
fn decisions(
    rows: impl Iterator<Item = (Vec<u8>, i64, Vec<u8>, Vec<u8>, Vec<u8>)>,
    count: usize,
) -> Vec<Decision> {
    let mut applications: Vec<(Vec<u8>, Vec<u8>, Vec<Event>)> = Vec::new();
    for (id, version, digest, bytes, state) in rows {
        if applications.last().is_none_or(|(last, ..)| *last != id) {
            applications.push((id, state, Vec::new()));
        }
        if let Some((_, _, events)) = applications.last_mut() {
            events.push((version, digest, bytes));
        }
    }
    let mut rounds: [Vec<Decision>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for (id, state, events) in applications {
        // Those of its submission are not a decision's.
        let decided = events.get(2..).unwrap_or_default();
        let share = decided.len().div_ceil(3).max(1);
        for (round, events) in rounds.iter_mut().zip(decided.chunks(share)) {
            let version = events.last().map_or(1, |(version, ..)| *version);
            let sealed = vec![7; 160];
            round.push(Decision {
                id: id.clone(),
                version,
                state: state.clone(),
                events: events.to_vec(),
                sealed,
            });
        }
    }
    let mut decisions: Vec<Decision> = rounds.into_iter().flatten().collect();
    decisions.truncate(count);
    decisions
}

/// Writes a batch, a statement for each table; what differs between the databases is the type of an id and of a truth.
macro_rules! writer {
    ($name:ident, $connection:ty, $database:ty, $id:expr, $no:expr) => {
        async fn $name(connection: &mut $connection, batch: &[Decision]) {
            let id = $id;
            let mut sql = QueryBuilder::<$database>::new(
                "INSERT INTO application (id, reference, programme, definition, version, status, stage, submitted_at, changed_at, state) ",
            );
            sql.push_values(batch, |mut row, one| {
                row.push_bind(id(one)).push_bind(data_encoding::HEXLOWER.encode(&one.id)).push_bind("bench");
                row.push_bind(vec![0_u8; 32]).push_bind(one.version).push_bind("in_review").push_bind("review");
                row.push_bind(1_i64).push_bind(1_i64).push_bind(one.state.as_slice());
            });
            sql.push(" ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status, stage = excluded.stage, changed_at = excluded.changed_at, state = excluded.state");
            sql.build().execute(&mut *connection).await.unwrap();
            let mut sql = QueryBuilder::<$database>::new("INSERT INTO event (application, version, digest, bytes) ");
            let events = batch.iter().flat_map(|one| one.events.iter().map(move |event| (one, event)));
            sql.push_values(events, |mut row, (one, (version, digest, bytes))| {
                row.push_bind(id(one)).push_bind(version).push_bind(digest.as_slice()).push_bind(bytes.as_slice());
            });
            sql.build().execute(&mut *connection).await.unwrap();
            let mut sql = QueryBuilder::<$database>::new("INSERT INTO sealed (application, commitment, ciphertext) ");
            sql.push_values(batch, |mut row, one| {
                let mut commitment = one.id.repeat(2);
                commitment.truncate(31);
                commitment.push(u8::try_from(one.version).unwrap_or(0));
                row.push_bind(id(one)).push_bind(commitment).push_bind(one.sealed.as_slice());
            });
            sql.build().execute(&mut *connection).await.unwrap();
            for table in ["task", "queue", "timer"] {
                let mut sql = QueryBuilder::<$database>::new(format!("DELETE FROM {table} WHERE application IN "));
                sql.push_tuples(batch, |mut row, one| {
                    row.push_bind(id(one));
                });
                sql.build().execute(&mut *connection).await.unwrap();
            }
            let mut sql = QueryBuilder::<$database>::new("INSERT INTO task (application, number, programme, stage, role, opened_at, due) ");
            sql.push_values(batch, |mut row, one| {
                row.push_bind(id(one)).push_bind(one.version).push_bind("bench").push_bind("review").push_bind("clerk");
                row.push_bind(1_i64).push_bind(2_i64);
            });
            sql.build().execute(&mut *connection).await.unwrap();
            let mut sql = QueryBuilder::<$database>::new("INSERT INTO queue (programme, role, due, application, number, stage, claimed) ");
            sql.push_values(batch, |mut row, one| {
                row.push_bind("bench").push_bind("clerk").push_bind(2_i64).push_bind(id(one)).push_bind(one.version);
                row.push_bind("review").push_bind($no);
            });
            sql.build().execute(&mut *connection).await.unwrap();
            let mut sql = QueryBuilder::<$database>::new("INSERT INTO timer (application, task, rule, due) ");
            sql.push_values(batch, |mut row, one| {
                row.push_bind(id(one)).push_bind(one.version).push_bind(0_i64).push_bind(2_i64);
            });
            sql.build().execute(&mut *connection).await.unwrap();
        }
    };
}

writer!(write_sqlite, SqliteConnection, sqlx::Sqlite, |one: &Decision| one.id.clone(), 0_i64);
writer!(
    write_postgres,
    PgConnection,
    sqlx::Postgres,
    |one: &Decision| uuid::Uuid::from_slice(&one.id).unwrap(),
    false
);
