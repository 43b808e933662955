//! What is recorded beside applications: definitions, the roster, tokens, documents, deliveries, incidents.

use jiff::Timestamp;
use uuid::Uuid;

use crate::effect::Notify;
use crate::event::StoredEvent;
use crate::id::{ApplicationId, DocumentId, Who};
use crate::recorded::Hash;

/// A record that concerns no application's log.
#[derive(Debug, Clone)]
pub enum Record {
    /// A definition is deployed; its number is given by the store.
    Deploy(Definition),
    /// A new roster; lost unless it follows the one there is.
    Roster(RosterVersion),
    /// A token is made; lost if its id or hash is taken.
    AddToken(Token),
    /// A token is revoked.
    RemoveToken(Uuid),
    /// Somebody wants to sign in: the code is kept hashed, its message sealed in the outbox; lost if its id is taken.
    AddSignIn(SignIn),
    /// A wrong code was tried.
    FailSignIn(Uuid),
    /// The right code was given: the sign-in is over, its message undelivered or not, and its session begins; lost if it was
    /// over, or if the session's id or hash is taken.
    UseSignIn {
        /// Which.
        id: Uuid,
        /// The session.
        session: Token,
    },
    /// A document was uploaded; lost if its id is taken.
    AddDocument(StoredDocument),
    /// Of these documents, those that nothing refers to are forgotten; the receipt names them.
    RemoveDocuments(Vec<DocumentId>),
    /// What became of a delivery.
    Delivered(u64, Delivery),
    /// An incident is over.
    CloseIncident(u64),
    /// A schedule runs for an instant; lost if it did already.
    ScheduleRun(ScheduleKey, Timestamp),
    /// Old answers, and sign-ins and sessions that ended, are forgotten, with the messages of those sign-ins.
    Purge {
        /// Idempotency keys recorded before it go.
        keys_before: Timestamp,
        /// Sign-ins and sessions that ended before it go.
        ended_before: Timestamp,
    },
}

/// A deployed definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The programme.
    pub programme: String,
    /// Its number, from 1; 0 before it is recorded.
    pub number: u32,
    /// SHA-256 of the source.
    pub digest: Hash,
    /// The source.
    pub source: Vec<u8>,
    /// When it was deployed.
    pub deployed_at: Timestamp,
    /// By whom.
    pub by: Who,
}

/// Which definition of a programme is the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// The programme.
    pub programme: String,
    /// SHA-256 of the definition's source.
    pub digest: Hash,
}

/// One version of the roster, with the event that made it in the roster's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterVersion {
    /// The event: version, digest and bytes.
    pub event: StoredEvent,
    /// The roster as JSON.
    pub roster: String,
}

/// Who a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenOwner {
    /// A person or provider of the roster.
    Listed(Who),
    /// An applicant's session in one programme, known by the keyed hash of their contact.
    Applicant {
        /// The programme.
        programme: String,
        /// Keyed hash of the contact.
        contact: Hash,
    },
}

/// A token, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id, for listing and revoking.
    pub id: Uuid,
    /// SHA-256 of its text.
    pub hash: Hash,
    /// Whose.
    pub owner: TokenOwner,
    /// What its owner calls it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The first instant at which it is refused.
    pub expires_at: Option<Timestamp>,
}

/// A sign-in that waits for its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Its id.
    pub id: Uuid,
    /// Keyed hash of the code.
    pub code: Hash,
    /// The programme.
    pub programme: String,
    /// Keyed hash of the contact.
    pub contact: Hash,
    /// The message with the code and where it goes, sealed by the master key; goes to the outbox.
    pub message: Vec<u8>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The first instant at which the code is refused.
    pub expires_at: Timestamp,
    /// Tries left.
    pub tries_left: u8,
}

/// An uploaded document; its bytes lie encrypted in a file named by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Its id.
    pub id: DocumentId,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type, sniffed.
    pub media_type: String,
    /// Name of the file that holds it.
    pub file: String,
    /// The key of the file, wrapped by the master key.
    pub key: Vec<u8>,
    /// SHA-256 of the principal that uploaded it and may use it.
    pub uploader: Hash,
    /// When.
    pub uploaded_at: Timestamp,
    /// The application that refers to it.
    pub application: Option<ApplicationId>,
}

/// An entry of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its id; stable over every try.
    pub id: u64,
    /// What is delivered.
    pub content: OutboxContent,
    /// Tries made.
    pub attempts: u32,
}

/// What an entry of the outbox delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxContent {
    /// A notice of an application.
    Notice {
        /// The application.
        application: ApplicationId,
        /// Which.
        notify: Notify,
    },
    /// A sign-in code, sealed by the master key.
    SignIn(Vec<u8>),
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It arrived, or there was nobody to be told.
    Done,
    /// It is tried again.
    Again {
        /// When.
        at: Timestamp,
        /// Why, without personal values.
        cause: String,
    },
    /// It is given up, and an incident opened.
    Parked {
        /// Why, without personal values.
        cause: String,
    },
}

/// Something that an operator must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its id.
    pub id: u64,
    /// What kind.
    pub kind: IncidentKind,
    /// The application concerned.
    pub application: Option<ApplicationId>,
    /// Since when.
    pub since: Timestamp,
    /// In words, without personal values.
    pub cause: String,
}

/// What an incident is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentKind {
    /// An application is held, or its voucher's redemption locked.
    Application,
    /// A delivery is parked: the outbox entry.
    Delivery(u64),
}

/// A schedule of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScheduleKey {
    /// The programme; empty for the installation's own.
    pub programme: String,
    /// Its name.
    pub name: String,
}
