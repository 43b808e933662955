//! No input makes the compiler panic, and a programme comes out exactly when there is no error and all of it can run.

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
    assert_eq!(compiled.programme.is_some(), compiled.report.can_run(), "{text}");
    // Whatever the schema lets through, the model can read.
    assert!(!text.contains("the file cannot be read"), "{text}");
    let _ = compiled.report.to_json();
}

/// Collects the pointers of a value.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{at}/{key}"), into);
            }
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

/// Returns code and message of everything found.
fn findings(text: &[u8]) -> Vec<String> {
    let compiled = compile("kit.yaml", text);
    holds(&compiled);
    let findings = compiled.report.findings().iter();
    findings.map(|finding| format!("{}: {}", finding.code.id, finding.message)).collect()
}

#[test]
fn input_that_is_no_definition_is_refused_at_once_and_in_words() {
    let started = std::time::Instant::now();
    let bomb: String = std::iter::once("a0: &a0 [x, x]\n".to_owned())
        .chain((1..40).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1)))
        .collect();
    let lines: Vec<String> = (0..700).map(|depth| " ".repeat(depth) + "a:").collect();
    let nested = lines.join("\n");
    let inputs: [(&[u8], &str); 14] = [
        (b"title: Kit: small", "Y003: this is not YAML"),
        (b"- [1, 2\n", "Y003: this is not YAML"),
        (b"\ttitle: Kit", "Y003: this is not YAML"),
        (b"\x89PNG\r\n\x1a\n\0\0", "Y002: the file is not UTF-8"),
        (b"title: caf\xe9", "Y002: the file is not UTF-8"),
        (b"", "Y004: "),
        (b"just words", "S003: "),
        (b"[1, 2]", "S003: "),
        (bomb.as_bytes(), "Y005: anchors"),
        (b"a: &a [*a]", "Y005: anchors"),
        (b"base: &b {a: 1}\nform: {<<: *b}", "Y005: anchors"),
        (nested.as_bytes(), "Y009: "),
        (b"format: 1\nformat: 1\n", "Y008: the key `format` stands twice"),
        (b"form: {a: {type: text}, a: {type: date}}", "Y008: the key `a` stands twice"),
    ];
    for (input, expected) in inputs {
        let found = findings(input);
        let shown = String::from_utf8_lossy(input.get(..40).unwrap_or(input)).into_owned();
        assert!(found.iter().any(|found| found.starts_with(expected)), "{shown}: {found:#?}");
    }
    for bracket in ["[", "{a: ", "- "] {
        let found = findings(bracket.repeat(5_000).as_bytes());
        assert!(found[0].starts_with("Y009: "), "{bracket}: {found:?}");
    }
    let large = format!("{KIT}\n# {}", "x".repeat(10 * 1024 * 1024));
    assert!(findings(large.as_bytes())[0].starts_with("Y001: the file has"));
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn a_guard_that_would_run_for_ever_grow_or_panic_is_refused_when_it_is_loaded() {
    let started = std::time::Instant::now();
    for (guard, expected) in [
        ("while true { }", "G100: "),
        ("loop { 1 }", "G100: "),
        ("let x = \\\"a\\\"; x += x", "G100: "),
        ("eval(\\\"1\\\") == 1", "G100: "),
        ("sleep(1000)", "G100: unknown function `sleep`"),
        ("spin() > 1", "G115: this can never be computed: it takes more than 20,000 steps"),
        ("deep(1) > 1", "G115: this can never be computed"),
        ("wide() > 1", "G115: this can never be computed: "),
        ("constant() > 1", "G115: this can never be computed: "),
    ] {
        let functions = "functions: |\n  // () -> integer\n  fn spin() { let n = 0; while true { n += 1; } n }\n  \
            // (integer) -> integer\n  fn deep(n) { deep(n) }\n  \
            // () -> integer\n  fn wide() { let t = [1]; for i in 0..60 { t = [t, t]; } 1 }\n  \
            // () -> integer\n  fn constant() { const c = #{x: 1}; c.x = 5; 1 }\n";
        let text = KIT.replace("approve_if: check.seen", &format!("approve_if: \"{guard}\""));
        let found = findings(format!("{functions}{text}").as_bytes());
        assert!(found.iter().any(|found| found.starts_with(expected)), "{guard}: {found:#?}");
    }
    for long in ["(".repeat(5_000), "1 + ".repeat(5_000), "-".repeat(3_000)] {
        let text = KIT.replace("approve_if: check.seen", &format!("approve_if: \"{long}\""));
        assert!(findings(text.as_bytes())[0].starts_with("G100: "));
    }
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn a_stage_that_does_not_exist_is_named_wherever_it_is_spoken_of() {
    for (from, to, expected) in [
        ("approve_if: check.seen", "approve_if: chek.seen", "G101: `chek.seen` does not exist"),
        (
            "to: applicant, answer_within: 3 days, reason: late",
            "to: chek",
            "N002: there is no stage `chek`",
        ),
        (
            "expect: {status: in_review}",
            "expect: {stage: chek}",
            "X106: the stage can never be `chek`",
        ),
    ] {
        assert_eq!(findings(KIT.replace(from, to).as_bytes()), [expected], "{to}");
    }
}

#[test]
fn durations_that_count_working_time_are_told_where_they_could_stand() {
    for (from, to, expected) in [
        ("due: 1 day", "due: 2 working weeks", "T101: working time counts in hours and days"),
        ("keep: 7 years", "keep: 7 working days", "T101: working time does not count here"),
        ("valid: 30 days", "valid: 30 working days", "T101: working time does not count here"),
    ] {
        assert_eq!(findings(KIT.replace(from, to).as_bytes()), [expected], "{to}");
    }
}

#[test]
fn a_strange_value_in_any_part_of_the_language_breaks_nothing() {
    let tree: Value = serde_yaml::from_str(include_str!("everything.yaml")).unwrap();
    let mut all = Vec::new();
    pointers(&tree, "", &mut all);
    // Every seventh place, each kind in turn: all of them at all places take minutes.
    for (pointer, strange) in all.into_iter().step_by(7).zip(STRANGE.into_iter().cycle()) {
        let mut tree = tree.clone();
        *tree.pointer_mut(&pointer).unwrap() = serde_json::from_str(strange).unwrap();
        holds(&compile("everything.yaml", tree.to_string().as_bytes()));
    }
}
