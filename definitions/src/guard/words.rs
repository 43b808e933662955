//! What the parser found wrong, in words of ours.
//!
//! Never repeats a message of the parser: it speaks of variables and scripts, and ours of names and guards.

use rhai::{LexError, ParseError, ParseErrorType, Position};

use super::GuardError;
use super::place::Places;

/// Says in words what the parser found, with its place and the likely fix.
pub(super) fn in_words(error: &ParseError, places: &Places<'_>) -> GuardError {
    let position = error.position();
    let span = (position != Position::NONE).then(|| places.word(position));
    let word = span.clone().map_or("", |span| places.text(span));
    let before = span.clone().map_or("", |span| places.text(0..span.start));
    let (message, help) = match error.err_type() {
        ParseErrorType::BadInput(error) => of_letters(error, word),
        // At the end of the text it is the bracket that was forgotten, not the sign between two statements.
        ParseErrorType::MissingToken(token, _) if token == ";" && word.is_empty() => {
            ("`}` is missing at the end".to_owned(), None)
        }
        other => of_form(other),
    };
    let help = help.or_else(|| meant(before.trim_end(), word).map(str::to_owned));
    GuardError { message, span, label: None, help }
}

/// Says what is wrong with single letters, numbers and texts.
fn of_letters(error: &LexError, word: &str) -> (String, Option<String>) {
    let message = match error {
        LexError::ImproperSymbol(sign, _) | LexError::UnexpectedInput(sign) if sign == "=" => {
            return assignment();
        }
        LexError::ImproperSymbol(sign, _) if !sign.is_empty() => {
            let help = as_elsewhere(sign).map(str::to_owned);
            return (format!("`{sign}` is not part of the language"), help);
        }
        LexError::MalformedNumber(_) => {
            let help = "write digits with at most one point, such as 0.25";
            return ("a number cannot be read".to_owned(), Some(help.to_owned()));
        }
        LexError::UnexpectedInput(token) => {
            // Of a letter that it does not know the parser gives a sentence.
            let token = if token.contains(' ') { word } else { token };
            let help = as_elsewhere(token).map(str::to_owned);
            return (format!("`{token}` is not expected here"), help);
        }
        LexError::UnterminatedString => "the text has no closing quote".to_owned(),
        LexError::StringTooLong(_) => "the text is too long".to_owned(),
        LexError::MalformedEscapeSequence(sequence) => {
            format!("`{sequence}` stands for no letter")
        }
        LexError::MalformedChar(_) => {
            return ("a text stands in double quotes".to_owned(), Some("write \"…\"".to_owned()));
        }
        LexError::MalformedIdentifier(name) => format!("`{name}` is not written as names are"),
        _ => "this sign is not part of the language".to_owned(),
    };
    (message, None)
}

/// Says what is wrong with how parts stand together.
fn of_form(error: &ParseErrorType) -> (String, Option<String>) {
    let message = match error {
        ParseErrorType::UnexpectedEOF => "the expression ends too early".to_owned(),
        ParseErrorType::AssignmentToInvalidLHS(_) | ParseErrorType::AssignmentToConstant(_) => {
            return assignment();
        }
        ParseErrorType::UnknownOperator(sign) if sign == "=" => return assignment(),
        ParseErrorType::UnknownOperator(sign) => {
            let help = as_elsewhere(sign).map(str::to_owned);
            return (format!("`{sign}` is not part of the language"), help);
        }
        ParseErrorType::VariableUndefined(name) => {
            let help = "a function sees its parameters only".to_owned();
            return (format!("`{name}` is not known here"), Some(help));
        }
        ParseErrorType::ExprTooDeep => "the expression is nested too deeply".to_owned(),
        ParseErrorType::Reserved(word) => {
            let help = as_elsewhere(word).map(str::to_owned);
            return (format!("`{word}` is a reserved word"), help);
        }
        ParseErrorType::MissingToken(token, _) if token == "{" => {
            let help = "write `if … { … } else { … }`".to_owned();
            return ("`{` is missing here".to_owned(), Some(help));
        }
        ParseErrorType::ForbiddenVariable(word) => format!("`{word}` cannot be a name"),
        ParseErrorType::MismatchedType(..) => {
            "yes or no is needed here, and there is another value".to_owned()
        }
        ParseErrorType::MissingToken(token, _) | ParseErrorType::MissingSymbol(token)
            if !token.is_empty() =>
        {
            format!("`{token}` is missing here")
        }
        ParseErrorType::MalformedIndexExpr(_) => {
            "what is in brackets cannot be looked up".to_owned()
        }
        ParseErrorType::PropertyExpected => "a name is missing after the dot".to_owned(),
        ParseErrorType::VariableExpected => "a name is missing here".to_owned(),
        ParseErrorType::ExprExpected(_) => "a value is missing here".to_owned(),
        ParseErrorType::DuplicatedProperty(name)
        | ParseErrorType::DuplicatedVariable(name)
        | ParseErrorType::VariableExists(name)
        | ParseErrorType::FnDuplicatedParam(_, name) => format!("the name `{name}` stands twice"),
        ParseErrorType::WrongSwitchIntegerCase
        | ParseErrorType::WrongSwitchDefaultCase
        | ParseErrorType::WrongSwitchCaseCondition => {
            "this case of `switch` cannot be read".to_owned()
        }
        ParseErrorType::WrongFnDefinition => "only functions may begin with `fn`".to_owned(),
        ParseErrorType::FnDuplicatedDefinition(name, _) => format!("`{name}` is declared twice"),
        ParseErrorType::FnMissingName => "a function has no name".to_owned(),
        ParseErrorType::FnMissingParams(_) => "a function has no parameters in `(…)`".to_owned(),
        ParseErrorType::FnMissingBody(_) => "a function has no body in `{…}`".to_owned(),
        ParseErrorType::TooManyFunctions => "there are too many functions".to_owned(),
        ParseErrorType::LiteralTooLarge(..) => "this is too long".to_owned(),
        ParseErrorType::LoopBreak => "this stands outside a loop".to_owned(),
        _ => "this cannot be read here".to_owned(),
    };
    (message, None)
}

fn assignment() -> (String, Option<String>) {
    ("`=` compares nothing".to_owned(), Some("write `==`".to_owned()))
}

/// Returns how something is written here that is written otherwise elsewhere; `before` is the text before the word.
fn meant(before: &str, word: &str) -> Option<&'static str> {
    let after_digit = before.ends_with(|letter: char| letter.is_ascii_digit());
    let digit = word.starts_with(|letter: char| letter.is_ascii_digit());
    match word {
        "," if after_digit => Some("a number has no commas: write 5000, or 0.5"),
        ">" if before.ends_with('<') => as_elsewhere("<>"),
        "" if before.ends_with('%') => Some("for a share write a number: 0.05 is 5 %"),
        _ if digit && after_digit => Some("a number has no spaces: write 5000"),
        _ => {
            let last = before.rsplit(|letter: char| !letter.is_alphabetic()).next();
            as_elsewhere(word).or_else(|| {
                last.filter(|last| last.eq_ignore_ascii_case("not")).and_then(as_elsewhere)
            })
        }
    }
}

/// Returns how a word or sign of other languages is written here.
fn as_elsewhere(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "and" | "&" => "write `&&` for and",
        "or" | "|" => "write `||` for or",
        "not" => "write `!(…)` for not",
        "is" | "equals" | "===" => "write `==`",
        "between" => "write two comparisons: `x >= 5 && x <= 9`",
        "null" | "nil" | "none" | "undefined" => "ask `has(…)` or `missing(…)`",
        "<>" | "=/=" | "≠" => "write `!=`",
        "=>" | "≥" => "write `>=`",
        "=<" | "≤" => "write `<=`",
        "×" | "**" => "write `*` to multiply",
        "÷" => "write `/` to divide",
        "“" | "”" | "„" | "«" | "»" | "‘" | "’" => "write straight quotes: \"…\"",
        "–" | "−" => "write `-`",
        _ => return None,
    })
}
