//! A compiled programme: immutable, checked, ready for the decision core.
//!
//! Knows no YAML. Only this module mints [`StageId`] and its friends; elsewhere they are read back from what was recorded.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Duration};
use crate::form::{Form, Terms};
use crate::guard::Guard;
use crate::money::Currency;
use crate::text::Text;

/// Declares a name that stands in a definition, as a type of its own.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the name as it stands in the file.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Reads a name back from a record or a request; whether the programme has it is for the programme to say.
            #[must_use]
            pub fn recorded(name: &str) -> Self {
                Self(name.into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The name of a programme: `urgent-surgery`.
    ProgrammeId
);
name!(
    /// The name of a stage within its programme.
    StageId
);
name!(
    /// The name of a role: a programme's own, or a system role of the roster.
    RoleId
);
name!(
    /// The name of a reason within its decision.
    ReasonId
);

/// The SHA-256 that identifies a definition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Returns the lower-case hexadecimal form.
    #[must_use]
    pub fn to_hex(self) -> String {
        use std::fmt::Write as _;
        self.0.iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// A checked definition.
#[derive(Debug, Clone)]
pub struct Programme {
    /// Name in addresses.
    pub id: ProgrammeId,
    /// SHA-256 of the source.
    pub digest: Digest,
    /// Title for people.
    pub title: Text,
    /// What the programme does, for people.
    pub description: Option<Text>,
    /// Languages; the first is the fallback.
    pub languages: Vec<String>,
    /// Currency of every amount; present wherever the programme has money.
    pub currency: Option<Currency>,
    /// Time zone.
    pub calendar: Calendar,
    /// Roles and their titles.
    pub roles: IndexMap<RoleId, Text>,
    /// Whether nobody may decide in two stages of one application.
    pub separate_duties: bool,
    /// The application form.
    pub form: Form,
    /// Rules at submission, in order.
    pub eligibility: Vec<Eligibility>,
    /// The pipeline; never empty.
    pub stages: Vec<Stage>,
    /// Reasons officers pick from.
    pub reasons: Reasons,
    /// Messages, by event, in the order of the file.
    pub notices: Vec<Notice>,
    /// Which form fields reach the applicant.
    pub contact: Contact,
    /// The entitlement, if the programme gives one.
    pub voucher: Option<VoucherRules>,
    /// Recurring work.
    pub schedules: Vec<Schedule>,
    /// How long personal values are kept.
    pub keep: Keep,
    /// Example applications, as JSON in the shape of the form.
    pub examples: IndexMap<String, serde_json::Value>,
    /// Tests that travel with the definition.
    pub tests: Vec<TestCase>,
}

impl Programme {
    /// Returns the fallback language.
    #[must_use]
    pub fn fallback_language(&self) -> &str {
        self.languages.first().map_or("en", String::as_str)
    }

    /// Returns what the values of the application's form are read by at an instant.
    #[must_use]
    pub fn terms(&self, now: jiff::Timestamp) -> Terms<'static> {
        Terms { currency: self.currency, today: self.calendar.date(now), form: None }
    }

    /// Returns a stage by its name.
    #[must_use]
    pub fn stage(&self, id: &StageId) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.id == *id)
    }

    /// Returns the position of a stage in the pipeline.
    #[must_use]
    pub fn position(&self, id: &StageId) -> Option<usize> {
        self.stages.iter().position(|stage| stage.id == *id)
    }

    /// Returns the message that an event sends, if any.
    pub fn notices_of(&self, event: NoticeEvent) -> impl Iterator<Item = &Notice> {
        self.notices.iter().filter(move |notice| notice.event == event)
    }
}

/// A rule that an application must meet when it is sent.
#[derive(Debug, Clone)]
pub struct Eligibility {
    /// What is required.
    pub rule: EligibilityRule,
    /// Reason of the rejection, one of `reasons.reject`.
    pub otherwise: ReasonId,
}

/// What an eligibility rule looks at.
#[derive(Debug, Clone)]
pub enum EligibilityRule {
    /// An expression that must be true.
    Require(Guard),
    /// At most one application of the same normalised value.
    OncePer {
        /// The form field whose value counts.
        field: String,
        /// How long an approval counts; without it, for ever.
        within: Option<Duration>,
    },
}

/// One stage of the pipeline: a queue and who works it.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Name in guards and addresses.
    pub id: StageId,
    /// Title for people; the name where the file gives none.
    pub title: Text,
    /// Role that works the queue.
    pub role: RoleId,
    /// Other routes: the first true one replaces `role`.
    pub role_if: Vec<(RoleId, Guard)>,
    /// When true the stage is left out.
    pub skip_if: Option<Guard>,
    /// When approving is possible; without it, always.
    pub approve_if: Option<Guard>,
    /// What the officer fills in.
    pub asks: Form,
    /// File fields (of the form or of this stage) without which there is no approval.
    pub documents: Vec<DocumentRef>,
    /// Whether and how the officer may return the application.
    pub send_back: Option<SendBack>,
    /// Deadline shown and measured.
    pub due: Option<Duration>,
    /// Timeout hooks in the order of the file.
    pub if_late: Vec<Late>,
    /// Whether its approval issues the voucher.
    pub issues_voucher: bool,
}

/// A file field that a stage requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentRef {
    /// A field of the application form.
    Form(String),
    /// A field of the stage's own questions.
    Asks(String),
}

/// How a stage returns an application.
#[derive(Debug, Clone)]
pub struct SendBack {
    /// To whom it may go; never empty.
    pub to: Vec<SendBackTarget>,
    /// How long the applicant has to answer.
    pub answer_within: Option<Duration>,
    /// Reason of the rejection when no answer comes in time, one of `reasons.reject`.
    pub unanswered: Option<ReasonId>,
}

/// To whom an application is returned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendBackTarget {
    /// The applicant, who corrects named fields.
    Applicant,
    /// An earlier stage, which runs again with all after it.
    Stage(StageId),
}

/// What happens when a task stays open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Counted from the task's opening.
    pub after: Duration,
    /// What is done.
    pub action: LateAction,
}

/// A timeout's effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LateAction {
    /// Remind the officer, or a role.
    Remind,
    /// Add a role to the task; the officer keeps it.
    Escalate {
        /// The role added.
        to: RoleId,
    },
    /// Go on, the stage marked not decided.
    Pass,
    /// End the application.
    Reject {
        /// One of `reasons.reject`.
        reason: ReasonId,
    },
}

/// The reasons officers pick from, by decision.
#[derive(Debug, Clone, Default)]
pub struct Reasons {
    /// For approving; may be empty.
    pub approve: IndexMap<ReasonId, Reason>,
    /// For rejecting.
    pub reject: IndexMap<ReasonId, Reason>,
    /// For sending back.
    pub send_back: IndexMap<ReasonId, Reason>,
}

/// One reason.
#[derive(Debug, Clone)]
pub struct Reason {
    /// Words for people.
    pub text: Text,
    /// Whether the officer must add words of their own.
    pub note: bool,
}

/// An event of an application that may send a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeEvent {
    /// The application was received, whatever became of it.
    Submitted,
    /// A task was opened.
    Assigned,
    /// A task waits.
    Reminder,
    /// A role was added to a late task.
    Escalated,
    /// The application was returned.
    SentBack,
    /// The applicant answered.
    Answered,
    /// Finally approved.
    Approved,
    /// Rejected.
    Rejected,
    /// Withdrawn by the applicant.
    Withdrawn,
    /// A voucher was issued.
    VoucherIssued,
    /// A voucher has ended.
    VoucherExpired,
    /// A provider redeemed.
    VoucherRedeemed,
    /// A voucher was revoked.
    VoucherRevoked,
    /// The application is held for an operator.
    Held,
}

impl NoticeEvent {
    /// Every event, in the order of the reference.
    pub const ALL: [Self; 14] = [
        Self::Submitted,
        Self::Assigned,
        Self::Reminder,
        Self::Escalated,
        Self::SentBack,
        Self::Answered,
        Self::Approved,
        Self::Rejected,
        Self::Withdrawn,
        Self::VoucherIssued,
        Self::VoucherExpired,
        Self::VoucherRedeemed,
        Self::VoucherRevoked,
        Self::Held,
    ];

    /// Returns the name in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Assigned => "assigned",
            Self::Reminder => "reminder",
            Self::Escalated => "escalated",
            Self::SentBack => "sent_back",
            Self::Answered => "answered",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::VoucherIssued => "voucher_issued",
            Self::VoucherExpired => "voucher_expired",
            Self::VoucherRedeemed => "voucher_redeemed",
            Self::VoucherRevoked => "voucher_revoked",
            Self::Held => "held",
        }
    }
}

/// A message that an event sends.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What sends it.
    pub event: NoticeEvent,
    /// Who gets it; without it, the event's own reader (`escalated`: the role escalated to).
    pub to: Option<Recipient>,
    /// By which channels; empty: by every one that is known.
    pub by: Vec<Channel>,
    /// Whether the voucher's code is attached.
    pub attach_voucher: bool,
    /// The words, with `{names}`.
    pub text: Text,
}

/// Who gets a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The applicant.
    Applicant,
    /// The officer who holds the task.
    Officer,
    /// The provider concerned.
    Provider,
    /// Everyone who holds a role in the programme.
    Role(RoleId),
}

/// A way to reach a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Short message to a phone.
    Sms,
    /// E-mail.
    Email,
}

/// The form fields that reach the applicant.
#[derive(Debug, Clone, Default)]
pub struct Contact {
    /// Field of type phone.
    pub phone: Option<String>,
    /// Field of type email.
    pub email: Option<String>,
    /// Field whose value is one of the programme's languages.
    pub language: Option<String>,
    /// Field that names the person.
    pub name: Option<String>,
}

/// What a voucher is worth and how it is redeemed.
#[derive(Debug, Clone)]
pub struct VoucherRules {
    /// Evaluated once, by the decision that finally approves.
    pub amount: Guard,
    /// An amount above it holds the application.
    pub ceiling: Option<Guard>,
    /// How long it lasts, to the end of its last local day.
    pub valid: Duration,
    /// Kinds of provider that may redeem; never empty.
    pub providers: Vec<String>,
    /// How often it may be redeemed.
    pub times: u32,
    /// Whether less than the balance may be taken.
    pub partial: bool,
    /// Form field that whoever shows the voucher must know.
    pub check: Option<String>,
}

/// Recurring work in the programme's time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Name within the programme.
    pub name: String,
    /// When.
    pub cron: crate::calendar::Cron,
    /// What.
    pub job: Job,
}

/// What a schedule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Records the expiry of vouchers past their last day.
    ExpireVouchers,
}

/// How long personal values are kept after the last event; `None`: for ever.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keep {
    /// After a rejection.
    pub rejected: Option<Duration>,
    /// After a withdrawal.
    pub withdrawn: Option<Duration>,
    /// After an approval.
    pub approved: Option<Duration>,
}

/// When a test starts in the programme's time zone, unless its first step says so: a Monday morning.
pub const TEST_START: jiff::civil::DateTime = jiff::civil::datetime(2026, 3, 2, 9, 0, 0, 0);

/// A test that travels with the definition.
#[derive(Debug, Clone)]
pub struct TestCase {
    /// Its name, a sentence.
    pub name: String,
    /// Line in the source, from 1.
    pub line: u32,
    /// The form as JSON; `from` is already replaced by the example.
    pub given: serde_json::Value,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// What must hold at the end, by key: `status`, `voucher.amount`, `queue.doctor`.
    pub expect: IndexMap<String, Expected>,
}

/// One thing that a test expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Line in the source, from 1.
    pub line: u32,
    /// The value as written; `null`: nothing stands there.
    pub value: serde_json::Value,
}

/// One step of a test.
#[derive(Debug, Clone)]
pub struct Step {
    /// Line in the source, from 1.
    pub line: u32,
    /// What happens.
    pub action: StepAction,
}

/// What happens in a step of a test.
#[derive(Debug, Clone)]
pub enum StepAction {
    /// The clock moves by a duration.
    Wait(Duration),
    /// The clock moves to a local time.
    At(jiff::civil::DateTime),
    /// A person who holds a role acts: `approve`, `reject`, `send_back`, `claim`, `release`.
    Officer {
        /// The role.
        role: RoleId,
        /// Which holder; `None`: the role's first.
        name: Option<String>,
        /// What they do.
        action: String,
        /// The other keys of the step: answers, `reason`, `note`, `to`, `fields`.
        with: serde_json::Map<String, serde_json::Value>,
    },
    /// The applicant acts: `answer`, `withdraw`.
    Applicant {
        /// What they do.
        action: String,
        /// The other keys of the step.
        with: serde_json::Map<String, serde_json::Value>,
    },
    /// A provider acts: `redeem`.
    Provider {
        /// What they do.
        action: String,
        /// The other keys of the step: `amount`, `check`, `kind`.
        with: serde_json::Map<String, serde_json::Value>,
    },
}
