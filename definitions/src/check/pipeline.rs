//! Eligibility, and the rows of stages: names, order, groups, who issues and who pays.

use super::Check;
use super::guards::{Purpose, When};
use super::header::is_programme;
use super::rows::{Group, Named, Row};
use super::stage::Position;
use crate::diagnostic::{Finding, codes, quoted};
use crate::programme::{Eligibility, EligibilityRule, Stage};
use crate::yaml::{child, child_index};

/// Names that guards use for something else.
const RESERVED_STAGES: &[&str] =
    &["form", "limits", "applicant", "voucher", "claim", "score", "today", "now"];

impl Check<'_> {
    /// Takes the rules at submission.
    pub(super) fn eligibility(&mut self) -> Vec<Eligibility> {
        let file = self.file;
        let mut rules = Vec::new();
        for (index, rule) in file.eligibility.iter().enumerate() {
            let at = child_index("/eligibility", index);
            let otherwise = rule
                .otherwise
                .as_deref()
                .map(|reason| self.reject_reason(reason, &child(&at, "otherwise")));
            let within = self.optional_duration(&child(&at, "within"), rule.within.as_deref());
            let meaning = if let Some(field) = &rule.once_per {
                self.once_per(&child(&at, "once_per"), field);
                self.across(&child(&at, "across"), rule.across.as_deref().unwrap_or_default());
                Some(EligibilityRule::OncePer { field: field.clone(), within })
            } else {
                rule.require.as_ref().and_then(|require| {
                    let pointer = child(&at, "require");
                    self.guard(&pointer, require, When::Submission, Purpose::Condition)
                        .map(EligibilityRule::Require)
                })
            };
            if let (Some(rule), Some(otherwise)) = (meaning, otherwise) {
                rules.push(Eligibility { rule, otherwise });
            }
        }
        rules
    }

    /// Checks the field of which one value may be helped once.
    fn once_per(&mut self, pointer: &str, field: &str) {
        let known = self.written_names("/form");
        let at = self.places.value(pointer);
        if !known.contains(&field) {
            self.unknown(codes::UNKNOWN_FIELD, "field", field, &known, at);
        } else if let Some(kind @ ("list" | "file" | "yes_no" | "long_text")) =
            self.written_type("/form", field)
        {
            let message =
                format!("{} is a field of type {kind}, which names nobody", quoted(field));
            self.report(
                Finding::new(codes::WRONG_FIELD_TYPE, message)
                    .at(at)
                    .label("expected a field such as a text or phone"),
            );
        }
    }

    /// Checks the other programmes whose applications count.
    fn across(&mut self, list: &str, programmes: &[String]) {
        for (index, name) in programmes.iter().enumerate() {
            let place = self.places.value(&child_index(list, index));
            if !is_programme(name) {
                let message = format!("{} is no name of a programme", quoted(name));
                self.report(Finding::new(codes::BAD_NAME, message).at(place));
            } else if self.file.programme.as_deref() == Some(name) {
                let message = format!("{} is this programme", quoted(name));
                let finding = Finding::new(codes::NOT_AN_OPTION, message)
                    .at(place)
                    .label("its own applications count anyway");
                self.report(finding);
            }
        }
    }

    /// Takes the stages of all rows; those of the pipeline are the programme's.
    pub(super) fn stages(&mut self) -> Vec<Stage> {
        self.stage_names();
        let mut taken = Vec::new();
        for group in self.groups.clone() {
            self.group(&group);
        }
        for (index, named) in self.stages.clone().into_iter().enumerate() {
            let fires = named.last
                && match named.row {
                    Row::Pipeline => self.file.voucher.is_some(),
                    Row::Appeal => false,
                    Row::Reimbursement => true,
                };
            let position =
                Position { index, last: named.last, fires, row: named.row, member: named.member };
            let stage = self.stage(&named.pointer, named.stage, position);
            if named.member {
                self.nested(&named);
            } else if named.row == Row::Pipeline {
                taken.extend(stage);
            }
        }
        taken
    }

    /// Reports names of stages and groups that stand twice, in whatever row, or mean something else.
    fn stage_names(&mut self) {
        let stages = self.stages.iter().map(|stage| (stage.id, &stage.pointer));
        let groups = self.groups.iter().map(|group| (group.id, &group.pointer));
        let mut names: Vec<(&str, String)> =
            stages.chain(groups).map(|(id, at)| (id, child(at, "stage"))).collect();
        names.retain(|(id, _)| !id.is_empty());
        names.sort_by_key(|(_, at)| self.places.value(at).start);
        let mut seen: Vec<(&str, String)> = Vec::new();
        for (id, at) in names {
            self.stage_name(&at, id);
            if let Some((_, first)) = seen.iter().find(|(other, _)| *other == id) {
                let finding = Finding::new(
                    codes::DUPLICATE_STAGE,
                    format!("two stages are called {}", quoted(id)),
                )
                .at(self.places.value(&at))
                .label("again here")
                .at(self.places.value(first))
                .label("first here");
                self.report(finding);
            } else {
                seen.push((id, at));
            }
        }
    }

    /// Checks a group of stages that are open together.
    fn group(&mut self, group: &Group<'_>) {
        if let Some(title) = &group.stage.title {
            self.words(&child(&group.pointer, "title"), title);
        }
        let fires = group.row == Row::Pipeline && group.last && self.file.voucher.is_some();
        let fires = fires || group.row == Row::Reimbursement && group.last;
        let position =
            Position { index: usize::MAX, last: group.last, fires, row: group.row, member: false };
        self.on_approve(&group.pointer, group.stage, position);
    }

    /// Reports a group within a group.
    fn nested(&mut self, named: &Named<'_>) {
        if named.stage.parallel.is_some() {
            let finding = Finding::new(codes::NESTED_GROUP, "a group stands within a group")
                .at(self.places.key(&child(&named.pointer, "parallel")))
                .help(
                    "write the stages of both into one group, or into two that follow each other",
                );
            self.report(finding);
        }
    }

    fn stage_name(&mut self, pointer: &str, id: &str) {
        let at = self.places.value(pointer);
        let is_other = match id {
            "appeal" => self.file.appeal.is_some(),
            "provider" => self.file.reimbursement.is_some(),
            _ => RESERVED_STAGES.contains(&id),
        };
        if is_other {
            let message = match id {
                "appeal" => "an appeal is a stage of this name already".to_owned(),
                "provider" => "a claim is sent back to the `provider`".to_owned(),
                _ => format!("guards use {} for something else", quoted(id)),
            };
            self.report(Finding::new(codes::RESERVED_STAGE, message).at(at));
        } else {
            self.guard_name(id, at);
        }
    }
}
