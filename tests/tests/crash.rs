//! The daemon is killed again and again while officers decide: what was answered is there, and nothing else is wrong.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use annona_tests::{Caller, Daemon, People, run, scratch};
use reqwest::Method;
use serde_json::{Value, json};

/// How often the daemon is killed.
const KILLS: u32 = 12;
/// How many decide at once.
const CLIENTS: u32 = 16;
/// Applications that are there before the first kill.
const APPLICATIONS: u32 = 600;
/// How long the clients work between two kills, at most, in milliseconds.
const LONGEST_ROUND: u64 = 400;

/// What was answered: by application, the version after the decision.
type Journal = Arc<Mutex<BTreeMap<String, u64>>>;

/// The officers of the three stages, by the stage that each decides.
#[derive(Debug, Clone)]
struct Officers([(&'static str, Caller, Value); 3]);

/// Decides whatever stage an application is in; writes into the journal what was answered.
async fn decide(officers: &Officers, id: &str, journal: &Journal) -> Option<()> {
    let Officers([(_, anyone, _), ..]) = officers;
    let path = format!("/v1/applications/{id}");
    let row = Caller::try_send(anyone.request(Method::GET, &path)).await?.json();
    let stage = row.get("stage")?.as_str()?;
    let task = format!("/v1/tasks/{}", row.pointer("/tasks/0/id")?.as_str()?);
    let (_, officer, answers) = officers.0.iter().find(|(decides, ..)| *decides == stage)?;
    let read = Caller::try_send(officer.request(Method::GET, &task)).await?;
    // One that somebody else has just decided is closed by now.
    let etag = read.etag?;
    let body = json!({"decision": "approve", "answers": answers});
    let request = officer.request(Method::POST, &format!("{task}/decision")).json(&body);
    let answer = Caller::try_send(request.header("if-match", etag)).await?;
    if answer.status.as_u16() == 201 {
        let version = answer.json().pointer("/application/version")?.as_u64()?;
        let mut journal = journal.lock().unwrap();
        let newest = journal.entry(id.to_owned()).or_default();
        *newest = version.max(*newest);
    }
    Some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_a_kill_is_there_after_it() {
    let place = scratch();
    let folder = place.path().join("data");
    let mut daemon = Daemon::start(&folder);
    let people = People::of(&daemon).await;
    let mut ids = Vec::new();
    for number in 0..APPLICATIONS {
        ids.push(people.apply(number).await.text("/id"));
    }
    let tokens = [
        token(&daemon, "ama").await,
        token(&daemon, "grace").await,
        token(&daemon, "daniel").await,
    ];
    let ids = Arc::new(ids);
    let journal = Journal::default();
    let next = Arc::new(AtomicU32::new(0));
    for kill in 0..KILLS {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let officers = officers(&daemon, &tokens);
                let (ids, journal, next) = (ids.clone(), journal.clone(), next.clone());
                tokio::spawn(async move {
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed) % APPLICATIONS;
                        let id = ids.get(usize::try_from(place).unwrap()).unwrap();
                        let _ = decide(&officers, id, &journal).await;
                    }
                })
            })
            .collect();
        // Different moments of a commit, the same ones in every run.
        let round = 40 + u64::from(kill) * 2_654_435_761 % LONGEST_ROUND;
        tokio::time::sleep(Duration::from_millis(round)).await;
        daemon.kill();
        for client in clients {
            client.abort();
            // An aborted client may have been between its answer and its journal: that only journals less.
            let _ = client.await;
        }
        daemon = Daemon::start(&folder);
    }
    let answered = journal.lock().unwrap().clone();
    assert!(answered.len() > 50, "only {} decisions were answered", answered.len());
    every_answer_stands(&daemon.anyone().bearing(&tokens[0]), &answered).await;
    assert!(daemon.terminate());
    let log = run(&["verify", "log", "--data", folder.to_str().unwrap()]);
    assert!(log.status.success(), "{}", String::from_utf8_lossy(&log.stdout));
}

/// Checks that each application is where it was answered to be, decided once, with a voucher of its own.
async fn every_answer_stands(anyone: &Caller, answered: &BTreeMap<String, u64>) {
    let mut vouchers = BTreeSet::new();
    for (id, version) in answered {
        let now = anyone.get(&format!("/v1/applications/{id}")).await.is(200).json();
        assert!(now["version"].as_u64().unwrap() >= *version, "{id} lost what was answered");
        let history = format!("/v1/applications/{id}/history?limit=200");
        let events = anyone.get(&history).await.is(200).json();
        let events = events["items"].as_array().unwrap();
        let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
        assert!(
            count("stage_approved") <= 3 && count("voucher_issued") <= 1,
            "{id} was decided twice"
        );
        assert_eq!(count("stage_approved") == 3, count("voucher_issued") == 1, "{id}");
        if let Some(voucher) = now.pointer("/voucher/number").and_then(Value::as_str) {
            assert!(vouchers.insert(voucher.to_owned()), "{id} has another's voucher");
        }
    }
}

/// Returns a token that outlives the daemons.
async fn token(daemon: &Daemon, person: &str) -> String {
    let body = json!({"owner": format!("person:{person}"), "label": "crash"});
    daemon.admin().post("/v1/tokens", &body).await.is(201).text("/token")
}

/// Returns the officers, at the daemon that runs now.
fn officers(daemon: &Daemon, tokens: &[String; 3]) -> Officers {
    let [assessor, doctor, director] = tokens.each_ref().map(|it| daemon.anyone().bearing(it));
    Officers([
        ("field", assessor, json!({"visited": true})),
        ("medical", doctor, json!({"amount": "2300.00"})),
        ("final", director, json!({})),
    ])
}
