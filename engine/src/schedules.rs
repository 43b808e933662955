//! Schedules: recurring work, once for each due instant however many daemons there are.
//!
//! A run is recorded before it is done; what fell due while no daemon ran is done once. A run that was cut off is brought to
//! its end by another daemon soon, or by the next start: the work itself consists of ordinary commands, of which those done
//! before are refused.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use annona_definitions::Programme;
use annona_definitions::calendar::Cron;
use annona_definitions::programme::Job;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::refusal::Refusal;
use crate::service::{Engine, Failure};
use crate::store::{Definition, Record, ScheduleKey};

/// When vouchers of a programme without a schedule for it expire, in the programme's time zone.
pub const DEFAULT_EXPIRY: &str = "30 0 * * *";
/// When personal values past their time are erased, in UTC.
pub const KEEPING: &str = "45 0 * * *";
/// How long after its due instant a run that another daemon recorded is looked after here too: that one may have died over it.
const TAKEN_OVER_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// How far a daemon looks back for the last due instant, each far enough for what the one before did not find.
const LOOK_BACK: [SignedDuration; 5] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(24 * 32),
    SignedDuration::from_hours(24 * 367),
];

/// What recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Work {
    /// The expiry of a programme's vouchers.
    ExpireVouchers(String),
    /// The erasure of personal values past their time to keep.
    EraseExpired,
}

/// Something that recurs, and when.
#[derive(Debug)]
struct Recurring {
    key: ScheduleKey,
    cron: Cron,
    timezone: TimeZone,
    /// Where it never ran: the first instant that counts is after this one.
    since: Timestamp,
    work: Work,
}

/// The recurring work of an engine.
#[derive(Debug)]
pub struct Schedules {
    engine: Engine,
    /// Runs that are recorded and not yet done.
    owed: Mutex<Vec<Owed>>,
    /// The last run, of each thing that recurs, that is known to be done or owed.
    known: Mutex<HashMap<ScheduleKey, Option<Timestamp>>>,
}

/// A run that is recorded and not yet done.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owed {
    work: Work,
    /// A run that an earlier process recorded and may not have ended: the instant for which it ran.
    cut_off: Option<Timestamp>,
}

impl Schedules {
    /// Returns the recurring work of an engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, owed: Mutex::default(), known: Mutex::default() }
    }

    /// Runs what is due, and returns how much that was.
    ///
    /// # Errors
    ///
    /// Returns [`Failure`] if the store fails; a run that was begun is done by a later call.
    pub async fn run_due(&self) -> Result<usize, Failure> {
        for recurring in self.recurring().await? {
            let last = self.engine.store().last_run(&recurring.key).await?;
            self.take_over(&recurring, last);
            if let Some(due) = self.begin(&recurring, last).await? {
                self.known().insert(recurring.key, Some(due));
                self.owed().push(Owed { work: recurring.work, cut_off: None });
            }
        }
        let mut runs = 0;
        while let Some(next) = self.next_owed() {
            self.run(&next.work, next.cut_off.unwrap_or_else(|| self.engine.now())).await?;
            self.owed().retain(|owed| *owed != next);
            runs += usize::from(next.cut_off.is_none());
        }
        Ok(runs)
    }

    /// Has this process end the run that was recorded last, where whoever recorded it may have ended over it: the first time
    /// that this process sees what recurs, and some time after another one recorded a run.
    fn take_over(&self, recurring: &Recurring, last: Option<Timestamp>) {
        let seen = self.known().get(&recurring.key).copied();
        let is_new = last.is_some_and(|last| {
            let time = self.engine.now().duration_since(last);
            seen.is_none_or(|seen| seen.is_none_or(|seen| seen < last) && time >= TAKEN_OVER_AFTER)
        });
        if let (true, Some(cut_off)) = (is_new, last) {
            self.owed().push(Owed { work: recurring.work.clone(), cut_off: Some(cut_off) });
        }
        if is_new || seen.is_none() {
            self.known().insert(recurring.key.clone(), last);
        }
    }

    fn owed(&self) -> MutexGuard<'_, Vec<Owed>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ScheduleKey, Option<Timestamp>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_owed(&self) -> Option<Owed> {
        self.owed().first().cloned()
    }

    /// Returns everything that recurs: what the newest definitions say, and the installation's own.
    async fn recurring(&self) -> Result<Vec<Recurring>, Failure> {
        let mut all = vec![Recurring {
            key: ScheduleKey { programme: String::new(), name: "keeping".to_owned() },
            cron: cron(KEEPING)?,
            timezone: TimeZone::UTC,
            since: self.engine.now() - SignedDuration::from_hours(24),
            work: Work::EraseExpired,
        }];
        for newest in self.engine.store().definitions(None).await? {
            match self.engine.programme(newest.digest).await {
                Ok(programme) => all.extend(of(&programme, &newest)?),
                // The other programmes' vouchers expire all the same.
                Err(Failure::Broken(cause)) => {
                    tracing::error!(
                        programme = newest.programme,
                        cause,
                        "its schedules do not run"
                    );
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(all)
    }

    /// Records that something runs for its last due instant, and returns it; `None`: it is not due, or another daemon runs it.
    async fn begin(
        &self,
        recurring: &Recurring,
        last: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, Failure> {
        let after = last.unwrap_or(recurring.since);
        let due = last_due(&recurring.cron, &recurring.timezone, after, self.engine.now());
        let Some(due) = due else { return Ok(None) };
        match self.engine.record(Record::ScheduleRun(recurring.key.clone(), due)).await {
            Ok(_) => {
                let ScheduleKey { programme, name } = &recurring.key;
                tracing::info!(programme, name, %due, "a schedule runs");
                Ok(Some(due))
            }
            Err(Failure::Refused(Refusal::AlreadyDone)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Does what was due at `end`.
    async fn run(&self, work: &Work, end: Timestamp) -> Result<(), Failure> {
        match work {
            Work::ExpireVouchers(programme) => {
                let swept = self.engine.expire_vouchers_ended(programme, end).await?;
                swept.log_failed("its voucher's expiry is not recorded");
                tracing::debug!(
                    programme,
                    count = swept.done,
                    "the expiry of vouchers is recorded"
                );
            }
            Work::EraseExpired => {
                let swept = self.engine.erase_kept_until(end).await?;
                swept.log_failed("its personal values are not erased");
                // What was erased is gone from the journal too: also where an earlier try erased it and could not empty that.
                self.engine.store().settle().await?;
                if swept.done > 0 {
                    tracing::info!(
                        count = swept.done,
                        "personal values past their time are erased"
                    );
                }
            }
        }
        Ok(())
    }
}

/// Returns what recurs in a programme.
fn of(programme: &Programme, newest: &Definition) -> Result<Vec<Recurring>, Failure> {
    let recurring = |name: &str, cron: Cron| Recurring {
        key: ScheduleKey { programme: newest.programme.clone(), name: name.to_owned() },
        cron,
        timezone: programme.calendar.timezone().clone(),
        since: newest.deployed_at,
        work: Work::ExpireVouchers(newest.programme.clone()),
    };
    let written: Vec<_> = programme
        .schedules
        .iter()
        .map(|schedule| match schedule.job {
            Job::ExpireVouchers => recurring(&schedule.name, schedule.cron.clone()),
        })
        .collect();
    if written.is_empty() {
        return Ok(vec![recurring("expire_vouchers", cron(DEFAULT_EXPIRY)?)]);
    }
    Ok(written)
}

/// Returns the last instant after `after` and not after `now` at which something was due.
fn last_due(
    cron: &Cron,
    timezone: &TimeZone,
    after: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    let starts = LOOK_BACK.iter().filter_map(|back| now.checked_sub(*back).ok());
    // From the shortest on: the last one is found without counting a year of minutes.
    for start in starts.filter(|start| *start > after).chain([after]) {
        let due = |from| cron.next_after(from, timezone).filter(|due| *due <= now);
        let last = std::iter::successors(due(start), |last| due(*last)).last();
        if last.is_some() {
            return last;
        }
    }
    None
}

/// Reads one of the expressions above.
fn cron(pattern: &str) -> Result<Cron, Failure> {
    Cron::parse(pattern).map_err(Failure::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(pattern: &str, after: &str, now: &str) -> Option<String> {
        let timezone = TimeZone::get("Africa/Kampala").unwrap();
        let cron = Cron::parse(pattern).unwrap();
        last_due(&cron, &timezone, after.parse().unwrap(), now.parse().unwrap())
            .map(|due| due.to_string())
    }

    #[test]
    fn only_the_last_of_the_missed_instants_counts() {
        let daily = |after, now| last("30 2 * * *", after, now);
        assert_eq!(
            daily("2026-03-01T12:00:00Z", "2026-03-05T12:00:00Z").as_deref(),
            Some("2026-03-04T23:30:00Z")
        );
        assert_eq!(daily("2026-03-04T23:30:00Z", "2026-03-05T12:00:00Z"), None);
        assert_eq!(daily("2026-03-05T12:00:00Z", "2026-03-05T23:29:59Z"), None);
        assert_eq!(
            daily("2026-03-05T12:00:00Z", "2026-03-05T23:30:00Z").as_deref(),
            Some("2026-03-05T23:30:00Z")
        );
    }

    #[test]
    fn a_daemon_that_was_down_for_years_finds_the_last_instant_at_once() {
        let found = last("* * * * *", "2016-03-01T12:00:00Z", "2026-03-05T12:00:30Z");
        assert_eq!(found.as_deref(), Some("2026-03-05T12:00:00Z"));
        let rare = last("0 0 29 2 *", "2016-03-01T12:00:00Z", "2026-03-05T12:00:30Z");
        assert_eq!(rare.as_deref(), Some("2024-02-28T21:00:00Z"));
    }
}
