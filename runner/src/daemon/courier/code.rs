//! The message that carries a one-time code.

use annona_engine::service::{Engine, Failure};

use super::message_id;
use crate::channels::Outgoing;
use crate::sign_in_message::CodeMessage;

/// The words, by language; the first serves every other.
const WORDS: [(&str, &str, &str); 2] = [
    (
        "en",
        "your code",
        "Your code is {code}. It can be used until {until}. Give it to nobody: no officer asks for it.",
    ),
    (
        "fr",
        "votre code",
        "Votre code est {code}. Il est valable jusqu'à {until}. Ne le donnez à personne : aucun agent ne le demande.",
    ),
];

/// Returns the message of a code; `None`: the code is over, and need not be sent.
pub(super) fn message(
    engine: &Engine,
    entry: u64,
    sealed: &[u8],
) -> Result<Option<Outgoing>, Failure> {
    let message = CodeMessage::open(engine.master(), sealed)
        .map_err(|cause| Failure::Broken(cause.to_string()))?;
    let now = engine.now();
    if message.expires_at <= now {
        return Ok(None);
    }
    let in_language = WORDS.iter().find(|(language, _, _)| *language == message.language);
    let [first, _] = &WORDS;
    let (_, about, words) = in_language.unwrap_or(first);
    let until = message.expires_at.strftime("%H:%M UTC").to_string();
    Ok(Some(Outgoing {
        id: message_id(engine, entry, &message.to),
        to: message.to,
        subject: format!("{}: {about}", message.title),
        body: words.replace("{code}", &message.code).replace("{until}", &until),
        attachments: Vec::new(),
        at: now,
    }))
}
