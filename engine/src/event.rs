//! What happened to an application, as the exact bytes that are hashed.
//!
//! Stored bytes are never rewritten; an old format is read by an upcaster. No event holds a personal value, the row, or more
//! of the form than came in with it.

use annona_definitions::programme::{ProgrammeId, ReasonId, RoleId, SendBackTarget, StageId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::application::{Document, HoldPoint, StatusIndex, Timer, TimerRule};
use crate::cbor::{self, CborError};
use crate::id::{ApplicationId, VoucherId, Who};
use crate::recorded::{Hash, Recorded, RecordedForm};

/// The format of the events that are written now.
pub const FORMAT: u32 = 1;

/// One event of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Format of these bytes.
    pub format: u32,
    /// The application.
    pub application: ApplicationId,
    /// Its place in the application's log, from 1.
    pub version: u64,
    /// Digest of the definition that decided.
    pub definition: Hash,
    /// Version of the guards' meaning.
    pub evaluator: u32,
    /// When, in whole microseconds since 1970 UTC.
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub at: Timestamp,
    /// Who.
    pub who: Who,
    /// For whom, where somebody acted for another.
    pub on_behalf_of: Option<Who>,
    /// Guards evaluated, in order.
    pub guards: Vec<GuardRecord>,
    /// What came from outside and was relied upon.
    pub facts: Vec<FactRecord>,
    /// The reason given.
    pub reason: Option<ReasonRecord>,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
    /// Digest of the event before it in the same application; of the first event, 32 zeros.
    pub previous: Hash,
}

/// The `previous` of an application's first event.
pub const NOTHING_BEFORE: Hash = Hash([0; 32]);

/// A guard that was evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardRecord {
    /// Where it stands: `stages.medical.approve_if`.
    pub place: String,
    /// The values read; `None`: no value.
    pub inputs: Vec<(String, Option<Recorded>)>,
    /// What it came to.
    pub result: GuardResult,
    /// In words; sealed where a value read is personal.
    pub explanation: Recorded,
}

/// What a guard came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardResult {
    /// It held.
    True,
    /// It did not hold.
    False,
    /// An amount.
    Amount(Decimal),
    /// It could not run.
    CannotRun,
}

/// Something from outside that a decision relied upon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactRecord {
    /// The role by which somebody acted.
    Role(RoleId),
    /// An earlier application of the same `once_per` key.
    Duplicate {
        /// Position of the rule in `eligibility`, from 0.
        rule: u16,
        /// The earlier application.
        earlier: ApplicationId,
    },
    /// The kind of the provider that redeemed.
    ProviderKind(String),
}

/// A reason given with a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRecord {
    /// Which.
    pub id: Option<ReasonId>,
    /// Commitment to the words added.
    pub note: Option<Hash>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body", rename_all = "snake_case")]
pub enum Body {
    /// An application was sent.
    Submitted {
        /// Its programme.
        programme: ProgrammeId,
        /// What people quote.
        reference: String,
        /// The form.
        form: RecordedForm,
        /// Documents that the form refers to.
        documents: Vec<Document>,
    },
    /// A stage was left out by `skip_if`.
    StageSkipped {
        /// The stage.
        stage: StageId,
    },
    /// A task was opened.
    StageOpened {
        /// The stage.
        stage: StageId,
        /// The task's number.
        task: u32,
        /// The role that works it.
        role: RoleId,
        /// Deadline.
        due: Option<Timestamp>,
        /// Timeouts.
        timers: Vec<Timer>,
    },
    /// An officer took a task.
    Claimed {
        /// The task.
        task: u32,
    },
    /// An officer put a task back.
    Released {
        /// The task.
        task: u32,
    },
    /// An officer approved a stage.
    StageApproved {
        /// The stage.
        stage: StageId,
        /// The task.
        task: u32,
        /// The answers.
        answers: RecordedForm,
        /// Documents that the answers refer to.
        documents: Vec<Document>,
    },
    /// A timeout passed a stage: not decided.
    StagePassed {
        /// The stage.
        stage: StageId,
        /// The task.
        task: u32,
        /// The timeout.
        rule: TimerRule,
    },
    /// An officer returned the application.
    SentBack {
        /// The stage that asks.
        stage: StageId,
        /// The task.
        task: u32,
        /// To whom.
        to: SendBackTarget,
        /// The fields that may change.
        fields: Vec<String>,
        /// Until when the applicant may answer; the first instant that is too late.
        answer_by: Option<Timestamp>,
    },
    /// The applicant answered.
    Answered {
        /// New values.
        form: RecordedForm,
        /// Fields whose value was removed.
        removed: Vec<String>,
        /// Documents that the new values refer to.
        documents: Vec<Document>,
    },
    /// The task that waited goes on.
    TaskResumed {
        /// The task.
        task: u32,
        /// Its deadline now.
        due: Option<Timestamp>,
        /// Its timeouts now.
        timers: Vec<Timer>,
    },
    /// The application returns to a stage that is behind: it and all after it run again.
    Reopened {
        /// The first stage that runs again.
        stage: StageId,
    },
    /// The officer was reminded.
    Reminded {
        /// The task.
        task: u32,
        /// The timeout.
        rule: TimerRule,
    },
    /// A role was added to a late task.
    Escalated {
        /// The task.
        task: u32,
        /// The timeout.
        rule: TimerRule,
        /// The role.
        to: RoleId,
    },
    /// The application was rejected.
    Rejected {
        /// What rejected it.
        by: RejectedBy,
    },
    /// The applicant withdrew.
    Withdrawn,
    /// The last stage is behind.
    Approved,
    /// A voucher was issued.
    VoucherIssued(IssuedVoucher),
    /// A provider redeemed.
    VoucherRedeemed {
        /// The redemption's number, from 1.
        redemption: u32,
        /// The provider.
        provider: String,
        /// How much.
        amount: Decimal,
        /// What is left.
        balance: Decimal,
        /// Whether nothing more can be redeemed.
        used_up: bool,
    },
    /// Whoever showed the voucher failed its check.
    CheckFailed {
        /// Until when redemption is locked now.
        locked_until: Option<Timestamp>,
    },
    /// The voucher was revoked.
    VoucherRevoked,
    /// The voucher is past its last day.
    VoucherExpired,
    /// A guard could not run.
    Held {
        /// Where.
        point: HoldPoint,
        /// In words, without personal values.
        cause: String,
        /// The officer's input, kept as a draft.
        draft: RecordedForm,
    },
    /// An operator had the engine try again.
    Retried,
    /// The personal values were erased: their key is destroyed.
    Erased,
}

/// What rejected an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectedBy {
    /// An eligibility rule, from 0.
    Eligibility(u16),
    /// An officer.
    Officer {
        /// The stage.
        stage: StageId,
        /// The task.
        task: u32,
    },
    /// A timeout.
    Timeout {
        /// The task.
        task: u32,
        /// The timeout.
        rule: TimerRule,
    },
}

/// The claims of a voucher, but for its masked name, which is personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedVoucher {
    /// Its id.
    pub id: VoucherId,
    /// The short number printed below the code.
    pub number: String,
    /// The issuer as named in the trust list.
    pub issuer: String,
    /// Id of the key that signs.
    pub key: String,
    /// Commitment to the masked name.
    pub masked_name: Hash,
    /// Title in the fallback language.
    pub title: String,
    /// Kinds of provider that may redeem.
    pub kinds: Vec<String>,
    /// Its amount.
    pub amount: Decimal,
    /// ISO 4217 code.
    pub currency: String,
    /// How often it may be redeemed.
    pub times: u32,
    /// Whether less than the balance may be taken.
    pub partial: bool,
    /// The first instant at which it is refused.
    pub expires_at: Timestamp,
    /// Where its status is published.
    pub status_index: StatusIndex,
    /// Address of that list.
    pub status_uri: String,
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the application's log, from 1.
    pub version: u64,
    /// Digest of the bytes.
    pub digest: Hash,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Event {
    /// Returns the bytes that are hashed and stored.
    ///
    /// # Errors
    ///
    /// Returns [`CborError`] if a value cannot be written, which no event of this format does.
    pub fn store(&self) -> Result<StoredEvent, CborError> {
        let bytes = cbor::to_vec(self)?;
        Ok(StoredEvent { version: self.version, digest: Hash::of(&bytes), bytes })
    }

    /// Reads an event of any format there has been.
    ///
    /// # Errors
    ///
    /// Returns [`CborError`] if the bytes are no event.
    pub fn read(bytes: &[u8]) -> Result<Self, CborError> {
        cbor::from_slice(bytes)
    }
}
