//! `annona store copy`

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use annona_engine::store::copy::{CopyError, Copying, Step};
use annona_engine::store::{Postgres, StoreError, Totals};
use serde_json::json;

use super::super::Answer;
use super::super::backup::block_on;
use super::super::progress::Progress;
use super::super::words::counted;
use crate::config::{Config, Database, Given, Store};
use crate::folder::{Folder, FolderError, Layout};
use crate::opened::address;
use crate::output;

/// Copies everything that a data folder's SQLite file holds into an empty PostgreSQL database.
///
/// The daemon must not be running. What was broken off goes on when it is run again, and no daemon serves the database before
/// all of it is there and both sides were compared: every table's rows and digest. The file stays as it is. Keys and documents stay in
/// the folder, which `annona serve --store ADDRESS` then goes on with.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Copy {
    /// The data folder, or the file in it.
    source: PathBuf,
    /// The database: `postgres://user@host/database`.
    address: String,
    /// Configuration file (TOML).
    #[arg(long, env = "ANNONA_CONFIG")]
    config: Option<PathBuf>,
    /// File that holds the password of the database.
    #[arg(long)]
    store_password_file: Option<String>,
    /// Print what was copied as JSON.
    #[arg(long)]
    json: bool,
}

impl Copy {
    pub(super) fn run(&self) -> Result<(), Answer> {
        let database = self.database()?;
        let address = address(&database).map_err(|error| cannot(&error.to_string()))?;
        let file = if self.source.is_dir() {
            Layout::new(&self.source).database()
        } else {
            self.source.clone()
        };
        // Held until all is there: no daemon writes to the file meanwhile.
        let folder = lock(&file)?;
        let progress = Progress::new();
        let totals = block_on(copy(&file, &address, &progress))?;
        progress.end();
        let totals = totals.map_err(|error| complain(&error, &file, &address.to_string()))?;
        if let Some(folder) = &folder {
            block_on(hand_over(folder, &address))??;
        }
        self.say(&totals, &file, &address.to_string());
        Ok(())
    }

    fn database(&self) -> Result<Database, Answer> {
        let password = self.store_password_file.clone();
        let password = password.map(|value| Given { name: "store_password_file", value });
        let store = Given { name: "store", value: self.address.clone() };
        let flags: Vec<Given> = std::iter::once(store).chain(password).collect();
        let config = Config::load(self.config.as_deref(), std::env::vars(), &flags);
        let config = config.map_err(|error| {
            output::complain(&format!("annona: {error}"));
            Answer::Usage
        })?;
        match config.store {
            Store::Postgres(database) => Ok(database),
            Store::Sqlite => {
                output::complain("annona: name a database: postgres://user@host/database");
                Err(Answer::Usage)
            }
        }
    }

    fn say(&self, totals: &Totals, file: &Path, address: &str) {
        let rows: u64 = totals.tables.iter().map(|(_, tally)| tally.rows).sum();
        let (applications, events) = (totals.rows("application"), totals.rows("event"));
        if self.json {
            return output::say_json(&json!({
                "store": address,
                "rows": rows,
                "applications": applications,
                "events": events,
                "log": totals.log.to_string(),
            }));
        }
        output::say(&format!(
            "{} copied to {address}: {}, {}; rows, totals and digests of both sides are alike",
            counted(rows, "row"),
            counted(applications, "application"),
            counted(events, "event"),
        ));
        let folder = file.parent().unwrap_or(Path::new("."));
        output::say(&format!(
            "go on with: annona serve --data {} --store {}",
            folder.display(),
            self.address
        ));
        output::say(&format!(
            "{} stays as it is: put it aside, so that no daemon goes on with it by mistake",
            file.display()
        ));
    }
}

/// Takes the folder of a file, where it is a data folder.
fn lock(file: &Path) -> Result<Option<Folder>, Answer> {
    if !file.is_file() {
        return Err(cannot(&format!("there is no database {}", file.display())));
    }
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if folder.join("manifest.json").is_file() {
        output::complain(&format!(
            "annona: {} is a backup's, without its keys: restore it first",
            file.display()
        ));
        return Err(Answer::Refused);
    }
    if !Layout::new(folder).lock().is_file() {
        return Ok(None);
    }
    Folder::open(folder).map(Some).map_err(|error| {
        let answer = cannot(&error.to_string());
        if !matches!(error, FolderError::InUse { .. }) {
            return answer;
        }
        output::complain("stop the daemon, copy, and start it on the database");
        Answer::Refused
    })
}

async fn copy(
    file: &Path,
    address: &annona_engine::store::Address,
    progress: &Progress,
) -> Result<Totals, CopyError> {
    let copying = Copying::begin(file, address).await?;
    let rows = copying.rows();
    progress.begin("rows are copied", Some(rows));
    let comparing = AtomicBool::new(false);
    copying
        .run(&|step| match step {
            Step::There(rows) | Step::Copied(rows) => progress.add(rows),
            Step::Compared(more) => {
                if !comparing.swap(true, Ordering::Relaxed) {
                    progress.begin("rows are compared", Some(rows.saturating_mul(2)));
                }
                progress.add(more);
            }
        })
        .await
}

/// Marks documents and keys as those of the database, whose daemons would pass them by otherwise.
async fn hand_over(folder: &Folder, address: &annona_engine::store::Address) -> Result<(), Answer> {
    let failed = |error: StoreError| cannot(&format!("{address}: {error}"));
    let database = Postgres::open(address).await.map_err(failed)?;
    let installation = database.installation().await.map_err(failed);
    database.close().await;
    folder.belongs_to(installation?, true).map_err(|error| {
        output::complain(&format!("annona: {error}"));
        Answer::Refused
    })
}

fn complain(error: &CopyError, file: &Path, address: &str) -> Answer {
    let place = match error {
        CopyError::Source(_) | CopyError::Nothing => file.display().to_string(),
        _ => address.to_owned(),
    };
    output::complain(&format!("annona: {place}: {error}"));
    match error {
        CopyError::Held | CopyError::Another | CopyError::UnderWay => Answer::Refused,
        CopyError::Differs { .. } => Answer::No,
        CopyError::Source(_) | CopyError::Target(_) | CopyError::Nothing => Answer::CannotRead,
    }
}

fn cannot(cause: &str) -> Answer {
    output::complain(&format!("annona: {cause}"));
    Answer::CannotRead
}
