//! Tests of a programme's own tests: what a step may say, and what is expected of it.

use super::*;

/// A definition without tests.
const KIT: &str = "\
format: 1
programme: kit
title: Kit
roles: {clerk: Clerk}
form:
  phone: {label: Phone, type: phone}
stages:
  - stage: check
    role: clerk
    due: 2 days
    send_back: {to: applicant, answer_within: 3 days, reason: late}
reasons:
  reject: {late: Too late}
  send_back: {wrong: Wrong}
keep: 1 year
examples: {ana: {phone: \"+256700000002\"}}
tests:
";

/// Runs a test of these steps and expectations; returns what was not as expected.
fn failures(when: &str, expect: &str) -> Vec<String> {
    let test =
        format!("  - {{test: it, given: {{from: ana}}, when: [{when}], expect: {{{expect}}}}}\n");
    let compiled = annona_definitions::compile("kit.yaml", format!("{KIT}{test}").as_bytes());
    let programme = compiled.programme.expect("the definition compiles");
    let outcome = run(&programme, &programme.tests[0]);
    outcome.failures.into_iter().map(|failure| failure.message).collect()
}

#[test]
fn the_deadline_is_that_of_the_open_task() {
    assert_eq!(failures("", "deadline: 2026-03-04T09:00"), [""; 0]);
}

#[test]
fn the_deadline_is_the_last_day_of_the_answer_while_the_application_is_with_the_applicant() {
    let back = "{clerk: send_back, reason: wrong, fields: [phone]}";
    assert_eq!(failures(back, "status: with_applicant, deadline: 2026-03-05"), [""; 0]);
    let answered =
        format!("{back}, {{wait: 1 day}}, {{applicant: answer, phone: '+256700000003'}}");
    assert_eq!(failures(&answered, "status: in_review, deadline: 2026-03-05T09:00"), [""; 0]);
}

#[test]
fn a_refusal_that_is_not_the_last_step_or_not_expected_fails_the_test() {
    let refused = "{clerk: reject}";
    assert_eq!(failures(refused, "refused: reason_required"), [""; 0]);
    let not_expected = failures(refused, "status: in_review");
    assert!(not_expected[0].starts_with("refused with `reason_required`"), "{not_expected:?}");
    let not_last = failures(&format!("{refused}, {{wait: 1 day}}"), "status: in_review");
    assert!(not_last[0].starts_with("refused with `reason_required`"), "{not_last:?}");
    let none = failures("{wait: 1 hour}", "refused: guard_false");
    assert_eq!(none, ["a refusal with `guard_false` is expected, and nothing was refused"]);
}
