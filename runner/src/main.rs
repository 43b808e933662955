//! The `annona` binary.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// Requests, events and rows are many small values that live for moments.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    annona::cli::run()
}
