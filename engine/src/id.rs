//! Identifiers, and who did something.
//!
//! Draws no randomness: what is random is an argument.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An identifier that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct IdError;

/// An application's id: a `UUIDv7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApplicationId(pub Uuid);

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for ApplicationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::parse_str(text).map(Self).map_err(|_| IdError)
    }
}

/// A task's id: its application's and a number, written `<application>.<number>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The application it belongs to.
    pub application: ApplicationId,
    /// Its number within the application, from 1.
    pub number: u32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.application, self.number)
    }
}

impl FromStr for TaskId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (application, number) = text.split_once('.').ok_or(IdError)?;
        Ok(Self { application: application.parse()?, number: number.parse().map_err(|_| IdError)? })
    }
}

/// A voucher's id: the 16 random bytes of its claim `cti`, written in lower-case base32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VoucherId(#[serde(with = "serde_bytes")] pub [u8; 16]);

impl fmt::Display for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::BASE32_NOPAD.encode(&self.0).to_lowercase())
    }
}

impl fmt::Debug for VoucherId {
    /// A voucher's id never goes into a log; a hash of it does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VoucherId(..)")
    }
}

impl FromStr for VoucherId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes = data_encoding::BASE32_NOPAD
            .decode(text.to_uppercase().as_bytes())
            .map_err(|_| IdError)?;
        bytes.try_into().map(Self).map_err(|_| IdError)
    }
}

/// An uploaded document's id: random, usable by its uploader alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocumentId(pub Uuid);

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for DocumentId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::parse_str(text).map(Self).map_err(|_| IdError)
    }
}

/// Who did something, by an opaque id, never a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// A person of the roster.
    Person(String),
    /// A provider of the roster.
    Provider(String),
    /// The person whom the application is for.
    Applicant,
    /// The engine itself: a timer or a schedule.
    Engine,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Provider(id) => write!(f, "provider:{id}"),
            Self::Applicant => f.write_str("applicant"),
            Self::Engine => f.write_str("engine"),
        }
    }
}

impl FromStr for Who {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once(':') {
            Some(("person", id)) => Ok(Self::Person(id.to_owned())),
            Some(("provider", id)) => Ok(Self::Provider(id.to_owned())),
            None if text == "applicant" => Ok(Self::Applicant),
            None if text == "engine" => Ok(Self::Engine),
            _ => Err(IdError),
        }
    }
}

impl Serialize for Who {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_what_they_write() {
        let application = ApplicationId(Uuid::from_u128(7));
        let task = TaskId { application, number: 3 };
        assert_eq!(task.to_string().parse(), Ok(task));
        let voucher = VoucherId([9; 16]);
        assert_eq!(voucher.to_string().parse(), Ok(voucher));
        assert_eq!(format!("{voucher:?}"), "VoucherId(..)");
        for who in [
            Who::Person("grace".into()),
            Who::Provider("mulago".into()),
            Who::Applicant,
            Who::Engine,
        ] {
            assert_eq!(who.to_string().parse(), Ok(who));
        }
        assert_eq!("robot:1".parse::<Who>(), Err(IdError));
    }
}
