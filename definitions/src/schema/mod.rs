//! The shape of the file: a JSON Schema derived from the model, the check against it, and the schema for editors.
//!
//! No other module sees `jsonschema` or its errors. Knows no meaning: whether a role exists is for `check`.

mod closed;
mod examples;
mod misspelt;
mod translate;

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::diagnostic::Finding;
use crate::model::File;
use crate::yaml::Tree;

/// The schema of the file and its compiled form.
struct Shape {
    schema: Value,
    validator: jsonschema::Validator,
}

/// Returns the shape, compiled on first use; `None` only if the derived schema were no schema.
fn shape() -> Option<&'static Shape> {
    static SHAPE: OnceLock<Option<Shape>> = OnceLock::new();
    SHAPE
        .get_or_init(|| {
            let schema = derived(SchemaSettings::draft2020_12(), "$defs");
            let validator = jsonschema::draft202012::new(&schema).ok()?;
            Some(Shape { schema, validator })
        })
        .as_ref()
}

/// Derives the schema from the model and closes it.
fn derived(settings: SchemaSettings, definitions: &str) -> Value {
    let mut schema = settings.into_generator().into_root_schema_for::<File>().to_value();
    closed::without_null(&mut schema);
    closed::enums(&mut schema);
    examples::add(&mut schema, definitions);
    schema
}

/// Returns the schema for editors, in the dialect they read (draft 7).
#[must_use]
pub fn editor_schema() -> Value {
    let mut schema = derived(SchemaSettings::draft07(), "definitions");
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".to_owned(), json!("programme-1.json"));
    }
    closed::for_editors(&mut schema);
    schema
}

/// A value whose shape was checked.
pub(crate) struct Shaped {
    /// The value without what does not belong in it, so that the rest can be looked at.
    pub value: Value,
    /// What is wrong with the shape.
    pub findings: Vec<Finding>,
}

/// How often a file is read again after misspelt keys were read as they were meant: what stands below one shows others.
const MAX_MENDED: usize = 4;

/// Checks the shape of a file; keys that are misspelt are renamed in it.
pub(crate) fn check(tree: &mut Tree) -> Shaped {
    let mut value = tree.value.clone();
    let mut findings = Vec::new();
    let Some(shape) = shape() else { return Shaped { value, findings } };
    for round in 0..=MAX_MENDED {
        let context =
            translate::Context { schema: &shape.schema, value: &value, places: &tree.places };
        let errors: Vec<_> = shape.validator.iter_errors(&value).collect();
        let misspelt: Vec<_> = errors.iter().flat_map(|error| context.misspelt(error)).collect();
        if misspelt.is_empty() || round == MAX_MENDED {
            let (mut found, wrong) = context.all(&errors);
            drop(errors);
            findings.append(&mut found);
            translate::prune(&mut value, wrong);
            break;
        }
        drop(errors);
        findings.extend(misspelt.into_iter().filter_map(|key| key.mend(tree, &mut value)));
    }
    translate::dedup(&mut findings);
    Shaped { value, findings }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `visit` for every schema object within a schema.
    fn walk(schema: &Value, visit: &mut impl FnMut(&serde_json::Map<String, Value>)) {
        match schema {
            Value::Object(map) => {
                visit(map);
                map.values().for_each(|value| walk(value, visit));
            }
            Value::Array(list) => list.iter().for_each(|value| walk(value, visit)),
            _ => {}
        }
    }

    #[test]
    fn every_object_of_the_schema_is_closed() {
        for schema in [derived(SchemaSettings::draft2020_12(), "$defs"), editor_schema()] {
            let mut seen = 0;
            walk(&schema, &mut |map| {
                if map.get("type") == Some(&json!("object")) && map.contains_key("properties") {
                    seen += 1;
                    // The other keys of a score are fields of the form.
                    let others = map.get("additionalProperties").cloned().unwrap_or(json!(true));
                    assert!(
                        others == json!(false)
                            || others.get("$ref").is_some()
                            || others.get("allOf").is_some(),
                        "{map:?}"
                    );
                }
            });
            assert!(seen > 10);
        }
    }

    #[test]
    fn no_key_may_be_left_empty() {
        walk(&editor_schema(), &mut |map| {
            assert_ne!(map.get("type"), Some(&json!("null")), "{map:?}");
            let types = map.get("type").and_then(Value::as_array);
            assert!(types.is_none_or(|types| !types.contains(&json!("null"))), "{map:?}");
        });
    }

    #[test]
    fn the_schema_for_editors_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/programme-1.json");
        let current = format!("{}\n", serde_json::to_string_pretty(&editor_schema()).unwrap());
        if std::env::var_os("ANNONA_WRITE_SCHEMAS").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == current, "run the test with ANNONA_WRITE_SCHEMAS=1 to write the schema");
    }

    #[test]
    fn the_schema_for_editors_accepts_the_examples() {
        let validator = jsonschema::draft7::new(&editor_schema()).unwrap();
        for text in [
            include_str!("../../../examples/urgent-surgery/programme.yaml"),
            include_str!("../../../examples/school-kit/programme.yaml"),
            include_str!("../../tests/everything.yaml"),
        ] {
            let tree = crate::yaml::read(&crate::source::Source::new("a", text)).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&tree.value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
}
