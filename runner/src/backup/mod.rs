//! Backups of an installation, in parts that can be kept apart and for different times: the store without its keys, the encrypted
//! documents, and the keys that open both.
//!
//! A backup is read beside a daemon and takes no lock; it appears under its name when it is whole. The master key is in no part.
//! Knows no terminal.

mod documents;
mod error;
mod files;
mod make;
mod manifest;
mod restore;
mod verify;

use std::path::{Path, PathBuf};

pub use error::BackupError;
pub use make::{Made, make};
pub use manifest::{Manifest, Part};
pub use restore::{Restore, Restored};

/// What is being done, for somebody who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The database is copied.
    Database,
    /// Rows are counted: so many of them, where that is known.
    Rows(Option<u64>),
    /// Documents are copied: so many of them.
    Documents(u64),
    /// Every application is folded and compared.
    Audit,
    /// Every document is opened: so many of them.
    Opening(u64),
    /// So many more of what was named last are done.
    Done(u64),
}

/// Told about each step.
pub type Told<'a> = &'a (dyn Fn(Step) + Send + Sync);

/// The file of a part's database.
const DATABASE: &str = "annona.db";
/// The file of the keys of applications and documents.
const KEYS: &str = "keys.db";
/// The file that says what a part is.
const MANIFEST: &str = "manifest.json";
/// The file with the digest of each file of a part, as `sha256sum --check` reads it.
const SUMS: &str = "SHA256SUMS";

/// Returns a part: the folder itself, or the one in a whole backup.
fn part_at(place: &Path, part: Part) -> PathBuf {
    let within = place.join(part.name());
    if within.join(MANIFEST).is_file() { within } else { place.to_owned() }
}
