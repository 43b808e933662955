//! One application and what hangs on it.

use sqlx::PgPool;

use super::super::super::{Contact, OncePer, StoreError, Stored};
use super::super::error::failed;
use super::super::list::{integer, micros};
use super::super::row::Columns;
use super::each;
use crate::event::StoredEvent;
use crate::id::ApplicationId;
use crate::vault::{Sealed, WrappedKey};

pub(in super::super) async fn by_id(
    pool: &PgPool,
    id: ApplicationId,
) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query(
        "SELECT a.id, a.state, k.wrapped
           FROM application a LEFT JOIN data_key k ON k.application = a.id WHERE a.id = $1",
    )
    .bind(id.0)
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.map(|row| {
        let columns = Columns::of("application", &row);
        let key: Option<Vec<u8>> = columns.get(2)?;
        Ok(Stored { application: columns.cbor(1)?, key: key.map(WrappedKey) })
    })
    .transpose()
}

pub(in super::super) async fn version(
    pool: &PgPool,
    id: ApplicationId,
) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT version FROM application WHERE id = $1")
        .bind(id.0)
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    row.map(|row| Columns::of("application", &row).number(0)).transpose()
}

pub(in super::super) async fn by_reference(
    pool: &PgPool,
    reference: &str,
) -> Result<Option<ApplicationId>, StoreError> {
    let row = sqlx::query("SELECT id FROM application WHERE reference = $1")
        .bind(reference)
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    row.map(|row| Columns::of("application", &row).application(0)).transpose()
}

pub(in super::super) async fn sealed(
    pool: &PgPool,
    id: ApplicationId,
) -> Result<Vec<Sealed>, StoreError> {
    let rows = sqlx::query(
        "SELECT commitment, ciphertext FROM sealed WHERE application = $1 ORDER BY commitment",
    )
    .bind(id.0)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, |row| {
        let columns = Columns::of("sealed", row);
        Ok(Sealed { commitment: columns.hash(0)?, ciphertext: columns.get(1)? })
    })
}

pub(in super::super) async fn events(
    pool: &PgPool,
    id: ApplicationId,
    from: u64,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = sqlx::query(
        "SELECT version, digest, bytes FROM event WHERE application = $1 AND version >= $2 ORDER BY version",
    )
    .bind(id.0)
    .bind(integer(from))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, |row| {
        let columns = Columns::of("event", row);
        Ok(StoredEvent {
            version: columns.number(0)?,
            digest: columns.hash(1)?,
            bytes: columns.get(2)?,
        })
    })
}

pub(in super::super) async fn contacts(
    pool: &PgPool,
    id: ApplicationId,
) -> Result<Vec<Contact>, StoreError> {
    let sql = "SELECT hash, signed_in FROM contact WHERE application = $1 ORDER BY hash, signed_in";
    let rows = sqlx::query(sql).bind(id.0).fetch_all(pool).await;
    each(&rows.map_err(failed)?, |row| {
        let columns = Columns::of("contact", row);
        Ok(Contact { hash: columns.hash(0)?, signed_in: columns.get(1)? })
    })
}

pub(in super::super) async fn once_per(
    pool: &PgPool,
    key: &OncePer,
) -> Result<Option<ApplicationId>, StoreError> {
    let row = sqlx::query(
        "SELECT application FROM once_per
          WHERE key = $1 AND (approved_at IS NULL OR $2::bigint IS NULL OR approved_at > $2)",
    )
    .bind(key.key.0.as_slice())
    .bind(key.cutoff.map(micros))
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.map(|row| Columns::of("once_per", &row).application(0)).transpose()
}
