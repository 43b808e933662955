//! Small values: texts in languages, durations, numbers, yes and no, names.

use rust_decimal::Decimal;

use super::Check;
use crate::calendar::{Duration, DurationError};
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::model::{Number, Words, YesNo};
use crate::text::Text;
use crate::yaml::child;

/// Longest name of a field, stage, role or reason, in bytes.
const MAX_NAME: usize = 64;

/// Keys whose durations are never counted in working time.
const WITHOUT_WORKING: &[&str] =
    &["/keep", "/voucher/valid", "/within", "/claim_within", "/no_older_than"];

/// Words that guards read as something else than a name.
const GUARD_WORDS: &[&str] = &[
    "true",
    "false",
    "let",
    "const",
    "if",
    "else",
    "switch",
    "do",
    "while",
    "until",
    "loop",
    "for",
    "in",
    "continue",
    "break",
    "fn",
    "private",
    "return",
    "throw",
    "try",
    "catch",
    "import",
    "export",
    "as",
    "global",
    "this",
    "eval",
    "Fn",
    "call",
    "curry",
    "is_shared",
    "is_def_fn",
    "is_def_var",
    "print",
    "debug",
    "type_of",
    "var",
    "static",
    "shared",
    "goto",
    "exit",
    "match",
    "case",
    "default",
    "void",
    "null",
    "nil",
    "new",
    "use",
    "with",
    "module",
    "package",
    "super",
    "public",
    "protected",
    "thread",
    "spawn",
    "go",
    "yield",
    "sync",
    "async",
    "await",
    "has",
    "missing",
];

impl Check<'_> {
    /// Takes a text; its languages must be the programme's.
    pub(super) fn words(&mut self, pointer: &str, words: &Words) -> Text {
        match words {
            Words::Plain(text) => Text::Plain(text.clone()),
            Words::Translated(texts) => {
                self.text_languages(pointer, texts.keys().map(String::as_str), &[]);
                Text::Translated(texts.clone())
            }
        }
    }

    /// Checks the languages of a text; `keys` are the other keys of the map.
    pub(super) fn text_languages<'k>(
        &mut self,
        pointer: &str,
        texts: impl Iterator<Item = &'k str>,
        keys: &[&str],
    ) {
        let texts: Vec<&str> = texts.collect();
        let languages = self.languages.clone();
        for text in &texts {
            if !languages.iter().any(|language| language == text) {
                let known = languages.iter().map(String::as_str);
                let message = format!("{} is none of the programme's languages", quoted(text));
                let finding = Finding::new(codes::UNKNOWN_LANGUAGE, message)
                    .at(self.places.key(&child(pointer, text)))
                    .label(format!("languages: {}", listed(known.clone())))
                    .did_you_mean(likely(text, keys.iter().copied().chain(known)));
                self.report(match finding.help {
                    None => finding.help("add it to `languages`, or leave the text out"),
                    Some(_) => finding,
                });
            }
        }
        let missing: Vec<&str> = languages
            .iter()
            .map(String::as_str)
            .filter(|language| !texts.contains(language))
            .collect();
        if !missing.is_empty() && !texts.is_empty() {
            let message = format!("the text has no words in {}", listed(missing));
            let finding =
                Finding::new(codes::MISSING_TRANSLATION, message).at(self.places.key(pointer));
            self.report(finding);
        }
    }

    /// Takes a duration.
    pub(super) fn duration(&mut self, pointer: &str, text: &str) -> Option<Duration> {
        let only_plain = WITHOUT_WORKING.iter().any(|key| pointer.contains(key));
        let (message, expected) = match text.parse::<Duration>() {
            Ok(duration) if duration.unit.is_working() && only_plain => (
                "working time does not count here".to_owned(),
                "expected plain units, such as `3 days`",
            ),
            Ok(duration) => return Some(duration),
            Err(error) => (error.to_string(), expected_units(&error)),
        };
        let finding = Finding::new(codes::BAD_DURATION, message)
            .at(self.places.value(pointer))
            .label(expected);
        self.report(finding);
        None
    }

    /// Takes an optional duration.
    pub(super) fn optional_duration(
        &mut self,
        pointer: &str,
        text: Option<&str>,
    ) -> Option<Duration> {
        self.duration(pointer, text?)
    }

    /// Takes yes or no; in quotes it is text.
    pub(super) fn yes_no(&mut self, pointer: &str, word: Option<YesNo>, default: bool) -> bool {
        let quoted = self.written_at(pointer).is_some_and(serde_json::Value::is_string)
            && self.places.get(pointer).is_some_and(|entry| !entry.plain);
        if quoted && word.is_some() {
            let finding =
                Finding::new(codes::QUOTED_YES_NO, "in quotes this is text, not yes or no")
                    .at(self.places.value(pointer))
                    .help("leave the quotes out");
            self.report(finding);
        }
        word.map_or(default, |YesNo(word)| word)
    }

    /// Takes an exact number.
    pub(super) fn number(
        &mut self,
        code: codes::Code,
        pointer: &str,
        number: &Number,
    ) -> Option<Decimal> {
        let value = decimal(&number.0);
        if value.is_none() {
            let finding = Finding::new(code, format!("{} is no number", quoted(&number.0)))
                .at(self.places.value(pointer))
                .label("expected digits, such as 5000 or 12.50");
            self.report(finding);
        }
        value
    }

    /// Checks a name that guards read: letters, digits and `_`.
    pub(super) fn guard_name(&mut self, name: &str, at: std::ops::Range<usize>) {
        let written = is_name(name, |byte| byte == b'_');
        if written && !GUARD_WORDS.contains(&name) {
            return;
        }
        let message = if written {
            format!("{} is a word of the guards and cannot be a name", quoted(name))
        } else {
            format!("{} is not written as names are", quoted(name))
        };
        let likely: String = name
            .chars()
            .map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' })
            .collect();
        let likely = likely.trim_matches('_');
        let is_likely = !written && name.is_ascii() && is_name(likely, |byte| byte == b'_');
        self.report(
            Finding::new(codes::BAD_NAME, message)
                .at(at)
                .label("expected a letter, then letters, digits and `_`")
                .did_you_mean(Some(likely).filter(|_| is_likely)),
        );
    }

    /// Checks a name that guards do not read: letters, digits, `_` and `-`.
    pub(super) fn plain_name(&mut self, name: &str, at: std::ops::Range<usize>) {
        if !is_name(name, |byte| byte == b'_' || byte == b'-') {
            let message = format!("{} is not written as names are", quoted(name));
            self.report(
                Finding::new(codes::BAD_NAME, message)
                    .at(at)
                    .label("expected a letter, then letters, digits, `_` and `-`"),
            );
        }
    }
}

/// Returns whether a name begins with a letter and goes on with letters, digits and what else is allowed.
fn is_name(name: &str, also: impl Fn(u8) -> bool) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || also(byte))
}

/// Reads an exact decimal from its digits.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// Returns which units a duration takes, for the words beside it.
fn expected_units(error: &DurationError) -> &'static str {
    match error {
        DurationError::WorkingUnit | DurationError::WorkingCount => {
            "expected working hours or working days"
        }
        DurationError::Shape | DurationError::Count => {
            "expected minutes, hours, days, weeks, months, years, working hours or working days"
        }
    }
}
