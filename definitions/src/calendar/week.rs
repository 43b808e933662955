//! When a programme is open in a week: `mon-fri 08:00-17:00`.

use jiff::civil::{Time, Weekday};

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// Names of the days as they are written, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Minutes after midnight, local time; the second is not in it.
pub(super) type Span = (u16, u16);

/// The opening hours of a week: local time, half-open, Monday first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    days: [Vec<Span>; 7],
}

/// Opening hours that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeekError {
    /// Not `days hours`.
    #[error("these are no opening hours: write days and hours, such as `mon-fri 08:00-17:00`")]
    Shape,
    /// A word that is no day.
    #[error("`{0}` is no day: days are mon, tue, wed, thu, fri, sat and sun")]
    Day(String),
    /// A word that is no time of day.
    #[error("`{0}` is no time of day: write it as 08:00")]
    Time(String),
    /// `17:00-08:00`.
    #[error(
        "these hours end before they begin: a night is written as two, up to 24:00 and from 00:00"
    )]
    Backwards,
    /// Two spans of one day share time.
    #[error("these hours overlap others on the same day")]
    Overlap,
}

impl Week {
    /// Returns a week that is always open.
    #[must_use]
    pub fn always() -> Self {
        Self { days: std::array::from_fn(|_| vec![(0, DAY)]) }
    }

    /// Returns a week that is never open, to which hours are added.
    #[must_use]
    pub fn never() -> Self {
        Self { days: Default::default() }
    }

    /// Adds hours such as `fri 08:00-12:00`, or of several days: `sun-thu 08:00-16:00`.
    ///
    /// # Errors
    ///
    /// Returns [`WeekError`] if they cannot be read, or overlap what there is.
    pub fn add(&mut self, text: &str) -> Result<(), WeekError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [days, hours] = words.as_slice() else { return Err(WeekError::Shape) };
        let (from, until) = hours.split_once('-').ok_or(WeekError::Shape)?;
        let span = (minutes(from)?, minutes(until)?);
        if span.0 >= span.1 {
            return Err(WeekError::Backwards);
        }
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (day(first)?, day(last)?);
        // `sat-mon` goes on over the end of the week.
        let length = (last + 7 - first) % 7;
        for number in (first..=first + length).map(|number| number % 7) {
            let Some(spans) = self.days.get_mut(number) else { continue };
            if spans.iter().any(|other| other.0 < span.1 && span.0 < other.1) {
                return Err(WeekError::Overlap);
            }
            spans.push(span);
            spans.sort_unstable();
        }
        Ok(())
    }

    /// Returns the hours of a day, in their order.
    pub(super) fn of(&self, day: Weekday) -> &[Span] {
        let number = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
        self.days.get(number).map_or(&[], Vec::as_slice)
    }
}

fn day(word: &str) -> Result<usize, WeekError> {
    let place = DAYS.iter().position(|day| *day == word);
    place.ok_or_else(|| WeekError::Day(word.to_owned()))
}

/// Returns the minutes of `08:30`; `24:00` is the end of the day.
fn minutes(word: &str) -> Result<u16, WeekError> {
    let read = || {
        let (hour, minute) = word.split_once(':')?;
        let digits = |text: &str| text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit());
        if !digits(hour) || !digits(minute) {
            return None;
        }
        let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
        let whole = hour * 60 + minute;
        (minute < 60 && whole <= DAY).then_some(whole)
    };
    read().ok_or_else(|| WeekError::Time(word.to_owned()))
}

/// Returns the time of day; the end of the day has none.
pub(super) fn time(minutes: u16) -> Option<Time> {
    let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_for_days_and_ranges_of_days() {
        let mut week = Week::never();
        week.add("sun-thu 08:00-12:00").unwrap();
        week.add("sun-thu 13:00-17:00").unwrap();
        week.add("sat 00:00-24:00").unwrap();
        assert_eq!(week.of(Weekday::Sunday), [(480, 720), (780, 1_020)]);
        assert_eq!(week.of(Weekday::Thursday), [(480, 720), (780, 1_020)]);
        assert_eq!(week.of(Weekday::Friday), []);
        assert_eq!(week.of(Weekday::Saturday), [(0, 1_440)]);
    }

    #[test]
    fn hours_that_cannot_be_are_refused_in_words() {
        let refused = |text: &str| {
            let mut week = Week::never();
            week.add("fri 08:00-12:00").unwrap();
            week.add(text).unwrap_err().to_string()
        };
        insta::assert_snapshot!(refused("always"), @"these are no opening hours: write days and hours, such as `mon-fri 08:00-17:00`");
        insta::assert_snapshot!(refused("mon-fry 08:00-12:00"), @"`fry` is no day: days are mon, tue, wed, thu, fri, sat and sun");
        insta::assert_snapshot!(refused("mon 8-12"), @"`8` is no time of day: write it as 08:00");
        insta::assert_snapshot!(refused("mon 08:60-12:00"), @"`08:60` is no time of day: write it as 08:00");
        insta::assert_snapshot!(refused("mon 22:00-06:00"), @"these hours end before they begin: a night is written as two, up to 24:00 and from 00:00");
        insta::assert_snapshot!(refused("mon-fri 11:00-13:00"), @"these hours overlap others on the same day");
    }
}
