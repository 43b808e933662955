//! The scorecard: points for values of the form, and the score above which nobody is accepted.

use rust_decimal::Decimal;

use super::Check;
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::form::{Field, FieldKind};
use crate::model::{Bands, Points};
use crate::yaml::{child, child_index};

/// Options of a question that is answered with yes or no.
const YES_NO: [&str; 2] = ["yes", "no"];

impl Check<'_> {
    /// Checks the scorecard.
    pub(super) fn score(&mut self) {
        let Some(score) = &self.file.score else { return };
        if let Some(cut_off) = &score.cut_off {
            self.number(codes::BAD_NUMBER, "/score/cut_off", cut_off);
        }
        if let Some(reason) = &score.otherwise {
            self.reject_reason(reason, "/score/otherwise");
        }
        for (name, points) in &score.fields {
            self.points(name, points);
        }
        if self.written_names("/score").iter().all(|name| ["cut_off", "otherwise"].contains(name)) {
            let finding = Finding::new(codes::BAD_SCORE, "nothing gives points")
                .at(self.places.key("/score"))
                .help("add a field of the form: `income: {weight: 1}`");
            self.report(finding);
        }
    }

    fn points(&mut self, name: &str, points: &Points) {
        let at = child("/score", name);
        let known = self.written_names("/form");
        if !known.contains(&name) {
            let place = self.places.key(&at);
            let all: Vec<&str> = known.into_iter().chain(["cut_off", "otherwise"]).collect();
            self.unknown(codes::UNKNOWN_FIELD, "field", name, &all, place);
            return;
        }
        if let Some(weight) = &points.weight {
            self.number(codes::BAD_NUMBER, &child(&at, "weight"), weight);
        }
        let Some(field) = self.fields.field(name).cloned() else { return };
        let bands = child(&at, "bands");
        match (&points.bands, &field.kind) {
            (Some(Bands::Ranges(ranges)), kind) if is_number(kind) => self.ranges(&bands, ranges),
            (Some(Bands::Options(options)), FieldKind::Choice(choices)) => {
                let ids: Vec<&str> = choices.iter().map(|choice| choice.id.as_str()).collect();
                self.options(&bands, &field, &ids, options);
            }
            (Some(Bands::Options(options)), FieldKind::YesNo) => {
                self.options(&bands, &field, &YES_NO, options);
            }
            (None, kind) if is_number(kind) => {}
            (given, kind) => {
                let (key, expected) = match (given, kind) {
                    (None, _) => ("weight", "a weight belongs to a number"),
                    (Some(_), FieldKind::Choice(_) | FieldKind::YesNo) => {
                        ("bands", "expected points for each option, such as `{mud: 10, brick: 0}`")
                    }
                    (Some(_), kind) if is_number(kind) => (
                        "bands",
                        "expected ranges, such as `[{up_to: 2, points: 0}, {points: 10}]`",
                    ),
                    (Some(_), _) => ("bands", "points belong to a number, a choice or a yes_no"),
                };
                if points.weight.is_none() && given.is_none() {
                    return;
                }
                let message = format!("{} cannot be scored so", quoted(name));
                let finding = Finding::new(codes::WRONG_FIELD_TYPE, message)
                    .at(self.places.key(&child(&at, key)))
                    .label(expected);
                self.report(finding);
            }
        }
    }

    /// Checks the points of each option.
    fn options(
        &mut self,
        at: &str,
        field: &Field,
        known: &[&str],
        options: &indexmap::IndexMap<String, crate::model::Number>,
    ) {
        for (option, points) in options {
            let pointer = child(at, option);
            self.number(codes::BAD_NUMBER, &pointer, points);
            if !known.contains(&option.as_str()) {
                let message = format!("{} is no option of {}", quoted(option), quoted(&field.name));
                let finding = Finding::new(codes::BAD_SCORE, message)
                    .at(self.places.key(&pointer))
                    .label(format!("options: {}", listed(known.iter().copied())))
                    .did_you_mean(likely(option, known.iter().copied()));
                self.report(finding);
            }
        }
        let written = self.written_names(at);
        let missing: Vec<&str> =
            known.iter().copied().filter(|option| !written.contains(option)).collect();
        if !missing.is_empty() && written.iter().all(|option| known.contains(option)) {
            let finding =
                Finding::new(codes::BAD_SCORE, format!("no points for: {}", listed(missing)))
                    .at(self.places.key(at))
                    .help("give each option its points, 0 where it has none");
            self.report(finding);
        }
    }

    /// Checks the points of ranges: rising, and the last takes the rest.
    fn ranges(&mut self, at: &str, ranges: &[crate::model::Band]) {
        let mut before: Option<Decimal> = None;
        for (index, range) in ranges.iter().enumerate() {
            let pointer = child_index(at, index);
            if let Some(points) = &range.points {
                self.number(codes::BAD_NUMBER, &child(&pointer, "points"), points);
            }
            let last = index + 1 == ranges.len();
            let up_to = child(&pointer, "up_to");
            let written = self.written_at(&up_to).is_some();
            let wrong = match (written, last) {
                (true, true) => "the last range leaves larger numbers without points",
                (false, false) => {
                    "this range takes all numbers, so that those after it never count"
                }
                _ => "",
            };
            if !wrong.is_empty() {
                let place =
                    if written { self.places.key(&up_to) } else { self.places.value(&pointer) };
                let finding = Finding::new(codes::BAD_SCORE, wrong).at(place);
                self.report(finding.help("only the last range is written without `up_to`"));
            }
            let Some(number) = &range.up_to else { continue };
            let Some(number) = self.number(codes::BAD_NUMBER, &up_to, number) else { continue };
            if before.is_some_and(|before| number <= before) {
                let finding = Finding::new(codes::BAD_SCORE, "the ranges do not rise")
                    .at(self.places.value(&up_to))
                    .label("not above the range before");
                self.report(finding);
            }
            before = Some(number);
        }
    }
}

fn is_number(kind: &FieldKind) -> bool {
    matches!(kind, FieldKind::Integer(_) | FieldKind::Number(_) | FieldKind::Money(_))
}
