//! `annona incident`

use clap::Subcommand;
use serde_json::{Value, json};

use super::asking::{Asking, Told};
use super::connection::Connection;
use super::paging::{self, Paging};
use super::screen::Screen;
use super::table::Table;
use super::trouble::Trouble;
use super::words::{items, status, text};
use crate::client::{Client, path};

/// Lists what waits for an operator, and tries again.
///
/// An incident is an application that is held because a rule could not run, or a message that could not be delivered.
#[derive(Debug, clap::Args)]
pub(super) struct Incident {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists open incidents. Nothing that is listed is lost.
    List(Paging),
    /// Tries again what could not be done, once its cause is removed.
    Retry {
        /// The incident, as `annona incident list` shows it.
        id: String,
    },
}

impl Asking for Incident {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        match &self.action {
            Action::List(paging) => {
                let answer = client.get(&paging.path("/v1/incidents", &[])).await?;
                let words = listed(&answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Retry { id } => {
                let answer =
                    client.post(&path(&["v1", "incidents", id, "retry"], &[]), &json!({})).await?;
                let words = retried(&answer);
                Ok(Told::yes(answer, words))
            }
        }
    }
}

fn listed(answer: &Value, screen: &Screen) -> String {
    let mut table = Table::new(&["id", "kind", "application", "since", "cause"]);
    for incident in items(answer) {
        table.row([
            text(incident, "/id"),
            text(incident, "/kind").replace('_', " "),
            text(incident, "/application"),
            screen.instant(&text(incident, "/since")),
            text(incident, "/cause"),
        ]);
    }
    paging::shown(&table, answer, "nothing waits for an operator", screen)
}

fn retried(answer: &Value) -> String {
    match text(answer, "/status").as_str() {
        "" => "tried again: the message is due at once".to_owned(),
        code => {
            format!("tried again: application {} is {}", text(answer, "/application"), status(code))
        }
    }
}
