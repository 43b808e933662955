//! The command line: a file for each command; what a command means is said here once, for people.

mod application;
mod asking;
mod backup;
mod check;
mod code;
mod connection;
mod demo;
mod deploy;
mod document;
mod explain;
mod folder;
mod graph;
mod incident;
mod init;
mod key;
mod lookup;
mod paging;
mod progress;
#[cfg(test)]
mod reference;
mod restore;
mod roster;
mod screen;
mod serve;
mod store;
mod table;
mod task;
mod test;
mod token;
mod trouble;
mod values;
mod verify;
mod voucher;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use annona_definitions::{Programme, Report};
use clap::{Parser, Subcommand};

use crate::output;

/// Runs assistance programmes: forms, stages, officers, vouchers.
///
/// Exit status: 0 yes; 1 the answer is no (invalid, a test failed, not genuine); 2 wrong usage; 3 cannot reach or read;
/// 4 refused or in conflict.
#[derive(Debug, Parser)]
#[command(name = "annona", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    /// Checks definitions and shows every finding.
    Check(check::Check),
    Explain(explain::Explain),
    /// Runs the tests that travel with a definition, on the real core and a clock of their own.
    Test(test::Test),
    Graph(graph::Graph),
    /// Runs the daemon.
    Serve(serve::Serve),
    /// Tells the whole story, from the form to a redeemed voucher, on a daemon of its own.
    Demo(demo::Demo),
    /// Makes keys, shows those that verifiers trust, and puts a new one to work.
    #[command(subcommand)]
    Key(key::Key),
    Deploy(deploy::Deploy),
    Application(application::Application),
    Task(task::Task),
    Voucher(voucher::Voucher),
    Roster(roster::Roster),
    Token(token::Token),
    Document(document::Document),
    Incident(incident::Incident),
    /// Verifies vouchers, with nothing but the issuer's trust list, and everything that was recorded of applications.
    #[command(subcommand)]
    Verify(verify::Verify),
    Backup(backup::Backup),
    Restore(restore::Restore),
    /// Copies everything from SQLite into a PostgreSQL database.
    #[command(subcommand)]
    Store(store::Store),
}

/// What a command came to, as its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    Usage,
    CannotRead,
    Refused,
}

impl Answer {
    /// Returns the exit status.
    fn number(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::CannotRead => 3,
            Self::Refused => 4,
        }
    }
}

impl From<Answer> for ExitCode {
    fn from(answer: Answer) -> Self {
        Self::from(answer.number())
    }
}

/// Runs the command that the arguments name.
#[must_use]
pub fn run() -> ExitCode {
    let answer = match Arguments::parse().command {
        Command::Init(init) => init.run(),
        Command::Check(check) => check.run(),
        Command::Explain(explain) => explain.run(),
        Command::Test(test) => test.run(),
        Command::Graph(graph) => graph.run(),
        Command::Serve(serve) => serve.run(),
        Command::Demo(demo) => demo.run(),
        Command::Key(key) => key.run(),
        Command::Verify(verify) => verify.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Store(store) => store.run(),
        Command::Deploy(deploy) => asking::run(&deploy),
        Command::Application(application) => asking::run(&application),
        Command::Task(task) => asking::run(&task),
        Command::Voucher(voucher) => asking::run(&voucher),
        Command::Roster(roster) => asking::run(&roster),
        Command::Token(token) => asking::run(&token),
        Command::Document(document) => asking::run(&document),
        Command::Incident(incident) => asking::run(&incident),
    };
    if answer == Answer::Yes && output::is_lost() {
        output::complain(
            "annona: cannot write to standard output: what was to be said is not all there",
        );
        return Answer::CannotRead.into();
    }
    answer.into()
}

/// Reads a file, or says why it cannot.
fn read(path: &Path) -> Result<Vec<u8>, Answer> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    // One byte more than may be read tells that there is more.
    let limit = u64::try_from(annona_definitions::source::MAX_SOURCE_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let read = std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(cause) => {
            output::complain(&format!("cannot read {}: {cause}", path.display()));
            Err(Answer::CannotRead)
        }
    }
}

/// Returns the file of a definition: the one named, or `programme.yaml` in the folder named.
fn definition_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("programme.yaml") } else { path.to_path_buf() }
}

/// Reads a definition that is to be run, with its file and what was found in it; or says why it cannot be `done`.
fn programme(path: &Path, done: &str) -> Result<(PathBuf, Programme, Report), Answer> {
    let file = definition_file(path);
    let bytes = read(&file)?;
    let name = file.display().to_string();
    let annona_definitions::Compiled { programme, report } =
        annona_definitions::compile(&name, &bytes);
    let Some(programme) = programme else {
        output::complain(report.to_text(output::in_colour()).trim_end());
        if !report.has_errors() {
            output::complain(&format!("\n{name}: not {done}, since parts of it are not built yet"));
        }
        return Err(Answer::No);
    };
    Ok((file, programme, report))
}

#[cfg(test)]
mod tests;
