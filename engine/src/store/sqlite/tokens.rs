//! Tokens that were asked for lately, kept in memory: every request asks for one, and whoever writes to the file has it to
//! themselves.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::super::{Record, StoreError, Token, Unit};
use crate::recorded::Hash;

/// Most tokens that are kept.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// Tokens by the hash of their text.
#[derive(Debug, Clone)]
pub(super) struct Tokens(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    tokens: LruCache<Hash, Token>,
    /// How often they were forgotten.
    forgotten: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        let tokens = LruCache::new(MAX_KEPT);
        Self(Arc::new(Mutex::new(Kept { tokens, forgotten: 0 })))
    }
}

impl Tokens {
    /// Returns a token, reading one that is not kept.
    pub(super) fn one(
        &self,
        hash: Hash,
        read: impl FnOnce() -> Result<Option<Token>, StoreError>,
    ) -> Result<Option<Token>, StoreError> {
        let before = {
            let mut kept = self.kept();
            if let Some(token) = kept.tokens.get(&hash) {
                return Ok(Some(token.clone()));
            }
            kept.forgotten
        };
        let found = read()?;
        let mut kept = self.kept();
        // What was read before tokens changed is not kept after.
        if let Some(token) = &found
            && kept.forgotten == before
        {
            kept.tokens.put(hash, token.clone());
        }
        Ok(found)
    }

    /// Forgets all of them once a batch that changes tokens was tried, whatever it came to.
    pub(super) fn forget(&self, batch: &[Unit]) {
        let changes = |unit: &Unit| match unit {
            Unit::Record(
                Record::AddToken(_)
                | Record::RemoveToken(_)
                | Record::UseSignIn { .. }
                | Record::Purge { .. },
            ) => true,
            Unit::Record(
                Record::Deploy(_)
                | Record::Roster(_)
                | Record::AddSignIn(_)
                | Record::FailSignIn(_)
                | Record::AddDocument(_)
                | Record::RemoveDocuments(_)
                | Record::Delivered(..)
                | Record::CloseIncident(_)
                | Record::ScheduleRun(..),
            )
            | Unit::Application(_) => false,
        };
        if batch.iter().any(changes) {
            let mut kept = self.kept();
            kept.tokens.clear();
            kept.forgotten += 1;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::TokenOwner;
    use super::*;
    use crate::id::Who;

    fn token() -> Token {
        Token {
            id: uuid::Uuid::from_u128(1),
            hash: Hash([1; 32]),
            owner: TokenOwner::Listed(Who::Engine),
            label: String::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            expires_at: None,
        }
    }

    fn removed() -> Unit {
        Unit::Record(Record::RemoveToken(token().id))
    }

    #[test]
    fn a_token_is_read_once_until_tokens_change() {
        let tokens = Tokens::default();
        let unasked = || panic!("it is kept");
        assert_eq!(tokens.one(token().hash, || Ok(None)).unwrap(), None);
        assert_eq!(tokens.one(token().hash, || Ok(Some(token()))).unwrap(), Some(token()));
        assert_eq!(tokens.one(token().hash, unasked).unwrap(), Some(token()));
        tokens.forget(&[removed()]);
        assert_eq!(tokens.one(token().hash, || Ok(None)).unwrap(), None);
    }

    #[test]
    fn what_was_read_while_tokens_changed_is_not_kept() {
        let tokens = Tokens::default();
        let meanwhile = || {
            tokens.forget(&[removed()]);
            Ok(Some(token()))
        };
        assert_eq!(tokens.one(token().hash, meanwhile).unwrap(), Some(token()));
        assert_eq!(tokens.one(token().hash, || Ok(None)).unwrap(), None);
    }
}
