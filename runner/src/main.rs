//! The `annona` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    annona::cli::run()
}
