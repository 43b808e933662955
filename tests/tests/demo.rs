//! The first command of the README: the whole story on a folder of its own, twice.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use annona_tests::{run, scratch};

/// Runs the story; returns what was said.
fn demo(arguments: &[&str]) -> String {
    let output = run(&[&["demo", "--once"], arguments].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn the_story_is_told_twice_on_one_folder_even_where_the_usual_port_is_taken() {
    let place = scratch();
    let folder = place.path().join("demo");
    let data = ["--data", folder.to_str().unwrap()];
    // Whoever else has the usual port by now: one is in use in any case.
    let _taken = std::net::TcpListener::bind("127.0.0.1:7667");
    let first = demo(&data);
    for words in [
        "`urgent-surgery`, definition 1",
        "a one-time code was sent to",
        "rule stages.field.approve_if holds: `field.visited` is yes",
        "rule stages.final.role_if.director holds",
        "The voucher ",
        "genuine: signed by `annona`",
        "2300.00 USD redeemed, 0.00 left",
        "refused: the voucher is used up",
        "the administrator's token",
    ] {
        assert!(first.contains(words), "`{words}` is missing:\n{first}");
    }
    let reference = |said: &str| {
        let line = said.lines().find(|line| line.contains("application US-")).unwrap().to_owned();
        line.trim().to_owned()
    };
    let second = demo(&data);
    assert_ne!(reference(&first), reference(&second), "the second run tells another story");
    let log = run(&["verify", "log", data[0], data[1]]);
    assert!(log.status.success(), "{}", String::from_utf8_lossy(&log.stdout));
}

#[test]
fn a_story_that_cannot_be_told_ends_with_a_problem() {
    let place = scratch();
    let file = place.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let output = run(&["demo", "--once", "--data", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(!output.stderr.is_empty());
}
