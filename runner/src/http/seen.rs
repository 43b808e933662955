//! An application that somebody asks for, with how they stand to it.
//!
//! What one may not see is not there; the table of rights is [`crate::auth::may`]'s.

use std::str::FromStr;
use std::sync::Arc;

use annona_definitions::Programme;
use annona_engine::application::Application;
use annona_engine::id::{ApplicationId, IdError, VoucherId};
use annona_engine::recorded::Hash;
use annona_engine::reference::Reference;
use annona_engine::service::{Idempotency, Loaded};

use super::App;
use super::extract::IdempotencyKey;
use super::problem::Problem;
use super::shape::Viewer;
use crate::auth::{Action, Principal, Sight, may, sees_personal};

/// An application and its definition, for one who asks.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) loaded: Arc<Loaded>,
    pub(super) programme: Arc<Programme>,
    is_theirs: bool,
}

/// An application as an address names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// By its id.
    Id(ApplicationId),
    /// By the reference that people quote.
    Reference(String),
}

impl FromStr for Named {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => Reference::normalise(text).map(Self::Reference).ok_or(IdError),
        }
    }
}

impl App {
    /// Loads an application by what an address names; whether they may see it is still to be asked.
    pub(super) async fn named(
        &self,
        principal: &Principal,
        named: &Named,
    ) -> Result<Seen, Problem> {
        let id = match named {
            Named::Id(id) => Some(*id),
            Named::Reference(text) => self.0.engine.store().by_reference(text).await?,
        };
        self.seen(principal, id.ok_or_else(Problem::not_found)?).await
    }

    /// Loads the application of a voucher; whether they may see it is still to be asked.
    pub(super) async fn with_voucher(
        &self,
        principal: &Principal,
        voucher: VoucherId,
    ) -> Result<Seen, Problem> {
        let id = self.0.engine.store().by_voucher(voucher).await?;
        self.seen(principal, id.ok_or_else(Problem::not_found)?).await
    }

    /// Loads an application for somebody; whether they may see it is still to be asked.
    pub(super) async fn seen(
        &self,
        principal: &Principal,
        id: ApplicationId,
    ) -> Result<Seen, Problem> {
        let loaded = self.0.engine.load(id).await?.ok_or_else(Problem::not_found)?;
        self.standing(principal, loaded).await
    }

    /// Loads an application that this daemon has just recorded, or whose rights do not hang on what is recorded of it.
    pub(super) async fn seen_recent(
        &self,
        principal: &Principal,
        id: ApplicationId,
    ) -> Result<Seen, Problem> {
        let loaded = self.0.engine.load_recent(id).await?.ok_or_else(Problem::not_found)?;
        self.standing(principal, loaded).await
    }

    async fn standing(&self, principal: &Principal, loaded: Arc<Loaded>) -> Result<Seen, Problem> {
        let id = loaded.application.id;
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

    /// Checks that somebody may do something with it.
    pub(super) fn may<'a>(
        &'a self,
        principal: &Principal,
        action: impl FnOnce(Sight<'a>) -> Action<'a>,
    ) -> Result<(), Problem> {
        may(principal, action(self.sight())).map_err(Problem::from)
    }

    /// Returns what shapes for this person are made with.
    pub(super) fn viewer<'a>(&'a self, principal: &'a Principal) -> Viewer<'a> {
        self.viewer_of(principal, &self.loaded.application)
    }

    /// Returns what shapes for this person are made with, of the application as a request left it.
    pub(super) fn viewer_of<'a>(
        &'a self,
        principal: &'a Principal,
        application: &Application,
    ) -> Viewer<'a> {
        let sight = Sight { application, is_theirs: self.is_theirs };
        Viewer {
            programme: &self.programme,
            opened: &self.loaded.opened,
            sees_personal: sees_personal(principal, sight),
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

/// As [`once`], of a request without a body.
pub(super) fn once_without_body(
    principal: &Principal,
    route: &str,
    key: &IdempotencyKey,
) -> Option<Idempotency> {
    once(principal, route, key, Hash::of(b""))
}
