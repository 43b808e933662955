//! Tests of a programme's own tests: what a step may say, and what is expected of it.

use super::*;

/// A definition without tests.
const KIT: &str = "\
format: 1
programme: kit
title: Kit
currency: USD
calendar: {timezone: Africa/Kampala, open: mon-fri 08:00-17:00}
roles: {clerk: Clerk, boss: Boss}
form:
  phone: {label: Phone, type: phone}
  cost: {label: Cost, type: money}
stages:
  - stage: check
    role: clerk
    asks: {seen: {label: Seen, type: yes_no}}
    approve_if: check.seen
    due: 2 working days
    if_late: [{after: 3 working days, do: escalate, to: boss}]
    send_back: {to: applicant, answer_within: 3 days, reason: late}
  - stage: final
    role: boss
    due: 1 day
    on_approve: issue_voucher
reasons:
  reject: {late: Too late, other: {en: Other, note: true}}
  send_back: {wrong: Wrong}
voucher: {amount: form.cost, valid: 30 days, providers: [shop], redeem: {times: 2, partial: true}}
notify:
  submitted: {to: applicant, en: Thanks}
  approved: {to: applicant, en: Yes}
  voucher_issued: {to: applicant, en: Here}
  voucher_redeemed: {to: applicant, en: Used}
keep: 1 year
examples: {ana: {phone: \"+256700000002\", cost: 60}}
tests:
";

/// Runs a test of these steps and expectations.
fn outcome(when: &str, expect: &str) -> Outcome {
    let test =
        format!("  - {{test: it, given: {{from: ana}}, when: [{when}], expect: {{{expect}}}}}\n");
    let compiled = annona_definitions::compile("kit.yaml", format!("{KIT}{test}").as_bytes());
    let programme = compiled.programme.unwrap_or_else(|| panic!("{:#?}", compiled.report));
    run(&programme, &programme.tests[0])
}

/// Returns what was not as expected.
fn failures(when: &str, expect: &str) -> Vec<String> {
    outcome(when, expect).failures.into_iter().map(|failure| failure.message).collect()
}

#[test]
fn the_deadline_is_that_of_the_open_task() {
    assert_eq!(failures("", "deadline: 2026-03-04T09:00"), [""; 0]);
    assert_eq!(failures("", "deadline: 2026-03-04T09:00:00"), [""; 0]);
    assert_eq!(
        failures("", "deadline: 2026-03-04"),
        ["`deadline` is `2026-03-04T09:00`, expected `2026-03-04`"]
    );
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
fn working_days_pass_by_the_calendar() {
    let friday = "{at: 2026-03-06T16:00}, {wait: 1 working day}";
    assert_eq!(failures(friday, "deadline: 2026-03-10T16:00, queue: clerk"), [""; 0]);
    assert_eq!(failures("{wait: 3 working days}", "queue: [clerk, boss]"), [""; 0]);
}

#[test]
fn a_task_stands_in_the_queue_of_its_role_and_of_those_it_was_escalated_to() {
    assert_eq!(failures("", "queue: clerk"), [""; 0]);
    assert_eq!(failures("", "queue: {clerk: check, boss: null}"), [""; 0]);
    let late = "{wait: 3 working days}";
    assert_eq!(failures(late, "queue: {clerk: check, boss: [check]}"), [""; 0]);
    assert_eq!(failures(late, "queue: clerk"), ["`queue` is [clerk, boss], expected `clerk`"]);
    let back = "{clerk: send_back, reason: wrong, fields: [phone]}";
    assert_eq!(failures(back, "queue: []"), [""; 0]);
    assert_eq!(failures("{applicant: withdraw}", "queue: null, stage: null"), [""; 0]);
}

#[test]
fn a_voucher_is_redeemed_in_parts_and_no_further() {
    let approved = "{clerk: approve, seen: yes}, {boss: approve}";
    let redeemed = format!("{approved}, {{provider: redeem, amount: 20}}");
    let expected = "status: approved, voucher: {amount: 60, balance: 40.00, redeemed: 20, \
                    status: part_redeemed, valid_until: 2026-04-01}, \
                    sent: [submitted, approved, voucher_issued, voucher_redeemed]";
    assert_eq!(failures(&redeemed, expected), [""; 0]);
    let too_much = format!("{redeemed}, {{provider: redeem, amount: 41}}");
    assert_eq!(failures(&too_much, "refused: amount_exceeds_balance"), [""; 0]);
    let whole = format!("{redeemed}, {{provider: redeem}}");
    assert_eq!(failures(&whole, "voucher: {status: redeemed, balance: 0}"), [""; 0]);
    assert_eq!(failures("{provider: redeem}", "refused: not_found"), [""; 0]);
    let expired = format!("{approved}, {{wait: 31 days}}");
    assert_eq!(failures(&expired, "voucher: {status: expired, redeemed: 0}"), [""; 0]);
}

#[test]
fn a_refusal_that_is_not_the_last_step_or_not_expected_fails_the_test() {
    let refused = "{clerk: approve, seen: no}";
    assert_eq!(failures(refused, "refused: guard_false"), [""; 0]);
    assert_eq!(
        failures(refused, "status: in_review"),
        ["refused with `guard_false`: `check.seen` is no"]
    );
    let not_last = failures(&format!("{refused}, {{wait: 1 day}}"), "refused: guard_false");
    assert_eq!(not_last, ["refused with `guard_false`: `check.seen` is no"]);
    let none = failures("{wait: 1 hour}", "refused: guard_false");
    assert_eq!(none, ["a refusal with `guard_false` is expected, and nothing was refused"]);
}

#[test]
fn a_failure_tells_the_moment_at_which_the_case_left_the_expectation() {
    let failed = outcome(
        "{clerk: approve, seen: yes}, {boss: approve}",
        "status: rejected, sent: [submitted, voucher_issued]",
    );
    let moments: Vec<Option<usize>> =
        failed.failures.iter().map(|failure| failure.moment).collect();
    assert_eq!(moments, [Some(2), Some(2)]);
    let early = outcome("{clerk: approve, seen: yes}", "sent: []");
    assert_eq!(early.failures[0].moment, Some(0));
    assert_eq!(early.failures[0].found.as_deref(), Some("[submitted]"));
}

#[test]
fn one_name_is_one_person_and_the_first_holder_of_a_role_is_nobody_else() {
    let same = "{clerk/vera: approve, seen: yes}, {boss/vera: approve}";
    assert_eq!(failures(same, "refused: already_decided_by_you"), [""; 0]);
    let other = "{clerk/boss: approve, seen: yes}, {boss: approve}";
    assert_eq!(failures(other, "status: approved"), [""; 0]);
}
