//! Parts of the language that are checked, and that the engine cannot run yet: a note at the place of each.
//!
//! The table shrinks as the engine grows. A definition with such a part is right, and becomes no programme.

use serde_json::{Value, json};

use super::Check;
use crate::diagnostic::{Finding, codes, quoted};
use crate::yaml::{child, child_index};

/// Keys by the place of the map they stand in; `*` is any one name or position.
const KEYS: &[(&str, &[&str])] = &[
    ("", &["budget", "window", "score", "reimbursement", "appeal", "emergency", "webhooks"]),
    ("/eligibility/*", &["across"]),
    ("/stages/*", &["assign", "approvals", "parallel"]),
    (
        "/notify",
        &[
            "waiting",
            "voucher_expiring",
            "claim_submitted",
            "claim_decided",
            "claim_paid",
            "appeal_opened",
            "appeal_decided",
        ],
    ),
    ("/voucher", &["items", "print", "profile", "region"]),
    ("/voucher/redeem", &["offline_up_to", "co_payment"]),
];

/// Values by their place; of a map, its first key.
const VALUES: &[(&str, &[&str])] = &[
    ("/stages/*/if_late/*/do", &["approve", "webhook"]),
    ("/stages/*/on_approve", &["webhook"]),
    ("/stages/*/on_approve/*", &["webhook"]),
    ("/schedules/*/do", &["digest", "export", "release_waiting", "webhook"]),
];

/// Returns the note for a part that is checked and not run yet.
pub(super) fn note(name: &str) -> Finding {
    Finding::new(codes::NOT_BUILT, format!("{} is checked, and not run yet", quoted(name)))
}

impl Check<'_> {
    /// Notes what the engine cannot run yet; what stands below a part that is noted is part of it.
    pub(super) fn not_built(&mut self) {
        self.visit(self.written, "", &mut Vec::new());
    }

    fn visit(&mut self, value: &Value, pointer: &str, path: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                let keys = listed(KEYS, path);
                for (key, value) in map {
                    let at = child(pointer, key);
                    if keys.contains(&key.as_str()) && !is_default(key, value) {
                        self.report(note(key).at(self.places.key(&at)));
                        continue;
                    }
                    path.push(key.clone());
                    self.one(value, &at, path);
                    path.pop();
                }
            }
            Value::Array(list) => {
                for (index, entry) in list.iter().enumerate() {
                    path.push("*".to_owned());
                    self.one(entry, &child_index(pointer, index), path);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn one(&mut self, value: &Value, at: &str, path: &mut Vec<String>) {
        let name = match value {
            Value::String(name) => Some(name.as_str()),
            Value::Object(map) => map.keys().next().map(String::as_str),
            _ => None,
        };
        match name.filter(|name| listed(VALUES, path).contains(name)) {
            Some(name) => self.report(note(name).at(self.places.value(at))),
            None => self.visit(value, at, path),
        }
    }
}

/// Returns whether a part says only what holds without it.
fn is_default(key: &str, value: &Value) -> bool {
    match key {
        "assign" => *value == json!({"to": "pool"}),
        "approvals" => *value == json!(1),
        _ => false,
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
    use std::collections::HashSet;

    use super::*;

    /// A definition that uses every part of the language that cannot run yet, and has no mistake.
    const EVERYTHING: &str = include_str!("../../tests/everything.yaml");

    #[test]
    fn a_part_that_says_what_holds_anyway_can_run() {
        let kit = include_str!("../../tests/kit.yaml");
        let kit =
            kit.replacen("role: clerk", "role: clerk\n    assign: {to: pool}\n    approvals: 1", 1);
        assert!(crate::compile("kit.yaml", kit.as_bytes()).programme.is_some());
    }

    #[test]
    fn every_part_that_cannot_run_is_noted_at_its_place_and_nothing_else_is_found() {
        let compiled = crate::compile("everything.yaml", EVERYTHING.as_bytes());
        assert!(compiled.programme.is_none() && !compiled.report.has_errors());
        let mut noted = HashSet::new();
        for finding in compiled.report.findings() {
            assert_eq!(finding.code, codes::NOT_BUILT, "{}", compiled.report.to_text(false));
            let name = finding.message.split('`').nth(1).unwrap();
            let place = finding.places.first().unwrap();
            let under = compiled.report.source().slice(place.span.clone());
            assert!(under.contains(name), "{name}: {under}");
            noted.insert(name);
        }
        let all = KEYS.iter().chain(VALUES).flat_map(|(_, names)| names.iter().copied());
        let missed: Vec<&str> = all.filter(|name| !noted.contains(name)).collect();
        assert!(missed.is_empty(), "{missed:?}");
    }
}
