//! Why a command could not do what was asked, in words, and as an exit status.

use std::fmt::Write as _;

use serde_json::Value;

use super::Answer;
use super::words::clean;
use crate::client::{ClientError, Problem};

/// A command that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The command line does not say what is meant.
    #[error("{0}")]
    Usage(String),
    /// Something cannot be reached, read or written.
    #[error("{0}")]
    CannotReach(String),
    /// There is no such thing, or more than one.
    #[error("{0}")]
    NotOne(String),
    /// The daemon was asked, and said something else than hoped.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Problems that say a file is wrong, rather than that something may not be done.
const INVALID: [&str; 4] =
    ["definition_invalid", "definition_not_built", "roster_invalid", "form_invalid"];

/// What helps with a wrong field, where the daemon cannot know how it was written.
const HINTS_OF_FIELDS: [(&str, &str); 2] = [
    ("unknown_document", "to send a file, write @ before its name: @estimate.pdf"),
    ("not_a_phone_number", "in YAML a phone number stands in quotes: without them its + is lost"),
];

impl Trouble {
    /// Returns the exit status.
    pub(super) fn answer(&self) -> Answer {
        match self {
            Self::Usage(_) => Answer::Usage,
            Self::NotOne(_) => Answer::Refused,
            Self::Client(ClientError::Problem(problem)) => match problem.code.as_str() {
                code if INVALID.contains(&code) => Answer::No,
                _ if problem.status >= 500 => Answer::CannotRead,
                _ => Answer::Refused,
            },
            Self::CannotReach(_)
            | Self::Client(
                ClientError::Unreachable { .. }
                | ClientError::File { .. }
                | ClientError::Unexpected { .. },
            ) => Answer::CannotRead,
        }
    }

    /// Returns the problem as the daemon answered it.
    pub(super) fn value(&self) -> Option<&Value> {
        match self {
            Self::Client(error) => error.problem().map(|problem| &problem.whole),
            Self::Usage(_) | Self::CannotReach(_) | Self::NotOne(_) => None,
        }
    }

    /// Returns the words for people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Client(error) => {
                error.problem().map_or_else(|| format!("annona: {error}"), of_problem)
            }
            Self::Usage(_) | Self::CannotReach(_) | Self::NotOne(_) => format!("annona: {self}"),
        }
    }
}

/// Writes a problem: its kind, its sentence, every wrong place, and what helps.
fn of_problem(problem: &Problem) -> String {
    let kind = match problem.code.as_str() {
        code if INVALID.contains(&code) => "invalid",
        _ if problem.status >= 500 => "the daemon cannot do this now",
        _ => "refused",
    };
    let detail = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
    let mut words = format!("{kind} ({}): {}", clean(&problem.code), clean(detail));
    for wrong in &problem.errors {
        let place = wrong.pointer.trim_start_matches('/').replace('/', ".");
        // Writing into a string never fails.
        let _ = write!(
            words,
            "\n  {}: {} ({})",
            clean(&place),
            clean(&wrong.message),
            clean(&wrong.code)
        );
    }
    for (code, helps) in HINTS_OF_FIELDS {
        if problem.errors.iter().any(|wrong| wrong.code == code) {
            let _ = write!(words, "\n  {helps}");
        }
    }
    if let Some(hint) = hint(&problem.code) {
        let _ = write!(words, "\n  {hint}");
    }
    words
}

/// Returns what helps with a problem, where that is not in its sentence.
fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "unauthenticated" => {
            "the token is unknown, expired or revoked: ask an administrator for a new one"
        }
        "content_changed" => "read it again with `annona task show`, then decide",
        "commit_unknown" | "timed_out" => "look whether it was done before you try again",
        "document_missing" => {
            "add it with --answer NAME=@FILE, or send the application back for it"
        }
        "reason_required" | "unknown_reason" => {
            "give one with --reason; `annona task show` lists them"
        }
        "note_required" => "add your words with --note",
        "already_done" => "a repeated request gets no second answer; look what the first one did",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Wrong;

    fn problem(status: u16, code: &str, detail: &str) -> Problem {
        serde_json::from_value(
            serde_json::json!({"status": status, "code": code, "detail": detail}),
        )
        .unwrap()
    }

    fn trouble(problem: Problem) -> Trouble {
        Trouble::Client(ClientError::Problem(Box::new(problem)))
    }

    #[test]
    fn a_wrong_form_is_told_place_by_place() {
        let mut problem = problem(422, "form_invalid", "the form has 1 wrong field");
        problem.errors.push(Wrong {
            pointer: "/form/family/0/age".into(),
            code: "too_small".into(),
            message: "at least 0".into(),
        });
        insta::assert_snapshot!(trouble(problem).words(), @r"
        invalid (form_invalid): the form has 1 wrong field
          form.family.0.age: at least 0 (too_small)
        ");
    }

    #[test]
    fn a_false_guard_is_explained() {
        let detail = "`medical.amount <= limits.ceiling`: 6,000 <= 5,000 is false";
        insta::assert_snapshot!(
            trouble(problem(422, "guard_false", detail)).words(),
            @"refused (guard_false): `medical.amount <= limits.ceiling`: 6,000 <= 5,000 is false"
        );
    }

    #[test]
    fn exit_statuses_tell_invalid_from_refused_from_unreachable() {
        let number = |status, code| trouble(problem(status, code, "")).answer().number();
        assert_eq!(number(422, "definition_invalid"), 1);
        assert_eq!(number(422, "roster_invalid"), 1);
        assert_eq!(number(422, "form_invalid"), 1);
        assert_eq!(number(422, "guard_false"), 4);
        assert_eq!(number(409, "task_closed"), 4);
        assert_eq!(number(401, "unauthenticated"), 4);
        assert_eq!(number(404, "not_found"), 4);
        assert_eq!(number(503, "overloaded"), 3);
        assert_eq!(Trouble::Usage(String::new()).answer().number(), 2);
        assert_eq!(Trouble::Client(ClientError::unexpected("")).answer().number(), 3);
    }
}
