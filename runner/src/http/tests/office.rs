//! A daemon with the people of one programme at work, and an applicant.

use std::collections::HashMap;

use annona_definitions::form::normalised;
use annona_definitions::value::Value as FieldValue;
use annona_engine::id::{DocumentId, Who};
use annona_engine::recorded::Hash;
use annona_engine::service::Principal;
use annona_engine::store::{Record, StoredDocument, Token, TokenOwner};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::{Answer, World};
use crate::auth::Secret;

/// The phone of the applicant Amina.
pub(super) const AMINA: &str = "+256700000001";
/// What a provider is told by whoever shows her voucher.
pub(super) const NATIONAL_ID: &str = "1234567890";

/// Most characters of a part that is told in one line.
const WIDTH: usize = 120;

/// The office of `urgent-surgery`.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) world: World,
    tokens: HashMap<&'static str, String>,
}

impl Office {
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let mut tokens = HashMap::new();
        let people = ["ama", "grace", "daniel", "sofia", "joseph", "irene", "ada", "portal"];
        for person in people {
            tokens.insert(person, world.token(&format!("person:{person}")).await);
        }
        for provider in ["mulago", "kisenyi", "sunrise"] {
            tokens.insert(provider, world.token(&format!("provider:{provider}")).await);
        }
        let mut office = Self { world, tokens };
        let amina = office.session_of("urgent-surgery", AMINA).await;
        let other = office.session_of("urgent-surgery", "+256700000099").await;
        office.tokens.extend([("amina", amina), ("other", other)]);
        office
    }

    /// Returns a session of whoever is reached by this phone.
    async fn session_of(&self, programme: &str, phone: &str) -> String {
        let secret = Secret::mint().unwrap();
        let phone = normalised(&FieldValue::Text(phone.to_owned()));
        let contact = self.world.engine.master().hash("phone", &phone);
        let token = Token {
            id: uuid::Uuid::new_v4(),
            hash: secret.hash(),
            owner: TokenOwner::Applicant { programme: programme.to_owned(), contact },
            label: String::new(),
            created_at: self.world.engine.now(),
            expires_at: None,
        };
        self.world.engine.record(Record::AddToken(token)).await.unwrap();
        secret.text().to_owned()
    }

    /// Records a document of somebody's, as an upload would.
    pub(super) async fn document_of(&self, who: &str) -> String {
        let uploader = match who {
            "amina" => {
                let phone = normalised(&FieldValue::Text(AMINA.to_owned()));
                let contact = self.world.engine.master().hash("phone", &phone);
                let programme =
                    annona_definitions::programme::ProgrammeId::recorded("urgent-surgery");
                Principal::Applicant { programme, contact }
            }
            person => Principal::Listed(Who::Person(person.to_owned())),
        };
        let id = DocumentId(uuid::Uuid::new_v4());
        let document = StoredDocument {
            id,
            sha256: Hash::of(b"estimate"),
            size: 1_000,
            media_type: "application/pdf".into(),
            file: id.to_string(),
            key: Vec::new(),
            uploader: uploader.hash(),
            uploaded_at: self.world.engine.now(),
            application: None,
        };
        self.world.engine.record(Record::AddDocument(document)).await.unwrap();
        id.to_string()
    }

    /// Returns Amina's form with a document of her own.
    pub(super) async fn form(&self) -> Value {
        json!({
            "name": "Amina Okello", "national_id": NATIONAL_ID, "phone": AMINA, "language": "en",
            "address": "Gulu", "district": "north", "age": 41,
            "family": [{"name": "Omar", "age": 9}], "income": "180", "treatment": "heart",
            "cost": "2400", "estimate": self.document_of("amina").await,
        })
    }

    pub(super) async fn get(&self, who: &str, path: &str) -> Answer {
        self.world.ask("GET", path).bearing(&self.tokens[who]).send().await
    }

    /// Sends a body as it is written.
    pub(super) async fn send(&self, who: &str, path: &str, json: String) -> Answer {
        let asking = self.world.ask("POST", path).bearing(&self.tokens[who]);
        asking.body("application/json", json.into_bytes()).send().await
    }

    pub(super) async fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        self.world.ask("POST", path).bearing(&self.tokens[who]).json(body).send().await
    }

    /// Sends a request with a key.
    pub(super) async fn keyed(&self, who: &str, path: &str, key: &str, body: &Value) -> Answer {
        let asking = self.world.ask("POST", path).bearing(&self.tokens[who]);
        asking.header("idempotency-key", key).json(body).send().await
    }

    /// Sends Amina's application and returns it.
    pub(super) async fn applied(&self) -> Value {
        let body = json!({"programme": "urgent-surgery", "form": self.form().await});
        let answer = self.post("amina", "/v1/applications", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json());
        answer.json()
    }

    /// Decides a task as it stands now.
    pub(super) async fn decide(&self, who: &str, task: &str, body: &Value) -> Answer {
        let version = self.version(task);
        self.decide_at(who, task, &version.await, body).await
    }

    /// Decides a task as it was seen.
    pub(super) async fn decide_at(
        &self,
        who: &str,
        task: &str,
        etag: &str,
        body: &Value,
    ) -> Answer {
        let path = format!("/v1/tasks/{task}/decision");
        let asking = self.world.ask("POST", &path).bearing(&self.tokens[who]);
        asking.header("if-match", etag).json(body).send().await
    }

    /// Returns the `ETag` of an open task, from the engine.
    pub(super) async fn version(&self, task: &str) -> String {
        let id: annona_engine::id::TaskId = task.parse().unwrap();
        let loaded = self.world.engine.load(id.application).await.unwrap().unwrap();
        let task = loaded.application.task(id.number);
        format!("\"{}\"", task.map_or(0, |task| task.content))
    }

    /// Approves a task, or fails.
    pub(super) async fn approve(&self, who: &str, task: &str, answers: Value) -> Value {
        let body = json!({"decision": "approve", "answers": answers});
        let answer = self.decide(who, task, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json());
        answer.json()
    }

    /// Has an application approved up to its last stage; returns the open task.
    pub(super) async fn before_last(&self, amount: &str) -> String {
        let task = task_of(&self.applied().await);
        let decided = self.approve("ama", &task, json!({"visited": true})).await;
        let task = task_of(&decided["application"]);
        let decided = self.approve("grace", &task, json!({"amount": amount})).await;
        task_of(&decided["application"])
    }

    /// Has a voucher issued; returns the answer to the last approval.
    pub(super) async fn issued(&self) -> Value {
        let task = self.before_last("2300").await;
        self.approve("daniel", &task, json!({})).await
    }

    /// Lets the first stage be late, so that the supervisor works it as well.
    pub(super) async fn escalate(&self) {
        self.wait(24 * 3);
        assert!(self.world.engine.fire_timers().await.unwrap().done > 0);
    }

    /// Moves the clock.
    pub(super) fn wait(&self, hours: i64) {
        let now = self.world.engine.now() + jiff::SignedDuration::from_hours(hours);
        self.world.clock.set(now);
    }
}

/// Returns the id of the open task of an application.
pub(super) fn task_of(application: &Value) -> String {
    application["tasks"][0]["id"].as_str().unwrap().to_owned()
}

/// Returns a text of a body.
pub(super) fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {body}"))
}

/// Returns status and code of a refusal.
pub(super) fn refused(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

/// Returns the wrong places of a body, with their codes.
pub(super) fn wrong(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    let line = |error: &Value| format!("{} {}", text(error, "/pointer"), text(error, "/code"));
    errors.iter().map(line).collect()
}

/// Replaces what is random, so that a body can be compared.
pub(super) fn steady(body: &Value) -> Value {
    match body {
        Value::Array(items) => items.iter().map(steady).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), steady(value))).collect()
        }
        Value::String(text) => Value::String(named(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => body.clone(),
    }
}

/// Writes a body, what is random replaced: a line for what fits into one, else a line for each part.
pub(super) fn told(body: &Value) -> String {
    lines("", &steady(body)).join("\n")
}

fn lines(indent: &str, value: &Value) -> Vec<String> {
    let parts: Vec<(&str, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, part)| (name.as_str(), part)).collect(),
        Value::Array(items) => items.iter().map(|item| ("-", item)).collect(),
        _ => return vec![format!("{indent}{value}")],
    };
    let line = |(name, part): (&str, &Value)| {
        let whole = part.to_string();
        if whole.len() <= WIDTH {
            return vec![format!("{indent}{name}: {whole}")];
        }
        let mut all = vec![format!("{indent}{name}:")];
        all.extend(lines(&format!("{indent}  "), part));
        all
    };
    parts.into_iter().flat_map(line).collect()
}

fn named(text: &str) -> String {
    let id = text.split_once('.').map_or(text, |(id, _)| id);
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if uuid::Uuid::parse_str(id).is_ok() && id.len() == 36 {
        return text.replace(id, "[id]");
    }
    match text.len() {
        64 if text.bytes().all(|byte| byte == b'0') => "[zeros]".to_owned(),
        64 if is_hex => "[hash]".to_owned(),
        16 if is_hex => "[key]".to_owned(),
        26 if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => "[voucher]".to_owned(),
        _ if text.starts_with("EV1:") => "[token]".to_owned(),
        _ if text.starts_with("US-") => "[reference]".to_owned(),
        14 if groups == [4, 4, 4] => "[number]".to_owned(),
        _ => text.to_owned(),
    }
}
