//! Writing what a decision on an application records.

use super::state::{Entry, Row, State, index_key};
use super::table::Table;
use crate::id::ApplicationId;
use crate::recorded::Hash;
use crate::store::once_per::{Holder, KeyChanges};
use crate::store::{
    ApplicationUnit, Incident, IncidentChange, IncidentKind, Loss, OncePer, OutboxContent, Receipt,
};

impl State {
    /// Writes a unit, or says what it lost and writes nothing.
    pub(super) fn write_application(&mut self, unit: &ApplicationUnit) -> Result<Receipt, Loss> {
        self.check(unit)?;
        let id = unit.application.id;
        self.write_row(unit);
        for event in &unit.events {
            self.events.put((id, event.version), event.clone());
        }
        for sealed in &unit.sealed {
            self.sealed.put((id, sealed.commitment), sealed.clone());
        }
        if let Some(keys) = &unit.known_by {
            forget(&mut self.known_by, id);
            for key in keys {
                self.known_by.put((id, *key), ());
            }
        }
        if let Some(key) = unit.submitted_from {
            self.submitted_from.put((id, key), ());
        }
        if let Some(words) = &unit.words {
            self.words.retain(|(application, _), ()| *application != id);
            for word in words {
                self.words.put((id, *word), ());
            }
        }
        for counted in &unit.counted {
            self.counted.put((id, counted.version), counted.clone());
        }
        self.change_keys(id, &KeyChanges::of(&unit.once_per));
        for notice in &unit.notices {
            let content = OutboxContent::Notice { application: id, notify: notice.notify.clone() };
            self.queue(content, None, notice.due);
        }
        for document in &unit.documents {
            self.documents.change(document, |document| document.application = Some(id));
        }
        if let Some(change) = &unit.incident {
            self.change_incident(unit, change);
        }
        if let Some(request) = &unit.idempotency {
            self.idempotency.put(request.scope, request.outcome);
        }
        if unit.destroy_key {
            self.destroy(id);
        }
        Ok(Receipt::Done)
    }

    /// Puts an entry into the outbox.
    pub(super) fn queue(
        &mut self,
        content: OutboxContent,
        sign_in: Option<uuid::Uuid>,
        due: jiff::Timestamp,
    ) {
        let id = self.next_id();
        let entry = Entry {
            content,
            sign_in,
            attempts: 0,
            from: due,
            next: due,
            parked: false,
            taken_until: None,
        };
        self.outbox.put(id, entry);
    }

    /// Finds the first thing that a unit lost. A repeated request is known before anything else, as all else is lost with it.
    fn check(&self, unit: &ApplicationUnit) -> Result<(), Loss> {
        let id = unit.application.id;
        let repeated =
            unit.idempotency.as_ref().and_then(|request| self.idempotency.get(&request.scope));
        if let Some(outcome) = repeated {
            return Err(Loss::Idempotency(*outcome));
        }
        if self.applications.get(&id).map_or(0, |row| row.application.version) != unit.expected {
            return Err(Loss::Version);
        }
        for (rule, key) in KeyChanges::of(&unit.once_per).taken {
            if let Some(holder) = self.holder(&key).filter(|holder| *holder != id) {
                return Err(Loss::OncePer { rule, holder });
            }
        }
        let reference = self.references.get(&unit.application.reference);
        let voucher = unit.application.voucher.as_ref().is_some_and(|voucher| {
            let holders = [
                self.vouchers.get(&voucher.id),
                self.voucher_numbers.get(&voucher.number),
                self.status_indexes.get(&index_key(voucher.status_index)),
            ];
            holders.into_iter().flatten().any(|holder| *holder != id)
        });
        if voucher || reference.is_some_and(|holder| *holder != id) {
            return Err(Loss::Draw);
        }
        let lost = unit.documents.iter().find(|document| {
            self.documents
                .get(document)
                .is_none_or(|document| document.application.is_some_and(|holder| holder != id))
        });
        lost.map_or(Ok(()), |document| Err(Loss::Document(*document)))
    }

    /// Returns the application that holds a key that counts.
    pub(super) fn holder(&self, key: &OncePer) -> Option<ApplicationId> {
        let holder = self.once_per.get(&key.key)?;
        holder.counts(key.cutoff).then_some(holder.application)
    }

    fn write_row(&mut self, unit: &ApplicationUnit) {
        let application = &unit.application;
        let id = application.id;
        let kept = self.applications.get(&id).and_then(|row| row.key.clone());
        let row = Row {
            application: application.clone(),
            key: unit.key.clone().or(kept),
            erase_at: unit.erase_at,
        };
        self.applications.put(id, row);
        self.references.put(application.reference.clone(), id);
        if let Some(voucher) = &application.voucher {
            self.vouchers.put(voucher.id, id);
            self.voucher_numbers.put(voucher.number.clone(), id);
            self.status_indexes.put(index_key(voucher.status_index), id);
        }
    }

    fn change_keys(&mut self, id: ApplicationId, changes: &KeyChanges) {
        for key in self.keys_of(id) {
            if self.once_per.get(&key).is_some_and(|held| changes.gives_up(key, held.rule)) {
                self.once_per.remove(&key);
                self.keys.remove(&(id, key));
            }
        }
        for (rule, key) in &changes.taken {
            let before = self.once_per.get(&key.key).copied();
            if let Some(before) = before {
                self.keys.remove(&(before.application, key.key));
            }
            self.once_per.put(key.key, Holder::taking(id, *rule, before.as_ref()));
            self.keys.put((id, key.key), ());
        }
        if changes.approved.is_some() {
            for key in self.keys_of(id) {
                self.once_per.change(&key, |held| held.approved = changes.approved);
            }
        }
    }

    fn keys_of(&self, id: ApplicationId) -> Vec<Hash> {
        of(&self.keys, id)
    }

    fn change_incident(&mut self, unit: &ApplicationUnit, change: &IncidentChange) {
        let id = unit.application.id;
        let open = self.incidents.iter().find(|(_, incident)| {
            incident.kind == IncidentKind::Application && incident.application == Some(id)
        });
        let open = open.map(|(number, _)| *number);
        if let IncidentChange::Open(cause) = change {
            let number = open.unwrap_or_else(|| self.next_id());
            let incident = Incident {
                id: number,
                kind: IncidentKind::Application,
                application: Some(id),
                since: unit.application.changed_at,
                cause: cause.clone(),
            };
            self.incidents.put(number, incident);
        } else if let Some(number) = open {
            self.incidents.remove(&number);
        }
    }

    /// Destroys what is personal: key, sealed values, contacts, words, undelivered messages, keys of documents.
    fn destroy(&mut self, id: ApplicationId) {
        self.applications.change(&id, |row| {
            row.key = None;
            row.erase_at = None;
        });
        self.sealed.retain(|(application, _), _| *application != id);
        forget(&mut self.known_by, id);
        forget(&mut self.submitted_from, id);
        self.words.retain(|(application, _), ()| *application != id);
        self.outbox.retain(|_, entry| !is_of(&entry.content, id));
        self.incidents.retain(|_, incident| {
            incident.kind == IncidentKind::Application || incident.application != Some(id)
        });
        let documents: Vec<_> = self
            .documents
            .iter()
            .filter(|(_, document)| document.application == Some(id))
            .map(|(document, _)| *document)
            .collect();
        for document in documents {
            if let Some(mut discarded) = self.documents.remove(&document) {
                discarded.key.clear();
                self.discarded.put(document, discarded);
            }
        }
    }
}

/// Returns the hashes kept of an application.
fn of(table: &Table<(ApplicationId, Hash), ()>, id: ApplicationId) -> Vec<Hash> {
    let all = (id, Hash([0; 32]))..=(id, Hash([u8::MAX; 32]));
    table.range(all).map(|((_, hash), ())| *hash).collect()
}

/// Forgets the hashes kept of an application.
fn forget(table: &mut Table<(ApplicationId, Hash), ()>, id: ApplicationId) {
    for hash in of(table, id) {
        table.remove(&(id, hash));
    }
}

/// Returns whether an entry of the outbox is an application's.
fn is_of(content: &OutboxContent, id: ApplicationId) -> bool {
    match content {
        OutboxContent::Notice { application, .. } => *application == id,
        OutboxContent::SignIn(_) => false,
    }
}
