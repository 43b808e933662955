//! One application and what hangs on it.

use rusqlite::Connection;

use super::super::super::{Contact, OncePer, StoreError, Stored};
use super::super::list::{integer, micros};
use super::super::statement::{all, first};
use crate::event::StoredEvent;
use crate::id::ApplicationId;
use crate::vault::{Sealed, WrappedKey};

pub(in super::super) fn by_id(
    connection: &Connection,
    id: ApplicationId,
) -> Result<Option<Stored>, StoreError> {
    let sql = "
        SELECT a.id, a.state, k.wrapped
          FROM application a LEFT JOIN data_key k ON k.application = a.id WHERE a.id = ?1";
    first(connection, "application", sql, (id.0.as_bytes(),), |columns| {
        let key: Option<Vec<u8>> = columns.get(2)?;
        Ok(Stored { application: columns.cbor(1)?, key: key.map(WrappedKey) })
    })
}

pub(in super::super) fn by_reference(
    connection: &Connection,
    reference: &str,
) -> Result<Option<ApplicationId>, StoreError> {
    let sql = "SELECT id FROM application WHERE reference = ?1";
    first(connection, "application", sql, (reference,), |columns| columns.application(0))
}

pub(in super::super) fn sealed(
    connection: &Connection,
    id: ApplicationId,
) -> Result<Vec<Sealed>, StoreError> {
    let sql =
        "SELECT commitment, ciphertext FROM sealed WHERE application = ?1 ORDER BY commitment";
    all(connection, "sealed", sql, (id.0.as_bytes(),), |columns| {
        Ok(Sealed { commitment: columns.hash(0)?, ciphertext: columns.get(1)? })
    })
}

pub(in super::super) fn events(
    connection: &Connection,
    id: ApplicationId,
    from: u64,
) -> Result<Vec<StoredEvent>, StoreError> {
    let sql = "
        SELECT version, digest, bytes FROM event
         WHERE application = ?1 AND version >= ?2 ORDER BY version";
    all(connection, "event", sql, (id.0.as_bytes(), integer(from)), |columns| {
        Ok(StoredEvent {
            version: columns.number(0)?,
            digest: columns.hash(1)?,
            bytes: columns.get(2)?,
        })
    })
}

pub(in super::super) fn contacts(
    connection: &Connection,
    id: ApplicationId,
) -> Result<Vec<Contact>, StoreError> {
    let sql = "SELECT hash, signed_in FROM contact WHERE application = ?1 ORDER BY hash, signed_in";
    all(connection, "contact", sql, (id.0.as_bytes(),), |columns| {
        Ok(Contact { hash: columns.hash(0)?, signed_in: columns.get(1)? })
    })
}

pub(in super::super) fn once_per(
    connection: &Connection,
    key: &OncePer,
) -> Result<Option<ApplicationId>, StoreError> {
    let sql = "
        SELECT application FROM once_per
         WHERE key = ?1 AND (approved_at IS NULL OR ?2 IS NULL OR approved_at > ?2)";
    let values = (&key.key.0, key.cutoff.map(micros));
    first(connection, "once_per", sql, values, |columns| columns.application(0))
}
