//! Findings about a definition, and the report that holds them.
//!
//! Reads no file. A finding has a stable code, one sentence, the places it is about and at most one likely fix.

pub mod codes;

use std::ops::Range;

use serde_json::{Value, json};

pub use codes::Code;

use crate::source::Source;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The definition cannot be deployed.
    Error,
    /// The definition works, and somebody should look at it.
    Warning,
    /// Nothing is wrong with the definition, and this version cannot run it yet.
    Note,
}

impl Severity {
    /// Returns the word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A part of the source that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the source.
    pub span: Range<usize>,
    /// Words beside the underlined text: what was expected there, or what stands there.
    pub label: Option<String>,
}

/// One thing to say about a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code; gives the severity.
    pub code: Code,
    /// One sentence in lower case without a full stop.
    pub message: String,
    /// Places, the main one first; empty: the whole file.
    pub places: Vec<Place>,
    /// The one likely fix.
    pub help: Option<String>,
}

impl Finding {
    /// Returns a finding about the whole file.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), places: Vec::new(), help: None }
    }

    /// Adds a place; the first one added is the main one.
    #[must_use]
    pub fn at(mut self, span: Range<usize>) -> Self {
        self.places.push(Place { span, label: None });
        self
    }

    /// Puts words beside the place added last.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        if let Some(place) = self.places.last_mut() {
            place.label = Some(label.into());
        }
        self
    }

    /// Adds the likely fix.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean …", if there is a likely candidate and no other fix yet.
    #[must_use]
    pub fn did_you_mean(mut self, likely: Option<&str>) -> Self {
        if let (Some(likely), None) = (likely, &self.help) {
            self.help = Some(format!("did you mean {}?", quoted(likely)));
        }
        self
    }

    /// Returns how much the finding weighs.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity
    }
}

/// Most findings in one report; a broken file is not explained better by more.
pub const MAX_FINDINGS: usize = 200;

/// Everything found in a definition, in the order of the source.
#[derive(Debug, Clone)]
pub struct Report {
    source: Source,
    findings: Vec<Finding>,
    errors: usize,
    notes: usize,
    left_out: usize,
}

impl Report {
    /// Returns the report of findings about a source; errors are kept before warnings, and warnings before notes, when there are
    /// too many.
    #[must_use]
    pub fn new(source: Source, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(Finding::severity);
        let count =
            |severity| findings.iter().filter(|finding| finding.severity() == severity).count();
        let (errors, notes) = (count(Severity::Error), count(Severity::Note));
        let left_out = findings.len().saturating_sub(MAX_FINDINGS);
        findings.truncate(MAX_FINDINGS);
        findings.sort_by_key(|finding| finding.places.first().map_or(0, |place| place.span.start));
        Self { source, findings, errors, notes, left_out }
    }

    /// Returns whether something is wrong with the definition.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Returns how many findings are errors, listed or not.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Returns how many findings are warnings, listed or not.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.findings.len() + self.left_out - self.errors - self.notes
    }

    /// Returns how many parts of the definition this version cannot run yet, listed or not.
    #[must_use]
    pub fn not_built(&self) -> usize {
        self.notes
    }

    /// Returns whether the definition is right and this version can run all of it.
    #[must_use]
    pub fn can_run(&self) -> bool {
        self.errors == 0 && self.notes == 0
    }

    /// Returns the findings.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns how many findings beyond [`MAX_FINDINGS`] are not listed.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Returns the source the findings are about.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the findings for programs: lines and columns from 1, columns in characters, ends exclusive.
    #[must_use]
    pub fn to_json(&self) -> Value {
        crate::render::json(self)
    }

    /// Returns the findings for people, as the Rust compiler shows them; `colour` adds terminal colours.
    #[must_use]
    pub fn to_text(&self, colour: bool) -> String {
        crate::render::text(self, colour)
    }
}

/// Most characters of a name that a message repeats.
const MAX_QUOTED: usize = 60;

/// Returns a name from the file between backticks, shortened, without control characters.
#[must_use]
pub fn quoted(name: &str) -> String {
    let mut shown = String::from("`");
    for character in name.chars().take(MAX_QUOTED) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if name.chars().nth(MAX_QUOTED).is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

/// Returns names between commas, as many as a person reads.
#[must_use]
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut list: Vec<&str> = names.into_iter().take(SHOWN + 1).collect();
    if list.len() > SHOWN {
        list.truncate(SHOWN);
        list.push("…");
    }
    list.join(", ")
}

/// Most names that a list shows.
const SHOWN: usize = 20;

/// Returns the names; where a list would not show them all, those few that are most like `name`, and a mark for the rest.
#[must_use]
pub fn nearest<'a>(name: &str, names: &[&'a str]) -> Vec<&'a str> {
    /// How many of many names help somebody who misspelt one.
    const FEW: usize = 8;
    let mut sorted = names.to_vec();
    if names.len() > SHOWN {
        let name = name.to_lowercase();
        let likeness = |other: &str| strsim::jaro_winkler(&name, &other.to_lowercase());
        sorted.sort_by(|left, right| likeness(right).total_cmp(&likeness(left)));
        sorted.truncate(FEW);
        sorted.push("…");
    }
    sorted
}

/// Returns the candidate that was most likely meant by `name`.
#[must_use]
pub fn likely<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Likeness, from 0 to 1, below which a suggestion would only puzzle.
    const ENOUGH: f64 = 0.6;
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let likeness = strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase());
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness >= ENOUGH)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// Returns a place as JSON.
pub(crate) fn place_json(source: &Source, place: &Place) -> Value {
    let start = source.position(place.span.start);
    let end = source.position(place.span.end.max(place.span.start));
    json!({
        "line": start.line,
        "column": start.column,
        "end": {"line": end.line, "column": end.column},
        "label": place.label,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_message_is_short_and_has_no_control_characters() {
        assert_eq!(quoted("a\u{1b}[31m"), "`a\\u{1b}[31m`");
        assert_eq!(quoted(&"x".repeat(80)).chars().count(), MAX_QUOTED + 3);
    }

    #[test]
    fn the_likely_name_is_close_and_a_far_one_is_not_offered() {
        assert_eq!(likely("visitd", ["photo", "visited"]), Some("visited"));
        assert_eq!(likely("lable", ["label", "type"]), Some("label"));
        assert_eq!(likely("colour", ["photo", "visited"]), None);
    }

    #[test]
    fn errors_come_before_warnings_when_a_report_is_cut() {
        let mut findings = vec![Finding::new(codes::NO_KEEP, "w"); MAX_FINDINGS];
        findings.push(Finding::new(codes::TOO_LARGE, "e"));
        let report = Report::new(Source::new("a", ""), findings);
        assert!(report.has_errors());
        assert_eq!(report.left_out(), 1);
    }

    #[test]
    fn what_cannot_run_counts_although_it_is_not_listed() {
        let mut findings = vec![Finding::new(codes::NO_KEEP, "w"); MAX_FINDINGS];
        findings.push(Finding::new(codes::NOT_BUILT, "n"));
        let report = Report::new(Source::new("a", ""), findings);
        let counts = (report.errors(), report.warnings(), report.not_built());
        assert_eq!((counts, report.left_out()), ((0, MAX_FINDINGS, 1), 1));
        assert!(!report.has_errors() && !report.can_run());
    }
}
