//! The clock of a test: what falls due fires at its own instant, one thing after another.

use annona_definitions::Programme;
use annona_definitions::programme::Job;
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::world::{Doing, World};
use crate::application::{Application, Task, TimerRule};
use crate::command::Action;
use crate::facts::Rights;
use crate::id::Who;

/// Most timers that one wait may fire: a definition whose timers go on for ever is stopped there.
const MAX_FIRED: usize = 1_000;

impl World<'_> {
    /// Fires what falls due until `end`, each at its own instant.
    pub(super) fn run_until(&mut self, end: Timestamp) {
        for _ in 0..MAX_FIRED {
            let Some((due, action)) = self.next_due().filter(|(due, _)| *due <= end) else { break };
            self.now = self.now.max(due);
            let doing = Doing {
                by: "the clock".to_owned(),
                words: self.firing(&action),
                who: Who::Engine,
                rights: Rights::default(),
            };
            if self.act(doing, [].into(), action).is_some() {
                break;
            }
        }
        self.now = end;
    }

    /// Returns what falls due next, and when.
    pub(super) fn next_due(&self) -> Option<(Timestamp, Action)> {
        let application = self.application.as_ref()?;
        let late = running(application)
            .flat_map(|task| task.timers.iter().map(|timer| (timer.due, timer.rule, task.number)));
        let answer = application
            .returned
            .as_ref()
            .and_then(|returned| Some((returned.answer_by?, TimerRule::Answer, returned.task)));
        let timer = late
            .chain(answer)
            .min_by_key(|(due, rule, _)| (*due, *rule))
            .map(|(due, rule, task)| (due, Action::TimeOut { task, rule, due }));
        timer.into_iter().chain(self.expiry(application)).min_by_key(|(due, _)| *due)
    }

    /// Returns when the voucher's expiry is recorded: by its schedule, else daily at 00:30.
    fn expiry(&self, application: &Application) -> Option<(Timestamp, Action)> {
        use crate::application::VoucherStatus::{Active, PartRedeemed};
        let voucher = application
            .voucher
            .as_ref()
            .filter(|voucher| matches!(voucher.status, Active | PartRedeemed))?;
        let timezone = self.programme.calendar.timezone();
        let before = voucher.expires_at.checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
        let scheduled = self
            .programme
            .schedules
            .iter()
            .filter(|schedule| schedule.job == Job::ExpireVouchers)
            .filter_map(|schedule| schedule.cron.next_after(before, timezone))
            .min();
        let daily = voucher.expires_at.checked_add(jiff::SignedDuration::from_mins(30)).ok()?;
        Some((scheduled.unwrap_or(daily), Action::Expire))
    }

    /// Says what the clock does.
    fn firing(&self, action: &Action) -> String {
        use annona_definitions::programme::LateAction;
        let Action::TimeOut { task, rule, .. } = action else {
            return "ends the voucher".to_owned();
        };
        let stage = self
            .application
            .as_ref()
            .and_then(|application| application.task(*task))
            .and_then(|task| self.programme.stage(&task.stage));
        let Some(stage) = stage else { return "fires".to_owned() };
        let late = match rule {
            TimerRule::Late(place) => stage.if_late.get(usize::from(*place)),
            TimerRule::Answer => None,
        };
        let id = &stage.id;
        match late.map(|late| &late.action) {
            Some(LateAction::Remind) => format!("reminds of {id}"),
            Some(LateAction::Escalate { to }) => format!("escalates {id} to {to}"),
            Some(LateAction::Pass) => format!("passes {id}, which nobody decided"),
            Some(LateAction::Reject { reason }) => format!("rejects at {id} ({reason})"),
            None => "rejects, because no answer came".to_owned(),
        }
    }
}

/// Returns the tasks whose clock runs.
pub(super) fn running(application: &Application) -> impl Iterator<Item = &Task> {
    application.tasks.iter().filter(|task| task.suspended_at.is_none())
}

/// Returns the instant of a local time: one that does not exist is moved forward, of one that comes twice the first.
pub(super) fn instant(programme: &Programme, local: DateTime) -> Timestamp {
    local
        .to_zoned_datetime(programme.calendar.timezone().clone())
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}
