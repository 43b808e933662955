//! `annona token`

use clap::Subcommand;
use serde_json::{Map, Value};

use super::asking::{Asking, Told};
use super::connection::Connection;
use super::paging::{self, Paging};
use super::screen::Screen;
use super::table::Table;
use super::trouble::Trouble;
use super::words::{items, list, text, who};
use crate::client::{Client, path};

/// Makes, lists and revokes the tokens with which people and providers ask the daemon.
#[derive(Debug, clap::Args)]
pub(super) struct Token {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes a token for a person or provider of the roster; it is shown once.
    #[command(after_help = "Example: annona token new grace --label laptop")]
    New {
        /// Whose: the id of a person or provider of the roster.
        owner: String,
        /// What it is for, in words of your own.
        #[arg(long)]
        label: Option<String>,
        /// When it ends, in RFC 3339 (2027-01-31T00:00:00Z); without it, never.
        #[arg(long, value_name = "INSTANT")]
        expires_at: Option<jiff::Timestamp>,
    },
    /// Lists tokens, never their text: your own, and for administrators everybody's.
    List(Paging),
    /// Revokes a token at once.
    Revoke {
        /// Its id, as `annona token list` shows it.
        id: String,
    },
}

impl Asking for Token {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        match &self.action {
            Action::New { owner, label, expires_at } => {
                let owner = full_owner(client, owner).await?;
                let mut body = Map::from_iter([("owner".to_owned(), Value::from(owner))]);
                if let Some(label) = label {
                    body.insert("label".to_owned(), label.as_str().into());
                }
                if let Some(end) = expires_at {
                    body.insert("expires_at".to_owned(), end.to_string().into());
                }
                let answer = client.post("/v1/tokens", &body.into()).await?;
                let words = format!(
                    "{}\n\nThis token of {} (id {}) is shown this once: keep it like a password.",
                    text(&answer, "/token"),
                    who(&text(&answer, "/owner")),
                    text(&answer, "/id")
                );
                Ok(Told::yes(answer, words))
            }
            Action::List(paging) => {
                let answer = client.get(&paging.path("/v1/tokens", &[])).await?;
                let words = listed(&answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Revoke { id } => {
                let answer = client.delete(&path(&["v1", "tokens", id], &[])).await?;
                Ok(Told::yes(answer, format!("token {id} is revoked")))
            }
        }
    }
}

fn listed(answer: &Value, screen: &Screen) -> String {
    let mut table = Table::new(&["id", "owner", "label", "made", "ends"]);
    for token in items(answer) {
        table.row([
            text(token, "/id"),
            who(&text(token, "/owner")),
            text(token, "/label"),
            screen.instant(&text(token, "/created_at")),
            screen.instant(&text(token, "/expires_at")),
        ]);
    }
    paging::shown(&table, answer, "there are no tokens", screen)
}

/// Returns an owner with its kind: `person:grace`. An id stands once in a roster, so that the id alone tells which.
async fn full_owner(client: &Client, typed: &str) -> Result<String, Trouble> {
    if typed.contains(':') {
        return Ok(typed.to_owned());
    }
    let roster = client.get("/v1/roster").await?;
    let is_provider = list(&roster, "/providers").iter().any(|it| text(it, "/id") == typed);
    Ok(format!("{}:{typed}", if is_provider { "provider" } else { "person" }))
}
