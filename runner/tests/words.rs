//! What the binary says, and its exit status, where that needs a process of its own.

use std::process::{Command, Stdio};

fn annona(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annona"));
    command.args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn a_file_that_cannot_be_read_keeps_none_of_the_others_from_being_checked() {
    let place = tempfile::tempdir().unwrap();
    let (missing, wrong) = (place.path().join("missing.yaml"), place.path().join("wrong.yaml"));
    std::fs::write(&wrong, "format: 1\n").unwrap();
    let files = [missing.to_str().unwrap(), wrong.to_str().unwrap()];
    let output = annona(&[&["check"], &files[..]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("missing.yaml"));
    assert!(String::from_utf8(output.stdout).unwrap().contains("the key `programme` is missing"));
}

#[cfg(target_os = "linux")]
#[test]
fn words_that_a_full_disk_loses_are_no_success() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("programme.yaml");
    let file = file.to_str().unwrap();
    assert!(annona(&["init", file]).status().unwrap().success());
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = annona(&["check", file]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("standard output"));
}

#[test]
fn a_definition_that_cannot_run_yet_is_valid_and_is_not_tested() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../definitions/tests/everything.yaml");
    let checked = annona(&["check", file]).output().unwrap();
    let said = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(0), "{said}");
    assert!(said.contains("note[S007]: `budget` is checked, and not run yet"), "{said}");
    assert!(said.trim_end().ends_with("parts of it are checked and not run yet"), "{said}");
    let tested = annona(&["test", file]).output().unwrap();
    assert_eq!(tested.status.code(), Some(1));
    let said = String::from_utf8(tested.stderr).unwrap();
    assert!(said.contains("not tested, since parts of it are not built yet"), "{said}");
}
