//! Collects what a decision records: each event is folded at once, so that the next sees what the last one made.

use annona_definitions::form::Form;
use annona_definitions::guard::{CannotRun, EVALUATOR, Evaluation, Guard, Scope};
use annona_definitions::programme::{NoticeEvent, Programme, ReasonId, Recipient, StageId};
use annona_definitions::value::{Record, Value};
use indexmap::IndexMap;
use jiff::Timestamp;

use super::Decision;
use crate::application::{Application, StageResult};
use crate::command::Command;
use crate::effect::{Effect, Notify};
use crate::event::{
    Body, Event, FORMAT, FactRecord, GuardRecord, GuardResult, NOTHING_BEFORE, ReasonRecord,
    StoredEvent,
};
use crate::evolve::{begin, evolve};
use crate::facts::Facts;
use crate::id::{ApplicationId, Who};
use crate::recorded::{Hash, Opened, Personal, Recorded, RecordedForm};
use crate::refusal::{MAX_NOTE, Refusal};

/// A decision in the making.
#[derive(Debug)]
pub(super) struct Recorder<'a> {
    pub(super) programme: &'a Programme,
    pub(super) facts: &'a Facts,
    pub(super) command: &'a Command,
    pub(super) now: Timestamp,
    id: ApplicationId,
    application: Option<Application>,
    opened: Opened,
    events: Vec<(Event, StoredEvent)>,
    sealed: Vec<Personal>,
    effects: Vec<Effect>,
    refusal: Option<Refusal>,
    /// Guards, facts and reason that belong to the next event.
    guards: Vec<GuardRecord>,
    relied_on: Vec<FactRecord>,
    reason: Option<ReasonRecord>,
}

impl<'a> Recorder<'a> {
    /// Begins a decision on an application.
    pub(super) fn new(
        programme: &'a Programme,
        application: &Application,
        opened: &Opened,
        command: &'a Command,
        facts: &'a Facts,
        now: Timestamp,
    ) -> Self {
        let mut recorder = Self::before_submission(programme, application.id, command, facts, now);
        recorder.application = Some(application.clone());
        recorder.opened = opened.clone();
        recorder
    }

    /// Begins a decision that submits an application.
    pub(super) fn before_submission(
        programme: &'a Programme,
        id: ApplicationId,
        command: &'a Command,
        facts: &'a Facts,
        now: Timestamp,
    ) -> Self {
        Self {
            programme,
            facts,
            command,
            now,
            id,
            application: None,
            opened: Opened::default(),
            events: Vec::new(),
            sealed: Vec::new(),
            effects: Vec::new(),
            refusal: None,
            guards: Vec::new(),
            relied_on: Vec::new(),
            reason: None,
        }
    }

    /// Returns the application as it stands by now.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::NotFound`] before the submission was recorded.
    pub(super) fn application(&self) -> Result<&Application, Refusal> {
        self.application.as_ref().ok_or(Refusal::NotFound)
    }

    /// Records an event with the guards, facts and reason gathered since the last one.
    pub(super) fn record(&mut self, body: Body) {
        let event = Event {
            format: FORMAT,
            application: self.id,
            version: self.application.as_ref().map_or(1, |application| application.version + 1),
            definition: Hash(self.programme.digest.0),
            evaluator: EVALUATOR,
            at: self.now,
            who: self.command.who.clone(),
            on_behalf_of: self.command.on_behalf_of.clone(),
            guards: std::mem::take(&mut self.guards),
            facts: std::mem::take(&mut self.relied_on),
            reason: self.reason.take(),
            body,
            previous: self
                .application
                .as_ref()
                .map_or(NOTHING_BEFORE, |application| application.head),
        };
        // Every event of this format can be written: a test stores one of each.
        let Ok(stored) = event.store() else { return };
        self.application = match self.application.take() {
            None => begin(&event, stored.digest),
            Some(application) => Some(evolve(application, &event, stored.digest)),
        };
        self.events.push((event, stored));
    }

    /// Adds an effect.
    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Asks for the messages that the programme has for an event; they tell of the event recorded last.
    pub(super) fn notify(&mut self, event: NoticeEvent, usual: &Recipient) {
        let Some((last, _)) = self.events.last() else { return };
        let version = last.version;
        let officer = self.application.as_ref().and_then(|application| {
            application.tasks.iter().find_map(|task| match &task.claimed_by {
                Some(Who::Person(id)) => Some(id.clone()),
                _ => None,
            })
        });
        for (place, notice) in self.programme.notices.iter().enumerate() {
            if notice.event == event {
                let to = notice.to.clone().unwrap_or_else(|| usual.clone());
                let officer = officer.clone().filter(|_| to == Recipient::Officer);
                let notice = u16::try_from(place).unwrap_or(u16::MAX);
                self.effects.push(Effect::Notify(Notify { event, version, notice, to, officer }));
            }
        }
    }

    /// Notes a fact that the next event relies upon.
    pub(super) fn relies_on(&mut self, fact: FactRecord) {
        self.relied_on.push(fact);
    }

    /// Notes the reason of the next event; a note is personal.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::NoteTooLong`].
    pub(super) fn because(
        &mut self,
        id: Option<ReasonId>,
        note: Option<&str>,
    ) -> Result<(), Refusal> {
        let note = match note.map(str::trim).filter(|note| !note.is_empty()) {
            None => None,
            Some(note) if note.chars().count() > MAX_NOTE => return Err(Refusal::NoteTooLong),
            Some(note) => Some(self.seal("note", Value::Text(note.to_owned()))),
        };
        self.reason = Some(ReasonRecord { id, note });
        Ok(())
    }

    /// Commits to a personal value that is to be sealed.
    pub(super) fn seal(&mut self, path: &str, value: Value) -> Hash {
        let salt = self.facts.seed.bytes(&format!("salt {}", self.sealed.len()));
        let personal = Personal { salt, path: path.to_owned(), value };
        let commitment = personal.commitment();
        self.opened.0.insert(commitment, personal.clone());
        self.sealed.push(personal);
        commitment
    }

    /// Records the values of a form: personal ones by commitment.
    pub(super) fn record_form(&mut self, root: &str, form: &Form, values: Record) -> RecordedForm {
        values
            .into_iter()
            .map(|(name, value)| {
                let personal = form.field(&name).is_none_or(|field| field.personal);
                let recorded = if personal {
                    Recorded::Sealed(self.seal(&format!("{root}.{name}"), value))
                } else {
                    Recorded::Clear(value)
                };
                (name, recorded)
            })
            .collect()
    }

    /// Returns the opened values of the application's form.
    pub(super) fn form(&self) -> Record {
        self.application.as_ref().map_or_else(Record::new, |application| {
            let names = self.programme.form.fields.iter().map(|field| field.name.as_str());
            self.opened.record(&application.form, names)
        })
    }

    /// Returns the value of a form field, opened.
    pub(super) fn form_value(&self, field: &str) -> Option<&Value> {
        self.opened.value(self.application.as_ref()?.form.get(field)?)
    }

    /// Evaluates a guard that must be true or false; it is recorded with the next event.
    pub(super) fn truth(
        &mut self,
        place: String,
        guard: &Guard,
        own: Option<(&StageId, &RecordedForm)>,
    ) -> (Result<bool, CannotRun>, String) {
        let evaluation = self.evaluate(guard, own);
        let truth = match &evaluation.result {
            Ok(Value::YesNo(truth)) => Ok(*truth),
            Ok(_) => Err(CannotRun("the rule gives a value where yes or no is needed".to_owned())),
            Err(cause) => Err(cause.clone()),
        };
        let result = match &truth {
            Ok(true) => GuardResult::True,
            Ok(false) => GuardResult::False,
            Err(_) => GuardResult::CannotRun,
        };
        let explanation = evaluation.explanation.clone();
        self.keep(place, evaluation, result, own);
        (truth, explanation)
    }

    /// Returns whether the words of the guard evaluated last show a personal value.
    pub(super) fn told_personal(&self) -> bool {
        self.guards.last().is_some_and(|guard| matches!(guard.explanation, Recorded::Sealed(_)))
    }

    /// Evaluates an amount; it is recorded with the next event.
    pub(super) fn amount(
        &mut self,
        place: String,
        guard: &Guard,
    ) -> Result<rust_decimal::Decimal, CannotRun> {
        let evaluation = self.evaluate(guard, None);
        let amount = match &evaluation.result {
            Ok(Value::Money(amount) | Value::Number(amount)) => Ok(*amount),
            Ok(Value::Integer(amount)) => Ok(rust_decimal::Decimal::from(*amount)),
            Ok(_) => Err(CannotRun("the amount is not a number".to_owned())),
            Err(cause) => Err(cause.clone()),
        };
        let result =
            amount.as_ref().map_or(GuardResult::CannotRun, |amount| GuardResult::Amount(*amount));
        self.keep(place, evaluation, result, None);
        amount
    }

    /// Notes an evaluation for the next event; what a personal value shows through is sealed.
    fn keep(
        &mut self,
        place: String,
        evaluation: Evaluation,
        result: GuardResult,
        own: Option<(&StageId, &RecordedForm)>,
    ) {
        let mut inputs: Vec<(String, Option<Recorded>)> = Vec::new();
        for (path, value) in evaluation.inputs {
            // Which entry of a table was looked up tells the value that it was looked up by; entries come after what is read.
            let tells = path.contains('[') && any_sealed(&inputs);
            let recorded = value.map(|value| match self.recorded(&path, own) {
                Some(recorded) => recorded,
                None if tells => Recorded::Sealed(self.seal(&format!("guard.{place}"), value)),
                None => Recorded::Clear(value),
            });
            inputs.push((path, recorded));
        }
        let explanation = Value::Text(evaluation.explanation);
        let explanation = if any_sealed(&inputs) {
            Recorded::Sealed(self.seal(&format!("guard.{place}"), explanation))
        } else {
            Recorded::Clear(explanation)
        };
        self.guards.push(GuardRecord { place, inputs, result, explanation });
    }

    /// Returns a value read by a guard as form or answers have it recorded; `None`: it is of neither.
    fn recorded(&self, path: &str, own: Option<(&StageId, &RecordedForm)>) -> Option<Recorded> {
        let (root, name) = path.split_once('.')?;
        let application = self.application.as_ref()?;
        let known = match root {
            "form" => application.form.get(name),
            "applicant" => application.form.get(contact_field(self.programme, name)?),
            stage => match own {
                Some((id, answers)) if id.as_str() == stage => answers.get(name),
                _ => application.outcome(&StageId::recorded(stage))?.answers.get(name),
            },
        };
        known.cloned()
    }

    fn evaluate(&self, guard: &Guard, own: Option<(&StageId, &RecordedForm)>) -> Evaluation {
        let form = self.form();
        let mut answers: IndexMap<String, Record> = IndexMap::new();
        let decided = self.application.iter().flat_map(|application| &application.stages);
        for outcome in
            decided.filter(|outcome| matches!(outcome.result, StageResult::Approved { .. }))
        {
            answers.insert(
                outcome.stage.as_str().to_owned(),
                self.answers(&outcome.stage, &outcome.answers),
            );
        }
        if let Some((stage, given)) = own {
            answers.insert(stage.as_str().to_owned(), self.answers(stage, given));
        }
        let applicant = self.applicant(&form);
        guard.evaluate(&Scope {
            form: &form,
            answers: &answers,
            applicant: &applicant,
            today: self.programme.calendar.date(self.now),
            now: self.now,
        })
    }

    fn answers(&self, stage: &StageId, given: &RecordedForm) -> Record {
        let asks = self.programme.stage(stage).map(|stage| &stage.asks);
        let names = asks.into_iter().flat_map(|asks| &asks.fields).map(|field| field.name.as_str());
        self.opened.record(given, names)
    }

    fn applicant(&self, form: &Record) -> Record {
        ["phone", "email", "language", "name"]
            .into_iter()
            .filter_map(|name| {
                let value = form.get(contact_field(self.programme, name)?)?;
                Some((name.to_owned(), value.clone()))
            })
            .collect()
    }

    /// Answers a refusal although something is recorded.
    pub(super) fn refuse_after_recording(&mut self, refusal: Refusal) {
        self.refusal = Some(refusal);
    }

    /// Ends the decision.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::NotFound`] if no application came of it.
    pub(super) fn done(self) -> Result<Decision, Refusal> {
        Ok(Decision {
            application: self.application.ok_or(Refusal::NotFound)?,
            events: self.events,
            sealed: self.sealed,
            effects: self.effects,
            refusal: self.refusal,
        })
    }
}

/// Returns whether one of the values is personal.
fn any_sealed(inputs: &[(String, Option<Recorded>)]) -> bool {
    inputs.iter().any(|(_, recorded)| matches!(recorded, Some(Recorded::Sealed(_))))
}

/// Returns the form field that stands behind `applicant.<name>`.
pub(super) fn contact_field<'a>(programme: &'a Programme, name: &str) -> Option<&'a str> {
    let contact = &programme.contact;
    match name {
        "phone" => contact.phone.as_deref(),
        "email" => contact.email.as_deref(),
        "language" => contact.language.as_deref(),
        "name" => contact.name.as_deref(),
        _ => None,
    }
}
