//! `annona test --explore`: invented cases on every processor, and what they showed.

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use annona_definitions::Programme;
use annona_definitions::source::Source;
use annona_engine::trial::explore::{Defect, Explorer, Found};
use serde_json::{Value, json};

use super::super::Answer;
use super::coverage::Covered;
use crate::output;

/// Most cases that are tried at once.
pub(super) const MAX_CASES: u64 = 10_000_000;
/// Cases that a thread takes at a time.
const SHARE: u64 = 50;

/// A definition to be explored.
#[derive(Debug)]
pub(super) struct Exploration<'a> {
    pub(super) programme: &'a Programme,
    pub(super) source: &'a Source,
    /// Where the definition lies, and the documents that cases may name.
    pub(super) folder: &'a Path,
}

/// A defect with the smallest case that shows it.
#[derive(Debug)]
struct Shown {
    defect: Defect,
    line: usize,
    cases: u64,
    test: String,
}

impl Exploration<'_> {
    /// Tries so many cases and tells what they showed; a defect is a no.
    pub(super) fn run(&self, cases: u64, seed: u64, as_json: bool) -> Answer {
        let files = files(self.folder);
        let explorer = Explorer::new(self.programme, &files, seed);
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let found = explored(&explorer, cases, threads);
        if let (count, Some((_, why))) = &found.unsendable
            && *count == found.cases
        {
            output::complain(&format!(
                "no application that fits the form could be invented: {why}"
            ));
            return Answer::No;
        }
        let covered = Covered::by(self.programme, self.source, &found.reached);
        let shown = self.shown(&explorer, &found, &covered);
        if as_json {
            output::say_json(&json(&found, seed, &shown, &covered));
        } else {
            output::say(&self.text(&found, seed, &shown, &covered));
        }
        if shown.is_empty() { Answer::Yes } else { Answer::No }
    }

    fn shown(&self, explorer: &Explorer<'_>, found: &Found, covered: &Covered<'_>) -> Vec<Shown> {
        let defects = found.defects.iter().map(|(defect, (first, cases))| Shown {
            defect: defect.clone(),
            line: covered.line_at(&defect.pointer(self.programme)),
            cases: *cases,
            test: explorer.smallest(defect, *first),
        });
        defects.collect()
    }

    fn text(&self, found: &Found, seed: u64, shown: &[Shown], covered: &Covered<'_>) -> String {
        let mut lines = Vec::new();
        for Shown { defect, line, cases, test } in shown {
            lines.push(format!("DEFECT  {}:{line}: {}", self.source.name(), defect.words()));
            lines.push(format!("        in {}; the smallest case, for `tests:`", counted(*cases)));
            lines.push(String::new());
            lines.push(test.clone());
        }
        let missed = covered.missed_lines(false);
        if !missed.is_empty() {
            lines.push("Never reached".to_owned());
            lines.extend(missed);
            lines.push(String::new());
        }
        let ended: Vec<String> = found
            .ended
            .iter()
            .map(|(status, count)| format!("{count} {}", status.replace('_', " ")))
            .collect();
        lines.push(format!("{} with seed {seed}: {}", counted(found.cases), ended.join(", ")));
        if let (count, Some((_, why))) = &found.unsendable {
            lines.push(format!("{} did not fit the form: {why}", counted(*count)));
        }
        lines.push(match shown.len() {
            0 => "no defect found".to_owned(),
            1 => "1 defect found".to_owned(),
            count => format!("{count} defects found"),
        });
        lines.join("\n")
    }
}

fn json(found: &Found, seed: u64, shown: &[Shown], covered: &Covered<'_>) -> Value {
    let defects: Vec<Value> = shown
        .iter()
        .map(|Shown { defect, line, cases, test }| {
            json!({
                "kind": defect.kind(),
                "place": defect.place(),
                "line": line,
                "words": defect.words(),
                "cases": cases,
                "test": test,
            })
        })
        .collect();
    json!({
        "cases": found.cases,
        "seed": seed,
        "ended": found.ended,
        "not_sent": found.unsendable.0,
        "defects": defects,
        "coverage": covered.json(),
    })
}

fn counted(cases: u64) -> String {
    let count = annona_definitions::money::grouped(&cases.into());
    if cases == 1 { "1 case".to_owned() } else { format!("{count} cases") }
}

/// Shares the cases among threads; what is found is the same for any number of them.
fn explored(explorer: &Explorer<'_>, cases: u64, threads: usize) -> Found {
    let next = AtomicU64::new(0);
    let work = || {
        let mut found = Found::default();
        loop {
            let start = next.fetch_add(SHARE, Ordering::Relaxed);
            if start >= cases {
                return found;
            }
            found.merge(explorer.explore(start..cases.min(start + SHARE)));
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        for other in others {
            match other.join() {
                Ok(theirs) => found.merge(theirs),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        found
    })
}

/// Returns the names of the files in a folder, in the order of the alphabet.
fn files(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let mut names: Vec<String> =
        files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIT: &str = "\
format: 1
programme: kit
title: Kit
currency: USD
roles: {clerk: Clerk}
form:
  phone: {label: Phone, type: phone}
  cost: {label: Cost, type: money, minimum: 1, maximum: 500}
  people: {label: People, type: integer, minimum: 0, maximum: 20}
stages:
  - stage: check
    role: clerk
    due: 2 days
    skip_if: form.cost > 500
    approve_if: form.cost / form.people >= 10
reasons: {reject: {late: Too late}}
keep: 1 year
";

    fn programme() -> (Programme, Source) {
        let compiled = annona_definitions::compile("kit.yaml", KIT.as_bytes());
        (compiled.programme.unwrap(), compiled.report.source().clone())
    }

    fn said(threads: usize) -> (String, Value) {
        let (programme, source) = programme();
        let it = Exploration { programme: &programme, source: &source, folder: Path::new("/") };
        let explorer = Explorer::new(&programme, &[], 1);
        let found = explored(&explorer, 300, threads);
        let covered = Covered::by(&programme, &source, &found.reached);
        let shown = it.shown(&explorer, &found, &covered);
        (it.text(&found, 1, &shown, &covered), json(&found, 1, &shown, &covered))
    }

    #[test]
    fn a_defect_is_told_with_its_smallest_case_and_what_is_never_reached() {
        insta::assert_snapshot!(said(1).0, @r#"
        DEFECT  kit.yaml:15: the guard `stages.check.approve_if` cannot run, so that the application is held: a number cannot be divided by zero
                in 27 cases; the smallest case, for `tests:`

          - test: explored with seed 1 as case 19
            given: {phone: "+447700900700", cost: 248, people: 0}
            when:
              - {clerk: approve}
            expect: {status: held, stage: check, refused: held}

        Never reached
          kit.yaml:14: `skip_if` of `check` is never true
          kit.yaml:14: `check` is never skipped

        300 cases with seed 1: 79 approved, 27 held, 178 rejected, 16 withdrawn
        1 defect found
        "#);
    }

    #[test]
    fn the_same_is_said_whatever_the_number_of_threads() {
        assert_eq!(said(1), said(3));
    }
}
