//! Filling a store with open tasks in its own shape, set by set: copies of one application, each with a task that is open.

use annona_engine::application::Application;
use annona_engine::cbor;
use rusqlite::Connection;
use sqlx::{Connection as _, PgConnection};

/// Most applications of one transaction.
const AT_ONCE: i64 = 200_000;

/// The stored form of an application, cut where its id and its reference stand.
#[derive(Debug)]
struct Form {
    definition: Vec<u8>,
    programme: String,
    parts: [Vec<u8>; 3],
}

impl Form {
    fn of(application: &Application) -> Self {
        let whole = cbor::to_vec(application).unwrap();
        let (id, reference) = (application.id.0.as_bytes(), application.reference.as_bytes());
        let find = |wanted: &[u8]| {
            whole.windows(wanted.len()).position(|window| window == wanted).unwrap()
        };
        let (id_at, reference_at) = (find(id), find(reference));
        // The keys of a row are in the order of their lengths.
        assert!(id_at < reference_at);
        let parts = [
            whole[..id_at].to_vec(),
            whole[id_at + id.len()..reference_at].to_vec(),
            whole[reference_at + reference.len()..].to_vec(),
        ];
        let definition = application.definition.0.to_vec();
        Self { definition, programme: application.programme.to_string(), parts }
    }
}

/// Adds copies of an application numbered from `from` up to `to`.
///
/// Number `i` was sent `i` seconds after 2020 and is due three days later, one in ten never. The first 1,000 are claimed, the 40
/// from 5,000 on are the role `few`'s, and the 40 from 6,000 on stand in the stage `rare`; all others are the `clerk`'s in `intake`.
pub(crate) async fn fill(store: &str, application: &Application, from: i64, to: i64) {
    let form = Form::of(application);
    if store.starts_with("postgres") {
        let mut connection = PgConnection::connect(store).await.unwrap();
        for begin in (from..to).step_by(usize::try_from(AT_ONCE).unwrap()) {
            fill_postgres(&mut connection, &form, begin, to.min(begin + AT_ONCE)).await;
        }
        sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await.unwrap();
        sqlx::raw_sql("CHECKPOINT").execute(&mut connection).await.unwrap();
    } else {
        let mut connection = Connection::open(store).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000").unwrap();
        for begin in (from..to).step_by(usize::try_from(AT_ONCE).unwrap()) {
            fill_sqlite(&mut connection, &form, begin, to.min(begin + AT_ONCE));
        }
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    }
}

/// Where a task of number `i` stands; the same in both databases.
macro_rules! place {
    ($text:literal) => {
        concat!(
            $text,
            ", CASE WHEN i BETWEEN 6000 AND 6039 THEN 'rare' ELSE 'intake' END AS stage",
            ", CASE WHEN i BETWEEN 5000 AND 5039 THEN 'few' ELSE 'clerk' END AS role",
            ", 1577836800000000 + i * 1000000 AS sent",
            ", CASE WHEN i % 10 = 9 THEN 9223372036854775807 ELSE 1578096000000000 + i * 1000000 END AS due"
        )
    };
}

fn fill_sqlite(connection: &mut Connection, form: &Form, from: i64, to: i64) {
    const NUMBERS: &str = concat!(
        "CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)",
        place!(" SELECT i, unhex(printf('%032x', i + 1)) AS id, printf('US-%09d', i) AS reference"),
        " FROM n"
    );
    const APPLICATIONS: &str = "
        INSERT INTO application (id, reference, programme, definition, version, status, stage, submitted_at, changed_at, state)
        SELECT id, reference, ?1, ?2, 2, 'in_review', stage, sent, sent,
               CAST(?3 || id || ?4 || reference || ?5 AS BLOB) FROM n";
    const TASKS: &str = "
        INSERT INTO task (application, number, programme, stage, role, opened_at, due, claimed_by)
        SELECT id, 1, ?1, stage, role, sent, due, CASE WHEN i < 1000 THEN 'person:somebody' END FROM n";
    const QUEUES: &str = "
        INSERT INTO queue (programme, role, stage, due, application, number, claimed)
        SELECT ?1, role, stage, due, id, 1, i < 1000 FROM n";
    let transaction = connection.transaction().unwrap();
    transaction.execute(NUMBERS, (from, to)).unwrap();
    let [before, between, after] = &form.parts;
    let row = (&form.programme, &form.definition, before, between, after);
    transaction.execute(APPLICATIONS, row).unwrap();
    transaction.execute(TASKS, (&form.programme,)).unwrap();
    transaction.execute(QUEUES, (&form.programme,)).unwrap();
    transaction.execute("DROP TABLE n", ()).unwrap();
    transaction.commit().unwrap();
}

async fn fill_postgres(connection: &mut PgConnection, form: &Form, from: i64, to: i64) {
    let sql = concat!(
        "WITH n AS MATERIALIZED (",
        place!(
            "SELECT i, lpad(to_hex(i + 1), 32, '0')::uuid AS id, 'US-' || lpad(i::text, 9, '0') AS reference"
        ),
        "      FROM generate_series($1::bigint, $2::bigint - 1) i),
             applications AS (
             INSERT INTO application (id, reference, programme, definition, version, status, stage, submitted_at, changed_at, state)
             SELECT id, reference, $3, $4, 2, 'in_review', stage, sent, sent,
                    $5::bytea || uuid_send(id) || $6::bytea || reference::bytea || $7::bytea FROM n),
             tasks AS (
             INSERT INTO task (application, number, programme, stage, role, opened_at, due, claimed_by)
             SELECT id, 1, $3, stage, role, sent, due, CASE WHEN i < 1000 THEN 'person:somebody' END FROM n)
        INSERT INTO queue (programme, role, stage, due, application, number, claimed)
        SELECT $3, role, stage, due, id, 1, i < 1000 FROM n"
    );
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query(sql)
        .bind(from)
        .bind(to)
        .bind(&form.programme)
        .bind(&form.definition)
        .bind(&form.parts[0])
        .bind(&form.parts[1])
        .bind(&form.parts[2])
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}
