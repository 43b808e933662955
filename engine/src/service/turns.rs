//! Turns: who lost an application to somebody else decides again alone.
//!
//! Without them, of a hundred requests for one application each round would record one and send the others back, until they
//! give up. A first try takes no turn: applications that nobody contends for wait for nobody.

use tokio::sync::{Mutex, MutexGuard};

use crate::id::ApplicationId;

/// How many applications can be had at once; those that share a turn wait for each other and are decided alike.
const TURNS: usize = 64;

/// Turns at applications.
#[derive(Debug)]
pub(super) struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..TURNS).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    /// Waits for the turn at an application.
    pub(super) async fn wait(&self, application: ApplicationId) -> Option<MutexGuard<'_, ()>> {
        let [.., last] = application.0.into_bytes();
        let turn = self.0.get(usize::from(last) % TURNS)?;
        Some(turn.lock().await)
    }
}
