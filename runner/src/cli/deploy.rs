//! `annona deploy`

use std::path::PathBuf;

use annona_definitions::source::MAX_SOURCE_BYTES;
use serde_json::Value;

use super::asking::{Asking, Told};
use super::connection::Connection;
use super::screen::Screen;
use super::trouble::Trouble;
use super::words::{count, list, text};
use super::{definition_file, values};
use crate::client::{Client, ClientError};

/// The media type of a definition.
const YAML: &str = "application/yaml";
/// Digits of a digest that people compare.
const SHORT_DIGEST: usize = 12;

/// Deploys a programme: new applications begin with it, open ones stay on what they began with.
///
/// The daemon checks the definition first, and answers with every finding where it has errors. Deploying the same source again
/// changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: annona deploy my-programme.yaml")]
pub(super) struct Deploy {
    /// The definition: a file, or a folder that holds a `programme.yaml`.
    file: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

impl Asking for Deploy {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        let file = definition_file(&self.file);
        let name = file.display().to_string();
        let bytes = values::read_bytes(&file, MAX_SOURCE_BYTES)?;
        let own = Own { name: &name, source: &bytes };
        match client.post_bytes("/v1/programmes", YAML, &bytes).await {
            Ok(answer) => {
                let warnings = own.findings(list(&answer, "/warnings"), screen);
                let words = format!("{warnings}{}", deployed(&answer));
                Ok(Told::yes(answer, words))
            }
            Err(ClientError::Problem(problem)) if problem.report.is_some() => {
                let report = problem.report.as_ref().unwrap_or(&Value::Null);
                let number = |key| report.get(key).and_then(Value::as_u64).unwrap_or_default();
                let why = match number("errors") {
                    0 => format!(
                        "valid, but {} not built yet",
                        count(number("not_built"), "part of it is", "parts of it are")
                    ),
                    errors => count(errors, "error", "errors"),
                };
                let words = format!(
                    "{}{name}: {why}; nothing was deployed",
                    own.findings(list(report, "/findings"), screen)
                );
                Ok(Told::no(problem.whole, words))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn deployed(answer: &Value) -> String {
    let digest: String = text(answer, "/digest").chars().take(SHORT_DIGEST).collect();
    let (programme, number) = (text(answer, "/programme"), text(answer, "/number"));
    if answer.pointer("/unchanged") == Some(&Value::Bool(true)) {
        format!("{programme} is unchanged: this is its deployment {number} (digest {digest}…)")
    } else {
        format!("{programme} is deployed: number {number} (digest {digest}…)")
    }
}

/// The definition that was sent.
struct Own<'a> {
    name: &'a str,
    source: &'a [u8],
}

impl Own<'_> {
    /// Shows a daemon's findings as `annona check` does, with an empty line after them.
    fn findings(&self, found: &[Value], screen: &Screen) -> String {
        if found.is_empty() {
            return String::new();
        }
        // The daemon sends places, and the text that they underline is here.
        let report = annona_definitions::compile(self.name, self.source).report;
        if list(&report.to_json(), "/findings") == found {
            return format!("{}\n", report.to_text(screen.colour));
        }
        // A daemon of another version may find something else.
        let shown = found.iter().map(|finding| self.finding(finding));
        format!("{}\n", shown.collect::<Vec<_>>().join("\n"))
    }

    fn finding(&self, finding: &Value) -> String {
        let help = text(finding, "/help");
        let help = if help.is_empty() { help } else { format!("\n  = help: {help}") };
        format!(
            "{}[{}]: {}\n --> {}:{}:{}{help}\n",
            text(finding, "/severity"),
            text(finding, "/code"),
            text(finding, "/message"),
            self.name,
            text(finding, "/line"),
            text(finding, "/column")
        )
    }
}
