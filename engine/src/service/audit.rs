//! Recomputes everything that a store holds of applications, definitions and the roster, while others may be writing to it. Repairs nothing.

use std::collections::BTreeSet;

use super::deploy::follows;
use crate::audit::{Difference, check};
use crate::event::NOTHING_BEFORE;
use crate::id::ApplicationId;
use crate::recorded::{Hash, Personal};
use crate::store::{Auditable, MAX_PAGE, StoreError, Stored};
use crate::vault::{MasterKey, Sealed};

/// How often an application that moves meanwhile is read again.
const MAX_TRIES: usize = 16;

/// What was checked, without a difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Audited {
    /// Applications.
    pub applications: u64,
    /// Their events.
    pub events: u64,
    /// Definitions, whether or not an application stays on them.
    pub definitions: u64,
}

/// Why a store is not known to be without a difference.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Something differs: the first thing that was found.
    #[error(transparent)]
    Different(#[from] Difference),
    /// A definition is not there, or not what its digest says.
    #[error("definition {0}: its source does not match its digest")]
    Definition(Hash),
    /// A version of the roster is missing, or not what its log says.
    #[error("the roster, version {version}: {what}")]
    Roster {
        /// The version, from 1.
        version: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks every application of a store: bytes, chains, commitments, folds, sums, and what is derived from its row; then every
/// definition, and the log of the roster.
///
/// # Errors
///
/// Returns the first difference, or why the store cannot be read.
pub async fn audit(store: &dyn Auditable, master: &MasterKey) -> Result<Audited, AuditError> {
    let mut audited = Audited::default();
    let mut definitions = BTreeSet::new();
    let mut after = None;
    loop {
        let ids = store.ids(after, MAX_PAGE).await?;
        for id in &ids {
            let stored = settled(store, master, *id).await?;
            audited.applications += 1;
            audited.events += stored.application.version;
            if definitions.insert(stored.application.definition) {
                definition(store, stored.application.definition).await?;
                audited.definitions += 1;
            }
        }
        after = ids.last().copied();
        if after.is_none() {
            break;
        }
    }
    if let Some(id) = store.without_row().await? {
        return Err(difference(id, 1, "it has events and no row").into());
    }
    for newest in store.newest(None).await? {
        for deployed in store.definitions(Some(&newest.programme)).await? {
            if definitions.insert(deployed.digest) {
                definition(store, deployed.digest).await?;
                audited.definitions += 1;
            }
        }
    }
    roster(store).await?;
    Ok(audited)
}

/// Checks the roster's own log from its first version on.
async fn roster(store: &dyn Auditable) -> Result<(), AuditError> {
    let (mut next, mut previous) = (1, NOTHING_BEFORE);
    loop {
        let log = store.roster_log(next, MAX_PAGE).await?;
        if log.is_empty() {
            return Ok(());
        }
        for version in &log {
            follows(version, next, previous)
                .map_err(|what| AuditError::Roster { version: next, what })?;
            previous = version.event.digest;
            next += 1;
        }
    }
}

/// Checks an application, again if it moved meanwhile.
async fn settled(
    store: &dyn Auditable,
    master: &MasterKey,
    id: ApplicationId,
) -> Result<Stored, AuditError> {
    let mut stored = row(store, id).await?;
    for _ in 1..MAX_TRIES {
        let found = application(store, master, &stored).await;
        let now = row(store, id).await?;
        if found.is_ok() || now.application.version == stored.application.version {
            return found.map(|()| stored);
        }
        stored = now;
    }
    application(store, master, &stored).await.map(|()| stored)
}

async fn row(store: &dyn Auditable, id: ApplicationId) -> Result<Stored, AuditError> {
    let stored = store.application(id).await?;
    let own = stored.filter(|stored| stored.application.id == id);
    own.ok_or_else(|| difference(id, 1, "its row is gone, or another's").into())
}

/// Checks an application against the row that was read.
async fn application(
    store: &dyn Auditable,
    master: &MasterKey,
    stored: &Stored,
) -> Result<(), AuditError> {
    let application = &stored.application;
    let (id, after) = (application.id, application.version + 1);
    let events = store.events(id, 1).await?;
    let sealed = store.sealed(id).await?;
    let personal = opened(master, stored, &sealed)
        .ok_or_else(|| difference(id, after, "a sealed value cannot be opened"))?;
    check(id, &events, application, &personal)?;
    match store.differing(application).await? {
        Some(table) => {
            let what = format!("table `{table}` is not what the row comes to");
            Err(difference(id, after, &what).into())
        }
        None => Ok(()),
    }
}

/// Opens the personal values; without a key there must be none.
fn opened(master: &MasterKey, stored: &Stored, sealed: &[Sealed]) -> Option<Vec<Personal>> {
    let id = stored.application.id;
    let Some(wrapped) = &stored.key else { return sealed.is_empty().then(Vec::new) };
    let key = master.unwrap(id, wrapped).ok()?;
    sealed.iter().map(|sealed| key.open(id, sealed).ok()).collect()
}

async fn definition(store: &dyn Auditable, digest: Hash) -> Result<(), AuditError> {
    match store.definition(digest).await? {
        Some(found) if Hash::of(&found.source) == digest => Ok(()),
        _ => Err(AuditError::Definition(digest)),
    }
}

fn difference(application: ApplicationId, version: u64, what: &str) -> Difference {
    Difference { application, version, what: what.to_owned() }
}
