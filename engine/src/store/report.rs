//! What is asked of a store for a report, piece by piece, so that no reading is long.

use annona_definitions::programme::{RoleId, StageId};
use jiff::Timestamp;

use crate::application::Status;
use crate::counted::Happened;

/// Most rows that are counted by one reading.
pub const MAX_COUNTED: u32 = 5_000;

/// A piece of what is counted by time, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<T> {
    /// What was counted.
    pub groups: Vec<T>,
    /// From when to go on; `None`: all is counted.
    pub next: Option<Timestamp>,
}

/// A span of time in a programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<'p> {
    /// The programme.
    pub programme: &'p str,
    /// From when.
    pub from: Timestamp,
    /// Until before when.
    pub until: Timestamp,
}

impl Span<'_> {
    /// Returns whether an instant is within it.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// Cuts it before the first row that is too many, which is in it: returns until when a piece goes, in microseconds, and from when
    /// the next one does. Whatever is of one instant is of one piece.
    pub(super) fn cut(&self, end: Option<i64>) -> (i64, Option<Timestamp>) {
        let until = self.until.as_microsecond();
        let end = end.map_or(until, |end| end.max(self.from.as_microsecond() + 1));
        (end, Timestamp::from_microsecond(end).ok().filter(|next| *next < self.until))
    }
}

/// Applications of one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Their status now.
    pub status: Status,
    /// How many.
    pub count: u64,
}

/// What happened alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What.
    pub what: Happened,
    /// In which stage, where it is a stage's.
    pub stage: Option<StageId>,
    /// The currency, of vouchers.
    pub currency: Option<String>,
    /// How often.
    pub count: u64,
    /// How much, in ten-thousandths of the currency's unit.
    pub parts: i64,
}

/// The open tasks of one stage that a role works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The role; a task that was escalated stands in the queue of each role that works it.
    pub role: RoleId,
    /// The stage.
    pub stage: StageId,
    /// How many.
    pub open: u64,
    /// How many of them somebody has claimed.
    pub claimed: u64,
    /// The earliest deadline.
    pub oldest_due: Option<Timestamp>,
}

impl Group {
    /// Adds what happened to what happened alike.
    pub fn add(groups: &mut Vec<Self>, more: Self) {
        let alike = groups.iter_mut().find(|group| {
            (group.what, &group.stage, &group.currency) == (more.what, &more.stage, &more.currency)
        });
        match alike {
            Some(group) => {
                group.count += more.count;
                group.parts = group.parts.saturating_add(more.parts);
            }
            None => groups.push(more),
        }
    }
}
