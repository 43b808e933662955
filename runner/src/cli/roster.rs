//! `annona roster`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Map, Value};

use super::asking::{Asking, Told};
use super::connection::Connection;
use super::screen::Screen;
use super::trouble::Trouble;
use super::values;
use super::words::{clean, count, list, text};
use crate::client::{Client, ClientError};

/// The address of the roster.
const ROSTER: &str = "/v1/roster";

/// Shows or replaces the roster: people, the roles they hold, and providers.
#[derive(Debug, clap::Args)]
pub(super) struct Roster {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows the roster that stands, as YAML that can be edited and applied.
    #[command(after_help = "Example: annona roster show > roster.yaml")]
    Show,
    /// Puts a file in the place of the roster; whoever is not in it loses their roles at once.
    #[command(after_help = "Example: annona roster apply roster.yaml")]
    Apply {
        /// The roster, in YAML; `-` reads it from standard input.
        file: PathBuf,
    },
}

impl Asking for Roster {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(&self, client: &Client, _: &Screen) -> Result<Told, Trouble> {
        match &self.action {
            Action::Show => {
                let roster = client.read(ROSTER).await?;
                let words = as_yaml(&roster.value, roster.etag.as_deref())?;
                Ok(Told::yes(roster.value, words))
            }
            Action::Apply { file } => {
                let roster = values::read(file)?;
                let answer = client.put(ROSTER, &roster).await.map_err(of_a_roster)?;
                let words = applied(&answer);
                Ok(Told::yes(answer, words))
            }
        }
    }
}

/// Returns that a file is no roster where the daemon cannot read it as one; what it says of lines is of what was sent, not of the file.
fn of_a_roster(error: ClientError) -> ClientError {
    match error {
        ClientError::Problem(mut problem) if problem.code == "body_invalid" => {
            "roster_invalid".clone_into(&mut problem.code);
            "the file is not written as a roster is".clone_into(&mut problem.detail);
            ClientError::Problem(problem)
        }
        other => other,
    }
}

/// Writes what can be applied again: people and providers, without what the daemon adds.
fn as_yaml(roster: &Value, version: Option<&str>) -> Result<String, Trouble> {
    let parts = ["people", "providers"]
        .into_iter()
        .filter_map(|part| Some((part.to_owned(), roster.get(part)?.clone())));
    let parts: Map<String, Value> = parts.collect();
    let yaml = serde_yaml::to_string(&parts)
        .map_err(|error| Trouble::CannotReach(format!("cannot write the roster: {error}")))?;
    let version = version.map(|etag| format!("# version {}\n", clean(etag.trim_matches('"'))));
    Ok(format!("{}{}", version.unwrap_or_default(), yaml.trim_end()))
}

fn applied(answer: &Value) -> String {
    let size = |place| answer.pointer(place).and_then(Value::as_u64).unwrap_or_default();
    let mut words = format!(
        "the roster stands, version {}: {}, {}",
        text(answer, "/version"),
        count(size("/people"), "person", "people"),
        count(size("/providers"), "provider", "providers")
    );
    for warning in list(answer, "/warnings") {
        // Writing into a string never fails.
        let _ = write!(words, "\nwarning: {}", text(warning, "/message"));
    }
    words
}
