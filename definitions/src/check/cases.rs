//! The tests that travel with the definition: typed, and every name in them looked up. Running them is the engine's.

use indexmap::IndexMap;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::Check;
use super::examples::as_sent;
use super::notices::EVENTS;
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::form::Form;
use crate::programme::{Expected, TEST_START, TestCase};
use crate::yaml::{child, child_index};

/// What a test may expect.
const EXPECTED: &[&str] = &[
    "status",
    "stage",
    "reason",
    "sent",
    "deadline",
    "queue",
    "refused",
    "voucher.amount",
    "voucher.balance",
    "voucher.redeemed",
    "voucher.status",
    "voucher.valid_until",
    "claim.status",
];
/// Statuses of an application.
const STATUSES: &[&str] =
    &["in_review", "with_applicant", "held", "waiting", "approved", "rejected", "withdrawn"];
/// Statuses of a claim.
const CLAIM_STATUSES: &[&str] =
    &["submitted", "queried", "approved", "rejected", "paid", "reversed"];
/// Statuses of a voucher.
const VOUCHER_STATUSES: &[&str] = &["active", "part_redeemed", "redeemed", "expired", "revoked"];

impl Check<'_> {
    /// Takes the tests.
    pub(super) fn cases(&mut self, form: &Form) -> Vec<TestCase> {
        let file = self.file;
        self.duplicates("/tests", "test", codes::DUPLICATE_TEST, "test");
        let mut taken = Vec::new();
        for (index, test) in file.tests.iter().enumerate() {
            let at = child_index("/tests", index);
            let expect = self.expectations(&child(&at, "expect"), &test.expect);
            let refused = test.expect.contains_key("refused");
            let given = self.given(
                &child(&at, "given"),
                &test.given,
                form,
                (refused && test.when.is_empty(), sent_on(&test.when)),
            );
            let steps = self.steps(&child(&at, "when"), &test.when, form, refused);
            let Some(name) = test.name.clone() else { continue };
            taken.push(TestCase { name, line: self.line(&at), given, steps, expect });
        }
        taken
    }

    /// Takes the application of a test; its example is put in place, and `null` removes a field.
    fn given(
        &mut self,
        at: &str,
        given: &Map<String, Value>,
        form: &Form,
        (may_be_wrong, today): (bool, Date),
    ) -> Value {
        let mut values = Map::new();
        let from = child(at, "from");
        let is_field = form.field("from").is_some();
        // What is wrong with an example is said there, not again at each test that begins from it.
        let mut begins_well = !given.contains_key("from") || is_field;
        match given.get("from").filter(|_| !is_field) {
            Some(Value::String(name)) => match self.file.examples.get(name) {
                Some(example) => {
                    values = as_sent(&form.fields, example);
                    begins_well =
                        form.read(&Value::Object(values.clone()), self.terms(today)).is_ok();
                }
                None if self.written_names("/examples").contains(&name.as_str()) => {}
                None => {
                    let known = self.written_names("/examples");
                    let place = self.places.value(&from);
                    self.unknown(codes::UNKNOWN_EXAMPLE, "example", name, &known, place);
                }
            },
            Some(_) => {
                let finding =
                    Finding::new(codes::UNKNOWN_EXAMPLE, "the name of an example is expected here")
                        .at(self.places.value(&from));
                self.report(finding);
            }
            None => {}
        }
        let own: Map<String, Value> = given
            .iter()
            .filter(|(key, _)| is_field || *key != "from")
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        for (name, value) in as_sent(&form.fields, &own) {
            if value.is_null() {
                values.shift_remove(&name);
            } else {
                values.insert(name, value);
            }
        }
        let values = Value::Object(values);
        if begins_well && !may_be_wrong {
            let place = at.to_owned();
            self.fits(form, &values, today, |path| format!("{place}{path}"));
        }
        values
    }

    /// Takes what a test expects, `voucher: {amount: 5}` as `voucher.amount`.
    fn expectations(
        &mut self,
        at: &str,
        expect: &Map<String, Value>,
    ) -> IndexMap<String, Expected> {
        let mut taken = IndexMap::new();
        for (key, value) in expect {
            let pointer = child(at, key);
            match value {
                Value::Object(inner) => {
                    for (name, value) in inner {
                        let (key, pointer) = (format!("{key}.{name}"), child(&pointer, name));
                        self.expectation(&key, &pointer, value);
                        let line = self.line(&pointer);
                        taken.insert(key, Expected { line, value: value.clone() });
                    }
                }
                value => {
                    self.expectation(key, &pointer, value);
                    let line = self.line(&pointer);
                    taken.insert(key.clone(), Expected { line, value: value.clone() });
                }
            }
        }
        taken
    }

    fn expectation(&mut self, key: &str, pointer: &str, value: &Value) {
        let at = self.places.key(pointer);
        if let Some(role) = key.strip_prefix("queue.") {
            let known = self.written_names("/roles");
            if self.has_roles() && !known.contains(&role) {
                self.unknown(codes::UNKNOWN_ROLE, "role", role, &known, at);
            }
            self.expected_value("stage", pointer, value);
        } else if EXPECTED.contains(&key) {
            if key.starts_with("claim.") {
                self.has_part("reimbursement", key, at);
            }
            self.expected_value(key, pointer, value);
        } else {
            let finding = Finding::new(
                codes::UNKNOWN_EXPECTATION,
                format!("{} cannot be expected", quoted(key)),
            )
            .at(at)
            .label(format!("expected one of: {}", listed(EXPECTED.iter().copied())))
            .did_you_mean(likely(key, EXPECTED.iter().copied()));
            self.report(finding);
        }
    }

    fn expected_value(&mut self, key: &str, pointer: &str, value: &Value) {
        let values: Vec<(String, &Value)> = match value {
            // Nothing stands there.
            Value::Null => return,
            Value::Array(list) if matches!(key, "sent" | "queue" | "stage") => list
                .iter()
                .enumerate()
                .map(|(index, value)| (child_index(pointer, index), value))
                .collect(),
            value => vec![(pointer.to_owned(), value)],
        };
        for (pointer, value) in values {
            match key {
                "deadline" | "voucher.valid_until" => self.expected_time(key, &pointer, value),
                "voucher.amount" | "voucher.balance" | "voucher.redeemed" => {
                    self.expected_amount(key, &pointer, value);
                }
                "refused" => {}
                _ => self.expected_word(key, &pointer, value),
            }
        }
    }

    fn expected_word(&mut self, key: &str, pointer: &str, value: &Value) {
        let known: Vec<&str> = match key {
            "status" => STATUSES.to_vec(),
            "voucher.status" => VOUCHER_STATUSES.to_vec(),
            "claim.status" => CLAIM_STATUSES.to_vec(),
            "stage" => self.stage_ids(),
            "queue" => self.written_names("/roles"),
            "reason" => ["reject", "send_back", "approve"]
                .into_iter()
                .flat_map(|decision| self.written_names(&child("/reasons", decision)))
                .collect(),
            _ => EVENTS.to_vec(),
        };
        let word = value.as_str().unwrap_or_default();
        let at = self.places.value(pointer);
        if key == "status" && word == "waiting" && !self.may_wait() {
            let message = "no approval ever waits: there is no `budget` that lets it";
            self.report(Finding::new(codes::NO_SUCH_PART, message).at(at));
            return;
        }
        if known.contains(&word) {
            return;
        }
        let finding = Finding::new(
            codes::WRONG_EXPECTATION,
            format!("the {} can never be {}", spoken(key), quoted(word)),
        )
        .at(at)
        .label(format!("expected one of: {}", listed(known.iter().copied())))
        .did_you_mean(likely(word, known.iter().copied()));
        self.report(finding);
    }

    fn expected_amount(&mut self, key: &str, pointer: &str, value: &Value) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if text.parse::<Decimal>().is_err() {
            let message = format!("the {} can never be {}", spoken(key), quoted(&text));
            let finding = Finding::new(codes::WRONG_EXPECTATION, message)
                .at(self.places.value(pointer))
                .label("expected an amount");
            self.report(finding);
        }
    }

    fn expected_time(&mut self, key: &str, pointer: &str, value: &Value) {
        let text = value.as_str().unwrap_or_default();
        let at = self.places.value(pointer);
        if text.parse::<Date>().is_err() {
            let finding = Finding::new(codes::BAD_DATE, format!("{} is no date", quoted(text)))
                .at(at)
                .label("expected a date such as 2026-12-24");
            self.report(finding);
        } else if key == "voucher.valid_until" && text.contains('T') {
            let message =
                format!("{} has a time of day, and a voucher lasts whole days", quoted(text));
            self.report(Finding::new(codes::BAD_DATE, message).at(at));
        }
    }
}

/// Returns a key in words: `voucher's status`.
fn spoken(key: &str) -> String {
    key.replace('.', "'s ")
}

impl<'a> Check<'a> {
    /// Returns what a test may name as the stage of an application.
    pub(super) fn stage_ids(&self) -> Vec<&'a str> {
        let stages = self.stages.iter().map(|stage| stage.id);
        let groups = self.groups.iter().map(|group| group.id);
        let appeal = self.file.appeal.as_ref().map(|_| "appeal");
        stages.chain(groups).chain(appeal).collect()
    }

    /// Reports what a test uses of a part that the programme does not have.
    pub(super) fn has_part(&mut self, part: &str, used: &str, at: std::ops::Range<usize>) {
        if self.written_at(&child("", part)).is_none() {
            let message = format!("{} needs {}, and there is none", quoted(used), quoted(part));
            self.report(Finding::new(codes::NO_SUCH_PART, message).at(at));
        }
    }
}

/// Returns the day on which a test sends its application.
fn sent_on(steps: &[Map<String, Value>]) -> Date {
    let first = steps.first().and_then(|step| step.get("at")?.as_str()?.parse::<DateTime>().ok());
    first.unwrap_or(TEST_START).date()
}
