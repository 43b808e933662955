//! One run over what is due: so much of it under way at once that the writer always has a batch to take.
//!
//! What is due of one application is done in order, by one task.

use std::collections::{HashMap, HashSet};

use tokio::task::JoinSet;

use super::Swept;
use crate::command::Action;
use crate::id::ApplicationId;
use crate::refusal::Refusal;
use crate::service::{Engine, Failure, Principal};
use crate::store::MAX_BATCH;

/// Applications that may still be under way while the next page of what is due is read.
const MAX_LEFT: usize = MAX_BATCH;

/// A run over what is due.
#[derive(Debug)]
pub(super) struct Sweep {
    engine: Engine,
    swept: Swept,
    working: JoinSet<(ApplicationId, usize, Option<Failure>)>,
    under_way: HashSet<ApplicationId>,
}

impl Sweep {
    /// Begins a run.
    pub(super) fn new(engine: &Engine) -> Self {
        let engine = engine.clone();
        let (swept, working, under_way) = Default::default();
        Self { engine, swept, working, under_way }
    }

    /// Returns how much was done.
    pub(super) fn done(&self) -> usize {
        self.swept.done
    }

    /// Begins a page of what is due, in its order, but for applications that failed in this run; returns once most is done.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if nothing more can be recorded, of no application.
    pub(super) async fn begin(
        &mut self,
        due: impl Iterator<Item = (ApplicationId, Action)>,
    ) -> Result<(), Failure> {
        let mut of_each: HashMap<ApplicationId, Vec<Action>> = HashMap::new();
        for (id, action) in due {
            of_each.entry(id).or_default().push(action);
        }
        if of_each.keys().any(|id| self.under_way.contains(id)) {
            self.settle().await?;
        }
        for (id, actions) in of_each {
            if !self.swept.failed.contains_key(&id) {
                self.under_way.insert(id);
                self.working.spawn(in_order(self.engine.clone(), id, actions));
            }
        }
        self.until_left(MAX_LEFT).await
    }

    /// Waits for everything that was begun.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if nothing more can be recorded, of no application.
    pub(super) async fn settle(&mut self) -> Result<(), Failure> {
        self.until_left(0).await
    }

    /// Returns what the run came to.
    pub(super) fn end(self) -> Swept {
        self.swept
    }

    async fn until_left(&mut self, most: usize) -> Result<(), Failure> {
        while self.working.len() > most {
            let Some(worked) = self.working.join_next().await else { return Ok(()) };
            // The words of a panic may hold values: they are not passed on.
            let panicked = |_| Failure::Broken("what was due panicked".to_owned());
            let (id, done, failure) = worked.map_err(panicked)?;
            self.under_way.remove(&id);
            self.swept.done += done;
            match failure {
                None => {}
                Some(Failure::Store(error)) if error.concerns_all() => return Err(error.into()),
                // Nothing more can be recorded, of no application.
                Some(failure) if !self.engine.0.writer.is_alive() => return Err(failure),
                Some(failure) => {
                    self.swept.failed.insert(id, failure);
                }
            }
        }
        Ok(())
    }
}

/// Does what is due of one application, which another daemon or an earlier run may have done; returns how much it did, and what
/// stopped it.
async fn in_order(
    engine: Engine,
    id: ApplicationId,
    actions: Vec<Action>,
) -> (ApplicationId, usize, Option<Failure>) {
    let mut done = 0;
    for action in actions {
        match engine.handle(&Principal::Engine, id, action, None).await {
            Ok(outcome) => done += usize::from(!outcome.events.is_empty()),
            Err(Failure::Refused(
                Refusal::AlreadyDone | Refusal::StillOpen | Refusal::NotFound,
            )) => {}
            Err(failure) => return (id, done, Some(failure)),
        }
    }
    (id, done, None)
}
