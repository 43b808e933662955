//! The ribbon of a case: what happened in a test, moment by moment, for people to read.
//!
//! Values of a test are invented, so none is hidden.

use annona_definitions::programme::{NoticeEvent, RoleId, StageId};
use jiff::civil::DateTime;
use rust_decimal::Decimal;

use crate::application::{Status, VoucherStatus};
use crate::event::GuardResult;

/// One moment of a case: who did what, why it came as it did, and where the application stood afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When, on the test's clock, in the programme's time zone.
    pub at: DateTime,
    /// Line of the step in the source, from 1; of the submission, the test's own.
    pub line: u32,
    /// Who: `the applicant`, `doctor`, `doctor/vera`, `the provider`, `the clock`.
    pub who: String,
    /// What, in words: `approves medical (amount: 2300)`.
    pub what: String,
    /// The guards that were evaluated, in order.
    pub guards: Vec<Judged>,
    /// Why it was refused, where it was.
    pub refused: Option<Refused>,
    /// Where the application stood afterwards; `None` while there is none.
    pub standing: Option<Standing>,
    /// Messages sent, one for each event that has a text.
    pub sent: Vec<NoticeEvent>,
}

/// A guard with what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Where it stands in the definition: `stages.medical.approve_if`.
    pub place: String,
    /// What it came to.
    pub result: GuardResult,
    /// In words, with the values.
    pub explanation: String,
}

/// A refusal, as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The stable code.
    pub code: &'static str,
    /// In words.
    pub words: String,
}

/// Where an application stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: Status,
    /// The stage it is in, or before which it is held.
    pub stage: Option<StageId>,
    /// The roles in whose queues its task stands: the one it was opened for, then those it was escalated to.
    pub queues: Vec<RoleId>,
    /// The deadline that runs: local date and time of the task, or the last day of the applicant's answer.
    pub deadline: Option<String>,
    /// Why it was rejected or is held.
    pub because: Option<String>,
    /// Its voucher.
    pub voucher: Option<VoucherStanding>,
}

/// Where a voucher stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoucherStanding {
    /// Its status.
    pub status: VoucherStatus,
    /// What it was worth.
    pub amount: Decimal,
    /// What is left.
    pub balance: Decimal,
    /// ISO 4217 code.
    pub currency: String,
    /// Its last day.
    pub valid_until: String,
}
