//! The manual of the command line, from the arguments themselves.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

/// Columns of the help texts in the manual.
const COLUMNS: usize = 100;

/// What the manual begins with.
const HEAD: &str = "# The command line

What `annona COMMAND --help` says, for every command. Words go to standard output, problems to standard error; `--json` prints what the
daemon answered.

| exit status | meaning |
|---|---|
| 0 | yes: it was done |
| 1 | the answer is no: a definition, roster or form is invalid, a test failed, a voucher is not good, no task waits |
| 2 | wrong usage |
| 3 | something cannot be reached, read or written |
| 4 | the daemon refuses, or what was decided upon has changed |

The options of a command, such as `--server` and `--json` of `annona task`, are taken by its subcommands as well.

Commands that ask a daemon ask the one that runs on the data folder, with its `admin.token`, unless `--server` names another. A request
that changes something is named, so that it counts once; where the connection breaks or the daemon is busy it is repeated, a few times.
";

/// Returns the manual in Markdown.
pub(super) fn manual() -> String {
    let root = super::Arguments::command().term_width(COLUMNS);
    let mut manual = HEAD.to_owned();
    chapter(&root, "", &mut manual);
    manual
}

fn chapter(command: &Command, above: &str, manual: &mut String) {
    let name = format!("{above} {}", command.get_name()).trim().to_owned();
    // What a variable holds on this machine is no part of a manual.
    let mut shown = command
        .clone()
        .bin_name(&name)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .mut_args(|argument| argument.hide_env_values(true));
    let help = shown.render_long_help().to_string();
    let help: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    // Writing into a string never fails.
    let _ = write!(manual, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n"));
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        chapter(&inner.clone().term_width(COLUMNS), &name, manual);
    }
}
