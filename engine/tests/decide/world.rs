//! One application, its people and its clock; checks log, row and secrecy after every decision.

use std::collections::BTreeMap;

use annona_definitions::Programme;
use annona_definitions::programme::{ReasonId, RoleId, SendBackTarget, StageId};
use annona_engine::application::{Application, Document, TimerRule, Voucher};
use annona_engine::command::{Action, Command, Decide, Redeem, Submit, Verdict};
use annona_engine::decide::{Case, Preview, decide, preview, refused};
use annona_engine::effect::Effect;
use annona_engine::event::{Event, StoredEvent};
use annona_engine::facts::{Facts, Issuer, ProviderRights, Rights, Seed};
use annona_engine::id::{ApplicationId, DocumentId, VoucherId, Who};
use annona_engine::recorded::{Hash, Opened, Personal};
use annona_engine::{Refusal, audit, evolve};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Texts that no event may hold: the applicant's, and what officers note.
pub(crate) const SECRETS: [&str; 6] =
    ["Amina Okello", "Amina", "+256700000001", "XK-7781", "387.65", "neighbour"];
pub(crate) const NOTE: &str = "the neighbour says so";
pub(crate) const DOCUMENT: &str = "00000000-0000-4000-8000-000000000001";

/// Compiles the programme of these tests with some of its lines replaced.
pub(crate) fn programme(changes: &[(&str, &str)]) -> Programme {
    let mut source = include_str!("aid.yaml").to_owned();
    for (from, to) in changes {
        assert!(source.contains(from), "`{from}` is not in the programme");
        source = source.replacen(from, to, 1);
    }
    let compiled = annona_definitions::compile("aid.yaml", source.as_bytes());
    compiled.programme.unwrap_or_else(|| panic!("{}", compiled.report.to_text(false)))
}

pub(crate) fn form() -> Value {
    json!({
        "name": "Amina Okello", "phone": "+256700000001", "secret": "XK-7781", "income": "387.65",
        "cost": "900", "day": "2026-03-02", "estimate": DOCUMENT,
    })
}

/// Returns the form with some values replaced.
pub(crate) fn form_with(changes: &Value) -> Value {
    let mut form = form();
    for (name, value) in changes.as_object().unwrap() {
        form[name] = value.clone();
    }
    form
}

#[derive(Debug, Clone)]
pub(crate) struct World<'a> {
    pub(crate) programme: &'a Programme,
    pub(crate) now: Timestamp,
    pub(crate) application: Option<Application>,
    pub(crate) opened: Opened,
    pub(crate) log: Vec<StoredEvent>,
    /// Events and effects of the last decision.
    pub(crate) last: Vec<Event>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) duplicates: BTreeMap<usize, ApplicationId>,
    pub(crate) documents: Vec<Document>,
    pub(crate) key_is_gone: bool,
    draws: u8,
}

impl<'a> World<'a> {
    pub(crate) fn new(programme: &'a Programme) -> Self {
        let id = DocumentId(DOCUMENT.parse().unwrap());
        let document = Document {
            id,
            sha256: Hash::of(b"estimate"),
            size: 10,
            media_type: "application/pdf".into(),
        };
        Self {
            programme,
            // Not a whole microsecond: the core must cut it itself.
            now: "2026-03-02T06:00:00.123456789Z".parse().unwrap(),
            application: None,
            opened: Opened::default(),
            log: Vec::new(),
            last: Vec::new(),
            effects: Vec::new(),
            refusal: None,
            duplicates: BTreeMap::new(),
            documents: vec![document],
            key_is_gone: false,
            draws: 0,
        }
    }

    /// Begins with an application that was sent.
    pub(crate) fn sent(programme: &'a Programme, form: Value) -> Self {
        let mut world = Self::new(programme);
        assert_eq!(world.submit(form), "ok");
        world
    }

    /// Begins with an application before its last stage, with `amount` recommended.
    pub(crate) fn before_last(programme: &'a Programme, amount: &str) -> Self {
        let mut world = Self::sent(programme, form());
        assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
        assert_eq!(world.approve("doctor", json!({"amount": amount})), "ok");
        world
    }

    /// Begins with an issued voucher.
    pub(crate) fn issued(programme: &'a Programme, amount: &str) -> Self {
        let mut world = Self::before_last(programme, amount);
        let role = world.row().tasks[0].role.clone();
        assert_eq!(world.approve(role.as_str(), json!({})), "ok");
        world
    }

    pub(crate) fn row(&self) -> &Application {
        self.application.as_ref().unwrap()
    }

    pub(crate) fn voucher(&self) -> &Voucher {
        self.row().voucher.as_ref().unwrap()
    }

    pub(crate) fn status(&self) -> &'static str {
        self.row().status.as_str()
    }

    pub(crate) fn stage(&self) -> &str {
        self.row().stage().map_or("", StageId::as_str)
    }

    pub(crate) fn wait(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    /// Decides a command; returns `ok` or the code of the refusal.
    pub(crate) fn act(&mut self, who: Who, rights: Rights, action: Action) -> &'static str {
        self.draws = self.draws.wrapping_add(1);
        let facts = Facts {
            rights,
            duplicates: self.duplicates.clone(),
            documents: self.documents.iter().map(|known| (known.id, known.clone())).collect(),
            key_is_gone: self.key_is_gone,
            issuer: Issuer {
                name: "trial".into(),
                key: "k".into(),
                status_uri: "https://example.org/".into(),
                status_list: 0,
                status_list_size: 100,
            },
            seed: Seed([self.draws; 32]),
        };
        let command = Command { who, on_behalf_of: None, action };
        let case = Case {
            programme: self.programme,
            application: self.application.as_ref(),
            opened: &self.opened,
        };
        self.last.clear();
        self.effects.clear();
        self.refusal = None;
        match decide(case, &command, &facts, self.now) {
            Err(refusal) => {
                let code = refusal.code();
                self.refusal = Some(refusal);
                code
            }
            Ok(decision) => {
                for (event, stored) in decision.events {
                    self.last.push(event);
                    self.log.push(stored);
                }
                for personal in decision.sealed {
                    self.opened.0.insert(personal.commitment(), personal);
                }
                self.effects = decision.effects;
                self.application = Some(decision.application);
                // Without a key nothing is sealed any more either.
                if self.row().erased {
                    self.opened.0.clear();
                }
                self.check();
                self.refusal = decision.refusal;
                // What is answered again to the same key is read back from the events.
                assert_eq!(refused(self.row(), &self.last), self.refusal);
                self.refusal.as_ref().map_or("ok", Refusal::code)
            }
        }
    }

    /// Returns what somebody could do with the open task; records nothing.
    pub(crate) fn preview(&self, who: &Who, rights: &Rights) -> Preview {
        let case = Case {
            programme: self.programme,
            application: self.application.as_ref(),
            opened: &self.opened,
        };
        preview(case, self.row().tasks[0].number, who, rights, self.now)
    }

    /// The log folds to the row, is unbroken, and holds nothing personal.
    fn check(&self) {
        let row = self.row();
        assert_eq!(evolve::fold(&self.log).unwrap().as_ref(), Some(row));
        let personal: Vec<Personal> = self.opened.0.values().cloned().collect();
        audit::check(row.id, &self.log, row, &personal).unwrap();
        for stored in &self.log {
            for secret in SECRETS {
                let found =
                    stored.bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "event {} holds `{secret}`", stored.version);
            }
        }
    }

    pub(crate) fn submit(&mut self, form: Value) -> &'static str {
        let submit = Submit { programme: self.programme.id.clone(), form };
        self.act(Who::Applicant, own(), Action::Submit(submit))
    }

    /// Decides the open task as a person named like their role.
    pub(crate) fn decide(
        &mut self,
        role: &str,
        verdict: Verdict,
        reason: Option<&str>,
        note: Option<&str>,
    ) -> &'static str {
        let decide = Decide { reason: reason.map(ReasonId::recorded), ..self.decision(verdict) };
        let decide = Decide { note: note.map(str::to_owned), ..decide };
        self.act(person(role), roles(&[role]), Action::Decide(decide))
    }

    /// Returns a decision about the open task as it stands.
    pub(crate) fn decision(&self, verdict: Verdict) -> Decide {
        let task = self.application.as_ref().and_then(|row| row.tasks.first());
        Decide {
            task: task.map_or(1, |task| task.number),
            seen: Some(task.map_or(0, |task| task.content)),
            verdict,
            reason: None,
            note: None,
        }
    }

    pub(crate) fn approve(&mut self, role: &str, answers: Value) -> &'static str {
        self.decide(role, Verdict::Approve { answers }, None, None)
    }

    pub(crate) fn reject(&mut self, role: &str) -> &'static str {
        self.decide(role, Verdict::Reject, Some("other"), Some(NOTE))
    }

    /// Sends back to the applicant for some fields.
    pub(crate) fn ask(&mut self, role: &str, fields: &[&str]) -> &'static str {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        let verdict = Verdict::SendBack { to: Some(SendBackTarget::Applicant), fields };
        self.decide(role, verdict, Some("wrong"), Some(NOTE))
    }

    /// Sends back to an earlier stage.
    pub(crate) fn send_to(&mut self, role: &str, stage: &str) -> &'static str {
        let to = Some(SendBackTarget::Stage(StageId::recorded(stage)));
        self.decide(role, Verdict::SendBack { to, fields: Vec::new() }, Some("wrong"), None)
    }

    pub(crate) fn answer(&mut self, form: Value) -> &'static str {
        self.act(Who::Applicant, own(), Action::Answer { form })
    }

    pub(crate) fn engine(&mut self, action: Action) -> &'static str {
        self.act(Who::Engine, Rights::default(), action)
    }

    /// Fires a timer of the open task at the instant at which it is due.
    pub(crate) fn fire(&mut self, rule: TimerRule) -> &'static str {
        let row = self.row();
        let task = &row.tasks[0];
        let due = match (rule, &row.returned) {
            (TimerRule::Answer, Some(returned)) => returned.answer_by.unwrap(),
            _ => task.timers.iter().find(|timer| timer.rule == rule).unwrap().due,
        };
        let task = task.number;
        self.now = due;
        self.engine(Action::TimeOut { task, rule, due })
    }

    pub(crate) fn retry(&mut self) -> &'static str {
        self.act(person("operator"), roles(&["operator"]), Action::Retry)
    }

    pub(crate) fn redeem(&mut self, amount: Option<&str>, check: &str) -> &'static str {
        self.redeem_at("hospital", true, amount, check)
    }

    pub(crate) fn redeem_at(
        &mut self,
        kind: &str,
        admitted: bool,
        amount: Option<&str>,
        check: &str,
    ) -> &'static str {
        let provider = ProviderRights { id: "mulago".into(), kind: kind.into(), admitted };
        let rights = Rights { provider: Some(provider), ..Rights::default() };
        let voucher = self
            .application
            .as_ref()
            .and_then(|row| row.voucher.as_ref())
            .map_or(VoucherId([0; 16]), |voucher| voucher.id);
        let amount = amount.map(|amount| amount.parse().unwrap());
        let redeem = Redeem { voucher, amount, check: Some(check.to_owned()) };
        self.act(Who::Provider("mulago".into()), rights, Action::Redeem(redeem))
    }

    pub(crate) fn revoke(&mut self, role: &str, note: &str) -> &'static str {
        self.act(person(role), roles(&[role]), Action::Revoke { note: note.into() })
    }

    pub(crate) fn erase(&mut self) -> &'static str {
        self.act(person("admin"), roles(&["administrator"]), Action::Erase)
    }
}

pub(crate) fn person(name: &str) -> Who {
    Who::Person(name.to_owned())
}

pub(crate) fn own() -> Rights {
    Rights { own: true, ..Rights::default() }
}

pub(crate) fn roles(names: &[&str]) -> Rights {
    Rights {
        roles: names.iter().map(|&name| RoleId::recorded(name)).collect(),
        ..Rights::default()
    }
}
