//! Any JSON at all.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::super::*;
use super::{form, usd};
use crate::value::Value;

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[+]?[0-9 .e-]{0,20}".prop_map(Json::from),
        "[+]25670[0-9]{7}".prop_map(Json::from),
        "[+][0-9 ()-]{1,18}".prop_map(Json::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}".prop_map(Json::from),
        "[a-z.]{1,8}@[a-z]{1,5}.[a-z]{2}".prop_map(Json::from),
        "(heart|cancer|flu|x|[0-9]{4})".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((name(), inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().collect::<Json>()),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    let names: Vec<_> = form().fields.iter().map(|field| field.name.clone()).collect();
    prop_oneof![8 => proptest::sample::select(names), 1 => any::<String>()]
}

/// Values that are often right.
fn likely() -> impl Strategy<Value = Json> {
    prop::collection::vec((name(), any_json()), 0..12).prop_map(|pairs| {
        let mut values = json!({"name": "A", "age": 1, "family": []});
        for (name, value) in pairs {
            values[name] = value;
        }
        values
    })
}

/// The values, without the fields that are wrong.
fn repaired(mut values: Json) -> Option<Record> {
    for _ in 0..2 {
        let Err(errors) = form().read(&values, usd()) else { break };
        for error in errors {
            let name = error.pointer.split('/').nth(1)?.replace("~1", "/").replace("~0", "~");
            let replacement = match name.as_str() {
                "name" => json!("A"),
                "age" => json!(1),
                "family" => json!([]),
                _ => Json::Null,
            };
            if form().field(&name).is_some() {
                values[&name] = replacement;
            } else {
                values.as_object_mut()?.retain(|known, _| form().field(known).is_some());
            }
        }
    }
    form().read(&values, usd()).ok()
}

proptest! {
    // A phone number is slow to read without optimisation.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_read_or_refused(values in any_json()) {
        let _ = form().read(&values, usd());
        let _ = form().read_yaml(&values, Terms { currency: None, ..usd() });
        let _ = form().read_some(&values, &Record::new(), usd());
    }

    #[test]
    fn what_was_read_is_read_again_the_same(values in likely()) {
        let record = repaired(values);
        prop_assert!(record.is_some());
        if let Some(record) = record {
            prop_assert_eq!(form().read(&record_to_json(&record), usd()), Ok(record));
        }
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in any::<String>()) {
        let once = normalised(&Value::Text(text));
        prop_assert_eq!(normalised(&Value::Text(once.clone())), once);
    }

    #[test]
    fn any_pattern_is_compiled_or_refused(pattern in any::<String>()) {
        let _ = compile_pattern(&pattern);
    }
}
