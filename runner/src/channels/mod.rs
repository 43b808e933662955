//! Channels: how a message reaches somebody.
//!
//! A channel tries once and says what became of it; trying again is the outbox's. What it says holds no personal value: not the
//! address, not the words, not what a server answered.

mod console;
mod smtp;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub use console::Console;
pub use smtp::{Smtp, SmtpError};

/// Where a message goes.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// To a mailbox.
    Email(String),
    /// To a phone, in E.164.
    Phone(String),
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Email(_) => "Email(..)",
            Self::Phone(_) => "Phone(..)",
        })
    }
}

/// A message, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its id, the same at every try: letters, digits, `.` and `-`.
    pub id: String,
    /// Where it goes.
    pub to: Address,
    /// For channels that have one.
    pub subject: String,
    /// The words.
    pub body: String,
    /// What goes with it.
    pub attachments: Vec<Attachment>,
    /// When it was written.
    pub at: Timestamp,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing")
            .field("id", &self.id)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// A file that goes with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name for people.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment").field("media_type", &self.media_type).finish_non_exhaustive()
    }
}

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The next in line has taken it over.
    Delivered,
    /// It may arrive later.
    Temporary {
        /// Why, without personal values.
        cause: String,
        /// How long to wait at least, where the other side said so.
        retry_after: Option<Duration>,
    },
    /// It never will.
    Permanent {
        /// Why, without personal values.
        cause: String,
    },
}

/// A way to deliver messages.
#[async_trait]
pub trait Channel: Send + Sync + std::fmt::Debug {
    /// Returns whether it reaches such an address.
    fn reaches(&self, to: &Address) -> bool;

    /// Tries once to deliver a message.
    async fn deliver(&self, message: &Outgoing) -> Delivery;
}

impl Delivery {
    /// Returns that it may be tried again.
    fn temporary(cause: impl Into<String>) -> Self {
        Self::Temporary { cause: cause.into(), retry_after: None }
    }

    /// Returns that it never arrives.
    fn permanent(cause: impl Into<String>) -> Self {
        Self::Permanent { cause: cause.into() }
    }
}

#[cfg(test)]
mod tests;
