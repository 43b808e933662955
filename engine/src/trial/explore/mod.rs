//! Explores a definition: invents applications and people, and tells what goes wrong and what is never reached.
//!
//! Pure. A case is a function of the seed and its number, so that cases can be shared among threads and found again.

mod chance;
mod defect;
mod fitted;
mod pattern;
mod shrink;
mod values;
mod walk;
mod written;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use annona_definitions::Programme;
use serde_json::{Map, Value};

use self::chance::Chance;
pub use self::defect::Defect;
use self::values::{Given, Inventor, path};
use self::walk::{Story, Temper, Walk};
use super::coverage::Point;

/// Explores one definition.
#[derive(Debug)]
pub struct Explorer<'a> {
    inventor: Inventor<'a>,
    seed: u64,
    /// The first cases: each has one field at one place at which something may change.
    probes: Vec<Map<String, Value>>,
}

/// What some cases came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many cases there were.
    pub cases: u64,
    /// How many of them ended with each status.
    pub ended: BTreeMap<&'static str, u64>,
    /// What of the definition they reached.
    pub reached: HashSet<Point>,
    /// The defects: the first case that shows each, and how many do.
    pub defects: BTreeMap<Defect, (u64, u64)>,
    /// How many applications did not fit the form, and why the first of them did not.
    pub unsendable: (u64, Option<(u64, String)>),
}

impl Found {
    /// Adds what other cases came to; the order does not matter.
    pub fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        for (status, count) in other.ended {
            *self.ended.entry(status).or_default() += count;
        }
        self.reached.extend(other.reached);
        for (defect, (first, count)) in other.defects {
            let known = self.defects.entry(defect).or_insert((first, 0));
            *known = (known.0.min(first), known.1 + count);
        }
        self.unsendable.0 += other.unsendable.0;
        let earliest = [self.unsendable.1.take(), other.unsendable.1].into_iter().flatten().min();
        self.unsendable.1 = earliest;
    }
}

impl<'a> Explorer<'a> {
    /// Prepares to explore; `files` are the names of files beside the definition, which cases name as documents.
    #[must_use]
    pub fn new(programme: &'a Programme, files: &'a [String], seed: u64) -> Self {
        let inventor = Inventor::new(programme, files);
        let probes = probes(&inventor, seed);
        Self { inventor, seed, probes }
    }

    /// Walks through the cases of these numbers.
    #[must_use]
    pub fn explore(&self, cases: Range<u64>) -> Found {
        let mut found = Found::default();
        for case in cases {
            found.cases += 1;
            let (walk, defect) = self.walk(case);
            if let Some(why) = walk.unsendable {
                found.unsendable.0 += 1;
                found.unsendable.1.get_or_insert((case, why));
                continue;
            }
            let status = walk.world.application.as_ref().map(|application| application.status);
            if let Some(status) = status {
                *found.ended.entry(status.as_str()).or_default() += 1;
            }
            for point in walk.world.reached {
                if !found.reached.contains(&point) {
                    found.reached.insert(point);
                }
            }
            if let Some(defect) = defect {
                found.defects.entry(defect).or_insert((case, 0)).1 += 1;
            }
        }
        found
    }

    /// Returns the smallest case that shows a defect, as a test to be pasted under `tests:`; `case` is one that shows it.
    #[must_use]
    pub fn smallest(&self, defect: &Defect, case: u64) -> String {
        let (walk, _) = self.walk(case);
        let story = self.stuck(walk, defect);
        let story = shrink::shrink(&self.inventor, story, defect);
        let name = format!("explored with seed {} as case {case}", self.seed);
        written::test(&self.inventor, &name, &story, &self.expected(&story))
    }

    /// Walks through one case.
    fn walk(&self, case: u64) -> (Walk<'_>, Option<Defect>) {
        let mut chance = Chance::new(self.seed, case);
        let probe = usize::try_from(case).ok().and_then(|case| self.probes.get(case));
        let (form, temper) = match probe {
            Some(form) => (form.clone(), Temper::Willing),
            None => (self.form(&mut chance), temper(&mut chance)),
        };
        let mut walk = Walk::begin(&self.inventor, form, chance);
        let defect = if walk.unsendable.is_some() { None } else { walk.go_on(temper) };
        (walk, defect)
    }

    /// Invents an application: an example with a few fields changed, or a new one.
    fn form(&self, chance: &mut Chance) -> Map<String, Value> {
        let inventor = &self.inventor;
        let form = &inventor.programme.form;
        let examples: Vec<&Map<String, Value>> =
            inventor.programme.examples.values().filter_map(Value::as_object).collect();
        let example = chance.one_of(&examples).copied();
        let Some(example) = example.filter(|_| chance.percent(60)) else {
            return inventor.form("form", form, &Given::default(), chance);
        };
        let mut given = Given { form: example.clone(), ..Given::default() };
        for _ in 0..=chance.below(3) {
            let Some(field) = chance.one_of(&form.fields) else { break };
            let value = inventor.value("form", field, &given, chance);
            given.form.insert(field.name.clone(), value);
        }
        given.form
    }

    /// Returns a case as it is to be shrunk: one that goes round, only as far as the approval that is refused.
    fn stuck(&self, walk: Walk<'_>, defect: &Defect) -> Story {
        let mut story = walk.story;
        let Defect::NeverEnds { .. } = defect else { return story };
        let Some(unapproved) = walk.unapproved else { return story };
        for length in 0..=story.steps.len() {
            let mut shorter = story.clone();
            shorter.steps.truncate(length);
            shorter.steps.push(unapproved.clone());
            if let Some(reproduced) = shrink::reproduced(&self.inventor, &shorter, defect) {
                return reproduced;
            }
        }
        story.steps.push(unapproved);
        story.refused = Some("guard_false");
        story
    }

    /// Returns what holds at the end of a case.
    fn expected(&self, story: &Story) -> Vec<(&'static str, String)> {
        let mut walk = Walk::begin(&self.inventor, story.form.clone(), Chance::new(0, 0));
        for taken in &story.steps {
            walk.take(taken.clone());
        }
        let application = walk.world.application.as_ref();
        let status =
            application.map(|application| ("status", application.status.as_str().to_owned()));
        let stage = application.and_then(|application| application.stage());
        let stage = stage.map(|stage| ("stage", stage.to_string()));
        let refused = story.refused.map(|code| ("refused", code.to_owned()));
        status.into_iter().chain(stage).chain(refused).collect()
    }
}

fn temper(chance: &mut Chance) -> Temper {
    if chance.percent(25) { Temper::Willing } else { Temper::Free }
}

/// Returns the forms that differ from an example, or from a plain form, in one field at one boundary.
fn probes(inventor: &Inventor<'_>, seed: u64) -> Vec<Map<String, Value>> {
    let mut chance = Chance::new(seed, u64::MAX);
    let programme = inventor.programme;
    let example = programme.examples.values().find_map(Value::as_object).cloned();
    let plain = example.unwrap_or_else(|| inventor.plain());
    let mut probes = vec![plain.clone()];
    let given = Given { form: plain.clone(), ..Given::default() };
    for field in &programme.form.fields {
        let special = inventor.special(&path("form", field), field, &given, &mut chance);
        for value in special {
            let mut probe = plain.clone();
            probe.insert(field.name.clone(), value);
            probes.push(probe);
        }
        if field.optional {
            let mut probe = plain.clone();
            if probe.shift_remove(&field.name).is_none() {
                let value = inventor.value("form", field, &given, &mut chance);
                probe.insert(field.name.clone(), value);
            }
            probes.push(probe);
        }
    }
    probes
}

#[cfg(test)]
mod tests;
