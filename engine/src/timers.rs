//! Timers: when the next one is due. What fires is an ordinary command ([`Engine::fire_timers`]).

use std::time::Duration;

use jiff::SignedDuration;

use crate::service::{Engine, Failure};

impl Engine {
    /// Returns how long it is until the next timer is due, and at most `within`.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store cannot be asked.
    pub async fn until_next_timer(&self, within: Duration) -> Result<Duration, Failure> {
        let now = self.now();
        let horizon = now + SignedDuration::try_from(within).unwrap_or(SignedDuration::ZERO);
        let next = self.store().due_timers(horizon, None, 1).await?;
        let until = next.first().map(|timer| timer.due.duration_since(now));
        // One that is overdue could not be fired just now: it is not tried again at once.
        let until = until.filter(SignedDuration::is_positive);
        Ok(until.map_or(within, |until| Duration::try_from(until).unwrap_or(within)))
    }
}
