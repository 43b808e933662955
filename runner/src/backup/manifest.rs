//! What each part of a backup says of itself.

use std::collections::BTreeMap;
use std::path::Path;

use annona_engine::recorded::Hash;
use annona_engine::store::{Totals, archive};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BackupError, MANIFEST, SUMS, files};
use crate::folder::{Layout, create_private};

/// The form of backups that this program writes.
const FORMAT: u32 = 1;
/// Most bytes of a manifest.
const MAX_BYTES: u64 = 1 << 20;

/// A part of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The database, without keys.
    Store,
    /// Encrypted uploads.
    Documents,
    /// What opens the others, and what signs.
    Keys,
}

impl Part {
    /// Returns the name of its folder in a backup.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Documents => "documents",
            Self::Keys => "keys",
        }
    }
}

/// What a part of a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    pub format: u32,
    /// Which part.
    pub part: Part,
    /// What ties the parts of one backup together.
    pub backup: String,
    /// When it was begun: nothing that was answered before is missing.
    pub made_at: Timestamp,
    /// When the copy of the database had been taken: nothing that was answered later is in it.
    pub taken_at: Timestamp,
    /// The version of annona that made it.
    pub annona: String,
    /// The schema of its database.
    pub schema: i64,
    /// The public half of the installation's root key.
    pub installation: Option<String>,
    /// How many there are: applications, events, keys, documents.
    pub counts: BTreeMap<String, u64>,
    /// Documents that had no file in the data folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What the store holds; in its own part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Held>,
    /// SHA-256 of the list of digests of its files.
    pub sums: String,
}

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// SHA-256 over the digests of all events, in the order of applications and versions.
    pub log: String,
    /// Money of vouchers, by currency.
    pub vouchers: BTreeMap<String, Money>,
    /// Each table.
    pub tables: BTreeMap<String, Rows>,
}

/// Money of vouchers in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// What they were issued for.
    pub issued: String,
    /// What is left to be redeemed.
    pub left: String,
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// How many.
    pub rows: u64,
    /// SHA-256 over them.
    pub digest: String,
}

impl Held {
    /// Returns what a store was found to hold.
    pub(super) fn of(totals: &Totals) -> Self {
        let vouchers = totals.vouchers.iter().map(|(currency, sum)| {
            let money = Money { issued: sum.issued.to_string(), left: sum.left.to_string() };
            (currency.clone(), money)
        });
        let tables = totals.tables.iter().map(|(table, tally)| {
            ((*table).to_owned(), Rows { rows: tally.rows, digest: tally.digest.to_string() })
        });
        Self { log: totals.log.to_string(), vouchers: vouchers.collect(), tables: tables.collect() }
    }

    /// Refuses a store that holds anything else than when the backup was made.
    pub(super) fn compare(&self, found: &Self) -> Result<(), BackupError> {
        for (table, then) in &self.tables {
            let now = found.tables.get(table);
            if now != Some(then) {
                return Err(differs(table, then.rows, now.map_or(0, |now| now.rows)));
            }
        }
        self.compare_what_no_schema_changes(found)
    }

    /// Refuses a store with other applications, events or vouchers: those are the same in every schema.
    pub(super) fn compare_what_no_schema_changes(&self, found: &Self) -> Result<(), BackupError> {
        let rows = |held: &Self, table| held.tables.get(table).map_or(0, |it: &Rows| it.rows);
        for table in ["application", "event"] {
            if rows(self, table) != rows(found, table) {
                return Err(differs(table, rows(self, table), rows(found, table)));
            }
        }
        if self.log == found.log && self.vouchers == found.vouchers {
            return Ok(());
        }
        let what = "the log, or the money of vouchers, is not what it was when the backup was made";
        Err(BackupError::Different(what.to_owned()))
    }
}

fn differs(table: &str, then: u64, now: u64) -> BackupError {
    let what = if then == now {
        "its rows are not those".to_owned()
    } else {
        format!("it has {now} rows, not the {then}")
    };
    BackupError::Different(format!("table `{table}`: {what} that it had when the backup was made"))
}

/// What a part says of its contents.
#[derive(Debug, Default)]
pub(super) struct Contents<'a> {
    pub(super) counts: &'a [(&'a str, u64)],
    pub(super) missing: Vec<String>,
    pub(super) totals: Option<Held>,
}

/// What the parts of one backup have in common.
#[derive(Debug, Clone)]
pub(super) struct Common {
    pub(super) backup: String,
    pub(super) made_at: Timestamp,
    pub(super) taken_at: Timestamp,
    pub(super) installation: Option<String>,
}

impl Common {
    /// Writes the digests of a part's files and its manifest, which comes last.
    pub(super) fn end(
        &self,
        folder: &Path,
        part: Part,
        contents: Contents<'_>,
        sums: &files::Sums,
    ) -> Result<Manifest, BackupError> {
        let text = sums.text();
        create_private(&folder.join(SUMS), text.as_bytes())?;
        let manifest = Manifest {
            format: FORMAT,
            part,
            backup: self.backup.clone(),
            made_at: self.made_at,
            taken_at: self.taken_at,
            annona: env!("CARGO_PKG_VERSION").to_owned(),
            schema: archive::schema(),
            installation: self.installation.clone(),
            counts: contents.counts.iter().map(|(name, it)| ((*name).to_owned(), *it)).collect(),
            missing: contents.missing,
            totals: contents.totals,
            sums: Hash::of(text.as_bytes()).to_string(),
        };
        let text = serde_json::to_string_pretty(&manifest)?;
        create_private(&folder.join(MANIFEST), format!("{text}\n").as_bytes())?;
        Ok(manifest)
    }
}

impl Manifest {
    /// Reads what a part says of itself, and the digests of its files.
    pub(super) fn read(folder: &Path, part: Part) -> Result<(Self, files::Sums), BackupError> {
        let no =
            |what: &str| BackupError::NoPart { place: folder.to_owned(), what: what.to_owned() };
        let file = folder.join(MANIFEST);
        if !file.is_file() {
            return Err(no(&format!("there is no backup's {} here", part.name())));
        }
        let bytes = files::read(&file, MAX_BYTES)?;
        let form: Form = serde_json::from_slice(&bytes).map_err(|_| no("its manifest is none"))?;
        if form.format != FORMAT {
            return Err(no(&format!(
                "it is a backup of form {}, and this annona reads {FORMAT}",
                form.format
            )));
        }
        let manifest: Self =
            serde_json::from_slice(&bytes).map_err(|_| no("its manifest is none"))?;
        if manifest.part != part {
            return Err(no(&format!("it is the part `{}`", manifest.part.name())));
        }
        let sums = files::read(&folder.join(SUMS), u64::MAX)?;
        if Hash::of(&sums).to_string() != manifest.sums {
            let what = format!("{} is not what it was", folder.join(SUMS).display());
            return Err(BackupError::Different(what));
        }
        let sums = files::Sums::parse(&sums).ok_or_else(|| no("its list of digests is none"))?;
        Ok((manifest, sums))
    }

    /// Returns one of its counts.
    #[must_use]
    pub fn count(&self, of: &str) -> u64 {
        self.counts.get(of).copied().unwrap_or(0)
    }
}

/// The form of a manifest that may be another's.
#[derive(Debug, Deserialize)]
struct Form {
    format: u32,
}

/// Returns the public half of a folder's root key, if it has one.
pub(super) fn installation(layout: &Layout) -> Option<String> {
    let text = std::fs::read_to_string(layout.root_public()).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(log: &str, tables: &[(&str, u64, &str)]) -> Held {
        let tables = tables.iter().map(|(table, rows, digest)| {
            ((*table).to_owned(), Rows { rows: *rows, digest: (*digest).to_owned() })
        });
        Held { log: log.to_owned(), vouchers: BTreeMap::new(), tables: tables.collect() }
    }

    #[test]
    fn a_table_that_differs_is_named_with_what_differs() {
        let then = held("l", &[("event", 3, "a"), ("task", 2, "b")]);
        let said = |found: &Held| then.compare(found).unwrap_err().to_string();
        assert_eq!(
            said(&held("l", &[("event", 3, "a"), ("task", 1, "b")])),
            "a difference: table `task`: it has 1 rows, not the 2 that it had when the backup was made"
        );
        assert_eq!(
            said(&held("l", &[("event", 3, "c"), ("task", 2, "b")])),
            "a difference: table `event`: its rows are not those that it had when the backup was made"
        );
    }

    #[test]
    fn of_an_older_schema_the_log_and_the_numbers_of_applications_and_events_are_compared() {
        let then = held("l", &[("event", 3, "a"), ("task", 2, "b")]);
        let written_anew = held("l", &[("event", 3, "c"), ("queue", 9, "d")]);
        assert!(then.compare_what_no_schema_changes(&written_anew).is_ok());
        let lost = held("l", &[("event", 2, "c")]);
        assert!(then.compare_what_no_schema_changes(&lost).is_err());
        let altered = held("m", &[("event", 3, "c")]);
        assert!(then.compare_what_no_schema_changes(&altered).is_err());
    }
}
