//! An example for each key of the language: for editors, and for the fix of a key that is missing.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// Examples by type of entry and key.
const EXAMPLES: &str = include_str!("examples.json");

/// The name of the file's own type among them.
const ROOT: &str = "File";

/// Returns the examples, read on first use.
fn examples() -> &'static Map<String, Value> {
    static READ: OnceLock<Map<String, Value>> = OnceLock::new();
    READ.get_or_init(|| serde_json::from_str(EXAMPLES).unwrap_or_default())
}

/// Puts an example beside each key of a schema; `definitions` is where the dialect keeps the types of entries.
pub(super) fn add(schema: &mut Value, definitions: &str) {
    for (name, of_keys) in examples() {
        let pointer = if name == ROOT { String::new() } else { format!("/{definitions}/{name}") };
        let properties = schema.pointer_mut(&format!("{pointer}/properties"));
        let Some(Value::Object(properties)) = properties else { continue };
        for (key, example) in of_keys.as_object().into_iter().flatten() {
            if let Some(Value::Object(property)) = properties.get_mut(key) {
                property.insert("examples".to_owned(), json!([example]));
            }
        }
    }
}

/// Returns a value as a person writes it on one line of YAML.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::Array(list) => {
            format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let entries =
                map.iter().map(|(key, value)| format!("{}: {}", word(key), written(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Returns a text, between quotes where YAML would read something else.
fn word(text: &str) -> String {
    let plain = text.starts_with(char::is_alphanumeric)
        && !text.contains(|sign: char| "\"'[]{}#,&*!|>%@`".contains(sign) || sign.is_control())
        && !text.contains(": ");
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `visit` for the type of the file and of each kind of entry, by name.
    fn each_type(schema: &Value, mut visit: impl FnMut(&str, &Map<String, Value>)) {
        let types = schema.get("definitions").and_then(Value::as_object).unwrap();
        let all = types.iter().map(|(name, schema)| (name.as_str(), schema));
        for (name, schema) in all.chain([(ROOT, schema)]) {
            if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
                visit(name, properties);
            }
        }
    }

    #[test]
    fn each_key_is_described_and_has_an_example_and_no_example_is_left_over() {
        let schema = crate::schema::editor_schema();
        let mut seen = Vec::new();
        each_type(&schema, |name, properties| {
            for (key, property) in properties {
                for needed in ["description", "examples"] {
                    assert!(property.get(needed).is_some(), "{name}.{key} lacks {needed}");
                }
                seen.push(format!("{name}.{key}"));
            }
        });
        for (name, of_keys) in examples() {
            for key in of_keys.as_object().unwrap().keys() {
                assert!(seen.contains(&format!("{name}.{key}")), "{name}.{key}");
            }
        }
    }

    #[test]
    fn each_example_is_what_its_key_takes() {
        let schema = crate::schema::editor_schema();
        each_type(&schema, |name, properties| {
            for (key, property) in properties {
                let mut whole = property.clone();
                let map = whole.as_object_mut().unwrap();
                map.insert("definitions".to_owned(), schema["definitions"].clone());
                let validator = jsonschema::draft7::new(&whole).unwrap();
                for example in property["examples"].as_array().unwrap() {
                    let error = validator.validate(example).err().map(|error| error.to_string());
                    assert_eq!(error, None, "{name}.{key}");
                }
            }
        });
    }

    #[test]
    fn an_example_is_written_as_a_person_writes_it() {
        let value = json!({"stage": "check", "due": "2 days", "n": [1, true], "if": "a == \"b\""});
        let text = written(&value);
        assert_eq!(text, "{stage: check, due: 2 days, n: [1, yes], if: 'a == \"b\"'}");
        assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap()["if"], "a == \"b\"");
    }
}
