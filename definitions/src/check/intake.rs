//! When applications are taken, and which go first: the window and emergencies.

use jiff::civil::Date;

use super::Check;
use super::guards::{Purpose, When, constant};
use crate::diagnostic::{Finding, codes, quoted};
use crate::yaml::child;

impl Check<'_> {
    /// Checks when applications are taken.
    pub(super) fn window(&mut self) {
        let Some(window) = &self.file.window else { return };
        let is_written = |key| self.written_at(&child("/window", key)).is_some();
        if !is_written("from") && !is_written("until") {
            let finding = Finding::new(codes::MISSING_KEY, "the key `from` is missing")
                .at(self.places.key("/window"))
                .label("`from` or `until` belongs here");
            self.report(finding);
        }
        let from = self.day("/window/from", window.from.as_deref());
        let until = self.day("/window/until", window.until.as_deref());
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            let finding = Finding::new(codes::NEVER_OPEN, "the window closes before it opens")
                .at(self.places.value("/window/until"))
                .at(self.places.value("/window/from"))
                .label("it opens here");
            self.report(finding);
        }
    }

    /// Takes a date.
    pub(super) fn day(&mut self, pointer: &str, text: Option<&str>) -> Option<Date> {
        let text = text?;
        let date = text.parse::<Date>().ok();
        if date.is_none() {
            let finding = Finding::new(codes::BAD_DATE, format!("{} is no date", quoted(text)))
                .at(self.places.value(pointer))
                .label("expected a date such as 2026-12-24");
            self.report(finding);
        }
        date
    }

    /// Checks how a voucher is issued at once.
    pub(super) fn emergency(&mut self) {
        let Some(emergency) = &self.file.emergency else { return };
        self.needs_voucher("/emergency", "an emergency issues a voucher");
        let at = |key: &str| child("/emergency", key);
        if let Some(condition) = &emergency.condition {
            self.guard(&at("if"), condition, When::Submission, Purpose::Condition);
        }
        let issued = emergency.issue_up_to.as_ref().and_then(|amount| {
            self.guard(&at("issue_up_to"), amount, When::Submission, Purpose::Amount)
        });
        let ceiling = self.file.voucher.as_ref().and_then(|voucher| voucher.ceiling.as_ref());
        let ceiling = ceiling.and_then(|text| self.compiler.as_ref()?.compile(&text.0).ok());
        if let (Some(issued), Some(ceiling)) = (issued, ceiling)
            && let (Some(issued), Some(ceiling)) = (constant(&issued), constant(&ceiling))
            && issued.amount > ceiling.amount
        {
            let finding = Finding::new(codes::BAD_AMOUNT, "the amount is above the ceiling")
                .at(self.places.value(&at("issue_up_to")))
                .at(self.places.value("/voucher/ceiling"))
                .label("the ceiling");
            self.report(finding);
        }
        self.optional_duration(&at("ratify_within"), emergency.ratify_within.as_deref());
        if let Some(role) = &emergency.role {
            self.role(role, self.places.value(&at("role")));
        }
    }

    /// Reports a part that needs a voucher, where there is none.
    pub(super) fn needs_voucher(&mut self, part: &str, why: &str) {
        self.money.get_or_insert(self.places.key(part));
        if self.written_at("/voucher").is_some() {
            return;
        }
        let finding = Finding::new(codes::NEEDS_VOUCHER, format!("{why}, and there is none"))
            .at(self.places.key(part))
            .help("say under `voucher` what it is worth, or leave this out");
        self.report(finding);
    }
}
