//! What the rows of a store come to: how many, a digest over each table, one over the log, and the money.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};

use super::super::StoreError;
use super::{Cell, Table, bytes, text};
use crate::recorded::Hash;

/// How many rows a table has, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub rows: u64,
    /// SHA-256 over them, in the order of their keys.
    pub digest: Hash,
}

/// Money of vouchers in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// What they were issued for.
    pub issued: Decimal,
    /// What is left to be redeemed.
    pub left: Decimal,
}

/// What the rows of a store come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Each table.
    pub tables: Vec<(&'static str, Tally)>,
    /// SHA-256 over the digests of all events, in the order of applications and versions.
    pub log: Hash,
    /// Vouchers, by currency.
    pub vouchers: BTreeMap<String, Sum>,
}

impl Totals {
    /// Returns how many rows a table has.
    #[must_use]
    pub fn rows(&self, table: &str) -> u64 {
        let found = self.tables.iter().find(|(name, _)| *name == table);
        found.map_or(0, |(_, tally)| tally.rows)
    }
}

/// Counts the rows of one table.
#[derive(Debug, Default)]
pub(in super::super) struct Tallying {
    rows: u64,
    hash: Sha256,
}

impl Tallying {
    /// Adds a row.
    pub(in super::super) fn add(&mut self, row: &[Cell]) {
        self.rows += 1;
        for cell in row {
            let (tag, bytes): (u8, &[u8]) = match cell {
                Cell::Nothing => (0, &[]),
                Cell::Number(number) => (1, &number.to_be_bytes()),
                Cell::Text(text) => (2, text.as_bytes()),
                Cell::Bytes(bytes) => (3, bytes),
            };
            self.hash.update([tag]);
            self.hash.update((bytes.len() as u64).to_be_bytes());
            self.hash.update(bytes);
        }
    }

    /// Returns what was counted.
    pub(in super::super) fn end(self) -> Tally {
        Tally { rows: self.rows, digest: Hash(self.hash.finalize().into()) }
    }
}

/// Counts the rows of a store, table after table.
#[derive(Debug, Default)]
pub(in super::super) struct Totalling {
    tables: Vec<(&'static str, Tally)>,
    tallying: Tallying,
    log: Sha256,
    vouchers: BTreeMap<String, Sum>,
}

impl Totalling {
    /// Adds a row of a table.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Corrupt`] if an amount of money is none.
    pub(in super::super) fn add(&mut self, table: &Table, row: &[Cell]) -> Result<(), StoreError> {
        self.tallying.add(row);
        match table.name {
            "event" => self.log.update(bytes(row.get(2)).unwrap_or_default()),
            "voucher" => self.add_voucher(row)?,
            _ => {}
        }
        Ok(())
    }

    /// Ends a table.
    pub(in super::super) fn end_of(&mut self, table: &Table) {
        let tally = std::mem::take(&mut self.tallying).end();
        self.tables.push((table.name, tally));
    }

    /// Returns what was counted.
    pub(in super::super) fn end(self) -> Totals {
        let log = Hash(self.log.finalize().into());
        Totals { tables: self.tables, log, vouchers: self.vouchers }
    }

    fn add_voucher(&mut self, row: &[Cell]) -> Result<(), StoreError> {
        let sums = text(row.get(10)).and_then(|currency| {
            let sum = self.vouchers.entry(currency.to_owned()).or_default();
            sum.issued = sum.issued.checked_add(text(row.get(8))?.parse().ok()?)?;
            sum.left = sum.left.checked_add(text(row.get(9))?.parse().ok()?)?;
            Some(())
        });
        sums.ok_or_else(|| StoreError::Corrupt {
            table: "voucher",
            row: bytes(row.first())
                .map(|id| data_encoding::HEXLOWER.encode(id))
                .unwrap_or_default(),
            what: "its money cannot be added up".to_owned(),
        })
    }
}
