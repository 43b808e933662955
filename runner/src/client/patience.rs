//! How often, and after which waits, a request is repeated.
//!
//! Sends nothing and reads no clock.

use std::time::Duration;

/// How long a client keeps trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Most repetitions of one request.
    pub repetitions: u32,
    /// The first wait; each one after it is twice as long.
    pub first_wait: Duration,
    /// Most time spent waiting for one request to succeed.
    pub whole: Duration,
}

/// The waits of one request.
#[derive(Debug)]
pub(super) struct Waits {
    patience: Patience,
    done: u32,
    spent: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            repetitions: 4,
            first_wait: Duration::from_millis(200),
            whole: Duration::from_secs(20),
        }
    }
}

impl Patience {
    /// Returns the waits of one request.
    pub(super) fn waits(self) -> Waits {
        Waits { patience: self, done: 0, spent: Duration::ZERO }
    }
}

impl Waits {
    /// Returns how long to wait before the next try: at least as long as the daemon asks for. `None`: enough.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if self.done >= self.patience.repetitions {
            return None;
        }
        let doubled = self.patience.first_wait.saturating_mul(1 << self.done.min(16));
        let wait = asked.map_or(doubled, |asked| asked.max(doubled));
        let spent = self.spent.saturating_add(wait);
        if spent > self.patience.whole {
            return None;
        }
        self.done += 1;
        self.spent = spent;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_until_the_repetitions_are_used_up() {
        let mut waits = Patience::default().waits();
        let taken: Vec<u128> =
            std::iter::from_fn(|| waits.next(None)).map(|wait| wait.as_millis()).collect();
        assert_eq!(taken, [200, 400, 800, 1600]);
    }

    #[test]
    fn a_daemon_that_asks_for_more_time_gets_it_up_to_the_whole() {
        let mut waits = Patience::default().waits();
        assert_eq!(waits.next(Some(Duration::from_secs(15))), Some(Duration::from_secs(15)));
        assert_eq!(waits.next(Some(Duration::from_secs(15))), None);
        assert_eq!(waits.next(None), Some(Duration::from_millis(400)));
    }
}
