//! One stage: who works it, what it asks, how it ends, what happens when it is late.

use jiff::civil::Date;

use super::Check;
use super::guards::{Purpose, When};
use super::rows::Row;
use crate::calendar::{COMPARED_FROM, Duration};
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::model::{self, Effect, Effects, LateStep, LateWhat};
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
    /// Whether its approval, or that of its group, issues the voucher or pays.
    pub fires: bool,
    /// The row it stands in.
    pub row: Row,
    /// Whether it is a member of a group.
    pub member: bool,
}

impl Position {
    /// Returns what the approval does with money.
    fn effect(self) -> &'static str {
        if self.row == Row::Reimbursement { "pays" } else { "issues the voucher" }
    }
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
        self.assign(at, stage);
        self.approvals(at, stage);
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
        let documents = self.documents(at, &stage.documents, position.row);
        let send_back = stage
            .send_back
            .as_ref()
            .map(|rules| self.send_back(&child(at, "send_back"), rules, position));
        let due = self.optional_duration(&child(at, "due"), stage.due.as_deref());
        if !self.written_there(at, "due") && stage.name.is_some() && stage.parallel.is_none() {
            let name = quoted(stage.name.as_deref().unwrap_or_default());
            let finding =
                Finding::new(codes::NO_DEADLINE, format!("the stage {name} has no deadline"))
                    .at(self.places.value(&child(at, "stage")))
                    .help("add a line such as `due: 3 days`");
            self.report(finding);
        }
        let if_late = self.if_late(at, stage, due, position);
        self.on_approve(at, stage, position);
        if position.fires && stage.skip_if.is_some() {
            self.money_without_person(
                self.places.key(&child(at, "skip_if")),
                &format!("the stage that {} cannot be skipped", position.effect()),
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
            issues_voucher: position.fires,
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

    fn documents(&mut self, at: &str, names: &[String], row: Row) -> Vec<DocumentRef> {
        let list = child(at, "documents");
        let asks = child(at, "asks");
        let mut taken = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let place = self.places.value(&child_index(&list, index));
            let asked = self.written_names(&asks);
            let own = asked.contains(&name.as_str());
            let claimed = match row {
                Row::Reimbursement => self.written_names("/reimbursement/asks"),
                Row::Pipeline | Row::Appeal => Vec::new(),
            };
            let fields = if own {
                asks.as_str()
            } else if claimed.contains(&name.as_str()) {
                "/reimbursement/asks"
            } else {
                "/form"
            };
            let mut known = asked;
            known.extend(claimed);
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
        // Who asks in a claim is the provider.
        let to_applicant = to.contains(&SendBackTarget::Applicant)
            || to.contains(&SendBackTarget::Stage(StageId::recorded("provider")));
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
        let (allowed, all) = self.before(position);
        let mut targets = Vec::new();
        for (index, name) in names.as_slice().iter().enumerate() {
            let at = if one { pointer.to_owned() } else { child_index(pointer, index) };
            let at = self.places.value(&at);
            if !allowed.contains(&name.as_str()) {
                if all.contains(&name.as_str()) {
                    let message = format!("{} is not an earlier stage", quoted(name));
                    let finding = Finding::new(codes::SEND_BACK_TARGET, message)
                        .at(at)
                        .label(format!("expected one of: {}", listed(allowed.iter().copied())));
                    self.report(finding);
                } else {
                    self.unknown(codes::UNKNOWN_STAGE, "stage", name, &allowed, at);
                }
            }
            targets.push(match name.as_str() {
                "applicant" => SendBackTarget::Applicant,
                name => SendBackTarget::Stage(StageId::recorded(name)),
            });
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
            let by_time = match step.what {
                Some(LateWhat::Pass) => Some("passed over"),
                Some(LateWhat::Approve) => Some("approved by time"),
                _ => None,
            };
            if let Some(by_time) = by_time.filter(|_| position.fires) {
                self.money_without_person(
                    self.places.value(&child(&pointer, "do")),
                    &format!("the stage that {} cannot be {by_time}", position.effect()),
                );
            }
            if let (Some(after), Some(due), Some(what)) = (after, due, step.what)
                && !matches!(what, LateWhat::Remind | LateWhat::Webhook)
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

    /// Takes what is done; `None` where the engine cannot run it yet.
    fn late_action(&mut self, at: &str, step: &LateStep) -> Option<LateAction> {
        Some(match step.what? {
            LateWhat::Approve => return None,
            LateWhat::Webhook => {
                self.webhook(step.to.as_deref()?, &child(at, "to"));
                return None;
            }
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

    /// Checks what an approval does.
    pub(super) fn on_approve(&mut self, at: &str, stage: &model::Stage, position: Position) {
        let pointer = child(at, "on_approve");
        let Some(effects) = &stage.on_approve else { return };
        let listed = matches!(effects, Effects::Many(_));
        for (index, effect) in effects.as_slice().iter().enumerate() {
            let at = if listed { child_index(&pointer, index) } else { pointer.clone() };
            match effect {
                Effect::Named(name) => {
                    if let Some(finding) = misplaced(name, position) {
                        self.report(finding.at(self.places.value(&at)));
                    }
                }
                Effect::Webhook { webhook } => {
                    if let Some(name) = webhook {
                        self.webhook(name, &child(&at, "webhook"));
                    }
                }
            }
        }
    }
}

impl<'a> Check<'a> {
    /// Returns to whom a stage may send back, and the names of all stages.
    fn before(&self, position: Position) -> (Vec<&'a str>, Vec<&'a str>) {
        let outside = if position.row == Row::Reimbursement { "provider" } else { "applicant" };
        let mut earlier = vec![outside];
        let Some(own) = self.stages.get(position.index) else { return (earlier, Vec::new()) };
        let of_row = |row, step| row == own.row && step < own.step;
        let stages = self.stages.iter().filter(|stage| of_row(stage.row, stage.step));
        let groups = self.groups.iter().filter(|group| of_row(group.row, group.step));
        earlier.extend(stages.map(|stage| stage.id).chain(groups.map(|group| group.id)));
        let stages = self.stages.iter().map(|stage| stage.id);
        (earlier, stages.chain(self.groups.iter().map(|group| group.id)).collect())
    }
}

/// Returns why an effect cannot stand at a stage; its place is filled in by the caller.
fn misplaced(effect: &str, position: Position) -> Option<Finding> {
    const EFFECTS: [&str; 2] = ["issue_voucher", "pay"];
    let claim = position.row == Row::Reimbursement;
    Some(match effect {
        "issue_voucher" | "pay" if position.member => {
            let code = if effect == "pay" { codes::PAY_TOO_EARLY } else { codes::ISSUE_TOO_EARLY };
            Finding::new(code, format!("{} belongs to the group", quoted(effect)))
                .help("write it beside `parallel`: it is done when all members have approved")
        }
        "issue_voucher" if position.row != Row::Pipeline => {
            let message = if claim {
                "a reimbursement pays, and issues no voucher"
            } else {
                "an appeal issues no voucher: the stage that rejected decides again"
            };
            Finding::new(codes::ISSUE_TOO_EARLY, message)
        }
        "issue_voucher" if !position.last => {
            Finding::new(codes::ISSUE_TOO_EARLY, "only the last stage issues the voucher")
                .help("leave it out: the last stage issues the voucher by itself")
        }
        "issue_voucher" if !position.fires => {
            Finding::new(codes::NO_VOUCHER, "there is no voucher to issue")
                .help("say under `voucher` what it is worth, or leave this out")
        }
        "pay" if !claim => {
            Finding::new(codes::PAY_TOO_EARLY, "only the last stage of a reimbursement pays")
                .help("leave it out: what a voucher is worth is paid to its provider, by a claim")
        }
        "pay" if !position.last => {
            Finding::new(codes::PAY_TOO_EARLY, "only the last stage of a reimbursement pays")
                .help("leave it out: the last stage pays by itself")
        }
        "issue_voucher" | "pay" => return None,
        _ => {
            let message = format!("{} is not allowed here", quoted(effect));
            let finding = Finding::new(codes::NOT_AN_OPTION, message);
            match likely(effect, EFFECTS) {
                Some(_) => finding.did_you_mean(likely(effect, EFFECTS)),
                None => finding.help("expected issue_voucher, pay or {webhook: name}"),
            }
        }
    })
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
