//! Work that falls due: timers, expired vouchers, values past their time to keep. Each becomes an ordinary command.
//!
//! An application that fails stops none behind it: it is passed and named.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Engine, Failure, Principal};
use crate::command::Action;
use crate::id::ApplicationId;
use crate::refusal::Refusal;
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
        let mut swept = Swept::default();
        loop {
            let before = swept.done;
            let mut after = None;
            loop {
                let due = self.take_timers(after).await?;
                let Some(last) = due.last() else { break };
                after = Some(*last);
                for timer in &due {
                    let (task, rule, instant) = (timer.task.number, timer.rule, timer.due);
                    let action = Action::TimeOut { task, rule, due: instant };
                    self.do_once(timer.task.application, action, &mut swept).await?;
                }
            }
            // A timer that fired may have set others that are due already.
            if swept.done == before {
                return Ok(swept);
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
        let mut swept = Swept::default();
        let mut after = None;
        loop {
            let store = &self.0.store;
            let page = store.ended_vouchers(programme, end, after, MAX_PAGE).await?;
            for id in page.items {
                self.do_once(id, Action::Expire, &mut swept).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(swept);
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
        let mut swept = Swept::default();
        let mut after = None;
        loop {
            let page = self.0.store.past_keeping(end, after, MAX_PAGE).await?;
            for id in page.items {
                self.do_once(id, Action::Erase, &mut swept).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(swept);
            }
        }
    }

    /// Does something that another daemon or an earlier run may have done, unless its application failed in this run.
    async fn do_once(
        &self,
        id: ApplicationId,
        action: Action,
        swept: &mut Swept,
    ) -> Result<(), Failure> {
        if swept.failed.contains_key(&id) {
            return Ok(());
        }
        match self.handle(&Principal::Engine, id, action, None).await {
            Ok(outcome) => swept.done += usize::from(!outcome.events.is_empty()),
            Err(Failure::Refused(
                Refusal::AlreadyDone | Refusal::StillOpen | Refusal::NotFound,
            )) => {}
            Err(Failure::Store(error)) if error.concerns_all() => return Err(error.into()),
            // Nothing more can be recorded, of no application.
            Err(failure) if !self.0.writer.is_alive() => return Err(failure),
            Err(failure) => {
                swept.failed.insert(id, failure);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
