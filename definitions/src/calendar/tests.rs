//! Working time against a count minute by minute, and the cases that its description names.

use jiff::civil::DateTime;
use proptest::prelude::*;

use super::*;

/// Zones whose clocks are set by an hour, by half an hour, twice around a month of fasting, never, by a whole day, at midnight.
const ZONES: [&str; 7] = [
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Cairo",
    "Africa/Kampala",
];

fn calendar(zone: &str, open: &[&str], closed: &[&str]) -> Calendar {
    let mut week = Week::never();
    for hours in open {
        week.add(hours).unwrap();
    }
    let closed = closed.iter().map(|day| day.parse().unwrap()).collect();
    Calendar::with(TimeZone::get(zone).unwrap(), week, closed)
}

/// An office in Kampala.
fn office() -> Calendar {
    calendar("Africa/Kampala", &["mon-fri 08:00-17:00"], &["12-25", "easter+1", "2026-06-03"])
}

fn at(calendar: &Calendar, local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap();
    local.to_zoned_datetime(calendar.timezone().clone()).unwrap().timestamp()
}

fn after(calendar: &Calendar, local: &str, duration: &str) -> String {
    let end = calendar.after(at(calendar, local), duration.parse().unwrap());
    calendar.timezone().to_datetime(end).strftime("%a %Y-%m-%d %H:%M").to_string()
}

#[test]
fn a_period_of_a_person_outside_runs_to_the_end_of_its_last_local_day() {
    let start: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
    let end = office().end_of_day_after(start, "14 days".parse().unwrap());
    assert_eq!(end.to_string(), "2026-03-16T21:00:00Z");
}

#[test]
fn the_last_day_of_a_shorter_month_is_taken() {
    let start: Timestamp = "2026-01-31T09:00:00Z".parse().unwrap();
    let end = office().after(start, "1 month".parse().unwrap());
    assert_eq!(end.to_string(), "2026-02-28T09:00:00Z");
}

#[test]
fn working_days_keep_the_time_of_day_and_pass_over_closed_days() {
    let office = office();
    assert_eq!(after(&office, "2026-03-02T09:30", "3 working days"), "Thu 2026-03-05 09:30");
    assert_eq!(after(&office, "2026-03-06T09:30", "1 working day"), "Mon 2026-03-09 09:30");
    // Easter Monday is the 6th of April.
    assert_eq!(after(&office, "2026-04-03T16:00", "1 working day"), "Tue 2026-04-07 16:00");
    // A start on Saturday counts from Monday's opening.
    assert_eq!(after(&office, "2026-03-07T11:00", "1 working day"), "Tue 2026-03-10 08:00");
    assert_eq!(after(&office, "2026-03-02T17:00", "1 working day"), "Wed 2026-03-04 08:00");
    // Friday closes at noon: what would fall into its afternoon goes on to Monday's opening.
    let short = calendar("UTC", &["mon-thu 08:00-17:00", "fri 08:00-12:00"], &[]);
    assert_eq!(after(&short, "2026-03-05T15:00", "1 working day"), "Mon 2026-03-09 08:00");
}

#[test]
fn working_hours_count_open_hours_and_may_end_with_them() {
    let office = office();
    assert_eq!(after(&office, "2026-03-02T09:00", "8 working hours"), "Mon 2026-03-02 17:00");
    assert_eq!(after(&office, "2026-03-02T09:00", "9 working hours"), "Tue 2026-03-03 09:00");
    assert_eq!(after(&office, "2026-03-06T16:00", "2 working hours"), "Mon 2026-03-09 09:00");
    assert_eq!(after(&office, "2026-12-24T16:00", "2 working hours"), "Mon 2026-12-28 09:00");
    let lunch = calendar("UTC", &["mon-fri 08:00-12:00", "mon-fri 13:00-17:00"], &[]);
    assert_eq!(after(&lunch, "2026-03-02T11:00", "2 working hours"), "Mon 2026-03-02 14:00");
}

#[test]
fn without_hours_every_hour_works() {
    let always = Calendar::new(TimeZone::UTC);
    assert_eq!(after(&always, "2026-03-07T11:00", "2 working days"), "Mon 2026-03-09 11:00");
    assert_eq!(after(&always, "2026-03-07T11:00", "30 working hours"), "Sun 2026-03-08 17:00");
}

#[test]
fn days_are_counted_after_the_first_up_to_the_last() {
    let office = office();
    let count = |from: &str, to: &str| {
        office.working_days_between(from.parse().unwrap(), to.parse().unwrap())
    };
    assert_eq!(count("2026-03-06", "2026-03-09"), 1);
    assert_eq!(count("2026-03-09", "2026-03-06"), -1);
    assert_eq!(count("2026-03-06", "2026-03-06"), 0);
    assert_eq!(count("2026-03-07", "2026-03-08"), 0);
    assert_eq!(count("2026-12-24", "2026-12-28"), 1);
    let first: Date = "1990-01-01".parse().unwrap();
    let days = first.series(1.day()).skip(1).take_while(|date| date.year() < 2_090);
    let counted = days.filter(|date| office.is_working_day(*date)).count();
    assert_eq!(count("1990-01-01", "2089-12-31"), i64::try_from(counted).unwrap());
    assert!(count("-009999-01-01", "9999-12-31") > 5_000_000);
}

#[test]
fn a_stop_moves_working_time_by_open_time_and_other_time_by_all_of_it() {
    let office = office();
    let moved = |unit| {
        let (stopped, resumed) = (at(&office, "2026-03-06T16:00"), at(&office, "2026-03-09T10:00"));
        let end = office.moved(at(&office, "2026-03-10T09:00"), unit, stopped, resumed);
        office.timezone().to_datetime(end).to_string()
    };
    // One hour on Friday and two on Monday.
    assert_eq!(moved(Unit::WorkingHours), "2026-03-10T12:00:00");
    assert_eq!(moved(Unit::WorkingDays), "2026-03-10T12:00:00");
    assert_eq!(moved(Unit::Hours), "2026-03-13T03:00:00");
}

#[test]
fn an_office_that_never_opens_is_known_and_its_time_never_comes() {
    let all_year: Vec<String> = (1..=12)
        .flat_map(|month| (1..=31).map(move |day| format!("{month:02}-{day:02}")))
        .collect();
    let days = all_year.iter().filter_map(|day| day.parse().ok()).collect();
    let never = Calendar::with(TimeZone::UTC, Week::always(), days);
    assert!(!never.opens_after("2026-01-01".parse().unwrap()));
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(never.after(start, "1 working day".parse().unwrap()), Timestamp::MAX);
    assert_eq!(never.after(start, "1 working hour".parse().unwrap()), Timestamp::MAX);
    assert!(office().opens_after("2026-01-01".parse().unwrap()));
}

/// Returns whether a minute is open: by the clock on the wall alone.
fn is_open(calendar: &Calendar, minute: Timestamp) -> bool {
    let local = calendar.timezone().to_datetime(minute);
    let passed = u16::try_from(local.hour()).unwrap() * 60 + u16::try_from(local.minute()).unwrap();
    let in_hours =
        calendar.week.of(local.weekday()).iter().any(|span| (span.0..span.1).contains(&passed));
    in_hours && !calendar.closed.iter().any(|closed| closed.is(local.date()))
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Returns the end of so many open minutes, counted one by one.
fn counted(calendar: &Calendar, start: Timestamp, minutes: u32) -> Timestamp {
    let (mut now, mut left) = (start, minutes);
    while left > 0 {
        left -= u32::from(is_open(calendar, now));
        now += MINUTE;
    }
    now
}

/// Returns the next open minute.
fn next_open(calendar: &Calendar, mut now: Timestamp) -> Timestamp {
    while !is_open(calendar, now) {
        now += MINUTE;
    }
    now
}

/// Returns the same time of day so many days with an open minute later, by looking at each minute.
fn counted_days(calendar: &Calendar, start: Timestamp, days: u32) -> Timestamp {
    let start = next_open(calendar, start);
    let local = calendar.timezone().to_datetime(start);
    let (mut date, mut left) = (local.date(), days);
    while left > 0 {
        date = date.tomorrow().unwrap();
        let open = !calendar.week.of(date.weekday()).is_empty()
            && !calendar.closed.iter().any(|closed| closed.is(date));
        left -= u32::from(open);
    }
    let there = date.to_datetime(local.time()).to_zoned_datetime(calendar.timezone().clone());
    next_open(calendar, there.unwrap().timestamp())
}

const DAYS: [&str; 4] = ["mon-fri", "sun-thu", "sat-mon", "wed"];
const HOURS: [&[&str]; 5] = [
    &["08:00-17:00"],
    &["00:00-24:00"],
    &["01:15-02:45"],
    &["00:00-01:30", "02:30-24:00"],
    &["08:00-12:00", "13:00-16:30"],
];
const CLOSED: [&str; 5] = ["12-25", "easter+1", "03-09", "2026-11-02", "orthodox-easter-2"];

prop_compose! {
    fn any_calendar()(
        zone in proptest::sample::select(&ZONES[..]),
        days in proptest::sample::select(&DAYS[..]),
        hours in proptest::sample::select(&HOURS[..]),
        closed in proptest::collection::vec(proptest::sample::select(&CLOSED[..]), 0..3),
    ) -> Calendar {
        let open: Vec<String> = hours.iter().map(|hours| format!("{days} {hours}")).collect();
        calendar(zone, &open.iter().map(String::as_str).collect::<Vec<_>>(), &closed)
    }
}

/// Minutes of 2026, and of the days around the one that Apia left out.
fn any_minute() -> impl Strategy<Value = Timestamp> {
    let of_year = (0_i64..525_600).prop_map(|minute| 1_767_225_600 + minute * 60);
    let of_apia = (0_i64..10_080).prop_map(|minute| 1_324_944_000 + minute * 60);
    prop_oneof![3 => of_year, 1 => of_apia]
        .prop_map(|second| Timestamp::from_second(second).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn working_hours_are_what_a_count_minute_by_minute_finds(
        calendar in any_calendar(), start in any_minute(), hours in 1_u32..30,
    ) {
        let duration = Duration { count: hours, unit: Unit::WorkingHours };
        prop_assert_eq!(calendar.after(start, duration), counted(&calendar, start, hours * 60));
    }

    #[test]
    fn working_days_are_what_a_count_day_by_day_finds(
        calendar in any_calendar(), start in any_minute(), days in 1_u32..12,
    ) {
        let duration = Duration { count: days, unit: Unit::WorkingDays };
        prop_assert_eq!(calendar.after(start, duration), counted_days(&calendar, start, days));
    }

    #[test]
    fn open_time_between_is_what_a_count_minute_by_minute_finds(
        calendar in any_calendar(), start in any_minute(), minutes in 0_i64..8_000,
    ) {
        let end = start + SignedDuration::from_mins(minutes);
        let open = (0..minutes).filter(|minute| {
            is_open(&calendar, start + SignedDuration::from_mins(*minute))
        });
        let open = i64::try_from(open.count()).unwrap();
        prop_assert_eq!(calendar.open_between(start, end), SignedDuration::from_mins(open));
    }

    #[test]
    fn working_days_between_are_what_a_count_day_by_day_finds(
        calendar in any_calendar(), from in any_minute(), days in -400_i64..400,
    ) {
        let from = calendar.date(from);
        let to = from.checked_add(days.days()).unwrap();
        let (first, last) = (from.min(to), from.max(to));
        let counted = first.series(1.day()).skip(1).take_while(|date| *date <= last);
        let counted = counted.filter(|date| calendar.is_working_day(*date)).count();
        let counted = i64::try_from(counted).unwrap() * if days < 0 { -1 } else { 1 };
        prop_assert_eq!(calendar.working_days_between(from, to), counted);
    }
}
