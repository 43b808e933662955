//! Units of work: what is recorded together, and what can be lost to somebody else.

use jiff::Timestamp;

use super::record::Record;
use crate::application::Application;
use crate::counted::Counted;
use crate::effect::Notify;
use crate::event::StoredEvent;
use crate::id::{ApplicationId, DocumentId};
use crate::recorded::Hash;
use crate::vault::{Sealed, Word, WrappedKey};

/// One unit of work.
#[derive(Debug, Clone)]
pub enum Unit {
    /// What a decision on an application records.
    Application(Box<ApplicationUnit>),
    /// Anything else.
    Record(Record),
}

/// What a decision on an application records, with the row that it makes.
#[derive(Debug, Clone)]
pub struct ApplicationUnit {
    /// The row afterwards. Tasks, timers, voucher and redemption rows are derived from it.
    pub application: Application,
    /// The version before; 0: the application is new.
    pub expected: u64,
    /// The events, in order.
    pub events: Vec<StoredEvent>,
    /// The data key of a new application.
    pub key: Option<WrappedKey>,
    /// Personal values.
    pub sealed: Vec<Sealed>,
    /// Keyed hashes of the contacts in its form, by which its applicant is known: all of them, in place of those there were;
    /// `None`: they stay.
    pub known_by: Option<Vec<Hash>>,
    /// Keyed hash of the contact with which its applicant had signed in to send it; stays whatever the form says.
    pub submitted_from: Option<Hash>,
    /// The words by which it is found: all of them, in place of those there were; `None`: they stay.
    pub words: Option<Vec<Word>>,
    /// What reports count of its events.
    pub counted: Vec<Counted>,
    /// Takes it from those whose words and counts are still to be recorded.
    pub filled: bool,
    /// What becomes of its `once_per` keys.
    pub once_per: Vec<OncePerChange>,
    /// Messages to be delivered.
    pub notices: Vec<NewNotice>,
    /// What becomes of its incident.
    pub incident: Option<IncidentChange>,
    /// Documents that it refers to from now on and did not before: lost if one is gone, or another application's.
    pub documents: Vec<DocumentId>,
    /// The request that brought it about.
    pub idempotency: Option<NewIdempotency>,
    /// When its personal values are to be erased; `None`: never, or not ended yet.
    pub erase_at: Option<Timestamp>,
    /// Destroys its key, sealed values, contact hashes, words, undelivered messages and the keys of its documents, whose files may go
    /// from then on and are nobody's to use.
    pub destroy_key: bool,
}

impl ApplicationUnit {
    /// Returns the unit that records nothing upon an application but its row, over the version `expected`.
    #[must_use]
    pub fn of(application: Application, expected: u64) -> Self {
        Self {
            application,
            expected,
            events: Vec::new(),
            key: None,
            sealed: Vec::new(),
            known_by: None,
            submitted_from: None,
            words: None,
            counted: Vec::new(),
            filled: false,
            once_per: Vec::new(),
            notices: Vec::new(),
            incident: None,
            documents: Vec::new(),
            idempotency: None,
            erase_at: None,
            destroy_key: false,
        }
    }
}

/// A `once_per` key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OncePer {
    /// Keyed hash of programme, rule and normalised value.
    pub key: Hash,
    /// Approvals at or before it do not count; `None`: they count for ever.
    pub cutoff: Option<Timestamp>,
}

/// What becomes of `once_per` keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OncePerChange {
    /// Taken by the application, which had none or another: lost if somebody else's counts.
    Take {
        /// Position of the rule in `eligibility`, from 0.
        rule: u16,
        /// The key.
        key: OncePer,
    },
    /// All keys of the application count as approved from now on.
    Approve {
        /// When.
        at: Timestamp,
    },
    /// All keys of the application count no more.
    Release,
}

/// A message to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Which.
    pub notify: Notify,
    /// From when.
    pub due: Timestamp,
}

/// What becomes of an application's incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncidentChange {
    /// Opened, in words without personal values; one that is open keeps its id and says this from now on.
    Open(String),
    /// Closed.
    Close,
}

/// The key of a request, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdempotency {
    /// SHA-256 of principal, route and key.
    pub scope: Hash,
    /// What is answered again.
    pub outcome: StoredOutcome,
}

/// What a request came to: a reference, never a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredOutcome {
    /// SHA-256 of the request's body.
    pub request: Hash,
    /// The application.
    pub application: ApplicationId,
    /// Its first event that came of it; one above `last` where there was none.
    pub first: u64,
    /// Its last.
    pub last: u64,
    /// When.
    pub at: Timestamp,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// All is recorded.
    Committed(Vec<Receipt>),
    /// Nothing is recorded: these units lost something.
    Lost(Vec<(usize, Loss)>),
}

/// What a unit got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// It is recorded.
    Done,
    /// The number of a deployment; the same definition again keeps its number.
    Deployed {
        /// Its number, from 1.
        number: u32,
        /// Whether it was there already.
        unchanged: bool,
    },
    /// The documents that were really removed, whose files may go: one that something refers to by now stays.
    Removed(Vec<DocumentId>),
}

/// What a unit lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Somebody else recorded first.
    Version,
    /// Another application holds a `once_per` key that counts.
    OncePer {
        /// Position of the rule in `eligibility`, from 0.
        rule: u16,
        /// The other application.
        holder: ApplicationId,
    },
    /// The reference, the voucher's id, number or status index, or the id of a document, token or sign-in, is taken: draw again.
    Draw,
    /// A document is gone, or another application's by now.
    Document(DocumentId),
    /// A request with this key was recorded before.
    Idempotency(StoredOutcome),
    /// Somebody did it already: a schedule ran, a sign-in was used, the roster is newer.
    AlreadyDone,
}
