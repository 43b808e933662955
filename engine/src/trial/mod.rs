//! Runs the tests that travel with a definition: the real core, on a clock of its own.
//!
//! Pure. A test stands for one application alone; people are invented, files are known by their names.

mod clock;
pub mod coverage;
mod expect;
pub mod explore;
mod form;
mod people;
mod ribbon;
mod world;

use annona_definitions::Programme;
use annona_definitions::programme::TestCase;

use self::coverage::Point;
pub use self::ribbon::{Judged, Moment, Refused, Standing, VoucherStanding};
use self::world::World;

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The test's name.
    pub name: String,
    /// Its line in the source, from 1.
    pub line: u32,
    /// Where it left the expectation; empty where it passed.
    pub failures: Vec<Failure>,
    /// What happened, in order.
    pub ribbon: Vec<Moment>,
    /// What of the definition it reached; a point may stand several times.
    pub reached: Vec<Point>,
}

/// Something that was expected otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line concerned, from 1: the step's, or the expectation's.
    pub line: u32,
    /// The moment at which the case left the expectation, from 0; `None` where nothing had happened.
    pub moment: Option<usize>,
    /// In words.
    pub message: String,
    /// What was expected, as a test writes it, where something was found instead.
    pub expected: Option<String>,
    /// What was found.
    pub found: Option<String>,
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
    let failures = match take(&mut world, case) {
        // Where the case went no further, what holds at its end says nothing.
        Err(failure) => vec![failure],
        Ok(refused) => {
            let mut failures = Vec::from_iter(refusal(&world, case, refused.as_ref()));
            failures.extend(expect::compare(&world, case));
            failures
        }
    };
    Outcome {
        name: case.name.clone(),
        line: case.line,
        failures,
        ribbon: world.moments,
        reached: world.reached,
    }
}

/// Sends the application and takes every step; returns the refusal of the last one.
fn take(world: &mut World<'_>, case: &TestCase) -> Result<Option<Refused>, Failure> {
    let mut refused = world.submit(&case.given);
    let mut line = case.line;
    for step in &case.steps {
        if let Some(refusal) = &refused {
            return Err(refused_early(world, line, refusal));
        }
        line = step.line;
        refused = world.step(step).map_err(|message| at_last(world, line, message))?;
    }
    match refused {
        Some(refusal) if !case.expect.contains_key("refused") => {
            Err(refused_early(world, line, &refusal))
        }
        refused => Ok(refused),
    }
}

/// Compares the refusal of the last step with the one expected.
fn refusal(world: &World<'_>, case: &TestCase, refused: Option<&Refused>) -> Option<Failure> {
    let expected = case.expect.get("refused")?;
    let code = expected.value.as_str().unwrap_or_default();
    let found = refused.map(|refused| refused.code);
    if found == Some(code) {
        return None;
    }
    let message = match refused {
        Some(Refused { code: found, words }) => {
            format!("refused with `{found}` where `{code}` is expected: {words}")
        }
        None => format!("a refusal with `{code}` is expected, and nothing was refused"),
    };
    Some(Failure {
        expected: Some(format!("`{code}`")),
        found: Some(found.map_or_else(|| "nothing".to_owned(), |found| format!("`{found}`"))),
        ..at_last(world, expected.line, message)
    })
}

fn refused_early(world: &World<'_>, line: u32, Refused { code, words }: &Refused) -> Failure {
    at_last(world, line, format!("refused with `{code}`: {words}"))
}

fn at_last(world: &World<'_>, line: u32, message: String) -> Failure {
    let moment = world.moments.len().checked_sub(1);
    Failure { line, moment, message, expected: None, found: None }
}

#[cfg(test)]
mod tests;
