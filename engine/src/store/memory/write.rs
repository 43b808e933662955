//! Writing what a decision on an application records.

use super::state::{Entry, Holder, Row, State, index_key};
use crate::id::ApplicationId;
use crate::recorded::Hash;
use crate::store::{
    ApplicationUnit, Incident, IncidentChange, IncidentKind, Loss, OncePer, OncePerChange,
    OutboxContent, Receipt,
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
        for key in &unit.known_by {
            self.known_by.put((id, *key), ());
        }
        for change in &unit.once_per {
            self.change_once_per(id, change);
        }
        for notice in &unit.notices {
            let content = OutboxContent::Notice { application: id, notify: notice.notify.clone() };
            self.queue(content, notice.due);
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
    pub(super) fn queue(&mut self, content: OutboxContent, due: jiff::Timestamp) {
        let id = self.next_id();
        let entry = Entry { content, attempts: 0, from: due, next: due, parked: false };
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
        for change in &unit.once_per {
            if let OncePerChange::Take { rule, key } = change
                && let Some(holder) = self.holder(key)
                && holder != id
            {
                return Err(Loss::OncePer { rule: *rule, holder });
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

    fn change_once_per(&mut self, id: ApplicationId, change: &OncePerChange) {
        match change {
            OncePerChange::Take { rule, key } => {
                let before = self.keys.get(&(id, *rule)).copied();
                if let Some(before) = before.filter(|before| *before != key.key) {
                    self.release(id, before);
                }
                if !self.holds(id, key.key) {
                    self.once_per.put(key.key, Holder { application: id, approved: None });
                }
                self.keys.put((id, *rule), key.key);
            }
            OncePerChange::Approve { at } => {
                for key in self.keys_of(id) {
                    if self.holds(id, key) {
                        self.once_per.change(&key, |holder| holder.approved = Some(*at));
                    }
                }
            }
            OncePerChange::Release => {
                for key in self.keys_of(id) {
                    self.release(id, key);
                }
                self.keys.retain(|(application, _), _| *application != id);
            }
        }
    }

    fn keys_of(&self, id: ApplicationId) -> Vec<Hash> {
        self.keys.range((id, 0)..=(id, u16::MAX)).map(|(_, key)| *key).collect()
    }

    fn holds(&self, id: ApplicationId, key: Hash) -> bool {
        self.once_per.get(&key).is_some_and(|holder| holder.application == id)
    }

    /// Releases a key, unless it went to somebody else after the approval stopped counting.
    fn release(&mut self, id: ApplicationId, key: Hash) {
        if self.holds(id, key) {
            self.once_per.remove(&key);
        }
    }

    fn change_incident(&mut self, unit: &ApplicationUnit, change: &IncidentChange) {
        let id = unit.application.id;
        self.incidents.retain(|_, incident| {
            incident.kind != IncidentKind::Application || incident.application != Some(id)
        });
        if let IncidentChange::Open(cause) = change {
            let number = self.next_id();
            let incident = Incident {
                id: number,
                kind: IncidentKind::Application,
                application: Some(id),
                since: unit.application.changed_at,
                cause: cause.clone(),
            };
            self.incidents.put(number, incident);
        }
    }

    /// Destroys what is personal: key, sealed values, contacts, undelivered messages, keys of documents.
    fn destroy(&mut self, id: ApplicationId) {
        self.applications.change(&id, |row| {
            row.key = None;
            row.erase_at = None;
        });
        self.sealed.retain(|(application, _), _| *application != id);
        self.known_by.retain(|(application, _), ()| *application != id);
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

/// Returns whether an entry of the outbox is an application's.
fn is_of(content: &OutboxContent, id: ApplicationId) -> bool {
    match content {
        OutboxContent::Notice { application, .. } => *application == id,
        OutboxContent::SignIn(_) => false,
    }
}
