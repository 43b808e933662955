//! Cron expressions, in the programme's time zone.
//!
//! Croner finds the occurrences on its own civil types; this module lends it jiff's clock, so that the programme has one
//! time zone database. No other module sees croner.

use std::cmp::Ordering;
use std::sync::Arc;

use cron::errors::CronError;
use cron::parser::{CronParser, Seconds, Year};
use cron::time::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Longest cron expression, in bytes.
pub const MAX_CRON_BYTES: usize = 256;

/// A cron expression of five fields: minute, hour, day of month, month, day of week.
///
/// An occurrence that falls into a gap of the local clock runs right after it; one that comes twice runs once.
#[derive(Debug, Clone)]
pub struct Cron {
    pattern: Arc<str>,
    parsed: Arc<cron::Cron>,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Cron {}

impl Cron {
    /// Reads an expression: `30 2 * * *`, `0 8 * * mon`.
    ///
    /// # Errors
    ///
    /// Returns one sentence that says what is wrong.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        if pattern.len() > MAX_CRON_BYTES {
            return Err(format!("a cron expression has at most {MAX_CRON_BYTES} bytes"));
        }
        if pattern.split_whitespace().count() != 5 {
            return Err(
                "a cron expression has five fields: minute, hour, day of month, month, day of week"
                    .to_owned(),
            );
        }
        let parser =
            CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        match parser.parse(pattern) {
            Ok(parsed) => Ok(Self { pattern: pattern.into(), parsed: Arc::new(parsed) }),
            Err(error) => Err(in_words(&error)),
        }
    }

    /// Returns the expression as it stands in the file.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Returns the first occurrence strictly after `instant`, if there is one.
    #[must_use]
    pub fn next_after(&self, instant: Timestamp, timezone: &TimeZone) -> Option<Timestamp> {
        let start = Local { instant, timezone };
        self.parsed.find_next_occurrence(&start, false).ok().map(|found| found.instant)
    }
}

/// Says what is wrong with an expression, in lower case and without a full stop.
fn in_words(error: &CronError) -> String {
    let (CronError::InvalidPattern(words)
    | CronError::IllegalCharacters(words)
    | CronError::ComponentError(words)) = error
    else {
        return "not a cron expression".to_owned();
    };
    format!("not a cron expression: {}", words.trim_end_matches('.').to_lowercase())
}

/// An instant seen on the local clock.
#[derive(Debug, Clone)]
struct Local<'a> {
    instant: Timestamp,
    timezone: &'a TimeZone,
}

impl Local<'_> {
    fn datetime(&self) -> DateTime {
        self.timezone.to_datetime(self.instant)
    }
}

impl CronDateTime for Local<'_> {
    fn to_civil(&self) -> CivilDateTime {
        let local = self.datetime();
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(
                local.year().into(),
                local.month().unsigned_abs().into(),
                local.day().unsigned_abs().into(),
            ),
            CivilTime::from_parts_unchecked(
                local.hour().unsigned_abs().into(),
                local.minute().unsigned_abs().into(),
                local.second().unsigned_abs().into(),
            ),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        let days = self.datetime().weekday().to_sunday_zero_offset();
        Weekday::from_days_from_sunday(days.unsigned_abs().into())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let ambiguous = self.timezone.to_ambiguous_timestamp(to_jiff(civil)?);
        let at = |instant: Result<Timestamp, jiff::Error>| {
            instant
                .map(|instant| Local { instant, timezone: self.timezone })
                .map_err(|_| CronError::InvalidTime)
        };
        Ok(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(at(ambiguous.unambiguous())?),
            AmbiguousOffset::Fold { .. } => {
                Resolution::Ambiguous(at(ambiguous.earlier())?, at(ambiguous.later())?)
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let instant = self.instant.checked_add(SignedDuration::from_secs(seconds)).ok()?;
        Some(Self { instant, timezone: self.timezone })
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.instant.cmp(&other.instant)
    }
}

/// Converts croner's local time to jiff's; fails after the year 9999.
fn to_jiff(civil: CivilDateTime) -> Result<DateTime, CronError> {
    let part = |value: u32| i8::try_from(value).map_err(|_| CronError::InvalidDate);
    DateTime::new(
        i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?,
        part(civil.month())?,
        part(civil.day())?,
        part(civil.hour())?,
        part(civil.minute())?,
        part(civil.second())?,
        0,
    )
    .map_err(|_| CronError::InvalidDate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The occurrences after `start` on the local clock of `zone`, with their offsets.
    fn occurrences(pattern: &str, zone: &str, start: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(pattern).unwrap();
        let timezone = TimeZone::get(zone).unwrap();
        let mut instant: Timestamp = start.parse().unwrap();
        (0..count)
            .map(|_| {
                instant = cron.next_after(instant, &timezone).unwrap();
                instant.to_zoned_datetime(timezone.clone()).strftime("%a %F %H:%M%:z").to_string()
            })
            .collect()
    }

    #[test]
    fn a_time_in_the_spring_gap_runs_right_after_it() {
        assert_eq!(
            occurrences("30 2 * * *", "America/New_York", "2026-03-08T05:00:00Z", 2),
            ["Sun 2026-03-08 03:00-04:00", "Mon 2026-03-09 02:30-04:00"],
        );
    }

    #[test]
    fn a_time_that_comes_twice_in_autumn_runs_once() {
        assert_eq!(
            occurrences("30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", 2),
            ["Sun 2026-11-01 01:30-04:00", "Mon 2026-11-02 01:30-05:00"],
        );
    }

    #[test]
    fn half_hours_across_the_autumn_fold_come_in_order_and_each_once() {
        assert_eq!(
            occurrences("*/30 * * * *", "America/New_York", "2026-11-01T04:30:00Z", 6),
            [
                "Sun 2026-11-01 01:00-04:00",
                "Sun 2026-11-01 01:30-04:00",
                "Sun 2026-11-01 01:00-05:00",
                "Sun 2026-11-01 01:30-05:00",
                "Sun 2026-11-01 02:00-05:00",
                "Sun 2026-11-01 02:30-05:00",
            ],
        );
    }

    #[test]
    fn day_one_of_the_week_is_monday_and_names_work() {
        let numbered = occurrences("0 8 * * 1", "Africa/Kampala", "2026-03-03T00:00:00Z", 1);
        assert_eq!(numbered, ["Mon 2026-03-09 08:00+03:00"]);
        assert_eq!(
            occurrences("0 8 * * mon", "Africa/Kampala", "2026-03-03T00:00:00Z", 1),
            numbered
        );
    }

    #[test]
    fn a_day_of_the_month_and_a_day_of_the_week_are_alternatives() {
        assert_eq!(
            occurrences("0 0 13 * 5", "UTC", "2026-01-10T00:00:00Z", 2),
            ["Tue 2026-01-13 00:00+00:00", "Fri 2026-01-16 00:00+00:00"],
        );
    }

    #[test]
    fn an_occurrence_lies_strictly_after_the_instant() {
        let cron = Cron::parse("30 2 * * *").unwrap();
        let due: Timestamp = "2026-03-03T02:30:00Z".parse().unwrap();
        assert_eq!(
            cron.next_after(due, &TimeZone::UTC),
            Some("2026-03-04T02:30:00Z".parse().unwrap())
        );
    }

    #[test]
    fn a_cron_that_is_never_due_has_no_next_occurrence() {
        let cron = Cron::parse("0 0 30 2 *").unwrap();
        assert_eq!(cron.next_after(Timestamp::UNIX_EPOCH, &TimeZone::UTC), None);
    }

    #[test]
    fn seconds_years_and_nonsense_are_refused_in_words() {
        for pattern in ["0 30 2 * * *", "0 30 2 * * * 2026", "@daily", "", "* * * *"] {
            let refusal = Cron::parse(pattern).unwrap_err();
            assert!(refusal.contains("five fields"), "{pattern}: {refusal}");
        }
        for pattern in ["61 * * * *", "* * * * funday", "a b c d e", "*/0 * * * *", "5-1 * * * *"] {
            let refusal = Cron::parse(pattern).unwrap_err();
            assert!(refusal.starts_with("not a cron expression"), "{pattern}: {refusal}");
            assert!(!refusal.ends_with('.'), "{refusal}");
        }
        assert!(Cron::parse(&"*".repeat(1_000)).is_err());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            ..proptest::prelude::ProptestConfig::default()
        })]

        #[test]
        fn any_text_is_a_cron_or_refused(
            text in proptest::prelude::any::<String>(),
            fields in "([*0-9,/?LW#+a-z-]{1,5} ){4}[*0-9,/?LW#+a-z-]{1,5}",
        ) {
            for pattern in [text, fields] {
                if let Ok(cron) = Cron::parse(&pattern) {
                    let _ = cron.next_after(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
                }
            }
        }
    }
}
