//! The roster that rights follow, and tokens: kept in memory, and never behind what another daemon recorded.

use std::sync::{Arc, PoisonError, RwLock};

use super::Engine;
use crate::recorded::Hash;
use crate::roster::Roster;
use crate::store::{RosterVersion, Store, StoreError, Token};

/// The roster as it is known here, with its version; 0 before the first.
#[derive(Debug)]
pub(super) struct Followed(RwLock<(u64, Arc<Roster>)>);

impl Followed {
    /// Reads the roster that stands.
    pub(super) async fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let (version, roster) = match store.roster().await? {
            Some(stored) => (stored.event.version, opened(&stored)?),
            None => (0, Roster::default()),
        };
        Ok(Self(RwLock::new((version, Arc::new(roster)))))
    }

    fn version(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).0
    }

    fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Has rights follow a roster, unless they follow a newer one.
    fn follow(&self, version: u64, roster: Roster) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.0 <= version {
            *kept = (version, Arc::new(roster));
        }
    }
}

impl Engine {
    /// Returns the roster as it was when somebody was last looked up by a token.
    #[must_use]
    pub fn roster(&self) -> Arc<Roster> {
        self.0.roster.roster()
    }

    /// Returns the roster as it stands, for work that nobody with a token asked for.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if it cannot be read.
    pub async fn current_roster(&self) -> Result<Arc<Roster>, StoreError> {
        if self.0.store.is_shared() {
            let version = self.0.store.roster_version().await?;
            self.follow_to(version).await?;
        }
        Ok(self.roster())
    }

    /// Returns a token by the hash of its text; rights follow the roster that stands when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if it cannot be looked up.
    pub async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        if !self.0.store.is_shared() {
            return self.0.store.token(hash).await;
        }
        let Some((token, roster)) = self.0.store.token_and_roster(hash).await? else {
            return Ok(None);
        };
        self.follow_to(roster).await?;
        Ok(Some(token))
    }

    /// Has rights follow a roster that is recorded.
    pub(super) fn follow(&self, version: u64, roster: Roster) {
        self.0.roster.follow(version, roster);
    }

    /// Reads the roster again where another daemon has recorded one of this version.
    async fn follow_to(&self, version: u64) -> Result<(), StoreError> {
        if self.0.roster.version() < version
            && let Some(stored) = self.0.store.roster().await?
        {
            self.follow(stored.event.version, opened(&stored)?);
        }
        Ok(())
    }
}

fn opened(stored: &RosterVersion) -> Result<Roster, StoreError> {
    serde_json::from_str(&stored.roster).map_err(|cause| StoreError::Corrupt {
        table: "roster",
        row: stored.event.version.to_string(),
        what: cause.to_string(),
    })
}
