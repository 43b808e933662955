//! The fund that vouchers commit.

use rust_decimal::Decimal;

use super::Check;
use super::guards::{Purpose, When};
use crate::diagnostic::{Finding, codes};
use crate::model::{Number, Period, WhenEmpty};

impl Check<'_> {
    /// Checks the budget.
    pub(super) fn budget(&mut self) {
        let Some(budget) = &self.file.budget else { return };
        self.needs_voucher("/budget", "a budget pays for vouchers");
        if let Some(total) = &budget.total {
            self.positive("/budget/total", total);
        }
        self.day("/budget/starts", budget.starts.as_deref());
        if let Some(reason) = &budget.reason {
            self.reject_reason(reason, "/budget/reason");
        }
        if let Some(priority) = &budget.priority {
            self.guard("/budget/priority", priority, When::End, Purpose::Rank);
        }
        let once = match budget.per {
            Some(per) => per == Period::Programme,
            None => self.written_at("/budget/per").is_none(),
        };
        if self.yes_no("/budget/carry_over", budget.carry_over, false) && once {
            let message = "`carry_over` does not belong to a budget of one period";
            let finding = Finding::new(codes::KEY_NOT_FOR_THIS, message)
                .at(self.places.key("/budget/carry_over"))
                .label("there is no next period")
                .help("write `per: year` or `per: month`, or leave this out");
            self.report(finding);
        }
    }

    /// Returns whether an approval may wait for money.
    pub(super) fn may_wait(&self) -> bool {
        let budget = self.file.budget.as_ref();
        budget.is_some_and(|budget| budget.when_empty != Some(WhenEmpty::Reject))
    }

    /// Takes a number above zero.
    pub(super) fn positive(&mut self, pointer: &str, number: &Number) {
        let number = self.number(codes::BAD_NUMBER, pointer, number);
        if number.is_some_and(|number| number <= Decimal::ZERO) {
            let finding = Finding::new(codes::BAD_NUMBER, "a number above 0 is expected here")
                .at(self.places.value(pointer));
            self.report(finding);
        }
    }
}
