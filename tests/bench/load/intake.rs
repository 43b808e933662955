//! A bulk intake: applications come in as fast as they are taken while officers decide others at their own pace.
//!
//! An officer's time counts from the instant at which they meant to decide, so that a decision that waits behind another is late
//! by that as well.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use crate::http::Connection;
use crate::job::{decisions, keeper, open, rate, rounded, settle, submission, submit};
use crate::machine::{Processors, fdatasync, memory, quantile};
use crate::office::{OFFICERS, Office, is_done, text};
use crate::options::Options;
use crate::rounds::{Call, send};

/// How often each officer decides.
const PACE: Duration = Duration::from_millis(100);
/// Applications that officers can decide.
const TO_DECIDE: usize = 16_000;
/// How long officers decide before anything else comes in.
const ALONE: Duration = Duration::from_secs(5);

/// Takes applications in and returns a line for each number of clients that send them.
pub(crate) async fn run(options: &Options) -> io::Result<Vec<Value>> {
    let office = open(options).await?;
    let mut lines = Vec::new();
    for clients in &options.clients {
        lines.push(measure(options, &office, *clients).await?);
    }
    Ok(lines)
}

async fn measure(options: &Options, office: &Office, clients: usize) -> io::Result<Value> {
    let (ids, _) = submit(options, office, TO_DECIDE).await?;
    let pile = Rc::new(RefCell::new(decisions(options, office, &ids, 0).await?));
    settle(&options.pids).await;
    let disk = fdatasync(&options.folder)?;
    let officers = Officers::begin(options, &pile).await?;
    sleep(ALONE).await;
    let mut alone = officers.end().await?;

    let kept = Rc::new(RefCell::new(vec![String::new(); options.applications]));
    let submissions = (0..options.applications).map(|number| submission(office, number)).collect();
    let before = Processors::now(&options.pids);
    let officers = Officers::begin(options, &pile).await?;
    let keep = keeper(&kept, |answer| text(answer, "/id"));
    let sent = send(&options.host, clients, submissions, keep).await?;
    let mut times = officers.end().await?;
    let (own, others) = Processors::now(&options.pids).since(before, sent.seconds);
    let kept = kept.borrow();
    let distinct = kept.iter().filter(|id| !id.is_empty()).collect::<HashSet<_>>().len();
    if distinct != options.applications || pile.borrow().is_empty() {
        return Err(io::Error::other(format!(
            "of {} applications {distinct} have an id, and {} wait for officers",
            options.applications,
            pile.borrow().len()
        )));
    }
    Ok(json!({
        "engine": "annona", "store": options.label, "clients": clients, "applications": options.applications,
        "seconds": rounded(sent.seconds, 10.0), "submissions_per_s": rate(options.applications, sent.seconds),
        "officers": OFFICERS, "decisions": times.len(),
        "p50_ms": rounded(quantile(&mut times, 0.5), 100.0),
        "p99_ms": rounded(quantile(&mut times, 0.99), 100.0),
        "longest_ms": rounded(quantile(&mut times, 1.0), 100.0),
        "alone_p50_ms": rounded(quantile(&mut alone, 0.5), 100.0),
        "alone_p99_ms": rounded(quantile(&mut alone, 0.99), 100.0),
        "own_cores": rounded(own, 100.0), "foreign_cores": rounded(others, 100.0),
        "fdatasync_us": disk.round(), "rss_mb": memory(&options.pids).round(),
    }))
}

/// Officers at work.
struct Officers {
    over: Rc<Cell<bool>>,
    working: Vec<tokio::task::JoinHandle<io::Result<Vec<f64>>>>,
}

impl Officers {
    /// Has officers decide what lies on the pile, each at their pace, one after the other.
    async fn begin(options: &Options, pile: &Rc<RefCell<Vec<Call>>>) -> io::Result<Self> {
        let over = Rc::new(Cell::new(false));
        let mut working = Vec::new();
        let mut first = Instant::now();
        for _ in 0..OFFICERS {
            first += PACE / u32::try_from(OFFICERS).unwrap_or(1);
            let connection = Connection::open(&options.host).await?;
            let (pile, over) = (Rc::clone(pile), Rc::clone(&over));
            working.push(tokio::task::spawn_local(decide(connection, pile, over, first)));
        }
        Ok(Self { over, working })
    }

    /// Has them go home, and returns how long each decision took, in milliseconds.
    async fn end(self) -> io::Result<Vec<f64>> {
        self.over.set(true);
        let mut times = Vec::new();
        for work in self.working {
            times.extend(work.await.map_err(io::Error::other)??);
        }
        Ok(times)
    }
}

async fn decide(
    mut connection: Connection,
    pile: Rc<RefCell<Vec<Call>>>,
    over: Rc<Cell<bool>>,
    mut next: Instant,
) -> io::Result<Vec<f64>> {
    let mut times = Vec::new();
    loop {
        sleep_until(next).await;
        let call = if over.get() { None } else { pile.borrow_mut().pop() };
        let Some(call) = call else { return Ok(times) };
        let answer = connection.send(call.request()).await?;
        is_done(&answer, &call.path)?;
        times.push(next.elapsed().as_secs_f64() * 1e3);
        next += PACE;
    }
}
