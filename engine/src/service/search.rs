//! Looking for applications by words, and giving words and counts to those that were recorded before there were any.

use std::collections::BTreeMap;

use annona_definitions::programme::ProgrammeId;

use super::unit::erase_at;
use super::{Engine, Failure};
use crate::application::Application;
use crate::counted::{Counted, counted};
use crate::event::Event;
use crate::id::ApplicationId;
use crate::store::{ApplicationQuery, ApplicationUnit, Cursor, MAX_PAGE, Page, StoreError, Unit};
use crate::words::{Asked, words};
use crate::writer::CommitFailure;

/// Most applications that are given their words at once.
const FILLED_AT_ONCE: u32 = 32;

/// What became of applications without words.
#[derive(Debug, Default)]
pub struct Filled {
    /// How many have their words now.
    pub filled: u64,
    /// Those that cannot be read or recorded, and why.
    pub failed: BTreeMap<ApplicationId, Failure>,
    /// After which application to go on; `None`: there are no more.
    pub next: Option<ApplicationId>,
}

impl Engine {
    /// Returns a page of the applications that a query finds and whose reference begins as given, or which, in one of the
    /// programmes `by_words`, are found by all words that are asked for. The newest first.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store fails.
    pub async fn search(
        &self,
        query: &ApplicationQuery,
        begins: &str,
        asked: &Asked,
        by_words: &[ProgrammeId],
    ) -> Result<Page<Application>, StoreError> {
        let mut ways = vec![ApplicationQuery {
            reference_prefix: Some(begins.trim().to_ascii_uppercase()),
            ..query.clone()
        }];
        if !asked.is_empty() {
            ways.extend(by_words.iter().map(|programme| ApplicationQuery {
                programmes: vec![programme.clone()],
                words: asked.of(programme, &self.0.master),
                ..query.clone()
            }));
        }
        let mut found = BTreeMap::new();
        let mut more = false;
        for way in &ways {
            let page = self.0.store.applications(way).await?;
            more |= page.next.is_some();
            found.extend(page.items.into_iter().map(|row| ((row.submitted_at, row.id), row)));
        }
        let size = usize::try_from(query.limit.clamp(1, MAX_PAGE)).unwrap_or(usize::MAX);
        more |= found.len() > size;
        let items: Vec<_> = found.into_values().rev().take(size).collect();
        let place = |row: &Application| Cursor {
            key: row.submitted_at.as_microsecond(),
            id: row.id,
            task: 0,
        };
        Ok(Page { next: items.last().filter(|_| more).map(place), items })
    }

    /// Gives their words and counts to some of the applications after `after` that were recorded before there were any.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if it cannot be told which they are.
    pub async fn fill_words(&self, after: Option<ApplicationId>) -> Result<Filled, StoreError> {
        let ids = self.0.store.unfilled(after, FILLED_AT_ONCE).await?;
        let mut filled = Filled { next: ids.last().copied(), ..Filled::default() };
        let mut filling = tokio::task::JoinSet::new();
        for id in ids {
            let engine = self.clone();
            filling.spawn(async move { (id, engine.fill(id).await) });
        }
        while let Some(one) = filling.join_next().await {
            match one {
                Ok((_, Ok(()))) => filled.filled += 1,
                Ok((id, Err(failure))) => {
                    filled.failed.insert(id, failure);
                }
                Err(panicked) => return Err(StoreError::Database(panicked.to_string())),
            }
        }
        Ok(filled)
    }

    /// Returns what reports count of an application's log.
    async fn counted(&self, application: &Application) -> Result<Vec<Counted>, Failure> {
        let mut all = Vec::new();
        for stored in self.0.store.events(application.id, 1).await? {
            let event = Event::read(&stored.bytes);
            let event = event.map_err(|cause| Failure::Broken(cause.to_string()))?;
            all.extend(counted(&event, application.voucher.as_ref()));
        }
        Ok(all)
    }

    /// Gives its words and counts to an application; whoever records something meanwhile is not held up, and it is left for the next time.
    async fn fill(&self, id: ApplicationId) -> Result<(), Failure> {
        // Not kept in memory: what is old would take the place of what is worked on.
        let Some(loaded) = self.open(id).await? else { return Ok(()) };
        let programme = self.programme(loaded.application.definition).await?;
        let unit = ApplicationUnit {
            erase_at: erase_at(&programme, &loaded.application),
            counted: self.counted(&loaded.application).await?,
            filled: true,
            words: Some(words(&programme, &Self::form(&programme, &loaded), &self.0.master)),
            ..ApplicationUnit::of(loaded.application.clone(), loaded.application.version)
        };
        match self.0.writer.commit(Unit::Application(Box::new(unit))).await {
            Ok(_) | Err(CommitFailure::Lost(_)) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}
