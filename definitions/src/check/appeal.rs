//! The appeal against a rejection; its stages are checked with all others.

use super::Check;
use crate::diagnostic::{Finding, codes};

impl Check<'_> {
    /// Checks who decides an appeal, and within what time.
    pub(super) fn appeal(&mut self) {
        let Some(appeal) = &self.file.appeal else { return };
        self.optional_duration("/appeal/within", appeal.within.as_deref());
        self.optional_duration("/appeal/due", appeal.due.as_deref());
        if let Some(role) = &appeal.role {
            self.role(role, self.places.value("/appeal/role"));
        }
        let there = |check: &Self, key: &str| check.written_at(&format!("/appeal/{key}")).is_some();
        let (role, stages) = (there(self, "role"), there(self, "stages"));
        if role && stages {
            let finding =
                Finding::new(codes::DECIDED_TWICE, "an appeal has a role or stages, not both")
                    .at(self.places.key("/appeal/role"))
                    .at(self.places.key("/appeal/stages"))
                    .label("and who decides stands here as well")
                    .help("leave `role` out: each stage has its own");
            self.report(finding);
        } else if !role && !stages {
            let finding = Finding::new(codes::MISSING_KEY, "the key `role` is missing")
                .at(self.places.key("/appeal"))
                .label("`role` or `stages` belongs here")
                .help("add `role:` with the role that decides");
            self.report(finding);
        }
        if stages && there(self, "due") {
            let message = "`due` does not belong to an appeal with stages";
            let finding = Finding::new(codes::KEY_NOT_FOR_THIS, message)
                .at(self.places.key("/appeal/due"))
                .label("each stage has a deadline of its own");
            self.report(finding);
        }
    }
}
