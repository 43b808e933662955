//! `annona test`: the tests that travel with a definition.

mod coverage;
mod ribbon;

use std::path::{Path, PathBuf};

use annona_definitions::Programme;
use annona_definitions::form::{FieldKind, Form};
use annona_engine::trial::{self, Outcome};
use serde_json::{Value, json};

use self::coverage::Covered;
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
    /// Show what of the definition the tests reach, and what they do not.
    #[arg(long)]
    coverage: bool,
    /// Fail where the tests reach less than this share of the definition, in per cent; shows the coverage.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    coverage_at_least: Option<u8>,
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
        let outcomes = self.outcomes(&programme);
        if outcomes.is_empty() {
            output::complain("there is no such test");
            return Answer::No;
        }
        let covered = Covered::by_tests(&programme, compiled.report.source(), &outcomes);
        self.say(&file, &outcomes, &covered);
        let passed = outcomes.iter().all(Outcome::passed) && missing.is_empty();
        if passed && self.reaches_enough(&covered) { Answer::Yes } else { Answer::No }
    }

    fn outcomes(&self, programme: &Programme) -> Vec<Outcome> {
        let wanted = |name: &str| self.filter.as_ref().is_none_or(|filter| name.contains(filter));
        let cases = programme.tests.iter().filter(|case| wanted(&case.name));
        cases.map(|case| trial::run(programme, case)).collect()
    }

    fn shows_coverage(&self) -> bool {
        self.coverage || self.coverage_at_least.is_some()
    }

    fn say(&self, file: &Path, outcomes: &[Outcome], covered: &Covered<'_>) {
        let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
        let passed = outcomes.len() - failed;
        if self.json {
            let tests: Vec<Value> = outcomes.iter().map(ribbon::as_json).collect();
            let mut said = json!({ "passed": passed, "failed": failed, "tests": tests });
            if self.shows_coverage() {
                said["coverage"] = covered.json();
            }
            return output::say_json(&said);
        }
        for outcome in outcomes {
            self.say_outcome(file, outcome);
        }
        output::say(&format!("\n{passed} passed, {failed} failed"));
        if self.shows_coverage() {
            output::say(&format!("\n{}", covered.text()));
        } else if let Some(warning) = covered.warning().filter(|_| self.filter.is_none()) {
            output::complain(&warning);
        }
    }

    fn say_outcome(&self, file: &Path, outcome: &Outcome) {
        let word = if outcome.passed() { "ok    " } else { "FAILED" };
        output::say(&format!("{word}  {}", outcome.name));
        if self.verbose || !outcome.passed() {
            for line in ribbon::lines(&file.display().to_string(), outcome) {
                output::say(&format!("  {line}"));
            }
            output::say("");
        }
    }

    /// Returns whether the tests reach as much as they are to, and says if not.
    fn reaches_enough(&self, covered: &Covered<'_>) -> bool {
        let (least, percent) = (self.coverage_at_least.unwrap_or(0), covered.percent());
        if percent < usize::from(least) {
            output::complain(&format!(
                "the tests reach {percent} % of the definition, and {least} % are asked for"
            ));
            return false;
        }
        true
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
