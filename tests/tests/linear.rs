//! Several daemons over one database: what officers are answered about one task is what one daemon after the other could have
//! answered, by a checker that is not ours.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use annona_tests::{Answer, Caller, Callers, Chance, Installation, Post, StoreKind};
use reqwest::Method;
use serde_json::{Value, json};
use todc_utils::{Action, History, Specification, WGLChecker};

/// Whether a daemon reads what another one recorded before it answers. Where it may answer from its memory, what changes
/// nothing is left out of what is checked: reads, refusals, and a claim of what one is remembered to have.
const READS_ARE_FRESH: bool = false;
/// Applications, each with a history of its own.
const APPLICATIONS: u64 = 8;
/// What each officer asks of each application.
const ASKED: u64 = 8;
/// Who work the same tasks.
const OFFICERS: [Post; 4] = [Post::Assessor, Post::Abena, Post::Akua, Post::Afia];

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Claim,
    Release,
    Approve,
    Read,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answered {
    /// It was done: the application has this many events afterwards.
    Done { version: u64 },
    /// The task is open, at this version, and worked by somebody or nobody.
    Open { version: u64, by: Option<usize> },
    /// The task is closed.
    Closed,
    /// Somebody else works it.
    Others,
    /// Nobody works it.
    Nobodys,
}

/// A request of an officer, and its answer once there is one.
#[derive(Debug, Clone)]
struct Operation {
    officer: usize,
    asked: Asked,
    answered: Option<Answered>,
}

/// A task as one daemon alone would hold it; `FRESH` says whether answers from memory are held against it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Task<const FRESH: bool> {
    is_open: bool,
    by: Option<usize>,
    /// Events of its application.
    version: u64,
}

impl<const FRESH: bool> Specification for Task<FRESH> {
    type State = Self;
    type Operation = Operation;

    /// An application that was sent: submitted, and its first stage opened.
    fn init() -> Self {
        Self { is_open: true, by: None, version: 2 }
    }

    fn apply(operation: &Operation, task: &Self) -> (bool, Self) {
        let answered = operation.answered.as_ref().unwrap();
        let (expected, after) = task.after(operation);
        let from_memory = match answered {
            Answered::Done { version } => {
                operation.asked == Asked::Claim && *version <= task.version
            }
            Answered::Open { .. } | Answered::Closed | Answered::Others | Answered::Nobodys => true,
        };
        if !FRESH && from_memory {
            return (true, task.clone());
        }
        (*answered == expected, after)
    }
}

impl<const FRESH: bool> Task<FRESH> {
    /// Returns what one daemon answers, and what the task is afterwards.
    fn after(&self, operation: &Operation) -> (Answered, Self) {
        let own = self.by == Some(operation.officer);
        let free = self.by.is_none();
        let mut after = self.clone();
        let refused = match operation.asked {
            _ if !self.is_open => Some(Answered::Closed),
            Asked::Read => Some(Answered::Open { version: self.version, by: self.by }),
            Asked::Claim | Asked::Approve if !own && !free => Some(Answered::Others),
            Asked::Release if free => Some(Answered::Nobodys),
            Asked::Release if !own => Some(Answered::Others),
            Asked::Claim => {
                after.version += u64::from(free);
                after.by = Some(operation.officer);
                None
            }
            Asked::Release => {
                after.version += 1;
                after.by = None;
                None
            }
            Asked::Approve => {
                // The approval, and the next stage opened.
                after.version += 2;
                after.is_open = false;
                None
            }
        };
        let answered = refused.unwrap_or(Answered::Done { version: after.version });
        (answered, after)
    }
}

/// Calls and returns in the order in which they happened, by application.
type Histories = BTreeMap<String, Vec<(usize, Action<Operation>)>>;

/// Asks, and writes down when it began and ended.
async fn ask(
    officer: usize,
    asked: Asked,
    application: &str,
    caller: &Caller,
    key: u64,
    histories: &Mutex<Histories>,
) {
    let note = |operation: Operation, is_call: bool| {
        let action = if is_call { Action::Call(operation) } else { Action::Response(operation) };
        let mut histories = histories.lock().unwrap();
        histories.entry(application.to_owned()).or_default().push((officer, action));
    };
    let mut operation = Operation { officer, asked, answered: None };
    note(operation.clone(), true);
    let answer = loop {
        let answer = Caller::try_send(request(asked, application, caller, key)).await.unwrap();
        if answer.status.as_u16() != 503 {
            break answer;
        }
    };
    operation.answered = Some(read(asked, &answer));
    note(operation, false);
}

fn request(asked: Asked, application: &str, caller: &Caller, key: u64) -> reqwest::RequestBuilder {
    let task = format!("/v1/tasks/{application}.1");
    let (method, path) = match asked {
        Asked::Claim => (Method::POST, format!("{task}/claim")),
        Asked::Release => (Method::POST, format!("{task}/release")),
        Asked::Approve => (Method::POST, format!("{task}/decision")),
        Asked::Read => return caller.request(Method::GET, &task),
    };
    let request = caller.request(method, &path).header("idempotency-key", format!("key-{key}"));
    if asked == Asked::Approve {
        let body = json!({"decision": "approve", "answers": {"visited": true}});
        // The version at which the task was opened: nothing changes what is decided upon.
        return request.header("if-match", "\"2\"").json(&body);
    }
    request
}

fn read(asked: Asked, answer: &Answer) -> Answered {
    let json = answer.json();
    let number = |pointer: &str| json.pointer(pointer).and_then(Value::as_u64).unwrap();
    match (answer.status.as_u16(), answer.code().as_str()) {
        (200, _) if asked == Asked::Read => {
            let by = json.get("claimed_by").and_then(Value::as_str).map(|who| {
                let who = who.strip_prefix("person:").unwrap_or(who);
                ["ama", "abena", "akua", "afia"].iter().position(|it| *it == who).unwrap()
            });
            Answered::Open { version: number("/application/version"), by }
        }
        (200 | 201, _) => Answered::Done { version: number("/application/version") },
        (409, "task_closed") => Answered::Closed,
        (409, "already_claimed") | (403, "not_your_task") => Answered::Others,
        (409, "not_claimed") => Answered::Nobodys,
        (status, code) => panic!("{asked:?} was answered {status} {code}: {json}"),
    }
}

/// Has officers ask the same tasks through several daemons.
async fn recorded(offices: &[Callers], seed: u64) -> Histories {
    let mut applications = Vec::new();
    for number in 0..APPLICATIONS {
        let phone = format!("+2567{:08}", seed * 1_000 + number);
        let form = json!({"name": "Amina Nakato", "phone": phone, "cost": "80.00"});
        let body = json!({"programme": "crash-aid", "form": form});
        let portal = offices.first().unwrap().at(Post::Portal);
        applications.push(portal.post("/v1/applications", &body).await.is(201).text("/id"));
    }
    let (applications, histories) = (Arc::new(applications), Arc::new(Mutex::default()));
    let keys = Arc::new(AtomicU64::new(0));
    let working: Vec<_> = (0..OFFICERS.len())
        .map(|officer| {
            let (applications, histories) = (Arc::clone(&applications), Arc::clone(&histories));
            let (offices, keys) = (offices.to_vec(), Arc::clone(&keys));
            let mut chance = Chance::new(seed, u64::try_from(officer).unwrap());
            tokio::spawn(async move {
                for application in applications.iter() {
                    for turn in 0..ASKED {
                        let caller = chance.one_of(&offices).unwrap().at(OFFICERS[officer]);
                        let asked = match chance.below(10) {
                            0..4 => Asked::Claim,
                            4..6 => Asked::Read,
                            6..8 => Asked::Release,
                            // Late in a history, so that there is one.
                            _ if turn > ASKED / 2 => Asked::Approve,
                            _ => Asked::Release,
                        };
                        let key = keys.fetch_add(1, Ordering::Relaxed);
                        ask(officer, asked, application, caller, key, &histories).await;
                    }
                }
            })
        })
        .collect();
    for officer in working {
        officer.await.unwrap();
    }
    Arc::into_inner(histories).unwrap().into_inner().unwrap()
}

async fn several_daemons_are_as_one(daemons: usize) {
    let mut installation = Installation::new(StoreKind::Postgres).await;
    // The others at the same instant: no timer is due in between.
    let mut running = vec![installation.start()];
    running.extend((1..daemons).map(|number| installation.join(&format!("data-{number}"))));
    let offices: Vec<Callers> = running.iter().map(|daemon| installation.office(daemon)).collect();
    let histories = recorded(&offices, u64::try_from(daemons).unwrap()).await;
    assert_eq!(u64::try_from(histories.len()), Ok(APPLICATIONS));
    let mut changes = 0;
    for (application, actions) in histories {
        changes += actions.iter().filter(|(_, action)| is_done(action)).count();
        let words = actions.iter().map(in_words).collect::<Vec<_>>().join("\n");
        let is_linear =
            WGLChecker::<Task<READS_ARE_FRESH>>::is_linearizable(History::from_actions(actions));
        assert!(is_linear, "{application}:\n{words}");
    }
    assert!(changes > 20, "only {changes} requests changed anything");
    drop(running);
    assert_eq!(installation.verify().map(|_| ()), Ok(()));
}

fn in_words((officer, action): &(usize, Action<Operation>)) -> String {
    match action {
        Action::Call(operation) => format!("{officer} asks {:?}", operation.asked),
        Action::Response(Operation { asked, answered, .. }) => {
            format!("{officer} is answered {asked:?}: {:?}", answered.as_ref().unwrap())
        }
    }
}

fn is_done(action: &Action<Operation>) -> bool {
    let Action::Response(operation) = action else { return false };
    matches!(operation.answered, Some(Answered::Done { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_daemons_answer_as_one_does() {
    several_daemons_are_as_one(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_daemons_answer_as_one_does() {
    several_daemons_are_as_one(3).await;
}

/// Returns a history of requests one after the other.
fn one_by_one(operations: &[(usize, Asked, Answered)]) -> History<Operation> {
    let actions = operations.iter().flat_map(|(officer, asked, answered)| {
        let called = Operation { officer: *officer, asked: *asked, answered: None };
        let answered = Operation { answered: Some(answered.clone()), ..called.clone() };
        [(*officer, Action::Call(called)), (*officer, Action::Response(answered))]
    });
    History::from_actions(actions.collect())
}

#[test]
fn a_forged_history_is_refused_by_the_checker() {
    let is_linear = |operations: &[(usize, Asked, Answered)]| {
        WGLChecker::<Task<true>>::is_linearizable(one_by_one(operations))
    };
    let done = |version| Answered::Done { version };
    let claimed = (0, Asked::Claim, done(3));
    let released = (0, Asked::Release, done(4));
    let honest = [claimed.clone(), released.clone(), (1, Asked::Claim, done(5))];
    assert!(is_linear(&honest));
    let both = [claimed.clone(), (1, Asked::Claim, done(4))];
    assert!(!is_linear(&both), "two officers who both have the task");
    let twice = [(0, Asked::Approve, done(4)), (1, Asked::Approve, done(6))];
    assert!(!is_linear(&twice), "a decision that was answered twice");
    let lost = [claimed.clone(), (1, Asked::Claim, done(3))];
    assert!(!is_linear(&lost), "a claim that was answered and then lost");
    let stale = [claimed, (1, Asked::Read, Answered::Open { version: 2, by: None })];
    assert!(!is_linear(&stale), "a read of what stood before");
    // What changes a task is checked in any case.
    let released_twice = [(0, Asked::Claim, done(3)), released.clone(), released];
    let history = one_by_one(&released_twice);
    assert!(!WGLChecker::<Task<false>>::is_linearizable(history));
}
