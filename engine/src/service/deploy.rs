//! Deploying definitions and the roster.

use std::sync::Arc;

use annona_definitions::Report;
use annona_definitions::programme::ProgrammeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stir::Stirred;
use super::{Engine, Failure};
use crate::cbor;
use crate::event::{NOTHING_BEFORE, StoredEvent};
use crate::id::Who;
use crate::recorded::Hash;
use crate::refusal::Refusal;
use crate::roster::{Roster, RosterError};
use crate::store::{Definition, Loss, Receipt, Record, RosterVersion, Unit};
use crate::writer::CommitFailure;

/// A definition that was deployed.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The programme.
    pub programme: ProgrammeId,
    /// Its number, from 1.
    pub number: u32,
    /// SHA-256 of the source.
    pub digest: Hash,
    /// Whether it was there already.
    pub unchanged: bool,
    /// Warnings.
    pub report: Report,
}

/// Why a definition or a roster was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The definition is wrong, or this version cannot run all of it.
    #[error("the definition has errors, or uses what is not built yet")]
    Invalid(Report),
    /// The roster is wrong.
    #[error("the roster has errors")]
    Roster(Vec<RosterError>),
    /// It could not be recorded.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// An event of the roster's own log, as the bytes that are hashed.
#[derive(Debug, Serialize, Deserialize)]
struct RosterEvent {
    format: u32,
    version: u64,
    at: i64,
    who: Who,
    /// SHA-256 of the roster as it is stored.
    roster: Hash,
    previous: Hash,
}

impl Engine {
    /// Deploys a definition.
    ///
    /// # Errors
    ///
    /// Returns [`DeployError::Invalid`] with every finding.
    pub async fn deploy(&self, who: &Who, source: &[u8]) -> Result<Deployed, DeployError> {
        let compiled = annona_definitions::compile("definition", source);
        let Some(programme) = compiled.programme else {
            return Err(DeployError::Invalid(compiled.report));
        };
        let programme = Arc::new(programme);
        let digest = Hash(programme.digest.0);
        let definition = Definition {
            programme: programme.id.as_str().to_owned(),
            number: 0,
            digest,
            source: source.to_vec(),
            deployed_at: self.now(),
            by: who.clone(),
        };
        let receipt = self
            .0
            .writer
            .commit(Unit::Record(Record::Deploy(definition)))
            .await
            .map_err(Failure::from)?;
        self.remember(Arc::clone(&programme));
        let (number, unchanged) = match receipt {
            Receipt::Deployed { number, unchanged } => (number, unchanged),
            Receipt::Done | Receipt::Removed(_) => (0, false),
        };
        Ok(Deployed {
            programme: programme.id.clone(),
            number,
            digest,
            unchanged,
            report: compiled.report,
        })
    }

    /// Records a new roster and returns its version; rights follow it from now on. The roster that stands already keeps its
    /// version.
    ///
    /// # Errors
    ///
    /// Returns [`DeployError::Roster`] with everything that is wrong.
    pub async fn set_roster(&self, who: &Who, roster: Roster) -> Result<u64, DeployError> {
        self.replace_roster(who, roster, None).await
    }

    /// Does what [`Self::set_roster`] does, if the roster that stands is still of the version that was `seen`.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::ContentChanged`] if it is not, and [`DeployError::Roster`] with everything that is wrong.
    pub async fn replace_roster(
        &self,
        who: &Who,
        roster: Roster,
        seen: Option<u64>,
    ) -> Result<u64, DeployError> {
        let mut errors = roster.check();
        errors.extend(locks_out(who, &roster));
        if !errors.is_empty() {
            return Err(DeployError::Roster(errors));
        }
        // In a task of its own: whoever asked may go away, and rights follow what is recorded all the same.
        let applied = tokio::spawn(apply(self.clone(), who.clone(), roster, seen)).await;
        applied.unwrap_or(Err(Failure::CommitUnknown)).map_err(DeployError::from)
    }

    /// Records something beside the applications.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if it could not be recorded.
    pub async fn record(&self, record: Record) -> Result<Receipt, Failure> {
        let stir = Stirred::of_record(&record);
        let receipt = self.0.writer.commit(Unit::Record(record)).await?;
        self.0.stirred.tell(stir);
        Ok(receipt)
    }
}

/// How often a roster is recorded again after another daemon recorded one first.
const MAX_TRIES: usize = 8;

/// Records a roster that is right, and has rights follow it; one after the other.
async fn apply(
    engine: Engine,
    who: Who,
    roster: Roster,
    seen: Option<u64>,
) -> Result<u64, Failure> {
    let _applying = engine.0.applying.lock().await;
    let text =
        serde_json::to_string(&roster).map_err(|cause| Failure::Broken(cause.to_string()))?;
    for _ in 0..MAX_TRIES {
        let before = engine.0.store.roster().await?;
        let standing = before.as_ref().map_or(0, |before| before.event.version);
        if seen.is_some_and(|seen| seen != standing) {
            return Err(Refusal::ContentChanged.into());
        }
        if before.as_ref().is_some_and(|before| before.roster == text) {
            engine.follow(standing, roster);
            return Ok(standing);
        }
        let next = next_version(engine.now(), &who, &text, before)?;
        let version = next.event.version;
        match engine.0.writer.commit(Unit::Record(Record::Roster(next))).await {
            Ok(_) => {
                engine.follow(version, roster);
                return Ok(version);
            }
            // Another daemon was quicker: this roster comes after that one, unless it was to replace the one before.
            Err(CommitFailure::Lost(Loss::AlreadyDone)) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Failure::Overloaded)
}

/// Returns the version of the roster that comes after `before`.
fn next_version(
    now: Timestamp,
    who: &Who,
    text: &str,
    before: Option<RosterVersion>,
) -> Result<RosterVersion, Failure> {
    let version = before.as_ref().map_or(0, |before| before.event.version) + 1;
    let event = RosterEvent {
        format: crate::event::FORMAT,
        version,
        at: now.as_microsecond(),
        who: who.clone(),
        roster: Hash::of(text.as_bytes()),
        previous: before.map_or(NOTHING_BEFORE, |before| before.event.digest),
    };
    let bytes = cbor::to_vec(&event).map_err(|cause| Failure::Broken(cause.to_string()))?;
    let event = StoredEvent { version, digest: Hash::of(&bytes), bytes };
    Ok(RosterVersion { event, roster: text.to_owned() })
}

/// Checks that a version of the roster is the one of this number, after the event of this digest; says what is wrong.
#[cfg(feature = "sqlite")]
pub(super) fn follows(
    found: &RosterVersion,
    number: u64,
    previous: Hash,
) -> Result<(), &'static str> {
    let stored = &found.event;
    if stored.version != number {
        return Err("it is missing");
    }
    if Hash::of(&stored.bytes) != stored.digest {
        return Err("its bytes do not match its digest");
    }
    let event: RosterEvent =
        cbor::from_slice(&stored.bytes).map_err(|_| "its event cannot be read")?;
    if cbor::to_vec(&event).map_or(true, |again| again != stored.bytes) {
        return Err("its bytes are not in their one canonical form");
    }
    if event.version != number || event.previous != previous {
        return Err("it does not name the version before it");
    }
    if event.roster != Hash::of(found.roster.as_bytes()) {
        return Err("the roster is not the one that was applied");
    }
    Ok(())
}

/// Returns what is wrong with a roster after which whoever applies it could not apply another.
fn locks_out(who: &Who, roster: &Roster) -> Option<RosterError> {
    let Who::Person(id) = who else { return None };
    if roster.person(id).is_some_and(|person| person.holds_everywhere("administrator")) {
        return None;
    }
    Some(RosterError {
        pointer: "/people".to_owned(),
        message: format!(
            "`{id}` applies this roster and would no longer be an administrator: keep them, or have another \
             administrator apply it"
        ),
    })
}
