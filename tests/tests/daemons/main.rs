//! Several daemons over one PostgreSQL database, each a process with a data folder of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod away;
mod disk;
mod due;
mod joining;
mod story;
mod tls;

use std::time::{Duration, Instant};

/// Waits until something is so, and returns how long that took.
#[track_caller]
fn until(what: &str, longest: Duration, mut is_so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < longest, "it does not come to this: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
    began.elapsed()
}
