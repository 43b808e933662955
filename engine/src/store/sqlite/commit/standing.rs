//! Reading what stands against a batch, each table by one statement.

use rusqlite::Connection;

use super::super::super::once_per::{Holder, KeyChanges};
use super::super::super::standing::{Known, Standing, Use, Waiting};
use super::super::super::{Record, ScheduleKey, StoreError, Unit};
use super::super::row::{Columns, outcome};
use super::super::statement::find;
use super::applications;
use crate::application::StatusIndex;
use crate::id::{DocumentId, VoucherId};

impl Standing {
    /// Reads what stands against a batch.
    pub(super) fn read(connection: &Connection, batch: &[Unit]) -> Result<Self, StoreError> {
        let mut standing = Self::default();
        standing.read_outcomes(connection, batch)?;
        standing.read_applications(connection, batch)?;
        standing.read_vouchers(connection, batch)?;
        standing.read_keys(connection, batch)?;
        standing.read_runs(connection, batch)?;
        standing.read_sign_ins(connection, batch)?;
        standing.read_tokens(connection, batch)?;
        standing.read_roster(connection, batch)?;
        standing.read_documents(connection, batch)?;
        Ok(standing)
    }

    fn read_outcomes(&mut self, connection: &Connection, batch: &[Unit]) -> Result<(), StoreError> {
        let sql =
            "SELECT scope, request, application, first, last, at FROM idempotency WHERE scope = ?1";
        let scopes =
            applications(batch).filter_map(|unit| Some((&unit.idempotency.as_ref()?.scope.0,)));
        let found =
            find(connection, "idempotency", sql, scopes, |row| Ok((row.hash(0)?, outcome(row)?)))?;
        self.outcomes.extend(found);
        Ok(())
    }

    fn read_applications(
        &mut self,
        connection: &Connection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let sql = "SELECT id, version FROM application WHERE id = ?1";
        let ids = applications(batch).map(|unit| (unit.application.id.0.as_bytes(),));
        let found = find(connection, "application", sql, ids, |row| {
            Ok((row.application(0)?, row.get(1)?))
        })?;
        self.versions.extend(found);
        // An application that is there keeps its reference.
        let sql = "SELECT id, reference FROM application WHERE reference = ?1";
        let references = applications(batch)
            .filter(|unit| unit.expected == 0)
            .map(|unit| (&unit.application.reference,));
        let found = find(connection, "application", sql, references, |row| {
            Ok((row.get(1)?, row.application(0)?))
        })?;
        self.references.extend(found);
        Ok(())
    }

    fn read_vouchers(&mut self, connection: &Connection, batch: &[Unit]) -> Result<(), StoreError> {
        let sql = "SELECT application, id, number, list, position FROM voucher
                    WHERE id = ?1 OR number = ?2 OR (list = ?3 AND position = ?4)";
        let vouchers = applications(batch)
            .filter_map(|unit| unit.application.voucher.as_ref())
            .map(|voucher| {
                let StatusIndex { list, index } = voucher.status_index;
                (&voucher.id.0, &voucher.number, list, index)
            });
        let found = find(connection, "voucher", sql, vouchers, |row| {
            let index = StatusIndex { list: row.get(3)?, index: row.get(4)? };
            Ok((row.application(0)?, VoucherId(row.get(1)?), row.get(2)?, index))
        })?;
        for (holder, id, number, index) in found {
            self.vouchers.insert(id, holder);
            self.numbers.insert(number, holder);
            self.indexes.insert(index, holder);
        }
        Ok(())
    }

    /// Reads the keys that are taken, and those that the units' applications hold and may give up.
    fn read_keys(&mut self, connection: &Connection, batch: &[Unit]) -> Result<(), StoreError> {
        let changing = || applications(batch).filter(|unit| !unit.once_per.is_empty());
        let holder = |row: &Columns<'_>| {
            let (application, rule) = (row.application(1)?, row.get(2)?);
            Ok((row.hash(0)?, Holder { application, rule, approved: row.instant_or_none(3)? }))
        };
        let sql = "SELECT key, application, rule, approved_at FROM once_per WHERE key = ?1";
        let keys = changing()
            .flat_map(|unit| KeyChanges::of(&unit.once_per).taken)
            .map(|(_, key)| (key.key.0,));
        self.keys.extend(find(connection, "once_per", sql, keys, holder)?);
        let sql = "SELECT key, application, rule, approved_at FROM once_per WHERE application = ?1";
        let holders = changing().map(|unit| (unit.application.id.0.as_bytes(),));
        self.keys.extend(find(connection, "once_per", sql, holders, holder)?);
        Ok(())
    }

    fn read_runs(&mut self, connection: &Connection, batch: &[Unit]) -> Result<(), StoreError> {
        let sql = "SELECT programme, name, at FROM schedule_run WHERE programme = ?1 AND name = ?2";
        let runs = records(batch).filter_map(|record| match record {
            Record::ScheduleRun(key, _) => Some((&key.programme, &key.name)),
            _ => None,
        });
        let found = find(connection, "schedule_run", sql, runs, |row| {
            let key = ScheduleKey { programme: row.get(0)?, name: row.get(1)? };
            Ok((key, row.instant(2)?))
        })?;
        self.runs.extend(found);
        Ok(())
    }

    fn read_sign_ins(&mut self, connection: &Connection, batch: &[Unit]) -> Result<(), StoreError> {
        let sql = "SELECT id, tries_left, expires_at FROM sign_in WHERE id = ?1";
        let sign_ins = records(batch).filter_map(|record| match record {
            Record::UseSignIn { id, .. } => Some((id.as_bytes(),)),
            Record::AddSignIn(sign_in) => Some((sign_in.id.as_bytes(),)),
            _ => None,
        });
        let found = find(connection, "sign_in", sql, sign_ins, |row| {
            let waiting = Waiting { tries_left: row.get(1)?, expires_at: row.instant(2)? };
            Ok((row.uuid(0)?, waiting))
        })?;
        self.sign_ins.extend(found);
        Ok(())
    }

    fn read_tokens(&mut self, connection: &Connection, batch: &[Unit]) -> Result<(), StoreError> {
        let sql = "SELECT id, hash, iif(owner IS NULL, expires_at, NULL) FROM token WHERE id = ?1 OR hash = ?2";
        let tokens = records(batch).filter_map(|record| match record {
            Record::AddToken(token) | Record::UseSignIn { session: token, .. } => {
                Some((token.id.as_bytes(), &token.hash.0))
            }
            _ => None,
        });
        let found = find(connection, "token", sql, tokens, |row| {
            let known = Known { hash: row.hash(1)?, ends: row.instant_or_none(2)? };
            Ok((row.uuid(0)?, known))
        })?;
        self.tokens.extend(found);
        Ok(())
    }

    fn read_roster(&mut self, connection: &Connection, batch: &[Unit]) -> Result<(), StoreError> {
        let sql = "SELECT coalesce(max(version), 0) FROM roster";
        let rosters = records(batch).filter(|record| matches!(record, Record::Roster(_)));
        let found = find(connection, "roster", sql, rosters.map(|_| ()), |row| row.get(0))?;
        self.roster = found.first().copied().unwrap_or_default();
        Ok(())
    }

    fn read_documents(
        &mut self,
        connection: &Connection,
        batch: &[Unit],
    ) -> Result<(), StoreError> {
        let sql = "SELECT id, application, discarded FROM document WHERE id = ?1";
        let ids = batch.iter().flat_map(named).map(|id| (id.0.as_bytes(),));
        let found = find(connection, "document", sql, ids, |row| {
            let stands = match row.application_or_none(1)? {
                _ if row.get(2)? => Use::Discarded,
                Some(application) => Use::Of(application),
                None => Use::Free,
            };
            Ok((DocumentId(row.uuid(0)?), stands))
        })?;
        self.documents.extend(found);
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

fn records(batch: &[Unit]) -> impl Iterator<Item = &Record> {
    batch.iter().filter_map(|unit| match unit {
        Unit::Record(record) => Some(record),
        Unit::Application(_) => None,
    })
}
