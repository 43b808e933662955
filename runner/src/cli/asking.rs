//! What all commands that ask a daemon have in common: a client, an answer, and words for it.
//!
//! Never prints while a command works: what it has to say is said when it is done.

use serde_json::Value;

use super::Answer;
use super::connection::Connection;
use super::screen::Screen;
use super::trouble::Trouble;
use crate::client::Client;
use crate::output;

/// A command that asks a daemon.
pub(super) trait Asking {
    /// Returns which daemon is asked.
    fn connection(&self) -> &Connection;

    /// Asks, and returns what was answered with words for it.
    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble>;
}

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub(super) answer: Answer,
    /// As the API says it.
    pub(super) value: Value,
    /// For people.
    pub(super) words: String,
}

/// What a command says in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) answer: Answer,
    pub(super) words: String,
    pub(super) problems: String,
}

impl Told {
    /// Returns that it was done.
    pub(super) fn yes(value: Value, words: impl Into<String>) -> Self {
        Self { answer: Answer::Yes, value, words: words.into() }
    }

    /// Returns that the answer is no.
    pub(super) fn no(value: Value, words: impl Into<String>) -> Self {
        Self { answer: Answer::No, value, words: words.into() }
    }
}

/// Runs a command that asks a daemon, and says what came of it.
pub(super) fn run(command: &impl Asking) -> Answer {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            output::complain(&format!("annona: {cause}"));
            return Answer::CannotRead;
        }
    };
    let connection = command.connection();
    let told = connection.connect().and_then(|connected| {
        if let Some(warning) = connected.warning {
            output::complain(&warning);
        }
        runtime.block_on(command.ask(&connected.client, &Screen::of_this_process()))
    });
    let said = say(connection.json, told);
    if !said.words.is_empty() {
        output::say(&said.words);
    }
    if !said.problems.is_empty() {
        output::complain(&said.problems);
    }
    said.answer
}

/// Returns what is said of an answer: the answer itself where a program reads it, else words.
pub(super) fn say(json: bool, told: Result<Told, Trouble>) -> Said {
    match told {
        Ok(told) => {
            // A document on standard output leaves no room for words about it.
            let is_silent = told.value.is_null() && told.words.is_empty();
            let words = if json && !is_silent { format!("{:#}", told.value) } else { told.words };
            Said { answer: told.answer, words, problems: String::new() }
        }
        Err(trouble) => match trouble.value().filter(|_| json) {
            Some(value) => Said {
                answer: trouble.answer(),
                words: format!("{value:#}"),
                problems: String::new(),
            },
            None => {
                Said { answer: trouble.answer(), words: String::new(), problems: trouble.words() }
            }
        },
    }
}
