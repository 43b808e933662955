//! Loads a daemon with applications and decisions as peers of it are loaded, or with another job, and prints what was measured,
//! a JSON line each.
//!
//! Started by `tests/bench/run`, which says what the numbers are. Never part of a test run: nothing is judged here.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its lines are what it is for")]

mod documents;
mod http;
mod intake;
mod job;
mod machine;
mod office;
mod options;
mod rounds;
mod verify;

use std::process::ExitCode;

use options::{Job, Options};
use serde_json::Value;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("annona-load: {problem}");
            return ExitCode::from(2);
        }
    };
    // One thread: the daemon has the rest of the machine.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let run = runtime.and_then(|runtime| {
        let local = tokio::task::LocalSet::new();
        runtime.block_on(local.run_until(measure(&options)))
    });
    match run {
        Ok(lines) => {
            for line in lines {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("annona-load: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Does the job that is asked for.
async fn measure(options: &Options) -> std::io::Result<Vec<Value>> {
    match options.job {
        Job::Decisions => job::run(options).await,
        Job::Documents => documents::run(options).await,
        Job::Intake => intake::run(options).await,
        Job::Verify => verify::run(options).await,
    }
}
