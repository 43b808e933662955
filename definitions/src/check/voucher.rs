//! The voucher, and how long values are kept.

use super::Check;
use super::guards::{Purpose, When, constant};
use crate::calendar::Duration;
use crate::diagnostic::{Finding, codes, listed, quoted};
use crate::form::Form;
use crate::model;
use crate::programme::{Keep, VoucherRules};
use crate::yaml::{child, child_index};

impl Check<'_> {
    /// Takes the voucher.
    pub(super) fn voucher(&mut self, form: &Form) -> Option<VoucherRules> {
        let voucher = self.file.voucher.as_ref()?;
        let place = self.places.key("/voucher");
        self.money.get_or_insert(place);
        let amount = voucher
            .amount
            .as_ref()
            .and_then(|amount| self.guard("/voucher/amount", amount, When::End, Purpose::Amount));
        let ceiling = voucher.ceiling.as_ref().and_then(|ceiling| {
            self.guard("/voucher/ceiling", ceiling, When::End, Purpose::Amount)
        });
        if let (Some(amount), Some(ceiling)) = (&amount, &ceiling)
            && let (Some(amount), Some(ceiling)) = (constant(amount), constant(ceiling))
            && amount.amount > ceiling.amount
        {
            let finding = Finding::new(codes::BAD_AMOUNT, "the amount is above the ceiling")
                .at(self.places.value("/voucher/amount"))
                .at(self.places.value("/voucher/ceiling"))
                .label("the ceiling");
            self.report(finding);
        }
        let valid = self.optional_duration("/voucher/valid", voucher.valid.as_deref());
        for (index, provider) in voucher.providers.iter().enumerate() {
            self.plain_name(provider, self.places.value(&child_index("/voucher/providers", index)));
        }
        let redeem = voucher.redeem.clone().unwrap_or_default();
        let partial = self.yes_no("/voucher/redeem/partial", redeem.partial, false);
        let times = redeem.times.unwrap_or(1);
        if times > 1 && redeem.partial.is_some() && !partial {
            let finding = Finding::new(
                codes::BAD_TIMES,
                "the whole voucher cannot be redeemed more than once",
            )
            .at(self.places.value("/voucher/redeem/times"))
            .help("write `partial: yes`, or leave `times` out");
            self.report(finding);
        }
        if let Some(check) = &redeem.check {
            self.voucher_check(form, check);
        }
        self.paper(voucher);
        Some(VoucherRules {
            amount: amount?,
            ceiling,
            valid: valid?,
            providers: voucher.providers.clone(),
            times,
            partial,
            check: redeem.check,
        })
    }

    fn voucher_check(&mut self, form: &Form, field: &str) {
        let at = self.places.value("/voucher/redeem/check");
        let known = self.written_names("/form");
        if !known.contains(&field) {
            let finding = Finding::new(
                codes::UNKNOWN_CHECK,
                format!("the form has no field {}", quoted(field)),
            )
            .at(at)
            .label(format!("fields: {}", listed(known.iter().copied())))
            .did_you_mean(crate::diagnostic::likely(field, known.iter().copied()));
            self.report(finding);
            return;
        }
        let unsayable =
            matches!(self.written_type("/form", field), Some("list" | "file" | "long_text"));
        let optional = form.field(field).is_some_and(crate::form::Field::may_be_absent);
        if unsayable || optional {
            let message = if optional {
                format!(
                    "{} may be left out, so that it may be unknown at redemption",
                    quoted(field)
                )
            } else {
                format!("{} is nothing a person can say at redemption", quoted(field))
            };
            self.report(Finding::new(codes::WRONG_FIELD_TYPE, message).at(at));
        }
    }

    /// Takes how long personal values are kept.
    pub(super) fn keep(&mut self) -> Keep {
        let each = match &self.file.keep {
            None => {
                if self.written_at("/keep").is_none() {
                    let message = "personal values are kept for ever: there is no `keep`";
                    let finding = Finding::new(codes::NO_KEEP, message)
                        .at(0..0)
                        .help("add a line such as `keep: 7 years`");
                    self.report(finding);
                }
                return Keep::default();
            }
            Some(model::Keep::All(text)) => {
                let all = self.duration("/keep", text);
                return Keep { rejected: all, withdrawn: all, approved: all };
            }
            Some(model::Keep::Each(each)) => each,
        };
        let keep = Keep {
            rejected: self.kept("rejected", each.rejected.as_deref()),
            withdrawn: self.kept("withdrawn", each.withdrawn.as_deref()),
            approved: self.kept("approved", each.approved.as_deref()),
        };
        let outcomes = [
            ("rejected", each.rejected.is_none()),
            ("withdrawn", each.withdrawn.is_none()),
            ("approved", each.approved.is_none()),
        ];
        let forever: Vec<&str> =
            outcomes.into_iter().filter(|(_, forever)| *forever).map(|(name, _)| name).collect();
        if !forever.is_empty() {
            let message = format!("personal values are kept for ever after: {}", listed(forever));
            self.report(Finding::new(codes::NO_KEEP, message).at(self.places.key("/keep")));
        }
        keep
    }

    fn kept(&mut self, outcome: &str, text: Option<&str>) -> Option<Duration> {
        self.optional_duration(&child("/keep", outcome), text)
    }
}
