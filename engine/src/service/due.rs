//! Work that falls due: timers, expired vouchers, values past their time to keep. Each becomes an ordinary command.
//!
//! What is due of many applications is done at once, so that the writer records it in common batches ([`sweep`]). An application
//! that fails stops none behind it: it is passed and named.

mod sweep;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use self::sweep::Sweep;

use super::{Engine, Failure};
use crate::command::Action;
use crate::id::ApplicationId;
use crate::store::{DueTimer, MAX_PAGE, StoreError};

/// How long a daemon has to fire the timers that it took before another one tries.
const TIMER_LEASE: Duration = Duration::from_secs(5);

/// What a run over everything that is due came to.
#[derive(Debug, Clone, Default)]
pub struct Swept {
    /// How much was done.
    pub done: usize,
    /// Applications of which something due could not be done, each with its first failure.
    pub failed: BTreeMap<ApplicationId, Failure>,
}

impl Swept {
    /// Logs what could not be done.
    pub fn log_failed(&self, what: &'static str) {
        for (application, cause) in &self.failed {
            tracing::error!(%application, %cause, what, "an application is passed");
        }
    }
}

impl Engine {
    /// Fires every timer that is due.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails; what fired stays fired.
    pub async fn fire_timers(&self) -> Result<Swept, Failure> {
        let mut sweep = Sweep::new(self);
        loop {
            let before = sweep.done();
            let mut after = None;
            loop {
                let due = self.take_timers(after).await?;
                let Some(last) = due.last() else { break };
                after = Some(*last);
                sweep.begin(due.iter().map(time_out)).await?;
            }
            sweep.settle().await?;
            // A timer that fired may have set others that are due already.
            if sweep.done() == before {
                return Ok(sweep.end());
            }
        }
    }

    async fn take_timers(&self, after: Option<DueTimer>) -> Result<Vec<DueTimer>, StoreError> {
        let now = self.now();
        let until = now + SignedDuration::try_from(TIMER_LEASE).unwrap_or(SignedDuration::ZERO);
        self.0.store.take_timers(now, until, after, MAX_PAGE).await
    }

    /// Records the expiry of a programme's vouchers that have ended.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails; what is recorded stays.
    pub async fn expire_vouchers(&self, programme: &str) -> Result<Swept, Failure> {
        self.expire_vouchers_ended(programme, self.now()).await
    }

    /// Records the expiry of a programme's vouchers that had ended at `end`.
    pub(crate) async fn expire_vouchers_ended(
        &self,
        programme: &str,
        end: Timestamp,
    ) -> Result<Swept, Failure> {
        let mut sweep = Sweep::new(self);
        let mut after = None;
        loop {
            let store = &self.0.store;
            let page = store.ended_vouchers(programme, end, after, MAX_PAGE).await?;
            sweep.begin(page.items.into_iter().map(|id| (id, Action::Expire))).await?;
            after = page.next;
            if after.is_none() {
                sweep.settle().await?;
                return Ok(sweep.end());
            }
        }
    }

    /// Erases the personal values that are past their time to keep.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails; what is erased stays erased.
    pub async fn erase_past_keeping(&self) -> Result<Swept, Failure> {
        self.erase_kept_until(self.now()).await
    }

    /// Erases the personal values whose time to keep was over at `end`.
    pub(crate) async fn erase_kept_until(&self, end: Timestamp) -> Result<Swept, Failure> {
        let mut sweep = Sweep::new(self);
        let mut after = None;
        loop {
            let page = self.0.store.past_keeping(end, after, MAX_PAGE).await?;
            sweep.begin(page.items.into_iter().map(|id| (id, Action::Erase))).await?;
            after = page.next;
            if after.is_none() {
                sweep.settle().await?;
                return Ok(sweep.end());
            }
        }
    }
}

fn time_out(timer: &DueTimer) -> (ApplicationId, Action) {
    let (task, rule) = (timer.task.number, timer.rule);
    (timer.task.application, Action::TimeOut { task, rule, due: timer.due })
}

#[cfg(test)]
mod tests;
