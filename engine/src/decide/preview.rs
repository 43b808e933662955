//! What an officer could do with a task now, and why not: each step is tried on a copy and nothing is recorded.

use annona_definitions::guard::Guard;
use annona_definitions::programme::{DocumentRef, Stage};
use jiff::Timestamp;

use super::approve::{NotApproved, has_form_documents, is_needed, may_approve};
use super::decision::{has_no_conflict, is_open, worked_by};
use super::recorder::Recorder;
use super::{Case, Decision, claim, release};
use crate::command::{Action, Command};
use crate::facts::{Facts, Rights};
use crate::id::Who;
use crate::recorded::RecordedForm;
use crate::refusal::Refusal;

/// Whether an officer may take an action on a task now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// They may.
    Yes,
    /// Whatever they fill in, they would be refused.
    No(Refusal),
    /// It depends on their answers to these questions.
    Depends {
        /// The questions.
        needs: Vec<String>,
    },
}

/// What an officer could do with a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Take it.
    pub claim: Allowed,
    /// Put it back.
    pub release: Allowed,
    /// Approve.
    pub approve: Allowed,
    /// Reject.
    pub reject: Allowed,
    /// Send back.
    pub send_back: Allowed,
}

/// Returns what somebody could do with a task of an application, if they read it at `now`.
#[must_use]
pub fn preview(case: Case<'_>, number: u32, who: &Who, rights: &Rights, now: Timestamp) -> Preview {
    let trial = Trial { case, number, who, rights, now };
    let decide = trial.decide().err();
    let unless_refused = |then: &dyn Fn() -> Allowed| match &decide {
        Some(refusal) => Allowed::No(refusal.clone()),
        None => then(),
    };
    Preview {
        claim: trial.step(claim::claim),
        release: trial.step(release::release),
        approve: unless_refused(&|| trial.approve().unwrap_or_else(Allowed::No)),
        reject: unless_refused(&|| Allowed::Yes),
        send_back: unless_refused(&|| trial.send_back()),
    }
}

/// Somebody at a task.
#[derive(Clone, Copy)]
struct Trial<'a> {
    case: Case<'a>,
    number: u32,
    who: &'a Who,
    rights: &'a Rights,
    now: Timestamp,
}

impl Trial<'_> {
    /// Tries what needs no content.
    fn step(&self, step: fn(Recorder<'_>, u32) -> Result<Decision, Refusal>) -> Allowed {
        let tried = self.with(|recorder| step(recorder, self.number));
        tried.map_or_else(Allowed::No, |_| Allowed::Yes)
    }

    /// Checks who decides, in which state, and whose duty it is.
    fn decide(&self) -> Result<(), Refusal> {
        let application = self.case.application.ok_or(Refusal::NotFound)?;
        let task = worked_by(application, self.number, self.who, self.rights)?;
        let task = task.ok_or(Refusal::TaskClosed)?;
        is_open(application)?;
        has_no_conflict(self.case.programme, application, &task.stage, self.who, self.rights)
    }

    /// Checks documents and, unless it reads answers not given yet, the stage's rule.
    fn approve(&self) -> Result<Allowed, Refusal> {
        let stage = self.stage().ok_or(Refusal::NotFound)?;
        self.with(|mut recorder| {
            has_form_documents(&recorder, stage)?;
            let needs = needs(&recorder, stage);
            if !needs.is_empty() {
                return Ok(Allowed::Depends { needs });
            }
            match may_approve(&mut recorder, stage, &RecordedForm::new()) {
                Ok(()) => Ok(Allowed::Yes),
                Err(NotApproved::False { explanation, personal }) => {
                    Err(Refusal::GuardFalse { explanation, personal })
                }
                Err(NotApproved::CannotRun(cause)) => Err(Refusal::Held { cause }),
            }
        })
    }

    fn send_back(&self) -> Allowed {
        match self.stage().and_then(|stage| stage.send_back.as_ref()) {
            Some(_) => Allowed::Yes,
            None => Allowed::No(Refusal::NotSendableBack { what: "at all".to_owned() }),
        }
    }

    fn stage(&self) -> Option<&Stage> {
        self.case.programme.stage(&self.case.application?.task(self.number)?.stage)
    }

    /// Lends a recorder whose records go nowhere, and whose own command nobody reads.
    fn with<T>(&self, step: impl FnOnce(Recorder<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let application = self.case.application.ok_or(Refusal::NotFound)?;
        let action = Action::Claim { task: self.number };
        let command = Command { who: self.who.clone(), on_behalf_of: None, action };
        let facts = Facts { rights: self.rights.clone(), ..Facts::default() };
        let (programme, opened) = (self.case.programme, self.case.opened);
        step(Recorder::new(programme, application, opened, &command, &facts, self.now))
    }
}

/// Returns the questions of a stage on which approving it depends: those its rule reads, and documents asked for there.
fn needs(recorder: &Recorder<'_>, stage: &Stage) -> Vec<String> {
    let is_needed =
        |name: &str| stage.asks.field(name).is_none_or(|field| is_needed(recorder, field));
    let own = |path: &String| {
        let (root, field) = path.split_once('.')?;
        (root == stage.id.as_str()).then(|| field.to_owned())
    };
    let read = stage.approve_if.iter().flat_map(Guard::reads).filter_map(own);
    let documents = stage.documents.iter().filter_map(|document| match document {
        DocumentRef::Asks(field) => is_needed(field).then(|| field.clone()),
        DocumentRef::Form(_) => None,
    });
    let mut needs: Vec<String> = Vec::new();
    for field in read.chain(documents) {
        if !needs.contains(&field) {
            needs.push(field);
        }
    }
    needs
}
