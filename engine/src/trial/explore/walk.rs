//! A walk through one case: officers, the applicant and the provider do what they may, one step after another.
//!
//! Only what is accepted becomes a step; what is refused changed nothing and is left out.

use annona_definitions::calendar::{Duration, Unit};
use annona_definitions::form::{Form, Terms};
use annona_definitions::guard::Guard;
use annona_definitions::programme::{
    DocumentRef, Reason, ReasonId, RoleId, SendBackTarget, Stage, StageId, Step, StepAction,
    TEST_START, TestCase,
};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::chance::Chance;
use super::defect::{self, Defect};
use super::values::{Given, Inventor};
use crate::application::{Application, Status, Task, VoucherStatus};
use crate::trial::people::person;
use crate::trial::world::World;

/// Most steps of one case: one that is still going on then may go on for ever.
pub(super) const MAX_STEPS: usize = 40;
/// How often an officer who wants to approve tries other answers.
const MAX_TRIES: usize = 8;
/// Names of a role's further holders.
const OTHERS: [&str; 5] = ["second", "third", "fourth", "fifth", "sixth"];
/// Words of an officer's own.
const NOTE: &str = "as discussed";

/// A case as it was walked.
#[derive(Debug, Clone)]
pub(super) struct Story {
    /// The form, as a test gives it.
    pub(super) form: Map<String, Value>,
    /// The steps, in order.
    pub(super) steps: Vec<Taken>,
    /// The code with which the last step was refused, if it was.
    pub(super) refused: Option<&'static str>,
}

/// A step and the stage whose questions it answers.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) action: StepAction,
    pub(super) stage: Option<StageId>,
}

/// How the people of a case are minded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temper {
    /// They do anything.
    Free,
    /// They do what leads to an approval, and only if nothing does, something else.
    Willing,
}

/// A walk.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    inventor: &'a Inventor<'a>,
    pub(super) world: World<'a>,
    pub(super) story: Story,
    given: Given,
    chance: Chance,
    /// An approval that was refused by its guard, at its stage, since the last step.
    pub(super) unapproved: Option<Taken>,
    /// Why the form was not taken.
    pub(super) unsendable: Option<String>,
}

impl<'a> Walk<'a> {
    /// Sends an application.
    pub(super) fn begin(
        inventor: &'a Inventor<'a>,
        form: Map<String, Value>,
        mut chance: Chance,
    ) -> Self {
        let programme = inventor.programme;
        let terms = Terms { currency: programme.currency, today: TEST_START.date(), form: None };
        let form = inventor.fitted("form", &programme.form, terms, form, &mut chance);
        let case = TestCase {
            name: String::new(),
            line: 0,
            given: Value::Object(form.clone()),
            steps: Vec::new(),
            expect: IndexMap::new(),
        };
        let mut world = World::new(inventor.programme, &case);
        let refused = world.submit(&case.given);
        let given = Given { form: form.clone(), ..Given::default() };
        let story = Story { form, steps: Vec::new(), refused: None };
        let unsendable =
            refused.filter(|_| world.application.is_none()).map(|refused| refused.words);
        Self { inventor, world, story, given, chance, unapproved: None, unsendable }
    }

    /// Goes on until the case ends, a defect shows, or [`MAX_STEPS`] are reached.
    pub(super) fn go_on(&mut self, temper: Temper) -> Option<Defect> {
        let end = self.story.steps.len() + MAX_STEPS;
        while self.story.steps.len() < end {
            if let Some(defect) = defect::shown(&self.world) {
                return Some(defect);
            }
            let goes_on = match temper {
                Temper::Free => self.anything(),
                Temper::Willing => self.towards_approval(),
            };
            if !goes_on {
                return None;
            }
        }
        let stage = self.unapproved.as_ref().and_then(|taken| taken.stage.clone());
        match (temper, stage) {
            (Temper::Willing, Some(stage)) if !self.has_ended() => {
                Some(Defect::NeverEnds { stage })
            }
            _ => None,
        }
    }

    /// Takes a step; `false` if it was refused and changed nothing.
    pub(super) fn take(&mut self, taken: Taken) -> bool {
        let before = self.version();
        let moments = self.world.moments.len();
        let outcome = self.world.step(&Step { line: 0, action: taken.action.clone() });
        let Ok(refused) = outcome else { return false };
        if let Some(refused) = &refused
            && self.version() == before
        {
            self.world.moments.truncate(moments);
            if refused.code == "guard_false" {
                self.unapproved = Some(taken);
            }
            return false;
        }
        self.note(&taken);
        self.story.refused = refused.map(|refused| refused.code);
        self.story.steps.push(taken);
        true
    }

    fn version(&self) -> u64 {
        self.world.application.as_ref().map_or(0, |application| application.version)
    }

    fn has_ended(&self) -> bool {
        self.world.application.as_ref().is_none_or(Application::has_ended)
    }

    /// Remembers what was given, for values that are compared with it.
    fn note(&mut self, taken: &Taken) {
        match (&taken.action, &taken.stage) {
            (StepAction::Officer { action, with, .. }, Some(stage)) if action == "approve" => {
                self.given.answers.insert(stage.to_string(), with.clone());
                self.unapproved = None;
            }
            (StepAction::Applicant { with, .. }, _) => {
                self.given
                    .form
                    .extend(with.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => {}
        }
    }

    /// Does anything that is allowed; `false` where nothing is left to do.
    fn anything(&mut self) -> bool {
        let Some((status, task)) = self.state() else { return false };
        match (status, task) {
            (Status::InReview, Some(task)) => {
                let Some(stage) = self.stage(&task.stage) else { return false };
                // Of several that are refused, one is left in the end: rejecting.
                (0..MAX_TRIES).any(|_| match self.chance.below(100) {
                    0..55 => self.approve(&task, stage),
                    55..68 => self.reject(&task),
                    68..83 => self.send_back(&task, stage),
                    83..98 => self.wait(),
                    _ => self.applicant("withdraw", Map::new()),
                }) || self.reject(&task)
            }
            (Status::WithApplicant, _) => match self.chance.below(100) {
                0..80 => self.answer(),
                80..95 => self.wait(),
                _ => self.applicant("withdraw", Map::new()),
            },
            (Status::Approved, _) => match self.chance.below(100) {
                0..50 => self.redeem(),
                50..75 => self.wait(),
                _ => false,
            },
            _ => false,
        }
    }

    /// Does what leads to an approval; `false` where nothing is left to do.
    fn towards_approval(&mut self) -> bool {
        let Some((status, task)) = self.state() else { return false };
        match (status, task) {
            (Status::InReview, Some(task)) => {
                let Some(stage) = self.stage(&task.stage) else { return false };
                (0..MAX_TRIES).any(|_| self.approve(&task, stage))
                    || self.send_back(&task, stage)
                    || self.wait()
                    || self.reject(&task)
            }
            (Status::WithApplicant, _) => (0..MAX_TRIES).any(|_| self.answer()) || self.wait(),
            (Status::Approved, _) => self.redeem(),
            _ => false,
        }
    }

    fn state(&self) -> Option<(Status, Option<Task>)> {
        let application = self.world.application.as_ref()?;
        Some((application.status, application.tasks.first().cloned()))
    }

    fn stage(&self, id: &StageId) -> Option<&'a Stage> {
        self.inventor.programme.stage(id)
    }

    fn approve(&mut self, task: &Task, stage: &Stage) -> bool {
        let mut with = self.invented(stage.id.as_str(), &stage.asks);
        if self.chance.percent(50) {
            with.extend(self.reason(&self.inventor.programme.reasons.approve));
        }
        self.officer(task, "approve", with)
    }

    fn reject(&mut self, task: &Task) -> bool {
        let with = self.reason(&self.inventor.programme.reasons.reject);
        self.officer(task, "reject", with.into_iter().collect())
    }

    fn send_back(&mut self, task: &Task, stage: &Stage) -> bool {
        let Some(rules) = &stage.send_back else { return false };
        let Some(to) = self.chance.one_of(&rules.to).cloned() else { return false };
        let mut with = Map::new();
        match to {
            SendBackTarget::Applicant => {
                with.insert("to".to_owned(), "applicant".into());
                with.insert("fields".to_owned(), self.wrong_fields(stage).into());
            }
            SendBackTarget::Stage(stage) => {
                with.insert("to".to_owned(), stage.as_str().into());
            }
        }
        let offered = &self.inventor.programme.reasons.send_back;
        with.extend(self.reason(offered));
        if offered.is_empty() {
            with.insert("note".to_owned(), NOTE.into());
        }
        self.officer(task, "send_back", with)
    }

    /// Returns the fields that an officer finds wrong: what the stage's rules read, or any one.
    fn wrong_fields(&mut self, stage: &Stage) -> Vec<Value> {
        let form = &self.inventor.programme.form;
        let guards = stage.approve_if.iter().flat_map(Guard::reads);
        let read = guards.filter_map(|path| path.strip_prefix("form."));
        let documents = stage.documents.iter().filter_map(|document| match document {
            DocumentRef::Form(field) => Some(field.as_str()),
            DocumentRef::Asks(_) => None,
        });
        let mut concerned: Vec<&str> = Vec::new();
        for name in read.chain(documents) {
            if !concerned.contains(&name) {
                concerned.push(name);
            }
        }
        if concerned.is_empty() || self.chance.percent(30) {
            let any = self.chance.one_of(&form.fields);
            concerned = Vec::from_iter(any.map(|field| field.name.as_str()));
        }
        concerned.into_iter().map(Value::from).collect()
    }

    /// Returns one of the reasons offered, with words where it asks for them.
    fn reason(&mut self, offered: &IndexMap<ReasonId, Reason>) -> Vec<(String, Value)> {
        let names: Vec<(&ReasonId, &Reason)> = offered.iter().collect();
        let Some((id, reason)) = self.chance.one_of(&names) else { return Vec::new() };
        let mut with = vec![("reason".to_owned(), id.as_str().into())];
        if reason.note {
            with.push(("note".to_owned(), NOTE.into()));
        }
        with
    }

    fn officer(&mut self, task: &Task, action: &str, with: Map<String, Value>) -> bool {
        let role = match self.chance.one_of(&task.escalated_to).cloned() {
            Some(role) if self.chance.percent(30) => role,
            _ => task.role.clone(),
        };
        let name = self.name(&role, &task.stage);
        let action = StepAction::Officer { role, name, action: action.to_owned(), with };
        self.take(Taken { action, stage: Some(task.stage.clone()) })
    }

    /// Returns a holder of a role who has not decided another stage: duties are separate.
    fn name(&self, role: &RoleId, stage: &StageId) -> Option<String> {
        let deciders = self.world.application.iter().flat_map(|application| &application.deciders);
        let deciders: Vec<_> = deciders.filter(|(decided, _)| decided != stage).collect();
        let free = |name: Option<&str>| {
            let who = person(role, name);
            !deciders.iter().any(|(_, by)| *by == who)
        };
        if !self.inventor.programme.separate_duties || free(None) {
            return None;
        }
        OTHERS.iter().find(|name| free(Some(name))).map(|name| (*name).to_owned())
    }

    fn applicant(&mut self, action: &str, with: Map<String, Value>) -> bool {
        let action = StepAction::Applicant { action: action.to_owned(), with };
        self.take(Taken { action, stage: None })
    }

    fn answer(&mut self) -> bool {
        let returned = self.world.application.as_ref().and_then(|it| it.returned.as_ref());
        let asked = returned.map(|returned| returned.fields.clone()).unwrap_or_default();
        let form = &self.inventor.programme.form;
        let fields = asked.iter().filter_map(|name| form.field(name));
        let mut with = Map::new();
        for field in fields {
            let value = self.inventor.value("form", field, &self.given, &mut self.chance);
            with.insert(field.name.clone(), value);
        }
        self.applicant("answer", with)
    }

    fn redeem(&mut self) -> bool {
        let application = self.world.application.as_ref();
        let Some(voucher) = application.and_then(|application| application.voucher.as_ref()) else {
            return false;
        };
        if !matches!(voucher.status, VoucherStatus::Active | VoucherStatus::PartRedeemed) {
            return false;
        }
        let (partial, balance) = (voucher.partial, voucher.balance);
        let mut with = Map::new();
        if partial && self.chance.percent(50) {
            let half = (balance / rust_decimal::Decimal::TWO).trunc();
            if !half.is_zero() {
                with.insert("amount".to_owned(), half.to_string().into());
            }
        }
        let check = self.inventor.programme.voucher.as_ref().and_then(|rules| rules.check.as_ref());
        if let Some(said) = check.and_then(|field| self.given.form.get(field)) {
            let said = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
            with.insert("check".to_owned(), said.into());
        }
        let action = StepAction::Provider { action: "redeem".to_owned(), with };
        self.take(Taken { action, stage: None })
    }

    /// Waits until the next thing falls due; `false` where nothing ever does.
    fn wait(&mut self) -> bool {
        let Some((due, _)) = self.world.next_due() else { return false };
        let duration = self.until(due);
        self.take(Taken { action: StepAction::Wait(duration), stage: None })
    }

    /// Returns a duration by which an instant is past: that of the late rule that falls due, else whole days.
    fn until(&self, due: Timestamp) -> Duration {
        let task =
            self.world.application.as_ref().and_then(|application| application.tasks.first());
        let stage = task.and_then(|task| self.stage(&task.stage));
        let calendar = &self.inventor.programme.calendar;
        let late = stage.into_iter().flat_map(|stage| &stage.if_late).map(|late| late.after);
        let reaches = |after: &Duration| calendar.after(self.world.now, *after) >= due;
        if let Some(after) = late.into_iter().find(reaches) {
            return after;
        }
        let seconds = due.duration_since(self.world.now).as_secs();
        let days = u32::try_from(seconds / 86_400).unwrap_or(0).saturating_add(1);
        Duration { count: days, unit: Unit::Days }
    }

    fn invented(&mut self, root: &str, form: &Form) -> Map<String, Value> {
        let values = self.inventor.form(root, form, &self.given, &mut self.chance);
        let application = self.world.form();
        let programme = self.inventor.programme;
        let terms = Terms { form: Some(&application), ..programme.terms(self.world.now) };
        self.inventor.fitted(root, form, terms, values, &mut self.chance)
    }
}
