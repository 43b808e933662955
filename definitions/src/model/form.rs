//! Fields of the form and of a stage's questions, as the file writes them.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::words::{Expression, Number, Words, YesNo};

/// A field: what is asked.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::form::keywords_by_type)]
#[schemars(extend("required" = ["label", "type"]))]
pub(crate) struct Field {
    /// Label for people.
    pub label: Option<Words>,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Option<FieldType>,
    /// Whether it may be left out. Default: no.
    pub optional: Option<YesNo>,
    /// When the field is asked: an expression over the fields before it, limits and today. Default: always.
    pub show_if: Option<Expression>,
    /// When it must be given although it is optional otherwise: an expression over the fields before it, limits and today.
    pub required_if: Option<Expression>,
    /// Whether its value is masked, sealed and erased. Default: yes for phone, email, file, `long_text` and the field `name`.
    pub personal: Option<YesNo>,
    /// A hint for people.
    pub help: Option<Words>,
    /// Regular expression that the whole text must match.
    pub pattern: Option<String>,
    /// Smallest number, or earliest date.
    pub minimum: Option<Number>,
    /// Largest number, or latest date.
    pub maximum: Option<Number>,
    /// Fewest characters, or fewest entries.
    #[schemars(range(max = 1_000_000))]
    pub min_length: Option<u32>,
    /// Most characters, or most entries.
    #[schemars(range(max = 1_000_000))]
    pub max_length: Option<u32>,
    /// What can be chosen: a list of ids, or id → label.
    pub options: Option<Options>,
    /// The fields of one entry: name → type, or name → field.
    #[schemars(extend("minProperties" = 1))]
    pub of: Option<IndexMap<String, OfField>>,
    /// Accepted types of document. Default: all of them.
    #[schemars(length(min = 1))]
    pub accept: Option<Vec<Accept>>,
    /// Largest document: `5 MB`. Default: 10 MB.
    pub max_size: Option<String>,
    /// How far back a date may lie, counted from today; how old a document may be when a stage that needs it approves.
    pub no_older_than: Option<String>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldType {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// A whole number.
    Integer,
    /// An exact decimal number.
    Number,
    /// An amount in the programme's currency.
    Money,
    /// A calendar date.
    Date,
    /// Yes or no.
    YesNo,
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
    /// One of several options.
    Choice,
    /// Entries of the same fields.
    List,
    /// A document.
    File,
}

impl FieldType {
    /// Returns the name in the file.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "long_text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Money => "money",
            Self::Date => "date",
            Self::YesNo => "yes_no",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Choice => "choice",
            Self::List => "list",
            Self::File => "file",
        }
    }
}

/// A type of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Accept {
    /// Portable document format.
    Pdf,
    /// JPEG picture.
    Jpg,
    /// PNG picture.
    Png,
}

/// What can be chosen.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Options {
    /// Ids that serve as labels too.
    Ids(Vec<String>),
    /// Label by id.
    Labels(IndexMap<String, Words>),
}

impl JsonSchema for Options {
    fn schema_name() -> Cow<'static, str> {
        "Options".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let words = generator.subschema_for::<Words>();
        json_schema!({
            "description": "A list of ids, or a label for each id.",
            "type": ["array", "object"],
            "items": {"type": "string"},
            "minItems": 1,
            "uniqueItems": true,
            "additionalProperties": words,
            "minProperties": 1,
        })
    }
}

/// A field of one entry: a bare type, or a whole field.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OfField {
    /// Its name serves as label.
    Bare(FieldType),
    /// With everything that a field may have.
    Whole(Box<Field>),
}

impl JsonSchema for OfField {
    fn schema_name() -> Cow<'static, str> {
        "OfField".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let bare = generator.subschema_for::<FieldType>();
        let whole = generator.subschema_for::<Field>();
        json_schema!({"if": {"type": "string"}, "then": bare, "else": whole})
    }
}

/// Keywords that every type of field takes.
const COMMON: [&str; 7] =
    ["label", "type", "optional", "personal", "help", "show_if", "required_if"];

/// The keywords that only some types of field take.
pub(crate) const KEYWORDS: &[(FieldType, &[&str])] = &[
    (FieldType::Text, &["pattern", "min_length", "max_length"]),
    (FieldType::LongText, &["pattern", "min_length", "max_length"]),
    (FieldType::Integer, &["minimum", "maximum"]),
    (FieldType::Number, &["minimum", "maximum"]),
    (FieldType::Money, &["minimum", "maximum"]),
    (FieldType::Date, &["minimum", "maximum", "no_older_than"]),
    (FieldType::YesNo, &[]),
    (FieldType::Phone, &[]),
    (FieldType::Email, &[]),
    (FieldType::Choice, &["options"]),
    (FieldType::List, &["of", "min_length", "max_length"]),
    (FieldType::File, &["accept", "max_size", "no_older_than"]),
];

/// Adds, for each type, which keywords it takes and which it needs.
pub(super) fn keywords_by_type(schema: &mut Schema) {
    let rules: Vec<_> = KEYWORDS
        .iter()
        .map(|(kind, own)| {
            let names: Vec<&str> = COMMON.iter().chain(own.iter()).copied().collect();
            let mut then = json_schema!({"propertyNames": {"enum": names}});
            match kind {
                FieldType::Choice => {
                    then.insert("required".to_owned(), serde_json::json!(["options"]));
                }
                FieldType::List => {
                    then.insert("required".to_owned(), serde_json::json!(["of"]));
                }
                _ => {}
            }
            json_schema!({
                "if": {"properties": {"type": {"const": kind.as_str()}}, "required": ["type"]},
                "then": then,
            })
        })
        .collect();
    schema.insert("allOf".to_owned(), serde_json::json!(rules));
}
