//! The keys by which an application counts once. That a key can be taken is checked before.

use std::collections::HashMap;

use rusqlite::Connection;

use super::super::super::StoreError;
use super::super::super::once_per::Holder;
use super::super::list::micros;
use super::super::statement::run;
use crate::recorded::Hash;

/// Records what became of keys.
pub(super) fn record(
    connection: &Connection,
    before: &HashMap<Hash, Holder>,
    after: &HashMap<Hash, Holder>,
) -> Result<(), StoreError> {
    let freed = before.keys().filter(|key| !after.contains_key(key)).map(|key| (key.0,));
    run(connection, "DELETE FROM once_per WHERE key = ?1", freed)?;
    let held = after.iter().filter(|(key, holder)| before.get(key) != Some(holder)).map(
        |(key, holder)| {
            let application = holder.application.0.into_bytes();
            (key.0, application, holder.rule, holder.approved.map(micros))
        },
    );
    let sql = "
        INSERT INTO once_per (key, application, rule, approved_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (key) DO UPDATE
           SET application = excluded.application, rule = excluded.rule, approved_at = excluded.approved_at";
    run(connection, sql, held)
}
