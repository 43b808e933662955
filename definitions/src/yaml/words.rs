//! What the YAML parser found wrong, in words for people.
//!
//! Never repeats a message of the parser: it speaks of scalars and mappings, and ours of texts, keys and lists.

use granit_parser::ErrorKind;

/// Says what is wrong, after "this is not YAML: ", and the likely fix; `before` is the line up to there.
pub(super) fn in_words(kind: &ErrorKind, before: &str) -> (String, Option<&'static str>) {
    let (message, help) = match kind {
        ErrorKind::MappingValueNotAllowed if before.contains(": ") => {
            ("`: ` within a text", Some("put a text that holds `: ` between quotes"))
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            return (format!("`{open}` is not closed"), None);
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("`{open}` is closed by `{close}`"), None);
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("a bracket is closed that was not opened", None),
        ErrorKind::ExpectedFlowMappingSeparator => ("`,` or `}` is missing before this", None),
        ErrorKind::ExpectedFlowSequenceSeparator => ("`,` or `]` is missing before this", None),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a quote is not closed", None)
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar => (
            "more stands after the closing quote",
            Some("put a text that holds `'` between double quotes"),
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "more stands after the closing quote",
            Some("put a text that holds `\"` between single quotes"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "`\\` begins nothing that is known",
            Some("within double quotes write `\\\\` for `\\`"),
        ),
        kind if is_tab(kind) => ("a tab stands here", Some(SPACES)),
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::InvalidFlowScalarIndent => {
            (WRONG_INDENT, Some("indent it like the lines beside it"))
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("`: ` is missing after the key", Some("write `key: value`"))
        }
        ErrorKind::UnexpectedCharacter { character } => {
            return (
                format!("no text begins with `{}`", character.escape_default()),
                Some("put the text between quotes"),
            );
        }
        _ => ("it cannot be read from here on", None),
    };
    (message.to_owned(), help)
}

/// Returns whether a tab is what is wrong; it may stand after the place that the parser gives.
pub(super) fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

/// That a line is not indented as it should be.
pub(super) const WRONG_INDENT: &str = "the line does not stand below those it belongs to";

/// What to do with a tab.
pub(super) const SPACES: &str = "indent with spaces, never with tabs";
