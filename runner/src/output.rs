//! Words to standard output, problems to standard error. A reader that goes away early is no problem.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether words to standard output were lost, as on a full disk.
static LOST: AtomicBool = AtomicBool::new(false);

/// Writes a line of words.
pub fn say(text: &str) {
    let mut output = std::io::stdout().lock();
    let written = writeln!(output, "{text}").and_then(|()| output.flush());
    if written.is_err_and(|cause| cause.kind() != ErrorKind::BrokenPipe) {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Returns whether words to standard output could not be written, other than for a reader that went away.
#[must_use]
pub fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Writes a problem.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes a value as one JSON document.
pub fn say_json(value: &serde_json::Value) {
    say(&format!("{value:#}"));
}

/// Returns whether words may be coloured.
#[must_use]
pub fn in_colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Returns how many columns the terminal has; `None` where standard output is none.
#[must_use]
pub fn width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
}
