//! Somebody who is signed in, with the roster as it stood then.

use std::sync::Arc;

use annona_definitions::programme::{ProgrammeId, RoleId};
use annona_engine::id::Who;
use annona_engine::recorded::Hash;
use annona_engine::roster::{Person, Provider, Roster};
use annona_engine::service;
use annona_engine::store::TokenOwner;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Principal {
    owner: TokenOwner,
    roster: Arc<Roster>,
}

impl Principal {
    /// Returns the owner of a token, unless the roster knows them no more.
    #[must_use]
    pub fn of(owner: TokenOwner, roster: Arc<Roster>) -> Option<Self> {
        let known = match &owner {
            TokenOwner::Listed(Who::Person(id)) => roster.person(id).is_some(),
            TokenOwner::Listed(Who::Provider(id)) => roster.provider(id).is_some(),
            TokenOwner::Listed(Who::Applicant | Who::Engine) => false,
            TokenOwner::Applicant { .. } => true,
        };
        known.then_some(Self { owner, roster })
    }

    /// Returns who they are, as events name them.
    #[must_use]
    pub fn who(&self) -> Who {
        match &self.owner {
            TokenOwner::Listed(who) => who.clone(),
            TokenOwner::Applicant { .. } => Who::Applicant,
        }
    }

    /// Returns the roster as it stood when they asked.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Returns the person of the roster, if they are one.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        match &self.owner {
            TokenOwner::Listed(Who::Person(id)) => self.roster.person(id),
            _ => None,
        }
    }

    /// Returns the provider of the roster, if they act for one.
    #[must_use]
    pub fn provider(&self) -> Option<&Provider> {
        match &self.owner {
            TokenOwner::Listed(Who::Provider(id)) => self.roster.provider(id),
            _ => None,
        }
    }

    /// Returns the programme and the keyed hash of the contact, if they are an applicant.
    #[must_use]
    pub fn applicant(&self) -> Option<(&str, Hash)> {
        match &self.owner {
            TokenOwner::Applicant { programme, contact } => Some((programme, *contact)),
            TokenOwner::Listed(_) => None,
        }
    }

    /// Returns whether a system role is held everywhere.
    #[must_use]
    pub fn holds(&self, role: &str) -> bool {
        self.person().is_some_and(|person| person.holds_everywhere(role))
    }

    /// Returns whether a role is held in a programme, or everywhere.
    #[must_use]
    pub fn holds_in(&self, programme: &ProgrammeId, role: &str) -> bool {
        self.roles_in(programme).any(|held| held.as_str() == role)
    }

    /// Returns the roles held in a programme, system roles included.
    pub fn roles_in<'a>(&'a self, programme: &'a ProgrammeId) -> impl Iterator<Item = &'a RoleId> {
        self.person().into_iter().flat_map(|person| person.roles(programme))
    }

    /// Returns who they are to the engine.
    #[must_use]
    pub fn in_engine(&self) -> service::Principal {
        match &self.owner {
            TokenOwner::Listed(who) => service::Principal::Listed(who.clone()),
            TokenOwner::Applicant { programme, contact } => service::Principal::Applicant {
                programme: ProgrammeId::recorded(programme),
                contact: *contact,
            },
        }
    }

    /// Returns a hash that stands for them: in idempotency keys, and as the uploader of a document.
    #[must_use]
    pub fn scope(&self) -> Hash {
        self.in_engine().hash()
    }
}
