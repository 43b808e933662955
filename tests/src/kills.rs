//! A daemon is killed again and again under load, at random moments and at fail points; after each kill it is started and
//! compared with what clients were answered.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::comparison::{all_differences, differences};
use crate::fail_point::{Point, Side, Watch, points};
use crate::installation::Callers;
use crate::load::{Client, World};
use crate::{Chance, Daemon, Installation, StoreKind};

/// Latest random moment of a kill, in milliseconds.
const LATEST: u64 = 400;
/// How long clients work before calls are watched.
const WARM: Duration = Duration::from_millis(150);
/// How long a fail point may take to be reached; then the daemon is killed where it is.
const REACHED: Duration = Duration::from_secs(4);
/// How often it is looked whether a fail point was reached.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    /// On which store.
    pub store: StoreKind,
    /// How often the daemon is killed.
    pub kills: u64,
    /// How many ask at once.
    pub clients: u64,
    /// What chance begins with.
    pub seed: u64,
    /// After how many kills everything that was recorded is recomputed; it is at the end in any case.
    pub verify_every: u64,
}

/// How a daemon is killed.
#[derive(Debug, Clone, Copy)]
enum Kill {
    After(Duration),
    At(&'static Point, Side, u64),
}

/// What a campaign came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Kills at random moments.
    pub random: u64,
    /// Kills at fail points, by point and side.
    pub at_points: BTreeMap<(&'static str, Side), u64>,
    /// Fail points that were not reached in time: the daemon was killed where it was.
    pub missed: u64,
    /// What was answered.
    pub answered: usize,
    /// Requests whose answer did not come, and that were repeated.
    pub repeated: u64,
    /// Requests that were asked to come again.
    pub put_off: u64,
    /// Applications, events and definitions that were recomputed at the end.
    pub verified: String,
    /// The longest start after a kill.
    pub longest_start: Duration,
    /// How long it took.
    pub took: Duration,
    /// Everything that is wrong.
    pub wrong: Vec<String>,
}

impl Campaign {
    /// Runs it; `say` is told after each kill how many there were.
    pub async fn run(self, mut say: impl FnMut(u64)) -> Report {
        let began = Instant::now();
        let mut report = Report::default();
        let mut installation = Installation::new(self.store).await;
        let world = Arc::new(World::default());
        let mut clients: Vec<Client> =
            (0..self.clients).map(|number| Client::new(self.seed, number)).collect();
        let mut chance = Chance::new(self.seed, u64::MAX);
        let mut compared = 0;
        for kill in 0..self.kills {
            let mut daemon = started(&mut installation, &mut report);
            let office = installation.office(&daemon);
            let answered = world.journal.since(compared);
            compared += answered.len();
            report.wrong.extend(differences(&office, &answered).await);
            let how = self.choose(kill, &mut chance);
            let working = set_to_work(clients, &office, &world);
            report.count(how, killed(&mut daemon, how).await);
            clients = working.end().await;
            if (kill + 1).is_multiple_of(self.verify_every) {
                report.wrong.extend(installation.verify().err());
            }
            say(kill + 1);
            if !report.wrong.is_empty() {
                break;
            }
        }
        let mut daemon = started(&mut installation, &mut report);
        let office = installation.office(&daemon);
        for client in &mut clients {
            if client.settle(&office, &world).await.is_err() {
                report.wrong.push("the daemon ended by itself".to_owned());
            }
        }
        let answered = world.journal.since(0);
        report.wrong.extend(all_differences(&office, &answered, &installation.folder()).await);
        report.wrong.extend(world.complaints());
        if !daemon.terminate() {
            report.wrong.push("the daemon did not end well".to_owned());
        }
        match installation.verify() {
            Ok(found) => report.verified = found.to_string(),
            Err(difference) => report.wrong.push(difference),
        }
        report.answered = world.journal.len();
        report.repeated = world.repeated.load(Ordering::Relaxed);
        report.put_off = world.put_off.load(Ordering::Relaxed);
        report.took = began.elapsed();
        report
    }

    /// Chooses how the next kill happens: in turns at random and at each fail point, from either side.
    fn choose(self, kill: u64, chance: &mut Chance) -> Kill {
        if kill.is_multiple_of(3) {
            return Kill::After(Duration::from_millis(1 + chance.below(LATEST)));
        }
        let points = points(self.store);
        let turn = usize::try_from(kill / 3).unwrap() % points.len();
        let point = &points[turn];
        let side = if kill % 3 == 1 { Side::Before } else { Side::After };
        Kill::At(point, side, 1 + chance.below(point.latest))
    }
}

/// Clients that work.
struct Working {
    stop: Arc<AtomicBool>,
    clients: Vec<tokio::task::JoinHandle<Client>>,
}

fn set_to_work(clients: Vec<Client>, office: &Callers, world: &Arc<World>) -> Working {
    let stop = Arc::new(AtomicBool::new(false));
    let work = |client: Client| {
        tokio::spawn(client.work(office.clone(), Arc::clone(world), Arc::clone(&stop)))
    };
    let clients = clients.into_iter().map(work).collect();
    Working { stop, clients }
}

impl Working {
    async fn end(self) -> Vec<Client> {
        self.stop.store(true, Ordering::Relaxed);
        let mut clients = Vec::new();
        for client in self.clients {
            clients.push(client.await.unwrap());
        }
        clients
    }
}

fn started(installation: &mut Installation, report: &mut Report) -> Daemon {
    let began = Instant::now();
    let daemon = installation.start();
    report.longest_start = report.longest_start.max(began.elapsed());
    daemon
}

/// Kills a daemon, and returns whether it was where it was meant to be.
async fn killed(daemon: &mut Daemon, how: Kill) -> bool {
    let (point, side, nth) = match how {
        Kill::After(moment) => {
            tokio::time::sleep(moment).await;
            daemon.kill();
            return true;
        }
        Kill::At(point, side, nth) => (point, side, nth),
    };
    tokio::time::sleep(WARM).await;
    let watch = Watch::kill(daemon, point, side, nth);
    let began = Instant::now();
    while began.elapsed() < REACHED {
        if daemon.has_ended() {
            return side == Side::Before;
        }
        if side == Side::After && watch.holds() {
            daemon.kill();
            return true;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    daemon.kill();
    false
}

impl Report {
    fn count(&mut self, how: Kill, reached: bool) {
        match how {
            Kill::After(_) => self.random += 1,
            Kill::At(point, side, _) if reached => {
                *self.at_points.entry((point.name, side)).or_default() += 1;
            }
            Kill::At(..) => self.missed += 1,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "kills at random moments: {}", self.random)?;
        for ((point, side), kills) in &self.at_points {
            let side = if *side == Side::Before { "before" } else { "after" };
            writeln!(f, "kills {side} `{point}`: {kills}")?;
        }
        writeln!(f, "kills where a fail point was not reached in time: {}", self.missed)?;
        writeln!(f, "answers written down and compared: {}", self.answered)?;
        writeln!(f, "requests repeated because no answer came: {}", self.repeated)?;
        writeln!(f, "requests that were asked to come again: {}", self.put_off)?;
        writeln!(f, "longest start after a kill: {} ms", self.longest_start.as_millis())?;
        writeln!(f, "recomputed at the end: {}", self.verified)?;
        writeln!(f, "took: {} s", self.took.as_secs())?;
        writeln!(f, "wrong: {}", self.wrong.len())?;
        self.wrong.iter().try_for_each(|what| writeln!(f, "  {what}"))
    }
}
