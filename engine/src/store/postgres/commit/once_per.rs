//! The keys by which an application counts once.
//!
//! Who held a key before was locked; one that nobody held is added, unless somebody else added it meanwhile.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::super::super::once_per::Holder;
use super::super::error::Fault;
use super::super::list::{column, micros};
use super::all_changed;
use crate::recorded::Hash;

/// Records what became of keys.
pub(super) async fn record(
    connection: &mut PgConnection,
    before: &HashMap<Hash, Holder>,
    after: &HashMap<Hash, Holder>,
) -> Result<(), Fault> {
    let freed: Vec<&[u8]> =
        before.keys().filter(|key| !after.contains_key(key)).map(|key| key.0.as_slice()).collect();
    if !freed.is_empty() {
        sqlx::query("DELETE FROM once_per WHERE key = ANY($1)")
            .bind(freed)
            .execute(&mut *connection)
            .await?;
    }
    let mut held: Vec<_> =
        after.iter().filter(|(key, holder)| before.get(key) != Some(holder)).collect();
    if held.is_empty() {
        return Ok(());
    }
    held.sort_unstable_by_key(|(key, _)| key.0);
    let ran = sqlx::query(
        "INSERT INTO once_per (key, application, rule, approved_at)
         SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::bigint[], $4::bigint[])
             ON CONFLICT (key) DO UPDATE
            SET application = excluded.application, rule = excluded.rule, approved_at = excluded.approved_at
          WHERE once_per.key = ANY($5)",
    )
    .bind(column(&held, |(key, _)| key.0.as_slice()))
    .bind(column(&held, |(_, holder)| holder.application.0))
    .bind(column(&held, |(_, holder)| i64::from(holder.rule)))
    .bind(column(&held, |(_, holder)| holder.approved.map(micros)))
    .bind(before.keys().map(|key| key.0.as_slice()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    all_changed(&ran, held.len())
}
