//! An application as it stands: what the events so far come to.
//!
//! Plain data. Holds no personal value, only commitments to them.

use annona_definitions::programme::{ProgrammeId, ReasonId, RoleId, StageId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{ApplicationId, DocumentId, TaskId, VoucherId, Who};
use crate::recorded::{Hash, RecordedForm};

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// What people quote: `US-7K3F-92Q6`.
    pub reference: String,
    /// Its programme.
    pub programme: ProgrammeId,
    /// The definition it stays on.
    pub definition: Hash,
    /// How many events it has.
    pub version: u64,
    /// Digest of its last event.
    pub head: Hash,
    /// When it was sent.
    pub submitted_at: Timestamp,
    /// Who sent it.
    pub submitted_by: Who,
    /// When its last event was recorded.
    pub changed_at: Timestamp,
    /// Where it stands.
    pub status: Status,
    /// The form.
    pub form: RecordedForm,
    /// Documents that form and answers refer to.
    pub documents: Vec<Document>,
    /// Stages that are behind it, in order.
    pub stages: Vec<StageOutcome>,
    /// Open and suspended tasks.
    pub tasks: Vec<Task>,
    /// How many tasks it has had.
    pub tasks_opened: u32,
    /// Answers of stages that run again, and input kept while held: shown to the officer, in scope of no guard.
    pub drafts: Vec<Draft>,
    /// What the applicant was asked to correct, while with them.
    pub returned: Option<Returned>,
    /// Why it is held, while it is.
    pub held: Option<Hold>,
    /// The reason of the rejection.
    pub reason: Option<ReasonId>,
    /// Who decided in which stage, ever.
    pub deciders: Vec<(StageId, Who)>,
    /// Its voucher.
    pub voucher: Option<Voucher>,
    /// Whether its personal values were erased.
    pub erased: bool,
}

impl Application {
    /// Returns an open or suspended task by its number.
    #[must_use]
    pub fn task(&self, number: u32) -> Option<&Task> {
        self.tasks.iter().find(|task| task.number == number)
    }

    /// Returns the id of one of its tasks.
    #[must_use]
    pub fn task_id(&self, number: u32) -> TaskId {
        TaskId { application: self.id, number }
    }

    /// Returns the stage it is in: that of its open task, or before which it is held.
    #[must_use]
    pub fn stage(&self) -> Option<&StageId> {
        self.tasks
            .first()
            .map(|task| &task.stage)
            .or_else(|| self.held.as_ref().and_then(|hold| hold.point.stage()))
    }

    /// Returns whether nothing more will be decided.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        match self.status {
            Status::InReview | Status::WithApplicant | Status::Held => false,
            Status::Approved | Status::Rejected | Status::Withdrawn => true,
        }
    }

    /// Returns what a stage that is behind came to.
    #[must_use]
    pub fn outcome(&self, stage: &StageId) -> Option<&StageOutcome> {
        self.stages.iter().find(|outcome| outcome.stage == *stage)
    }
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A task is open.
    InReview,
    /// The applicant was asked to correct something.
    WithApplicant,
    /// A guard could not run; an operator must act.
    Held,
    /// Finally approved.
    Approved,
    /// Rejected.
    Rejected,
    /// Withdrawn by the applicant.
    Withdrawn,
}

impl Status {
    /// Every status, in the order of the reference.
    pub const ALL: [Self; 6] = [
        Self::InReview,
        Self::WithApplicant,
        Self::Held,
        Self::Approved,
        Self::Rejected,
        Self::Withdrawn,
    ];

    /// Returns the name in the API and in tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InReview => "in_review",
            Self::WithApplicant => "with_applicant",
            Self::Held => "held",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A document that an application refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type, sniffed.
    pub media_type: String,
}

/// What a stage that is behind came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageOutcome {
    /// The stage.
    pub stage: StageId,
    /// What it came to.
    pub result: StageResult,
    /// The officer's answers; empty unless approved.
    pub answers: RecordedForm,
}

/// What a stage came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageResult {
    /// Approved by a person.
    Approved {
        /// Who approved.
        by: Who,
        /// When.
        at: Timestamp,
    },
    /// Left out by `skip_if`.
    Skipped,
    /// Passed by a timeout: not decided.
    Passed,
}

/// An officer's work item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its number within the application, from 1.
    pub number: u32,
    /// Its stage.
    pub stage: StageId,
    /// The role that works it.
    pub role: RoleId,
    /// Roles added by escalation.
    pub escalated_to: Vec<RoleId>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Deadline.
    pub due: Option<Timestamp>,
    /// Timeouts that have not fired.
    pub timers: Vec<Timer>,
    /// Who works it now.
    pub claimed_by: Option<Who>,
    /// The application's version at which what its officer decides upon last changed: the `ETag`.
    pub content: u64,
    /// Since when its clock stands still.
    pub suspended_at: Option<Timestamp>,
}

/// A timeout that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// What it fires.
    pub rule: TimerRule,
    /// When.
    pub due: Timestamp,
}

/// What a timer fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerRule {
    /// An entry of the stage's `if_late`, from 0.
    Late(u16),
    /// The end of the applicant's time to answer.
    Answer,
}

/// Answers that are shown and not yet given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The stage they belong to.
    pub stage: StageId,
    /// The answers.
    pub answers: RecordedForm,
}

/// What an application was returned for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The task that waits.
    pub task: u32,
    /// The fields that may change.
    pub fields: Vec<String>,
    /// Until when the applicant may answer; the first instant that is too late.
    pub answer_by: Option<Timestamp>,
}

/// Why an application is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Since when.
    pub since: Timestamp,
    /// Where.
    pub point: HoldPoint,
    /// In words, without personal values.
    pub cause: String,
    /// The status before, to return to.
    pub before: Status,
}

/// Where an application is held: what a retry evaluates again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldPoint {
    /// An eligibility rule could not run, at submission or after an answer.
    Eligibility {
        /// The stage that had asked the applicant, if any, and the fields that changed.
        returned: Option<(StageId, Vec<String>)>,
    },
    /// `skip_if` or `role_if` of a stage could not run; it is held before it.
    Opening {
        /// The stage.
        stage: StageId,
    },
    /// `approve_if` could not run; the officer decides again after a retry.
    Approving {
        /// The stage.
        stage: StageId,
    },
    /// The voucher's amount or ceiling could not be computed, or was out of bounds.
    Amount {
        /// The stage that issues.
        stage: StageId,
    },
}

impl HoldPoint {
    /// Returns the stage concerned.
    #[must_use]
    pub fn stage(&self) -> Option<&StageId> {
        match self {
            Self::Eligibility { returned } => returned.as_ref().map(|(stage, _)| stage),
            Self::Opening { stage } | Self::Approving { stage } | Self::Amount { stage } => {
                Some(stage)
            }
        }
    }
}

/// A voucher: the entitlement, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// Its id.
    pub id: VoucherId,
    /// The short number printed below the code.
    pub number: String,
    /// Where it stands.
    pub status: VoucherStatus,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first instant at which it is refused.
    pub expires_at: Timestamp,
    /// Its amount.
    pub amount: Decimal,
    /// What is left.
    pub balance: Decimal,
    /// ISO 4217 code.
    pub currency: String,
    /// How often it may be redeemed.
    pub times: u32,
    /// Whether less than the balance may be taken.
    pub partial: bool,
    /// Kinds of provider that may redeem.
    pub kinds: Vec<String>,
    /// Status list and index within it.
    pub status_index: StatusIndex,
    /// What was redeemed.
    pub redemptions: Vec<Redemption>,
    /// Failed checks since the last success or lock.
    pub failed_checks: u8,
    /// Until when redemption is locked.
    pub locked_until: Option<Timestamp>,
}

/// Where a voucher's status is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatusIndex {
    /// Number of the list.
    pub list: u32,
    /// Index within it.
    pub index: u32,
}

/// Where a voucher stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoucherStatus {
    /// Nothing redeemed yet.
    Active,
    /// Something redeemed, something left.
    PartRedeemed,
    /// Nothing left, or no use left.
    Redeemed,
    /// Past its last day.
    Expired,
    /// Revoked.
    Revoked,
}

impl VoucherStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Active, Self::PartRedeemed, Self::Redeemed, Self::Expired, Self::Revoked];

    /// Returns the name in the API and in tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PartRedeemed => "part_redeemed",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// One redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Its number within the voucher, from 1.
    pub number: u32,
    /// The provider.
    pub provider: String,
    /// How much.
    pub amount: Decimal,
    /// When.
    pub at: Timestamp,
}
