//! What a decision asks of the outside world.
//!
//! Plain data. Carried out after the commit, from what was committed.

use annona_definitions::programme::{NoticeEvent, Recipient};
use serde::{Deserialize, Serialize};

/// One effect of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send the messages that the programme has for an event.
    Notify(Notify),
    /// Sign the voucher whose claims stand in the events.
    SignVoucher,
    /// Remember the `once_per` keys of the form as taken.
    TakeOncePer,
    /// Remember the `once_per` keys as approved.
    ApproveOncePer,
    /// Forget the `once_per` keys: they count no more.
    ReleaseOncePer,
    /// Open an incident.
    Incident {
        /// In words, without personal values.
        cause: String,
    },
    /// Close the application's incident.
    CloseIncident,
    /// Destroy the application's key and what it seals.
    DestroyKey,
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// What sends it.
    pub event: NoticeEvent,
    /// Version of the application's event it tells of.
    pub version: u64,
    /// Which of the event's notices in the definition, from 0.
    pub notice: u16,
    /// Who gets it.
    pub to: Recipient,
    /// For an officer: who held the task then; nobody yet, if absent.
    pub officer: Option<String>,
}
