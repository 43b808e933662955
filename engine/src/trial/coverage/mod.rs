//! What of a definition its tests reach: every point that they could, and those that a case did.
//!
//! A test stands for one application alone, so that a `once_per` rule never fails in one: it counts for nothing here, and
//! neither does a reason that it alone gives. The same holds for what no step of a test can bring about.

mod words;

use std::collections::HashSet;

use annona_definitions::Programme;
use annona_definitions::programme::{
    EligibilityRule, LateAction, NoticeEvent, ReasonId, RoleId, SendBackTarget, Stage, StageId,
};

use crate::application::{Application, TimerRule};
use crate::event::{Body, Event, GuardResult, RejectedBy};

pub use self::words::Missed;

/// What of a definition was reached, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Every point with whether it was reached, in the order of a case.
    pub points: Vec<(Point, bool)>,
}

impl Coverage {
    /// Compares what was reached with every point of a programme.
    #[must_use]
    pub fn of<'a>(programme: &Programme, reached: impl IntoIterator<Item = &'a Point>) -> Self {
        let reached: HashSet<&Point> = reached.into_iter().collect();
        let points = points(programme).into_iter().map(|point| {
            let is_reached = reached.contains(&point);
            (point, is_reached)
        });
        Self { points: points.collect() }
    }

    /// Returns how many points of a family were reached, and how many it has; without a family, of all.
    #[must_use]
    pub fn share(&self, family: Option<Family>) -> Share {
        let of = || {
            let points = self.points.iter();
            points.filter(move |(point, _)| family.is_none_or(|family| point.family() == family))
        };
        Share { reached: of().filter(|(_, reached)| *reached).count(), of: of().count() }
    }

    /// Returns the points that were not reached.
    pub fn missed(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|(_, reached)| !reached).map(|(point, _)| point)
    }
}

/// How many of some points were reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Those reached.
    pub reached: usize,
    /// All of them.
    pub of: usize,
}

impl Share {
    /// Returns the share in whole per cent, rounded down: 100 only where nothing is missed.
    #[must_use]
    pub fn percent(self) -> usize {
        (self.reached * 100).checked_div(self.of).unwrap_or(100)
    }
}

/// Something that a test can reach.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Point {
    /// A stage is opened.
    Opened(StageId),
    /// A stage is left out.
    Skipped(StageId),
    /// A stage is approved by a person.
    Approved(StageId),
    /// A stage's officer rejects.
    Rejected(StageId),
    /// A stage's officer sends back.
    SentBack(StageId, SendBackTarget),
    /// A guard comes to true, or to false; by its place, `stages.medical.approve_if`.
    Guard(String, bool),
    /// A reason is given.
    Reason(Verb, ReasonId),
    /// A stage that has several routes is opened for a role.
    Route(StageId, RoleId),
    /// A timeout of a stage fires.
    TimeOut(StageId, TimerRule),
    /// A message is sent.
    Message(NoticeEvent),
}

/// A decision that reasons are given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Approving.
    Approve,
    /// Rejecting.
    Reject,
    /// Sending back.
    SendBack,
}

impl Verb {
    /// Returns the word in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::SendBack => "send_back",
        }
    }
}

/// A kind of points, of which a summary says how many were reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Eligibility rules, met and not met.
    Eligibility,
    /// Stages, opened and skipped.
    Stages,
    /// Decisions of each stage.
    Decisions,
    /// Guards of stages, true and false.
    Guards,
    /// Roles that a stage can be opened for.
    Routes,
    /// Timeouts.
    TimeOuts,
    /// Reasons.
    Reasons,
    /// Messages.
    Messages,
}

impl Family {
    /// Every family, in the order of a case.
    pub const ALL: [Self; 8] = [
        Self::Eligibility,
        Self::Stages,
        Self::Decisions,
        Self::Guards,
        Self::Routes,
        Self::TimeOuts,
        Self::Reasons,
        Self::Messages,
    ];

    /// Returns its name for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eligibility => "eligibility",
            Self::Stages => "stages",
            Self::Decisions => "decisions",
            Self::Guards => "guards",
            Self::Routes => "routes",
            Self::TimeOuts => "timeouts",
            Self::Reasons => "reasons",
            Self::Messages => "messages",
        }
    }
}

impl Point {
    /// Returns its kind.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Opened(_) | Self::Skipped(_) => Family::Stages,
            Self::Approved(_) | Self::Rejected(_) | Self::SentBack(..) => Family::Decisions,
            Self::Guard(place, _) if place.starts_with("eligibility.") => Family::Eligibility,
            Self::Guard(..) => Family::Guards,
            Self::Reason(..) => Family::Reasons,
            Self::Route(..) => Family::Routes,
            Self::TimeOut(..) => Family::TimeOuts,
            Self::Message(_) => Family::Messages,
        }
    }

    /// Returns where it stands in the source, as a JSON pointer.
    #[must_use]
    pub fn pointer(&self, programme: &Programme) -> String {
        let stage = |id: &StageId| pointer(programme, &format!("stages.{id}"));
        match self {
            Self::Opened(id) | Self::Approved(id) | Self::Rejected(id) => stage(id),
            Self::Skipped(id) => format!("{}/skip_if", stage(id)),
            Self::SentBack(id, _) | Self::TimeOut(id, TimerRule::Answer) => {
                format!("{}/send_back", stage(id))
            }
            Self::Guard(place, _) => pointer(programme, place),
            Self::Reason(verb, reason) => format!("/reasons/{}/{reason}", verb.as_str()),
            Self::Route(id, role) => {
                let found = programme.stage(id);
                let other =
                    found.is_some_and(|stage| stage.role_if.iter().any(|(to, _)| to == role));
                if other {
                    format!("{}/role_if/{role}", stage(id))
                } else {
                    format!("{}/role", stage(id))
                }
            }
            Self::TimeOut(id, TimerRule::Late(place)) => format!("{}/if_late/{place}", stage(id)),
            Self::Message(event) => format!("/notify/{}", event.as_str()),
        }
    }
}

/// Returns where something stands in the source, as a JSON pointer: `stages.medical.approve_if` is `/stages/1/approve_if`.
pub(super) fn pointer(programme: &Programme, place: &str) -> String {
    match place.split('.').collect::<Vec<_>>().as_slice() {
        ["stages", id, rest @ ..] => {
            let place = programme.position(&StageId::recorded(id)).unwrap_or_default();
            let rest = rest.iter().map(|name| format!("/{name}"));
            format!("/stages/{place}{}", rest.collect::<String>())
        }
        names => format!("/{}", names.join("/")),
    }
}

/// Returns every point that tests of a programme could reach, in the order of a case.
#[must_use]
pub fn points(programme: &Programme) -> Vec<Point> {
    let mut points = Vec::new();
    for (place, eligibility) in programme.eligibility.iter().enumerate() {
        if let EligibilityRule::Require(_) = &eligibility.rule {
            points.push(Point::Guard(format!("eligibility.{place}.require"), true));
            points.push(Point::Guard(format!("eligibility.{place}.require"), false));
        }
    }
    for stage in &programme.stages {
        of_stage(programme, stage, &mut points);
    }
    let reasons = &programme.reasons;
    let reasons = [
        (Verb::Approve, &reasons.approve),
        (Verb::Reject, &reasons.reject),
        (Verb::SendBack, &reasons.send_back),
    ];
    for (verb, offered) in reasons {
        let offered =
            offered.keys().filter(|id| verb != Verb::Reject || !once_per_alone(programme, id));
        points.extend(offered.map(|id| Point::Reason(verb, id.clone())));
    }
    for notice in &programme.notices {
        let point = Point::Message(notice.event);
        // No step of a test revokes a voucher.
        if notice.event != NoticeEvent::VoucherRevoked && !points.contains(&point) {
            points.push(point);
        }
    }
    points
}

fn of_stage(programme: &Programme, stage: &Stage, points: &mut Vec<Point>) {
    let id = &stage.id;
    let mut guard = |name: &str, both: bool| {
        points.push(Point::Guard(format!("stages.{id}.{name}"), true));
        if both {
            points.push(Point::Guard(format!("stages.{id}.{name}"), false));
        }
    };
    if stage.skip_if.is_some() {
        guard("skip_if", true);
    }
    for (role, route) in &stage.role_if {
        guard(&format!("role_if.{role}"), !route.is_constant());
    }
    if let Some(approve_if) = &stage.approve_if {
        guard("approve_if", !approve_if.is_constant());
    }
    points.push(Point::Opened(id.clone()));
    points.extend(stage.skip_if.iter().map(|_| Point::Skipped(id.clone())));
    points.push(Point::Approved(id.clone()));
    if !programme.reasons.reject.is_empty() {
        points.push(Point::Rejected(id.clone()));
    }
    let targets = stage.send_back.iter().flat_map(|rules| &rules.to);
    points.extend(targets.map(|to| Point::SentBack(id.clone(), to.clone())));
    if !stage.role_if.is_empty() {
        for role in stage.role_if.iter().map(|(role, _)| role).chain([&stage.role]) {
            let route = Point::Route(id.clone(), role.clone());
            if !points.contains(&route) {
                points.push(route);
            }
        }
    }
    let late = (0..stage.if_late.len()).filter_map(|place| u16::try_from(place).ok());
    points.extend(late.map(|place| Point::TimeOut(id.clone(), TimerRule::Late(place))));
    if stage.send_back.as_ref().is_some_and(|rules| rules.answer_within.is_some()) {
        points.push(Point::TimeOut(id.clone(), TimerRule::Answer));
    }
}

/// Returns whether a reason is that of a `once_per` rule and of nothing else that names one.
fn once_per_alone(programme: &Programme, id: &ReasonId) -> bool {
    let rules = || programme.eligibility.iter().filter(|rule| rule.otherwise == *id);
    let once_per = |rule: &EligibilityRule| matches!(rule, EligibilityRule::OncePer { .. });
    let late = programme.stages.iter().flat_map(|stage| &stage.if_late);
    let unanswered = programme.stages.iter().filter_map(|stage| stage.send_back.as_ref());
    rules().next().is_some()
        && rules().all(|rule| once_per(&rule.rule))
        && !unanswered.into_iter().any(|rules| rules.unanswered.as_ref() == Some(id))
        && !late
            .into_iter()
            .any(|late| matches!(&late.action, LateAction::Reject { reason } if reason == id))
}

/// Adds the points that an event reaches; `before` is the application before the decision that recorded it.
pub(super) fn reach(
    programme: &Programme,
    before: Option<&Application>,
    event: &Event,
    points: &mut Vec<Point>,
) {
    for guard in &event.guards {
        let held = match guard.result {
            GuardResult::True => true,
            GuardResult::False => false,
            GuardResult::Amount(_) | GuardResult::CannotRun => continue,
        };
        points.push(Point::Guard(guard.place.clone(), held));
    }
    let reason = event.reason.as_ref().and_then(|reason| reason.id.clone());
    let stage_of = |task: u32| before?.task(task).map(|task| task.stage.clone());
    let timed_out = |task: u32, rule: TimerRule| stage_of(task).map(|id| Point::TimeOut(id, rule));
    match &event.body {
        Body::StageSkipped { stage } => points.push(Point::Skipped(stage.clone())),
        Body::StageOpened { stage, role, .. } => {
            points.push(Point::Opened(stage.clone()));
            if programme.stage(stage).is_some_and(|stage| !stage.role_if.is_empty()) {
                points.push(Point::Route(stage.clone(), role.clone()));
            }
        }
        Body::StageApproved { stage, .. } => {
            points.push(Point::Approved(stage.clone()));
            points.extend(reason.map(|id| Point::Reason(Verb::Approve, id)));
        }
        Body::StagePassed { stage, rule, .. } => points.push(Point::TimeOut(stage.clone(), *rule)),
        Body::SentBack { stage, to, .. } => {
            points.push(Point::SentBack(stage.clone(), to.clone()));
            points.extend(reason.map(|id| Point::Reason(Verb::SendBack, id)));
        }
        Body::Reminded { task, rule } | Body::Escalated { task, rule, .. } => {
            points.extend(timed_out(*task, *rule));
        }
        Body::Rejected { by } => {
            match by {
                RejectedBy::Eligibility(_) => {}
                RejectedBy::Officer { stage, .. } => points.push(Point::Rejected(stage.clone())),
                RejectedBy::Timeout { task, rule } => points.extend(timed_out(*task, *rule)),
            }
            points.extend(reason.map(|id| Point::Reason(Verb::Reject, id)));
        }
        Body::Submitted { .. }
        | Body::Claimed { .. }
        | Body::Released { .. }
        | Body::Answered { .. }
        | Body::TaskResumed { .. }
        | Body::Reopened { .. }
        | Body::Withdrawn
        | Body::Approved
        | Body::VoucherIssued(_)
        | Body::VoucherRedeemed { .. }
        | Body::CheckFailed { .. }
        | Body::VoucherRevoked
        | Body::VoucherExpired
        | Body::Held { .. }
        | Body::Retried
        | Body::Erased => {}
    }
}
