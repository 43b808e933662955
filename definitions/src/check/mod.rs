//! The meaning of the file: a file for each family of findings, each giving its part of the compiled programme.
//!
//! Never stops at the first finding: what cannot be understood is left out, and what it names still counts as known.

mod appeal;
mod approvals;
mod budget;
mod cases;
mod examples;
mod form;
mod guard_types;
mod guards;
mod header;
mod hours;
mod intake;
mod notices;
mod paper;
mod pipeline;
mod reasons;
mod reimbursement;
mod routes;
mod rows;
mod schedules;
mod score;
mod stage;
mod steps;
mod unbuilt;
mod values;
mod voucher;
mod webhooks;

use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use crate::calendar::Calendar;
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::form::Form;
use crate::guard::Compiler;
use crate::model::File;
use crate::money::Currency;
use crate::programme::{Contact, Digest, Programme, ReasonId, RoleId};
use crate::source::Source;
use crate::yaml::{Places, child, child_index};

use self::rows::{Group, Named};

/// A file under examination.
pub(crate) struct Check<'a> {
    /// The typed file, without what was wrong in its shape.
    file: &'a File,
    /// The file as it was written; its names count as known even where their entries are wrong.
    written: &'a Value,
    places: &'a Places,
    source: &'a Source,
    languages: Vec<String>,
    currency: Option<Currency>,
    calendar: Calendar,
    /// `None` when limits or functions are wrong: then no guard is judged.
    compiler: Option<Compiler>,
    stages: Vec<Named<'a>>,
    groups: Vec<Group<'a>>,
    /// The form, for guards to be typed by.
    fields: Form,
    /// How the applicant is reached, for guards to be typed by.
    reached: Contact,
    /// What each stage asks, by its position.
    asked: Vec<Form>,
    /// What a claim asks.
    claimed: Form,
    /// Where guards call which functions.
    calls: Vec<(String, Range<usize>)>,
    used_roles: HashSet<String>,
    /// Where money is first spoken of.
    money: Option<Range<usize>>,
    findings: Vec<Finding>,
}

/// Checks a file; gives the programme as far as it could be understood, and what was found.
pub(crate) fn run(
    file: &File,
    written: &Value,
    places: &Places,
    source: &Source,
    digest: Digest,
) -> (Option<Programme>, Vec<Finding>) {
    let (stages, groups) = rows::of(file, written);
    let mut check = Check {
        file,
        written,
        places,
        source,
        languages: Vec::new(),
        currency: None,
        calendar: Calendar::new(jiff::tz::TimeZone::UTC),
        compiler: None,
        stages,
        groups,
        fields: Form::default(),
        reached: Contact::default(),
        asked: Vec::new(),
        claimed: Form::default(),
        calls: Vec::new(),
        used_roles: HashSet::new(),
        money: None,
        findings: Vec::new(),
    };
    let programme = check.programme(digest);
    (programme, check.findings)
}

/// Returns the keys of a map.
fn names(value: Option<&Value>) -> Vec<&str> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|map| map.keys().map(String::as_str))
        .collect()
}

impl<'a> Check<'a> {
    /// Checks everything, in the order of the file.
    fn programme(&mut self, digest: Digest) -> Option<Programme> {
        let file = self.file;
        self.header();
        let id = self.id();
        let title = file.title.as_ref().map(|title| self.words("/title", title));
        let description = file.description.as_ref().map(|text| self.words("/description", text));
        self.guard_compiler();
        let roles = self.roles();
        let separate_duties = self.yes_no("/separate_duties", file.separate_duties, true);
        let form = self.form("/form", &file.form);
        let contact = self.contact(&form);
        self.fields.clone_from(&form);
        self.reached = contact.clone();
        self.questions();
        self.window();
        self.score();
        let eligibility = self.eligibility();
        let reasons = self.reasons();
        let stages = self.stages();
        let notices = self.notices(&contact);
        let voucher = self.voucher(&form);
        self.budget();
        self.reimbursement();
        self.appeal();
        self.emergency();
        self.webhooks();
        let schedules = self.schedules();
        let keep = self.keep();
        let examples = self.examples(&form);
        let tests = self.cases(&form);
        self.unverified();
        self.unused_roles();
        self.money_has_a_currency();
        self.not_built();
        Some(Programme {
            id: id?,
            digest,
            title: title?,
            description,
            languages: self.languages.clone(),
            currency: self.currency,
            calendar: self.calendar.clone(),
            roles,
            separate_duties,
            form,
            eligibility,
            stages,
            reasons,
            notices,
            contact,
            voucher,
            schedules,
            keep,
            examples,
            tests,
        })
    }

    fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Returns the names that stand in a map of the file.
    fn written_names(&self, pointer: &str) -> Vec<&'a str> {
        names(self.written.pointer(pointer))
    }

    /// Returns what stands at a pointer.
    fn written_at(&self, pointer: &str) -> Option<&'a Value> {
        self.written.pointer(pointer)
    }

    /// Reports a name that is none of those known, with the likely one.
    fn unknown(
        &mut self,
        code: codes::Code,
        what: &str,
        name: &str,
        known: &[&str],
        at: Range<usize>,
    ) {
        let finding = Finding::new(code, format!("there is no {what} {}", quoted(name))).at(at);
        let finding = if known.is_empty() {
            finding
        } else {
            finding.label(format!("{what}s here: {}", listed(known.iter().copied())))
        };
        self.report(finding.did_you_mean(likely(name, known.iter().copied())));
    }

    /// Takes a role that is named somewhere, and notes that it is used.
    fn role(&mut self, name: &str, at: Range<usize>) -> RoleId {
        let known = self.written_names("/roles");
        if self.has_roles() && !known.contains(&name) {
            self.unknown(codes::UNKNOWN_ROLE, "role", name, &known, at);
            // The role that was meant is not also unused.
            self.used_roles.extend(likely(name, known).map(str::to_owned));
        }
        self.used_roles.insert(name.to_owned());
        RoleId::recorded(name)
    }

    /// Returns whether `roles` is a map; where it is none, that is the mistake, and not each role that is named.
    fn has_roles(&self) -> bool {
        self.written_at("/roles").is_some_and(Value::is_object)
    }

    /// Takes a reason for rejecting that is named somewhere.
    fn reject_reason(&mut self, name: &str, pointer: &str) -> ReasonId {
        let known = self.written_names("/reasons/reject");
        // Where there are no reasons at all, that is the mistake.
        if !known.is_empty() && !known.contains(&name) {
            let at = self.places.value(pointer);
            self.unknown(codes::UNKNOWN_REASON, "reason", name, &known, at);
        }
        ReasonId::recorded(name)
    }

    /// Returns the type that a field of the form is written with.
    fn written_type(&self, fields: &str, name: &str) -> Option<&'a str> {
        self.written_at(&child(&child(fields, name), "type")).and_then(Value::as_str)
    }

    /// Returns the line of a value, from 1.
    fn line(&self, pointer: &str) -> u32 {
        let start = self.places.get(pointer).map_or(0, |entry| entry.value.start);
        u32::try_from(self.source.position(start).line).unwrap_or(u32::MAX)
    }

    /// Reports entries of a list that have one name; `key` is the key of the name.
    fn duplicates(&mut self, list: &str, key: &str, code: codes::Code, what: &str) {
        let entries = self.written_at(list).and_then(Value::as_array);
        let mut seen: Vec<(&str, String)> = Vec::new();
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            let Some(name) = entry.get(key).and_then(Value::as_str) else { continue };
            let pointer = child(&child_index(list, index), key);
            if let Some((_, first)) = seen.iter().find(|(other, _)| *other == name) {
                let message = format!("two {what}s are called {}", quoted(name));
                let finding = Finding::new(code, message)
                    .at(self.places.value(&pointer))
                    .label("again here")
                    .at(self.places.value(first))
                    .label("first here");
                self.report(finding);
            } else {
                seen.push((name, pointer));
            }
        }
    }
}
