//! `annona test`: the tests that travel with a definition.

mod ribbon;

use std::path::{Path, PathBuf};

use annona_definitions::Programme;
use annona_definitions::form::{FieldKind, Form};
use annona_engine::trial::{self, Outcome};
use serde_json::{Value, json};

use super::{Answer, definition_file, read};
use crate::output;

/// Runs the tests that travel with a definition, on the real core and a clock of their own.
#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// The definition: a file, or a folder that holds a `programme.yaml`.
    file: PathBuf,
    /// Only tests whose name contains these words.
    #[arg(long)]
    filter: Option<String>,
    /// Show what happened in every test, not only in those that fail.
    #[arg(long)]
    verbose: bool,
    /// Print the outcomes as JSON.
    #[arg(long)]
    json: bool,
}

impl Test {
    pub(super) fn run(&self) -> Answer {
        let file = definition_file(&self.file);
        let bytes = match read(&file) {
            Ok(bytes) => bytes,
            Err(cannot) => return cannot,
        };
        let compiled = annona_definitions::compile(&file.display().to_string(), &bytes);
        let Some(programme) = compiled.programme else {
            output::complain(compiled.report.to_text(output::in_colour()).trim_end());
            return Answer::No;
        };
        let missing = missing_files(&programme, file.parent().unwrap_or(Path::new(".")));
        for (line, name) in &missing {
            output::complain(&format!(
                "{}:{line}: there is no file `{name}` beside the definition",
                file.display()
            ));
        }
        let wanted = |name: &str| self.filter.as_ref().is_none_or(|filter| name.contains(filter));
        let outcomes: Vec<Outcome> = programme
            .tests
            .iter()
            .filter(|case| wanted(&case.name))
            .map(|case| trial::run(&programme, case))
            .collect();
        if self.json {
            let tests: Vec<Value> = outcomes.iter().map(ribbon::as_json).collect();
            output::say_json(&json!({ "tests": tests }));
        } else {
            for outcome in &outcomes {
                self.say(&file, outcome);
            }
            let passed = outcomes.iter().filter(|outcome| outcome.passed()).count();
            output::say(&format!("\n{passed} passed, {} failed", outcomes.len() - passed));
        }
        let all =
            outcomes.iter().all(Outcome::passed) && missing.is_empty() && !outcomes.is_empty();
        if outcomes.is_empty() {
            output::complain("there is no such test");
        }
        if all { Answer::Yes } else { Answer::No }
    }

    fn say(&self, file: &Path, outcome: &Outcome) {
        let word = if outcome.passed() { "ok    " } else { "FAILED" };
        output::say(&format!("{word}  {}", outcome.name));
        if self.verbose || !outcome.passed() {
            for line in ribbon::lines(&file.display().to_string(), outcome) {
                output::say(&format!("  {line}"));
            }
            output::say("");
        }
    }
}

/// Returns the files that tests name and that are not beside the definition.
fn missing_files(programme: &Programme, folder: &Path) -> Vec<(u32, String)> {
    let mut missing = Vec::new();
    for case in &programme.tests {
        for name in files(&programme.form, &case.given) {
            if !folder.join(&name).is_file() {
                missing.push((case.line, name));
            }
        }
    }
    missing
}

fn files(form: &Form, values: &Value) -> Vec<String> {
    form.fields
        .iter()
        .filter(|field| matches!(field.kind, FieldKind::File(_)))
        .filter_map(|field| values.get(&field.name)?.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use annona_definitions::Programme;

    /// Urgent surgery, one of the examples.
    const SURGERY: &str = include_str!("../../../../examples/urgent-surgery/programme.yaml");

    /// Compiles urgent surgery with one more test.
    pub(super) fn programme(test: &str) -> Programme {
        let source = format!("{SURGERY}{test}");
        let compiled = annona_definitions::compile("programme.yaml", source.as_bytes());
        compiled.programme.unwrap_or_else(|| panic!("{}", compiled.report.to_text(false)))
    }
}
