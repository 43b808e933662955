//! What clients were answered: written down the moment an answer arrived, and compared with what a daemon says later.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// An event as an answer told of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Its place in the application's log.
    pub version: u64,
    /// Its type.
    pub kind: String,
    /// When.
    pub at: String,
    /// The digest of the event before it.
    pub previous: String,
}

/// Something that was answered.
#[derive(Debug, Clone)]
pub enum Answered {
    /// An application was taken.
    Sent {
        /// Its id.
        application: String,
        /// How many events it had.
        version: u64,
        /// The document that it names.
        document: Option<String>,
    },
    /// A task was decided.
    Decided {
        /// The application's id.
        application: String,
        /// What was recorded.
        events: Vec<Told>,
    },
    /// A voucher was redeemed.
    Redeemed {
        /// The application's id.
        application: String,
        /// The voucher's id.
        voucher: String,
        /// The redemption's number.
        number: u64,
        /// How much.
        amount: String,
    },
    /// A document was taken.
    Kept {
        /// Its id.
        document: String,
        /// The SHA-256 of its bytes.
        sha256: String,
    },
}

/// What was answered, in the order of the answers.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<Vec<(u64, Answered)>>,
    /// A recording of the daemon's calls, whose length tells when an answer arrived.
    recording: Option<PathBuf>,
}

impl Told {
    /// Returns an event of an answer or of a history.
    #[must_use]
    pub fn of(event: &Value) -> Self {
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        Self {
            version: event.get("version").and_then(Value::as_u64).unwrap_or_default(),
            kind: text("type").to_owned(),
            at: text("at").to_owned(),
            previous: text("previous").to_owned(),
        }
    }
}

impl Answered {
    /// Returns the application that it is about.
    #[must_use]
    pub fn application(&self) -> Option<&str> {
        match self {
            Self::Sent { application, .. }
            | Self::Decided { application, .. }
            | Self::Redeemed { application, .. } => Some(application),
            Self::Kept { .. } => None,
        }
    }
}

impl Journal {
    /// Returns a journal of answers by a daemon whose calls are recorded.
    #[must_use]
    pub fn beside(recording: PathBuf) -> Self {
        Self { recording: Some(recording), ..Self::default() }
    }

    /// Writes down what was answered.
    pub fn write(&self, answered: Answered) {
        let length = |file| std::fs::metadata(file).map(|about| about.len()).unwrap();
        let position = self.recording.as_ref().map(length).unwrap_or_default();
        self.entries().push((position, answered));
    }

    /// Returns what was answered before the recording had reached a length.
    #[must_use]
    pub fn before(&self, position: u64) -> Vec<Answered> {
        let entries = self.entries();
        let before = entries.iter().filter(|(answered, _)| *answered < position);
        before.map(|(_, answered)| answered.clone()).collect()
    }

    /// Returns how much was answered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Returns whether nothing was answered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Returns what was answered, from a place on.
    #[must_use]
    pub fn since(&self, place: usize) -> Vec<Answered> {
        self.entries().iter().skip(place).map(|(_, answered)| answered.clone()).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<(u64, Answered)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
