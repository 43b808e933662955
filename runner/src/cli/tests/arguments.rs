//! What the command line takes and does not take.

use clap::CommandFactory as _;
use clap::Parser as _;

use crate::cli::Arguments;

fn parses(arguments: &str) -> bool {
    Arguments::try_parse_from(arguments.split(' ')).is_ok()
}

#[test]
fn the_definition_of_the_arguments_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn connection_and_json_stand_anywhere() {
    assert!(parses("annona task --server http://127.0.0.1:1 list --json"));
    assert!(parses("annona task list --server http://127.0.0.1:1"));
    assert!(
        parses("annona --version") || Arguments::try_parse_from(["annona", "--version"]).is_err()
    );
}

#[test]
fn wrong_usage_ends_with_2() {
    for wrong in [
        "annona task decide T perhaps",
        "annona task decide T approve --answer visited",
        "annona task list --view everyones",
        "annona application list --status lost",
        "annona application list --limit 0",
        "annona application submit kit",
        "annona voucher qr V --png a --svg b",
        "annona document get D",
        "annona init a --template none",
        "annona incidents",
        "annona test a.yaml --coverage-at-least 101",
        "annona test a.yaml --explore 0",
        "annona test a.yaml --explore 5 --coverage",
        "annona test a.yaml --seed 3",
    ] {
        let error = Arguments::try_parse_from(wrong.split(' ')).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{wrong}");
    }
}

#[test]
fn send_back_is_written_as_the_api_writes_it() {
    assert!(parses("annona task decide T send_back --field cost --field name --to applicant"));
    assert!(!parses("annona task decide T send-back"));
}

#[test]
fn every_command_and_argument_says_what_it_is_for() {
    fn walk(command: &clap::Command, place: &str, silent: &mut Vec<String>) {
        let place = format!("{place} {}", command.get_name());
        if command.get_about().is_none() {
            silent.push(place.clone());
        }
        for argument in command.get_arguments() {
            if argument.get_help().is_none() {
                silent.push(format!("{place} {}", argument.get_id()));
            }
        }
        for inner in command.get_subcommands() {
            walk(inner, &place, silent);
        }
    }
    let mut silent = Vec::new();
    walk(&Arguments::command(), "", &mut silent);
    assert!(silent.is_empty(), "{silent:?}");
}
