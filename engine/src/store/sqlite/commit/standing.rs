//! What stands against a batch: everything that one of its units could lose.
//!
//! Read by a few statements, then gone through in the order of the units, so that neighbours lose to each other as they would
//! one after the other. A unit that lost takes nothing.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::super::super::{
    ApplicationUnit, Loss, OncePerChange, Record, ScheduleKey, StoreError, StoredOutcome, Unit,
};
use super::super::error::failed;
use super::super::list::{List, hex};
use super::super::row::Columns;
use super::applications;
use crate::application::{StatusIndex, Voucher};
use crate::id::{ApplicationId, VoucherId};
use crate::recorded::Hash;

/// Who holds a `once_per` key, and since when it counts as approved.
type Holder = (ApplicationId, Option<Timestamp>);

/// What stands against a batch.
#[derive(Debug, Default)]
pub(super) struct Standing {
    outcomes: HashMap<Hash, StoredOutcome>,
    versions: HashMap<ApplicationId, u64>,
    touched: HashSet<ApplicationId>,
    references: HashMap<String, ApplicationId>,
    vouchers: HashMap<VoucherId, ApplicationId>,
    numbers: HashMap<String, ApplicationId>,
    indexes: HashMap<StatusIndex, ApplicationId>,
    keys: HashMap<Hash, Holder>,
    runs: HashMap<ScheduleKey, Timestamp>,
    sign_ins: HashSet<Uuid>,
    roster: u64,
}

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
        standing.read_records(connection, batch).await?;
        Ok(standing)
    }

    /// Names each unit that lost something, with the first thing it lost.
    pub(super) fn losers(mut self, batch: &[Unit]) -> Vec<(usize, Loss)> {
        let mut lost = Vec::new();
        for (index, unit) in batch.iter().enumerate() {
            let loss = match unit {
                Unit::Application(unit) => self.loss(unit),
                Unit::Record(record) => self.loss_of_record(record),
            };
            match (loss, unit) {
                (Some(loss), _) => lost.push((index, loss)),
                (None, Unit::Application(unit)) => self.take(unit),
                (None, Unit::Record(record)) => self.take_record(record),
            }
        }
        lost
    }

    fn loss(&self, unit: &ApplicationUnit) -> Option<Loss> {
        let application = &unit.application;
        if let Some(outcome) =
            unit.idempotency.as_ref().and_then(|new| self.outcomes.get(&new.scope))
        {
            return Some(Loss::Idempotency(*outcome));
        }
        let version = self.versions.get(&application.id).copied().unwrap_or(0);
        if version != unit.expected || self.touched.contains(&application.id) {
            return Some(Loss::Version);
        }
        let others =
            |holder: Option<&ApplicationId>| holder.is_some_and(|id| *id != application.id);
        let voucher_is_taken = |voucher: &Voucher| {
            others(self.vouchers.get(&voucher.id))
                || others(self.numbers.get(&voucher.number))
                || others(self.indexes.get(&voucher.status_index))
        };
        if others(self.references.get(&application.reference))
            || application.voucher.as_ref().is_some_and(voucher_is_taken)
        {
            return Some(Loss::Draw);
        }
        self.lost_key(unit)
    }

    fn lost_key(&self, unit: &ApplicationUnit) -> Option<Loss> {
        unit.once_per.iter().find_map(|change| {
            let OncePerChange::Take { rule, key } = change else { return None };
            let (holder, approved_at) = self.keys.get(&key.key)?;
            let counts = match (approved_at, key.cutoff) {
                (Some(approved_at), Some(cutoff)) => *approved_at > cutoff,
                _ => true,
            };
            (*holder != unit.application.id && counts)
                .then_some(Loss::OncePer { rule: *rule, holder: *holder })
        })
    }

    fn loss_of_record(&self, record: &Record) -> Option<Loss> {
        let done = match record {
            Record::ScheduleRun(key, at) => self.runs.get(key).is_some_and(|last| last >= at),
            Record::UseSignIn { id, .. } => !self.sign_ins.contains(id),
            Record::Roster(next) => next.event.version != self.roster.saturating_add(1),
            _ => false,
        };
        done.then_some(Loss::AlreadyDone)
    }

    /// Notes what a unit takes from its neighbours.
    fn take(&mut self, unit: &ApplicationUnit) {
        let application = &unit.application;
        if let Some(new) = &unit.idempotency {
            self.outcomes.insert(new.scope, new.outcome);
        }
        self.touched.insert(application.id);
        self.references.insert(application.reference.clone(), application.id);
        if let Some(voucher) = &application.voucher {
            self.vouchers.insert(voucher.id, application.id);
            self.numbers.insert(voucher.number.clone(), application.id);
            self.indexes.insert(voucher.status_index, application.id);
        }
        for change in &unit.once_per {
            match change {
                OncePerChange::Take { key, .. } => {
                    self.keys.insert(key.key, (application.id, None));
                }
                OncePerChange::Approve { at } => {
                    for (holder, approved_at) in self.keys.values_mut() {
                        if *holder == application.id {
                            *approved_at = Some(*at);
                        }
                    }
                }
                OncePerChange::Release => {
                    self.keys.retain(|_, (holder, _)| *holder != application.id);
                }
            }
        }
    }

    fn take_record(&mut self, record: &Record) {
        match record {
            Record::ScheduleRun(key, at) => {
                self.runs.insert(key.clone(), *at);
            }
            Record::UseSignIn { id, .. } => {
                self.sign_ins.remove(id);
            }
            Record::AddSignIn(sign_in) => {
                self.sign_ins.insert(sign_in.id);
            }
            Record::Roster(next) => self.roster = next.event.version,
            _ => {}
        }
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
        let references =
            applications(batch).map(|unit| json!(unit.application.reference)).collect();
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

    async fn read_keys(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let keys = applications(batch)
            .flat_map(|unit| &unit.once_per)
            .filter_map(|change| match change {
                OncePerChange::Take { key, .. } => Some(json!(hex(key.key.0))),
                OncePerChange::Approve { .. } | OncePerChange::Release => None,
            })
            .collect();
        let sql = "SELECT o.key, o.application, o.approved_at
                     FROM json_each($1) j CROSS JOIN once_per o ON o.key = unhex(j.value)";
        for row in rows(connection, sql, keys).await? {
            let columns = Columns::of("once_per", &row);
            let holder = (columns.application(1)?, columns.instant_or_none(2)?);
            self.keys.insert(columns.hash(0)?, holder);
        }
        Ok(())
    }

    async fn read_records(
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
        let sign_ins = records(batch, |record| match record {
            Record::UseSignIn { id, .. } => Some(json!(hex(id))),
            _ => None,
        });
        let sql = "SELECT s.id FROM json_each($1) j CROSS JOIN sign_in s ON s.id = unhex(j.value)";
        for row in rows(connection, sql, sign_ins).await? {
            self.sign_ins.insert(Columns::of("sign_in", &row).uuid(0)?);
        }
        let rosters = records(batch, |record| match record {
            Record::Roster(next) => Some(json!(next.event.version)),
            _ => None,
        });
        for row in rows(
            connection,
            "SELECT coalesce(max(version), 0) FROM roster WHERE json_array_length($1) > 0",
            rosters,
        )
        .await?
        {
            self.roster = Columns::of("roster", &row).number(0)?;
        }
        Ok(())
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
