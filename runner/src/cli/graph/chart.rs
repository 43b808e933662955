//! What a picture of a programme shows, before it is drawn: boxes one below the other, and the ways back.

use annona_definitions::Programme;
use annona_definitions::programme::{
    DocumentRef, EligibilityRule, LateAction, ReasonId, RoleId, SendBackTarget, Stage,
};
use annona_definitions::text::Text;

/// A programme as boxes.
#[derive(Debug)]
pub(super) struct Chart {
    /// Title of the programme.
    pub(super) title: String,
    /// The application, the stages in order, and what the last approval gives.
    pub(super) boxes: Vec<Frame>,
    /// The ways back to an earlier stage: from, to.
    pub(super) back: Vec<(usize, usize)>,
    /// What stands beside the way: the reasons.
    pub(super) aside: Frame,
}

/// A box with a heading and lines.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
}

impl Chart {
    /// Takes what is to be shown, in a language; without one, in the programme's first.
    pub(super) fn of(programme: &Programme, language: Option<&str>) -> Self {
        let language = language.unwrap_or_else(|| programme.fallback_language());
        let words = Words { programme, language };
        let mut boxes = vec![words.application()];
        boxes.extend(programme.stages.iter().map(|stage| words.stage(stage)));
        boxes.push(words.end());
        let back = programme.stages.iter().enumerate().flat_map(|(from, stage)| {
            let targets = stage.send_back.iter().flat_map(|rules| &rules.to);
            targets.filter_map(move |to| match to {
                SendBackTarget::Stage(id) => Some((from + 1, programme.position(id)? + 1)),
                SendBackTarget::Applicant => None,
            })
        });
        Self {
            title: words.text(&programme.title),
            back: back.collect(),
            aside: words.reasons(),
            boxes,
        }
    }
}

struct Words<'a> {
    programme: &'a Programme,
    language: &'a str,
}

impl Words<'_> {
    fn text(&self, text: &Text) -> String {
        text.in_language(self.language, self.programme.fallback_language()).to_owned()
    }

    fn role(&self, id: &RoleId) -> String {
        self.programme.roles.get(id).map_or_else(|| id.to_string(), |title| self.text(title))
    }

    fn reject_reason(&self, id: &ReasonId) -> String {
        let reason = self.programme.reasons.reject.get(id);
        reason.map_or_else(|| id.to_string(), |reason| self.text(&reason.text))
    }

    fn application(&self) -> Frame {
        let rules = self.programme.eligibility.iter().map(|rule| {
            let otherwise = self.reject_reason(&rule.otherwise);
            match &rule.rule {
                EligibilityRule::Require(guard) => {
                    format!("must be: {}; else rejected: {otherwise}", guard.source())
                }
                EligibilityRule::OncePer { field, within } => {
                    let within = within.map(|within| format!(" within {within}"));
                    let within = within.unwrap_or_default();
                    format!("once per {field}{within}; else rejected: {otherwise}")
                }
            }
        });
        Frame { heading: "Application".to_owned(), lines: rules.collect() }
    }

    fn stage(&self, stage: &Stage) -> Frame {
        let mut lines = vec![format!("decided by: {}", self.role(&stage.role))];
        lines.extend(
            stage.role_if.iter().map(|(role, guard)| {
                format!("by {} instead if: {}", self.role(role), guard.source())
            }),
        );
        lines.extend(stage.skip_if.iter().map(|guard| format!("left out if: {}", guard.source())));
        let asks: Vec<&str> = stage.asks.fields.iter().map(|field| field.name.as_str()).collect();
        if !asks.is_empty() {
            lines.push(format!("asks: {}", asks.join(", ")));
        }
        let documents: Vec<&str> = stage
            .documents
            .iter()
            .map(|document| match document {
                DocumentRef::Form(field) | DocumentRef::Asks(field) => field.as_str(),
            })
            .collect();
        if !documents.is_empty() {
            lines.push(format!("documents: {}", documents.join(", ")));
        }
        let approve_if = stage.approve_if.iter();
        lines.extend(approve_if.map(|guard| format!("approved only if: {}", guard.source())));
        lines.extend(stage.due.map(|due| format!("due in {due}")));
        lines.extend(
            stage
                .if_late
                .iter()
                .map(|late| format!("after {}: {}", late.after, self.late(&late.action))),
        );
        lines.extend(self.sends_back(stage));
        Frame { heading: self.text(&stage.title), lines }
    }

    fn late(&self, action: &LateAction) -> String {
        match action {
            LateAction::Remind => "reminded".to_owned(),
            LateAction::Escalate { to } => format!("also to {}", self.role(to)),
            LateAction::Pass => "goes on, not decided".to_owned(),
            LateAction::Reject { reason } => format!("rejected: {}", self.reject_reason(reason)),
        }
    }

    fn sends_back(&self, stage: &Stage) -> Option<String> {
        let rules = stage.send_back.as_ref()?;
        let to = rules.to.iter().map(|to| match to {
            SendBackTarget::Stage(id) => self
                .programme
                .stage(id)
                .map_or_else(|| id.to_string(), |stage| self.text(&stage.title)),
            SendBackTarget::Applicant => {
                let within = rules.answer_within.map(|within| format!(" for {within}"));
                let unanswered = rules.unanswered.as_ref();
                let unanswered = unanswered
                    .map(|reason| format!(", then rejected: {}", self.reject_reason(reason)));
                let (within, unanswered) =
                    (within.unwrap_or_default(), unanswered.unwrap_or_default());
                format!("the applicant{within}{unanswered}")
            }
        });
        Some(format!("may send back to: {}", to.collect::<Vec<_>>().join("; ")))
    }

    fn end(&self) -> Frame {
        let Some(voucher) = &self.programme.voucher else {
            return Frame { heading: "Approved".to_owned(), lines: Vec::new() };
        };
        let currency = self.programme.currency.map_or("", |currency| currency.code());
        let mut lines =
            vec![format!("amount: {} {currency}", voucher.amount.source()).trim_end().to_owned()];
        lines.extend(voucher.ceiling.iter().map(|guard| format!("at most: {}", guard.source())));
        lines.push(format!("valid for {}, at: {}", voucher.valid, voucher.providers.join(", ")));
        lines.push(match (voucher.times, voucher.partial) {
            (1, false) => "redeemed once, whole".to_owned(),
            (1, true) => "redeemed once".to_owned(),
            (times, _) => format!("redeemed up to {times} times, in parts"),
        });
        Frame { heading: "Voucher".to_owned(), lines }
    }

    fn reasons(&self) -> Frame {
        let reasons = &self.programme.reasons;
        let offered = [
            ("approve", &reasons.approve),
            ("reject", &reasons.reject),
            ("send back", &reasons.send_back),
        ];
        let lines = offered.into_iter().flat_map(|(verb, offered)| {
            offered.values().map(move |reason| format!("{verb}: {}", self.text(&reason.text)))
        });
        Frame { heading: "Reasons".to_owned(), lines: lines.collect() }
    }
}
