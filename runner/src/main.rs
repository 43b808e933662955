//! The `annona` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Requests, events and rows are many small values that live for moments.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    annona::cli::run()
}
