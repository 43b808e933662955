//! The world of one test: its clock, its application, its people, and what was sent.

use std::collections::BTreeMap;

use annona_definitions::Programme;
use annona_definitions::programme::{
    Job, NoticeEvent, ReasonId, RoleId, SendBackTarget, StageId, Step, StepAction, TEST_START,
    TestCase,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::form::prepare;
use crate::application::{Application, Document, TimerRule};
use crate::command::{Action, Command, Decide, Redeem, Submit, Verdict};
use crate::decide::{Case, decide};
use crate::effect::Effect;
use crate::event::GuardResult;
use crate::facts::{Facts, Issuer, ProviderRights, Rights, Seed};
use crate::id::{DocumentId, Who};
use crate::recorded::{Opened, Recorded};

/// Most timers that one wait may fire: a definition whose timers go on for ever is stopped there.
const MAX_FIRED: usize = 1_000;

/// A refusal, as a test sees it.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) words: String,
}

/// The world of one test.
#[derive(Debug)]
pub(super) struct World<'a> {
    programme: &'a Programme,
    pub(super) now: Timestamp,
    pub(super) application: Option<Application>,
    opened: Opened,
    /// Notices sent, one for each event that has a text.
    pub(super) sent: Vec<NoticeEvent>,
    pub(super) ribbon: Vec<String>,
    draws: u64,
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
            sent: Vec::new(),
            ribbon: Vec::new(),
            draws: 0,
        }
    }

    /// Sends the application.
    pub(super) fn submit(&mut self, given: &Value) -> Option<Refused> {
        let (form, documents) = prepare(&self.programme.form, given);
        let submit = Submit { programme: self.programme.id.clone(), form };
        self.act(
            "the applicant sends the application",
            Who::Applicant,
            own(),
            documents,
            Action::Submit(submit),
        )
    }

    /// Takes a step; the error is a test that makes no sense.
    pub(super) fn step(&mut self, step: &Step) -> Result<Option<Refused>, String> {
        match &step.action {
            StepAction::Wait(duration) => {
                let end = self.programme.calendar.after(self.now, *duration);
                self.ribbon.push(format!("{duration} go by"));
                self.run_until(end);
                Ok(None)
            }
            StepAction::At(at) => {
                let end = instant(self.programme, *at);
                if end < self.now {
                    return Err("the clock cannot go back".to_owned());
                }
                self.run_until(end);
                Ok(None)
            }
            StepAction::Officer { role, name, action, with } => {
                self.officer(role, name.as_deref(), action, with)
            }
            StepAction::Applicant { action, with } => self.applicant(action, with),
            StepAction::Provider { action, with } => self.provider(action, with),
        }
    }

    fn officer(
        &mut self,
        role: &RoleId,
        name: Option<&str>,
        action: &str,
        with: &Map<String, Value>,
    ) -> Result<Option<Refused>, String> {
        let who = Who::Person(name.unwrap_or(role.as_str()).to_owned());
        let rights = Rights { roles: vec![role.clone()], ..Rights::default() };
        let words =
            format!("{role}{}: {action}", name.map(|name| format!("/{name}")).unwrap_or_default());
        let task = self.task();
        let (action, documents) = match action {
            "claim" => (Action::Claim { task: task.0 }, BTreeMap::new()),
            "release" => (Action::Release { task: task.0 }, BTreeMap::new()),
            "approve" | "reject" | "send_back" => self.decision(action, task, with),
            other => return Err(format!("an officer cannot `{other}` in a test")),
        };
        Ok(self.act(&words, who, rights, documents, action))
    }

    fn decision(
        &self,
        action: &str,
        (task, seen, stage): (u32, u64, Option<StageId>),
        with: &Map<String, Value>,
    ) -> (Action, BTreeMap<DocumentId, Document>) {
        let mut documents = BTreeMap::new();
        let verdict = match action {
            "approve" => {
                let mut answers = with.clone();
                answers.retain(|key, _| key != "reason" && key != "note");
                let mut answers = Value::Object(answers);
                if let Some(stage) = stage.and_then(|id| self.programme.stage(&id)) {
                    (answers, documents) = prepare(&stage.asks, &answers);
                }
                Verdict::Approve { answers }
            }
            "reject" => Verdict::Reject,
            _ => Verdict::SendBack {
                to: text(with, "to").map(|to| match to.as_str() {
                    "applicant" => SendBackTarget::Applicant,
                    stage => SendBackTarget::Stage(StageId::recorded(stage)),
                }),
                fields: with
                    .get("fields")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|field| field.as_str().map(str::to_owned))
                    .collect(),
            },
        };
        let reason = text(with, "reason").map(|reason| ReasonId::recorded(&reason));
        let decide = Decide { task, seen: Some(seen), verdict, reason, note: text(with, "note") };
        (Action::Decide(decide), documents)
    }

    fn applicant(
        &mut self,
        action: &str,
        with: &Map<String, Value>,
    ) -> Result<Option<Refused>, String> {
        let (action, documents) = match action {
            "answer" => {
                let (form, documents) = prepare(&self.programme.form, &Value::Object(with.clone()));
                (Action::Answer { form }, documents)
            }
            "withdraw" => (Action::Withdraw, BTreeMap::new()),
            other => return Err(format!("the applicant cannot `{other}` in a test")),
        };
        Ok(self.act("the applicant acts", Who::Applicant, own(), documents, action))
    }

    fn provider(
        &mut self,
        action: &str,
        with: &Map<String, Value>,
    ) -> Result<Option<Refused>, String> {
        if action != "redeem" {
            return Err(format!("a provider cannot `{action}` in a test"));
        }
        let Some(voucher) =
            self.application.as_ref().and_then(|application| application.voucher.as_ref())
        else {
            return Err("there is no voucher to redeem".to_owned());
        };
        let kind =
            text(with, "kind").or_else(|| voucher.kinds.first().cloned()).unwrap_or_default();
        let redeem = Redeem {
            voucher: voucher.id,
            amount: decimal(with.get("amount"))?,
            check: text(with, "check"),
        };
        let provider = ProviderRights { id: "provider".to_owned(), kind, admitted: true };
        let rights = Rights { provider: Some(provider), ..Rights::default() };
        let who = Who::Provider("provider".to_owned());
        Ok(self.act("the provider redeems", who, rights, BTreeMap::new(), Action::Redeem(redeem)))
    }

    /// Fires what falls due until `end`, each at its own instant.
    fn run_until(&mut self, end: Timestamp) {
        for _ in 0..MAX_FIRED {
            let Some((due, action)) = self.next_due().filter(|(due, _)| *due <= end) else { break };
            self.now = self.now.max(due);
            if self
                .act("the clock", Who::Engine, Rights::default(), BTreeMap::new(), action)
                .is_some()
            {
                break;
            }
        }
        self.now = end;
    }

    fn next_due(&self) -> Option<(Timestamp, Action)> {
        let application = self.application.as_ref()?;
        let late =
            application.tasks.iter().filter(|task| task.suspended_at.is_none()).flat_map(|task| {
                task.timers.iter().map(|timer| (timer.due, timer.rule, task.number))
            });
        let answer = application
            .returned
            .as_ref()
            .and_then(|returned| Some((returned.answer_by?, TimerRule::Answer, returned.task)));
        let timer = late
            .chain(answer)
            .min_by_key(|(due, rule, _)| (*due, *rule))
            .map(|(due, rule, task)| (due, Action::TimeOut { task, rule, due }));
        timer.into_iter().chain(self.expiry(application)).min_by_key(|(due, _)| *due)
    }

    /// Returns when the voucher's expiry is recorded: by its schedule, else daily at 00:30.
    fn expiry(&self, application: &Application) -> Option<(Timestamp, Action)> {
        use crate::application::VoucherStatus::{Active, PartRedeemed};
        let voucher = application
            .voucher
            .as_ref()
            .filter(|voucher| matches!(voucher.status, Active | PartRedeemed))?;
        let timezone = self.programme.calendar.timezone();
        let before = voucher.expires_at.checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
        let scheduled = self
            .programme
            .schedules
            .iter()
            .filter(|schedule| schedule.job == Job::ExpireVouchers)
            .filter_map(|schedule| schedule.cron.next_after(before, timezone))
            .min();
        let daily = voucher.expires_at.checked_add(jiff::SignedDuration::from_mins(30)).ok()?;
        Some((scheduled.unwrap_or(daily), Action::Expire))
    }

    /// Decides a command and takes over what it came to.
    fn act(
        &mut self,
        words: &str,
        who: Who,
        rights: Rights,
        documents: BTreeMap<DocumentId, Document>,
        action: Action,
    ) -> Option<Refused> {
        let facts =
            Facts { rights, documents, issuer: issuer(), seed: self.seed(), ..Facts::default() };
        let command = Command { who, on_behalf_of: None, action };
        let case = Case {
            programme: self.programme,
            application: self.application.as_ref(),
            opened: &self.opened,
        };
        let local = self
            .programme
            .calendar
            .timezone()
            .to_datetime(self.now)
            .strftime("%Y-%m-%d %H:%M")
            .to_string();
        let refused =
            |refusal: &crate::Refusal| Refused { code: refusal.code(), words: refusal.to_string() };
        match decide(case, &command, &facts, self.now) {
            Err(refusal) => {
                self.ribbon.push(format!("{local}  {words}: refused, {refusal}"));
                Some(refused(&refusal))
            }
            Ok(decision) => {
                self.opened.0.extend(
                    decision.sealed.into_iter().map(|personal| (personal.commitment(), personal)),
                );
                for (event, _) in &decision.events {
                    for guard in &event.guards {
                        self.ribbon.push(format!(
                            "{local}    {}",
                            self.explanation(&guard.explanation, &guard.result)
                        ));
                    }
                }
                let application = decision.application;
                self.ribbon.push(format!("{local}  {words}: {}", standing(&application)));
                self.send(&decision.effects);
                self.application = Some(application);
                decision.refusal.as_ref().map(refused)
            }
        }
    }

    fn explanation(&self, explanation: &Recorded, result: &GuardResult) -> String {
        match (self.opened.value(explanation), result) {
            (Some(annona_definitions::value::Value::Text(words)), GuardResult::Amount(amount)) => {
                format!("{words} ({amount})")
            }
            (Some(annona_definitions::value::Value::Text(words)), _) => words.clone(),
            _ => String::new(),
        }
    }

    /// Notes the messages of a decision: one for each event that has a text.
    fn send(&mut self, effects: &[Effect]) {
        let mut told: Vec<(NoticeEvent, u64)> = Vec::new();
        for effect in effects {
            if let Effect::Notify(notify) = effect
                && !told.contains(&(notify.event, notify.version))
            {
                told.push((notify.event, notify.version));
                self.sent.push(notify.event);
            }
        }
    }

    /// Returns the local date and time of an instant, as a test writes it.
    pub(super) fn local(&self, instant: Timestamp) -> String {
        self.programme
            .calendar
            .timezone()
            .to_datetime(instant)
            .strftime("%Y-%m-%dT%H:%M")
            .to_string()
    }

    /// Returns the last local day before an instant.
    pub(super) fn last_day(&self, end: Timestamp) -> String {
        let day = self.programme.calendar.date(end);
        day.yesterday().unwrap_or(day).to_string()
    }

    fn task(&self) -> (u32, u64, Option<StageId>) {
        let Some(application) = &self.application else { return (0, 0, None) };
        application.tasks.first().map_or((application.tasks_opened, 0, None), |task| {
            (task.number, task.content, Some(task.stage.clone()))
        })
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

fn standing(application: &Application) -> String {
    match application.stage() {
        Some(stage) => format!("{}, stage `{stage}`", application.status.as_str()),
        None => application.status.as_str().to_owned(),
    }
}

fn own() -> Rights {
    Rights { own: true, ..Rights::default() }
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

/// Returns the instant of a local time: one that does not exist is moved forward, of one that comes twice the first.
pub(super) fn instant(programme: &Programme, local: DateTime) -> Timestamp {
    local
        .to_zoned_datetime(programme.calendar.timezone().clone())
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

fn text(with: &Map<String, Value>, key: &str) -> Option<String> {
    with.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn decimal(value: Option<&Value>) -> Result<Option<Decimal>, String> {
    let Some(value) = value else { return Ok(None) };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().map(Some).map_err(|_| "`amount` is not an amount".to_owned())
}
