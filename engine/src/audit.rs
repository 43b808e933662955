//! Recomputes what a log says: bytes, chain, fold, commitments and sums; names the first difference.
//!
//! Pure; reads nothing itself.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::application::Application;
use crate::event::{Body, Event, NOTHING_BEFORE, StoredEvent};
use crate::evolve::{begin, evolve};
use crate::id::ApplicationId;
use crate::recorded::{Hash, Personal, Recorded, RecordedForm};

/// The first thing found wrong with an application's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("application {application}, event {version}: {what}")]
pub struct Difference {
    /// The application.
    pub application: ApplicationId,
    /// The event, from 1; the number after the last one where the row is concerned.
    pub version: u64,
    /// What is wrong.
    pub what: String,
}

/// Checks one application: its events, its row, and its opened personal values.
///
/// # Errors
///
/// Returns the first [`Difference`].
pub fn check(
    id: ApplicationId,
    events: &[StoredEvent],
    row: &Application,
    personal: &[Personal],
) -> Result<(), Difference> {
    let Chain { application: folded, committed } = chain(id, events)?;
    let at_row = |what: &str| difference(id, folded.version + 1, what.to_owned());
    if folded != *row {
        return Err(at_row("the row is not what the events come to"));
    }
    let known: BTreeSet<Hash> = personal.iter().map(Personal::commitment).collect();
    if !folded.erased && !committed.is_subset(&known) {
        return Err(at_row("a personal value is missing, or does not match its commitment"));
    }
    if folded.erased && !known.is_empty() {
        return Err(at_row("personal values are still there after their erasure"));
    }
    let Some(voucher) = &folded.voucher else { return Ok(()) };
    let left = voucher.redemptions.iter().try_fold(voucher.amount, |left, redemption| {
        left.checked_sub(redemption.amount).filter(|left| *left >= Decimal::ZERO)
    });
    if left != Some(voucher.balance) {
        return Err(at_row("what was redeemed and the balance are not the voucher's amount"));
    }
    Ok(())
}

/// What a log comes to.
struct Chain {
    /// The row.
    application: Application,
    /// The commitments to personal values that its events hold.
    committed: BTreeSet<Hash>,
}

/// Checks the bytes, digests and links of a log and folds it.
fn chain(id: ApplicationId, events: &[StoredEvent]) -> Result<Chain, Difference> {
    let mut application: Option<Application> = None;
    let mut committed = BTreeSet::new();
    let mut previous = NOTHING_BEFORE;
    for (stored, version) in events.iter().zip(1_u64..) {
        let wrong = |what: String| difference(id, version, what);
        if stored.version != version {
            return Err(wrong(format!("it is missing: the next event is {}", stored.version)));
        }
        if Hash::of(&stored.bytes) != stored.digest {
            return Err(wrong("its bytes do not match its digest".to_owned()));
        }
        let event = Event::read(&stored.bytes)
            .map_err(|cause| wrong(format!("it cannot be read: {cause}")))?;
        if event.store().map_or(true, |again| again.bytes != stored.bytes) {
            return Err(wrong("its bytes are not in their one canonical form".to_owned()));
        }
        if event.application != id || event.version != version {
            return Err(wrong("it belongs to another place".to_owned()));
        }
        if event.previous != previous {
            return Err(wrong("it does not name the event before it".to_owned()));
        }
        previous = stored.digest;
        committed.extend(commitments(&event));
        application = Some(match application {
            None => begin(&event, stored.digest)
                .ok_or_else(|| wrong("it is not a submission".to_owned()))?,
            Some(before) => evolve(before, &event, stored.digest),
        });
    }
    application
        .map(|application| Chain { application, committed })
        .ok_or_else(|| difference(id, 1, "it is missing: there is no event".to_owned()))
}

/// Returns the commitments that an event holds: of forms, notes, what guards read, and a voucher's name.
fn commitments(event: &Event) -> impl Iterator<Item = Hash> {
    let form = match &event.body {
        Body::Submitted { form, .. } | Body::Answered { form, .. } => Some(form),
        Body::StageApproved { answers, .. } => Some(answers),
        Body::Held { draft, .. } => Some(draft),
        _ => None,
    };
    let name = match &event.body {
        Body::VoucherIssued(issued) => Some(issued.masked_name),
        _ => None,
    };
    let note = event.reason.as_ref().and_then(|reason| reason.note);
    let read = event.guards.iter().flat_map(|guard| {
        guard.inputs.iter().filter_map(|(_, input)| input.as_ref()).chain([&guard.explanation])
    });
    form.into_iter()
        .flat_map(RecordedForm::values)
        .chain(read)
        .filter_map(|recorded| match recorded {
            Recorded::Sealed(commitment) => Some(*commitment),
            Recorded::Clear(_) => None,
        })
        .chain(name)
        .chain(note)
}

fn difference(application: ApplicationId, version: u64, what: String) -> Difference {
    Difference { application, version, what }
}
