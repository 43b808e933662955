//! The world of one test: its clock, its application, and what happened so far.

use std::collections::BTreeMap;

use annona_definitions::Programme;
use annona_definitions::programme::{
    NoticeEvent, ReasonId, Step, StepAction, TEST_START, TestCase,
};
use annona_definitions::value::{Record, Value};
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::clock::{instant, running};
use super::coverage::{Point, reach};
use super::ribbon::{Judged, Moment, Refused, Standing, VoucherStanding};
use crate::Refusal;
use crate::application::{Application, Document};
use crate::command::{Action, Command};
use crate::decide::{Case, Decision, decide};
use crate::effect::Effect;
use crate::event::{GuardRecord, GuardResult};
use crate::facts::{Facts, Issuer, Rights, Seed};
use crate::id::{DocumentId, Who};
use crate::recorded::Opened;

/// The world of one test.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) programme: &'a Programme,
    pub(super) now: Timestamp,
    pub(super) application: Option<Application>,
    opened: Opened,
    /// What happened, in order.
    pub(super) moments: Vec<Moment>,
    /// What of the definition was reached.
    pub(super) reached: Vec<Point>,
    /// The line of the step that is taken.
    line: u32,
    draws: u64,
}

/// Who does something, and in which words it is told.
#[derive(Debug)]
pub(super) struct Doing {
    pub(super) by: String,
    pub(super) words: String,
    pub(super) who: Who,
    pub(super) rights: Rights,
}

impl<'a> World<'a> {
    /// Begins at [`TEST_START`], or at the time of the first step where that is `at`.
    pub(super) fn new(programme: &'a Programme, case: &TestCase) -> Self {
        let start = match case.steps.first().map(|step| &step.action) {
            Some(StepAction::At(at)) => *at,
            _ => TEST_START,
        };
        Self {
            programme,
            now: instant(programme, start),
            application: None,
            opened: Opened::default(),
            moments: Vec::new(),
            reached: Vec::new(),
            line: case.line,
            draws: 0,
        }
    }

    /// Returns the form of the application as it stands.
    pub(super) fn form(&self) -> Record {
        let names = self.programme.form.fields.iter().map(|field| field.name.as_str());
        let recorded = self.application.as_ref().map(|application| &application.form);
        recorded.map(|form| self.opened.record(form, names)).unwrap_or_default()
    }

    /// Takes a step; the error is a step that makes no sense.
    pub(super) fn step(&mut self, step: &Step) -> Result<Option<Refused>, String> {
        self.line = step.line;
        match &step.action {
            StepAction::Wait(duration) => {
                let end = self.programme.calendar.after(self.now, *duration);
                self.pass_time(end, format!("has gone on by {duration}"));
                Ok(None)
            }
            StepAction::At(at) => {
                let end = instant(self.programme, *at);
                if end < self.now {
                    return Err("the clock cannot go back".to_owned());
                }
                self.pass_time(end, "has come to this time".to_owned());
                Ok(None)
            }
            StepAction::Officer { role, name, action, with } => {
                self.officer(role, name.as_deref(), action, with)
            }
            StepAction::Applicant { action, with } => self.applicant(action, with),
            StepAction::Provider { action, with } => self.provider(action, with),
        }
    }

    fn pass_time(&mut self, end: Timestamp, words: String) {
        self.run_until(end);
        let moment = self.moment("the clock".to_owned(), words);
        self.moments.push(moment);
    }

    /// Decides a command and takes over what it came to.
    pub(super) fn act(
        &mut self,
        doing: Doing,
        documents: BTreeMap<DocumentId, Document>,
        action: Action,
    ) -> Option<Refused> {
        let rights = doing.rights.clone();
        let facts =
            Facts { rights, documents, issuer: issuer(), seed: self.seed(), ..Facts::default() };
        let command = Command { who: doing.who.clone(), on_behalf_of: None, action };
        let case = Case {
            programme: self.programme,
            application: self.application.as_ref(),
            opened: &self.opened,
        };
        match decide(case, &command, &facts, self.now) {
            Err(refusal) => Some(self.refuse(doing, &refusal)),
            Ok(decision) => self.take(doing, decision),
        }
    }

    /// Notes that something was refused.
    pub(super) fn refuse(&mut self, doing: Doing, refusal: &Refusal) -> Refused {
        let refused = Refused { code: refusal.code(), words: refusal.to_string() };
        if let (Refusal::GuardFalse { .. }, Some(stage)) =
            (refusal, self.application.as_ref().and_then(Application::stage))
        {
            self.reached.push(Point::Guard(format!("stages.{stage}.approve_if"), false));
        }
        let moment = self.moment(doing.by, doing.words);
        self.moments.push(Moment { refused: Some(refused.clone()), ..moment });
        refused
    }

    /// Takes over what a command came to.
    fn take(&mut self, doing: Doing, decision: Decision) -> Option<Refused> {
        self.opened
            .0
            .extend(decision.sealed.into_iter().map(|personal| (personal.commitment(), personal)));
        for (event, _) in &decision.events {
            reach(self.programme, self.application.as_ref(), event, &mut self.reached);
        }
        let guards = decision.events.iter().flat_map(|(event, _)| &event.guards);
        let guards = guards.map(|guard| self.judged(guard)).collect();
        let sent = sent(&decision.effects);
        self.reached.extend(sent.iter().map(|event| Point::Message(*event)));
        self.application = Some(decision.application);
        let refused = decision
            .refusal
            .map(|refusal| Refused { code: refusal.code(), words: refusal.to_string() });
        let moment = self.moment(doing.by, doing.words);
        self.moments.push(Moment { guards, refused: refused.clone(), sent, ..moment });
        refused
    }

    /// Returns a moment in which nothing was judged, refused or sent.
    fn moment(&self, who: String, what: String) -> Moment {
        Moment {
            at: self.programme.calendar.timezone().to_datetime(self.now),
            line: self.line,
            who,
            what,
            guards: Vec::new(),
            refused: None,
            standing: self.application.as_ref().map(|application| self.standing(application)),
            sent: Vec::new(),
        }
    }

    fn judged(&self, guard: &GuardRecord) -> Judged {
        let explanation = match (self.opened.value(&guard.explanation), &guard.result) {
            (Some(Value::Text(words)), GuardResult::Amount(amount)) => {
                format!("{words} ({amount})")
            }
            (Some(Value::Text(words)), _) => words.clone(),
            _ => String::new(),
        };
        Judged { place: guard.place.clone(), result: guard.result.clone(), explanation }
    }

    /// Returns where an application stands.
    pub(super) fn standing(&self, application: &Application) -> Standing {
        let held = application.held.as_ref().map(|hold| hold.cause.clone());
        let queues = running(application)
            .filter(|_| held.is_none())
            .flat_map(|task| std::iter::once(&task.role).chain(&task.escalated_to));
        Standing {
            status: application.status,
            stage: application.stage().cloned(),
            queues: queues.cloned().collect(),
            deadline: self.deadline(application),
            because: held.or_else(|| application.reason.as_ref().map(ReasonId::to_string)),
            voucher: application.voucher.as_ref().map(|voucher| VoucherStanding {
                status: voucher.status,
                amount: voucher.amount,
                balance: voucher.balance,
                currency: voucher.currency.clone(),
                valid_until: self.last_day(voucher.expires_at),
            }),
        }
    }

    /// Returns the deadline that runs: the task's, or the last day of the applicant's answer while theirs stand still.
    fn deadline(&self, application: &Application) -> Option<String> {
        match &application.returned {
            Some(returned) => returned.answer_by.map(|end| self.last_day(end)),
            None => application.tasks.first().and_then(|task| task.due).map(|due| self.local(due)),
        }
    }

    /// Returns the local date and time of an instant, as a test writes it.
    fn local(&self, instant: Timestamp) -> String {
        local(self.programme.calendar.timezone().to_datetime(instant))
    }

    /// Returns the last local day before an instant.
    fn last_day(&self, end: Timestamp) -> String {
        let day = self.programme.calendar.date(end);
        day.yesterday().unwrap_or(day).to_string()
    }

    fn seed(&mut self) -> Seed {
        self.draws += 1;
        let mut seed = [0; 32];
        for (to, from) in seed.iter_mut().zip(self.draws.to_be_bytes()) {
            *to = from;
        }
        Seed(seed)
    }
}

/// Returns the messages of a decision: one for each event that has a text.
fn sent(effects: &[Effect]) -> Vec<NoticeEvent> {
    let mut told: Vec<(NoticeEvent, u64)> = Vec::new();
    for effect in effects {
        if let Effect::Notify(notify) = effect
            && !told.contains(&(notify.event, notify.version))
        {
            told.push((notify.event, notify.version));
        }
    }
    told.into_iter().map(|(event, _)| event).collect()
}

/// Writes a local time as a test does.
pub(super) fn local(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}

fn issuer() -> Issuer {
    Issuer {
        name: "trial".to_owned(),
        key: "trial".to_owned(),
        status_uri: "https://trial.invalid/".to_owned(),
        status_list: 0,
        status_list_size: 1 << 17,
    }
}
