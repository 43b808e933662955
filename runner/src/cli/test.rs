//! `annona test`

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
            if !compiled.report.has_errors() {
                output::complain(&format!(
                    "\n{}: not tested, since parts of it are not built yet",
                    file.display()
                ));
            }
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
            output::say_json(&outcomes.iter().map(as_json).collect());
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
            for line in &outcome.ribbon {
                output::say(&format!("          {line}"));
            }
        }
        for failure in &outcome.failures {
            output::say(&format!(
                "        {}:{}: {}",
                file.display(),
                failure.line,
                failure.message
            ));
        }
    }
}

fn as_json(outcome: &Outcome) -> Value {
    let failures: Vec<Value> = outcome
        .failures
        .iter()
        .map(|failure| json!({ "line": failure.line, "message": failure.message }))
        .collect();
    json!({
        "test": outcome.name,
        "line": outcome.line,
        "passed": outcome.passed(),
        "failures": failures,
        "steps": outcome.ribbon,
    })
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
