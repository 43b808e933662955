//! What the story says: who does what, which rule held and why.

use std::fmt::Write as _;
use std::path::Path;

use annona_engine::voucher::qr;
use serde_json::Value;

use super::cast::{Place, Token};
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
pub(super) fn closing(place: &Place, tokens: &[Token]) {
    let layout = &place.layout;
    let mut text = String::from("\nWhere everything is\n");
    for (what, path) in [
        ("the database", layout.database()),
        ("uploads, encrypted", layout.documents()),
        ("messages, instead of sending them", layout.messages()),
        ("the administrator's token", layout.admin_token()),
        ("the master key: without it no personal value can be read", layout.master_key()),
        ("the signing keys", layout.keys()),
        ("the root key; a real installation keeps it elsewhere", layout.root_key()),
        ("the trust list, for verifiers", layout.trust_list()),
    ] {
        // Writing into a string never fails.
        let _ = writeln!(text, "    {:<48} {what}", path.display().to_string());
    }
    let _ = writeln!(text, "\nTokens of this run, to try by hand");
    for token in tokens {
        let _ = writeln!(text, "    {:<28} {}", token.who, token.text);
    }
    let _ = write!(
        text,
        "\nTry\n    curl -H \"Authorization: Bearer TOKEN\" {address}/v1/tasks?view=pool\n    \
         ANNONA_TOKEN=TOKEN annona task list --server {address}\n    {address}/v1/openapi.json describes the API",
        address = place.address
    );
    say(&text);
}
