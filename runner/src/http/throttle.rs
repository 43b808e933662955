//! How often something may be asked, by whom.
//!
//! Counts in memory, per daemon: a limit against guessing and flooding, not an account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use annona_engine::clock::Clock;
use annona_engine::recorded::Hash;
use jiff::Timestamp;

use super::problem::Problem;

/// Most keys that are counted at once; beyond them new ones wait.
const MAX_KEYS: usize = 100_000;

/// So many in so long, for each key.
#[derive(Debug)]
pub struct Throttle {
    /// What is limited, for people.
    what: &'static str,
    most: u32,
    window: Duration,
    clock: Arc<dyn Clock>,
    counted: Mutex<HashMap<Hash, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Timestamp,
    taken: u32,
}

impl Throttle {
    /// Returns a limit of `most` in each `window`.
    #[must_use]
    pub fn new(what: &'static str, most: u32, window: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { what, most, window, clock, counted: Mutex::default() }
    }

    /// Counts one for a key.
    ///
    /// # Errors
    ///
    /// Returns the [`Problem`] `too_many` if there were as many as may be; it is not counted then.
    pub fn take(&self, key: Hash) -> Result<(), Problem> {
        let now = self.clock.now();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= MAX_KEYS && !counted.contains_key(&key) {
            counted.retain(|_, window| self.left(*window, now).is_some());
            if counted.len() >= MAX_KEYS {
                return Err(self.too_many(self.window));
            }
        }
        let window = counted.entry(key).or_insert(Window { began: now, taken: 0 });
        let Some(left) = self.left(*window, now) else {
            *window = Window { began: now, taken: 1 };
            return Ok(());
        };
        if window.taken >= self.most {
            return Err(self.too_many(left));
        }
        window.taken += 1;
        Ok(())
    }

    /// Returns how long a window still lasts.
    /// Gives back what was taken for a request that was then refused for another reason.
    pub fn give_back(&self, key: Hash) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = counted.get_mut(&key) {
            window.taken = window.taken.saturating_sub(1);
            if window.taken == 0 {
                counted.remove(&key);
            }
        }
    }

    fn left(&self, window: Window, now: Timestamp) -> Option<Duration> {
        let passed = Duration::try_from(now.duration_since(window.began)).unwrap_or_default();
        self.window.checked_sub(passed).filter(|left| !left.is_zero())
    }

    fn too_many(&self, wait: Duration) -> Problem {
        let detail =
            format!("at most {} {} in {} seconds", self.most, self.what, self.window.as_secs());
        Problem::new("too_many", detail).retry_after(wait)
    }
}

#[cfg(test)]
mod tests {
    use annona_engine::clock::Still;

    use super::*;

    #[test]
    fn a_key_waits_for_its_window_and_others_do_not() {
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let clock = Arc::new(Still::at(start));
        let throttle =
            Throttle::new("codes", 2, Duration::from_mins(1), Arc::clone(&clock) as Arc<dyn Clock>);
        let (one, two) = (Hash([1; 32]), Hash([2; 32]));
        throttle.take(one).unwrap();
        throttle.take(one).unwrap();
        clock.set(start + jiff::SignedDuration::from_secs(20));
        let refused = throttle.take(one).unwrap_err();
        assert_eq!(refused.code, "too_many");
        assert_eq!(refused.detail, "at most 2 codes in 60 seconds");
        assert_eq!(refused.retry_after, Some(Duration::from_secs(40)));
        throttle.take(two).unwrap();
        clock.set(start + jiff::SignedDuration::from_secs(60));
        throttle.take(one).unwrap();
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let clock = Arc::new(Still::at("2026-03-02T09:00:00Z".parse().unwrap()));
        let throttle = Throttle::new("codes", 1, Duration::from_mins(1), clock);
        let key = Hash([1; 32]);
        throttle.take(key).unwrap();
        throttle.give_back(key);
        throttle.take(key).unwrap();
        assert_eq!(throttle.take(key).unwrap_err().code, "too_many");
    }
}
