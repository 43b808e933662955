//! How far a long command has come, on a terminal; elsewhere nothing is written.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often it moves while nothing is counted.
const TICK: Duration = Duration::from_millis(120);

/// A line on standard error that says how far it is; gone when the value is dropped.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Returns it, empty.
    pub(super) fn new() -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self(ProgressBar::with_draw_target(None, target))
    }

    /// Begins something of which there is so much, where that is known.
    pub(super) fn begin(&self, what: &'static str, of: Option<u64>) {
        let template = match of {
            Some(_) => "{msg} [{bar:30}] {human_pos} of {human_len}, {eta} left",
            None => "{msg} {spinner} {human_pos}",
        };
        // First what it looks like: each change is drawn at once.
        self.0.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        self.0.set_message(what);
        self.0.reset();
        match of {
            Some(length) => self.0.set_length(length),
            None => self.0.unset_length(),
        }
        if !self.0.is_hidden() {
            self.0.enable_steady_tick(TICK);
        }
    }

    /// Says that so much more is done.
    pub(super) fn add(&self, more: u64) {
        self.0.inc(more);
    }

    /// Says that all is done, and clears the line.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
