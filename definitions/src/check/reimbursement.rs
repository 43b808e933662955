//! The provider's claim; its stages are checked with all others.

use super::Check;
use super::guards::{Purpose, When};
use crate::diagnostic::{Finding, codes};

impl Check<'_> {
    /// Checks what a claim asks, and when it is taken.
    pub(super) fn reimbursement(&mut self) {
        let Some(claim) = &self.file.reimbursement else { return };
        self.needs_voucher("/reimbursement", "a reimbursement pays for redeemed vouchers");
        self.optional_duration("/reimbursement/claim_within", claim.claim_within.as_deref());
        let kind = self.written_type("/reimbursement/asks", "amount");
        let optional = self.claimed.field("amount").is_some_and(crate::form::Field::may_be_absent);
        if kind.is_some_and(|kind| kind != "money") || optional {
            let message = "`amount` is what is claimed: a field of type money that is always given";
            let place = self.places.key("/reimbursement/asks/amount");
            self.report(Finding::new(codes::WRONG_FIELD_TYPE, message).at(place));
        }
        if let Some(condition) = &claim.claim_if {
            self.guard("/reimbursement/claim_if", condition, When::Claim, Purpose::Condition);
        }
    }
}
