//! Routes of a stage that compare one amount: together they should leave nothing out, and hold one at a time.
//!
//! Tries the amounts around each number that a route compares with; between two of them nothing changes.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::Check;
use crate::diagnostic::{Finding, codes, quoted};
use crate::form::{Bounds, FieldKind};
use crate::guard::{Guard, Scope};
use crate::programme::RoleId;
use crate::value::{Record, Value};
use crate::yaml::child;

/// Routes that compare one value, and the numbers that they compare it with.
#[derive(Default)]
struct Group<'a> {
    routes: Vec<(&'a RoleId, &'a Guard)>,
    numbers: BTreeSet<Decimal>,
}

/// An amount that several routes compare.
struct Compared<'a> {
    path: String,
    kind: FieldKind,
    routes: Vec<(&'a RoleId, &'a Guard)>,
    tried: Vec<Decimal>,
}

impl Check<'_> {
    /// Reports amounts for which no route of a stage holds, or more than one.
    ///
    /// One route alone leaves the rest to `role`.
    pub(super) fn amount_routes(&mut self, at: &str, routes: &[(RoleId, Guard)]) {
        let mut compared: IndexMap<String, Group<'_>> = IndexMap::new();
        for (role, guard) in routes {
            if let Some(thresholds) = guard.thresholds() {
                let group = compared.entry(thresholds.path).or_default();
                group.routes.push((role, guard));
                group.numbers.extend(thresholds.numbers);
            }
        }
        for (path, Group { routes: group, numbers }) in compared {
            let Some(kind) = self.kind_of(&path).filter(|_| group.len() > 1) else { continue };
            let tried = self.tried(&kind, &numbers.into_iter().collect::<Vec<_>>());
            let amount = Compared { path, kind, routes: group, tried };
            self.overlap(at, &amount);
            // A route that asks something else may hold in the gap.
            if amount.routes.len() == routes.len() {
                self.gap(at, &amount);
            }
        }
    }

    fn overlap(&mut self, at: &str, amount: &Compared<'_>) {
        let both =
            amount.tried.iter().find_map(|number| match amount.holding(*number).as_slice() {
                [first, second, ..] => Some((*number, *first, *second)),
                _ => None,
            });
        let Some((number, first, second)) = both else { return };
        let message = format!(
            "two routes hold where {} is {number}: {} comes first",
            quoted(&amount.path),
            quoted(first.as_str()),
        );
        let routes = child(at, "role_if");
        let place = |role: &RoleId| self.places.value(&child(&routes, role.as_str()));
        let finding = Finding::new(codes::ROUTES_OVERLAP, message)
            .at(place(second))
            .at(place(first))
            .label("this one gets it");
        self.report(finding);
    }

    fn gap(&mut self, at: &str, amount: &Compared<'_>) {
        let gap = amount.tried.iter().find(|number| amount.holding(**number).is_empty());
        let Some(number) = gap else { return };
        let message = format!("no route holds where {} is {number}", quoted(&amount.path));
        let finding = Finding::new(codes::ROUTES_GAP, message)
            .at(self.places.key(&child(at, "role_if")))
            .help("let the routes meet, or leave one of them to `role`");
        self.report(finding);
    }

    /// Returns what kind of number a path holds.
    fn kind_of(&self, path: &str) -> Option<FieldKind> {
        let (root, name) = path.split_once('.')?;
        let form = match root {
            "form" => &self.fields,
            stage => {
                let position = self.stages.iter().position(|known| known.id == stage)?;
                self.asked.get(position)?
            }
        };
        form.field(name).map(|field| field.kind.clone())
    }

    /// Returns the numbers to try: each that is compared with, and one before, between and after.
    fn tried(&self, kind: &FieldKind, numbers: &[Decimal]) -> Vec<Decimal> {
        let (bounds, places) = match kind {
            FieldKind::Integer(bounds) => (bounds, Some(0)),
            FieldKind::Number(bounds) => (bounds, None),
            FieldKind::Money(bounds) => {
                (bounds, self.currency.map(crate::money::Currency::decimals))
            }
            _ => return Vec::new(),
        };
        let between = |pair: &[Decimal]| match pair {
            [low, high] => {
                let middle = (*low + *high) / Decimal::TWO;
                let middle = places.map_or(middle, |places| middle.round_dp(places));
                (*low < middle && middle < *high).then_some(middle)
            }
            _ => None,
        };
        let before = numbers.first().map(|first| *first - Decimal::ONE);
        let after = numbers.last().map(|last| *last + Decimal::ONE);
        let tried: BTreeSet<Decimal> = numbers
            .windows(2)
            .filter_map(between)
            .chain(numbers.iter().copied())
            .chain(before)
            .chain(after)
            .filter(|number| is_within(bounds, *number))
            .filter(|number| !matches!(kind, FieldKind::Money(_)) || *number >= Decimal::ZERO)
            .collect();
        tried.into_iter().collect()
    }
}

impl<'a> Compared<'a> {
    /// Returns the roles whose route holds for a number.
    fn holding(&self, number: Decimal) -> Vec<&'a RoleId> {
        let value = match self.kind {
            FieldKind::Integer(_) => number.to_i64().map(Value::Integer),
            FieldKind::Money(_) => Some(Value::Money(number)),
            _ => Some(Value::Number(number)),
        };
        let (Some(value), Some((root, name))) = (value, self.path.split_once('.')) else {
            return Vec::new();
        };
        let record: Record = [(name.to_owned(), value)].into();
        let nothing = Record::new();
        let answers = [(root.to_owned(), record.clone())].into();
        let scope = Scope {
            form: if root == "form" { &record } else { &nothing },
            answers: &answers,
            applicant: &nothing,
            today: jiff::civil::Date::default(),
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        let holds = |guard: &Guard| guard.evaluate(&scope).truth().unwrap_or(false);
        self.routes.iter().filter(|(_, guard)| holds(guard)).map(|(role, _)| *role).collect()
    }
}

fn is_within(bounds: &Bounds, number: Decimal) -> bool {
    bounds.minimum.is_none_or(|minimum| minimum <= number)
        && bounds.maximum.is_none_or(|maximum| number <= maximum)
}
