//! Why a command is refused. A refusal is an answer, not a failure: nothing is recorded.

use annona_definitions::form::FieldError;
use annona_definitions::programme::{ReasonId, RoleId};

/// A refusal; its code is stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or the one who asks may not see it.
    #[error("there is no such thing here")]
    NotFound,
    /// The role needed is another.
    #[error("this takes the role `{needed}`")]
    NotYourRole {
        /// The role needed.
        needed: RoleId,
    },
    /// Somebody else works the task.
    #[error("somebody else has claimed this task")]
    NotYourTask,
    /// Nobody works the task.
    #[error("you have not claimed this task")]
    NotClaimed,
    /// One person decides in one stage of an application only.
    #[error(
        "you have already decided stage `{stage}` of this application, and one person decides one stage only"
    )]
    AlreadyDecidedByYou {
        /// The stage they decided.
        stage: String,
    },
    /// Nobody decides on their own application.
    #[error("nobody decides on their own application")]
    OwnApplication,
    /// The voucher is for other providers.
    #[error("this voucher is for: {}", kinds.join(", "))]
    WrongProvider {
        /// Kinds of provider that may redeem.
        kinds: Vec<String>,
    },
    /// A decision must name the version it is about.
    #[error("send the task's ETag as If-Match")]
    VersionRequired,
    /// What the decision is about has changed.
    #[error("the application has changed since you read it")]
    ContentChanged,
    /// The task is closed.
    #[error("this task is closed")]
    TaskClosed,
    /// The task waits for the applicant.
    #[error("this task waits for the applicant's answer")]
    TaskWaits,
    /// Somebody else has claimed it.
    #[error("somebody else has claimed this task")]
    AlreadyClaimed,
    /// The application is held.
    #[error("the application is held for an operator: {cause}")]
    Held {
        /// In words, without personal values.
        cause: String,
    },
    /// The applicant was not asked.
    #[error("the application is not with the applicant")]
    NotWithApplicant,
    /// The application has ended.
    #[error("the application has already ended")]
    AlreadyEnded,
    /// The application, or its voucher, is still open.
    #[error(
        "personal values are erased only when the application has ended and its voucher can no longer be redeemed"
    )]
    StillOpen,
    /// It has been done.
    #[error("this was already done")]
    AlreadyDone,
    /// Past its last day.
    #[error("the voucher expired on {on}")]
    VoucherExpired {
        /// Its last day, in the programme's time zone.
        on: String,
    },
    /// Revoked.
    #[error("the voucher was revoked")]
    VoucherRevoked,
    /// Nothing is left.
    #[error("the voucher is used up: {why}")]
    VoucherUsedUp {
        /// In words: when it was redeemed.
        why: String,
    },
    /// More than is left.
    #[error("{asked} is more than the balance of {balance}")]
    AmountExceedsBalance {
        /// The amount asked, for people.
        asked: String,
        /// What is left, for people.
        balance: String,
    },
    /// The voucher is redeemed whole.
    #[error("this voucher is redeemed whole: its balance is {balance}")]
    PartialNotAllowed {
        /// What is left, for people.
        balance: String,
    },
    /// The form is wrong.
    #[error("the form has {} wrong {}", errors.len(), if errors.len() == 1 { "field" } else { "fields" })]
    FormInvalid {
        /// Every wrong field.
        errors: Vec<FieldError>,
    },
    /// The officer's answers are wrong.
    #[error("the answers have {} wrong {}", errors.len(), if errors.len() == 1 { "field" } else { "fields" })]
    AnswersInvalid {
        /// Every wrong field.
        errors: Vec<FieldError>,
    },
    /// A reason is needed.
    #[error("give a reason: {}", list(offered))]
    ReasonRequired {
        /// The reasons there are.
        offered: Vec<ReasonId>,
    },
    /// There is no such reason.
    #[error("there is no such reason; there are: {}", list(offered))]
    UnknownReason {
        /// The reasons there are.
        offered: Vec<ReasonId>,
    },
    /// This reason needs words.
    #[error("this reason also needs a note")]
    NoteRequired,
    /// A note, check or reason is too long.
    #[error("at most {MAX_NOTE} characters")]
    NoteTooLong,
    /// The guard does not hold.
    #[error("{explanation}")]
    GuardFalse {
        /// In words, with the values.
        explanation: String,
        /// Whether a personal value shows in these words.
        personal: bool,
    },
    /// A document is missing.
    #[error("the document `{field}` is missing")]
    DocumentMissing {
        /// The file field.
        field: String,
    },
    /// The stage does not return an application there.
    #[error("this stage cannot send back {what}")]
    NotSendableBack {
        /// In words.
        what: String,
    },
    /// The check does not match.
    #[error("the check does not match; {left} {} left before redemption is locked", if *left == 1 { "try is" } else { "tries are" })]
    CheckFailed {
        /// Tries left.
        left: u8,
    },
    /// Too many failed checks.
    #[error("redemption is locked until {until} after {MAX_FAILED_CHECKS} failed checks")]
    CheckLocked {
        /// Until when, UTC.
        until: String,
    },
}

/// Most characters of a note.
pub const MAX_NOTE: usize = 4_000;
/// Failed checks after which redemption is locked.
pub const MAX_FAILED_CHECKS: u8 = 5;

impl Refusal {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotYourRole { .. } => "not_your_role",
            Self::NotYourTask | Self::NotClaimed => "not_your_task",
            Self::AlreadyDecidedByYou { .. } => "already_decided_by_you",
            Self::OwnApplication => "own_application",
            Self::WrongProvider { .. } => "wrong_provider",
            Self::VersionRequired => "version_required",
            Self::ContentChanged => "content_changed",
            Self::TaskClosed | Self::TaskWaits => "task_closed",
            Self::AlreadyClaimed => "already_claimed",
            Self::Held { .. } => "held",
            Self::NotWithApplicant => "not_with_applicant",
            Self::AlreadyEnded => "already_ended",
            Self::StillOpen => "still_open",
            Self::AlreadyDone => "already_done",
            Self::VoucherExpired { .. } => "voucher_expired",
            Self::VoucherRevoked => "voucher_revoked",
            Self::VoucherUsedUp { .. } => "voucher_used_up",
            Self::AmountExceedsBalance { .. } => "amount_exceeds_balance",
            Self::PartialNotAllowed { .. } => "partial_not_allowed",
            Self::FormInvalid { .. } => "form_invalid",
            Self::AnswersInvalid { .. } => "answers_invalid",
            Self::ReasonRequired { .. } => "reason_required",
            Self::UnknownReason { .. } => "unknown_reason",
            Self::NoteRequired => "note_required",
            Self::NoteTooLong => "too_long",
            Self::GuardFalse { .. } => "guard_false",
            Self::DocumentMissing { .. } => "document_missing",
            Self::NotSendableBack { .. } => "not_sendable_back",
            Self::CheckFailed { .. } => "check_failed",
            Self::CheckLocked { .. } => "check_locked",
        }
    }
}

/// Lists names for people.
fn list(names: &[ReasonId]) -> String {
    names.iter().map(ReasonId::as_str).collect::<Vec<_>>().join(", ")
}
