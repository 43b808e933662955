//! Values that a person gives, in a file or on the command line, as the schema of a form takes them.
//!
//! Turns `yes` into true and 2300 into "2300", and uploads files that are named. Never judges a value: what cannot be turned goes
//! to the daemon as it is, which names everything that is wrong at once.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::trouble::Trouble;
use super::words::text;
use crate::client::Client;

/// What stands before the name of a file to upload.
const FILE_MARK: char = '@';
/// Most bytes of a file of values.
const MAX_VALUES_BYTES: usize = 32 << 20;

/// Values as a schema takes them, and the files among them that are still to be uploaded.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Typed {
    pub(super) values: Map<String, Value>,
    pub(super) files: Vec<Upload>,
}

/// A file that a value names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Upload {
    /// Where its id goes: a JSON pointer.
    pub(super) pointer: String,
    pub(super) file: PathBuf,
}

impl Typed {
    /// Returns values as `schema` takes them.
    pub(super) fn of(schema: &Value, given: Map<String, Value>) -> Self {
        let mut files = Vec::new();
        let values = object(schema, given, "", &mut files);
        Self { values, files }
    }

    /// Uploads the files, whose names begin at `folder`, and returns the values with the ids of the documents.
    pub(super) async fn uploaded(
        self,
        client: &Client,
        folder: &Path,
    ) -> Result<Map<String, Value>, Trouble> {
        let mut values = Value::Object(self.values);
        for upload in self.files {
            let answer = client.post_file("/v1/documents", &folder.join(&upload.file)).await?;
            if let Some(place) = values.pointer_mut(&upload.pointer) {
                *place = text(&answer, "/id").into();
            }
        }
        match values {
            Value::Object(values) => Ok(values),
            _ => Ok(Map::new()),
        }
    }
}

fn object(
    schema: &Value,
    given: Map<String, Value>,
    pointer: &str,
    files: &mut Vec<Upload>,
) -> Map<String, Value> {
    let field = |(name, value): (String, Value)| {
        let place = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let rules = schema.get("properties").and_then(|fields| fields.get(&name));
        let value = match rules {
            Some(rules) => typed(rules, value, &place, files),
            None => value,
        };
        (name, value)
    };
    given.into_iter().map(field).collect()
}

/// Returns a value as the rules of its field take it, or as it is.
fn typed(rules: &Value, value: Value, pointer: &str, files: &mut Vec<Upload>) -> Value {
    let kind = rules.get("x-type").and_then(Value::as_str).unwrap_or_default();
    match (kind, value) {
        ("yes_no", Value::String(word)) => yes_no(&word).map_or(Value::String(word), Value::Bool),
        ("integer", Value::String(digits)) => {
            digits.trim().parse::<i64>().map_or(Value::String(digits), Value::from)
        }
        // Exact: a JSON number is read as binary floating point by many.
        ("money" | "number", Value::Number(number)) => number.to_string().into(),
        ("money" | "number", Value::String(digits)) => digits.trim().into(),
        // A fraction may be a text that looked like one, and has lost its last zero: the daemon asks for a text instead.
        ("text" | "long_text" | "phone" | "choice", Value::Number(number)) if !number.is_f64() => {
            number.to_string().into()
        }
        ("list", Value::String(text)) => match serde_json::from_str(&text) {
            Ok(entries @ Value::Array(_)) => typed(rules, entries, pointer, files),
            _ => Value::String(text),
        },
        ("list", Value::Array(entries)) => {
            let schema = rules.get("items").unwrap_or(&Value::Null);
            let entry = |(place, entry): (usize, Value)| match entry {
                Value::Object(fields) => {
                    object(schema, fields, &format!("{pointer}/{place}"), files).into()
                }
                other => other,
            };
            entries.into_iter().enumerate().map(entry).collect()
        }
        ("file", Value::String(name)) => {
            if let Some(file) = name.strip_prefix(FILE_MARK) {
                files.push(Upload { pointer: pointer.to_owned(), file: file.into() });
            }
            Value::String(name)
        }
        (_, value) => value,
    }
}

fn yes_no(word: &str) -> Option<bool> {
    match word.trim().to_lowercase().as_str() {
        "yes" | "y" | "true" => Some(true),
        "no" | "n" | "false" => Some(false),
        _ => None,
    }
}

/// Reads `name=value` as it stands on the command line.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("an answer is given as NAME=VALUE".to_owned()),
    }
}

/// Reads a file of fields and values, in JSON or YAML; `-` is standard input.
pub(super) fn read_fields(file: &Path) -> Result<Map<String, Value>, Trouble> {
    match read(file)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Trouble::CannotReach(format!(
            "{}: fields with their values are expected, as `name: Ana`",
            file.display()
        ))),
    }
}

/// Reads a file in JSON or YAML; `-` is standard input.
pub(super) fn read(file: &Path) -> Result<Value, Trouble> {
    let wrong = |cause: String| Trouble::CannotReach(format!("{}: {cause}", file.display()));
    let bytes = read_bytes(file, MAX_VALUES_BYTES)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
    // YAML's own value notices a key that stands twice; JSON is YAML as well.
    let value: serde_yaml::Value =
        serde_yaml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    serde_json::to_value(value).map_err(|error| wrong(error.to_string()))
}

/// Reads the bytes of a file; `-` is standard input.
pub(super) fn read_bytes(file: &Path, most: usize) -> Result<Vec<u8>, Trouble> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|cause| Trouble::CannotReach(format!("cannot read {}: {cause}", file.display())))?;
    if bytes.len() > most {
        return Err(Trouble::CannotReach(format!("{} has more than {most} bytes", file.display())));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({"type": "object", "properties": {
            "visited": {"type": "boolean", "x-type": "yes_no"},
            "amount": {"type": "string", "x-type": "money"},
            "age": {"type": "integer", "x-type": "integer"},
            "phone": {"type": "string", "x-type": "phone"},
            "photo": {"type": "string", "x-type": "file"},
            "family": {"type": "array", "x-type": "list", "items": {"properties": {
                "income": {"x-type": "money"}, "card": {"x-type": "file"},
            }}},
        }})
    }

    fn typed(given: Value) -> Typed {
        let Value::Object(given) = given else { panic!("an object") };
        Typed::of(&schema(), given)
    }

    #[test]
    fn a_word_becomes_what_the_schema_says() {
        let typed =
            typed(json!({"visited": "Yes", "amount": " 2300.50", "age": "41", "phone": "+256700"}));
        insta::assert_snapshot!(
            Value::Object(typed.values),
            @r#"{"visited":true,"amount":"2300.50","age":41,"phone":"+256700"}"#
        );
    }

    #[test]
    fn an_amount_written_as_a_number_becomes_an_exact_text() {
        let typed = typed(json!({"amount": 2300, "family": [{"income": 12.5}]}));
        insta::assert_snapshot!(
            Value::Object(typed.values),
            @r#"{"amount":"2300","family":[{"income":"12.5"}]}"#
        );
    }

    #[test]
    fn what_cannot_be_turned_goes_to_the_daemon_as_it_is() {
        let typed =
            typed(json!({"visited": "perhaps", "age": "old", "colour": "red", "phone": 12.5}));
        insta::assert_snapshot!(
            Value::Object(typed.values),
            @r#"{"visited":"perhaps","age":"old","colour":"red","phone":12.5}"#
        );
    }

    #[test]
    fn files_are_found_wherever_they_stand() {
        let typed = typed(json!({
            "photo": "@photo.jpg", "phone": "@home",
            "family": "[{\"card\": \"@cards/a.pdf\"}, {\"card\": \"0197\"}]",
        }));
        let places: Vec<_> = typed
            .files
            .iter()
            .map(|upload| format!("{} {}", upload.pointer, upload.file.display()))
            .collect();
        assert_eq!(places, ["/photo photo.jpg", "/family/0/card cards/a.pdf"]);
        assert_eq!(typed.values["phone"], "@home");
    }

    #[test]
    fn a_file_of_values_is_json_or_yaml_and_no_key_stands_twice() {
        let place = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            let file = place.path().join("form");
            std::fs::write(&file, text).unwrap();
            read_fields(&file).map_err(|trouble| trouble.answer().number())
        };
        assert_eq!(read("{\"name\": \"Ana\", \"age\": 3}").unwrap()["age"], 3);
        assert_eq!(read("name: Ana\nborn: 2020-01-31\n").unwrap()["born"], "2020-01-31");
        assert_eq!(read("name: Ana\nname: Ben\n"), Err(3));
        assert_eq!(read("- Ana\n"), Err(3));
        assert_eq!(
            read_fields(&place.path().join("none")).map_err(|it| it.answer().number()),
            Err(3)
        );
    }

    #[test]
    fn an_answer_is_a_name_and_a_value() {
        assert_eq!(pair("note=a=b").unwrap(), ("note".to_owned(), "a=b".to_owned()));
        assert!(pair("visited").is_err());
        assert!(pair("=yes").is_err());
    }
}
