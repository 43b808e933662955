//! Who asks, and what they may do: decided here and nowhere else in this crate.
//!
//! Rights are read from the roster at each request. Duties, states and versions are the decision core's to check; what is
//! checked here is who may see a thing, and who may do what concerns no application.

mod may;
mod principal;
mod token;

use std::sync::Arc;

use annona_engine::recorded::Hash;
use annona_engine::roster::Roster;
use annona_engine::service::Engine;
use annona_engine::store::{StoreError, Token};
use async_trait::async_trait;
use jiff::Timestamp;

pub use may::{Action, Sight, may, sees_personal};
pub use principal::Principal;
pub use token::{Secret, hash};

/// Where tokens and the roster are looked up.
#[async_trait]
pub trait Directory: Send + Sync + std::fmt::Debug + 'static {
    /// Returns a token by the hash of its text.
    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError>;

    /// Returns the roster as it stood when the last token was looked up, or later.
    async fn roster(&self) -> Result<Arc<Roster>, StoreError>;
}

#[async_trait]
impl Directory for Engine {
    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        Self::token(self, hash).await
    }

    async fn roster(&self) -> Result<Arc<Roster>, StoreError> {
        Ok(Self::roster(self))
    }
}

/// Returns whose a token is; `None` where it is unknown, over, or belongs to nobody in the roster.
///
/// # Errors
///
/// Returns [`StoreError`] if it cannot be looked up.
pub async fn authenticate(
    directory: &dyn Directory,
    text: &str,
    now: Timestamp,
) -> Result<Option<Principal>, StoreError> {
    // A text that is no token costs no look-up.
    let Some(hash) = token::hash(text) else { return Ok(None) };
    let Some(found) = directory.token(hash).await? else { return Ok(None) };
    if !token::same(found.hash, hash) || found.expires_at.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    let roster = directory.roster().await?;
    Ok(Principal::of(found.owner, roster))
}

#[cfg(test)]
mod tests;
