//! Writing what is recorded beside applications.

use jiff::Timestamp;
use uuid::Uuid;

use super::state::{State, schedule_key};
use crate::id::DocumentId;
use crate::store::{
    Definition, Delivery, Incident, IncidentKind, Loss, OutboxContent, OutboxEntry, Receipt,
    Record, SignIn, StoredDocument, Token, TokenOwner,
};

impl State {
    /// Writes a record, or says what it lost and writes nothing.
    pub(super) fn write_record(&mut self, record: &Record) -> Result<Receipt, Loss> {
        match record {
            Record::Deploy(definition) => return Ok(self.deploy(definition)),
            Record::Roster(roster) => {
                let last = self.roster.iter().next_back().map_or(0, |(version, _)| *version);
                if last.checked_add(1) != Some(roster.event.version) {
                    return Err(Loss::AlreadyDone);
                }
                self.roster.put(roster.event.version, roster.clone());
            }
            Record::AddToken(token) => self.add_token(token)?,
            Record::RemoveToken(id) => {
                self.tokens.remove(id);
            }
            Record::AddSignIn(sign_in) => self.add_sign_in(sign_in)?,
            Record::FailSignIn(id) => self.sign_ins.change(id, |sign_in| {
                sign_in.tries_left = sign_in.tries_left.saturating_sub(1);
            }),
            Record::UseSignIn { id, session } => self.use_sign_in(id, session)?,
            Record::AddDocument(document) => self.add_document(document)?,
            Record::RemoveDocuments(ids) => return Ok(self.remove_documents(ids)),
            Record::Delivered(id, delivery) => self.delivered(*id, delivery),
            Record::CloseIncident(id) => self.close_incident(*id),
            Record::ScheduleRun(schedule, at) => {
                let key = schedule_key(schedule);
                if self.runs.get(&key).is_some_and(|last| last >= at) {
                    return Err(Loss::AlreadyDone);
                }
                self.runs.put(key, *at);
            }
            Record::Purge { keys_before, ended_before } => {
                self.purge(*keys_before, *ended_before);
            }
        }
        Ok(Receipt::Done)
    }

    fn deploy(&mut self, definition: &Definition) -> Receipt {
        if let Some(known) = self.definitions.get(&definition.digest) {
            return Receipt::Deployed { number: known.number, unchanged: true };
        }
        let last = self
            .definitions
            .iter()
            .filter(|(_, known)| known.programme == definition.programme)
            .map(|(_, known)| known.number)
            .max();
        let number = last.unwrap_or(0) + 1;
        self.definitions.put(definition.digest, Definition { number, ..definition.clone() });
        Receipt::Deployed { number, unchanged: false }
    }

    fn add_token(&mut self, token: &Token) -> Result<(), Loss> {
        let same = |known: &Token| known.id == token.id || known.hash == token.hash;
        if self.tokens.iter().any(|(_, known)| same(known)) {
            return Err(Loss::Draw);
        }
        self.tokens.put(token.id, token.clone());
        Ok(())
    }

    fn add_sign_in(&mut self, sign_in: &SignIn) -> Result<(), Loss> {
        if self.sign_ins.get(&sign_in.id).is_some() {
            return Err(Loss::Draw);
        }
        self.sign_ins.put(sign_in.id, sign_in.clone());
        let content = OutboxContent::SignIn(sign_in.message.clone());
        self.queue(content, Some(sign_in.id), sign_in.created_at);
        Ok(())
    }

    /// Returns a sign-in; its message lies in the outbox only, and is empty once it is delivered.
    pub(super) fn open_sign_in(&self, id: &Uuid) -> Option<SignIn> {
        let waits = self.outbox.iter().find(|(_, entry)| entry.sign_in == Some(*id));
        let message = match waits.map(|(_, entry)| &entry.content) {
            Some(OutboxContent::SignIn(message)) => message.clone(),
            Some(OutboxContent::Notice { .. }) | None => Vec::new(),
        };
        self.sign_ins.get(id).map(|sign_in| SignIn { message, ..sign_in.clone() })
    }

    fn use_sign_in(&mut self, id: &Uuid, session: &Token) -> Result<(), Loss> {
        // Without a try left even the right code comes too late: guesses in parallel win nothing.
        let open = self.sign_ins.get(id).is_some_and(|sign_in| sign_in.tries_left > 0);
        if !open {
            return Err(Loss::AlreadyDone);
        }
        self.add_token(session)?;
        self.sign_ins.remove(id);
        self.drop_messages(|sign_in| sign_in == *id);
        Ok(())
    }

    /// Takes messages of sign-ins from the outbox, with the incidents of those that were parked.
    fn drop_messages(&mut self, over: impl Fn(Uuid) -> bool) {
        self.outbox.retain(|_, entry| entry.sign_in.is_none_or(|sign_in| !over(sign_in)));
        let outbox = &self.outbox;
        self.incidents.retain(|_, incident| match incident.kind {
            IncidentKind::Delivery(entry) => outbox.get(&entry).is_some(),
            IncidentKind::Application => true,
        });
    }

    fn add_document(&mut self, document: &StoredDocument) -> Result<(), Loss> {
        let id = document.id;
        if self.documents.get(&id).is_some() || self.discarded.get(&id).is_some() {
            return Err(Loss::Draw);
        }
        self.documents.put(id, document.clone());
        Ok(())
    }

    fn remove_documents(&mut self, ids: &[DocumentId]) -> Receipt {
        let mut removed = Vec::new();
        for id in ids {
            let unused =
                self.documents.get(id).is_some_and(|document| document.application.is_none());
            let gone = if unused { self.documents.remove(id) } else { self.discarded.remove(id) };
            removed.extend(gone.map(|document| document.id));
        }
        Receipt::Removed(removed)
    }

    /// Returns documents whose files may go, the earliest upload first.
    pub(super) fn removable_documents(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Vec<StoredDocument> {
        let unused = self
            .documents
            .iter()
            .map(|(_, document)| document)
            .filter(|document| document.application.is_none() && document.uploaded_at < before);
        let discarded = self.discarded.iter().map(|(_, document)| document);
        let mut found: Vec<StoredDocument> = unused.chain(discarded).cloned().collect();
        found.sort_by_key(|document| (document.uploaded_at, document.id));
        found.truncate(limit);
        found
    }

    /// Takes entries that are due and that nobody has taken.
    pub(super) fn take_outbox(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Vec<OutboxEntry> {
        let mut due = self.list_outbox(now, u32::MAX);
        due.retain(|entry| {
            let taken = self.outbox.get(&entry.id).and_then(|entry| entry.taken_until);
            taken.is_none_or(|until| until <= now)
        });
        due.truncate(limit);
        for entry in &due {
            self.keep_taken(entry.id, until);
        }
        due
    }

    /// Keeps an entry taken.
    pub(super) fn keep_taken(&mut self, id: u64, until: Timestamp) {
        self.outbox.change(&id, |entry| entry.taken_until = Some(until));
        self.keep();
    }

    fn delivered(&mut self, id: u64, delivery: &Delivery) {
        let Some(entry) = self.outbox.get(&id).cloned() else { return };
        // Whatever the news, an earlier parking of this entry is over.
        self.incidents.retain(|_, incident| incident.kind != IncidentKind::Delivery(id));
        match delivery {
            Delivery::Done => {
                self.outbox.remove(&id);
            }
            Delivery::Again { at, cause: _ } => self.outbox.change(&id, |entry| {
                entry.attempts = entry.attempts.saturating_add(1);
                entry.next = *at;
                entry.parked = false;
                entry.taken_until = None;
            }),
            Delivery::Parked { cause } => {
                self.outbox.change(&id, |entry| {
                    entry.attempts = entry.attempts.saturating_add(1);
                    entry.parked = true;
                    entry.taken_until = None;
                });
                let application = match entry.content {
                    OutboxContent::Notice { application, .. } => Some(application),
                    OutboxContent::SignIn(_) => None,
                };
                let number = self.next_id();
                let incident = Incident {
                    id: number,
                    kind: IncidentKind::Delivery(id),
                    application,
                    since: entry.next,
                    cause: cause.clone(),
                };
                self.incidents.put(number, incident);
            }
        }
    }

    /// Closes an incident; a delivery that is still parked is dropped with it.
    fn close_incident(&mut self, id: u64) {
        let Some(incident) = self.incidents.remove(&id) else { return };
        if let IncidentKind::Delivery(entry) = incident.kind
            && self.outbox.get(&entry).is_some_and(|entry| entry.parked)
        {
            self.outbox.remove(&entry);
        }
    }

    fn purge(&mut self, keys_before: Timestamp, ended_before: Timestamp) {
        self.idempotency.retain(|_, outcome| outcome.at >= keys_before);
        let ended: Vec<Uuid> = self
            .sign_ins
            .iter()
            .filter(|(_, sign_in)| sign_in.expires_at < ended_before)
            .map(|(id, _)| *id)
            .collect();
        self.sign_ins.retain(|id, _| !ended.contains(id));
        self.drop_messages(|sign_in| ended.contains(&sign_in));
        self.tokens.retain(|_, token| {
            matches!(token.owner, TokenOwner::Listed(_))
                || token.expires_at.is_none_or(|end| end >= ended_before)
        });
    }
}
