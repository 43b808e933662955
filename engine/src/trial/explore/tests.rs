//! Definitions that are broken on purpose: each defect is found within a stated number of cases, and its case shows it again.

use annona_definitions::programme::Expected;

use super::*;
use crate::trial;

/// Most cases until each of these defects is found.
const MAX_CASES: u64 = 200;

/// What every definition here has before its stages.
const HEAD: &str = "\
format: 1
programme: kit
title: Kit
currency: USD
limits: {ceiling: 100}
form:
  phone: {label: Phone, type: phone}
  code: {label: Code, type: text, pattern: \"^[A-Z]{2}-[0-9]{4}$\"}
  cost: {label: Cost, type: money, minimum: 1, maximum: 500}
  people: {label: People, type: integer, minimum: 0, maximum: 20}
  born: {label: Born, type: date, optional: true, personal: true}
keep: 1 year
";

fn compiled(rest: &str) -> Programme {
    let compiled = annona_definitions::compile("kit.yaml", format!("{HEAD}{rest}").as_bytes());
    compiled.programme.unwrap_or_else(|| panic!("{}", compiled.report.to_text(false)))
}

/// Explores a definition; returns its defects with the smallest case of each, run again as a test of the file.
fn defects(rest: &str) -> Vec<(Defect, String)> {
    let programme = compiled(rest);
    let explorer = Explorer::new(&programme, &[], 7);
    let found = explorer.explore(0..MAX_CASES);
    assert_eq!(found.unsendable, (0, None));
    let smallest = |(defect, (first, _)): (&Defect, &(u64, u64))| {
        let test = explorer.smallest(defect, *first);
        let with_test = compiled(&format!("{rest}tests:\n{test}"));
        let outcome = trial::run(&with_test, &with_test.tests[0]);
        assert!(outcome.passed(), "{test}{outcome:#?}");
        (defect.clone(), test)
    };
    found.defects.iter().map(smallest).collect()
}

/// Returns what of a definition is not reached.
fn missed(rest: &str) -> Vec<String> {
    let programme = compiled(rest);
    let found = Explorer::new(&programme, &[], 7).explore(0..MAX_CASES);
    let coverage = trial::coverage::Coverage::of(&programme, &found.reached);
    coverage.missed().map(|point| point.missed(&programme).what).collect()
}

const DIVIDES: &str = "\
roles: {clerk: Clerk}
stages:
  - stage: check
    role: clerk
    due: 2 days
    approve_if: form.cost / form.people >= 10
reasons: {reject: {late: Too late}}
";

#[test]
fn a_guard_that_divides_by_an_answer_that_can_be_zero_is_found() {
    let defects = defects(DIVIDES);
    insta::assert_snapshot!(defects[0].1, @r#"
    - test: explored with seed 7 as case 19
      given: {phone: "+447700900700", code: RX-0617, cost: 3, people: 0}
      when:
        - {clerk: approve}
      expect: {status: held, stage: check, refused: held}
    "#);
    let place = "stages.check.approve_if".to_owned();
    let cause = "a number cannot be divided by zero".to_owned();
    assert_eq!(defects[0].0, Defect::GuardFails { place, cause });
    assert_eq!(defects.len(), 1);
}

#[test]
fn a_voucher_above_its_ceiling_is_found() {
    let defects = defects(
        "\
roles: {clerk: Clerk}
stages:
  - stage: check
    role: clerk
    due: 2 days
    asks: {amount: {label: Amount, type: money, minimum: 1, maximum: 200}, why: {label: Why, type: text, optional: true}}
    on_approve: issue_voucher
voucher: {amount: check.amount, ceiling: limits.ceiling, valid: 30 days, providers: [shop]}
reasons: {reject: {late: Too late}}
examples: {ana: {phone: \"+256700000002\", code: AB-1234, cost: 5, people: 2}}
",
    );
    insta::assert_snapshot!(defects[0].1, @r"
    - test: explored with seed 7 as case 0
      given: {from: ana}
      when:
        - {clerk: approve, amount: 199.99}
      expect: {status: held, stage: check}
    ");
    assert_eq!(defects[0].0, Defect::AboveCeiling);
    assert_eq!(defects.len(), 1);
}

#[test]
fn sending_back_without_end_is_found() {
    let defects = defects(
        "\
roles: {clerk: Clerk, boss: Boss}
stages:
  - stage: visit
    role: clerk
    due: 2 days
    asks: {seen: {label: Seen, type: yes_no}}
  - stage: final
    role: boss
    due: 2 days
    approve_if: visit.seen
    send_back: {to: applicant, answer_within: 3 days, reason: late}
reasons: {reject: {late: Too late}, send_back: {wrong: Wrong}}
",
    );
    insta::assert_snapshot!(defects[0].1, @r#"
    - test: explored with seed 7 as case 1
      given: {phone: "+447700900700", code: RX-0617, cost: 3, people: 12}
      when:
        - {clerk: approve, seen: false}
        - {boss: approve}
      expect: {status: in_review, stage: final, refused: guard_false}
    "#);
    let stage = annona_definitions::programme::StageId::recorded("final");
    assert_eq!(defects[0].0, Defect::NeverEnds { stage });
    assert_eq!(defects.len(), 1);
}

#[test]
fn what_is_never_reached_is_named() {
    let missed = missed(
        "\
roles: {clerk: Clerk, boss: Boss}
eligibility:
  - {require: form.people <= 20, otherwise: too_many}
  - {require: form.cost < 400, otherwise: too_much}
stages:
  - stage: check
    role: clerk
    due: 2 days
  - stage: extra
    role: boss
    skip_if: form.cost < 450
    due: 2 days
    send_back: {to: check}
  - stage: last
    role: boss
    role_if: {clerk: \"has(form.born) && years_between(form.born, today) >= 18\"}
    due: 2 days
reasons: {reject: {too_many: Too many, too_much: Too much}, send_back: {wrong: Wrong}}
",
    );
    insta::assert_snapshot!(missed.join("\n"), @r"
    rule 1 of eligibility is never broken
    `skip_if` of `extra` is never false
    `extra` is never opened
    `extra` is never approved
    `extra` is never rejected
    `extra` is never sent back to `check`
    the reason `wrong` is never given for `send_back`
    ");
}

#[test]
fn a_sound_definition_has_no_defect_and_everything_is_reached() {
    let source = include_bytes!("../../../../examples/urgent-surgery/programme.yaml");
    let programme = annona_definitions::compile("programme.yaml", source).programme.unwrap();
    let files = ["sample.pdf".to_owned()];
    let found = Explorer::new(&programme, &files, 1).explore(0..400);
    assert_eq!(found.defects, BTreeMap::new());
    assert_eq!(found.unsendable, (0, None));
    let coverage = trial::coverage::Coverage::of(&programme, &found.reached);
    let missed: Vec<_> = coverage.missed().collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn the_same_seed_finds_the_same_however_the_cases_are_shared() {
    let programme = compiled(DIVIDES);
    let explorer = Explorer::new(&programme, &[], 3);
    let whole = explorer.explore(0..90);
    let mut parts = explorer.explore(60..90);
    parts.merge(explorer.explore(0..25));
    parts.merge(explorer.explore(25..60));
    assert_eq!(whole, parts);
    assert_eq!(whole, Explorer::new(&programme, &[], 3).explore(0..90));
    assert_ne!(whole.ended, Explorer::new(&programme, &[], 4).explore(0..90).ended);
}

#[test]
fn an_invented_case_is_accepted_as_a_test_of_the_file() {
    let source = include_str!("../../../../examples/urgent-surgery/programme.yaml");
    let programme =
        annona_definitions::compile("programme.yaml", source.as_bytes()).programme.unwrap();
    let files = ["sample.pdf".to_owned()];
    let explorer = Explorer::new(&programme, &files, 5);
    for case in 150..190 {
        let (walk, _) = explorer.walk(case);
        let expect = explorer.expected(&walk.story);
        let test = written::test(&explorer.inventor, "invented", &walk.story, &expect);
        let compiled = annona_definitions::compile("p.yaml", format!("{source}{test}").as_bytes());
        let programme =
            compiled.programme.unwrap_or_else(|| panic!("{}", compiled.report.to_text(false)));
        let outcome = trial::run(&programme, programme.tests.last().unwrap());
        assert!(outcome.passed(), "{test}{outcome:#?}");
        let status = outcome.ribbon.last().unwrap().standing.as_ref().unwrap().status.as_str();
        let expected = programme.tests.last().unwrap().expect.get("status").cloned();
        assert_eq!(expected.map(|Expected { value, .. }| value), Some(status.into()));
    }
}
