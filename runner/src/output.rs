//! Words to standard output, problems to standard error. A reader that goes away early is no problem.

use std::io::{IsTerminal as _, Write as _};

/// Writes a line of words.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
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
