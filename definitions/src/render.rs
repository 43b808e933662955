//! Shows a report: as text for people, as JSON for programs.
//!
//! Reads no file and prints nothing.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_json::{Value, json};

use crate::diagnostic::{Finding, Report, Severity, place_json};
use crate::source::Source;

/// Returns the findings as text in the style of the Rust compiler, a blank line between them.
pub(crate) fn text(report: &Report, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut shown: Vec<String> =
        report.findings().iter().map(|finding| one(&renderer, report.source(), finding)).collect();
    if report.left_out() > 0 {
        shown.push(format!("{} more findings are not shown", report.left_out()));
    }
    shown.iter().map(|finding| format!("{}\n", finding.trim_end())).collect::<Vec<_>>().join("\n")
}

/// Returns one finding as text.
fn one(renderer: &Renderer, source: &Source, finding: &Finding) -> String {
    let level = match finding.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(&finding.message).id(finding.code.id);
    let annotations = finding.places.iter().enumerate().map(|(index, place)| {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(place.span.clone()).label(place.label.as_deref())
    });
    let more = format!("annona explain {}", finding.code.id);
    let help = match &finding.help {
        Some(help) => Level::HELP.message(format!("{help}      ({more})")),
        None => Level::NOTE.message(more),
    };
    if finding.places.is_empty() {
        let origin = annotate_snippets::Origin::path(source.name());
        renderer.render(&[title.element(origin).element(help)])
    } else {
        let snippet = Snippet::source(source.text()).path(source.name()).annotations(annotations);
        renderer.render(&[title.element(snippet).element(help)])
    }
}

/// Returns the findings as JSON.
pub(crate) fn json(report: &Report) -> Value {
    let findings: Vec<Value> = report
        .findings()
        .iter()
        .map(|finding| {
            let places: Vec<Value> =
                finding.places.iter().map(|place| place_json(report.source(), place)).collect();
            let main = places.first();
            json!({
                "code": finding.code.id,
                "severity": finding.severity().as_str(),
                "message": finding.message,
                "line": main.map_or(json!(1), |place| place["line"].clone()),
                "column": main.map_or(json!(1), |place| place["column"].clone()),
                "end": main.map_or(Value::Null, |place| place["end"].clone()),
                "expected": main.map_or(Value::Null, |place| place["label"].clone()),
                "help": finding.help,
                "places": places,
            })
        })
        .collect();
    json!({
        "file": report.source().name(),
        "errors": report.errors(),
        "not_built": report.not_built(),
        "findings": findings,
        "left_out": report.left_out(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes;

    fn report() -> Report {
        let source = Source::new("kit.yaml", "format: 1\ntitel: School kit\n");
        let finding = Finding::new(codes::UNKNOWN_KEY, "`titel` is no key here")
            .at(10..15)
            .label("keys here: format, title")
            .did_you_mean(Some("title"));
        Report::new(source, vec![finding])
    }

    #[test]
    fn a_finding_is_shown_as_the_rust_compiler_does() {
        insta::assert_snapshot!(report().to_text(false), @r"
        error[S001]: `titel` is no key here
         --> kit.yaml:2:1
          |
        2 | titel: School kit
          | ^^^^^ keys here: format, title
          |
          = help: did you mean `title`?      (annona explain S001)
        ");
    }

    #[test]
    fn a_finding_is_given_to_programs_with_line_and_column() {
        let json = report().to_json();
        assert_eq!(json["findings"][0]["line"], 2);
        assert_eq!(json["findings"][0]["column"], 1);
        assert_eq!(json["findings"][0]["end"]["column"], 6);
        assert_eq!(json["findings"][0]["code"], "S001");
        assert_eq!(json["errors"], 1);
    }
}
