//! Every example compiles without an error, and the tests that travel with it pass on the real core.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;

use annona_definitions::Programme;
use annona_engine::trial;

fn examples() -> Vec<(PathBuf, Programme)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().join("programme.yaml");
        if path.is_file() {
            let source = std::fs::read(&path).unwrap();
            let compiled = annona_definitions::compile(&path.display().to_string(), &source);
            let programme = compiled
                .programme
                .unwrap_or_else(|| panic!("{}: {:#?}", path.display(), compiled.report));
            found.push((path, programme));
        }
    }
    found
}

#[test]
fn conditions_of_a_form_hold_from_the_submission_to_the_correction() {
    let source = include_bytes!("decide/conditions.yaml");
    let compiled = annona_definitions::compile("conditions.yaml", source);
    let programme =
        compiled.programme.unwrap_or_else(|| panic!("{}", compiled.report.to_text(false)));
    for case in &programme.tests {
        let failures = trial::run(&programme, case).failures;
        assert!(failures.is_empty(), "{}: {failures:?}", case.name);
    }
}

#[test]
fn the_tests_of_every_example_pass() {
    let examples = examples();
    assert!(examples.len() >= 3, "only {} examples", examples.len());
    for (path, programme) in examples {
        assert!(programme.tests.len() >= 2, "{} has too few tests", path.display());
        for case in &programme.tests {
            let outcome = trial::run(&programme, case);
            assert!(outcome.passed(), "{}: {outcome:#?}", path.display());
        }
    }
}
