//! The committed manual is what the arguments say.

use crate::cli::reference::manual;

#[test]
fn the_committed_manual_is_what_the_arguments_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/reference/cli.md");
    if std::env::var_os("ANNONA_WRITE_SCHEMAS").is_some() {
        std::fs::write(path, manual()).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == manual(), "it has changed: run this test with ANNONA_WRITE_SCHEMAS=1");
}

#[test]
fn the_manual_has_every_command_with_an_example_of_a_decision() {
    let manual = manual();
    for command in ["annona init", "annona deploy", "annona task decide", "annona verify voucher"] {
        assert!(manual.contains(&format!("## {command}\n")), "{command}");
    }
    assert!(manual.contains("--answer visited=yes"));
}
