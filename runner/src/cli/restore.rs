//! `annona restore`

use std::path::PathBuf;

use annona_engine::clock::System;
use serde_json::json;

use super::Answer;
use super::backup::{block_on, complain, tell};
use super::progress::Progress;
use super::words::counted;
use crate::backup::{self, Restored};
use crate::folder::Layout;
use crate::output;

/// Puts a data folder together from a backup, or only verifies that one can be.
///
/// Every file is compared with its digest, every table with its rows and digest of then. With --verify the result is opened:
/// every application is folded and compared with its row, every document is opened. With keys of a later backup, applications that
/// were erased since are erased here as well. Without keys nothing is restored. The daemon is then started with `annona serve`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("purpose").required(true).multiple(true).args(["data", "verify"])))]
pub(super) struct Restore {
    /// The backup: a folder that `annona backup` made, or the store of one.
    from: PathBuf,
    /// Data folder to be made: new, or empty.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The keys, where they are elsewhere: of the same backup, or of a later one.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// The documents, where they are elsewhere.
    #[arg(long)]
    documents: Option<PathBuf>,
    /// The master key, which is in no backup; it is put into the data folder.
    #[arg(long)]
    master_key_file: Option<PathBuf>,
    /// Open, fold and compare everything; without --data in a temporary folder (TMPDIR), which is removed.
    #[arg(long, requires = "master_key_file")]
    verify: bool,
    /// Print what was restored as JSON.
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) fn run(&self) -> Answer {
        self.restored().map_or_else(|answer| answer, |()| Answer::Yes)
    }

    fn restored(&self) -> Result<(), Answer> {
        let restore = backup::Restore {
            from: self.from.clone(),
            keys: self.keys.clone(),
            documents: self.documents.clone(),
            master_key: self.master_key_file.clone(),
            verify: self.verify,
        };
        let progress = Progress::new();
        let told = |step| tell(&progress, step);
        let restored = block_on(restore.run(self.data.as_deref(), &System, &told))?;
        progress.end();
        let restored = restored.map_err(|error| complain(&error))?;
        if self.json {
            say_json(&restored);
        } else {
            self.say(&restored);
        }
        Ok(())
    }

    fn say(&self, restored: &Restored) {
        let store = &restored.store;
        output::say(&format!(
            "backup {} of {}: {}, {}, {}",
            store.backup,
            store.made_at,
            counted(store.count("applications"), "application"),
            counted(store.count("events"), "event"),
            counted(restored.documents, "document"),
        ));
        output::say("rows, totals and digests are those of the backup");
        if restored.erased > 0 {
            let erased = counted(restored.erased, "application");
            output::say(&format!("{erased} erased since: their values are gone here as well"));
        }
        if let Some(audited) = restored.audited {
            output::say(&format!(
                "no difference: {} folded, {} and {} checked, every document opened",
                counted(audited.applications, "application"),
                counted(audited.events, "event"),
                counted(audited.definitions, "definition"),
            ));
        }
        if !restored.missing.is_empty() {
            output::say(&format!(
                "{} had no file when the backup was made: {}",
                counted(restored.missing.len() as u64, "document"),
                restored.missing.join(", ")
            ));
        }
        let Some(folder) = &restored.folder else { return };
        output::say(&format!("data:      {}", folder.display()));
        if self.master_key_file.is_none() {
            let file = Layout::new(folder).master_key();
            output::say(&format!("master key: put it back as {} (mode 0600)", file.display()));
        }
        output::say(&format!(
            "what was answered after {} is not in it: compare redemptions with what providers hold before vouchers are redeemed again",
            store.made_at
        ));
    }
}

fn say_json(restored: &Restored) {
    let store = &restored.store;
    let audited = restored.audited.map(|audited| {
        json!({
            "difference": null,
            "applications": audited.applications,
            "events": audited.events,
            "definitions": audited.definitions,
        })
    });
    output::say_json(&json!({
        "backup": store.backup,
        "folder": restored.folder.as_ref().map(|folder| folder.display().to_string()),
        "made_at": store.made_at,
        "applications": store.count("applications"),
        "events": store.count("events"),
        "documents": restored.documents,
        "erased_since": restored.erased,
        "missing": restored.missing,
        "totals": store.totals,
        "verified": audited,
    }));
}
