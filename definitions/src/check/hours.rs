//! The programme's time: its zone, opening hours and closed days.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Check;
use crate::calendar::{Calendar, Closed, Week};
use crate::diagnostic::{Finding, codes, likely, quoted};
use crate::model;
use crate::yaml::child_index;

/// From when on a programme must be open some day.
const ANY_DAY: Date = jiff::civil::date(2_026, 1, 1);

impl Check<'_> {
    /// Takes the calendar.
    pub(super) fn opening_hours(&mut self) {
        let Some(calendar) = &self.file.calendar else { return };
        let zone = calendar.timezone.as_deref().map_or(Some(TimeZone::UTC), |name| {
            TimeZone::get(name).map_err(|_| self.unknown_timezone(name)).ok()
        });
        let before = self.findings.len();
        let week = self.week(calendar);
        let closed = self.closed_days(calendar);
        let Some(zone) = zone else { return };
        let taken = Calendar::with(zone, week, closed);
        if self.findings.len() == before && !taken.opens_after(ANY_DAY) {
            let finding =
                Finding::new(codes::BAD_HOURS, "there is no day on which the programme is open")
                    .at(self.places.key("/calendar"));
            self.report(finding);
        }
        self.calendar = taken;
    }

    fn week(&mut self, calendar: &model::Calendar) -> Week {
        let Some(hours) = &calendar.open else { return Week::always() };
        let mut week = Week::never();
        let one = self.written_at("/calendar/open").is_some_and(serde_json::Value::is_string);
        for (index, text) in hours.as_slice().iter().enumerate() {
            if let Err(error) = week.add(text) {
                let pointer = "/calendar/open";
                let pointer = if one { pointer.to_owned() } else { child_index(pointer, index) };
                let finding = Finding::new(codes::BAD_HOURS, error.to_string())
                    .at(self.places.value(&pointer));
                self.report(finding);
            }
        }
        week
    }

    fn closed_days(&mut self, calendar: &model::Calendar) -> Vec<Closed> {
        let mut closed = Vec::new();
        for (index, text) in calendar.closed.iter().enumerate() {
            if let Ok(day) = text.parse() {
                closed.push(day);
                continue;
            }
            let finding =
                Finding::new(codes::BAD_CLOSED_DAY, format!("{} is no day", quoted(text)))
                    .at(self.places.value(&child_index("/calendar/closed", index)))
                    .label("expected a date (2026-12-24), a yearly date (12-25) or easter+1");
            self.report(finding);
        }
        closed
    }

    fn unknown_timezone(&mut self, name: &str) {
        let known: Vec<String> =
            jiff::tz::db().available().map(|known| known.as_str().to_owned()).collect();
        let finding =
            Finding::new(codes::UNKNOWN_TIMEZONE, format!("{} is no time zone", quoted(name)))
                .at(self.places.value("/calendar/timezone"))
                .label("expected a name such as Africa/Kampala")
                .did_you_mean(likely(name, known.iter().map(String::as_str)));
        self.report(finding);
    }
}
