//! The values that forms, answers and guards share.
//!
//! Knows no stage and no programme; converting from and to JSON is the form's work ([`crate::form`]).

use std::fmt;

use indexmap::IndexMap;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The values of a form or of one entry in a list, by field name, in the order of the form.
///
/// An optional field without a value is absent.
pub type Record = IndexMap<String, Value>;

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Text, long text, a phone number in E.164, an e-mail address, or the id of a chosen option.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact decimal number.
    Number(Decimal),
    /// An exact amount in the programme's currency.
    Money(Decimal),
    /// A calendar date.
    Date(Date),
    /// Yes or no.
    YesNo(bool),
    /// Entries of a list field.
    List(Vec<Record>),
    /// The id of an uploaded document.
    File(String),
}

impl fmt::Display for Value {
    /// Writes the value as an explanation shows it; amounts carry no currency here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Integer(number) => f.write_str(&crate::money::grouped(&Decimal::from(*number))),
            Self::Number(number) | Self::Money(number) => {
                f.write_str(&crate::money::grouped(number))
            }
            Self::Date(date) => write!(f, "{date}"),
            Self::YesNo(true) => f.write_str("yes"),
            Self::YesNo(false) => f.write_str("no"),
            Self::List(entries) if entries.len() == 1 => f.write_str("1 entry"),
            Self::List(entries) => write!(f, "{} entries", entries.len()),
            Self::File(_) => f.write_str("a document"),
        }
    }
}
