//! What stands against a batch: everything that one of its units could lose.
//!
//! Read by a store in its own words, then gone through in the order of the units, so that neighbours lose to each other as they
//! would one after the other. A unit that lost takes nothing.

mod records;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::once_per::{Holder, KeyChanges};
use super::{ApplicationUnit, Loss, ScheduleKey, StoredOutcome, Unit};
use crate::application::{StatusIndex, Voucher};
use crate::id::{ApplicationId, DocumentId, VoucherId};
use crate::recorded::Hash;

/// Who may use a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Whoever uploaded it.
    Free,
    /// The application that refers to it.
    Of(ApplicationId),
    /// Nobody: its application is erased.
    Discarded,
}

/// A sign-in that waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) tries_left: u8,
    pub(super) expires_at: Timestamp,
}

/// A token that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) hash: Hash,
    /// When it ends, where it is an applicant's session.
    pub(super) ends: Option<Timestamp>,
}

/// What stands against a batch.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) outcomes: HashMap<Hash, StoredOutcome>,
    pub(super) versions: HashMap<ApplicationId, u64>,
    touched: HashSet<ApplicationId>,
    pub(super) references: HashMap<String, ApplicationId>,
    pub(super) vouchers: HashMap<VoucherId, ApplicationId>,
    pub(super) numbers: HashMap<String, ApplicationId>,
    pub(super) indexes: HashMap<StatusIndex, ApplicationId>,
    pub(super) keys: HashMap<Hash, Holder>,
    pub(super) runs: HashMap<ScheduleKey, Timestamp>,
    pub(super) sign_ins: HashMap<Uuid, Waiting>,
    pub(super) tokens: HashMap<Uuid, Known>,
    pub(super) roster: u64,
    pub(super) documents: HashMap<DocumentId, Use>,
    /// What each removal of documents really removes, in the order of the batch.
    pub(super) removed: Vec<Vec<DocumentId>>,
}

impl Standing {
    /// Goes through the units in their order and returns each that lost something, with the first thing it lost. What stands
    /// afterwards is what the others make of it.
    pub(super) fn judge(&mut self, batch: &[Unit]) -> Vec<(usize, Loss)> {
        let mut losers = Vec::new();
        for (index, unit) in batch.iter().enumerate() {
            let loss = match unit {
                Unit::Application(unit) => self.loss(unit),
                Unit::Record(record) => self.loss_of_record(record),
            };
            match (loss, unit) {
                (Some(loss), _) => losers.push((index, loss)),
                (None, Unit::Application(unit)) => self.take(unit),
                (None, Unit::Record(record)) => self.take_record(record),
            }
        }
        losers
    }

    fn loss(&self, unit: &ApplicationUnit) -> Option<Loss> {
        let application = &unit.application;
        if let Some(outcome) =
            unit.idempotency.as_ref().and_then(|new| self.outcomes.get(&new.scope))
        {
            return Some(Loss::Idempotency(*outcome));
        }
        let version = self.versions.get(&application.id).copied().unwrap_or(0);
        if version != unit.expected || self.touched.contains(&application.id) {
            return Some(Loss::Version);
        }
        self.lost_key(unit).or_else(|| self.lost_draw(unit)).or_else(|| self.lost_document(unit))
    }

    fn lost_document(&self, unit: &ApplicationUnit) -> Option<Loss> {
        let own = Use::Of(unit.application.id);
        let lost = unit.documents.iter().find(|document| {
            self.documents.get(document).is_none_or(|stands| *stands != Use::Free && *stands != own)
        });
        lost.map(|document| Loss::Document(*document))
    }

    fn lost_draw(&self, unit: &ApplicationUnit) -> Option<Loss> {
        let application = &unit.application;
        let others =
            |holder: Option<&ApplicationId>| holder.is_some_and(|id| *id != application.id);
        let voucher_is_taken = |voucher: &Voucher| {
            others(self.vouchers.get(&voucher.id))
                || others(self.numbers.get(&voucher.number))
                || others(self.indexes.get(&voucher.status_index))
        };
        let lost = others(self.references.get(&application.reference))
            || application.voucher.as_ref().is_some_and(voucher_is_taken);
        lost.then_some(Loss::Draw)
    }

    fn lost_key(&self, unit: &ApplicationUnit) -> Option<Loss> {
        KeyChanges::of(&unit.once_per).taken.into_iter().find_map(|(rule, key)| {
            let held = self.keys.get(&key.key)?;
            let counts = held.application != unit.application.id && held.counts(key.cutoff);
            counts.then_some(Loss::OncePer { rule, holder: held.application })
        })
    }

    /// Notes what a unit takes from its neighbours.
    fn take(&mut self, unit: &ApplicationUnit) {
        let application = &unit.application;
        if let Some(new) = &unit.idempotency {
            self.outcomes.insert(new.scope, new.outcome);
        }
        self.touched.insert(application.id);
        self.references.insert(application.reference.clone(), application.id);
        if let Some(voucher) = &application.voucher {
            self.vouchers.insert(voucher.id, application.id);
            self.numbers.insert(voucher.number.clone(), application.id);
            self.indexes.insert(voucher.status_index, application.id);
        }
        self.take_documents(unit);
        self.take_keys(application.id, &KeyChanges::of(&unit.once_per));
    }

    fn take_keys(&mut self, id: ApplicationId, changes: &KeyChanges) {
        self.keys.retain(|key, held| held.application != id || !changes.gives_up(*key, held.rule));
        for (rule, key) in &changes.taken {
            let holder = Holder::taking(id, *rule, self.keys.get(&key.key));
            self.keys.insert(key.key, holder);
        }
        if changes.approved.is_some() {
            let own = self.keys.values_mut().filter(|held| held.application == id);
            own.for_each(|held| held.approved = changes.approved);
        }
    }

    fn take_documents(&mut self, unit: &ApplicationUnit) {
        let own = Use::Of(unit.application.id);
        self.documents.extend(unit.documents.iter().map(|document| (*document, own)));
        if unit.destroy_key {
            let all = self.documents.values_mut();
            all.filter(|stands| **stands == own).for_each(|stands| *stands = Use::Discarded);
        }
    }
}
