//! Gathers what a decision must be told from outside.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use annona_definitions::Programme;
use annona_definitions::form::{Field, FieldKind, normalised};
use annona_definitions::programme::EligibilityRule;
use annona_definitions::value::Record;
use jiff::Timestamp;

use super::{Engine, Failure, Loaded, Principal};
use crate::application::Document;
use crate::command::{Action, Command, Verdict};
use crate::facts::{Facts, Issuer, Rights, Seed};
use crate::id::{DocumentId, Who};
use crate::recorded::Hash;
use crate::store::OncePer;

impl Engine {
    /// Returns the facts of one decision.
    pub(super) async fn facts(
        &self,
        principal: &Principal,
        loaded: Option<&Loaded>,
        programme: &Programme,
        command: &Command,
        issuer: Issuer,
    ) -> Result<Facts, Failure> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|cause| Failure::Broken(cause.to_string()))?;
        Ok(Facts {
            rights: self.rights(principal, loaded, programme),
            duplicates: self.duplicates(loaded, programme, command).await?,
            documents: self.documents(principal, loaded, programme, command).await?,
            key_is_gone: loaded
                .is_some_and(|loaded| loaded.key.is_none() && !loaded.application.erased),
            issuer,
            seed: Seed(seed),
        })
    }

    /// Returns what a principal may do, and whether the application is their own.
    #[must_use]
    pub fn rights(
        &self,
        principal: &Principal,
        loaded: Option<&Loaded>,
        programme: &Programme,
    ) -> Rights {
        let roster = self.roster();
        let (mut rights, keys) = match principal {
            Principal::Applicant { programme: own, contact } if *own == programme.id => {
                (Rights::default(), vec![*contact])
            }
            Principal::Applicant { .. } | Principal::Engine => (Rights::default(), Vec::new()),
            Principal::Listed(who) => {
                let identities = match who {
                    Who::Person(id) => {
                        roster.person(id).map(|person| person.identities()).unwrap_or_default()
                    }
                    _ => Vec::new(),
                };
                let keys = identities
                    .iter()
                    .map(|(kind, value)| self.0.master.hash(kind, value))
                    .collect();
                (roster.rights(who, &programme.id), keys)
            }
        };
        let contacts = loaded.map_or(&[][..], |loaded| loaded.contacts.as_slice());
        rights.own = contacts.iter().any(|contact| keys.contains(&contact.hash));
        rights
    }

    /// Returns, for each `once_per` rule, the other application that counts.
    async fn duplicates(
        &self,
        loaded: Option<&Loaded>,
        programme: &Programme,
        command: &Command,
    ) -> Result<BTreeMap<usize, crate::id::ApplicationId>, Failure> {
        let form = match (&command.action, loaded) {
            (Action::Submit(submit), _) => {
                programme.form.read(&submit.form, programme.terms(self.now())).unwrap_or_default()
            }
            (Action::Answer { form }, Some(loaded)) => {
                let mut values = Self::form(programme, loaded);
                let terms = programme.terms(self.now());
                if let Ok((new, removed)) = programme.form.read_some(form, &values, terms) {
                    values.extend(new);
                    values.retain(|name, _| !removed.contains(name));
                }
                values
            }
            (Action::Retry, Some(loaded)) => Self::form(programme, loaded),
            _ => return Ok(BTreeMap::new()),
        };
        let own = loaded.map(|loaded| loaded.application.id);
        let mut duplicates = BTreeMap::new();
        for (place, key) in self.once_per(programme, &form, self.now()) {
            if let Some(holder) = self.0.store.once_per(&key).await?
                && Some(holder) != own
            {
                duplicates.insert(place, holder);
            }
        }
        Ok(duplicates)
    }

    /// Returns the opened form of an application.
    pub(super) fn form(programme: &Programme, loaded: &Loaded) -> Record {
        let names = programme.form.fields.iter().map(|field| field.name.as_str());
        loaded.opened.record(&loaded.application.form, names)
    }

    /// Returns the `once_per` keys of a form, by the place of their rule.
    pub(super) fn once_per(
        &self,
        programme: &Programme,
        form: &Record,
        now: Timestamp,
    ) -> Vec<(usize, OncePer)> {
        let keys = programme.eligibility.iter().enumerate().filter_map(|(place, eligibility)| {
            let EligibilityRule::OncePer { field, within } = &eligibility.rule else { return None };
            let value = normalised(form.get(field)?);
            let purpose = format!("once_per {} {field}", programme.id);
            let cutoff = within.map(|within| programme.calendar.before(now, within));
            Some((place, OncePer { key: self.0.master.hash(&purpose, &value), cutoff }))
        });
        keys.collect()
    }

    /// Returns the keyed hashes by which an applicant is known: contacts and `once_per` fields.
    pub(super) fn known_by(&self, programme: &Programme, form: &Record) -> Vec<Hash> {
        let contact = &programme.contact;
        let contacts = [("phone", contact.phone.as_deref()), ("email", contact.email.as_deref())];
        let contacts = contacts.into_iter().filter_map(|(kind, field)| Some((kind, field?)));
        let once_per =
            programme.eligibility.iter().filter_map(|eligibility| match &eligibility.rule {
                EligibilityRule::OncePer { field, .. } => Some((field.as_str(), field.as_str())),
                EligibilityRule::Require(_) => None,
            });
        contacts
            .chain(once_per)
            .filter_map(|(kind, field)| {
                Some(self.0.master.hash(kind, &normalised(form.get(field)?)))
            })
            .collect()
    }

    /// Returns the documents that the input names and its sender may use.
    async fn documents(
        &self,
        principal: &Principal,
        loaded: Option<&Loaded>,
        programme: &Programme,
        command: &Command,
    ) -> Result<BTreeMap<DocumentId, Document>, Failure> {
        let stage;
        let (fields, values): (&[Field], _) = match &command.action {
            Action::Submit(submit) => (&programme.form.fields, &submit.form),
            Action::Answer { form } => (&programme.form.fields, form),
            Action::Decide(decided) => match &decided.verdict {
                Verdict::Approve { answers } => {
                    stage = loaded
                        .and_then(|loaded| loaded.application.task(decided.task))
                        .and_then(|task| programme.stage(&task.stage));
                    (stage.map_or(&[], |stage| stage.asks.fields.as_slice()), answers)
                }
                Verdict::Reject | Verdict::SendBack { .. } => return Ok(BTreeMap::new()),
            },
            _ => return Ok(BTreeMap::new()),
        };
        let mut documents = BTreeMap::new();
        for id in named(fields, values) {
            let own = loaded.and_then(|loaded| {
                loaded.application.documents.iter().find(|document| document.id == id)
            });
            if let Some(known) = own {
                documents.insert(id, known.clone());
            } else if let Some(stored) = self.0.store.document(id).await?
                && stored.uploader == principal.hash()
                && stored.application.is_none()
            {
                let (sha256, size, media_type) = (stored.sha256, stored.size, stored.media_type);
                documents.insert(id, Document { id, sha256, size, media_type });
            }
        }
        Ok(documents)
    }
}

/// Returns the document ids that file fields name.
fn named(fields: &[Field], values: &serde_json::Value) -> Vec<DocumentId> {
    fields
        .iter()
        .filter(|field| matches!(field.kind, FieldKind::File(_)))
        .filter_map(|field| DocumentId::from_str(values.get(&field.name)?.as_str()?).ok())
        .collect()
}
