//! Runs the tests that travel with a definition: the real core, on a clock of its own.
//!
//! Pure. A test stands for one application alone; people are invented, files are known by their names.

mod expect;
mod form;
mod world;

use annona_definitions::Programme;
use annona_definitions::programme::TestCase;

use world::World;

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The test's name.
    pub name: String,
    /// Its line in the source, from 1.
    pub line: u32,
    /// Where it left the expectation; empty where it passed.
    pub failures: Vec<Failure>,
    /// What happened, step by step, in words.
    pub ribbon: Vec<String>,
}

/// Something that was expected otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line concerned, from 1.
    pub line: u32,
    /// In words.
    pub message: String,
}

impl Outcome {
    /// Returns whether everything was as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs one test.
#[must_use]
pub fn run(programme: &Programme, case: &TestCase) -> Outcome {
    let mut world = World::new(programme, case);
    let expected = case.expect.get("refused").and_then(serde_json::Value::as_str);
    let mut failures = Vec::new();
    let mut refused = world.submit(&case.given);
    let mut line = case.line;
    for step in &case.steps {
        if let Some(refusal) = &refused {
            failures.push(Failure {
                line,
                message: format!("refused with `{}`: {}", refusal.code, refusal.words),
            });
            break;
        }
        line = step.line;
        refused = match world.step(step) {
            Ok(refusal) => refusal,
            Err(message) => {
                failures.push(Failure { line, message });
                break;
            }
        };
    }
    match (&refused, expected) {
        (Some(refusal), Some(code)) if refusal.code == code => {}
        (Some(refusal), Some(code)) => {
            let message = format!(
                "refused with `{}` where `{code}` is expected: {}",
                refusal.code, refusal.words
            );
            failures.push(Failure { line, message });
        }
        (Some(refusal), None) if failures.is_empty() => {
            failures.push(Failure {
                line,
                message: format!("refused with `{}`: {}", refusal.code, refusal.words),
            });
        }
        (None, Some(code)) => {
            failures.push(Failure {
                line,
                message: format!("a refusal with `{code}` is expected, and nothing was refused"),
            });
        }
        _ => {}
    }
    failures.extend(expect::compare(&world, case));
    Outcome { name: case.name.clone(), line: case.line, failures, ribbon: world.ribbon }
}

#[cfg(test)]
mod tests;
