//! Reading what stands against a batch, each table by one statement.

use serde_json::{Value, json};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::super::super::once_per::{Holder, KeyChanges};
use super::super::super::standing::{Known, Standing, Use, Waiting};
use super::super::super::{Record, ScheduleKey, StoreError, Unit};
use super::super::error::failed;
use super::super::list::{List, hex};
use super::super::row::Columns;
use super::applications;
use crate::application::StatusIndex;
use crate::id::{DocumentId, VoucherId};

impl Standing {
    /// Reads what stands against a batch.
    pub(super) async fn read(
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<Self, StoreError> {
        let mut standing = Self::default();
        standing.read_outcomes(connection, batch).await?;
        standing.read_applications(connection, batch).await?;
        standing.read_vouchers(connection, batch).await?;
        standing.read_keys(connection, batch).await?;
        standing.read_runs(connection, batch).await?;
        standing.read_sign_ins(connection, batch).await?;
        standing.read_tokens(connection, batch).await?;
        standing.read_roster(connection, batch).await?;
        standing.read_documents(connection, batch).await?;
        Ok(standing)
    }

    async fn read_outcomes(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let scopes = applications(batch)
            .filter_map(|unit| Some(json!(hex(unit.idempotency.as_ref()?.scope.0))))
            .collect();
        let sql = "SELECT i.scope, i.request, i.application, i.first, i.last, i.at
                     FROM json_each($1) j CROSS JOIN idempotency i ON i.scope = unhex(j.value)";
        for row in rows(connection, sql, scopes).await? {
            let columns = Columns::of("idempotency", &row);
            self.outcomes.insert(columns.hash(0)?, columns.outcome()?);
        }
        Ok(())
    }

    async fn read_applications(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let ids = applications(batch).map(|unit| json!(hex(unit.application.id.0))).collect();
        let sql = "SELECT a.id, a.version
                     FROM json_each($1) j CROSS JOIN application a ON a.id = unhex(j.value)";
        for row in rows(connection, sql, ids).await? {
            let columns = Columns::of("application", &row);
            self.versions.insert(columns.application(0)?, columns.number(1)?);
        }
        // An application that is there keeps its reference.
        let references = applications(batch)
            .filter(|unit| unit.expected == 0)
            .map(|unit| json!(unit.application.reference))
            .collect();
        let sql = "SELECT a.id, a.reference
                     FROM json_each($1) j CROSS JOIN application a ON a.reference = j.value";
        for row in rows(connection, sql, references).await? {
            let columns = Columns::of("application", &row);
            self.references.insert(columns.get(1)?, columns.application(0)?);
        }
        Ok(())
    }

    async fn read_vouchers(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let vouchers = applications(batch)
            .filter_map(|unit| unit.application.voucher.as_ref())
            .map(|voucher| {
                let StatusIndex { list, index } = voucher.status_index;
                json!([hex(voucher.id.0), voucher.number, list, index])
            })
            .collect();
        let sql = "SELECT v.application, v.id, v.number, v.list, v.position
                     FROM json_each($1) j CROSS JOIN voucher v
                    WHERE v.id = unhex(j.value ->> 0) OR v.number = j.value ->> 1
                       OR (v.list = j.value ->> 2 AND v.position = j.value ->> 3)";
        for row in rows(connection, sql, vouchers).await? {
            let columns = Columns::of("voucher", &row);
            let holder = columns.application(0)?;
            self.vouchers.insert(VoucherId(columns.uuid(1)?.into_bytes()), holder);
            self.numbers.insert(columns.get(2)?, holder);
            let index = StatusIndex { list: columns.number(3)?, index: columns.number(4)? };
            self.indexes.insert(index, holder);
        }
        Ok(())
    }

    /// Reads the keys that are taken, and those that the units' applications hold and may give up.
    async fn read_keys(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let changing = || applications(batch).filter(|unit| !unit.once_per.is_empty());
        let keys = changing()
            .flat_map(|unit| KeyChanges::of(&unit.once_per).taken)
            .map(|(_, key)| json!(hex(key.key.0)))
            .collect();
        let holders = changing().map(|unit| json!(hex(unit.application.id.0))).collect();
        let by_key = "SELECT o.key, o.application, o.rule, o.approved_at
                        FROM json_each($1) j CROSS JOIN once_per o ON o.key = unhex(j.value)";
        let by_holder = "SELECT o.key, o.application, o.rule, o.approved_at
                           FROM json_each($1) j CROSS JOIN once_per o ON o.application = unhex(j.value)";
        for (sql, list) in [(by_key, keys), (by_holder, holders)] {
            for row in rows(connection, sql, list).await? {
                let columns = Columns::of("once_per", &row);
                let holder = Holder {
                    application: columns.application(1)?,
                    rule: columns.number(2)?,
                    approved: columns.instant_or_none(3)?,
                };
                self.keys.insert(columns.hash(0)?, holder);
            }
        }
        Ok(())
    }

    async fn read_runs(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let runs = records(batch, |record| match record {
            Record::ScheduleRun(key, _) => Some(json!([key.programme, key.name])),
            _ => None,
        });
        let sql = "SELECT s.programme, s.name, s.at
                     FROM json_each($1) j CROSS JOIN schedule_run s
                       ON s.programme = j.value ->> 0 AND s.name = j.value ->> 1";
        for row in rows(connection, sql, runs).await? {
            let columns = Columns::of("schedule_run", &row);
            let key = ScheduleKey { programme: columns.get(0)?, name: columns.get(1)? };
            self.runs.insert(key, columns.instant(2)?);
        }
        Ok(())
    }

    async fn read_sign_ins(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let sign_ins = records(batch, |record| match record {
            Record::UseSignIn { id, .. } => Some(json!(hex(id))),
            Record::AddSignIn(sign_in) => Some(json!(hex(sign_in.id))),
            _ => None,
        });
        let sql = "SELECT s.id, s.tries_left, s.expires_at
                     FROM json_each($1) j CROSS JOIN sign_in s ON s.id = unhex(j.value)";
        for row in rows(connection, sql, sign_ins).await? {
            let columns = Columns::of("sign_in", &row);
            let waiting =
                Waiting { tries_left: columns.number(1)?, expires_at: columns.instant(2)? };
            self.sign_ins.insert(columns.uuid(0)?, waiting);
        }
        Ok(())
    }

    async fn read_tokens(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let tokens = records(batch, |record| match record {
            Record::AddToken(token) | Record::UseSignIn { session: token, .. } => {
                Some(json!([hex(token.id), hex(token.hash.0)]))
            }
            _ => None,
        });
        let sql = "SELECT t.id, t.hash, iif(t.owner IS NULL, t.expires_at, NULL)
                     FROM json_each($1) j CROSS JOIN token t
                       ON t.id = unhex(j.value ->> 0) OR t.hash = unhex(j.value ->> 1)";
        for row in rows(connection, sql, tokens).await? {
            let columns = Columns::of("token", &row);
            let known = Known { hash: columns.hash(1)?, ends: columns.instant_or_none(2)? };
            self.tokens.insert(columns.uuid(0)?, known);
        }
        Ok(())
    }

    async fn read_roster(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let rosters = records(batch, |record| match record {
            Record::Roster(next) => Some(json!(next.event.version)),
            _ => None,
        });
        let sql = "SELECT coalesce(max(version), 0) FROM roster WHERE json_array_length($1) > 0";
        for row in rows(connection, sql, rosters).await? {
            self.roster = Columns::of("roster", &row).number(0)?;
        }
        Ok(())
    }

    async fn read_documents(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let ids = batch.iter().flat_map(named).map(|id| json!(hex(id.0))).collect();
        let sql = "SELECT d.id, d.application, d.discarded
                     FROM json_each($1) j CROSS JOIN document d ON d.id = unhex(j.value)";
        for row in rows(connection, sql, ids).await? {
            let columns = Columns::of("document", &row);
            let stands = match columns.application_or_none(1)? {
                _ if columns.get::<bool>(2)? => Use::Discarded,
                Some(holder) => Use::Of(holder),
                None => Use::Free,
            };
            self.documents.insert(DocumentId(columns.uuid(0)?), stands);
        }
        Ok(())
    }
}

/// Returns the documents that a unit names.
fn named(unit: &Unit) -> &[DocumentId] {
    match unit {
        Unit::Application(unit) => &unit.documents,
        Unit::Record(Record::RemoveDocuments(documents)) => documents,
        Unit::Record(Record::AddDocument(document)) => std::slice::from_ref(&document.id),
        Unit::Record(_) => &[],
    }
}

fn records(batch: &[Unit], row: impl Fn(&Record) -> Option<Value>) -> List {
    batch
        .iter()
        .filter_map(|unit| match unit {
            Unit::Record(record) => row(record),
            Unit::Application(_) => None,
        })
        .collect()
}

/// Returns the rows of a statement over a list; none where the list is empty.
async fn rows(
    connection: &mut SqliteConnection,
    sql: &'static str,
    list: List,
) -> Result<Vec<SqliteRow>, StoreError> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query(sql).bind(list.json()).fetch_all(connection).await.map_err(failed)
}
