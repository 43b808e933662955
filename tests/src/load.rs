//! Clients that send, decide and redeem at once, each with keys of its own, and write down what they were answered.
//!
//! A request that was not answered is repeated with its key until it is: what was recorded without an answer is answered then.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::installation::{Callers, Post};
use crate::journal::{Answered, Journal, Told};
use crate::{Answer, Caller, Chance, aside};

/// How long a client leaves a busy daemon alone.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long a client repeats one request.
const SETTLED: Duration = Duration::from_secs(20);
/// How long a client waits for an answer.
const ANSWER: Duration = Duration::from_secs(30);
/// Fewest applications there should be.
const FEWEST: usize = 24;

/// What the clients share.
#[derive(Debug, Default)]
pub struct World {
    /// What was answered.
    pub journal: Journal,
    /// What should not have been answered.
    pub wrong: Mutex<Vec<String>>,
    /// Requests that were repeated because their answer did not come.
    pub repeated: AtomicU64,
    /// Answers that asked to come again: busy, or an outcome that is not known.
    pub put_off: AtomicU64,
    /// Whether the disk fails now and then: a daemon may say so.
    fails: bool,
    applications: Mutex<Vec<String>>,
    vouchers: Mutex<Vec<Arc<Redeemable>>>,
    persons: AtomicU64,
    keys: AtomicU64,
}

/// A voucher, and how often it was asked to be redeemed.
#[derive(Debug)]
struct Redeemable {
    id: String,
    application: String,
    asked: AtomicU64,
}

/// What is sent.
#[derive(Debug, Clone)]
enum Sending {
    Json(Value),
    Bytes(Vec<u8>),
}

/// A request with its key.
#[derive(Debug, Clone)]
struct Asked {
    by: Post,
    path: String,
    key: String,
    etag: Option<String>,
    body: Sending,
    /// The application, where there is one already.
    application: String,
}

/// A client.
#[derive(Debug)]
pub struct Client {
    chance: Chance,
    /// What it has asked and not been answered.
    doubt: Option<Asked>,
    /// What it was told when it was last put off.
    put_off: String,
    /// What it was last answered.
    last: Option<(Asked, Vec<u8>)>,
    /// The document that it uploaded for its next application.
    document: Option<String>,
}

/// The daemon is gone.
#[derive(Debug)]
pub struct Gone;

impl Client {
    /// Returns a client of a seed.
    #[must_use]
    pub fn new(seed: u64, number: u64) -> Self {
        Self {
            chance: Chance::new(seed, number),
            doubt: None,
            put_off: String::new(),
            last: None,
            document: None,
        }
    }

    /// Returns whether it waits for an answer.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.doubt.is_some()
    }

    /// Asks one thing after the other until it is told to stop or the daemon is gone.
    #[must_use]
    pub async fn work(mut self, office: Callers, world: Arc<World>, stop: Arc<AtomicBool>) -> Self {
        while !stop.load(Ordering::Relaxed) {
            if self.step(&office, &world).await.is_err() {
                break;
            }
        }
        self
    }

    /// Repeats what it was not answered, until it is.
    ///
    /// # Errors
    ///
    /// Returns [`Gone`] if the daemon is.
    pub async fn settle(&mut self, office: &Callers, world: &World) -> Result<(), Gone> {
        let began = Instant::now();
        while self.is_in_doubt() && began.elapsed() < SETTLED {
            self.step(office, world).await?;
        }
        if let Some(asked) = &self.doubt {
            world.complain(format!("{} is put off for ever: {}", asked.path, self.put_off));
        }
        Ok(())
    }

    /// Asks one thing.
    ///
    /// # Errors
    ///
    /// Returns [`Gone`] if the daemon is.
    pub async fn step(&mut self, office: &Callers, world: &World) -> Result<(), Gone> {
        if self.doubt.is_some() {
            world.repeated.fetch_add(1, Ordering::Relaxed);
        } else {
            self.doubt = self.choose(office, world).await?;
        }
        let Some(asked) = self.doubt.clone() else {
            tokio::time::sleep(PATIENCE).await;
            return Ok(());
        };
        let answer = asked.send(office).await?;
        let (status, code) = (answer.status.as_u16(), answer.code());
        if status == 503 || (world.fails && status == 500) || code == "idempotency_in_flight" {
            world.put_off.fetch_add(1, Ordering::Relaxed);
            self.put_off = format!("{status} {code}");
            tokio::time::sleep(PATIENCE).await;
            return Ok(());
        }
        self.doubt = None;
        match (status, code.as_str()) {
            (201, _) => self.answered(asked, answer, world),
            (409, "task_closed" | "voucher_used_up" | "amount_exceeds_balance") => {}
            _ => world.complain(format!("{} was answered {status} {code}", asked.path)),
        }
        Ok(())
    }

    /// Takes an answer.
    fn answered(&mut self, asked: Asked, answer: Answer, world: &World) {
        if let Some((last, bytes)) = &self.last
            && last.key == asked.key
        {
            if *bytes != answer.bytes {
                let (before, now) = (String::from_utf8_lossy(bytes), answer.json());
                world.complain(format!("a repeated {} differs: {before}\n{now}", asked.path));
            }
            return;
        }
        if matches!(asked.body, Sending::Bytes(_)) {
            // Half of them stay without an application, as what nobody comes back for.
            self.document = (self.chance.below(2) == 0).then(|| answer.text("/id"));
        }
        world.took(&asked, &answer);
        self.last = Some((asked, answer.bytes));
    }

    /// Chooses what to ask next; nothing where somebody else was quicker.
    async fn choose(&mut self, office: &Callers, world: &World) -> Result<Option<Asked>, Gone> {
        let key = format!("key-{}", world.keys.fetch_add(1, Ordering::Relaxed));
        let few = world.applications().len() < FEWEST;
        let what = if few { 0 } else { self.chance.below(100) };
        Ok(match what {
            0..14 => Some(self.application(world, key)),
            14..18 => {
                let words = aside(&format!("{key} {}", self.chance.next()));
                let body = Sending::Bytes(words);
                Some(Asked::new(Post::Portal, "/v1/documents".to_owned(), key, body))
            }
            18..40 => self.redemption(world, key),
            40..45 => self.last.as_ref().map(|(asked, _)| asked.clone()),
            _ => self.decision(office, world, key).await?,
        })
    }

    fn application(&mut self, world: &World, key: String) -> Asked {
        let person = world.persons.fetch_add(1, Ordering::Relaxed);
        let mut form = json!({
            "name": format!("Person {person}"), "phone": format!("+2567{person:08}"), "cost": "80.00",
        });
        if let Some(document) = self.document.take() {
            form["estimate"] = json!(document);
        }
        let body = Sending::Json(json!({"programme": "crash-aid", "form": form}));
        Asked::new(Post::Portal, "/v1/applications".to_owned(), key, body)
    }

    fn redemption(&mut self, world: &World, key: String) -> Option<Asked> {
        let vouchers = world.vouchers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // The newest, so that several redeem the same one.
        let newest = vouchers.get(vouchers.len().saturating_sub(6)..)?;
        let voucher = self.chance.one_of(newest)?;
        // No two amounts are alike: one that stands twice was taken twice.
        let cents = 100 + voucher.asked.fetch_add(1, Ordering::Relaxed);
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        let by = if self.chance.below(2) == 0 { Post::Mulago } else { Post::Lacor };
        let path = format!("/v1/vouchers/{}/redemptions", voucher.id);
        let mut asked = Asked::new(by, path, key, Sending::Json(json!({"amount": amount})));
        asked.application.clone_from(&voucher.application);
        Some(asked)
    }

    async fn decision(
        &mut self,
        office: &Callers,
        world: &World,
        key: String,
    ) -> Result<Option<Asked>, Gone> {
        let applications = world.applications();
        let newest = applications.len().saturating_sub(4 * FEWEST);
        let Some(id) = self.chance.one_of(applications.get(newest..).unwrap_or_default()) else {
            return Ok(None);
        };
        let auditor = office.at(Post::Auditor);
        let row = read(auditor, &format!("/v1/applications/{id}")).await?.json();
        let task = row.pointer("/tasks/0/id").and_then(Value::as_str);
        let stage = row.get("stage").and_then(Value::as_str);
        let (Some(task), Some(stage)) = (task, stage) else { return Ok(None) };
        let (by, answers) = match stage {
            "field" => (Post::Assessor, json!({"visited": true})),
            "medical" => {
                (Post::Doctor, json!({"amount": format!("{}.00", 20 + self.chance.below(60))}))
            }
            _ => (Post::Approver, json!({})),
        };
        let read = read(office.at(by), &format!("/v1/tasks/{task}")).await?;
        let body = Sending::Json(json!({"decision": "approve", "answers": answers}));
        let mut asked = Asked::new(by, format!("/v1/tasks/{task}/decision"), key, body);
        asked.application.clone_from(id);
        asked.etag = read.etag;
        // One that somebody else has just decided is closed by now.
        Ok(asked.etag.is_some().then_some(asked))
    }
}

impl Asked {
    fn new(by: Post, path: String, key: String, body: Sending) -> Self {
        Self { by, path, key, etag: None, body, application: String::new() }
    }

    async fn send(&self, office: &Callers) -> Result<Answer, Gone> {
        let request = office.at(self.by).request(Method::POST, &self.path).timeout(ANSWER);
        let request = request.header("idempotency-key", &self.key);
        let request = match &self.etag {
            Some(etag) => request.header("if-match", etag),
            None => request,
        };
        let request = match &self.body {
            Sending::Json(body) => request.json(body),
            Sending::Bytes(bytes) => {
                request.header("content-type", "application/octet-stream").body(bytes.clone())
            }
        };
        Caller::try_send(request).await.ok_or(Gone)
    }
}

async fn read(caller: &Caller, path: &str) -> Result<Answer, Gone> {
    Caller::try_send(caller.request(Method::GET, path).timeout(ANSWER)).await.ok_or(Gone)
}

impl World {
    /// Returns a world that writes answers into a journal; where the disk fails, that is no wrong answer.
    #[must_use]
    pub fn with(journal: Journal, fails: bool) -> Self {
        Self { journal, fails, ..Self::default() }
    }

    /// Writes down what should not have been answered.
    pub fn complain(&self, what: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Returns what should not have been answered.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn applications(&self) -> Vec<String> {
        self.applications.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes down what was answered.
    fn took(&self, asked: &Asked, answer: &Answer) {
        let json = answer.json();
        let text = |pointer: &str| answer.text(pointer);
        let number = |pointer: &str| json.pointer(pointer).and_then(Value::as_u64).unwrap();
        if asked.path == "/v1/documents" {
            let (document, sha256) = (text("/id"), text("/sha256"));
            self.journal.write(Answered::Kept { document, sha256 });
        } else if asked.path == "/v1/applications" {
            let (application, version) = (text("/id"), number("/version"));
            let document = match &asked.body {
                Sending::Json(body) => body.pointer("/form/estimate").and_then(Value::as_str),
                Sending::Bytes(_) => None,
            };
            let (id, document) = (application.clone(), document.map(str::to_owned));
            self.journal.write(Answered::Sent { application: id, version, document });
            self.applications.lock().unwrap_or_else(PoisonError::into_inner).push(application);
        } else if asked.path.starts_with("/v1/vouchers/") {
            self.journal.write(Answered::Redeemed {
                application: asked.application.clone(),
                voucher: text("/voucher/id"),
                number: number("/redemption/number"),
                amount: text("/redemption/amount"),
            });
        } else {
            let application = text("/application/id");
            let events = json.get("events").and_then(Value::as_array).unwrap();
            let events = events.iter().map(Told::of).collect();
            self.journal.write(Answered::Decided { application: application.clone(), events });
            if let Some(id) = json.pointer("/voucher/id").and_then(Value::as_str) {
                let id = id.to_owned();
                let voucher = Arc::new(Redeemable { id, application, asked: AtomicU64::new(0) });
                self.vouchers.lock().unwrap_or_else(PoisonError::into_inner).push(voucher);
            }
        }
    }
}
