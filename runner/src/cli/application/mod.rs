//! `annona application`

mod history;
mod show;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::asking::{Asking, Told};
use super::connection::Connection;
use super::lookup;
use super::paging::{self, Paging};
use super::screen::Screen;
use super::table::Table;
use super::trouble::Trouble;
use super::values::{Typed, read_fields};
use super::words::{clean, items, status, text};
use crate::client::{Client, ClientError, path};

pub(super) use history::lines as event_lines;
pub(super) use show::{after, form, voucher_line};

/// Sends, shows and changes applications.
///
/// APPLICATION is a reference, as US-7K3F-92Q6, or an id.
#[derive(Debug, clap::Args)]
pub(super) struct Application {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists applications that you may see.
    #[command(after_help = "Example: annona application list --status in_review --stage medical")]
    List(List),
    /// Shows where an application stands: its stages, reason, deadline and voucher.
    Show {
        /// A reference, as US-7K3F-92Q6, or an id.
        application: String,
    },
    /// Sends an application on somebody's behalf, with the form from a file.
    #[command(after_help = "Example: annona application submit urgent-surgery --form ana.yaml

The file holds the form's fields, in YAML or JSON; a file field names a file beside it:

  name: Ana Mora
  cost: 2300
  quote: \"@quote.pdf\"")]
    Submit {
        /// The programme's id.
        programme: String,
        /// The form: a file in JSON or YAML; `-` reads it from standard input.
        #[arg(long, value_name = "FILE")]
        form: PathBuf,
        /// The id of the person in the roster whom it is for, if that is not the applicant of the form.
        #[arg(long, value_name = "WHO")]
        on_behalf_of: Option<String>,
    },
    /// Answers for the applicant what an officer sent back: only the fields that were asked for.
    #[command(after_help = "Example: annona application answer US-7K3F-92Q6 --form corrected.yaml")]
    Answer {
        /// A reference, as US-7K3F-92Q6, or an id.
        application: String,
        /// The corrected fields: a file in JSON or YAML; `-` reads it from standard input.
        #[arg(long, value_name = "FILE")]
        form: PathBuf,
    },
    /// Withdraws an application for the applicant.
    Withdraw {
        /// A reference, as US-7K3F-92Q6, or an id.
        application: String,
    },
    /// Destroys the personal values of an application that has ended; the log stays verifiable. This cannot be undone.
    Erase {
        /// A reference, as US-7K3F-92Q6, or an id.
        application: String,
    },
    /// Shows everything that happened: who, what, when, and why each rule held or did not.
    History {
        /// A reference, as US-7K3F-92Q6, or an id.
        application: String,
    },
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only of this programme.
    #[arg(long)]
    programme: Option<String>,
    /// Only with this status.
    #[arg(long, value_parser = ["in_review", "with_applicant", "held", "approved", "rejected", "withdrawn"])]
    status: Option<String>,
    /// Only in this stage.
    #[arg(long)]
    stage: Option<String>,
    /// Only with this reference.
    #[arg(long)]
    reference: Option<String>,
    /// Only those with all these words in the applicant's name, their phone number, or the beginning of the reference.
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

impl Asking for Application {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        match &self.action {
            Action::List(list) => list.ask(client, screen).await,
            Action::Show { application } => {
                let answer = client.get(&at(client, application, &[]).await?).await?;
                let words = show::words(&answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Submit { programme, form, on_behalf_of } => {
                let form = filled(client, programme, form).await?;
                let mut body = Map::from_iter([
                    ("programme".to_owned(), programme.as_str().into()),
                    ("form".to_owned(), form.into()),
                ]);
                body.extend(
                    on_behalf_of.iter().map(|who| ("on_behalf_of".to_owned(), who.as_str().into())),
                );
                let answer = client.post("/v1/applications", &body.into()).await?;
                let words = received(&answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Answer { application, form } => {
                let place = at(client, application, &[]).await?;
                let programme = text(&client.get(&place).await?, "/programme");
                let form = filled(client, &programme, form).await?;
                let answer =
                    client.post(&format!("{place}/answer"), &json!({"form": form})).await?;
                let words = show::after("answered", &answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Withdraw { application } => {
                let place = at(client, application, &["withdraw"]).await?;
                let answer = client.post(&place, &json!({})).await?;
                let words = format!("{} is withdrawn", name(&answer, application));
                Ok(Told::yes(answer, words))
            }
            Action::Erase { application } => {
                let place = at(client, application, &["erase"]).await?;
                let answer = client.post(&place, &json!({})).await?;
                let words = format!(
                    "the personal values of {} are erased; the log stays and still verifies",
                    name(&answer, application)
                );
                Ok(Told::yes(answer, words))
            }
            Action::History { application } => {
                let place = at(client, application, &["history"]).await?;
                let answer = paging::whole(client, &place).await?;
                let words = history::words(&answer, screen);
                Ok(Told::yes(answer, words))
            }
        }
    }
}

impl List {
    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        let filters = [
            ("programme", &self.programme),
            ("status", &self.status),
            ("stage", &self.stage),
            ("reference", &self.reference),
            ("q", &self.search),
        ];
        let answer = client.get(&self.paging.path("/v1/applications", &filters)).await?;
        let mut table =
            Table::new(&["reference", "programme", "status", "stage", "due", "changed"]);
        for application in items(&answer) {
            table.row([
                text(application, "/reference"),
                text(application, "/programme"),
                status(&text(application, "/status")),
                text(application, "/stage"),
                screen.instant(&text(application, "/due")),
                screen.instant(&text(application, "/changed_at")),
            ]);
        }
        let words = paging::shown(&table, &answer, "there is no such application", screen);
        Ok(Told::yes(answer, words))
    }
}

/// Returns the address of an application, or of something of it.
async fn at(client: &Client, typed: &str, rest: &[&str]) -> Result<String, Trouble> {
    let id = lookup::application(client, typed).await?;
    let mut segments = vec!["v1", "applications", &id];
    segments.extend(rest);
    Ok(path(&segments, &[]))
}

/// Reads a form as the programme's schema takes it, and uploads its files.
async fn filled(
    client: &Client,
    programme: &str,
    file: &Path,
) -> Result<Map<String, Value>, Trouble> {
    let given = read_fields(file)?;
    let schema = client.get(&path(&["v1", "programmes", programme, "form"], &[])).await;
    let schema = schema.map_err(|error| match error {
        ClientError::Problem(problem) if problem.code == "not_found" => {
            Trouble::NotOne(format!("there is no programme `{}`", clean(programme)))
        }
        other => other.into(),
    })?;
    // A file stands beside the form that names it.
    let folder = file.parent().filter(|_| file != Path::new("-")).unwrap_or(Path::new(""));
    Typed::of(&schema, given).uploaded(client, folder).await
}

fn received(answer: &Value, screen: &Screen) -> String {
    let reference = text(answer, "/reference");
    if text(answer, "/status") == "rejected" {
        let reason = text(answer, "/reason/text");
        let reason = if reason.is_empty() { text(answer, "/reason") } else { reason };
        return format!("{reference} is recorded, and rejected: {reason}");
    }
    show::after("received", answer, screen)
}

/// Returns how an application is called: by its reference where the answer has one.
fn name(answer: &Value, typed: &str) -> String {
    let application = answer.get("application").unwrap_or(answer);
    let reference = text(application, "/reference");
    if reference.is_empty() { clean(typed) } else { reference }
}
