//! Days on which a programme is closed: a date, a yearly date, or one that goes by Easter.

use jiff::Span;
use jiff::civil::Date;

/// Earliest and latest day around Easter, so that it lies in Easter's own year.
const AROUND: std::ops::RangeInclusive<i32> = -80..=200;
/// Which year has every date.
const LEAP: i16 = 2_000;

/// A closed day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// One day: `2026-06-03`.
    On(Date),
    /// The same day each year: `12-25`.
    Yearly {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// So many days after Easter Sunday of the Gregorian calendar, or before it: `easter+1`.
    Easter(i32),
    /// So many days after Easter Sunday of the Julian calendar, or before it: `orthodox-easter+1`.
    OrthodoxEaster(i32),
}

/// A closed day that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a day: write a date (2026-12-24), a yearly date (12-25), or a day by Easter (easter+1, orthodox-easter-2)"
)]
pub struct ClosedError;

impl std::str::FromStr for Closed {
    type Err = ClosedError;

    fn from_str(text: &str) -> Result<Self, ClosedError> {
        let offset = |rest: &str| -> Result<i32, ClosedError> {
            if rest.is_empty() {
                return Ok(0);
            }
            let signed = rest.starts_with(['+', '-']);
            let days: i32 = rest.parse().map_err(|_| ClosedError)?;
            if signed && AROUND.contains(&days) { Ok(days) } else { Err(ClosedError) }
        };
        if let Some(rest) = text.strip_prefix("orthodox-easter") {
            return offset(rest).map(Self::OrthodoxEaster);
        }
        if let Some(rest) = text.strip_prefix("easter") {
            return offset(rest).map(Self::Easter);
        }
        if text.len() == "12-25".len() {
            let (month, day) = text.split_once('-').ok_or(ClosedError)?;
            let number = |text: &str| text.parse::<i8>().map_err(|_| ClosedError);
            let (month, day) = (number(month)?, number(day)?);
            let _ = Date::new(LEAP, month, day).map_err(|_| ClosedError)?;
            return Ok(Self::Yearly { month, day });
        }
        text.parse().map(Self::On).map_err(|_| ClosedError)
    }
}

impl Closed {
    /// Returns whether it is this day.
    #[must_use]
    pub fn is(self, date: Date) -> bool {
        self.in_year(date.year()) == Some(date)
    }

    /// Returns the day in a year, where the year has it.
    #[must_use]
    pub fn in_year(self, year: i16) -> Option<Date> {
        let around = |easter: Option<Date>, days: i32| {
            easter?.checked_add(Span::new().try_days(days).ok()?).ok()
        };
        match self {
            Self::On(date) => Some(date).filter(|date| date.year() == year),
            Self::Yearly { month, day } => Date::new(year, month, day).ok(),
            Self::Easter(days) => around(easter(year), days),
            Self::OrthodoxEaster(days) => around(orthodox_easter(year), days),
        }
    }
}

/// Returns Easter Sunday of the Gregorian calendar, by the anonymous algorithm of 1876 (Meeus, Astronomical Algorithms, ch. 8).
fn easter(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let golden = year_number % 19;
    let (century, rest) = (year_number / 100, year_number % 100);
    let skipped = century / 4;
    let moon = (century + 8) / 25;
    let moon = (century - moon + 1) / 3;
    let epact = (19 * golden + century - skipped - moon + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    Date::new(year, i8::try_from(days / 31).ok()?, i8::try_from(days % 31 + 1).ok()?).ok()
}

/// Returns Easter Sunday of the Julian calendar as a date of the Gregorian one (Meeus, ch. 8, and the centuries' difference).
fn orthodox_easter(year: i16) -> Option<Date> {
    let number = i32::from(year);
    let epact = (19 * (number % 19) + 15) % 30;
    let weekday = (2 * (number % 4) + 4 * (number % 7) - epact + 34) % 7;
    let days = epact + weekday + 114;
    let julian = Date::new(year, i8::try_from(days / 31).ok()?, i8::try_from(days % 31 + 1).ok()?);
    let apart = number / 100 - number / 400 - 2;
    julian.ok()?.checked_add(Span::new().try_days(apart).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str, year: i16) -> String {
        let closed: Closed = text.parse().unwrap();
        closed.in_year(year).map_or_else(|| "none".to_owned(), |date| date.to_string())
    }

    #[test]
    fn easter_is_where_the_churches_have_it() {
        // Dates of the United States Naval Observatory and of the Greek church.
        let western = [
            (1_961, "04-02"),
            (2_000, "04-23"),
            (2_024, "03-31"),
            (2_026, "04-05"),
            (2_038, "04-25"),
        ];
        for (year, expected) in western {
            assert_eq!(day("easter", year), format!("{year}-{expected}"));
        }
        let eastern = [
            (2_016, "05-01"),
            (2_021, "05-02"),
            (2_024, "05-05"),
            (2_025, "04-20"),
            (2_026, "04-12"),
        ];
        for (year, expected) in eastern {
            assert_eq!(day("orthodox-easter", year), format!("{year}-{expected}"));
        }
    }

    #[test]
    fn days_are_counted_from_easter_and_stand_in_its_year() {
        assert_eq!(day("easter+1", 2_026), "2026-04-06");
        assert_eq!(day("easter-2", 2_026), "2026-04-03");
        assert_eq!(day("orthodox-easter+1", 2_026), "2026-04-13");
        for year in 1_900..2_200 {
            for text in ["easter-80", "easter+200", "orthodox-easter-80", "orthodox-easter+200"] {
                assert!(day(text, year).starts_with(&format!("{year}-")), "{text} {year}");
            }
        }
    }

    #[test]
    fn a_yearly_date_is_missing_where_the_year_has_none() {
        assert_eq!(day("02-29", 2_028), "2028-02-29");
        assert_eq!(day("02-29", 2_026), "none");
        assert_eq!(day("2026-06-03", 2_026), "2026-06-03");
        assert_eq!(day("2026-06-03", 2_027), "none");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in
            ["02-30", "13-01", "easter1", "easter+500", "easter+", "2026-02-29", "christmas", ""]
        {
            assert_eq!(text.parse::<Closed>(), Err(ClosedError), "{text}");
        }
    }
}
