//! The outbox: what is due is handed to a courier, tried again later, and parked where it keeps failing.
//!
//! One entry of an application at a time, in order; several applications at once. Knows no channel and renders no words.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;

use crate::service::{Engine, Failure};
use crate::store::{Delivery, OutboxEntry, Record};

/// How long an entry waits after its first try.
pub const FIRST_WAIT: Duration = Duration::from_secs(10);
/// How long an entry waits at most between two tries, unless the other side says so.
pub const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// How long an entry waits at most where the other side says so.
pub const LONGEST_ASKED: Duration = Duration::from_hours(24);
/// After so many tries an entry is parked.
pub const MAX_TRIES: u32 = 12;
/// A wait is lengthened by up to one part in so many, so that what failed together is not tried again together.
pub const JITTER_PART: u32 = 5;
/// How long another daemon waits for what became of a delivery, after this one was last heard of.
pub const LEASE: Duration = Duration::from_secs(8);
/// How often this daemon is heard of while a delivery takes its time.
const RENEW: Duration = Duration::from_secs(2);
/// How long the store is left alone when it does not record what became of a delivery.
const RECORD_AGAIN: Duration = Duration::from_secs(2);

/// Takes an entry to whom it concerns.
#[async_trait]
pub trait Courier: Send + Sync + std::fmt::Debug + 'static {
    /// Tries once.
    async fn deliver(&self, entry: &OutboxEntry) -> Tried;
}

/// What one try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// It arrived, or there was nobody to be told.
    Done,
    /// It may arrive later.
    Later {
        /// Why, without personal values.
        cause: String,
        /// How long to wait at least, where the other side said so.
        retry_after: Option<Duration>,
    },
    /// It never will.
    Never {
        /// Why, without personal values.
        cause: String,
    },
}

/// The outbox of an engine. One in a process.
#[derive(Debug)]
pub struct Outbox {
    engine: Engine,
    courier: Arc<dyn Courier>,
    /// Entries that somebody in this process delivers now.
    under_way: Mutex<HashSet<u64>>,
    /// Held while the next entry is looked for.
    looking: tokio::sync::Mutex<()>,
}

impl Outbox {
    /// Returns the outbox of an engine.
    #[must_use]
    pub fn new(engine: Engine, courier: Arc<dyn Courier>) -> Self {
        Self {
            engine,
            courier,
            under_way: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// Delivers the next entry that is due, and returns whether there was one.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store cannot be asked.
    pub async fn deliver_next(&self) -> Result<bool, Failure> {
        let Some(taken) = self.take().await? else { return Ok(false) };
        let tried = self.held(taken.entry.id, self.courier.deliver(&taken.entry)).await;
        let delivery = self.delivery(taken.entry.attempts, tried);
        if let Delivery::Parked { cause } = &delivery {
            tracing::warn!(entry = taken.entry.id, cause, "a delivery is parked");
        }
        // Until it is recorded the entry stays taken: what arrived is not sent again because the disk is full.
        while let Err(failure) =
            self.engine.record(Record::Delivered(taken.entry.id, delivery.clone())).await
        {
            tracing::warn!(cause = %failure, "what became of a delivery cannot be recorded");
            tokio::time::sleep(RECORD_AGAIN).await;
            self.keep(taken.entry.id).await;
        }
        Ok(true)
    }

    /// Waits for a delivery, and says meanwhile that it is under way.
    async fn held(&self, entry: u64, delivering: impl Future<Output = Tried>) -> Tried {
        let mut delivering = std::pin::pin!(delivering);
        loop {
            match tokio::time::timeout(RENEW, &mut delivering).await {
                Ok(tried) => return tried,
                Err(_) => self.keep(entry).await,
            }
        }
    }

    async fn keep(&self, entry: u64) {
        let until = self.engine.now() + lease();
        if let Err(error) = self.engine.store().keep_taken(entry, until).await {
            tracing::warn!(entry, %error, "another daemon may deliver what is under way here");
        }
    }

    /// Takes the next entry that is due and that nobody here delivers.
    async fn take(&self) -> Result<Option<Taken<'_>>, Failure> {
        let _looking = self.looking.lock().await;
        loop {
            let now = self.engine.now();
            let next = self.engine.store().take_outbox(now, now + lease(), 1).await?.pop();
            let Some(entry) = next else { return Ok(None) };
            // One that is under way here is given again only after the store did not hear of it in time.
            if self.taken().insert(entry.id) {
                return Ok(Some(Taken { outbox: self, entry }));
            }
        }
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, HashSet<u64>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is recorded of a try.
    fn delivery(&self, attempts: u32, tried: Tried) -> Delivery {
        match tried {
            Tried::Done => Delivery::Done,
            Tried::Never { cause } => Delivery::Parked { cause },
            Tried::Later { cause, .. } if attempts.saturating_add(1) >= MAX_TRIES => {
                Delivery::Parked { cause }
            }
            Tried::Later { cause, retry_after } => {
                let wait = wait(attempts, jitter(), retry_after);
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
                Delivery::Again { at: self.engine.now() + wait, cause }
            }
        }
    }
}

/// An entry that is delivered now.
#[derive(Debug)]
struct Taken<'a> {
    outbox: &'a Outbox,
    entry: OutboxEntry,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.outbox.taken().remove(&self.entry.id);
    }
}

fn lease() -> SignedDuration {
    SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::ZERO)
}

/// Returns how long to wait after a try that failed, where `attempts` were made before it.
#[must_use]
pub fn wait(attempts: u32, jitter: u8, asked: Option<Duration>) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1_u32.checked_shl(attempts).unwrap_or(u32::MAX));
    let usual = doubled.min(LONGEST_WAIT);
    let added = usual.saturating_mul(u32::from(jitter)) / (JITTER_PART * u32::from(u8::MAX));
    asked.unwrap_or_default().min(LONGEST_ASKED).max(usual + added)
}

/// Returns a random byte; without randomness the waits are merely alike.
fn jitter() -> u8 {
    let mut byte = [0];
    let _ = getrandom::fill(&mut byte);
    let [byte] = byte;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_never_end_before_the_other_side_says() {
        let seconds: Vec<u64> = (0..MAX_TRIES).map(|it| wait(it, 0, None).as_secs()).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
        assert_eq!(wait(u32::MAX, 0, None), LONGEST_WAIT);
        assert_eq!(wait(0, u8::MAX, None), Duration::from_secs(12));
        assert_eq!(wait(0, 0, Some(Duration::from_mins(5))), Duration::from_mins(5));
        assert_eq!(wait(0, 0, Some(Duration::from_secs(1))), FIRST_WAIT);
        assert_eq!(wait(0, 0, Some(Duration::MAX)), LONGEST_ASKED);
    }
}
