//! A loss of power, tried on a recording: what the daemon wrote is replayed up to a cut, with whatever a disk may have of what was
//! not synced, and the copy must open and hold everything that was answered before the cut.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::installation::verify;
use crate::journal::{Answered, Journal};
use crate::load::{Client, World};
use crate::trace::{Call, Change, calls, recorded};
use crate::{Chance, Daemon, Disk, Installation, StoreKind, Unsynced, comparison};

/// A folder in memory, where there is one: copies are many, and are thrown away.
const MEMORY: &str = "/dev/shm";
/// What no start reads: shared memory is made anew, and of the lock only that it is there is asked.
const NOT_KEPT: [&str; 2] = ["annona.db-shm", "lock"];
/// How often the recording is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a daemon wrote and synced under load, and what it answered meanwhile.
#[derive(Debug)]
pub struct Recording {
    installation: Installation,
    before: Disk,
    calls: Vec<Call>,
    journal: Journal,
}

/// Which losses are tried.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Every how-many-th cut is tried.
    pub every: usize,
    /// Of the prefixes at a cut, at most so many, evenly spread.
    pub prefixes: usize,
    /// How many subsets at a cut.
    pub subsets: u64,
    /// What chance begins with.
    pub seed: u64,
    /// A file whose syncs are taken to do nothing: a disk that lies, on which decisions must be found lost.
    pub unsynced: Option<&'static str>,
    /// No more cuts are begun after so long.
    pub at_most: Duration,
}

/// What the losses came to.
#[derive(Debug, Default)]
pub struct Losses {
    /// Answers in the recording.
    pub answered: usize,
    /// Syncs in the recording.
    pub syncs: usize,
    /// Cuts that were tried.
    pub cuts: usize,
    /// Prefixes of what was not synced.
    pub prefixes: usize,
    /// Subsets of what was not synced.
    pub subsets: usize,
    /// Most pieces that were not synced at a cut.
    pub most_pieces: usize,
    /// How long it took.
    pub took: Duration,
    /// Everything that is wrong.
    pub wrong: Vec<String>,
}

impl Recording {
    /// Records a daemon under load until so much was answered; `failing` says which of its syncs fail.
    pub async fn make(clients: u64, answers: usize, seed: u64, failing: Option<&str>) -> Self {
        let mut installation = Installation::new(StoreKind::Sqlite).await;
        let folder = installation.folder();
        let into = folder.with_extension("calls");
        let before = Disk::of(&folder);
        let world = Arc::new(World::with(Journal::beside(into.clone()), failing.is_some()));
        let mut clients: Vec<Client> =
            (0..clients).map(|number| Client::new(seed, number)).collect();
        if failing.is_some() {
            // What its syncs did not do must not be missing under what the next daemon records.
            let serving = recorded(&installation.command(), &into, failing);
            clients = served(&installation, serving, clients, &world, answers / 2).await;
            is_written(&into).await;
        }
        let serving = recorded(&installation.command(), &into, None);
        let _ = served(&installation, serving, clients, &world, answers).await;
        assert_eq!(world.complaints(), Vec::<String>::new());
        is_written(&into).await;
        let mut calls = calls(&into, &folder);
        calls.retain(|call| !call.change.is_about(&NOT_KEPT));
        let journal = Arc::into_inner(world).unwrap().journal;
        Self { installation, before, calls, journal }
    }

    /// Tries the losses of a plan.
    pub async fn replay(&self, plan: Plan) -> Losses {
        let began = Instant::now();
        let mut losses = Losses { answered: self.journal.len(), ..Losses::default() };
        let mut disk = Unsynced::new(self.before.clone());
        for call in &self.calls {
            if let Change::Synced { path, .. } = &call.change {
                losses.syncs += 1;
                if losses.syncs.is_multiple_of(plan.every) && began.elapsed() < plan.at_most {
                    let answered = self.journal.before(call.ended);
                    self.cut(&disk, &answered, plan, &mut losses).await;
                }
                if plan.unsynced.is_some_and(|name| path.ends_with(name)) {
                    continue;
                }
            }
            disk.take(call);
        }
        losses.took = began.elapsed();
        losses
    }

    /// Tries what a disk may hold just before a sync ends.
    async fn cut(&self, disk: &Unsynced, answered: &[Answered], plan: Plan, losses: &mut Losses) {
        losses.cuts += 1;
        losses.most_pieces = losses.most_pieces.max(disk.len());
        let step = (disk.len() + 1).div_ceil(plan.prefixes.max(1));
        for length in (0..=disk.len()).rev().step_by(step) {
            losses.prefixes += 1;
            let copy = disk.after_a_loss(|piece| piece < length);
            let name = format!("cut {}, the first {length} of {} pieces", losses.syncs, disk.len());
            losses.wrong.extend(self.wrong(&copy, answered, &name).await);
        }
        for subset in 0..plan.subsets {
            losses.subsets += 1;
            let stream = u64::try_from(losses.syncs).unwrap() * 1_000 + subset;
            let mut chance = Chance::new(plan.seed, stream);
            let copy = disk.after_a_loss(|_| chance.below(2) == 0);
            let name = format!("cut {}, subset {subset} of {} pieces", losses.syncs, disk.len());
            losses.wrong.extend(self.wrong(&copy, answered, &name).await);
        }
    }

    /// Returns what is wrong with a copy.
    async fn wrong(&self, copy: &Disk, answered: &[Answered], name: &str) -> Vec<String> {
        let place =
            if Path::new(MEMORY).is_dir() { PathBuf::from(MEMORY) } else { std::env::temp_dir() };
        let place = tempfile::tempdir_in(place).unwrap();
        let folder = place.path().join("data");
        copy.write(&folder);
        if let Err(difference) = verify(&folder, "sqlite", None) {
            return vec![format!("{name}: {difference}")];
        }
        let daemon = Daemon::spawn(self.installation.command_on(&folder), &folder);
        let office = self.installation.office(&daemon);
        let mut found = comparison::differences(&office, answered).await;
        found.extend(comparison::documents(&office, answered).await);
        found.extend(comparison::unsent(&office, answered, &folder).await);
        found.into_iter().map(|what| format!("{name}: {what}")).collect()
    }
}

/// Has clients work with a daemon until so much was answered, and kills it.
async fn served(
    installation: &Installation,
    serving: Command,
    clients: Vec<Client>,
    world: &Arc<World>,
    answers: usize,
) -> Vec<Client> {
    let mut daemon = Daemon::spawn(serving, &installation.folder());
    let office = installation.office(&daemon);
    let stop = Arc::new(AtomicBool::new(false));
    let work = |client: Client| {
        tokio::spawn(client.work(office.clone(), Arc::clone(world), Arc::clone(&stop)))
    };
    let working: Vec<_> = clients.into_iter().map(work).collect();
    while world.journal.len() < answers {
        assert!(!daemon.has_ended(), "{}", daemon.log());
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    // While they work: something is half done.
    daemon.kill();
    stop.store(true, Ordering::Relaxed);
    let mut clients = Vec::new();
    for client in working {
        clients.push(client.await.unwrap());
    }
    clients
}

/// Waits until a recording is written to its end.
async fn is_written(recording: &Path) {
    let length = || std::fs::metadata(recording).unwrap().len();
    let mut last = 0;
    while last != length() {
        last = length();
        tokio::time::sleep(4 * LOOK_AGAIN).await;
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "answers in the recording: {}", self.answered)?;
        writeln!(f, "syncs in the recording: {}", self.syncs)?;
        writeln!(f, "cuts tried: {}", self.cuts)?;
        writeln!(f, "prefixes of unsynced writes: {}", self.prefixes)?;
        writeln!(f, "subsets of unsynced writes: {}", self.subsets)?;
        writeln!(f, "most unsynced pieces at a cut: {}", self.most_pieces)?;
        writeln!(f, "took: {} s", self.took.as_secs())?;
        writeln!(f, "wrong: {}", self.wrong.len())?;
        self.wrong.iter().take(20).try_for_each(|what| writeln!(f, "  {what}"))
    }
}
