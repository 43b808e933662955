//! Spans of time and the programme's time zone.
//!
//! Reads no clock: every instant is an argument. Plain units are elapsed time; days, weeks, months and years are calendar
//! units in the programme's time zone.

mod cron;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

pub use self::cron::{Cron, MAX_CRON_BYTES};

/// A unit of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 60 seconds.
    Minutes,
    /// 3,600 seconds.
    Hours,
    /// Calendar days.
    Days,
    /// Seven calendar days.
    Weeks,
    /// Calendar months; the last day of a shorter month.
    Months,
    /// Calendar years.
    Years,
}

/// A duration as the file writes it: `14 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Duration {
    /// How many units.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// Most units one duration may count.
pub const MAX_DURATION_COUNT: u32 = 100_000;

/// A duration that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not `number unit`.
    #[error("not a duration: write a number and a unit, such as `14 days`")]
    Shape,
    /// `3 working days`: part of the language, not built yet.
    #[error("working time is not built yet")]
    Working,
    /// Zero, or above [`MAX_DURATION_COUNT`].
    #[error("a duration counts from 1 to {MAX_DURATION_COUNT} units")]
    Count,
}

impl std::str::FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let mut words = text.split_whitespace();
        let count = words.next().ok_or(DurationError::Shape)?;
        let unit = words.next().ok_or(DurationError::Shape)?;
        if unit == "working" {
            return Err(DurationError::Working);
        }
        if words.next().is_some() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DurationError::Shape);
        }
        let unit = match unit {
            "minute" | "minutes" => Unit::Minutes,
            "hour" | "hours" => Unit::Hours,
            "day" | "days" => Unit::Days,
            "week" | "weeks" => Unit::Weeks,
            "month" | "months" => Unit::Months,
            "year" | "years" => Unit::Years,
            _ => return Err(DurationError::Shape),
        };
        match count.parse() {
            Ok(count) if (1..=MAX_DURATION_COUNT).contains(&count) => Ok(Self { count, unit }),
            _ => Err(DurationError::Count),
        }
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            Unit::Minutes => "minute",
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::Weeks => "week",
            Unit::Months => "month",
            Unit::Years => "year",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

/// The programme's time zone; later its opening hours and closed days.
#[derive(Debug, Clone)]
pub struct Calendar {
    timezone: TimeZone,
}

impl Calendar {
    /// Returns the calendar of a time zone.
    #[must_use]
    pub fn new(timezone: TimeZone) -> Self {
        Self { timezone }
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
        start
            .to_zoned_datetime(self.timezone.clone())
            .checked_add(span(duration))
            .map_or(Timestamp::MAX, |end| end.timestamp())
    }

    /// Returns the instant `duration` before `end`, to the time of day.
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
        Unit::Hours => count.hours(),
        Unit::Days => count.days(),
        Unit::Weeks => count.weeks(),
        Unit::Months => count.months(),
        Unit::Years => jiff::Span::new().try_years(count).unwrap_or_else(|_| 9_000.years()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kampala() -> Calendar {
        Calendar::new(TimeZone::get("Africa/Kampala").unwrap())
    }

    #[test]
    fn a_duration_reads_singular_and_plural_words() {
        assert_eq!("1 day".parse(), Ok(Duration { count: 1, unit: Unit::Days }));
        assert_eq!("48 hours".parse(), Ok(Duration { count: 48, unit: Unit::Hours }));
        assert_eq!("3 working days".parse::<Duration>(), Err(DurationError::Working));
        assert_eq!("0 days".parse::<Duration>(), Err(DurationError::Count));
        assert_eq!("soon".parse::<Duration>(), Err(DurationError::Shape));
        assert_eq!(Duration { count: 1, unit: Unit::Weeks }.to_string(), "1 week");
    }

    #[test]
    fn a_period_of_a_person_outside_runs_to_the_end_of_its_last_local_day() {
        let start: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
        let end = kampala().end_of_day_after(start, "14 days".parse().unwrap());
        assert_eq!(end.to_string(), "2026-03-16T21:00:00Z");
    }

    #[test]
    fn the_last_day_of_a_shorter_month_is_taken() {
        let start: Timestamp = "2026-01-31T09:00:00Z".parse().unwrap();
        let end = kampala().after(start, "1 month".parse().unwrap());
        assert_eq!(end.to_string(), "2026-02-28T09:00:00Z");
    }
}
