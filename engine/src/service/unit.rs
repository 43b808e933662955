//! Turns a decision into what is recorded: seals personal values, signs the voucher, adds what is derived from the programme.

use std::sync::Arc;

use annona_definitions::Programme;
use annona_definitions::value::Value;
use jiff::Timestamp;

use super::stir::Stirred;
use super::{Engine, Failure, Idempotency, Loaded, Principal};
use crate::application::{Application, Status};
use crate::counted::counted;
use crate::decide::Decision;
use crate::effect::Effect;
use crate::event::{Body, IssuedVoucher};
use crate::id::DocumentId;
use crate::recorded::{Opened, Personal};
use crate::store::{
    ApplicationUnit, IncidentChange, NewIdempotency, NewNotice, OncePerChange, StoredOutcome, Unit,
};
use crate::vault::DataKey;
use crate::voucher::{self, Claims, SigningKey, StatusRef, VoucherClaim};
use crate::words::words;
use crate::writer::CommitFailure;

/// Where the token's text stands among the personal values.
pub const TOKEN_PATH: &str = "voucher.token";

impl Engine {
    /// Records a decision and keeps the application as it now is.
    pub(super) async fn commit(
        &self,
        principal: &Principal,
        loaded: Option<&Loaded>,
        programme: &Programme,
        decision: &Decision,
        token: Option<Personal>,
        idempotency: Option<Idempotency>,
    ) -> Result<(), CommitFailure> {
        let application = decision.application.clone();
        let id = application.id;
        let key = loaded.and_then(|loaded| loaded.key.clone());
        let (key, wrapped) = match key {
            Some(key) => (Some(key), None),
            None if application.erased => (None, None),
            None => {
                let key = DataKey::new(random());
                let wrapped = self.0.master.wrap(id, &key, random());
                (Some(key), Some(wrapped))
            }
        };
        let mut personal = decision.sealed.clone();
        personal.extend(token);
        let sealed = key
            .iter()
            .flat_map(|key| personal.iter().map(|personal| key.seal(id, personal)))
            .collect();
        let mut opened = loaded.map(|loaded| loaded.opened.clone()).unwrap_or_default();
        opened.0.extend(personal.into_iter().map(|personal| (personal.commitment(), personal)));
        let after = Loaded { application: application.clone(), key, opened };

        let mut unit = self.derived(programme, &after, decision);
        unit.key = wrapped;
        unit.documents = added(loaded.map(|loaded| &loaded.application), &application);
        unit.sealed = sealed;
        if let (Principal::Applicant { contact, .. }, None) = (principal, loaded) {
            unit.submitted_from = Some(*contact);
        }
        unit.idempotency = idempotency.map(|key| outcome(key, decision));
        let after = if application.erased {
            Loaded { application, key: None, opened: Opened::default() }
        } else {
            after
        };
        // In a task of its own: whoever asked may go away, and what is recorded is known all the same.
        let recording = tokio::spawn(record(self.clone(), unit, after));
        recording.await.unwrap_or(Err(CommitFailure::Unknown))
    }

    /// Returns the unit with everything that follows from the decision and the programme.
    fn derived(
        &self,
        programme: &Programme,
        after: &Loaded,
        decision: &Decision,
    ) -> ApplicationUnit {
        let application = after.application.clone();
        let now = application.changed_at;
        let count = u64::try_from(decision.events.len()).unwrap_or(u64::MAX);
        let expected = application.version.saturating_sub(count);
        let mut unit = ApplicationUnit {
            events: decision.events.iter().map(|(_, stored)| stored.clone()).collect(),
            counted: decision
                .events
                .iter()
                .filter_map(|(event, _)| counted(event, application.voucher.as_ref()))
                .collect(),
            erase_at: erase_at(programme, &application),
            ..ApplicationUnit::of(application, expected)
        };
        for effect in &decision.effects {
            match effect {
                Effect::Notify(notify) => {
                    unit.notices.push(NewNotice { notify: notify.clone(), due: now });
                }
                Effect::SignVoucher => {}
                Effect::TakeOncePer => {
                    let form = Self::form(programme, after);
                    let keys =
                        self.once_per(programme, &form, now).into_iter().map(|(place, key)| {
                            OncePerChange::Take {
                                rule: u16::try_from(place).unwrap_or(u16::MAX),
                                key,
                            }
                        });
                    unit.once_per.extend(keys);
                }
                Effect::ApproveOncePer => unit.once_per.push(OncePerChange::Approve { at: now }),
                Effect::ReleaseOncePer => unit.once_per.push(OncePerChange::Release),
                Effect::Incident { cause } => {
                    unit.incident = Some(IncidentChange::Open(cause.clone()));
                }
                Effect::CloseIncident => {
                    unit.incident = unit.incident.or(Some(IncidentChange::Close));
                }
                Effect::DestroyKey => unit.destroy_key = true,
            }
        }
        let changes_form =
            |body: &Body| matches!(body, Body::Submitted { .. } | Body::Answered { .. });
        if decision.events.iter().any(|(event, _)| changes_form(&event.body)) {
            let form = Self::form(programme, after);
            unit.known_by = Some(self.known_by(programme, &form));
            unit.words = Some(words(programme, &form, &self.0.master));
        }
        unit
    }

    /// Signs the voucher whose claims stand in the decision, by the key that they name: the one place that signs.
    pub(super) fn sign(
        programme: &Programme,
        decision: &Decision,
        signer: &SigningKey,
    ) -> Result<Option<Personal>, Failure> {
        if !decision.effects.contains(&Effect::SignVoucher) {
            return Ok(None);
        }
        let issued = decision.events.iter().find_map(|(event, _)| match &event.body {
            Body::VoucherIssued(issued) => Some((event, issued)),
            _ => None,
        });
        let Some((event, issued)) = issued else { return Ok(None) };
        let masked =
            decision.sealed.iter().find(|personal| personal.commitment() == issued.masked_name);
        let masked = masked.and_then(|personal| match &personal.value {
            Value::Text(name) => Some(name.clone()),
            _ => None,
        });
        let claims =
            claims(programme, &decision.application, issued, masked.unwrap_or_default(), event.at)
                .ok_or_else(|| {
                    Failure::Broken("the voucher's amount has no minor units".to_owned())
                })?;
        let token =
            voucher::sign(&claims, signer).map_err(|cause| Failure::Broken(cause.to_string()))?;
        Ok(Some(Personal {
            salt: random(),
            path: TOKEN_PATH.to_owned(),
            value: Value::Text(token),
        }))
    }
}

/// Has a unit written, and keeps the application as it is `after` it; one that is not recorded is read afresh.
async fn record(engine: Engine, unit: ApplicationUnit, after: Loaded) -> Result<(), CommitFailure> {
    let (id, before) = (unit.application.id, unit.expected);
    let stir = Stirred::of_application(&unit);
    match engine.0.writer.commit(Unit::Application(Box::new(unit))).await {
        Ok(_) => {
            engine.0.stirred.tell(stir);
            engine.keep(id, Arc::new(after));
            Ok(())
        }
        Err(failure) => {
            engine.forget(id, before);
            Err(failure)
        }
    }
}

/// Returns the claims of a voucher as they are signed.
fn claims(
    programme: &Programme,
    application: &Application,
    issued: &IssuedVoucher,
    masked_name: String,
    at: Timestamp,
) -> Option<Claims> {
    Some(Claims {
        issuer: issued.issuer.clone(),
        subject: application.reference.clone(),
        audience: None,
        expires: issued.expires_at.as_second(),
        not_before: at.as_second(),
        issued_at: at.as_second(),
        cti: issued.id.0,
        status: Some(StatusRef {
            idx: u64::from(issued.status_index.index),
            uri: issued.status_uri.clone(),
        }),
        voucher: VoucherClaim {
            version: voucher::VERSION,
            number: issued.number.clone(),
            masked_name,
            programme: application.programme.as_str().to_owned(),
            title: issued.title.clone(),
            kinds: issued.kinds.clone(),
            amount_minor: programme.currency?.minor_units(issued.amount)?,
            currency: issued.currency.clone(),
            times: u64::from(issued.times),
            region: None,
            offline_limit_minor: None,
        },
    })
}

/// Returns the documents that an application refers to now and did not before.
fn added(before: Option<&Application>, after: &Application) -> Vec<DocumentId> {
    let known = before.map_or(&[][..], |before| before.documents.as_slice());
    let added = after.documents.iter().filter(|document| !known.contains(document));
    added.map(|document| document.id).collect()
}

/// Returns what is answered again to the same key.
fn outcome(key: Idempotency, decision: &Decision) -> NewIdempotency {
    let application = &decision.application;
    let first = decision.events.first().map_or(application.version + 1, |(event, _)| event.version);
    NewIdempotency {
        scope: key.scope,
        outcome: StoredOutcome {
            request: key.request,
            application: application.id,
            first,
            last: application.version,
            at: application.changed_at,
        },
    }
}

/// Returns when the personal values of an application that has ended are to be erased, not before its voucher has ended.
pub(super) fn erase_at(programme: &Programme, application: &Application) -> Option<Timestamp> {
    let keep = match application.status {
        Status::Rejected => programme.keep.rejected,
        Status::Withdrawn => programme.keep.withdrawn,
        Status::Approved => programme.keep.approved,
        Status::InReview | Status::WithApplicant | Status::Held => None,
    };
    let end =
        programme.calendar.after(application.changed_at, keep.filter(|_| !application.erased)?);
    Some(application.voucher.as_ref().map_or(end, |voucher| end.max(voucher.expires_at)))
}

/// Returns random bytes of the operating system.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness nothing may be sealed: the process stops rather than go on with zeros.
    if getrandom::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}
