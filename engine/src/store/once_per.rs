//! What the changes of one unit to its `once_per` keys come to, the same in every store.

use jiff::Timestamp;

use super::{OncePer, OncePerChange};
use crate::id::ApplicationId;
use crate::recorded::Hash;

/// Who holds a `once_per` key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holder {
    /// The application.
    pub(super) application: ApplicationId,
    /// The rule for which it holds it.
    pub(super) rule: u16,
    /// Since when it counts as approved; until then it counts whatever the cutoff.
    pub(super) approved: Option<Timestamp>,
}

impl Holder {
    /// Returns the holder of a key after an application took it: what was its own stays approved.
    pub(super) fn taking(application: ApplicationId, rule: u16, before: Option<&Self>) -> Self {
        let own = before.filter(|before| before.application == application);
        Self { application, rule, approved: own.and_then(|own| own.approved) }
    }

    /// Returns whether its approval still counts.
    pub(super) fn counts(&self, cutoff: Option<Timestamp>) -> bool {
        match (self.approved, cutoff) {
            (Some(approved), Some(cutoff)) => approved > cutoff,
            (None, _) | (_, None) => true,
        }
    }
}

/// What the changes of one unit come to.
#[derive(Debug, Default)]
pub(super) struct KeyChanges {
    /// Whether all keys held before are given up.
    pub(super) released: bool,
    /// Keys held afterwards, by rule: other keys of these rules are given up.
    pub(super) taken: Vec<(u16, OncePer)>,
    /// Since when all keys held afterwards count as approved.
    pub(super) approved: Option<Timestamp>,
}

impl KeyChanges {
    /// Goes through the changes in their order: a release undoes what stands before it.
    pub(super) fn of(changes: &[OncePerChange]) -> Self {
        let mut outcome = Self::default();
        for change in changes {
            match change {
                OncePerChange::Take { rule, key } => outcome.taken.push((*rule, *key)),
                OncePerChange::Approve { at } => outcome.approved = Some(*at),
                OncePerChange::Release => outcome = Self { released: true, ..Self::default() },
            }
        }
        outcome
    }

    /// Returns whether a key, held by the application itself, is given up.
    pub(super) fn gives_up(&self, key: Hash, rule: u16) -> bool {
        let other = |(taken, kept): &(u16, OncePer)| *taken == rule && kept.key != key;
        let kept = |(_, kept): &(u16, OncePer)| kept.key == key;
        self.released || (self.taken.iter().any(other) && !self.taken.iter().any(kept))
    }
}
