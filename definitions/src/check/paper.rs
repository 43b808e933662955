//! What a voucher is good for, what is printed of it, and what its holder pays.

use super::Check;
use super::guards::{Purpose, When};
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::model;
use crate::yaml::{child, child_index};

/// What is printed of a voucher beside fields of the form.
const SHOWN: &[&str] = &["number", "amount", "valid_until", "providers", "code"];

impl Check<'_> {
    /// Checks what a voucher is good for, where, and on what paper.
    pub(super) fn paper(&mut self, voucher: &model::Voucher) {
        for (name, item) in &voucher.items {
            let at = child("/voucher/items", name);
            self.plain_name(name, self.places.key(&at));
            if let Some(label) = &item.label {
                self.words(&child(&at, "label"), label);
            }
            if let Some(amount) = &item.amount {
                self.guard(&child(&at, "amount"), amount, When::End, Purpose::Amount);
            }
        }
        if let Some(region) = &voucher.region {
            self.names_a_group("/voucher/region", region, "a provider's region");
        }
        if let Some(print) = &voucher.print {
            self.print(print);
        }
        let Some(redeem) = &voucher.redeem else { return };
        if let Some(most) = &redeem.offline_up_to {
            self.positive("/voucher/redeem/offline_up_to", most);
        }
        if let Some(payment) = &redeem.co_payment {
            let pointer = "/voucher/redeem/co_payment";
            self.guard(pointer, payment, When::Redemption, Purpose::Amount);
        }
    }

    fn print(&mut self, print: &model::Print) {
        for (index, language) in print.languages.iter().flatten().enumerate() {
            if self.languages.contains(language) {
                continue;
            }
            let message = format!("{} is none of the programme's languages", quoted(language));
            let languages = self.languages.clone();
            let known = languages.iter().map(String::as_str);
            let finding = Finding::new(codes::UNKNOWN_LANGUAGE, message)
                .at(self.places.value(&child_index("/voucher/print/languages", index)))
                .label(format!("languages: {}", listed(known.clone())))
                .did_you_mean(likely(language, known));
            self.report(finding);
        }
        let mut known = SHOWN.to_vec();
        known.extend(self.written_names("/form"));
        for (index, name) in print.show.iter().flatten().enumerate() {
            let place = self.places.value(&child_index("/voucher/print/show", index));
            if !known.contains(&name.as_str()) {
                self.unknown(codes::UNKNOWN_FIELD, "field", name, &known, place);
            } else if let Some(kind @ ("file" | "list")) = self.written_type("/form", name) {
                let message =
                    format!("{} is a field of type {kind}, which cannot be printed", quoted(name));
                self.report(Finding::new(codes::WRONG_FIELD_TYPE, message).at(place));
            }
        }
    }
}
