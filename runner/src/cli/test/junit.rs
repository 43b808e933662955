//! The outcomes of tests as a `JUnit` report, as build servers read it: a suite for the programme, the ribbon with each failure.

use std::path::Path;
use std::time::Duration;

use annona_definitions::Programme;
use annona_engine::trial::Outcome;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{MissingFile, ribbon};

/// Writes the report to a file; `took` has how long each test ran.
///
/// # Errors
///
/// Returns why the file cannot be written.
pub(super) fn write(
    to: &Path,
    programme: &Programme,
    definition: &str,
    outcomes: &[Outcome],
    missing: &[MissingFile],
    took: &[Duration],
) -> Result<(), String> {
    let report = report(programme, definition, outcomes, missing, took);
    let xml = xml(&report).map_err(|cause| cause.to_string())?;
    std::fs::write(to, xml).map_err(|cause| format!("cannot write {}: {cause}", to.display()))
}

/// Writes a report as the schema of Jenkins has it, which counts what was skipped at each suite only; nothing is.
fn xml(report: &Report) -> Result<String, quick_junit::SerializeError> {
    Ok(report.to_string()?.replacen(" skipped=\"0\"", "", 1))
}

fn report(
    programme: &Programme,
    definition: &str,
    outcomes: &[Outcome],
    missing: &[MissingFile],
    took: &[Duration],
) -> Report {
    let mut suite = TestSuite::new(programme.id.as_str());
    suite.set_time(took.iter().sum());
    for (outcome, took) in outcomes.iter().zip(took) {
        let mut case = TestCase::new(outcome.name.as_str(), status(definition, outcome, missing));
        case.set_classname(programme.id.as_str());
        case.set_time(*took);
        suite.add_test_case(case);
    }
    let mut report = Report::new("annona test");
    report.set_time(took.iter().sum());
    report.add_test_suite(suite);
    report
}

fn status(definition: &str, outcome: &Outcome, missing: &[MissingFile]) -> TestCaseStatus {
    let missing = missing.iter().find(|missing| missing.test == outcome.line);
    let (kind, message, r#type) = match (outcome.failures.first(), missing) {
        (Some(failure), _) => (NonSuccessKind::Failure, failure.message.clone(), "expectation"),
        (None, Some(missing)) => (NonSuccessKind::Error, missing.to_string(), "missing file"),
        (None, None) => return TestCaseStatus::success(),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message).set_type(r#type);
    // On a line of its own, so that its columns stay.
    status.set_description(format!("\n{}\n", ribbon::lines(definition, outcome).join("\n")));
    status
}

#[cfg(test)]
mod tests {
    use annona_engine::trial;

    use super::*;
    use crate::cli::test::tests::programme;

    #[test]
    fn a_report_has_a_suite_for_the_programme_and_the_ribbon_of_what_failed() {
        let programme = programme(
            "
  - test: a cheap emergency <is> assessed
    given: {from: amina, treatment: trauma, cost: 250}
    expect: {stage: field}
",
        );
        let count = programme.tests.len();
        let outcomes: Vec<_> =
            programme.tests[count - 2..].iter().map(|case| trial::run(&programme, case)).collect();
        let took = [Duration::from_millis(2), Duration::from_millis(3)];
        let missing = [MissingFile { test: outcomes[0].line, name: "sample.pdf".to_owned() }];
        let report = report(&programme, "programme.yaml", &outcomes, &missing, &took);
        insta::assert_snapshot!(xml(&report).unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="annona test" tests="2" failures="1" errors="1" time="0.005">
            <testsuite name="urgent-surgery" tests="2" skipped="0" errors="1" failures="1" time="0.005">
                <testcase name="no answer within two weeks ends the application" classname="urgent-surgery" time="0.002">
                    <error message="there is no file `sample.pdf` beside the definition" type="missing file">
          2026-03-02 09:00   the applicant sends the application
                             eligibility, rule 1: `form.income / (form.family.len() + 1) &lt;= limits.income_per_person`: 90 &lt;= 150 is true
                             eligibility, rule 2: `form.cost &lt;= limits.ceiling * 3`: 2,400 &lt;= 15,000 is true
                             field, skip_if: `form.treatment == &quot;trauma&quot;`: &quot;heart&quot; == &quot;trauma&quot; is false
                             sent: submitted
                             -&gt; in review at field, in the queue of assessor, due 2026-03-05 09:00
          2026-03-02 09:00   assessor sends back from field to the applicant: address (missing)
                             sent: sent_back
                             -&gt; with the applicant, asked by field, due 2026-03-16
          2026-03-17 00:00   the clock rejects, because no answer came
                             sent: rejected
                             -&gt; rejected: no_answer
          2026-03-17 09:00   the clock has gone on by 15 days
                             -&gt; rejected: no_answer
        </error>
                </testcase>
                <testcase name="a cheap emergency &lt;is&gt; assessed" classname="urgent-surgery" time="0.003">
                    <failure message="`stage` is `medical`, expected `field`" type="expectation">
        &gt; 2026-03-02 09:00   the applicant sends the application
                             eligibility, rule 1: `form.income / (form.family.len() + 1) &lt;= limits.income_per_person`: 90 &lt;= 150 is true
                             eligibility, rule 2: `form.cost &lt;= limits.ceiling * 3`: 250 &lt;= 15,000 is true
                             field, skip_if: `form.treatment == &quot;trauma&quot;`: &quot;trauma&quot; == &quot;trauma&quot; is true, and `form.cost &lt;= limits.fast_track`: 250 &lt;= 300 is true
                             sent: submitted
                             -&gt; in review at medical, in the queue of doctor, due 2026-03-02 17:00
        &gt;                    programme.yaml:158: `stage` is `medical`, expected `field`
        </failure>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }
}
