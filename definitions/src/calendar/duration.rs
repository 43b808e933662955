//! Durations as a definition writes them: `14 days`, `2 working days`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    /// 3,600 seconds in which the programme is open.
    WorkingHours,
    /// Days on which the programme is open.
    WorkingDays,
}

impl Unit {
    /// Returns whether only open time counts.
    #[must_use]
    pub fn is_working(self) -> bool {
        matches!(self, Self::WorkingHours | Self::WorkingDays)
    }
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
/// Most working units one duration may count.
pub const MAX_WORKING_COUNT: u32 = 10_000;

/// A duration that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not `number unit`.
    #[error("not a duration: write a number and a unit, such as `14 days`")]
    Shape,
    /// `2 working weeks`.
    #[error("working time counts in hours and days")]
    WorkingUnit,
    /// Zero, or above [`MAX_DURATION_COUNT`].
    #[error("a duration counts from 1 to {MAX_DURATION_COUNT} units")]
    Count,
    /// Zero, or above [`MAX_WORKING_COUNT`].
    #[error("working time counts from 1 to {MAX_WORKING_COUNT} units")]
    WorkingCount,
}

impl Duration {
    /// Returns the date that lies this long before another; saturates at the first that can be named.
    #[must_use]
    pub fn before(self, date: Date) -> Date {
        date.checked_sub(super::span(self)).unwrap_or(Date::MIN)
    }
}

impl std::str::FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (count, unit) = match words.as_slice() {
            [count, "working", unit] => (count, working(unit).ok_or(DurationError::WorkingUnit)?),
            [count, unit] => (count, plain(unit).ok_or(DurationError::Shape)?),
            _ => return Err(DurationError::Shape),
        };
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DurationError::Shape);
        }
        let (most, error) = if unit.is_working() {
            (MAX_WORKING_COUNT, DurationError::WorkingCount)
        } else {
            (MAX_DURATION_COUNT, DurationError::Count)
        };
        match count.parse() {
            Ok(count) if (1..=most).contains(&count) => Ok(Self { count, unit }),
            _ => Err(error),
        }
    }
}

fn plain(word: &str) -> Option<Unit> {
    Some(match word {
        "minute" | "minutes" => Unit::Minutes,
        "hour" | "hours" => Unit::Hours,
        "day" | "days" => Unit::Days,
        "week" | "weeks" => Unit::Weeks,
        "month" | "months" => Unit::Months,
        "year" | "years" => Unit::Years,
        _ => return None,
    })
}

fn working(word: &str) -> Option<Unit> {
    Some(match word {
        "hour" | "hours" => Unit::WorkingHours,
        "day" | "days" => Unit::WorkingDays,
        _ => return None,
    })
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
            Unit::WorkingHours => "working hour",
            Unit::WorkingDays => "working day",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_singular_and_plural_words() {
        let read = |text: &str| text.parse::<Duration>();
        assert_eq!(read("1 day"), Ok(Duration { count: 1, unit: Unit::Days }));
        assert_eq!(read("48 hours"), Ok(Duration { count: 48, unit: Unit::Hours }));
        assert_eq!(read("3 working days"), Ok(Duration { count: 3, unit: Unit::WorkingDays }));
        assert_eq!(read("1 working hour"), Ok(Duration { count: 1, unit: Unit::WorkingHours }));
        assert_eq!(read("2 working weeks"), Err(DurationError::WorkingUnit));
        assert_eq!(read("20000 working days"), Err(DurationError::WorkingCount));
        assert_eq!(read("0 days"), Err(DurationError::Count));
        assert_eq!(read("soon"), Err(DurationError::Shape));
        assert_eq!(Duration { count: 1, unit: Unit::Weeks }.to_string(), "1 week");
        assert_eq!(read("8 working hours").unwrap().to_string(), "8 working hours");
    }
}
