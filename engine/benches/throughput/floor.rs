//! The bare writer: the rows of decisions that the engine recorded, written again by the same driver and by nothing else.
//!
//! Without looking what stands: reads no row before it writes, decides and seals nothing.

mod postgres;
mod sqlite;

pub(crate) use postgres::postgres;
pub(crate) use sqlite::sqlite;

/// Version, digest and bytes.
type Event = (i64, Vec<u8>, Vec<u8>);

/// What a decision writes: its application's row, its events, its note, and the task, queue and timer that it opens.
struct Decision {
    id: Vec<u8>,
    version: i64,
    state: Vec<u8>,
    events: Vec<Event>,
    sealed: Vec<u8>,
}

impl Decision {
    fn reference(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.id)
    }

    /// Returns what stands for the digest of its note.
    fn commitment(&self) -> Vec<u8> {
        let mut commitment = self.id.repeat(2);
        commitment.truncate(31);
        commitment.push(u8::try_from(self.version).unwrap_or(0));
        commitment
    }
}

/// Shares the events of each application out among its three decisions, the first of which makes its row.
fn decisions(
    rows: impl Iterator<Item = (Vec<u8>, i64, Vec<u8>, Vec<u8>, Vec<u8>)>,
    count: usize,
) -> Vec<Decision> {
    let mut applications: Vec<(Vec<u8>, Vec<u8>, Vec<Event>)> = Vec::new();
    for (id, version, digest, bytes, state) in rows {
        if applications.last().is_none_or(|(last, ..)| *last != id) {
            applications.push((id, state, Vec::new()));
        }
        if let Some((_, _, events)) = applications.last_mut() {
            events.push((version, digest, bytes));
        }
    }
    let mut rounds: [Vec<Decision>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for (id, state, events) in applications {
        // Those of its submission are not a decision's.
        let decided = events.get(2..).unwrap_or_default();
        let share = decided.len().div_ceil(3).max(1);
        for (round, events) in rounds.iter_mut().zip(decided.chunks(share)) {
            let version = events.last().map_or(1, |(version, ..)| *version);
            let sealed = vec![7; 160];
            round.push(Decision {
                id: id.clone(),
                version,
                state: state.clone(),
                events: events.to_vec(),
                sealed,
            });
        }
    }
    let mut decisions: Vec<Decision> = rounds.into_iter().flatten().collect();
    decisions.truncate(count);
    decisions
}
