//! What a daemon says after a kill, compared with what clients were answered before it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::installation::{Callers, Post};
use crate::journal::{Answered, Told};
use crate::{Answer, Caller};

/// How long messages may take to be delivered once nothing else happens.
const DELIVERED: Duration = Duration::from_mins(2);
/// How often it is looked whether they are.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Compares what was answered with what a daemon says; returns every difference in words.
pub async fn differences(office: &Callers, answered: &[Answered]) -> Vec<String> {
    let mut found = Vec::new();
    for (application, answered) in by_application(answered) {
        let history = history(office, application).await;
        if history.is_empty() {
            found.push(format!("{application} is gone"));
            continue;
        }
        let mut wrong: Vec<String> =
            answered.iter().filter_map(|answered| missing(&history, answered)).collect();
        wrong.extend(twice(&history));
        wrong.extend(sums(office, &history).await);
        found.extend(wrong.into_iter().map(|what| format!("{application}: {what}")));
    }
    found
}

/// Compares everything: also that nothing stands there that nobody was answered, that documents are there and that messages
/// went out. Every client must have been answered.
pub async fn all_differences(
    office: &Callers,
    answered: &[Answered],
    folder: &Path,
) -> Vec<String> {
    let mut found = differences(office, answered).await;
    let by_application = by_application(answered);
    let listed = applications(office).await;
    let unknown = listed.iter().filter(|id| !by_application.contains_key(id.as_str()));
    found.extend(unknown.map(|id| format!("{id} was never answered")));
    let mut expected = Vec::new();
    for (application, answered) in &by_application {
        let history = history(office, application).await;
        found.extend(
            unanswered(&history, answered).into_iter().map(|it| format!("{application}: {it}")),
        );
        expected.extend(messages(&history));
    }
    found.extend(documents(office, answered).await);
    found.extend(undelivered(folder, &expected).await);
    found
}

/// Returns what was answered of each application.
fn by_application(answered: &[Answered]) -> BTreeMap<&str, Vec<&Answered>> {
    let mut found: BTreeMap<&str, Vec<&Answered>> = BTreeMap::new();
    for answered in answered {
        if let Some(application) = answered.application() {
            found.entry(application).or_default().push(answered);
        }
    }
    found
}

/// Returns the events of an application; none where it is not there.
async fn history(office: &Callers, application: &str) -> Vec<Value> {
    pages(office, &format!("/v1/applications/{application}/history?limit=200")).await
}

async fn applications(office: &Callers) -> Vec<String> {
    let rows = pages(office, "/v1/applications?programme=crash-aid&limit=200").await;
    rows.iter().filter_map(|row| Some(row.get("id")?.as_str()?.to_owned())).collect()
}

/// Returns the items of every page.
async fn pages(office: &Callers, path: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let page = office.at(Post::Auditor).get(&format!("{path}{after}")).await;
        if page.status.as_u16() == 404 {
            return items;
        }
        let page = page.is(200).json();
        items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        let Some(next) = page.get("next").and_then(Value::as_str) else { return items };
        after = format!("&after={next}");
    }
}

fn kind(event: &Value) -> &str {
    event.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn of_kind<'a>(history: &'a [Value], wanted: &'a str) -> impl Iterator<Item = &'a Value> {
    history.iter().filter(move |event| kind(event) == wanted)
}

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Returns what was answered and is not in the history.
fn missing(history: &[Value], answered: &Answered) -> Option<String> {
    let told = |told: &Told| history.iter().any(|event| Told::of(event) == *told);
    match answered {
        Answered::Sent { version, .. } => (u64::try_from(history.len()).unwrap() < *version)
            .then(|| format!("it was answered with {version} events and has {}", history.len())),
        Answered::Decided { events, .. } => {
            let lost = events.iter().find(|event| !told(event))?;
            Some(format!("an answered event is lost: {lost:?}"))
        }
        Answered::Redeemed { number, amount, .. } => {
            let stands = of_kind(history, "voucher_redeemed").any(|event| {
                event.pointer("/body/number").and_then(Value::as_u64) == Some(*number)
                    && text(event, "/body/amount") == amount
            });
            (!stands).then(|| format!("the answered redemption {number} of {amount} is lost"))
        }
        Answered::Kept { .. } => None,
    }
}

/// Returns what was done twice.
fn twice(history: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, event) in history.iter().enumerate() {
        let at = |pointer| event.pointer(pointer).map(ToString::to_string).unwrap_or_default();
        let once = match kind(event) {
            "stage_approved" | "stage_passed" => format!("end of task {}", at("/body/task")),
            "escalated" => format!("timer {} of task {}", at("/body/timer"), at("/body/task")),
            "voucher_redeemed" => format!("redemption of {}", at("/body/amount")),
            "submitted" | "voucher_issued" | "approved" => kind(event).to_owned(),
            _ => format!("version {}", at("/version")),
        };
        if !seen.insert(once.clone()) {
            found.push(format!("it has twice: {once}"));
        }
        let version = event.get("version").and_then(Value::as_u64);
        if version != u64::try_from(place + 1).ok() {
            found.push(format!("event {} has version {version:?}", place + 1));
        }
    }
    found
}

/// Returns where a voucher's sums do not hold, recomputed from its history and compared with its row.
async fn sums(office: &Callers, history: &[Value]) -> Vec<String> {
    let Some(issued) = of_kind(history, "voucher_issued").next() else { return Vec::new() };
    let amount = cents(text(issued, "/body/amount"));
    let taken: i64 =
        of_kind(history, "voucher_redeemed").map(|event| cents(text(event, "/body/amount"))).sum();
    let path = format!("/v1/vouchers/{}", text(issued, "/body/id"));
    let row = office.at(Post::Auditor).get(&path).await;
    let mut found = Vec::new();
    if taken > amount {
        found.push(format!("{taken} of {amount} cents were redeemed"));
    }
    if cents(&row.text("/balance")) != amount - taken {
        let balance = row.text("/balance");
        found.push(format!("{taken} of {amount} cents were redeemed, and {balance} is left"));
    }
    found
}

/// Returns an amount in cents.
fn cents(amount: &str) -> i64 {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, "0"));
    whole.parse::<i64>().unwrap_or(-1) * 100 + format!("{part:0<2}").parse::<i64>().unwrap_or(-1)
}

/// Returns what stands in a history and was answered to nobody.
fn unanswered(history: &[Value], answered: &[&Answered]) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut redeemed = BTreeSet::new();
    for answered in answered {
        match answered {
            Answered::Decided { events, .. } => told.extend(events.iter().cloned()),
            Answered::Redeemed { amount, .. } => {
                redeemed.insert(amount.clone());
            }
            Answered::Sent { .. } | Answered::Kept { .. } => {}
        }
    }
    let unanswered = history.iter().filter(|event| match kind(event) {
        "stage_approved" | "voucher_issued" => !told.contains(&Told::of(event)),
        "voucher_redeemed" => !redeemed.contains(text(event, "/body/amount")),
        _ => false,
    });
    unanswered.map(|event| format!("nobody was answered: {:?}", Told::of(event))).collect()
}

/// Returns the beginnings of the messages that a history asks for.
fn messages(history: &[Value]) -> Vec<String> {
    let reference = history.first().map(|event| text(event, "/body/reference")).unwrap_or_default();
    let words = history.iter().filter_map(|event| match kind(event) {
        "submitted" => Some("Received"),
        "voucher_issued" => Some("Approved"),
        "escalated" => Some("Late"),
        _ => None,
    });
    words.map(|word| format!("{word} {reference}")).collect()
}

/// Waits for the messages, and returns those that do not come.
async fn undelivered(folder: &Path, expected: &[String]) -> Vec<String> {
    let began = Instant::now();
    loop {
        let missing = undelivered_yet(&folder.join("messages"), expected);
        if missing.is_empty() || began.elapsed() > DELIVERED {
            return missing;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn undelivered_yet(folder: &Path, expected: &[String]) -> Vec<String> {
    let mut there: BTreeMap<String, u32> = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        if file.path().extension().is_some_and(|it| it == "eml") {
            let text = std::fs::read_to_string(file.path()).unwrap_or_default();
            let words = text.split("\n\n").nth(1).unwrap_or_default();
            let begins = words.split(['.', ':']).next().unwrap_or_default().to_owned();
            *there.entry(begins).or_default() += 1;
        }
    }
    let mut missing = Vec::new();
    for message in expected {
        match there.get_mut(message) {
            Some(left) if *left > 0 => *left -= 1,
            _ => missing.push(format!("a message never went out: {message}")),
        }
    }
    missing
}

/// Returns the messages that do not go out of the applications that were answered.
pub(crate) async fn unsent(office: &Callers, answered: &[Answered], folder: &Path) -> Vec<String> {
    let mut expected = Vec::new();
    for application in by_application(answered).keys() {
        expected.extend(messages(&history(office, application).await));
    }
    undelivered(folder, &expected).await
}

/// Returns the documents that were answered and cannot be read.
pub(crate) async fn documents(office: &Callers, answered: &[Answered]) -> Vec<String> {
    let mut found = Vec::new();
    let used: BTreeMap<&str, &str> = answered
        .iter()
        .filter_map(|answered| match answered {
            Answered::Sent { application, document: Some(document), .. } => {
                Some((document.as_str(), application.as_str()))
            }
            _ => None,
        })
        .collect();
    for answered in answered {
        let Answered::Kept { document, sha256 } = answered else { continue };
        let read = match used.get(document.as_str()) {
            None => Some(office.at(Post::Portal).get(&format!("/v1/documents/{document}")).await),
            Some(application) => as_officer(office, application, document).await,
        };
        // One whose application nobody works any more is read by nobody.
        let Some(read) = read else { continue };
        let bytes = data_encoding::HEXLOWER.encode(&Sha256::digest(&read.bytes));
        if read.status.as_u16() != 200 || bytes != *sha256 {
            found.push(format!("document {document} is answered {}", read.status));
        }
    }
    found
}

/// Reads a document as the officer does whose task it is; none where there is no task.
async fn as_officer(office: &Callers, application: &str, document: &str) -> Option<Answer> {
    let row = office.at(Post::Auditor).get(&format!("/v1/applications/{application}")).await.json();
    let task = row.pointer("/tasks/0/id")?.as_str()?;
    let officer = office.at(match row.get("stage")?.as_str()? {
        "field" => Post::Assessor,
        "medical" => Post::Doctor,
        _ => Post::Approver,
    });
    let claim = officer.request(Method::POST, &format!("/v1/tasks/{task}/claim")).json(&json!({}));
    let _ = Caller::try_send(claim).await;
    Some(officer.get(&format!("/v1/documents/{document}")).await)
}
