//! Eligibility and the row of stages: names, order, who issues.

use super::Check;
use super::guards::{Purpose, When};
use super::stage::Position;
use crate::diagnostic::{Finding, codes, quoted};
use crate::form::Form;
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

    /// Takes the stages.
    pub(super) fn stages(&mut self, form: &Form) -> Vec<Stage> {
        let file = self.file;
        self.duplicates("/stages", "stage", codes::DUPLICATE_STAGE, "stage");
        let last = file.stages.len().saturating_sub(1);
        let mut stages = Vec::new();
        for (index, stage) in file.stages.iter().enumerate() {
            let pointer = child_index("/stages", index);
            if let Some(id) = stage.stage.as_deref() {
                self.stage_name(&child(&pointer, "stage"), id);
            }
            let issues = index == last && file.voucher.is_some();
            let position = Position { index, last: index == last, issues };
            stages.extend(self.stage(&pointer, stage, position, form));
        }
        stages
    }

    fn stage_name(&mut self, pointer: &str, id: &str) {
        let at = self.places.value(pointer);
        if RESERVED_STAGES.contains(&id) {
            let message = format!("guards use {} for something else", quoted(id));
            self.report(Finding::new(codes::RESERVED_STAGE, message).at(at));
        } else {
            self.guard_name(pointer, id, at);
        }
    }
}
