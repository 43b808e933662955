//! The decision core: a command against an application, as a pure function.
//!
//! Never waits, reads a clock, draws randomness or touches a store. Refusals come first; then events. Duties, reasons, money
//! and voucher rules are checked here and nowhere else.

mod answer;
mod approve;
mod claim;
mod decision;
mod eligibility;
mod erase;
mod expire;
mod finish;
mod open;
mod preview;
mod recorder;
mod redeem;
mod refused;
mod reject;
mod release;
mod retry;
mod revoke;
mod send_back;
mod submit;
mod time_out;
mod withdraw;

use annona_definitions::Programme;
use jiff::Timestamp;

use crate::application::Application;
use crate::command::{Action, Command, Verdict};
use crate::effect::Effect;
use crate::event::{Event, StoredEvent};
use crate::facts::Facts;
use crate::recorded::{Opened, Personal};
use crate::refusal::Refusal;
use recorder::Recorder;

/// What a command comes to.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The application afterwards.
    pub application: Application,
    /// What is to be recorded, in order; empty where there was nothing to do.
    pub events: Vec<(Event, StoredEvent)>,
    /// Personal values to be sealed.
    pub sealed: Vec<Personal>,
    /// What is asked of the outside world.
    pub effects: Vec<Effect>,
    /// A refusal that is answered although events are recorded: a guard that cannot run, a failed check.
    pub refusal: Option<Refusal>,
}

/// An application with what is needed to decide on it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The definition it stays on.
    pub programme: &'a Programme,
    /// The application; none before a submission.
    pub application: Option<&'a Application>,
    /// Its personal values.
    pub opened: &'a Opened,
}

/// Decides a command.
///
/// # Errors
///
/// Returns the [`Refusal`] that is the answer; then nothing is recorded.
pub fn decide(
    case: Case<'_>,
    command: &Command,
    facts: &Facts,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let now = whole_microseconds(now);
    let Some(application) = case.application else {
        return match &command.action {
            Action::Submit(submit) => submit::submit(case.programme, submit, command, facts, now),
            _ => Err(Refusal::NotFound),
        };
    };
    let recorder = Recorder::new(case.programme, application, case.opened, command, facts, now);
    match &command.action {
        Action::Submit(_) => Err(Refusal::AlreadyDone),
        Action::Decide(decide) => match &decide.verdict {
            Verdict::Approve { answers } => approve::approve(recorder, decide, answers),
            Verdict::Reject => reject::reject(recorder, decide),
            Verdict::SendBack { to, fields } => {
                send_back::send_back(recorder, decide, to.as_ref(), fields)
            }
        },
        Action::Answer { form } => answer::answer(recorder, form),
        Action::Claim { task } => claim::claim(recorder, *task),
        Action::Release { task } => release::release(recorder, *task),
        Action::Withdraw => withdraw::withdraw(recorder),
        Action::TimeOut { task, rule, due } => time_out::time_out(recorder, *task, *rule, *due),
        Action::Redeem(redeem) => redeem::redeem(recorder, redeem),
        Action::Revoke { note } => revoke::revoke(recorder, note),
        Action::Expire => expire::expire(recorder),
        Action::Retry => retry::retry(recorder),
        Action::Erase => erase::erase(recorder),
    }
}

/// Cuts an instant to what events hold, so that the row and the fold of its log are the same.
fn whole_microseconds(now: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

pub use preview::{Allowed, Preview, preview};
pub use redeem::redeemable;
pub use refused::refused;
