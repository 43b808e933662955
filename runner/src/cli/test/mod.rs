//! `annona test`: the tests that travel with a definition.

mod coverage;
mod explore;
mod junit;
mod ribbon;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use annona_definitions::Programme;
use annona_definitions::form::{FieldKind, Form};
use annona_engine::trial::{self, Outcome};
use serde_json::{Value, json};

use self::coverage::Covered;
use super::{Answer, programme};
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
    /// Also write the outcomes to a file, as a `JUnit` report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Instead of the tests, try so many invented cases, and tell what goes wrong and what is never reached.
    #[arg(long, value_name = "CASES", value_parser = clap::value_parser!(u64).range(1..=explore::MAX_CASES))]
    #[arg(conflicts_with_all = ["filter", "verbose", "coverage", "coverage_at_least", "junit"])]
    explore: Option<u64>,
    /// What the invented cases are drawn from: the same seed gives the same cases.
    #[arg(long, requires = "explore", default_value_t = 1)]
    seed: u64,
    /// Print the outcomes as JSON.
    #[arg(long)]
    json: bool,
}

impl Test {
    pub(super) fn run(&self) -> Answer {
        let (file, programme, report) = match programme(&self.file, "tested") {
            Ok(programme) => programme,
            Err(cannot) => return cannot,
        };
        if let Some(cases) = self.explore {
            let folder = file.parent().unwrap_or(Path::new("."));
            let source = report.source();
            return explore::Exploration { programme: &programme, source, folder }
                .run(cases, self.seed, self.json);
        }
        let missing = missing_files(&programme, file.parent().unwrap_or(Path::new(".")));
        for missing in &missing {
            output::complain(&format!("{}:{}: {missing}", file.display(), missing.test));
        }
        let (outcomes, took): (Vec<Outcome>, Vec<Duration>) = self.outcomes(&programme).unzip();
        if outcomes.is_empty() {
            output::complain("there is no such test");
            return Answer::No;
        }
        let covered = Covered::by_tests(&programme, report.source(), &outcomes);
        self.say(&file, &outcomes, &covered);
        if let Some(to) = &self.junit {
            let name = file.display().to_string();
            if let Err(cause) = junit::write(to, &programme, &name, &outcomes, &missing, &took) {
                output::complain(&cause);
                return Answer::CannotRead;
            }
        }
        let passed = outcomes.iter().all(Outcome::passed) && missing.is_empty();
        if passed && self.reaches_enough(&covered) { Answer::Yes } else { Answer::No }
    }

    /// Runs the tests that are wanted; of each, what it came to and how long it took.
    fn outcomes(&self, programme: &Programme) -> impl Iterator<Item = (Outcome, Duration)> {
        let wanted = |name: &str| self.filter.as_ref().is_none_or(|filter| name.contains(filter));
        let cases = programme.tests.iter().filter(move |case| wanted(&case.name));
        cases.map(|case| {
            let start = Instant::now();
            (trial::run(programme, case), start.elapsed())
        })
    }

    fn shows_coverage(&self) -> bool {
        self.coverage || self.coverage_at_least.is_some()
    }

    fn say(&self, file: &Path, outcomes: &[Outcome], covered: &Covered<'_>) {
        let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
        let passed = outcomes.len() - failed;
        if self.json {
            let tests: Vec<Value> = outcomes.iter().map(ribbon::as_json).collect();
            let coverage = self.shows_coverage().then(|| covered.json());
            return output::say_json(&json!({
                "passed": passed,
                "failed": failed,
                "tests": tests,
                "coverage": coverage,
            }));
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

/// A file that a test names and that is not beside the definition.
#[derive(Debug)]
struct MissingFile {
    /// Line of the test, from 1.
    test: u32,
    name: String,
}

impl fmt::Display for MissingFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no file `{}` beside the definition", self.name)
    }
}

/// Returns the files that tests name and that are not beside the definition.
fn missing_files(programme: &Programme, folder: &Path) -> Vec<MissingFile> {
    let mut missing = Vec::new();
    for case in &programme.tests {
        let named = files(&programme.form, &case.given).into_iter();
        missing.extend(
            named
                .filter(|name| !folder.join(name).is_file())
                .map(|name| MissingFile { test: case.line, name }),
        );
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
