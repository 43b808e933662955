//! The people of a test: what an officer, the applicant or a provider does in a step, as a command.

use std::collections::BTreeMap;

use annona_definitions::programme::{ReasonId, RoleId, SendBackTarget, StageId};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::form::prepare;
use super::ribbon::Refused;
use super::world::{Doing, World};
use crate::Refusal;
use crate::application::Document;
use crate::command::{Action, Decide, Redeem, Submit, Verdict};
use crate::facts::{ProviderRights, Rights};
use crate::id::{DocumentId, Who};

/// Keys of an officer's step that are no answers.
const NO_ANSWERS: [&str; 4] = ["reason", "note", "to", "fields"];

/// What somebody did: a refusal is an answer, an error is a step that makes no sense.
type Done = Result<Option<Refused>, String>;

impl World<'_> {
    /// Sends the application.
    pub(super) fn submit(&mut self, given: &Value) -> Option<Refused> {
        let (form, documents) = prepare(&self.programme.form, given);
        let submit = Submit { programme: self.programme.id.clone(), form };
        self.act(applicant("sends the application".to_owned()), documents, Action::Submit(submit))
    }

    pub(super) fn officer(
        &mut self,
        role: &RoleId,
        name: Option<&str>,
        action: &str,
        with: &Map<String, Value>,
    ) -> Done {
        let task = self.task();
        let (command, documents) = match action {
            "claim" => (Action::Claim { task: task.0 }, BTreeMap::new()),
            "release" => (Action::Release { task: task.0 }, BTreeMap::new()),
            "approve" | "reject" | "send_back" => self.decision(action, &task, with),
            other => return Err(format!("an officer cannot `{other}` in a test")),
        };
        let doing = Doing {
            by: name.map_or_else(|| role.to_string(), |name| format!("{role}/{name}")),
            words: decided(action, task.2.as_ref(), with),
            who: person(role, name),
            rights: Rights { roles: vec![role.clone()], ..Rights::default() },
        };
        Ok(self.act(doing, documents, command))
    }

    fn decision(
        &self,
        action: &str,
        (task, seen, stage): &(u32, u64, Option<StageId>),
        with: &Map<String, Value>,
    ) -> (Action, BTreeMap<DocumentId, Document>) {
        let mut documents = BTreeMap::new();
        let verdict = match action {
            "approve" => {
                let asks =
                    stage.as_ref().and_then(|id| self.programme.stage(id)).map(|stage| &stage.asks);
                let mut answers = with.clone();
                // A stage may ask what is called like a key of the step; then it is the answer.
                answers.retain(|key, _| {
                    !NO_ANSWERS.contains(&key.as_str())
                        || asks.is_some_and(|asks| asks.field(key).is_some())
                });
                let mut answers = Value::Object(answers);
                if let Some(asks) = asks {
                    (answers, documents) = prepare(asks, &answers);
                }
                Verdict::Approve { answers }
            }
            "reject" => Verdict::Reject,
            _ => Verdict::SendBack {
                to: text(with, "to").map(|to| match to.as_str() {
                    "applicant" => SendBackTarget::Applicant,
                    stage => SendBackTarget::Stage(StageId::recorded(stage)),
                }),
                fields: names(with, "fields").map(str::to_owned).collect(),
            },
        };
        let reason = text(with, "reason").map(|reason| ReasonId::recorded(&reason));
        let decide =
            Decide { task: *task, seen: Some(*seen), verdict, reason, note: text(with, "note") };
        (Action::Decide(decide), documents)
    }

    pub(super) fn applicant(&mut self, action: &str, with: &Map<String, Value>) -> Done {
        let (words, action, documents) = match action {
            "answer" => {
                let (form, documents) = prepare(&self.programme.form, &Value::Object(with.clone()));
                (format!("answers{}", listed(with.iter())), Action::Answer { form }, documents)
            }
            "withdraw" => ("withdraws".to_owned(), Action::Withdraw, BTreeMap::new()),
            other => return Err(format!("the applicant cannot `{other}` in a test")),
        };
        Ok(self.act(applicant(words), documents, action))
    }

    pub(super) fn provider(&mut self, action: &str, with: &Map<String, Value>) -> Done {
        if action != "redeem" {
            return Err(format!("a provider cannot `{action}` in a test"));
        }
        let amount = decimal(with.get("amount"))?;
        let words = match amount {
            Some(amount) => format!("redeems {amount}"),
            None => "redeems all that is left".to_owned(),
        };
        let voucher =
            self.application.as_ref().and_then(|application| application.voucher.as_ref());
        let kind = text(with, "kind")
            .or_else(|| voucher.and_then(|voucher| voucher.kinds.first().cloned()))
            .unwrap_or_default();
        let provider = ProviderRights { id: "provider".to_owned(), kind, admitted: true };
        let doing = Doing {
            by: "the provider".to_owned(),
            words,
            who: Who::Provider("provider".to_owned()),
            rights: Rights { provider: Some(provider), ..Rights::default() },
        };
        let Some(voucher) = voucher.map(|voucher| voucher.id) else {
            return Ok(Some(self.refuse(doing, &Refusal::NotFound)));
        };
        let redeem = Redeem { voucher, amount, check: text(with, "check") };
        Ok(self.act(doing, BTreeMap::new(), Action::Redeem(redeem)))
    }

    /// Returns the open task: its number, its version, its stage.
    fn task(&self) -> (u32, u64, Option<StageId>) {
        let Some(application) = &self.application else { return (0, 0, None) };
        application.tasks.first().map_or((application.tasks_opened, 0, None), |task| {
            (task.number, task.content, Some(task.stage.clone()))
        })
    }
}

/// Returns a person: one name is one person, whatever the roles; without a name, the first holder of a role.
pub(super) fn person(role: &RoleId, name: Option<&str>) -> Who {
    // The slash keeps a role's first holder apart from somebody of the same name.
    Who::Person(name.map_or_else(|| format!("{role}/"), str::to_owned))
}

fn applicant(words: String) -> Doing {
    Doing {
        by: "the applicant".to_owned(),
        words,
        who: Who::Applicant,
        rights: Rights { own: true, ..Rights::default() },
    }
}

/// Says what an officer decided.
fn decided(action: &str, stage: Option<&StageId>, with: &Map<String, Value>) -> String {
    let stage = stage.map_or_else(|| "a task that is closed".to_owned(), StageId::to_string);
    let reason = text(with, "reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
    match action {
        "claim" => format!("takes {stage}"),
        "release" => format!("puts {stage} back"),
        "approve" => {
            let answers = with.iter().filter(|(key, _)| !NO_ANSWERS.contains(&key.as_str()));
            format!("approves {stage}{}{reason}", listed(answers))
        }
        "reject" => format!("rejects at {stage}{reason}"),
        _ => {
            let to = text(with, "to").unwrap_or_else(|| "the applicant".to_owned());
            let to = if to == "applicant" { "the applicant".to_owned() } else { to };
            let fields: Vec<&str> = names(with, "fields").collect();
            let fields =
                if fields.is_empty() { String::new() } else { format!(": {}", fields.join(", ")) };
            format!("sends back from {stage} to {to}{fields}{reason}")
        }
    }
}

fn listed<'a>(values: impl Iterator<Item = (&'a String, &'a Value)>) -> String {
    let shown = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Array(entries) => format!("{} entries", entries.len()),
        other => other.to_string(),
    };
    let values: Vec<_> = values.map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    if values.is_empty() { String::new() } else { format!(", {}", values.join(", ")) }
}

fn names<'a>(with: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a str> {
    with.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn text(with: &Map<String, Value>, key: &str) -> Option<String> {
    with.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn decimal(value: Option<&Value>) -> Result<Option<Decimal>, String> {
    let Some(value) = value else { return Ok(None) };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().map(Some).map_err(|_| "`amount` is not an amount".to_owned())
}
