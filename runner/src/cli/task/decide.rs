//! `annona task decide`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::super::application::{after, event_lines, voucher_line};
use super::super::asking::Told;
use super::super::code;
use super::super::screen::Screen;
use super::super::trouble::Trouble;
use super::super::values::{Typed, pair, read_fields};
use super::super::words::{list, text};
use super::{at, show};
use crate::client::Client;

/// Decides a task: approve it, reject it with a reason, or send it back.
///
/// The task is read first. What you decide is recorded only if nothing you decide upon has changed meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annona task decide US-7K3F-92Q6 approve --answer visited=yes --answer amount=2300
  annona task decide US-7K3F-92Q6 approve --answer photo=@photo.jpg --note \"All is well.\"
  annona task decide US-7K3F-92Q6 reject --reason too_costly --note \"The clinic does it for less.\"
  annona task decide US-7K3F-92Q6 send_back --reason unreadable --field estimate")]
pub(super) struct Decide {
    /// The task: its id, or the reference or id of an application with one open task.
    task: String,
    /// What you decide.
    decision: Decision,
    /// An answer to what the stage asks, as NAME=VALUE; a file as NAME=@FILE. May be given more than once.
    #[arg(long = "answer", value_name = "NAME=VALUE", value_parser = pair)]
    answer: Vec<(String, String)>,
    /// A file with answers, in JSON or YAML; `-` reads it from standard input. Answers given one by one go before it.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// The reason: one of those that `annona task show` lists.
    #[arg(long, value_name = "ID")]
    reason: Option<String>,
    /// Words of your own; the applicant may get to read them.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Where to send it back: `applicant`, or an earlier stage; not needed where there is one place only.
    #[arg(long, value_name = "STAGE")]
    to: Option<String>,
    /// A field of the form that the applicant is to correct. May be given more than once.
    #[arg(long = "field", value_name = "NAME")]
    fields: Vec<String>,
}

/// What an officer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Decision {
    /// On to the next stage; at the last one the voucher is issued.
    Approve,
    /// The application ends, with a reason.
    Reject,
    /// The applicant corrects fields, or an earlier stage looks again.
    SendBack,
}

impl Decision {
    fn code(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::SendBack => "send_back",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
            Self::SendBack => "sent back",
        }
    }
}

impl Decide {
    pub(super) async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        let place = at(client, &self.task, &[]).await?;
        let task = client.read(&place).await?;
        let etag = task.etag.unwrap_or_else(|| format!("\"{}\"", text(&task.value, "/version")));
        let body = self.body(client, &task.value).await?;
        let answer = client.post_if_match(&format!("{place}/decision"), &etag, &body).await?;
        let words = self.words(&answer, screen);
        Ok(Told::yes(answer, words))
    }

    async fn body(&self, client: &Client, task: &Value) -> Result<Value, Trouble> {
        let mut body = Map::new();
        body.insert("decision".to_owned(), self.decision.code().into());
        let answers = self.given(client, task).await?;
        if !answers.is_empty() {
            body.insert("answers".to_owned(), answers.into());
        }
        for (name, value) in [("reason", &self.reason), ("note", &self.note), ("to", &self.to)] {
            body.extend(value.iter().map(|value| (name.to_owned(), value.as_str().into())));
        }
        if !self.fields.is_empty() {
            body.insert("fields".to_owned(), self.fields.clone().into());
        }
        Ok(body.into())
    }

    /// Returns the answers as the task asks for them; files are uploaded.
    async fn given(&self, client: &Client, task: &Value) -> Result<Map<String, Value>, Trouble> {
        let asks = task.get("asks").unwrap_or(&Value::Null);
        let mut answers = Map::new();
        if let Some(file) = &self.answers {
            let folder = file.parent().filter(|_| file != Path::new("-")).unwrap_or(Path::new(""));
            answers = Typed::of(asks, read_fields(file)?).uploaded(client, folder).await?;
        }
        let one_by_one =
            self.answer.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        answers.extend(Typed::of(asks, one_by_one).uploaded(client, Path::new("")).await?);
        Ok(answers)
    }

    /// Returns what happened, in words: the events, where the application stands now, and the voucher if there is one.
    fn words(&self, answer: &Value, screen: &Screen) -> String {
        let mut parts: Vec<String> =
            list(answer, "/events").iter().flat_map(|event| event_lines(event, screen)).collect();
        parts.push(after(self.decision.done(), answer, screen));
        if let Some(voucher) = answer.get("voucher").filter(|voucher| voucher.is_object()) {
            parts.push(voucher_line(voucher));
            let token = text(voucher, "/token");
            // A code is for people with a camera; in a file or a pipe it would be noise.
            if !token.is_empty() && screen.width.is_some() {
                parts.push(code::shown(&token, &text(voucher, "/id"), screen));
            }
        }
        // Whoever it is for; a task that stands still until the applicant answers is nobody's now.
        let is_open = answer.pointer("/application/status").is_some_and(|it| it == "in_review");
        if let Some(next) = answer.get("next_task").filter(|next| is_open && next.is_object()) {
            parts.push(format!("its next task: {}", show::line(next, screen)));
        }
        parts.join("\n")
    }
}
