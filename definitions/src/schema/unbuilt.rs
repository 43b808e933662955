//! Parts of the language that are not built yet: refused as such, with their place.
//!
//! The table shrinks as the language grows; a key that is in neither this table nor the schema is unknown.

use std::collections::HashSet;

use serde_json::Value;

use crate::diagnostic::{Finding, codes, quoted};
use crate::yaml::{Places, child, child_index};

/// Keys by the place of the map they would stand in; `*` is any one name or position.
const KEYS: &[(&str, &[&str])] = &[
    ("", &["budget", "window", "score", "reimbursement", "appeal", "emergency", "webhooks"]),
    ("/eligibility/*", &["across"]),
    ("/stages/*", &["assign", "approvals", "parallel"]),
    (
        "/notify",
        &[
            "waiting",
            "claim_submitted",
            "claim_decided",
            "claim_paid",
            "appeal_opened",
            "appeal_decided",
        ],
    ),
    ("/voucher", &["items", "print", "profile", "region"]),
    ("/voucher/redeem", &["offline_up_to", "co_payment"]),
    ("/schedules/*", &["to"]),
];

/// Values by their place.
const VALUES: &[(&str, &[&str])] = &[
    ("/stages/*/if_late/*/do", &["approve", "webhook"]),
    ("/stages/*/on_approve", &["pay", "webhook"]),
    ("/stages/*/on_approve/*", &["pay", "webhook"]),
    ("/schedules/*/do", &["digest", "export", "release_waiting", "webhook"]),
];

/// Returns the finding for a part of the language that is not built yet.
pub(crate) fn finding(name: &str) -> Finding {
    Finding::new(codes::NOT_BUILT, format!("{} is checked, and not run yet", quoted(name)))
}

/// Takes out what is not built yet, with a finding for each, and returns the places of the maps it stood in.
pub(super) fn take_out(value: &mut Value, places: &Places) -> (Vec<Finding>, HashSet<String>) {
    let mut pass = Pass { places, findings: Vec::new(), touched: HashSet::new() };
    pass.visit(value, "", &mut Vec::new());
    (pass.findings, pass.touched)
}

struct Pass<'a> {
    places: &'a Places,
    findings: Vec<Finding>,
    touched: HashSet<String>,
}

impl Pass<'_> {
    fn visit(&mut self, value: &mut Value, pointer: &str, path: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                let keys = listed(KEYS, path);
                let unbuilt: Vec<String> =
                    map.keys().filter(|key| keys.contains(&key.as_str())).cloned().collect();
                for key in unbuilt {
                    let place = self.places.key(&child(pointer, &key));
                    self.findings.push(finding(&key).at(place));
                    self.touched.insert(pointer.to_owned());
                    map.shift_remove(&key);
                }
                map.retain(|key, value| {
                    self.keeps(value, &child(pointer, key), pointer, path, key)
                });
                for (key, value) in map {
                    path.push(key.clone());
                    self.visit(value, &child(pointer, key), path);
                    path.pop();
                }
            }
            Value::Array(list) => {
                for (index, entry) in list.iter_mut().enumerate() {
                    let at = child_index(pointer, index);
                    if !self.keeps(entry, &at, pointer, path, "*") {
                        // Removing the entry would move the places of those after it.
                        *entry = Value::from("issue_voucher");
                    }
                    path.push("*".to_owned());
                    self.visit(entry, &at, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    /// Returns whether a value is built, with a finding where it is not.
    fn keeps(
        &mut self,
        value: &Value,
        at: &str,
        parent: &str,
        path: &mut Vec<String>,
        key: &str,
    ) -> bool {
        path.push(key.to_owned());
        let values = listed(VALUES, path);
        path.pop();
        let name = match value {
            Value::String(name) => Some(name.as_str()),
            Value::Object(map) => map.keys().next().map(String::as_str),
            _ => None,
        };
        let Some(name) = name.filter(|name| values.contains(name)) else { return true };
        self.findings.push(finding(name).at(self.places.value(at)));
        self.touched.insert(parent.to_owned());
        false
    }
}

/// Returns the names that a table lists for a place.
fn listed(table: &[(&str, &'static [&'static str])], path: &[String]) -> &'static [&'static str] {
    let matches = |pattern: &str| {
        let mut names = pattern.split('/').skip(1);
        path.iter().all(|name| names.next().is_some_and(|wanted| wanted == "*" || wanted == name))
            && names.next().is_none()
    };
    table.iter().find(|(pattern, _)| matches(pattern)).map_or(&[], |(_, names)| names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    /// A definition that uses every part of the language that is not built yet, and no other mistake.
    const EVERYTHING: &str = r#"
format: 1
programme: kit
title: Kit
currency: USD
calendar: {timezone: UTC}
budget: {total: 5}
window: {from: 2026-01-01}
score: {cut_off: 5}
reimbursement: {claim_within: 3 days}
appeal: {within: 3 days}
emergency: {role: clerk}
webhooks: {hook: {url: "https://example.org"}}
roles: {clerk: Clerk}
form:
  name: {label: Name, type: text}
  paper: {label: Paper, type: file}
  cost: {label: Cost, type: money}
  family: {label: Family, type: list, of: {age: {label: Age, type: integer}}}
eligibility:
  - {once_per: name, across: [other], otherwise: late}
stages:
  - parallel: []
  - stage: check
    role: clerk
    assign: {to: pool}
    approvals: 2
    due: 3 working days
    asks: {seen: {label: Seen, type: yes_no}}
    if_late:
      - {after: 5 days, do: approve}
      - {after: 5 days, do: webhook, to: hook}
    on_approve: [issue_voucher, pay, {webhook: hook}]
reasons:
  reject: {late: Too late}
notify:
  waiting: {to: applicant, en: a}
  claim_submitted: {to: applicant, en: a}
  claim_decided: {to: applicant, en: a}
  claim_paid: {to: applicant, en: a}
  appeal_opened: {to: applicant, en: a}
  appeal_decided: {to: applicant, en: a}
voucher:
  amount: form.cost
  valid: 3 days
  providers: [shop]
  items: {}
  print: {}
  profile: claim-169
  region: north
  redeem: {offline_up_to: 5, co_payment: 5}
schedules:
  - {name: a, cron: "0 8 * * *", do: digest, to: clerk}
  - {name: b, cron: "0 8 * * *", do: export}
  - {name: c, cron: "0 8 * * *", do: release_waiting}
  - {name: d, cron: "0 8 * * *", do: webhook}
keep: 7 years
tests:
  - test: an appeal
    given: {name: A, paper: a.pdf, cost: 5, family: []}
    when: [{applicant: appeal}, {provider: claim, amount: 5}]
    expect: {status: waiting, claim.status: paid}
"#;

    #[test]
    fn every_part_that_is_not_built_is_refused_as_such_and_as_nothing_else() {
        let report = crate::compile("kit.yaml", EVERYTHING.as_bytes()).report;
        let others: Vec<_> =
            report.findings().iter().filter(|finding| finding.code != codes::NOT_BUILT).collect();
        assert!(others.is_empty(), "{others:#?}");
        let refused: HashSet<&str> = report
            .findings()
            .iter()
            .filter_map(|finding| finding.message.split('`').nth(1))
            .collect();
        let tables = KEYS.iter().chain(VALUES).flat_map(|(_, names)| names.iter().copied());
        let all = tables.chain(["appeal", "claim", "waiting", "claim.status"]);
        let missed: Vec<&str> = all.filter(|name| !refused.contains(name)).collect();
        assert!(missed.is_empty(), "{missed:?}");
    }

    #[test]
    fn a_part_that_is_not_built_is_shown_at_its_place() {
        let report = crate::compile("kit.yaml", EVERYTHING.as_bytes()).report;
        let source: &Source = report.source();
        for finding in report.findings() {
            let name = finding.message.split('`').nth(1).unwrap();
            let place = finding.places.first().unwrap();
            let under = source.slice(place.span.clone());
            assert!(under.contains(name), "{name}: {under}");
        }
    }
}
