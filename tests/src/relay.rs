//! Clients that ask several daemons in turn: what one did not answer is repeated at the next one.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::installation::Callers;
use crate::load::{Client, World};

/// The longest time without an answer that is no gap.
const USUAL: Duration = Duration::from_secs(1);
/// How often it is looked whether anything was answered.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How long a client leaves a daemon alone that did not answer.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long requests may stay unanswered after the end.
const SETTLED: Duration = Duration::from_mins(1);

/// Clients at work.
#[derive(Debug)]
pub struct Relay {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
    watch: JoinHandle<Vec<Duration>>,
}

#[derive(Debug)]
struct Shared {
    world: Arc<World>,
    offices: RwLock<Vec<Callers>>,
    is_over: AtomicBool,
}

/// What they were answered.
#[derive(Debug)]
pub struct Ended {
    /// What they share.
    pub world: Arc<World>,
    /// Each stretch of time of more than a second in which nothing was answered.
    pub gaps: Vec<Duration>,
}

impl Relay {
    /// Sets so many clients to work at these daemons.
    #[must_use]
    pub fn start(offices: Vec<Callers>, clients: u64, seed: u64) -> Self {
        let (world, is_over) = (Arc::new(World::default()), AtomicBool::new(false));
        let shared = Arc::new(Shared { world, offices: RwLock::new(offices), is_over });
        let ask = |number| tokio::spawn(Arc::clone(&shared).ask(Client::new(seed, number)));
        let clients = (0..clients).map(ask).collect();
        let watch = tokio::spawn(Arc::clone(&shared).watch());
        Self { shared, clients, watch }
    }

    /// Puts another daemon in a place.
    pub fn replace(&self, place: usize, office: Callers) {
        self.shared.offices.write().unwrap_or_else(PoisonError::into_inner)[place] = office;
    }

    /// Returns how much was answered so far.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.shared.world.journal.len()
    }

    /// Ends it, once every request was answered.
    pub async fn end(self) -> Ended {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
        let gaps = self.watch.await.unwrap();
        Ended { world: Arc::clone(&self.shared.world), gaps }
    }
}

impl Shared {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn office(&self, turn: usize) -> Callers {
        let offices = self.offices.read().unwrap_or_else(PoisonError::into_inner);
        offices[turn % offices.len()].clone()
    }

    async fn ask(self: Arc<Self>, mut client: Client) {
        let mut ended: Option<Instant> = None;
        for turn in 0.. {
            if self.is_over() {
                let at = *ended.get_or_insert_with(Instant::now);
                if !client.is_in_doubt() {
                    return;
                }
                if at.elapsed() > SETTLED {
                    self.world.complain("a request is never answered".to_owned());
                    return;
                }
            }
            if client.step(&self.office(turn), &self.world).await.is_err() {
                tokio::time::sleep(PATIENCE).await;
            }
        }
    }

    async fn watch(self: Arc<Self>) -> Vec<Duration> {
        let (mut found, mut answered, mut since) = (Vec::new(), 0, Instant::now());
        while !self.is_over() {
            tokio::time::sleep(LOOK_AGAIN).await;
            let now = self.world.journal.len();
            if now > answered {
                found.extend(Some(since.elapsed()).filter(|silent| *silent > USUAL));
                (answered, since) = (now, Instant::now());
            }
        }
        found.extend(Some(since.elapsed()).filter(|silent| *silent > USUAL));
        found
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Verdict {
    ended: Ended,
    verified: Option<Value>,
    /// Everything that is wrong.
    pub wrong: Vec<String>,
}

impl Ended {
    /// Returns the verdict: what is known to be wrong, what the clients complain of, and what recomputing everything found.
    #[must_use]
    pub fn judged(self, mut wrong: Vec<String>, verified: Result<Value, String>) -> Verdict {
        wrong.extend(self.world.complaints());
        let verified = verified.map_err(|difference| wrong.push(difference)).ok();
        Verdict { ended: self, verified, wrong }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = &self.ended.world;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        writeln!(f, "answers written down and compared: {}", world.journal.len())?;
        writeln!(f, "requests repeated: {}", count(&world.repeated))?;
        writeln!(f, "requests asked to come again: {}", count(&world.put_off))?;
        for gap in &self.ended.gaps {
            writeln!(f, "nothing was answered for: {:.1} s", gap.as_secs_f64())?;
        }
        if let Some(verified) = &self.verified {
            writeln!(f, "recomputed at the end: {verified}")?;
        }
        writeln!(f, "wrong: {}", self.wrong.len())?;
        self.wrong.iter().try_for_each(|what| writeln!(f, "  {what}"))
    }
}
