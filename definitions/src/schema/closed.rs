//! What is done to the derived schema: no empty values, plain enumerations, words for editors.

use serde_json::{Map, Value, json};

/// Takes `null` out: a key is given a value or left out.
pub(super) fn without_null(schema: &mut Value) {
    each(schema, &mut |map| {
        if let Some(Value::Array(types)) = map.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                map.insert("type".to_owned(), only);
            }
        }
        if map.get("default").is_some_and(Value::is_null) {
            map.shift_remove("default");
        }
        let Some(Value::Array(branches)) = map.get_mut("anyOf") else { return };
        branches.retain(|branch| branch.get("type") != Some(&json!("null")));
        if let [only] = branches.as_slice()
            && let Value::Object(only) = only.clone()
        {
            map.shift_remove("anyOf");
            for (key, value) in only {
                map.entry(key).or_insert(value);
            }
        }
    });
}

/// Turns a choice between documented constants into one enumeration with descriptions.
pub(super) fn enums(schema: &mut Value) {
    each(schema, &mut |map| {
        let Some(Value::Array(branches)) = map.get("oneOf") else { return };
        let constants: Option<Vec<Value>> =
            branches.iter().map(|branch| branch.get("const").cloned()).collect();
        let Some(constants) = constants else { return };
        let words: Vec<Value> = branches
            .iter()
            .map(|branch| branch.get("description").cloned().unwrap_or_else(|| json!("")))
            .collect();
        map.shift_remove("oneOf");
        map.insert("enum".to_owned(), Value::Array(constants));
        map.insert("markdownEnumDescriptions".to_owned(), Value::Array(words));
    });
}

/// Wraps references beside other keys, which draft 7 would not read, and takes defaults out that say nothing.
pub(super) fn for_editors(schema: &mut Value) {
    each(schema, &mut |map| {
        if map.len() > 1
            && let Some(reference) = map.shift_remove("$ref")
        {
            map.insert("allOf".to_owned(), json!([{"$ref": reference}]));
        }
    });
}

/// Calls `change` for every schema object, the innermost first.
fn each(schema: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(|value| each(value, change));
            change(map);
        }
        Value::Array(list) => list.iter_mut().for_each(|value| each(value, change)),
        _ => {}
    }
}
