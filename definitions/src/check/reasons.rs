//! The reasons officers pick from.

use indexmap::IndexMap;

use super::Check;
use crate::diagnostic::{Finding, codes, quoted};
use crate::model::ReasonWords;
use crate::programme::{Reason, ReasonId, Reasons};
use crate::text::Text;
use crate::yaml::child;

impl Check<'_> {
    /// Takes the reasons.
    pub(super) fn reasons(&mut self) -> Reasons {
        let file = self.file;
        let reasons = Reasons {
            approve: self.reasons_for("/reasons/approve", &file.reasons.approve),
            reject: self.reasons_for("/reasons/reject", &file.reasons.reject),
            send_back: self.reasons_for("/reasons/send_back", &file.reasons.send_back),
        };
        let sends_back = self.stages.iter().any(|named| named.stage.send_back.is_some());
        self.needed("reject", !file.stages.is_empty(), "officers can reject");
        self.needed("send_back", sends_back, "officers can send back");
        if !sends_back {
            for name in self.written_names("/reasons/send_back") {
                let message =
                    format!("no stage sends back, so that {} is never given", quoted(name));
                let at = self.places.key(&child("/reasons/send_back", name));
                self.report(Finding::new(codes::UNUSED_REASON, message).at(at));
            }
        }
        reasons
    }

    /// Reports a decision that has no reasons and needs some.
    fn needed(&mut self, decision: &str, needed: bool, why: &str) {
        let pointer = child("/reasons", decision);
        // What stands there in another shape is said already.
        let written = |at: &str| self.written_at(at).is_some_and(|value| !value.is_object());
        let misshapen = written("/reasons") || written(&pointer);
        if needed && !misshapen && self.written_names(&pointer).is_empty() {
            let message = format!("{why}, and there is no reason under `reasons.{decision}`");
            let at = if self.places.get("/reasons").is_some() {
                self.places.key("/reasons")
            } else {
                0..0
            };
            let finding = Finding::new(codes::NO_REASONS, message)
                .at(at)
                .help(format!("add reasons: `{decision}: {{reason_name: Words for people}}`"));
            self.report(finding);
        }
    }

    fn reasons_for(
        &mut self,
        pointer: &str,
        reasons: &IndexMap<String, ReasonWords>,
    ) -> IndexMap<ReasonId, Reason> {
        let mut taken = IndexMap::new();
        for (name, words) in reasons {
            let at = child(pointer, name);
            self.plain_name(name, self.places.key(&at));
            let reason = match words {
                ReasonWords::Plain(text) => Reason { text: Text::Plain(text.clone()), note: false },
                ReasonWords::Translated { note, words } => {
                    let note = self.yes_no(&child(&at, "note"), *note, false);
                    self.text_languages(&at, words.keys().map(String::as_str), &["note"]);
                    Reason { text: Text::Translated(words.clone()), note }
                }
            };
            taken.insert(ReasonId::recorded(name), reason);
        }
        taken
    }
}
