//! The steps of a test: who acts, what is done, what is given with it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Map, Value};

use super::Check;
use super::examples::{as_sent, value_as_sent};
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::form::{Field, FieldKind, Form};
use crate::model::{self, Approvals};
use crate::programme::{RoleId, Step, StepAction, TEST_START};
use crate::yaml::{child, child_index};

/// What an officer does in a step.
const OFFICER_ACTIONS: &[&str] = &["approve", "reject", "send_back", "claim", "release"];
/// What an applicant does in a step.
const APPLICANT_ACTIONS: &[&str] = &["answer", "withdraw", "appeal"];
/// What a provider does in a step.
const PROVIDER_ACTIONS: &[&str] = &["redeem", "claim", "answer"];
/// Keys of an officer's step beside the answers.
const OFFICER_KEYS: &[&str] = &["reason", "note", "to", "fields"];
/// Keys of a provider's step that redeems.
const REDEEM_KEYS: &[&str] = &["amount", "check", "kind"];
/// Keys of a provider's step about a claim, beside what a claim asks.
const CLAIM_KEYS: &[&str] = &["amount", "kind"];
impl Check<'_> {
    /// Takes the steps of a test; `refused` tells that the last one is meant to be refused.
    pub(super) fn steps(
        &mut self,
        at: &str,
        steps: &[Map<String, Value>],
        form: &Form,
        refused: bool,
    ) -> Vec<Step> {
        let mut clock = self.local(TEST_START);
        let mut taken = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let pointer = child_index(at, index);
            // What is refused in the end may be wrong in any way.
            let free = refused && index + 1 == steps.len();
            let reading = Reading { at: &pointer, step, form, free };
            let Some(action) = self.step(&reading, &mut clock, index == 0) else { continue };
            taken.push(Step { line: self.line(&pointer), action });
        }
        taken
    }

    /// Returns the instant of a local time.
    fn local(&self, time: DateTime) -> Timestamp {
        time.to_zoned_datetime(self.calendar.timezone().clone())
            .map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }

    fn step(
        &mut self,
        reading: &Reading<'_>,
        clock: &mut Timestamp,
        first: bool,
    ) -> Option<StepAction> {
        let roles = self.written_names("/roles");
        let is_actor = |key: &str| {
            let role = key.split_once('/').map_or(key, |(role, _)| role);
            ["wait", "at", "applicant", "provider"].contains(&key) || roles.contains(&role)
        };
        let Some((actor, what)) = reading.step.iter().find(|(key, _)| is_actor(key)) else {
            self.unknown_actor(reading);
            return None;
        };
        let at = child(reading.at, actor);
        let place = self.places.value(&at);
        let Some(what) = what.as_str() else {
            let needed = match actor.as_str() {
                "wait" => "a duration, such as `3 days`",
                "at" => "a time, such as `2026-12-24T10:00`",
                _ => "a word for what is done",
            };
            let message = format!("{} needs {needed}", quoted(actor));
            self.report(Finding::new(codes::UNKNOWN_STEP, message).at(place));
            return None;
        };
        let with: Map<String, Value> = reading
            .step
            .iter()
            .filter(|(key, _)| *key != actor)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        match actor.as_str() {
            "wait" | "at" => {
                self.only(reading, &with, &[], &[]);
                self.clock(actor, &at, what, clock, first)
            }
            "applicant" => {
                let action = self.action(&at, what, APPLICANT_ACTIONS)?;
                if action == "appeal" {
                    self.has_part("appeal", what, place);
                }
                let fields: Vec<&str> =
                    reading.form.fields.iter().map(|field| field.name.as_str()).collect();
                let known = if action == "answer" { fields } else { Vec::new() };
                self.only(reading, &with, &known, &["note"]);
                Some(StepAction::Applicant { action, with: as_sent(&reading.form.fields, &with) })
            }
            "provider" => {
                let action = self.action(&at, what, PROVIDER_ACTIONS)?;
                if action == "redeem" {
                    self.only(reading, &with, &[], REDEEM_KEYS);
                } else {
                    self.has_part("reimbursement", what, place);
                    let asks = self.written_names("/reimbursement/asks");
                    self.only(reading, &with, &asks, CLAIM_KEYS);
                }
                let with = as_sent(&self.claimed.fields, &with);
                Some(StepAction::Provider { action, with: amounts_as_sent(with) })
            }
            _ => self.officer_step(reading, actor, what, with),
        }
    }

    fn unknown_actor(&mut self, reading: &Reading<'_>) {
        if !self.has_roles() {
            return;
        }
        let mut known = self.written_names("/roles");
        known.extend(["applicant", "provider", "wait", "at"]);
        let first = reading.step.keys().next().map(String::as_str).unwrap_or_default();
        let role = first.split_once('/').map_or(first, |(role, _)| role);
        let at = self.places.key(&child(reading.at, first));
        let finding =
            Finding::new(codes::UNKNOWN_STEP, format!("nobody here is called {}", quoted(role)))
                .at(at)
                .label(format!("expected one of: {}", listed(known.iter().copied())))
                .did_you_mean(likely(role, known));
        self.report(finding);
    }

    /// Takes a step of the clock.
    fn clock(
        &mut self,
        actor: &str,
        at: &str,
        text: &str,
        clock: &mut Timestamp,
        first: bool,
    ) -> Option<StepAction> {
        if actor == "wait" {
            let duration = self.duration(at, text)?;
            *clock = self.calendar.after(*clock, duration);
            return Some(StepAction::Wait(duration));
        }
        let Ok(time) = text.parse::<DateTime>() else {
            let finding =
                Finding::new(codes::BAD_LOCAL_TIME, format!("{} is no local time", quoted(text)))
                    .at(self.places.value(at))
                    .label("expected a time such as 2026-12-24T10:00");
            self.report(finding);
            return None;
        };
        let instant = self.local(time);
        if instant < *clock && !first {
            let finding = Finding::new(codes::BAD_LOCAL_TIME, "a test cannot go back in time")
                .at(self.places.value(at));
            self.report(finding);
        }
        *clock = instant;
        Some(StepAction::At(time))
    }

    /// Takes what somebody does.
    fn action(&mut self, at: &str, what: &str, known: &[&str]) -> Option<String> {
        if known.contains(&what) {
            return Some(what.to_owned());
        }
        let place = self.places.value(at);
        let finding =
            Finding::new(codes::UNKNOWN_STEP, format!("{} is nothing to do here", quoted(what)))
                .at(place)
                .label(format!("expected one of: {}", listed(known.iter().copied())))
                .did_you_mean(likely(what, known.iter().copied()));
        self.report(finding);
        None
    }

    fn officer_step(
        &mut self,
        reading: &Reading<'_>,
        actor: &str,
        what: &str,
        with: Map<String, Value>,
    ) -> Option<StepAction> {
        let at = child(reading.at, actor);
        let action = self.action(&at, what, OFFICER_ACTIONS)?;
        let (role, name) = match actor.split_once('/') {
            Some((role, name)) => (role, Some(name.to_owned())),
            None => (actor, None),
        };
        let asks: Vec<Field> = self.fields_of(role).cloned().collect();
        if !reading.free {
            if let Some(names) = self.answers_of(role) {
                self.only(reading, &with, &names, OFFICER_KEYS);
            }
            self.officer_names(reading, &action, &with);
            self.has_reason(&at, &action, &with);
        }
        let with = with
            .into_iter()
            .map(|(key, value)| {
                let field = asks.iter().find(|field| field.name == key);
                let value = field.map_or(value.clone(), |field| value_as_sent(&field.kind, &value));
                (key, value)
            })
            .collect();
        Some(StepAction::Officer { role: RoleId::recorded(role), name, action, with })
    }

    /// Looks up the reason, the target and the fields of an officer's step.
    fn officer_names(&mut self, reading: &Reading<'_>, action: &str, with: &Map<String, Value>) {
        if let Some(Value::String(reason)) = with.get("reason") {
            let known = self.written_names(&child("/reasons", action));
            if !known.contains(&reason.as_str()) {
                let at = self.places.value(&child(reading.at, "reason"));
                self.unknown(codes::UNKNOWN_REASON, "reason", reason, &known, at);
            }
        }
        if let Some(Value::String(to)) = with.get("to") {
            let mut known = self.stage_ids();
            known.extend(["applicant", "provider"]);
            if !known.contains(&to.as_str()) {
                let at = self.places.value(&child(reading.at, "to"));
                self.unknown(codes::UNKNOWN_STAGE, "stage", to, &known, at);
            }
        }
        let fields = child(reading.at, "fields");
        let known = self.written_names("/form");
        for (index, field) in
            with.get("fields").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            if let Some(field) = field.as_str().filter(|field| !known.contains(field)) {
                let at = self.places.value(&child_index(&fields, index));
                self.unknown(codes::UNKNOWN_FIELD, "field", field, &known, at);
            }
        }
    }

    /// Reports a decision without the reason, or the words of its own, that every such decision needs.
    fn has_reason(&mut self, at: &str, action: &str, with: &Map<String, Value>) {
        if !matches!(action, "reject" | "send_back") {
            return;
        }
        let offered = child("/reasons", action);
        let known = self.written_names(&offered);
        let has_note = with.get("note").is_some_and(|note| note.as_str() != Some(""));
        let missing = match with.get("reason").and_then(Value::as_str) {
            None if !known.is_empty() => Some(("reason", listed(known.iter().copied()))),
            // Where no reasons are listed for it, the officer's own words are the reason.
            None if action == "send_back" => {
                Some(("note", "words of the officer's own".to_owned()))
            }
            Some(reason) => self
                .written_at(&child(&child(&offered, reason), "note"))
                .filter(|note| **note == Value::Bool(true) || note.as_str() == Some("yes"))
                .map(|_| ("note", format!("the reason {} asks for one", quoted(reason)))),
            None => None,
        };
        let Some((key, label)) = missing.filter(|(key, _)| *key == "reason" || !has_note) else {
            return;
        };
        let label = if key == "reason" { format!("expected one of: {label}") } else { label };
        let finding =
            Finding::new(codes::MISSING_REASON, format!("{} needs a {key}", quoted(action)))
                .at(self.places.value(at))
                .label(label);
        self.report(finding);
    }

    /// Reports keys of a step that are neither answers nor keys of its kind.
    fn only(
        &mut self,
        reading: &Reading<'_>,
        with: &Map<String, Value>,
        answers: &[&str],
        keys: &[&str],
    ) {
        if reading.free {
            return;
        }
        for key in with
            .keys()
            .filter(|key| !answers.contains(&key.as_str()) && !keys.contains(&key.as_str()))
        {
            let known: Vec<&str> = answers.iter().chain(keys).copied().collect();
            let finding =
                Finding::new(codes::UNKNOWN_ANSWER, format!("{} is not asked here", quoted(key)))
                    .at(self.places.key(&child(reading.at, key)))
                    .label(format!("known here: {}", listed(known.iter().copied())))
                    .did_you_mean(likely(key, known.iter().copied()));
            self.report(finding);
        }
    }
}

impl<'a> Check<'a> {
    /// Returns what the stages of a role ask, as written; `None` if it works no stage.
    fn answers_of(&self, role: &str) -> Option<Vec<&'a str>> {
        let worked = self.stages.iter().filter(|named| is_worked_by(named.stage, role));
        let asks: Vec<_> = worked.map(|named| named.asks.clone()).collect();
        (!asks.is_empty()).then(|| asks.into_iter().flatten().collect())
    }

    /// Returns the questions of the stages of a role.
    fn fields_of(&self, role: &str) -> impl Iterator<Item = &Field> {
        let all = self.stages.iter().zip(&self.asked);
        let worked = all.filter(move |(named, _)| is_worked_by(named.stage, role));
        worked.flat_map(|(_, asks)| &asks.fields)
    }
}

/// A step and what it is read with.
struct Reading<'a> {
    at: &'a str,
    step: &'a Map<String, Value>,
    form: &'a Form,
    /// Whether the step is expected to be refused, and so may hold anything.
    free: bool,
}

/// Returns whether a holder of a role may work a stage's tasks.
fn is_worked_by(stage: &model::Stage, role: &str) -> bool {
    let seats = match &stage.approvals {
        Some(Approvals::Seats(seats)) => seats.as_slice(),
        _ => &[],
    };
    stage.role.as_deref() == Some(role)
        || stage.role_if.contains_key(role)
        || stage.if_late.iter().any(|late| late.to.as_deref() == Some(role))
        || seats.iter().any(|seat| seat.role.as_deref() == Some(role))
}

/// Returns the keys of a provider's step as the API sends them.
fn amounts_as_sent(with: Map<String, Value>) -> Map<String, Value> {
    let money = FieldKind::Money(crate::form::Bounds::default());
    with.into_iter()
        .map(|(key, value)| {
            let value = if key == "amount" { value_as_sent(&money, &value) } else { value };
            (key, value)
        })
        .collect()
}
