//! Spans of time, and the programme's time zone, opening hours and closed days.
//!
//! Reads no clock: every instant is an argument. Plain units are elapsed time; days, weeks, months and years are calendar
//! units in the programme's time zone; working units count open time only.

mod closed;
mod cron;
mod duration;
#[cfg(test)]
mod tests;
mod week;
mod working;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

pub use self::closed::{Closed, ClosedError};
pub use self::cron::{Cron, MAX_CRON_BYTES};
pub use self::duration::{Duration, DurationError, MAX_DURATION_COUNT, MAX_WORKING_COUNT, Unit};
pub use self::week::{Week, WeekError};

/// The first day from whose noon durations in different units are compared.
pub const COMPARED_FROM: Date = jiff::civil::date(2_026, 1, 1);
/// The last.
const COMPARED_UNTIL: Date = jiff::civil::date(2_026, 12, 31);

/// The programme's time zone, opening hours and closed days.
#[derive(Debug, Clone)]
pub struct Calendar {
    timezone: TimeZone,
    week: Week,
    closed: Vec<Closed>,
}

impl Calendar {
    /// Returns the calendar of a time zone that is always open.
    #[must_use]
    pub fn new(timezone: TimeZone) -> Self {
        Self { timezone, week: Week::always(), closed: Vec::new() }
    }

    /// Returns the calendar of a time zone, opening hours and closed days.
    #[must_use]
    pub fn with(timezone: TimeZone, week: Week, closed: Vec<Closed>) -> Self {
        Self { timezone, week, closed }
    }

    /// Returns whether the programme is closed on a day, whatever its hours.
    #[must_use]
    pub fn is_closed(&self, date: Date) -> bool {
        self.closed.iter().any(|closed| closed.is(date))
    }

    /// Returns the programme's time zone.
    #[must_use]
    pub fn timezone(&self) -> &TimeZone {
        &self.timezone
    }

    /// Returns the local date of an instant.
    #[must_use]
    pub fn date(&self, instant: Timestamp) -> Date {
        self.timezone.to_datetime(instant).date()
    }

    /// Returns the instant `duration` after `start`, to the time of day.
    ///
    /// Saturates at the last instant that can be named.
    #[must_use]
    pub fn after(&self, start: Timestamp, duration: Duration) -> Timestamp {
        match duration.unit {
            Unit::WorkingHours => {
                let hours = SignedDuration::from_hours(duration.count.into());
                return self.after_open(start, hours);
            }
            Unit::WorkingDays => return self.after_working_days(start, duration.count),
            _ => {}
        }
        start
            .to_zoned_datetime(self.timezone.clone())
            .checked_add(span(duration))
            .map_or(Timestamp::MAX, |end| end.timestamp())
    }

    /// Returns an instant moved by the length of a stop between two others: by elapsed time, or by open time where it was
    /// counted in working units.
    #[must_use]
    pub fn moved(
        &self,
        instant: Timestamp,
        counted_in: Unit,
        stopped: Timestamp,
        resumed: Timestamp,
    ) -> Timestamp {
        if counted_in.is_working() {
            return self.after_open(instant, self.open_between(stopped, resumed));
        }
        instant.checked_add(resumed.duration_since(stopped)).unwrap_or(Timestamp::MAX)
    }

    /// Returns the first day of a usual year from whose noon one duration ends before another.
    #[must_use]
    pub fn first_before(&self, one: Duration, other: Duration) -> Option<Date> {
        if one.unit == other.unit {
            return (one.count < other.count).then_some(COMPARED_FROM);
        }
        let noon = |date: Date| date.at(12, 0, 0, 0).to_zoned_datetime(self.timezone.clone());
        COMPARED_FROM.series(1.day()).take_while(|date| *date <= COMPARED_UNTIL).find(|date| {
            noon(*date).is_ok_and(|noon| {
                let start = noon.timestamp();
                self.after(start, one) < self.after(start, other)
            })
        })
    }

    /// Returns the instant `duration` before `end`, to the time of day; working units count as plain ones.
    ///
    /// Saturates at the first instant that can be named.
    #[must_use]
    pub fn before(&self, end: Timestamp, duration: Duration) -> Timestamp {
        let zoned = end.to_zoned_datetime(self.timezone.clone());
        zoned.checked_sub(span(duration)).map_or(Timestamp::MIN, |start| start.timestamp())
    }

    /// Returns the end of the last local day of a period that a person outside has: the first instant of the day after it.
    #[must_use]
    pub fn end_of_day_after(&self, start: Timestamp, duration: Duration) -> Timestamp {
        let last = self.date(self.after(start, duration));
        self.end_of_day(last)
    }

    /// Returns the first instant of the day after `date`.
    #[must_use]
    pub fn end_of_day(&self, date: Date) -> Timestamp {
        date.tomorrow()
            .ok()
            .and_then(|next| next.to_zoned_datetime(self.timezone.clone()).ok())
            .map_or(Timestamp::MAX, |next| next.timestamp())
    }
}

/// Returns the duration as calendar units.
fn span(duration: Duration) -> jiff::Span {
    let count = i64::from(duration.count);
    match duration.unit {
        Unit::Minutes => count.minutes(),
        Unit::Hours | Unit::WorkingHours => count.hours(),
        Unit::Days | Unit::WorkingDays => count.days(),
        Unit::Weeks => count.weeks(),
        Unit::Months => count.months(),
        Unit::Years => jiff::Span::new().try_years(count).unwrap_or_else(|_| 9_000.years()),
    }
}
