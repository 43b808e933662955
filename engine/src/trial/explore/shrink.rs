//! Makes a case as small as it can be while it still shows its defect: fewest steps, fewest changed fields.

use annona_definitions::programme::StepAction;
use serde_json::{Map, Value};

use super::chance::Chance;
use super::defect::Defect;
use super::values::Inventor;
use super::walk::{Story, Taken, Temper, Walk};

/// Returns the smallest case found.
pub(super) fn shrink(inventor: &Inventor<'_>, story: Story, defect: &Defect) -> Story {
    let mut smallest = story;
    loop {
        let before = size(inventor, &smallest);
        fewer_steps(inventor, &mut smallest, defect);
        fewer_changes(inventor, &mut smallest, defect);
        fewer_words(inventor, &mut smallest, defect);
        if size(inventor, &smallest) >= before {
            return smallest;
        }
    }
}

/// Returns steps, then fields that differ from what a test begins from, then words given with the steps.
fn size(inventor: &Inventor<'_>, story: &Story) -> (usize, usize, usize) {
    let (_, base) = base(inventor, &story.form);
    let words = story.steps.iter().filter_map(with).map(Map::len).sum();
    (story.steps.len(), changed(&base, &story.form).len(), words)
}

fn fewer_steps(inventor: &Inventor<'_>, story: &mut Story, defect: &Defect) {
    let mut length = story.steps.len();
    while length > 0 {
        let mut start = 0;
        while start < story.steps.len() {
            let mut fewer = story.clone();
            let end = (start + length).min(fewer.steps.len());
            fewer.steps.drain(start..end);
            match reproduced(inventor, &fewer, defect) {
                Some(reproduced) => *story = reproduced,
                None => start += length,
            }
        }
        length /= 2;
    }
}

fn fewer_changes(inventor: &Inventor<'_>, story: &mut Story, defect: &Defect) {
    let whole = inventor.programme.examples.values().filter_map(Value::as_object).cloned();
    for form in whole.chain([inventor.plain()]) {
        let other = Story { form, ..story.clone() };
        if size(inventor, &other) < size(inventor, story)
            && let Some(reproduced) = reproduced(inventor, &other, defect)
        {
            *story = reproduced;
        }
    }
    let (_, base) = base(inventor, &story.form);
    for name in changed(&base, &story.form) {
        let mut other = story.clone();
        match base.get(&name) {
            Some(value) => {
                other.form.insert(name, value.clone());
            }
            None => {
                other.form.shift_remove(&name);
            }
        }
        if let Some(reproduced) = reproduced(inventor, &other, defect) {
            *story = reproduced;
        }
    }
}

/// Leaves out answers, reasons and names that make no difference.
fn fewer_words(inventor: &Inventor<'_>, story: &mut Story, defect: &Defect) {
    for place in 0..story.steps.len() {
        let names: Vec<String> = story
            .steps
            .get(place)
            .and_then(with)
            .map(|with| with.keys().cloned().collect())
            .unwrap_or_default();
        for name in names {
            let mut other = story.clone();
            if let Some(with) = other.steps.get_mut(place).and_then(with_mut) {
                with.shift_remove(&name);
            }
            if let Some(reproduced) = reproduced(inventor, &other, defect) {
                *story = reproduced;
            }
        }
    }
}

fn with(taken: &Taken) -> Option<&Map<String, Value>> {
    match &taken.action {
        StepAction::Officer { with, .. }
        | StepAction::Applicant { with, .. }
        | StepAction::Provider { with, .. } => Some(with),
        StepAction::Wait(_) | StepAction::At(_) => None,
    }
}

fn with_mut(taken: &mut Taken) -> Option<&mut Map<String, Value>> {
    match &mut taken.action {
        StepAction::Officer { with, .. }
        | StepAction::Applicant { with, .. }
        | StepAction::Provider { with, .. } => Some(with),
        StepAction::Wait(_) | StepAction::At(_) => None,
    }
}

/// Returns the example that a form is most like, and its values; without examples, the plain form.
pub(super) fn base<'a>(
    inventor: &Inventor<'a>,
    form: &Map<String, Value>,
) -> (Option<&'a str>, Map<String, Value>) {
    let examples = inventor.programme.examples.iter();
    let likest = examples
        .filter_map(|(name, values)| Some((name.as_str(), values.as_object()?)))
        .min_by_key(|(_, values)| changed(values, form).len());
    match likest {
        Some((name, values)) => (Some(name), values.clone()),
        None => (None, inventor.plain()),
    }
}

/// Returns the fields in which a form differs from another.
pub(super) fn changed(base: &Map<String, Value>, form: &Map<String, Value>) -> Vec<String> {
    let other = form.iter().filter(|(name, value)| base.get(*name) != Some(value));
    let gone = base.iter().filter(|(name, _)| !form.contains_key(*name));
    other.chain(gone).map(|(name, _)| name.clone()).collect()
}

/// Takes the steps of a case again; returns it as far as the defect, if it shows.
pub(super) fn reproduced(inventor: &Inventor<'_>, story: &Story, defect: &Defect) -> Option<Story> {
    let mut walk = Walk::begin(inventor, story.form.clone(), Chance::new(0, 0));
    walk.unsendable.is_none().then_some(())?;
    let stuck = matches!(defect, Defect::NeverEnds { .. });
    let (last, before) = match story.steps.split_last() {
        Some((last, before)) if stuck => (Some(last), before),
        _ => (None, story.steps.as_slice()),
    };
    for taken in before {
        if super::defect::shown(&walk.world).is_some() {
            break;
        }
        walk.take(taken.clone()).then_some(())?;
    }
    let Some(last) = last else {
        let shows = super::defect::shown(&walk.world).as_ref() == Some(defect);
        return shows.then_some(walk.story);
    };
    // The last step is the approval that is refused, and whatever is tried from there goes round.
    if walk.take(last.clone()) || walk.unapproved.is_none() {
        return None;
    }
    let mut reproduced = walk.story.clone();
    reproduced.steps.push(last.clone());
    reproduced.refused = Some("guard_false");
    (walk.go_on(Temper::Willing).as_ref() == Some(defect)).then_some(reproduced)
}
