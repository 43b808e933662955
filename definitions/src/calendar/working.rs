//! Working time: what counts while a programme is open.
//!
//! An instant is open if its local time lies in the hours of its day and the day is not closed. So a span that is passed twice when
//! clocks are set back is open twice, and one that is left out when they are set forward is open from where they go on.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan as _, Unit as Part};

use super::Calendar;
use super::week;

/// Most days that are looked at for one instant; beyond, it is never.
const MAX_DAYS: u32 = 40_000;
/// Most days without an opening that are looked at.
const MAX_CLOSED_DAYS: u32 = 1_500;

impl Calendar {
    /// Returns whether the programme is ever open again after a day.
    #[must_use]
    pub fn opens_after(&self, date: Date) -> bool {
        date.series(1.day())
            .take(usize::try_from(MAX_CLOSED_DAYS).unwrap_or_default())
            .any(|date| self.is_working_day(date))
    }

    /// Returns whether the programme is open at some time of a day.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        !self.week.of(date.weekday()).is_empty() && !self.is_closed(date)
    }

    /// Returns how many working days lie after one date, up to another: from Friday to Monday there is 1. Negative if the second
    /// is earlier.
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> i64 {
        if to < from {
            return -self.working_days_between(to, from);
        }
        let days = from.until((Part::Day, to)).map_or(0, |span| i64::from(span.get_days()));
        let weekdays = |date: Date| i64::from(!self.week.of(date.weekday()).is_empty());
        let in_week: i64 = from.series(1.day()).skip(1).take(7).map(weekdays).sum();
        let whole_weeks = days / 7;
        let rest = usize::try_from(days % 7).unwrap_or_default();
        let in_rest: i64 = from.series(1.day()).skip(1).take(rest).map(weekdays).sum();
        let years = from.year()..=to.year();
        let closed: BTreeSet<Date> = years
            .flat_map(|year| self.closed.iter().filter_map(move |closed| closed.in_year(year)))
            .filter(|date| *date > from && *date <= to && weekdays(*date) == 1)
            .collect();
        whole_weeks * in_week + in_rest - i64::try_from(closed.len()).unwrap_or_default()
    }

    /// Returns the instant after so much open time; it may be a closing instant.
    ///
    /// Saturates at the last instant that can be named.
    #[must_use]
    pub fn after_open(&self, start: Timestamp, length: SignedDuration) -> Timestamp {
        let mut left = length;
        if !left.is_positive() {
            return start;
        }
        for (from, until) in self.openings(start, MAX_DAYS) {
            let open = until.duration_since(from);
            if left <= open {
                return from.checked_add(left).unwrap_or(Timestamp::MAX);
            }
            left = left.saturating_sub(open);
        }
        Timestamp::MAX
    }

    /// Returns how much open time lies between two instants.
    #[must_use]
    pub fn open_between(&self, start: Timestamp, end: Timestamp) -> SignedDuration {
        self.openings(start, MAX_DAYS)
            .take_while(|(from, _)| *from < end)
            .map(|(from, until)| until.min(end).duration_since(from))
            .fold(SignedDuration::ZERO, SignedDuration::saturating_add)
    }

    /// Returns the same time of day so many working days later, moved forward into opening hours; a start outside them counts
    /// from the next opening.
    pub(super) fn after_working_days(&self, start: Timestamp, count: u32) -> Timestamp {
        let local = self.timezone.to_datetime(self.opening(start));
        let mut days = local.date().series(1.day()).skip(1);
        let mut left = count;
        for _ in 0..MAX_DAYS {
            let Some(date) = days.next() else { break };
            left -= u32::from(self.is_working_day(date));
            if left == 0 {
                let there = date.to_datetime(local.time()).to_zoned_datetime(self.timezone.clone());
                return there.map_or(Timestamp::MAX, |there| self.opening(there.timestamp()));
            }
        }
        Timestamp::MAX
    }

    /// Returns the instant itself if it is open, else the next opening.
    fn opening(&self, instant: Timestamp) -> Timestamp {
        self.openings(instant, MAX_CLOSED_DAYS).next().map_or(Timestamp::MAX, |(from, _)| from)
    }

    /// Returns the spans of open time from an instant on, in their order.
    fn openings(
        &self,
        start: Timestamp,
        days: u32,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.date(start)
            .series(1.day())
            .take(usize::try_from(days).unwrap_or_default())
            .flat_map(|date| self.open_on(date))
            .filter(move |(_, until)| *until > start)
            .map(move |(from, until)| (from.max(start), until))
    }

    /// Returns the spans of open time of a day, in their order.
    fn open_on(&self, date: Date) -> Vec<(Timestamp, Timestamp)> {
        if !self.is_working_day(date) {
            return Vec::new();
        }
        let mut open = Vec::new();
        for (offset, from, until) in self.stretches(date) {
            for span in self.week.of(date.weekday()) {
                let (Some(opens), Some(closes)) =
                    (instant(date, span.0, offset), instant(date, span.1, offset))
                else {
                    continue;
                };
                if opens.max(from) < closes.min(until) {
                    open.push((opens.max(from), closes.min(until)));
                }
            }
        }
        open
    }

    /// Returns the stretches of a day in which clocks are not set, with their offset.
    fn stretches(&self, date: Date) -> Vec<(Offset, Timestamp, Timestamp)> {
        let midnight = |date: Date| {
            date.to_zoned_datetime(self.timezone.clone()).map(|midnight| midnight.timestamp()).ok()
        };
        let (Some(start), Some(end)) = (midnight(date), date.tomorrow().ok().and_then(midnight))
        else {
            return Vec::new();
        };
        let mut stretches = Vec::new();
        let mut from = start;
        for change in self.timezone.following(start).map(|change| change.timestamp()) {
            if change >= end {
                break;
            }
            stretches.push((self.timezone.to_offset(from), from, change));
            from = change;
        }
        stretches.push((self.timezone.to_offset(from), from, end));
        stretches
    }
}

/// Returns the instant so many minutes after midnight, by an offset.
fn instant(date: Date, minutes: u16, offset: Offset) -> Option<Timestamp> {
    let local = match week::time(minutes) {
        Some(time) => date.to_datetime(time),
        None => DateTime::from_parts(date.tomorrow().ok()?, jiff::civil::Time::midnight()),
    };
    offset.to_timestamp(local).ok()
}
