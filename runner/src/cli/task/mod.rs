//! `annona task`

mod decide;
mod show;

use clap::Subcommand;
use serde_json::{Value, json};

use super::asking::{Asking, Told};
use super::connection::Connection;
use super::lookup;
use super::paging::{self, Paging};
use super::screen::Screen;
use super::table::Table;
use super::trouble::Trouble;
use super::words::{items, text, who};
use crate::client::{Client, path};

/// Lists, claims and decides tasks: an officer's work.
///
/// TASK is a task's id, or the reference (US-7K3F-92Q6) or id of an application with one open task.
#[derive(Debug, clap::Args)]
pub(super) struct Task {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists tasks that your roles work.
    #[command(after_help = "Example: annona task list --view mine --late")]
    List(List),
    /// Claims the most urgent task, and shows it. Exit status 1: there is none.
    Next,
    /// Shows a task: the form, what is asked, the reasons, and what you can decide now and why not.
    Show {
        /// The task.
        task: String,
    },
    /// Claims a task, so that colleagues see that you are on it.
    Claim {
        /// The task.
        task: String,
    },
    /// Puts a task back that you claimed.
    Release {
        /// The task.
        task: String,
    },
    Decide(decide::Decide),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Which tasks: those you claimed, those nobody has claimed, or all of your roles.
    #[arg(long, value_parser = ["mine", "pool", "team"])]
    view: Option<String>,
    /// Only of this programme.
    #[arg(long)]
    programme: Option<String>,
    /// Only of this stage.
    #[arg(long)]
    stage: Option<String>,
    /// Only those whose deadline has passed.
    #[arg(long)]
    late: bool,
    #[command(flatten)]
    paging: Paging,
}

impl Asking for Task {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        match &self.action {
            Action::List(list) => list.ask(client, screen).await,
            Action::Next => {
                let answer = client.post("/v1/tasks/next", &json!({})).await?;
                if answer.is_null() {
                    return Ok(Told::no(answer, "no task waits for you"));
                }
                let words = show::claimed(&answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Show { task } => {
                let answer = client.get(&at(client, task, &[]).await?).await?;
                let words = show::words(&answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Claim { task } => {
                let answer = client.post(&at(client, task, &["claim"]).await?, &json!({})).await?;
                let words = show::claimed(&answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Release { task } => {
                let place = at(client, task, &["release"]).await?;
                let answer = client.post(&place, &json!({})).await?;
                Ok(Told::yes(answer, "released: the task is in the queue again"))
            }
            Action::Decide(decide) => decide.ask(client, screen).await,
        }
    }
}

impl List {
    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        let filters = [
            ("view", &self.view),
            ("programme", &self.programme),
            ("stage", &self.stage),
            ("late", &self.late.then(|| "true".to_owned())),
        ];
        let answer = client.get(&self.paging.path("/v1/tasks", &filters)).await?;
        let mut table =
            Table::new(&["application", "stage", "role", "due", "late", "claimed by", "task"]);
        for task in items(&answer) {
            table.row([
                text(task, "/reference"),
                text(task, "/title"),
                text(task, "/role"),
                screen.instant(&text(task, "/due")),
                late(task).to_owned(),
                who(&text(task, "/claimed_by")),
                text(task, "/id"),
            ]);
        }
        let words = paging::shown(&table, &answer, "no task waits for you here", screen);
        Ok(Told::yes(answer, words))
    }
}

fn late(task: &Value) -> &'static str {
    if task.pointer("/late") == Some(&Value::Bool(true)) { "late" } else { "" }
}

/// Returns the address of a task, or of something of it.
async fn at(client: &Client, typed: &str, rest: &[&str]) -> Result<String, Trouble> {
    let id = lookup::task(client, typed).await?;
    let mut segments = vec!["v1", "tasks", &id];
    segments.extend(rest);
    Ok(path(&segments, &[]))
}
