//! What was not reached, in words, and what a test would need for it.

use annona_definitions::Programme;
use annona_definitions::guard::Guard;
use annona_definitions::programme::{
    EligibilityRule, LateAction, ReasonId, SendBackTarget, Stage, StageId,
};

use super::{Point, Verb};
use crate::application::TimerRule;

/// A point that was not reached, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// What never happens: `` `final` is never sent back to `field` ``.
    pub what: String,
    /// What a test would need, where that is simple.
    pub needs: Option<String>,
}

impl Point {
    /// Says that this was not reached.
    #[must_use]
    pub fn missed(&self, programme: &Programme) -> Missed {
        let (what, needs) = match self {
            Self::Opened(id) => (format!("`{id}` is never opened"), None),
            Self::Skipped(id) => (format!("`{id}` is never skipped"), None),
            Self::Approved(id) => (
                format!("`{id}` is never approved"),
                with(programme, id, |stage| {
                    format!("{{{}: approve}} while it is open", stage.role)
                }),
            ),
            Self::Rejected(id) => (
                format!("`{id}` is never rejected"),
                with(programme, id, |stage| rejecting(programme, stage)),
            ),
            Self::SentBack(id, to) => {
                let (to, words) = match to {
                    SendBackTarget::Applicant => ("applicant", "the applicant".to_owned()),
                    SendBackTarget::Stage(stage) => (stage.as_str(), format!("`{stage}`")),
                };
                let needs = with(programme, id, |stage| sending_back(programme, stage, to));
                (format!("`{id}` is never sent back to {words}"), needs)
            }
            Self::Guard(place, held) => guard(programme, place, *held),
            Self::Reason(verb, id) => reason(*verb, id),
            Self::Route(id, role) => (format!("`{id}` never goes to `{role}`"), None),
            Self::TimeOut(id, rule) => time_out(programme, id, *rule),
            Self::Message(event) => (format!("`{}` is never sent", event.as_str()), None),
        };
        Missed { what, needs }
    }
}

fn with(programme: &Programme, id: &StageId, words: impl Fn(&Stage) -> String) -> Option<String> {
    programme.stage(id).map(words)
}

fn rejecting(programme: &Programme, stage: &Stage) -> String {
    let reason = programme.reasons.reject.keys().next();
    let reason = reason.map(|reason| format!(", reason: {reason}")).unwrap_or_default();
    format!("{{{}: reject{reason}}} while it is open", stage.role)
}

fn sending_back(programme: &Programme, stage: &Stage, to: &str) -> String {
    let reason = programme.reasons.send_back.keys().next();
    let reason = reason.map(|reason| format!(", reason: {reason}")).unwrap_or_default();
    let field = programme.form.fields.first().filter(|_| to == "applicant");
    let fields = field.map(|field| format!(", fields: [{}]", field.name)).unwrap_or_default();
    format!("{{{}: send_back, to: {to}{reason}{fields}}} while it is open", stage.role)
}

fn guard(programme: &Programme, place: &str, held: bool) -> (String, Option<String>) {
    let truth = if held { "true" } else { "false" };
    match place.split('.').collect::<Vec<_>>().as_slice() {
        ["eligibility", rule, _] => {
            let rule = rule.parse().unwrap_or(0_usize);
            let words = if held { "met" } else { "broken" };
            let source = programme.eligibility.get(rule).and_then(|found| match &found.rule {
                EligibilityRule::Require(guard) => Some(guard.source()),
                EligibilityRule::OncePer { .. } => None,
            });
            (
                format!("rule {} of eligibility is never {words}", rule + 1),
                application(source, truth),
            )
        }
        ["stages", id, name @ ..] => {
            let stage = programme.stage(&StageId::recorded(id));
            let found = stage.and_then(|stage| named(stage, name)).map(Guard::source);
            let what = format!("`{}` of `{id}` is never {truth}", name.join("."));
            if name == ["approve_if"] && !held {
                let needs = found.map(|source| {
                    format!("an approval for which `{source}` is false, and `refused: guard_false`")
                });
                return (what, needs);
            }
            (what, application(found, truth))
        }
        _ => (format!("`{place}` is never {truth}"), None),
    }
}

fn application(source: Option<&str>, truth: &str) -> Option<String> {
    source.map(|source| format!("a case in which `{source}` is {truth}"))
}

/// Returns a stage's guard by its place within the stage.
fn named<'a>(stage: &'a Stage, name: &[&str]) -> Option<&'a Guard> {
    match name {
        ["skip_if"] => stage.skip_if.as_ref(),
        ["approve_if"] => stage.approve_if.as_ref(),
        ["role_if", role] => {
            stage.role_if.iter().find(|(to, _)| to.as_str() == *role).map(|(_, guard)| guard)
        }
        _ => None,
    }
}

fn reason(verb: Verb, id: &ReasonId) -> (String, Option<String>) {
    let word = verb.as_str();
    (
        format!("the reason `{id}` is never given for `{word}`"),
        Some(format!("a step with {word} and `reason: {id}`, or what gives it by itself")),
    )
}

fn time_out(programme: &Programme, id: &StageId, rule: TimerRule) -> (String, Option<String>) {
    let stage = programme.stage(id);
    match rule {
        TimerRule::Answer => {
            let within = stage.and_then(|stage| stage.send_back.as_ref()?.answer_within);
            let needs =
                within.map(|within| format!("more than {within} to go by after `send_back`"));
            (format!("the time to answer what `{id}` sent back never runs out"), needs)
        }
        TimerRule::Late(place) => {
            let late = stage.and_then(|stage| stage.if_late.get(usize::from(place)));
            let Some(late) = late else { return (format!("`{id}` is never late"), None) };
            let action = match &late.action {
                LateAction::Remind => "remind",
                LateAction::Escalate { .. } => "escalate",
                LateAction::Pass => "pass",
                LateAction::Reject { .. } => "reject",
            };
            let after = late.after;
            (
                format!("`{id}` is never open for {after} (`{action}`)"),
                Some(format!("{{wait: {after}}} while it is open")),
            )
        }
    }
}
