//! What of a definition its tests reach, as text and as JSON.

use annona_definitions::Programme;
use annona_definitions::source::Source;
use annona_definitions::yaml::{self, Tree};
use annona_engine::trial::Outcome;
use annona_engine::trial::coverage::{Coverage, Family, Point, Share};
use serde_json::{Value, json};

/// A definition with what its tests reached.
#[derive(Debug)]
pub(super) struct Covered<'a> {
    programme: &'a Programme,
    source: &'a Source,
    coverage: Coverage,
    /// Where things stand in the source; it was read before.
    tree: Option<Tree>,
}

impl<'a> Covered<'a> {
    /// Takes what some points, reached by tests or otherwise, cover.
    pub(super) fn by<'p>(
        programme: &'a Programme,
        source: &'a Source,
        reached: impl IntoIterator<Item = &'p Point>,
    ) -> Self {
        let coverage = Coverage::of(programme, reached);
        Self { programme, source, coverage, tree: yaml::read(source).ok() }
    }

    /// Takes what the outcomes of tests cover.
    pub(super) fn by_tests(
        programme: &'a Programme,
        source: &'a Source,
        outcomes: &[Outcome],
    ) -> Self {
        Self::by(programme, source, outcomes.iter().flat_map(|outcome| &outcome.reached))
    }

    /// Returns how much was reached, in whole per cent.
    pub(super) fn percent(&self) -> usize {
        self.coverage.share(None).percent()
    }

    /// Returns the summary and each point that was not reached, as text.
    pub(super) fn text(&self) -> String {
        let shares = self.shares();
        let mut lines = vec!["Coverage".to_owned()];
        let all = [("all".to_owned(), self.coverage.share(None))];
        for (name, share) in shares.into_iter().chain(all) {
            let count = format!("{} of {}", share.reached, share.of);
            lines.push(format!("  {name:<12}{count:>12}{:>6} %", share.percent()));
        }
        let missed = self.missed_lines(true);
        if !missed.is_empty() {
            lines.push(String::new());
            lines.push("Not covered".to_owned());
            lines.extend(missed);
        }
        lines.join("\n")
    }

    /// Returns each point that was not reached, with its place; for authors of tests also what one would need.
    pub(super) fn missed_lines(&self, for_tests: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for point in self.coverage.missed() {
            let missed = point.missed(self.programme);
            lines.push(format!("  {}:{}: {}", self.source.name(), self.line(point), missed.what));
            let needs = missed.needs.filter(|_| for_tests);
            lines.extend(needs.map(|needs| format!("      a test needs {needs}")));
        }
        lines
    }

    /// Returns one sentence on the decisions that no test reaches.
    pub(super) fn warning(&self) -> Option<String> {
        let missed = self.coverage.missed().filter(|point| point.family() == Family::Decisions);
        let missed: Vec<String> = missed.map(|point| point.missed(self.programme).what).collect();
        let (first, more) = missed.split_first()?;
        let others = match more.len() {
            0 => String::new(),
            1 => "; 1 other decision is never reached either".to_owned(),
            count => format!("; {count} other decisions are never reached either"),
        };
        Some(format!(
            "warning: no test reaches every decision: {first}{others} (--coverage shows all)"
        ))
    }

    /// Returns the same as JSON.
    pub(super) fn json(&self) -> Value {
        let families: Vec<Value> = self
            .shares()
            .into_iter()
            .map(|(name, share)| {
                let (reached, of) = (share.reached, share.of);
                json!({"family": name, "reached": reached, "of": of, "percent": share.percent()})
            })
            .collect();
        let missed: Vec<Value> = self
            .coverage
            .missed()
            .map(|point| {
                let missed = point.missed(self.programme);
                json!({
                    "family": point.family().as_str(),
                    "line": self.line(point),
                    "what": missed.what,
                    "needs": missed.needs,
                })
            })
            .collect();
        json!({"percent": self.percent(), "families": families, "missed": missed})
    }

    /// Returns the families that the definition has, with how much of each was reached.
    fn shares(&self) -> Vec<(String, Share)> {
        let share =
            |family: Family| (family.as_str().to_owned(), self.coverage.share(Some(family)));
        Family::ALL.into_iter().map(share).filter(|(_, share)| share.of > 0).collect()
    }

    /// Returns the line of a point.
    fn line(&self, point: &Point) -> usize {
        self.line_at(&point.pointer(self.programme))
    }

    /// Returns the line of a JSON pointer: of the nearest entry around it that is written down.
    pub(super) fn line_at(&self, pointer: &str) -> usize {
        let place = |tree: &Tree| tree.places.key(pointer).start;
        self.source.position(self.tree.as_ref().map_or(0, place)).line
    }
}

#[cfg(test)]
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of a borrowing type is no closure for every lifetime"
)]
mod tests {
    use annona_engine::trial;

    use super::*;

    const KIT: &str = "\
format: 1
programme: kit
title: Kit
roles: {clerk: Clerk, boss: Boss}
form:
  phone: {label: Phone, type: phone}
  age: {label: Age, type: integer}
eligibility:
  - {require: form.age < 18, otherwise: too_old}
  - {once_per: phone, otherwise: twice}
stages:
  - stage: check
    role: clerk
    role_if: {boss: form.age < 3}
    skip_if: form.age > 12
    approve_if: check.seen
    asks: {seen: {label: Seen, type: yes_no}}
    due: 2 days
    if_late: [{after: 2 days, do: escalate, to: boss}]
    send_back: {to: applicant, answer_within: 3 days, reason: late}
reasons:
  reject: {too_old: Too old, twice: Twice, late: Too late}
  send_back: {wrong: Wrong}
notify: {submitted: {to: applicant, en: Thanks}, rejected: {to: applicant, en: No}}
keep: 1 year
tests:
  - test: a child of six
    given: {phone: \"+256700000002\", age: 6}
    when: [{clerk: approve, seen: yes}]
    expect: {status: approved}
";

    fn covered<T>(take: impl FnOnce(&Covered<'_>) -> T) -> T {
        let compiled = annona_definitions::compile("kit.yaml", KIT.as_bytes());
        let programme = compiled.programme.unwrap();
        let outcomes = [trial::run(&programme, &programme.tests[0])];
        assert!(outcomes[0].passed());
        take(&Covered::by_tests(&programme, compiled.report.source(), &outcomes))
    }

    #[test]
    fn what_is_not_reached_is_named_with_its_line_and_what_a_test_needs() {
        insta::assert_snapshot!(covered(|it| it.text()), @r"
        Coverage
          eligibility       1 of 2    50 %
          stages            1 of 2    50 %
          decisions         1 of 3    33 %
          guards            3 of 6    50 %
          routes            1 of 2    50 %
          timeouts          0 of 2     0 %
          reasons           0 of 3     0 %
          messages          1 of 2    50 %
          all              8 of 22    36 %

        Not covered
          kit.yaml:9: rule 1 of eligibility is never broken
              a test needs a case in which `form.age < 18` is false
          kit.yaml:15: `skip_if` of `check` is never true
              a test needs a case in which `form.age > 12` is true
          kit.yaml:14: `role_if.boss` of `check` is never true
              a test needs a case in which `form.age < 3` is true
          kit.yaml:16: `approve_if` of `check` is never false
              a test needs an approval for which `check.seen` is false, and `refused: guard_false`
          kit.yaml:15: `check` is never skipped
          kit.yaml:12: `check` is never rejected
              a test needs {clerk: reject, reason: too_old} while it is open
          kit.yaml:20: `check` is never sent back to the applicant
              a test needs {clerk: send_back, to: applicant, reason: wrong, fields: [phone]} while it is open
          kit.yaml:14: `check` never goes to `boss`
          kit.yaml:19: `check` is never open for 2 days (`escalate`)
              a test needs {wait: 2 days} while it is open
          kit.yaml:20: the time to answer what `check` sent back never runs out
              a test needs more than 3 days to go by after `send_back`
          kit.yaml:22: the reason `too_old` is never given for `reject`
              a test needs a step with reject and `reason: too_old`, or what gives it by itself
          kit.yaml:22: the reason `late` is never given for `reject`
              a test needs a step with reject and `reason: late`, or what gives it by itself
          kit.yaml:23: the reason `wrong` is never given for `send_back`
              a test needs a step with send_back and `reason: wrong`, or what gives it by itself
          kit.yaml:24: `rejected` is never sent
        ");
    }

    #[test]
    fn a_decision_that_no_test_reaches_is_warned_of() {
        insta::assert_snapshot!(covered(|it| it.warning()).unwrap(), @"warning: no test reaches every decision: `check` is never rejected; 1 other decision is never reached either (--coverage shows all)");
    }

    #[test]
    fn the_json_has_the_same() {
        let json = covered(|it| it.json());
        insta::assert_json_snapshot!(json["families"][1], @r#"
        {
          "family": "stages",
          "reached": 1,
          "of": 2,
          "percent": 50
        }
        "#);
        insta::assert_json_snapshot!(json["missed"][1], @r#"
        {
          "family": "guards",
          "line": 15,
          "what": "`skip_if` of `check` is never true",
          "needs": "a case in which `form.age > 12` is true"
        }
        "#);
    }
}
