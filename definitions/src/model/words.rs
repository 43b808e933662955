//! The small values of the file: texts, expressions, numbers, yes and no.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

/// A text for people: one string, or one for each language.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    /// Serves every language.
    Plain(String),
    /// By language.
    Translated(IndexMap<String, String>),
}

/// Returns the pattern of a language tag, as far as keys are told apart by it.
pub(crate) fn language_pattern() -> &'static str {
    "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
}

impl JsonSchema for Words {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text: one string, or one string for each language.",
            "type": ["string", "object"],
            "patternProperties": {(language_pattern()): {"type": "string"}},
            "additionalProperties": false,
            "minProperties": 1,
        })
    }
}

/// A reason's words; `note: true` asks the officer for more.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum ReasonWords {
    /// Serves every language.
    Plain(String),
    /// By language, with the note.
    Translated {
        /// Whether the officer must add words.
        #[serde(default)]
        note: Option<YesNo>,
        /// By language.
        #[serde(flatten)]
        words: IndexMap<String, String>,
    },
}

impl JsonSchema for ReasonWords {
    fn schema_name() -> Cow<'static, str> {
        "Reason".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let note = generator.subschema_for::<YesNo>();
        json_schema!({
            "description": "A reason: one string, or one string for each language; `note: true` also asks for words.",
            "type": ["string", "object"],
            "properties": {"note": {"description": "Whether the officer must add words.", "allOf": [note]}},
            "patternProperties": {"^(?!note$)[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": {"type": "string"}},
            "additionalProperties": false,
            "minProperties": 1,
        })
    }
}

/// Yes or no, without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct YesNo(pub bool);

impl<'de> Deserialize<'de> for YesNo {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(value) => Ok(Self(value)),
            Value::String(word) if word == "yes" => Ok(Self(true)),
            Value::String(word) if word == "no" => Ok(Self(false)),
            _ => Err(serde::de::Error::custom("expected yes or no")),
        }
    }
}

impl JsonSchema for YesNo {
    fn schema_name() -> Cow<'static, str> {
        "YesNo".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // To readers of YAML 1.2 a plain `yes` is a string.
        json_schema!({"enum": [true, false, "yes", "no"]})
    }
}

/// A guard: a rhai expression.
#[derive(Debug, Clone)]
pub(crate) struct Expression(pub String);

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            value @ (Value::Bool(_) | Value::Number(_)) => Ok(Self(value.to_string())),
            _ => Err(serde::de::Error::custom("expected an expression")),
        }
    }
}

impl JsonSchema for Expression {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A guard: one rhai expression over form, limits and the answers of stages.",
            "type": ["string", "boolean", "number"],
        })
    }
}

/// An exact number; in quotes where it has more than 15 digits.
#[derive(Debug, Clone)]
pub(crate) struct Number(pub String);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(serde::de::Error::custom("expected a number")),
        }
    }
}

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, exactly as written; in quotes where it has more than 15 digits.",
            "type": ["number", "string"],
        })
    }
}

/// A policy number or a table of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Limit {
    /// Read as `limits.name`.
    Number(Number),
    /// Read as `limits.name[key]`.
    Table(IndexMap<String, Number>),
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let number = generator.subschema_for::<Number>();
        json_schema!({
            "description": "A number, or a table of numbers by name.",
            "type": ["number", "string", "object"],
            "additionalProperties": number,
            "minProperties": 1,
        })
    }
}

/// One value, or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    /// One.
    One(String),
    /// Several, in order.
    Many(Vec<String>),
}

impl OneOrMany {
    /// Returns the values.
    pub(crate) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One name, or a list of names.",
            "type": ["string", "array"],
            "items": {"type": "string"},
            "minItems": 1,
        })
    }
}

/// Returns the schema of a string or what `other` describes, told apart by the kind of value.
pub(crate) fn text_or(other: &Schema) -> Schema {
    json_schema!({"if": {"type": "string"}, "then": true, "else": other})
}
