//! Hints between daemons of one store: who puts something into the outbox tells the others, outside any decision.
//!
//! Nothing depends on a hint; every daemon looks by itself too.

use std::time::Duration;

use super::Engine;

/// How long everything that is put into the outbox is told by one hint.
const GATHERED: Duration = Duration::from_millis(100);
/// How long the store is left alone after a hint that could not be given or heard.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

impl Engine {
    /// Gives hints to the other daemons of the store and follows theirs, for as long as it is waited for.
    pub async fn exchange_hints(&self) {
        if self.0.store.is_shared() {
            tokio::join!(self.give_hints(), self.follow_hints());
        }
        std::future::pending::<()>().await;
    }

    async fn give_hints(&self) {
        loop {
            self.0.stirred.for_others().await;
            let given = self.0.store.hint().await;
            // Until then more may have come: the next hint tells of all of it.
            tokio::time::sleep(if given.is_ok() { GATHERED } else { AFTER_FAILURE }).await;
        }
    }

    async fn follow_hints(&self) {
        loop {
            match self.0.store.hinted().await {
                Ok(()) => self.0.stirred.heard(),
                Err(error) => {
                    tracing::debug!(%error, "hints of other daemons are not heard");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }
}
