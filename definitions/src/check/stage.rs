//! One stage: who works it, what it asks, how it ends, what happens when it is late.

use jiff::civil::Date;

use super::Check;
use super::guards::{Purpose, When};
use crate::calendar::{COMPARED_FROM, Duration};
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::model::{self, LateStep, LateWhat};
use crate::programme::{
    DocumentRef, Late, LateAction, RoleId, SendBack, SendBackTarget, Stage, StageId,
};
use crate::text::Text;
use crate::yaml::{child, child_index};

/// Where a stage stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    /// Its position, from 0.
    pub index: usize,
    /// Whether it is the last.
    pub last: bool,
    /// Whether its approval issues the voucher.
    pub issues: bool,
}

impl Check<'_> {
    /// Takes a stage.
    pub(super) fn stage(
        &mut self,
        at: &str,
        stage: &model::Stage,
        position: Position,
    ) -> Option<Stage> {
        let id = stage.name.as_deref().map(StageId::recorded);
        let title = stage.title.as_ref().map(|title| self.words(&child(at, "title"), title));
        let role = stage
            .role
            .as_deref()
            .map(|role| self.role(role, self.places.value(&child(at, "role"))));
        let role_if = self.routes(at, stage, position);
        let before = When::Before(position.index);
        let skip_if = stage
            .skip_if
            .as_ref()
            .and_then(|guard| self.guard(&child(at, "skip_if"), guard, before, Purpose::Skip));
        let approve_if = stage.approve_if.as_ref().and_then(|guard| {
            let when = When::At(position.index);
            self.guard(&child(at, "approve_if"), guard, when, Purpose::Condition)
        });
        let asks = self.asked.get(position.index).cloned().unwrap_or_default();
        let documents = self.documents(at, &stage.documents);
        let send_back = stage
            .send_back
            .as_ref()
            .map(|rules| self.send_back(&child(at, "send_back"), rules, position));
        let due = self.optional_duration(&child(at, "due"), stage.due.as_deref());
        if !self.written_there(at, "due") && stage.name.is_some() {
            let name = quoted(stage.name.as_deref().unwrap_or_default());
            let finding =
                Finding::new(codes::NO_DEADLINE, format!("the stage {name} has no deadline"))
                    .at(self.places.value(&child(at, "stage")))
                    .help("add a line such as `due: 3 days`");
            self.report(finding);
        }
        let if_late = self.if_late(at, stage, due, position);
        self.on_approve(at, stage, position);
        if position.issues && stage.skip_if.is_some() {
            self.money_without_person(
                self.places.key(&child(at, "skip_if")),
                "the stage that issues the voucher cannot be skipped",
            );
        }
        let id = id?;
        Some(Stage {
            title: title.unwrap_or_else(|| Text::from(id.as_str())),
            id,
            role: role?,
            role_if,
            skip_if,
            approve_if,
            asks,
            documents,
            send_back,
            due,
            if_late,
            issues_voucher: position.issues,
        })
    }

    fn money_without_person(&mut self, at: std::ops::Range<usize>, message: &str) {
        self.report(
            Finding::new(codes::MONEY_WITHOUT_PERSON, message)
                .at(at)
                .label("money needs a person's approval"),
        );
    }

    fn routes(
        &mut self,
        at: &str,
        stage: &model::Stage,
        position: Position,
    ) -> Vec<(RoleId, crate::guard::Guard)> {
        let routes = child(at, "role_if");
        let mut taken = Vec::new();
        for (role, guard) in &stage.role_if {
            let pointer = child(&routes, role);
            let role = self.role(role, self.places.key(&pointer));
            let when = When::Before(position.index);
            if let Some(guard) = self.guard(&pointer, guard, when, Purpose::Route) {
                taken.push((role, guard));
            }
        }
        self.amount_routes(at, &taken);
        taken
    }

    fn documents(&mut self, at: &str, names: &[String]) -> Vec<DocumentRef> {
        let list = child(at, "documents");
        let asks = child(at, "asks");
        let mut taken = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let place = self.places.value(&child_index(&list, index));
            let asked = self.written_names(&asks);
            let own = asked.contains(&name.as_str());
            let fields = if own { asks.as_str() } else { "/form" };
            let mut known = asked;
            known.extend(self.written_names("/form"));
            if !known.contains(&name.as_str()) {
                self.unknown(codes::UNKNOWN_FIELD, "field", name, &known, place);
                continue;
            }
            if let Some(kind) = self.written_type(fields, name).filter(|kind| *kind != "file") {
                let message = format!("{} is a field of type {kind}, not a document", quoted(name));
                let finding = Finding::new(codes::NOT_A_DOCUMENT, message)
                    .at(place)
                    .label("expected a field of type file");
                self.report(finding);
            }
            taken.push(if own {
                DocumentRef::Asks(name.clone())
            } else {
                DocumentRef::Form(name.clone())
            });
        }
        taken
    }

    fn send_back(&mut self, at: &str, rules: &model::SendBack, position: Position) -> SendBack {
        let to = self.send_back_targets(&child(at, "to"), rules, position);
        let answer_within =
            self.optional_duration(&child(at, "answer_within"), rules.answer_within.as_deref());
        let unanswered =
            rules.reason.as_deref().map(|reason| self.reject_reason(reason, &child(at, "reason")));
        if let Some(then) = rules.then.as_deref().filter(|then| *then != "reject") {
            let finding =
                Finding::new(codes::NOT_AN_OPTION, format!("{} is not allowed here", quoted(then)))
                    .at(self.places.value(&child(at, "then")))
                    .label("expected reject");
            self.report(finding);
        }
        let to_applicant = to.contains(&SendBackTarget::Applicant);
        if to_applicant && rules.answer_within.is_none() && !self.written_there(at, "answer_within")
        {
            let finding =
                Finding::new(codes::NO_ANSWER_TIME, "nothing says how long the answer may take")
                    .at(self.places.key(at))
                    .label("`answer_within` belongs here")
                    .help("add `answer_within: 14 days`");
            self.report(finding);
        }
        if to_applicant && rules.reason.is_none() && !self.written_there(at, "reason") {
            let finding = Finding::new(codes::MISSING_KEY, "the key `reason` is missing")
                .at(self.places.key(at))
                .label("`reason` belongs here: why an application without an answer is rejected");
            self.report(finding);
        }
        SendBack { to, answer_within, unanswered }
    }

    /// Returns whether a key stands in a map of the file, right or wrong.
    fn written_there(&self, at: &str, key: &str) -> bool {
        self.written_at(&child(at, key)).is_some()
    }

    fn send_back_targets(
        &mut self,
        pointer: &str,
        rules: &model::SendBack,
        position: Position,
    ) -> Vec<SendBackTarget> {
        let Some(names) = &rules.to else { return vec![SendBackTarget::Applicant] };
        let one = matches!(names, model::OneOrMany::One(_));
        let earlier: Vec<&str> =
            self.stages.iter().take(position.index).map(|stage| stage.id).collect();
        let mut targets = Vec::new();
        for (index, name) in names.as_slice().iter().enumerate() {
            let at = if one { pointer.to_owned() } else { child_index(pointer, index) };
            let at = self.places.value(&at);
            if name == "applicant" {
                targets.push(SendBackTarget::Applicant);
                continue;
            }
            let allowed: Vec<&str> =
                std::iter::once("applicant").chain(earlier.iter().copied()).collect();
            if !self.stages.iter().any(|stage| stage.id == name) {
                self.unknown(codes::UNKNOWN_STAGE, "stage", name, &allowed, at);
            } else if !earlier.contains(&name.as_str()) {
                let message = format!("{} is not an earlier stage", quoted(name));
                let finding = Finding::new(codes::SEND_BACK_TARGET, message)
                    .at(at)
                    .label(format!("expected one of: {}", listed(allowed)));
                self.report(finding);
            }
            targets.push(SendBackTarget::Stage(StageId::recorded(name)));
        }
        targets
    }

    fn if_late(
        &mut self,
        at: &str,
        stage: &model::Stage,
        due: Option<Duration>,
        position: Position,
    ) -> Vec<Late> {
        let list = child(at, "if_late");
        let mut taken = Vec::new();
        for (index, step) in stage.if_late.iter().enumerate() {
            let pointer = child_index(&list, index);
            let after = self.optional_duration(&child(&pointer, "after"), step.after.as_deref());
            let action = self.late_action(&pointer, step);
            if position.issues && step.what == Some(LateWhat::Pass) {
                self.money_without_person(
                    self.places.value(&child(&pointer, "do")),
                    "the stage that issues the voucher cannot be passed over",
                );
            }
            if let (Some(after), Some(due), Some(what)) = (after, due, step.what)
                && what != LateWhat::Remind
                && let Some(when) = self.calendar.first_before(after, due)
            {
                let finding = Finding::new(codes::BEFORE_DUE, before_the_deadline(when))
                    .at(self.places.value(&child(&pointer, "after")))
                    .at(self.places.value(&child(at, "due")))
                    .label("the deadline");
                self.report(finding);
            }
            if let (Some(after), Some(action)) = (after, action) {
                taken.push(Late { after, action });
            }
        }
        taken
    }

    fn late_action(&mut self, at: &str, step: &LateStep) -> Option<LateAction> {
        Some(match step.what? {
            LateWhat::Remind => LateAction::Remind,
            LateWhat::Pass => LateAction::Pass,
            LateWhat::Escalate => {
                let to = step.to.as_deref()?;
                LateAction::Escalate { to: self.role(to, self.places.value(&child(at, "to"))) }
            }
            LateWhat::Reject => {
                let reason = step.reason.as_deref()?;
                LateAction::Reject { reason: self.reject_reason(reason, &child(at, "reason")) }
            }
        })
    }

    fn on_approve(&mut self, at: &str, stage: &model::Stage, position: Position) {
        let pointer = child(at, "on_approve");
        let Some(effects) = &stage.on_approve else { return };
        let place = self.places.value(&pointer);
        for effect in effects.as_slice() {
            let finding = if effect != "issue_voucher" {
                Finding::new(
                    codes::NOT_AN_OPTION,
                    format!("{} is not allowed here", quoted(effect)),
                )
                .at(place.clone())
                .label("expected issue_voucher")
                .did_you_mean(likely(effect, ["issue_voucher"]))
            } else if !position.last {
                Finding::new(codes::ISSUE_TOO_EARLY, "only the last stage issues the voucher")
                    .at(place.clone())
                    .help("leave it out: the last stage issues the voucher by itself")
            } else if !position.issues {
                Finding::new(codes::NO_VOUCHER, "there is no voucher to issue")
                    .at(place.clone())
                    .help("say under `voucher` what it is worth, or leave this out")
            } else {
                continue;
            };
            self.report(finding);
        }
    }
}

/// Returns that a late action comes too early; where only some weeks make it so, since when.
fn before_the_deadline(when: Date) -> String {
    let begun = if when == COMPARED_FROM {
        String::new()
    } else {
        format!(" of a task that begins on {when}")
    };
    format!("this happens before the deadline{begun}")
}
