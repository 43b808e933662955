//! An application that somebody asks for, with how they stand to it.
//!
//! What one may not see is not there; the table of rights is [`crate::auth::may`]'s.

use std::sync::Arc;

use annona_definitions::Programme;
use annona_engine::id::ApplicationId;
use annona_engine::recorded::Hash;
use annona_engine::service::{Idempotency, Loaded};

use super::App;
use super::extract::IdempotencyKey;
use super::problem::Problem;
use super::shape::Viewer;
use crate::auth::{Principal, Sight, sees_personal};

/// An application and its definition, for one who asks.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) loaded: Arc<Loaded>,
    pub(super) programme: Arc<Programme>,
    is_theirs: bool,
}

impl App {
    /// Loads an application for somebody; whether they may see it is still to be asked.
    pub(super) async fn seen(
        &self,
        principal: &Principal,
        id: ApplicationId,
    ) -> Result<Seen, Problem> {
        let loaded = self.0.engine.load(id).await?.ok_or_else(Problem::not_found)?;
        let programme = self.0.engine.programme(loaded.application.definition).await?;
        let is_theirs = match principal.applicant() {
            Some((own, contact)) if own == programme.id.as_str() => {
                self.0.engine.store().is_known_by(id, &[contact]).await?
            }
            _ => false,
        };
        Ok(Seen { loaded, programme, is_theirs })
    }
}

impl Seen {
    /// Returns what the table of rights is asked about.
    pub(super) fn sight(&self) -> Sight<'_> {
        Sight { application: &self.loaded.application, is_theirs: self.is_theirs }
    }

    /// Returns what shapes for this person are made with.
    pub(super) fn viewer<'a>(&'a self, principal: &'a Principal) -> Viewer<'a> {
        Viewer {
            programme: &self.programme,
            opened: &self.loaded.opened,
            sees_personal: sees_personal(principal, self.sight()),
            language: language(principal, &self.programme),
        }
    }
}

/// Returns the language in which somebody reads a programme: the first of theirs that it has.
pub(super) fn language<'a>(principal: &'a Principal, programme: &'a Programme) -> &'a str {
    let person = principal.person();
    let mut preferred = person.into_iter().flat_map(|person| &person.languages);
    preferred
        .find(|language| programme.languages.contains(language))
        .map_or_else(|| programme.fallback_language(), String::as_str)
}

/// Returns what makes a request count once: who, which route, which key, which body.
pub(super) fn once(
    principal: &Principal,
    route: &str,
    key: &IdempotencyKey,
    request: Hash,
) -> Option<Idempotency> {
    let key = key.0.as_deref()?;
    let scope = Hash::of(format!("{}\n{route}\n{key}", principal.scope()).as_bytes());
    Some(Idempotency { scope, request })
}
