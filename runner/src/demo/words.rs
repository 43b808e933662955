//! What the story says: who does what, which rule held and why.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use annona_engine::voucher::qr;
use serde_json::Value;

use super::cast::Place;
use super::story::Told;
use crate::output::{in_colour, say, width};

/// Says where the story plays.
pub(super) fn opening(place: &Place) {
    say(&format!(
        "Annona: one application, from the form to the voucher.\n\nA daemon runs at {}, over the folder {}.",
        place.address,
        place.layout.root().display()
    ));
}

/// Says that something is done, and by whom.
pub(super) fn step(title: &str) {
    if in_colour() {
        say(&format!("\n\u{1b}[1m{title}\u{1b}[0m"));
    } else {
        say(&format!("\n{title}"));
    }
}

/// Says something about the last step.
pub(super) fn line(text: &str) {
    say(&format!("    {text}"));
}

/// Says which guards were evaluated in some events, and why they held.
pub(super) fn guards<'a>(events: impl Iterator<Item = &'a Value>) {
    let guards = events.filter_map(|event| event.get("guards")?.as_array()).flatten();
    for guard in guards {
        let text = |name: &str| guard.get(name).and_then(Value::as_str);
        let words = text("explanation").unwrap_or("its values are personal");
        let outcome = match text("result") {
            Some("true") => "holds",
            Some("false") => "does not hold",
            Some("amount") => "comes to an amount",
            _ => "cannot run",
        };
        line(&format!("rule {} {outcome}: {words}", text("place").unwrap_or_default()));
    }
}

/// Shows a voucher's code, or where its picture is if the terminal is too narrow.
pub(super) fn code(token: &str, picture: &Path) {
    let fits = |columns: usize| qr::terminal_width(token).is_ok_and(|needed| needed <= columns);
    match width().filter(|columns| fits(*columns)).map(|_| qr::terminal(token)) {
        Some(Ok(code)) => {
            say("");
            say(code.trim_end());
            line(&format!("the same as a picture: {}", picture.display()));
        }
        _ => line(&format!("its QR code does not fit here; it is in {}", picture.display())),
    }
}

/// Says where everything is, and how to go on by hand.
pub(super) fn closing(place: &Place, told: &Told, once: bool) {
    let mut text = String::from("\nWhere everything is\n");
    for (path, what) in places(place, told) {
        // Writing into a string never fails.
        let _ = writeln!(text, "    {what}\n        {}", path.display());
    }
    let _ = writeln!(text, "\nTokens of this run, to try by hand");
    for token in &told.tokens {
        let _ = writeln!(text, "    {:<16} {}", token.who, token.text);
    }
    let (program, address) = (program(), &place.address);
    let folder = quoted(&place.layout.root().display().to_string());
    if once {
        let _ = writeln!(
            text,
            "\nThe daemon ends here. To try by hand, start it again\n    {program} serve --data {folder}"
        );
    }
    let _ = write!(
        text,
        "\nTry\n    {program} application history {reference} --data {folder}\n    \
         {program} verify log --data {folder}",
        reference = told.reference
    );
    if !once {
        // In quotes: a question mark means something to some shells.
        let _ = write!(
            text,
            "\n    ANNONA_TOKEN=TOKEN {program} application list --server {address}\n    \
             curl -H \"Authorization: Bearer TOKEN\" \"{address}/v1/tasks?view=pool\"\n    \
             {address}/v1/openapi.json describes the API"
        );
    }
    say(&text);
}

/// Returns what lies where.
fn places(place: &Place, told: &Told) -> [(PathBuf, &'static str); 9] {
    let layout = &place.layout;
    [
        (layout.database(), "the database"),
        (layout.documents(), "uploads, encrypted"),
        (layout.messages(), "messages, instead of sending them"),
        (told.picture.clone(), "the voucher's QR code"),
        (layout.admin_token(), "the administrator's token"),
        (layout.master_key(), "the master key: without it no personal value can be read"),
        (layout.keys(), "the signing keys"),
        (layout.root_key(), "the root key; a real installation keeps it elsewhere"),
        (layout.trust_list(), "the trust list, for verifiers"),
    ]
}

/// Returns this program as it was called.
fn program() -> String {
    let called = std::env::args_os().next().unwrap_or_else(|| "annona".into());
    quoted(&called.to_string_lossy())
}

/// Returns a word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:,@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_quoted_word_as_it_is() {
        assert_eq!(quoted("/tmp/annona-demo"), "/tmp/annona-demo");
        assert_eq!(quoted("my folder"), "'my folder'");
        assert_eq!(quoted("Ana's"), r"'Ana'\''s'");
    }
}
