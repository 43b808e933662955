//! Who gets a stage's task, and how many must approve it.

use super::Check;
use crate::diagnostic::{Finding, codes, quoted};
use crate::model::{self, Approvals, AssignTo};
use crate::yaml::{child, child_index};

impl Check<'_> {
    /// Checks the quorum of a stage.
    pub(super) fn approvals(&mut self, at: &str, stage: &model::Stage) {
        self.one_person(at, stage);
        let Some(Approvals::Seats(seats)) = &stage.approvals else { return };
        let list = child(at, "approvals");
        self.duplicates(&list, "role", codes::DUPLICATE_NAME, "seat");
        for (index, seat) in seats.iter().enumerate() {
            if let Some(role) = &seat.role {
                self.role(role, self.places.value(&child(&child_index(&list, index), "role")));
            }
        }
        for key in ["role", "role_if"] {
            let pointer = child(at, key);
            if self.written_at(&pointer).is_none() {
                continue;
            }
            let message = format!("{} stands beside a list of approvals", quoted(key));
            let finding = Finding::new(codes::DECIDED_TWICE, message)
                .at(self.places.key(&pointer))
                .at(self.places.key(&list))
                .label("the list says who decides")
                .help(format!("leave {} out, or write a number under `approvals`", quoted(key)));
            self.report(finding);
        }
    }

    /// Reports a task of one person that several must approve: one person fills one seat.
    fn one_person(&mut self, at: &str, stage: &model::Stage) {
        let several = match &stage.approvals {
            None => false,
            Some(Approvals::Count(count)) => *count > 1,
            Some(Approvals::All(word)) => word == "all",
            Some(Approvals::Seats(_)) => true,
        };
        let assigned = stage.assign.as_ref().and_then(|assign| assign.to);
        if several && assigned == Some(AssignTo::Person) {
            let finding =
                Finding::new(codes::DECIDED_TWICE, "one person cannot give several approvals")
                    .at(self.places.key(&child(at, "assign")))
                    .at(self.places.key(&child(at, "approvals")))
                    .label("several are asked for");
            self.report(finding);
        }
    }

    /// Checks whose task it becomes.
    pub(super) fn assign(&mut self, at: &str, stage: &model::Stage) {
        let Some(field) = stage.assign.as_ref().and_then(|assign| assign.matching.as_ref()) else {
            return;
        };
        let pointer = child(&child(at, "assign"), "match");
        self.names_a_group(&pointer, field, "an officer's attribute");
    }

    /// Checks a field of the form whose value is compared with an attribute in the roster.
    pub(super) fn names_a_group(&mut self, pointer: &str, field: &str, with: &str) {
        let known = self.written_names("/form");
        let place = self.places.value(pointer);
        if !known.contains(&field) {
            self.unknown(codes::UNKNOWN_FIELD, "field", field, &known, place);
        } else if let Some(kind) = self.written_type("/form", field)
            && !["choice", "text"].contains(&kind)
        {
            let message =
                format!("{} is a field of type {kind}, which is never {with}", quoted(field));
            let finding = Finding::new(codes::WRONG_FIELD_TYPE, message)
                .at(place)
                .label("expected a field of type choice or text");
            self.report(finding);
        }
    }
}
