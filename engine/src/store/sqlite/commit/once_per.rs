//! The keys by which an application counts once: released, taken, approved, in this order over a batch.
//!
//! That a key can be taken is checked before.

use serde_json::json;
use sqlx::SqliteConnection;

use super::super::super::once_per::KeyChanges;
use super::super::super::{ApplicationUnit, StoreError};
use super::super::list::{List, hex, micros};
use super::run;

/// Records what becomes of keys.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    units: &[&ApplicationUnit],
) -> Result<(), StoreError> {
    let (mut released, mut taken, mut approved) = (List::default(), Vec::new(), List::default());
    for unit in units.iter().filter(|unit| !unit.once_per.is_empty()) {
        let id = hex(unit.application.id.0);
        let changes = KeyChanges::of(&unit.once_per);
        if changes.released {
            released.push(json!(id));
        }
        taken.extend(changes.taken.iter().map(|(rule, key)| json!([hex(key.key.0), id, rule])));
        if let Some(at) = changes.approved {
            approved.push(json!([id, micros(at)]));
        }
    }
    let sql = "DELETE FROM once_per WHERE application IN (SELECT unhex(value) FROM json_each($1))";
    run(connection, sql, released).await?;
    // An application holds one key for each rule: a new value gives the old one back.
    let sql = "DELETE FROM once_per WHERE (application, rule) IN (
                   SELECT unhex(value ->> 1), value ->> 2 FROM json_each($1))
                  AND key NOT IN (SELECT unhex(value ->> 0) FROM json_each($1))";
    run(connection, sql, taken.iter().cloned().collect()).await?;
    let sql = "INSERT INTO once_per (key, application, rule)
               SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2 FROM json_each($1) WHERE true
                   ON CONFLICT (key) DO UPDATE
                  SET application = excluded.application, rule = excluded.rule,
                      approved_at = iif(application = excluded.application, approved_at, NULL)";
    run(connection, sql, taken.into_iter().collect()).await?;
    let sql = "UPDATE once_per SET approved_at = j.value ->> 1
                 FROM json_each($1) j WHERE once_per.application = unhex(j.value ->> 0)";
    run(connection, sql, approved).await
}
