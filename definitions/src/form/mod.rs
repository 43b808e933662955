//! Forms: the application form, and the questions of a stage.
//!
//! Turns JSON into typed [`Record`]s and back. Every wrong field is named at once. Knows nothing of where documents are
//! stored: a file field holds an id, and what it may hold is for the engine to compare with the uploaded document.

mod condition;
mod json;
mod pattern;
mod phone;
mod read;
mod scalar;
mod schema;

use rust_decimal::Decimal;
use serde::Serialize;

pub use self::json::{NORMALISATION, normalised, record_to_json, to_json};
pub use self::pattern::{MAX_PATTERN_BYTES, compile_pattern};
use self::read::Dialect;

use crate::calendar::Duration;
use crate::guard::Guard;
use crate::money::Currency;
use crate::text::Text;
use crate::value::Record;

/// The fields of a form, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Its fields.
    pub fields: Vec<Field>,
}

/// One field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name in guards and in JSON.
    pub name: String,
    /// Label for people.
    pub label: Text,
    /// A hint for people.
    pub help: Option<Text>,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it may be left out.
    pub optional: bool,
    /// When it is asked; without it, always. It reads the form's fields before it, limits and today.
    pub show_if: Option<Guard>,
    /// When it must be given although it is optional; it reads what `show_if` may read.
    pub required_if: Option<Guard>,
    /// Whether its value is masked, sealed and erased.
    pub personal: bool,
}

/// What a field holds.
#[derive(Debug, Clone)]
pub enum FieldKind {
    /// One line.
    Text(TextRules),
    /// Several lines.
    LongText(TextRules),
    /// A whole number.
    Integer(Bounds),
    /// An exact decimal.
    Number(Bounds),
    /// An amount in the programme's currency.
    Money(Bounds),
    /// A calendar date.
    Date {
        /// Earliest date allowed.
        minimum: Option<jiff::civil::Date>,
        /// Latest date allowed.
        maximum: Option<jiff::civil::Date>,
        /// How far back it may lie, counted from today.
        no_older_than: Option<Duration>,
    },
    /// Yes or no.
    YesNo,
    /// A phone number, kept in E.164.
    Phone,
    /// An e-mail address.
    Email,
    /// One of several options.
    Choice(Vec<Choice>),
    /// Entries of the same fields.
    List {
        /// Fields of one entry.
        of: Vec<Field>,
        /// Fewest entries.
        min_length: Option<u32>,
        /// Most entries; never above [`MAX_LIST_ENTRIES`].
        max_length: Option<u32>,
    },
    /// A document.
    File(FileRules),
}

/// Most entries of a list field.
pub const MAX_LIST_ENTRIES: u32 = 1_000;
/// Most characters of a text field.
pub const MAX_TEXT: u32 = 1_000;
/// Most characters of a long text field.
pub const MAX_LONG_TEXT: u32 = 10_000;
/// Most characters of an e-mail address.
pub const MAX_EMAIL: u32 = 254;
/// Most characters of a document's id.
pub const MAX_FILE_ID: usize = 64;
/// Largest amount, in the currency's main unit, whatever its sign.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000_000;
/// Most wrong fields that are named at once.
pub const MAX_ERRORS: usize = 1_000;
/// Largest document where the field names no size, in bytes.
pub const DEFAULT_FILE_SIZE: u64 = 10 * 1024 * 1024;

/// Limits of a text.
#[derive(Debug, Clone, Default)]
pub struct TextRules {
    /// The whole text must match it; made by [`compile_pattern`].
    pub pattern: Option<regex::Regex>,
    /// Fewest characters.
    pub min_length: Option<u32>,
    /// Most characters.
    pub max_length: Option<u32>,
}

/// Limits of a number, both included.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// Smallest value.
    pub minimum: Option<Decimal>,
    /// Largest value.
    pub maximum: Option<Decimal>,
}

/// An option of a choice.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is stored and compared.
    pub id: String,
    /// What people read.
    pub label: Text,
}

/// Limits of a document.
#[derive(Debug, Clone)]
pub struct FileRules {
    /// Accepted types; never empty.
    pub accept: Vec<FileType>,
    /// Largest size in bytes.
    pub max_size: u64,
}

/// A type of document, known by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileType {
    /// Portable document format.
    Pdf,
    /// JPEG picture.
    Jpg,
    /// PNG picture.
    Png,
}

impl FileType {
    /// Every type, in the order of the reference.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Jpg, Self::Png];

    /// Returns the name in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpg => "jpg",
            Self::Png => "png",
        }
    }

    /// Returns the media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// What the values of a form are read by.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Currency of the amounts.
    pub currency: Option<Currency>,
    /// The local date in the programme's time zone.
    pub today: jiff::civil::Date,
    /// The application's form, where a stage's questions are read; `None`: the form itself is read.
    pub form: Option<&'a Record>,
}

/// One thing wrong with the values of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer of the value, from the form's root: `/family/0/age`.
    pub pointer: String,
    /// Stable code: `required`, `unknown_field`, `wrong_type`, `too_small`, `too_large`, `too_short`, `too_long`, `pattern`,
    /// `not_an_option`, `not_a_phone_number`, `not_an_email_address`, `not_a_date`, `not_an_amount`, `too_many_decimals`,
    /// `unknown_document`, `wrong_file_type`, `file_too_large`, `not_asked`, `condition_failed`.
    pub code: &'static str,
    /// One sentence in lower case that never repeats the value.
    pub message: String,
}

impl Form {
    /// Returns a field by its name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Reads the values of the whole form.
    ///
    /// `null` and an empty text are no value. An amount is a text with a decimal; a number may also be a JSON number of up to
    /// 15 digits, which is read by its shortest form. Texts lose the white space around them, phone numbers become E.164.
    /// A field that is not asked has no value, and giving one is a mistake.
    ///
    /// # Errors
    ///
    /// Returns every wrong, missing and unknown field, at most [`MAX_ERRORS`].
    pub fn read(
        &self,
        values: &serde_json::Value,
        terms: Terms<'_>,
    ) -> Result<Record, Vec<FieldError>> {
        read::whole(&self.fields, values, Dialect { terms, yaml: false })
    }

    /// Reads the values of an example or a test as the YAML file writes them.
    ///
    /// Amounts may also be plain numbers, and yes or no plain words.
    ///
    /// # Errors
    ///
    /// Returns every wrong, missing and unknown field.
    pub fn read_yaml(
        &self,
        values: &serde_json::Value,
        terms: Terms<'_>,
    ) -> Result<Record, Vec<FieldError>> {
        read::whole(&self.fields, values, Dialect { terms, yaml: true })
    }

    /// Reads new values of some fields of a form that was `before`; `null` removes a value.
    ///
    /// Returns the new values, and the names of those that are gone: removed, or not asked any more by the new values. A field
    /// that is asked for only now must be given.
    ///
    /// # Errors
    ///
    /// Returns every wrong, missing and unknown field.
    pub fn read_some(
        &self,
        values: &serde_json::Value,
        before: &Record,
        terms: Terms<'_>,
    ) -> Result<(Record, Vec<String>), Vec<FieldError>> {
        read::some(&self.fields, values, before, Dialect { terms, yaml: false })
    }

    /// Returns the JSON Schema (2020-12) of the form for clients, with labels in `language`.
    ///
    /// Keys that begin with `x-` say what the standard has no word for: `x-type`, `x-personal`, `x-accept`, `x-max-size` (bytes),
    /// `x-show-if` and `x-required-if` (expressions), `x-no-older-than` (a duration).
    #[must_use]
    pub fn json_schema(&self, language: &str, fallback: &str) -> serde_json::Value {
        schema::schema(&self.fields, language, fallback)
    }
}

#[cfg(test)]
mod tests;
