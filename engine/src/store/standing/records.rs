//! What records lose, and what they take from their neighbours.

use jiff::Timestamp;

use super::super::{Loss, Record, Token, TokenOwner};
use super::{Known, Standing, Use, Waiting};
use crate::id::DocumentId;

impl Standing {
    /// Returns the first thing that a record lost.
    pub(super) fn loss_of_record(&self, record: &Record) -> Option<Loss> {
        let done = match record {
            Record::ScheduleRun(key, at) => self.runs.get(key).is_some_and(|last| last >= at),
            Record::UseSignIn { id, .. } => {
                self.sign_ins.get(id).is_none_or(|waiting| waiting.tries_left == 0)
            }
            Record::Roster(next) => next.event.version != self.roster.saturating_add(1),
            _ => false,
        };
        let taken = match record {
            Record::AddToken(token) | Record::UseSignIn { session: token, .. } => {
                self.tokens.contains_key(&token.id)
                    || self.tokens.values().any(|known| known.hash == token.hash)
            }
            Record::AddSignIn(sign_in) => self.sign_ins.contains_key(&sign_in.id),
            Record::AddDocument(document) => self.documents.contains_key(&document.id),
            _ => false,
        };
        done.then_some(Loss::AlreadyDone).or_else(|| taken.then_some(Loss::Draw))
    }

    /// Notes what a record takes from its neighbours, and gives up to them.
    pub(super) fn take_record(&mut self, record: &Record) {
        match record {
            Record::ScheduleRun(key, at) => {
                self.runs.insert(key.clone(), *at);
            }
            Record::AddToken(token) => self.add_token(token),
            Record::RemoveToken(id) => {
                self.tokens.remove(id);
            }
            Record::UseSignIn { id, session } => {
                self.sign_ins.remove(id);
                self.add_token(session);
            }
            Record::AddSignIn(sign_in) => {
                let (tries_left, expires_at) = (sign_in.tries_left, sign_in.expires_at);
                self.sign_ins.insert(sign_in.id, Waiting { tries_left, expires_at });
            }
            Record::FailSignIn(id) => {
                if let Some(waiting) = self.sign_ins.get_mut(id) {
                    waiting.tries_left = waiting.tries_left.saturating_sub(1);
                }
            }
            Record::Roster(next) => self.roster = next.event.version,
            Record::AddDocument(document) => {
                let stands = document.application.map_or(Use::Free, Use::Of);
                self.documents.insert(document.id, stands);
            }
            Record::RemoveDocuments(documents) => self.remove_documents(documents),
            Record::Purge { keys_before, ended_before } => self.purge(*keys_before, *ended_before),
            Record::Deploy(_) | Record::Delivered(..) | Record::CloseIncident(_) => {}
        }
    }

    fn add_token(&mut self, token: &Token) {
        let ends = match token.owner {
            TokenOwner::Listed(_) => None,
            TokenOwner::Applicant { .. } => token.expires_at,
        };
        self.tokens.insert(token.id, Known { hash: token.hash, ends });
    }

    fn purge(&mut self, keys_before: Timestamp, ended_before: Timestamp) {
        self.outcomes.retain(|_, outcome| outcome.at >= keys_before);
        self.sign_ins.retain(|_, waiting| waiting.expires_at >= ended_before);
        self.tokens.retain(|_, known| known.ends.is_none_or(|end| end >= ended_before));
    }

    /// Notes which of these documents are removed.
    fn remove_documents(&mut self, documents: &[DocumentId]) {
        let mut removed = Vec::new();
        for document in documents {
            let stands = self.documents.get(document);
            if stands.is_some_and(|stands| matches!(stands, Use::Free | Use::Discarded)) {
                self.documents.remove(document);
                removed.push(*document);
            }
        }
        self.removed.push(removed);
    }
}
