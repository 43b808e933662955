//! Texts in the programme's languages, and the placeholders that messages fill in.
//!
//! Holds no logic: a translator cannot break a rule.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A text: one string for all languages, or one string per language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// Serves every language.
    Plain(String),
    /// One string per BCP 47 tag, in the order of the file.
    Translated(IndexMap<String, String>),
}

impl Text {
    /// Returns the text in `language`, else in `fallback`, else the first there is.
    #[must_use]
    pub fn in_language(&self, language: &str, fallback: &str) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Translated(texts) => texts
                .get(language)
                .or_else(|| texts.get(fallback))
                .or_else(|| texts.values().next())
                .map_or("", String::as_str),
        }
    }

    /// Returns every string with its language, where it has one.
    pub fn strings(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let (plain, translated) = match self {
            Self::Plain(text) => (Some((None, text.as_str())), None),
            Self::Translated(texts) => (None, Some(texts)),
        };
        plain.into_iter().chain(
            translated
                .into_iter()
                .flatten()
                .map(|(language, text)| (Some(language.as_str()), text.as_str())),
        )
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

/// Fills `{names}` of `template` from `lookup`; a name it does not know stays as written.
///
/// Values are inserted as they are and never filled in again.
#[must_use]
pub fn fill<'a>(
    template: &str,
    lookup: impl Fn(&str) -> Option<std::borrow::Cow<'a, str>>,
) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) if let Some(value) = lookup(name) => {
                filled.push_str(&value);
                rest = tail;
            }
            _ => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// Returns the names that stand in braces in `template`, in order.
pub fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_name_is_filled_in_and_an_unknown_one_stays() {
        let filled = fill("{reference}: {nothing} {reference", |name| {
            (name == "reference").then(|| "US-{x}".into())
        });
        assert_eq!(filled, "US-{x}: {nothing} {reference");
    }
}
