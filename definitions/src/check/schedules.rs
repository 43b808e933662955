//! Recurring work.

use super::Check;
use crate::calendar::Cron;
use crate::diagnostic::{Finding, codes};
use crate::model::{self, ScheduleJob};
use crate::programme::{Job, Schedule};
use crate::yaml::{child, child_index};

/// An instant from which a schedule is asked for its next time; which one does not matter.
const ANY_INSTANT: jiff::Timestamp = jiff::Timestamp::constant(1_767_225_600, 0);

impl Check<'_> {
    /// Takes the schedules.
    pub(super) fn schedules(&mut self) -> Vec<Schedule> {
        let file = self.file;
        self.duplicates("/schedules", "name", codes::DUPLICATE_NAME, "schedule");
        let mut schedules = Vec::new();
        for (index, schedule) in file.schedules.iter().enumerate() {
            let at = child_index("/schedules", index);
            if let Some(name) = &schedule.name {
                self.plain_name(name, self.places.value(&child(&at, "name")));
            }
            let cron =
                schedule.cron.as_deref().and_then(|text| self.cron(&child(&at, "cron"), text));
            let job = schedule.job.and_then(|job| self.job(&at, schedule, job));
            if let (Some(name), Some(cron), Some(job)) = (schedule.name.clone(), cron, job) {
                schedules.push(Schedule { name, cron, job });
            }
        }
        schedules
    }

    fn cron(&mut self, pointer: &str, text: &str) -> Option<Cron> {
        let at = self.places.value(pointer);
        match Cron::parse(text) {
            Ok(cron) => {
                if cron.next_after(ANY_INSTANT, self.calendar.timezone()).is_none() {
                    self.report(Finding::new(codes::BAD_CRON, "this time never comes").at(at));
                }
                Some(cron)
            }
            Err(message) => {
                let finding = Finding::new(codes::BAD_CRON, message)
                    .at(at)
                    .label("expected minute, hour, day, month and weekday");
                self.report(finding);
                None
            }
        }
    }

    /// Takes what a schedule does; `None` where the engine cannot run it yet.
    fn job(&mut self, at: &str, schedule: &model::Schedule, job: ScheduleJob) -> Option<Job> {
        let pointer = child(at, "to");
        match job {
            ScheduleJob::ExpireVouchers => return Some(Job::ExpireVouchers),
            ScheduleJob::Digest | ScheduleJob::Export => {
                if let Some(role) = &schedule.to {
                    self.role(role, self.places.value(&pointer));
                }
            }
            ScheduleJob::Webhook => {
                if let Some(name) = &schedule.to {
                    self.webhook(name, &pointer);
                }
            }
            ScheduleJob::ReleaseWaiting if !self.may_wait() => {
                let finding = Finding::new(codes::NO_WAITING, "no approval ever waits for money")
                    .at(self.places.value(&child(at, "do")))
                    .help("add a `budget` with `when_empty: wait`, or leave this out");
                self.report(finding);
            }
            ScheduleJob::ReleaseWaiting => {}
        }
        None
    }
}
