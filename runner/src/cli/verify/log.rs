//! `annona verify log`

use annona_engine::service::{AuditError, Audited, audit};
use annona_engine::store::StoreError;
use annona_engine::vault::MasterKey;
use serde_json::json;

use super::super::Answer;
use super::super::folder::Place;
use super::super::words::counted;
use crate::config::{Config, Given, Store};
use crate::folder::{Layout, kept_master_key, master_key_of};
use crate::opened::{OpenError, Opened, place};
use crate::output;

/// Recomputes everything that was recorded of applications: bytes, chains, commitments, folds, sums and what is derived; and
/// compares definitions and rosters with their digests.
///
/// A daemon may be running: nothing is locked, and nothing is written.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Log {
    #[command(flatten)]
    place: Place,
    /// Where everything is kept: sqlite, or the address of a PostgreSQL database.
    #[arg(long)]
    store: Option<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Log {
    pub(super) fn run(&self) -> Result<Answer, Answer> {
        let store = self.store.clone().map(|value| Given { name: "store", value });
        let config = self.place.config_with(store)?;
        let layout = Layout::of(&config);
        let file = layout.database();
        if config.store == Store::Sqlite && !file.is_file() {
            output::complain(&format!("there is no database {}", file.display()));
            return Err(Answer::CannotRead);
        }
        let named = config.master_key_file.as_deref();
        let master = match config.store {
            Store::Sqlite => master_key_of(&layout, named),
            Store::Postgres(_) => kept_master_key(&layout, named, &place(&config, &layout)),
        };
        let master = master.map_err(|error| cannot(&error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| cannot(&error.to_string()))?;
        let found = runtime
            .block_on(audited(&config, &layout, &master))
            .map_err(|error| cannot(&error.to_string()))?;
        match found {
            Ok(audited) => {
                self.say(audited);
                Ok(Answer::Yes)
            }
            // What cannot be read row by row was altered as well.
            Err(AuditError::Store(error)) if !matches!(error, StoreError::Corrupt { .. }) => {
                Err(cannot(&format!("{}: {error}", place(&config, &layout))))
            }
            Err(difference) => {
                self.say_difference(&difference);
                Ok(Answer::No)
            }
        }
    }

    fn say(&self, audited: Audited) {
        let Audited { applications, events, definitions } = audited;
        if self.json {
            let found = json!({
                "difference": null,
                "applications": applications,
                "events": events,
                "definitions": definitions,
            });
            return output::say_json(&found);
        }
        output::say(&format!(
            "no difference: {}, {}, {} checked",
            counted(applications, "application"),
            counted(events, "event"),
            counted(definitions, "definition"),
        ));
    }

    fn say_difference(&self, difference: &AuditError) {
        if !self.json {
            return output::say(&format!("a difference: {difference}"));
        }
        let words = difference.to_string();
        let found = match difference {
            AuditError::Different(place) => json!({
                "difference": words,
                "application": place.application.to_string(),
                "event": place.version,
            }),
            AuditError::Definition(_) | AuditError::Roster { .. } | AuditError::Store(_) => {
                json!({ "difference": words })
            }
        };
        output::say_json(&found);
    }
}

/// Opens the store and audits it; the outer error says that it cannot be opened.
async fn audited(
    config: &Config,
    layout: &Layout,
    master: &MasterKey,
) -> Result<Result<Audited, AuditError>, OpenError> {
    let store = Opened::open_to_read(config, layout).await?;
    let found = audit(store.auditable(), master).await;
    store.close().await;
    Ok(found)
}

fn cannot(cause: &str) -> Answer {
    output::complain(&format!("annona: {cause}"));
    Answer::CannotRead
}
