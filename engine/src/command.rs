//! What somebody asks the engine to do with an application.
//!
//! Plain data: input as it came, not yet checked.

use annona_definitions::programme::{ProgrammeId, ReasonId, SendBackTarget};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::application::TimerRule;
use crate::id::{VoucherId, Who};

/// A command and who gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Who.
    pub who: Who,
    /// For whom, where somebody acts for another.
    pub on_behalf_of: Option<Who>,
    /// What.
    pub action: Action,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Send an application.
    Submit(Submit),
    /// Decide a task.
    Decide(Decide),
    /// Answer what was sent back: new values of the fields asked for; `null` removes an optional one.
    Answer {
        /// The new values, as JSON.
        form: serde_json::Value,
    },
    /// Take a task.
    Claim {
        /// The task's number.
        task: u32,
    },
    /// Put a task back.
    Release {
        /// The task's number.
        task: u32,
    },
    /// Withdraw the application.
    Withdraw,
    /// A timer is due.
    TimeOut {
        /// The task's number.
        task: u32,
        /// What it fires.
        rule: TimerRule,
        /// The instant at which it was due.
        due: Timestamp,
    },
    /// Redeem the voucher.
    Redeem(Redeem),
    /// Revoke the voucher.
    Revoke {
        /// Why, in words.
        note: String,
    },
    /// Record that the voucher is past its last day.
    Expire,
    /// Try again what is held.
    Retry,
    /// Erase the personal values.
    Erase,
}

/// An application to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Submit {
    /// The programme it is for.
    pub programme: ProgrammeId,
    /// The form, as JSON.
    pub form: serde_json::Value,
}

/// A decision on a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Decide {
    /// The task's number.
    pub task: u32,
    /// The version of the task that the officer saw: its `ETag`.
    pub seen: Option<u64>,
    /// What they decide.
    pub verdict: Verdict,
    /// Which reason.
    pub reason: Option<ReasonId>,
    /// Words of their own.
    pub note: Option<String>,
}

/// What an officer decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Goes on to the next stage.
    Approve {
        /// Answers to the stage's questions, as JSON.
        answers: serde_json::Value,
    },
    /// Ends the application.
    Reject,
    /// Returns it.
    SendBack {
        /// To whom; without it, the applicant, else the only target.
        to: Option<SendBackTarget>,
        /// The fields that are wrong.
        fields: Vec<String>,
    },
}

/// A redemption.
#[derive(Debug, Clone, PartialEq)]
pub struct Redeem {
    /// The voucher.
    pub voucher: VoucherId,
    /// How much; without it, all that is left.
    pub amount: Option<Decimal>,
    /// What whoever shows the voucher knows.
    pub check: Option<String>,
}
