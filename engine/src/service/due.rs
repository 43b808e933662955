//! Work that falls due: timers, expired vouchers, values past their time to keep. Each becomes an ordinary command.

use super::{Engine, Failure, Principal};
use crate::command::Action;
use crate::refusal::Refusal;
use crate::store::MAX_PAGE;

impl Engine {
    /// Fires every timer that is due and returns how many did something.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails; what fired stays fired.
    pub async fn fire_timers(&self) -> Result<usize, Failure> {
        let mut fired = 0;
        loop {
            let due = self.0.store.due_timers(self.now(), MAX_PAGE).await?;
            let mut progress = 0;
            for timer in &due {
                let (task, rule, instant) = (timer.task.number, timer.rule, timer.due);
                let action = Action::TimeOut { task, rule, due: instant };
                progress += self.done_once(timer.task.application, action).await?;
            }
            fired += progress;
            if progress == 0 {
                return Ok(fired);
            }
        }
    }

    /// Records the expiry of a programme's vouchers that have ended, and returns how many.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails.
    pub async fn expire_vouchers(&self, programme: &str) -> Result<usize, Failure> {
        let mut expired = 0;
        loop {
            let ended = self.0.store.ended_vouchers(programme, self.now(), MAX_PAGE).await?;
            let mut progress = 0;
            for id in &ended {
                progress += self.done_once(*id, Action::Expire).await?;
            }
            expired += progress;
            if progress == 0 {
                return Ok(expired);
            }
        }
    }

    /// Erases the personal values that are past their time to keep, and returns of how many applications.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails.
    pub async fn erase_past_keeping(&self) -> Result<usize, Failure> {
        let mut erased = 0;
        loop {
            let past = self.0.store.past_keeping(self.now(), MAX_PAGE).await?;
            let mut progress = 0;
            for id in &past {
                progress += self.done_once(*id, Action::Erase).await?;
            }
            erased += progress;
            if progress == 0 {
                return Ok(erased);
            }
        }
    }

    /// Does something that another daemon or an earlier run may have done: 1 if it was done now.
    async fn done_once(
        &self,
        id: crate::id::ApplicationId,
        action: Action,
    ) -> Result<usize, Failure> {
        match self.handle(&Principal::Engine, id, action, None).await {
            Ok(outcome) => Ok(usize::from(!outcome.events.is_empty())),
            Err(Failure::Refused(
                Refusal::AlreadyDone | Refusal::StillOpen | Refusal::NotFound,
            )) => Ok(0),
            Err(failure) => Err(failure),
        }
    }
}
