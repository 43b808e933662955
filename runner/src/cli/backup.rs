//! `annona backup`

use std::path::{Path, PathBuf};

use annona_engine::clock::System;
use serde_json::json;

use super::Answer;
use super::folder::Place;
use super::progress::Progress;
use super::words::counted;
use crate::backup::{BackupError, Made, Part, Step, make};
use crate::config::{Config, Given, Store};
use crate::folder::Layout;
use crate::output;

/// Copies everything into a new folder: the database, the documents and the keys, each apart from the others.
///
/// A daemon may be running: nothing is locked, and nothing is written in its folder. The keys are kept apart, and for a shorter
/// time: what is erased meanwhile is then lost to old backups too. The master key is in no backup. Of a store in PostgreSQL
/// the backups are PostgreSQL's own; the guide says how.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    #[command(flatten)]
    place: Place,
    /// Where everything is kept, where the configuration does not say so.
    #[arg(long)]
    store: Option<String>,
    /// Folder of the backup: new, or empty.
    #[arg(long)]
    to: PathBuf,
    /// Print what was made as JSON.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) fn run(&self) -> Answer {
        self.made().unwrap_or_else(|answer| answer)
    }

    fn made(&self) -> Result<Answer, Answer> {
        let store = self.store.clone().map(|value| Given { name: "store", value });
        let config = self.place.config_with(store)?;
        if config.store != Store::Sqlite {
            output::complain(
                "annona: everything is in PostgreSQL: its backups are made by pg_basebackup, and the folders `documents` and `keys` \
                 are copied beside them; the guide's chapter on backups says how",
            );
            return Err(Answer::Refused);
        }
        let layout = Layout::new(&config.data);
        if !layout.database().is_file() {
            output::complain(&format!("there is no database {}", layout.database().display()));
            return Err(Answer::CannotRead);
        }
        let progress = Progress::new();
        let made = block_on(make(&layout, &self.to, &System, &|step| tell(&progress, step)))?;
        progress.end();
        let made = made.map_err(|error| complain(&error))?;
        let master = master_key(&config, &layout);
        if self.json {
            say_json(&made, &master);
        } else {
            say(&made, &master);
        }
        Ok(if made.documents.missing.is_empty() { Answer::Yes } else { Answer::No })
    }
}

/// Runs a future to its end, with nothing beside it.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        output::complain(&format!("annona: {error}"));
        Answer::CannotRead
    })?;
    Ok(runtime.block_on(future))
}

/// Shows a step.
pub(super) fn tell(progress: &Progress, step: Step) {
    match step {
        Step::Database => progress.begin("the database is copied", None),
        Step::Rows(rows) => progress.begin("rows are counted", rows),
        Step::Documents(number) => progress.begin("documents are copied", Some(number)),
        Step::Audit => progress.begin("applications are folded and compared", None),
        Step::Opening(number) => progress.begin("documents are opened", Some(number)),
        Step::Done(more) => progress.add(more),
    }
}

/// Says what is wrong, and returns what that means.
pub(super) fn complain(error: &BackupError) -> Answer {
    output::complain(&format!("annona: {error}"));
    match error {
        BackupError::Refused(_) => Answer::Refused,
        BackupError::Different(_) => Answer::No,
        _ => Answer::CannotRead,
    }
}

fn master_key(config: &Config, layout: &Layout) -> PathBuf {
    let file = config.master_key_file.clone().unwrap_or_else(|| layout.master_key());
    std::path::absolute(&file).unwrap_or(file)
}

fn say(made: &Made, master: &Path) {
    let place = |part: Part| made.folder.join(part.name()).display().to_string();
    let (store, documents) = (&made.store, &made.documents);
    output::say(&format!(
        "backup {} of {}: {}, {}, {}",
        store.backup,
        store.made_at,
        counted(store.count("applications"), "application"),
        counted(store.count("events"), "event"),
        counted(documents.count("documents"), "document"),
    ));
    output::say(&format!("store:      {} (the database, without its keys)", place(Part::Store)));
    output::say(&format!("documents:  {} (encrypted)", place(Part::Documents)));
    output::say(&format!(
        "keys:       {} (keep them apart from the others, and for a shorter time)",
        place(Part::Keys)
    ));
    output::say(&format!(
        "master key: {} is not in the backup, and without it nothing personal can be opened: keep a copy of it elsewhere",
        master.display()
    ));
    let erased = documents.count("erased_meanwhile");
    if erased > 0 {
        let documents = counted(erased, "document");
        output::say(&format!("{documents} went meanwhile, with what was erased: no failure"));
    }
    if !documents.missing.is_empty() {
        output::complain(&format!(
            "annona: {} of the data folder without a file: {}",
            counted(documents.missing.len() as u64, "document"),
            documents.missing.join(", ")
        ));
    }
}

fn say_json(made: &Made, master: &Path) {
    let (store, documents) = (&made.store, &made.documents);
    output::say_json(&json!({
        "backup": store.backup,
        "folder": made.folder.display().to_string(),
        "made_at": store.made_at,
        "applications": store.count("applications"),
        "events": store.count("events"),
        "documents": documents.count("documents"),
        "erased_meanwhile": documents.count("erased_meanwhile"),
        "missing": documents.missing,
        "totals": store.totals,
        "master_key": master.display().to_string(),
    }));
}
