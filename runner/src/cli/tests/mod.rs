//! The command line from arguments to words and exit status, against a daemon that says what a test wrote down.

mod application;
mod arguments;
mod reference;
mod rest;
mod task;
mod voucher;

use std::fmt::Write as _;

use clap::Parser as _;
use jiff::tz::TimeZone;

use super::asking::{Asking, Said, say};
use super::screen::Screen;
use super::{Arguments, Command};
use crate::client::stub::Stub;

/// An application's id.
const ID: &str = "0197d2f0-0000-7000-8000-000000000001";

/// Returns a screen of 100 columns in Kampala.
fn screen() -> Screen {
    Screen { width: Some(100), zone: TimeZone::get("Africa/Kampala").unwrap(), colour: false }
}

/// Runs a command against a stub: its words, or its exit status and problems.
async fn run(stub: &Stub, arguments: &[&str]) -> Said {
    let command = ["annona"].iter().chain(arguments);
    match Arguments::try_parse_from(command).unwrap().command {
        Command::Deploy(it) => asked(&it, stub).await,
        Command::Application(it) => asked(&it, stub).await,
        Command::Task(it) => asked(&it, stub).await,
        Command::Voucher(it) => asked(&it, stub).await,
        Command::Roster(it) => asked(&it, stub).await,
        Command::Token(it) => asked(&it, stub).await,
        Command::Document(it) => asked(&it, stub).await,
        Command::Incident(it) => asked(&it, stub).await,
        other => panic!("{other:?} asks no daemon"),
    }
}

async fn asked(command: &impl Asking, stub: &Stub) -> Said {
    let told = command.ask(&stub.client(), &screen()).await;
    say(command.connection().json, told)
}

/// Writes what was said as one text: words, problems, and the exit status if it is not 0.
async fn transcript(stub: &Stub, arguments: &[&str]) -> String {
    let said = run(stub, arguments).await;
    let mut text = format!("{}{}", said.words, said.problems);
    if said.answer.number() != 0 {
        write!(text, "\n[exit {}]", said.answer.number()).unwrap();
    }
    text
}
