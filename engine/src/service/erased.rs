//! Applications of an old copy whose keys were destroyed since: what happened to them is recorded in the copy as well.
//!
//! For a store that no daemon serves yet.

use std::sync::Arc;

use annona_definitions::Programme;
use jiff::Timestamp;

use super::Failure;
use crate::command::{Action, Command};
use crate::decide::{Case, decide};
use crate::facts::Facts;
use crate::id::Who;
use crate::recorded::Opened;
use crate::store::{ApplicationUnit, Batch, MAX_PAGE, Store, Stored, Unit};

/// Records the erasure of every application that has no key and is not erased, and returns how many there were.
///
/// # Errors
///
/// Returns [`Failure`] if the store fails, or an application's programme cannot be read.
pub async fn erase_without_key(store: &dyn Store, now: Timestamp) -> Result<u64, Failure> {
    let (mut erased, mut after) = (0, None);
    loop {
        let ids = store.ids(after, MAX_PAGE).await?;
        for id in &ids {
            let stored = store.application(*id).await?;
            let lost = stored.filter(|it| it.key.is_none() && !it.application.erased);
            if let Some(lost) = lost {
                erase(store, lost, now).await?;
                erased += 1;
            }
        }
        after = ids.last().copied();
        if after.is_none() {
            return Ok(erased);
        }
    }
}

async fn erase(store: &dyn Store, stored: Stored, now: Timestamp) -> Result<(), Failure> {
    let before = stored.application;
    let programme = programme(store, &before).await?;
    let opened = Opened::default();
    let case = Case { programme: &programme, application: Some(&before), opened: &opened };
    let command = Command { who: Who::Engine, on_behalf_of: None, action: Action::Erase };
    let facts = Facts { key_is_gone: true, ..Facts::default() };
    let decision = decide(case, &command, &facts, now)?;
    let unit = ApplicationUnit {
        events: decision.events.into_iter().map(|(_, stored)| stored).collect(),
        destroy_key: true,
        ..ApplicationUnit::of(decision.application, before.version)
    };
    match store.commit(&[Unit::Application(Arc::new(unit))]).await? {
        Batch::Committed(_) => Ok(()),
        Batch::Lost(_) => Err(Failure::Broken("somebody else writes to the store".to_owned())),
    }
}

async fn programme(
    store: &dyn Store,
    application: &crate::application::Application,
) -> Result<Programme, Failure> {
    let digest = application.definition;
    let definition = store.definition(digest).await?;
    let definition =
        definition.ok_or_else(|| Failure::Broken(format!("there is no definition {digest}")))?;
    let compiled = annona_definitions::compile_deployed(&definition.programme, &definition.source);
    compiled
        .programme
        .ok_or_else(|| Failure::Broken(format!("definition {digest} no longer compiles")))
}
