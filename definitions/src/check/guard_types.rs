//! What guards read, by type; and what is wrong where types do not fit.
//!
//! An answer of a stage that may be left out counts as optional in later guards.

use super::Check;
use super::guards::{OF_VOUCHER, Purpose, When};
use super::rows::{Row, is_given};
use crate::diagnostic::{Finding, codes, quoted};
use crate::guard::{Declared, Guard, Mismatch, Presence, ValueType, Wrong};
use crate::model::{self, LateWhat};
use crate::programme::Contact;
use crate::yaml::child;

impl Check<'_> {
    /// Takes what each stage asks, before any guard is judged.
    pub(super) fn questions(&mut self) {
        for stage in self.stages.clone() {
            let asks = self.form(&child(&stage.pointer, "asks"), &stage.stage.asks);
            self.asked.push(asks);
        }
        if let Some(claim) = &self.file.reimbursement {
            self.claimed = self.form("/reimbursement/asks", &claim.asks);
        }
    }

    /// Checks a guard against the types of what it reads; returns whether nothing was found.
    pub(super) fn types(
        &mut self,
        pointer: &str,
        text: &str,
        guard: &mut Guard,
        (when, purpose): (When, Purpose),
    ) -> bool {
        for (name, span) in guard.calls() {
            let place = self.within(pointer, text, Some(span));
            self.calls.push((name.to_owned(), place));
        }
        let before = self.findings.len();
        match guard.check(|path| self.declared(path, when)) {
            Ok(kinds) => self.result(pointer, &kinds, purpose),
            Err(mismatches) => {
                for mismatch in mismatches {
                    self.mismatch(pointer, text, mismatch);
                }
            }
        }
        self.findings.len() == before
    }

    /// Returns what a path holds when a guard reads it; nothing where it was not understood.
    fn declared(&self, path: &str, when: When) -> Option<Declared> {
        let (root, name) = path.split_once('.')?;
        let amount = || Declared { kind: ValueType::Money, presence: Presence::Always };
        match root {
            "voucher" => OF_VOUCHER.contains(&name).then(amount),
            "claim" => match self.claimed.field(name) {
                Some(field) => Some(Declared::of(field)),
                None => (name == "amount").then(amount),
            },
            "form" => self.fields.field(name).map(Declared::of),
            "applicant" => {
                let field = contact_field(&self.reached, name)?;
                self.fields.field(field).map(Declared::of)
            }
            stage => {
                let position = self.stages.iter().position(|known| known.id == stage)?;
                let field = self.asked.get(position)?.field(name)?;
                let mut declared = Declared::of(field);
                let left_out = self.may_be_left_out(when, position);
                if !is_given(&self.stages, when, position) {
                    // That it is read too early is said already.
                    declared.presence = Presence::Always;
                } else if left_out && when != When::At(position) {
                    declared = Declared::if_decided(field);
                }
                Some(declared)
            }
        }
    }

    /// Returns whether guards cannot count on a stage's answers: it may be skipped, or time goes on without them; and an appeal is
    /// decided wherever the pipeline broke off.
    fn may_be_left_out(&self, when: When, position: usize) -> bool {
        let Some(asked) = self.stages.get(position) else { return false };
        let goes_on =
            |late: &model::LateStep| matches!(late.what, Some(LateWhat::Pass | LateWhat::Approve));
        let broken_off = match when {
            When::Before(reader) | When::At(reader) => {
                let row = self.stages.get(reader).map(|reader| reader.row);
                row == Some(Row::Appeal) && asked.row == Row::Pipeline
            }
            _ => false,
        };
        broken_off || asked.stage.skip_if.is_some() || asked.stage.if_late.iter().any(goes_on)
    }

    /// Reports a result of another type than is needed.
    fn result(&mut self, pointer: &str, kinds: &[ValueType], purpose: Purpose) {
        let known = |kind: &&ValueType| **kind != ValueType::Unknown;
        let number = matches!(purpose, Purpose::Amount | Purpose::Rank);
        let fits =
            |kind: &ValueType| if number { kind.is_number() } else { *kind == ValueType::YesNo };
        let Some(wrong) = kinds.iter().filter(known).find(|kind| !fits(kind)) else { return };
        let (needed, such_as) = match purpose {
            Purpose::Amount => ("an amount", "min(form.cost, limits.ceiling)"),
            Purpose::Rank => ("a number", "form.family.len()"),
            _ => ("yes or no", "form.cost <= 80"),
        };
        let finding = Finding::new(
            codes::WRONG_RESULT,
            format!("{needed} is needed here, not {}", wrong.name()),
        )
        .at(self.places.value(pointer))
        .label(format!("expected {needed}, such as {}", quoted(such_as)));
        self.report(finding);
    }

    fn mismatch(&mut self, pointer: &str, text: &str, mismatch: Mismatch) {
        let code = match mismatch.wrong {
            Wrong::Types => codes::WRONG_TYPES,
            Wrong::Absent => codes::MAY_BE_MISSING,
            Wrong::Option => codes::NO_SUCH_OPTION,
            Wrong::Entry => codes::NO_ENTRY,
            Wrong::CannotRun => codes::NEVER_RUNS,
        };
        let place = self.within(pointer, text, Some(mismatch.span));
        let mut finding = Finding::new(code, mismatch.message).at(place);
        if let Some(label) = mismatch.label {
            finding = finding.label(label);
        }
        if let Some(help) = mismatch.help {
            finding = finding.help(help);
        }
        self.report(finding);
    }

    /// Reports functions whose types are not declared, with the guards that call them.
    pub(super) fn unverified(&mut self) {
        let text = self.file.functions.as_deref().unwrap_or_default();
        let Some(compiler) = self.compiler.clone() else { return };
        for function in compiler.functions().iter().filter(|function| function.types.is_none()) {
            let name = &function.name;
            let message = format!("the types of {} are not declared", quoted(name));
            let place = self.within("/functions", text, Some(function.span.clone()));
            let mut finding = Finding::new(codes::NOT_VERIFIED, message)
                .at(place)
                .label("expected a comment line with its types above it");
            for (_, at) in self.calls.iter().filter(|(called, _)| called == name) {
                finding = finding.at(at.clone()).label("not verified");
            }
            let parameters = vec!["number"; function.parameters.len()].join(", ");
            self.report(finding.help(format!(
                "write the line `// ({parameters}) -> number` above it, with the types that are meant"
            )));
        }
    }
}

/// Returns the field of the form that reaches the applicant.
pub(super) fn contact_field<'c>(contact: &'c Contact, name: &str) -> Option<&'c str> {
    match name {
        "phone" => contact.phone.as_deref(),
        "email" => contact.email.as_deref(),
        "language" => contact.language.as_deref(),
        "name" => contact.name.as_deref(),
        _ => None,
    }
}
