//! The job: applications are sent; once nothing is left to do, each is decided three times, in rounds of a shuffled order.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Answer;
use crate::machine::{Processors, fdatasync, memory, quantile};
use crate::office::{Office, STAGES, is_done, text};
use crate::options::Options;
use crate::rounds::{Call, Round, send, shuffled};

/// Clients that send applications, and read tasks between the rounds.
pub(crate) const OTHERS: usize = 16;
/// Applications that are decided before anything is measured.
const WARMING: usize = 200;
/// How long the daemon must be idle before decisions are measured.
const CALM: Duration = Duration::from_millis(500);
/// Most times that is waited for.
const MAX_CALM: usize = 120;
/// Cores that a process which has nothing to do uses at most.
const IDLE: f64 = 0.2;

/// Runs the job for each number of clients and returns the lines.
pub(crate) async fn run(options: &Options) -> io::Result<Vec<Value>> {
    let office = open(options).await?;
    measure(options, &office, OTHERS, WARMING).await?;
    let mut lines = Vec::new();
    for clients in &options.clients {
        let count = if *clients == 1 { options.alone } else { options.applications };
        lines.push(measure(options, &office, *clients, count).await?);
    }
    Ok(lines)
}

/// Has the programme deployed and everybody listed.
pub(crate) async fn open(options: &Options) -> io::Result<Office> {
    let admin = std::fs::read_to_string(&options.token)?;
    let programme = std::fs::read_to_string(&options.programme)?;
    Office::open(&options.host, admin.trim(), &programme).await
}

/// Sends applications and decides them to their end.
async fn measure(
    options: &Options,
    office: &Office,
    clients: usize,
    count: usize,
) -> io::Result<Value> {
    let (ids, sent) = submit(options, office, count).await?;
    settle(&options.pids).await;
    let disk = fdatasync(&options.folder)?;
    let mut decided = Round::default();
    let (mut own, mut others) = (0.0, 0.0);
    for stage in 0..STAGES.len() {
        let calls = decisions(options, office, &ids, stage).await?;
        let before = Processors::now(&options.pids);
        let round = send(&options.host, clients, calls, |_, _| Ok(())).await?;
        let (used, by_others) = Processors::now(&options.pids).since(before, 1.0);
        own += used;
        others += by_others;
        decided.times.extend(round.times);
        decided.seconds += round.seconds;
    }
    all_approved(options, office, &ids).await?;
    Ok(json!({
        "engine": "annona", "store": options.label, "clients": clients, "applications": count,
        "decisions_per_s": rate(decided.times.len(), decided.seconds),
        "p50_ms": rounded(quantile(&mut decided.times, 0.5), 100.0),
        "p99_ms": rounded(quantile(&mut decided.times, 0.99), 100.0),
        "submissions_per_s": rate(count, sent.seconds),
        "own_cores": rounded(own / decided.seconds, 100.0),
        "foreign_cores": rounded(others / decided.seconds, 100.0),
        "fdatasync_us": disk.round(),
        "rss_mb": memory(&options.pids).round(),
    }))
}

/// Returns the calls that decide a stage of applications, in a shuffled order, each upon the task as its officer has read it.
pub(crate) async fn decisions(
    options: &Options,
    office: &Office,
    ids: &[String],
    stage: usize,
) -> io::Result<Vec<Call>> {
    let seen = read(options, office, ids, stage).await?;
    let calls = shuffled(ids.len(), stage as u64).into_iter().filter_map(|application| {
        Some(Call {
            application,
            method: "POST",
            path: format!("/v1/tasks/{}.{}/decision", ids.get(application)?, stage + 1),
            token: office.officer(stage, application).to_owned(),
            seen: seen.get(application).cloned(),
            body: decision(stage).to_string(),
        })
    });
    Ok(calls.collect())
}

/// Sends applications and returns their ids.
pub(crate) async fn submit(
    options: &Options,
    office: &Office,
    count: usize,
) -> io::Result<(Vec<String>, Round)> {
    let calls = (0..count).map(|application| submission(office, application));
    let kept = Rc::new(RefCell::new(vec![String::new(); count]));
    let keep = keeper(&kept, |answer| text(answer, "/id"));
    let round = send(&options.host, OTHERS, calls.collect(), keep).await?;
    Ok((kept.take(), round))
}

/// Returns the call that sends an application.
pub(crate) fn submission(office: &Office, application: usize) -> Call {
    Call {
        application,
        method: "POST",
        path: "/v1/applications".to_owned(),
        token: office.portal.clone(),
        seen: None,
        body: form(application).to_string(),
    }
}

/// Reads the task that each application is in, as its officer does before deciding, and returns the versions seen.
async fn read(
    options: &Options,
    office: &Office,
    ids: &[String],
    stage: usize,
) -> io::Result<Vec<String>> {
    let calls = ids.iter().enumerate().map(|(application, id)| Call {
        application,
        method: "GET",
        path: format!("/v1/tasks/{id}.{}", stage + 1),
        token: office.officer(stage, application).to_owned(),
        seen: None,
        body: String::new(),
    });
    let kept = Rc::new(RefCell::new(vec![String::new(); ids.len()]));
    let none = || io::Error::other("a task has no ETag");
    let keep = keeper(&kept, move |answer| answer.etag.clone().ok_or_else(none));
    send(&options.host, OTHERS, calls.collect(), keep).await?;
    Ok(kept.take())
}

/// Checks that what was answered is so: every application has come to its end.
async fn all_approved(options: &Options, office: &Office, ids: &[String]) -> io::Result<()> {
    let calls = ids.iter().enumerate().map(|(application, id)| Call {
        application,
        method: "GET",
        path: format!("/v1/applications/{id}"),
        token: office.officer(0, application).to_owned(),
        seen: None,
        body: String::new(),
    });
    let approved = |_, answer: Answer| {
        is_done(&answer, "reading an application")?;
        match text(&answer, "/status")?.as_str() {
            "approved" => Ok(()),
            other => Err(io::Error::other(format!("an application is `{other}` at the end"))),
        }
    };
    send(&options.host, OTHERS, calls.collect(), approved).await.map(drop)
}

/// Returns what keeps one text of each answer.
pub(crate) fn keeper(
    kept: &Rc<RefCell<Vec<String>>>,
    take: impl Fn(&Answer) -> io::Result<String> + 'static,
) -> impl Fn(usize, Answer) -> io::Result<()> + 'static {
    let kept = Rc::clone(kept);
    move |application, answer| {
        let text = take(&answer)?;
        if let Some(place) = kept.borrow_mut().get_mut(application) {
            *place = text;
        }
        Ok(())
    }
}

/// Waits until the daemon has nothing left to do.
pub(crate) async fn settle(pids: &[u32]) {
    for _ in 0..MAX_CALM {
        let before = Processors::now(pids);
        tokio::time::sleep(CALM).await;
        let (own, _) = Processors::now(pids).since(before, CALM.as_secs_f64());
        if own < IDLE {
            return;
        }
    }
}

/// Returns a form of about 1 KB.
pub(crate) fn form(application: usize) -> Value {
    let statement = "Household income statement, proof of address, and words. ".repeat(15);
    json!({"programme": "bench", "form": {
        "name": format!("Applicant {application}"), "region": "north", "household": 4,
        "income": "1234.50", "cost": "300.00", "statement": statement,
    }})
}

fn decision(stage: usize) -> Value {
    let answers = match stage {
        0 => json!({"complete": true}),
        1 => json!({"amount": "250.00"}),
        _ => json!({}),
    };
    let note = "Income is below the threshold for this programme; papers seen.";
    json!({"decision": "approve", "answers": answers, "reason": "checked", "note": note})
}

/// Returns how many a second.
pub(crate) fn rate(of: usize, seconds: f64) -> f64 {
    rounded(f64::from(u32::try_from(of).unwrap_or(0)) / seconds, 1.0)
}

/// Rounds to a part of one: 100 for two digits.
pub(crate) fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}
