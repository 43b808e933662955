//! No input makes the compiler panic, and a programme comes out exactly when there is no error.

use annona_definitions::{Compiled, compile};
use proptest::prelude::*;
use serde_json::{Value, json};

const KIT: &str = include_str!("kit.yaml");

/// Values that hardly fit anywhere.
const STRANGE: [&str; 12] = [
    "null",
    "5",
    "-1",
    "1.5",
    "\"\"",
    "\"x\"",
    "[]",
    "{}",
    "[1]",
    "{\"a\": 1}",
    "true",
    "[{\"stage\": []}]",
];

/// Holds what must hold for every input.
fn holds(compiled: &Compiled) {
    let text = compiled.report.to_text(false);
    assert_eq!(compiled.programme.is_some(), !compiled.report.has_errors(), "{text}");
    // Whatever the schema lets through, the model can read.
    assert!(!text.contains("the file cannot be read"), "{text}");
    let _ = compiled.report.to_json();
}

/// Collects the pointers of a value.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), into));
        }
        Value::Array(list) => {
            let entries = list.iter().enumerate();
            entries.for_each(|(i, value)| pointers(value, &format!("{at}/{i}"), into));
        }
        _ => {}
    }
}

#[test]
fn a_strange_value_at_any_place_is_reported_and_breaks_nothing() {
    let tree: Value = serde_yaml::from_str(KIT).unwrap();
    let mut all = Vec::new();
    pointers(&tree, "", &mut all);
    for pointer in all {
        for strange in STRANGE {
            let mut tree = tree.clone();
            *tree.pointer_mut(&pointer).unwrap() = serde_json::from_str(strange).unwrap();
            holds(&compile("kit.yaml", tree.to_string().as_bytes()));
        }
    }
}

#[test]
fn a_missing_or_unknown_key_at_any_place_is_reported_and_breaks_nothing() {
    let tree: Value = serde_yaml::from_str(KIT).unwrap();
    let mut all = Vec::new();
    pointers(&tree, "", &mut all);
    for pointer in all {
        let Some(keys) = tree.pointer(&pointer).and_then(Value::as_object) else { continue };
        for key in keys.keys() {
            let mut changed = tree.clone();
            let map = changed.pointer_mut(&pointer).and_then(Value::as_object_mut).unwrap();
            map.shift_remove(key);
            map.insert("zz/~".to_owned(), json!({"a": [1]}));
            holds(&compile("kit.yaml", changed.to_string().as_bytes()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn lines_left_out_or_cut_break_nothing(from in 0_usize..40, count in 0_usize..6, cut in 0_usize..80) {
        let lines: Vec<String> = KIT
            .lines()
            .enumerate()
            .filter(|(index, _)| !(from..from + count).contains(index))
            .map(|(index, line)| if index == from + count { line.chars().take(cut).collect() } else { line.to_owned() })
            .collect();
        holds(&compile("kit.yaml", lines.join("\n").as_bytes()));
    }

    #[test]
    fn bytes_break_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        holds(&compile("kit.yaml", &bytes));
    }
}

/// Returns the fix that a guard written in some way is told.
fn help(guard: &str) -> String {
    let text = KIT.replace("approve_if: check.seen", &format!("approve_if: {guard}"));
    let report = compile("kit.yaml", text.as_bytes()).report;
    report
        .findings()
        .iter()
        .filter_map(|finding| finding.help.clone())
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn a_guard_that_yaml_reads_as_something_else_is_told_to_be_quoted() {
    for guard in [
        "!check.seen",
        "\"a\" == form.name",
        "[1, 2].len() > 1",
        "{a: 1}",
        "form.name == \"a: b\"",
        "form.name == \"a #b\"",
    ] {
        let help = help(guard);
        assert!(help.contains("single quotes"), "{guard}: {help:?}");
    }
}

#[test]
fn the_words_of_a_guard_in_several_lines_are_found() {
    let text = KIT.replace(
        "approve_if: check.seen",
        "approve_if: >-\n      check.seen &&\n      form.costt < 5",
    );
    let report = compile("kit.yaml", text.as_bytes()).report;
    let place = report.findings()[0].places[0].span.clone();
    assert_eq!(report.source().slice(place), "form.costt");
}

#[test]
fn amounts_are_exact_whatever_their_digits() {
    let text = KIT.replace("ceiling: 50", "ceiling: \"12345678901234567.89\"");
    assert!(!compile("kit.yaml", text.as_bytes()).report.has_errors());
}
