//! Writing one batch: repeats without the losers, then unit by unit.

use super::{Answer, CommitFailure, MAX_REPEATS, Queued};
use crate::store::{
    ApplicationUnit, Batch, Definition, Loss, Receipt, Record, Store, StoreError, Unit,
};

/// Writes a batch and answers each of its units.
pub(super) async fn write(store: &dyn Store, queued: Vec<Queued>) {
    let (mut units, mut answers): (Vec<Unit>, Vec<Answer>) =
        queued.into_iter().map(|queued| (queued.unit, queued.answer)).unzip();
    // Losers hear of it after the others are recorded: it is to them that they lost.
    let mut losers = Vec::new();
    for _ in 0..=MAX_REPEATS {
        if units.is_empty() {
            break;
        }
        let alone = units.len() == 1;
        match store.commit(&units).await {
            Ok(Batch::Committed(receipts)) => {
                answer_each(&mut answers, receipts);
                units.clear();
            }
            Ok(Batch::Lost(losses)) => part(&mut units, &mut answers, losses, &mut losers),
            Err(StoreError::Unknown) => {
                resolve(store, &units, &mut answers).await;
                units.clear();
            }
            Err(error) if alone || error.concerns_all() => {
                fail_all(&mut answers, &error);
                units.clear();
            }
            Err(error) => {
                tracing::warn!(units = units.len(), %error, "a batch failed and is written unit by unit");
                break;
            }
        }
    }
    one_by_one(store, units, answers).await;
    for (answer, loss) in losers {
        tell(answer, Err(CommitFailure::Lost(loss)));
    }
}

/// Writes units each by itself, so that a bad one fails alone.
async fn one_by_one(store: &dyn Store, units: Vec<Unit>, answers: Vec<Answer>) {
    let mut rest = units.iter().zip(answers);
    while let Some((unit, answer)) = rest.next() {
        let mut answer = vec![answer];
        match store.commit(std::slice::from_ref(unit)).await {
            Ok(Batch::Committed(receipts)) => answer_each(&mut answer, receipts),
            Ok(Batch::Lost(losses)) => {
                let failure = losses
                    .into_iter()
                    .next()
                    .map_or_else(unnamed, |(_, loss)| CommitFailure::Lost(loss));
                answer.drain(..).for_each(|answer| tell(answer, Err(failure.clone())));
            }
            Err(StoreError::Unknown) => {
                resolve(store, std::slice::from_ref(unit), &mut answer).await;
            }
            Err(error) => {
                fail_all(&mut answer, &error);
                if error.concerns_all() {
                    fail_all(&mut rest.by_ref().map(|(_, answer)| answer).collect(), &error);
                }
            }
        }
    }
}

/// Takes the losers out of a batch.
fn part(
    units: &mut Vec<Unit>,
    answers: &mut Vec<Answer>,
    mut losses: Vec<(usize, Loss)>,
    losers: &mut Vec<(Answer, Loss)>,
) {
    // From the back, so that the places of those before stay what they are.
    losses.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    losses.dedup_by_key(|(place, _)| *place);
    for (place, loss) in losses {
        if place < units.len() && place < answers.len() {
            units.remove(place);
            losers.push((answers.remove(place), loss));
        }
    }
}

fn fail_all(answers: &mut Vec<Answer>, error: &StoreError) {
    for answer in answers.drain(..) {
        tell(answer, Err(CommitFailure::Store(error.clone())));
    }
}

/// Gives each unit its receipt; a unit for which the store gave none may be recorded or not.
fn answer_each(answers: &mut Vec<Answer>, receipts: Vec<Receipt>) {
    let mut receipts = receipts.into_iter();
    for answer in answers.drain(..) {
        tell(answer, receipts.next().ok_or(CommitFailure::Unknown));
    }
}

/// Answers a unit; it is no matter if nobody waits any more.
fn tell(answer: Answer, outcome: Result<Receipt, CommitFailure>) {
    let _ = answer.send(outcome);
}

fn unnamed() -> CommitFailure {
    CommitFailure::Store(StoreError::Database("a unit was lost without a cause".to_owned()))
}

/// What the store shows of a unit whose commit was cut off.
enum Trace {
    /// It is there.
    Recorded,
    /// Somebody else's stands in its place: it is not there and never will be.
    Lost(Loss),
    /// It is not there, or not yet, or nothing would show it.
    None,
}

/// Answers units whose commit was cut off. A batch is whole: one unit that is there proves them all.
async fn resolve(store: &dyn Store, units: &[Unit], answers: &mut Vec<Answer>) {
    let mut traces = Vec::with_capacity(units.len());
    for unit in units {
        traces.push(match unit {
            Unit::Application(unit) => trace(store, unit).await.unwrap_or(Trace::None),
            Unit::Record(_) => Trace::None,
        });
    }
    let recorded = traces.iter().any(|trace| matches!(trace, Trace::Recorded));
    tracing::warn!(units = units.len(), recorded, "a commit was cut off and looked up");
    for ((answer, unit), trace) in answers.drain(..).zip(units).zip(traces) {
        let outcome = match trace {
            _ if recorded => receipt(store, unit).await,
            Trace::Lost(loss) => Err(CommitFailure::Lost(loss)),
            Trace::Recorded | Trace::None => Err(CommitFailure::Unknown),
        };
        tell(answer, outcome);
    }
}

/// Looks for a unit by its request and by its last event.
async fn trace(store: &dyn Store, unit: &ApplicationUnit) -> Result<Trace, StoreError> {
    if let Some(request) = &unit.idempotency
        && let Some(outcome) = store.idempotent(request.scope).await?
    {
        let own = outcome == request.outcome;
        return Ok(if own { Trace::Recorded } else { Trace::Lost(Loss::Idempotency(outcome)) });
    }
    let Some(last) = unit.events.last() else { return Ok(Trace::None) };
    let there = store.events(unit.application.id, last.version).await?;
    Ok(match there.first() {
        Some(event) if event.version == last.version && event.digest == last.digest => {
            Trace::Recorded
        }
        Some(_) => Trace::Lost(Loss::Version),
        None => Trace::None,
    })
}

/// Returns the receipt of a unit that is known to be recorded.
async fn receipt(store: &dyn Store, unit: &Unit) -> Result<Receipt, CommitFailure> {
    match unit {
        Unit::Record(Record::Deploy(deployed)) => match store.definition(deployed.digest).await {
            Ok(Some(Definition { number, deployed_at, .. })) => {
                Ok(Receipt::Deployed { number, unchanged: deployed_at != deployed.deployed_at })
            }
            Ok(None) | Err(_) => Err(CommitFailure::Unknown),
        },
        Unit::Record(Record::RemoveDocuments(documents)) => {
            let mut removed = Vec::new();
            for document in documents {
                match store.document(*document).await {
                    Ok(None) => removed.push(*document),
                    Ok(Some(_)) => {}
                    Err(_) => return Err(CommitFailure::Unknown),
                }
            }
            Ok(Receipt::Removed(removed))
        }
        Unit::Application(_) | Unit::Record(_) => Ok(Receipt::Done),
    }
}
