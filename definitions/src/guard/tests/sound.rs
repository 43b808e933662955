//! What the check accepts never fails because of types when it runs.
//!
//! Forms, values and expressions are made from bytes, so that a failing case shrinks.

use indexmap::IndexMap;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::{Declared, Presence, Scope, ValueType};
use super::{compile, decimal};
use crate::value::{Record, Value};

/// Cases tried; each is one form with one expression.
const CASES: u32 = 6_000;
/// Fewest of them that the check must accept: else the test says nothing.
const ACCEPTED: u32 = 1_000;
/// Why an accepted expression may still not run.
const NOT_OF_TYPES: [&str; 4] = [
    "a number cannot be divided by zero",
    "the result is too large",
    "the date lies too far away",
    "the dates are too far apart",
];

/// Bytes from which everything is chosen.
struct Chooser<'a>(&'a [u8]);

impl Chooser<'_> {
    fn of(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count
    }

    fn one<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.of(from.len())].clone()
    }
}

/// A field of the form or of a stage, with its value in one application.
struct Field {
    path: String,
    declared: Declared,
    value: Option<Value>,
}

fn kind(choose: &mut Chooser<'_>, in_list: bool) -> ValueType {
    let options = |ids: &[&str]| ValueType::Choice(ids.iter().map(|&id| id.to_owned()).collect());
    let kinds = [
        ValueType::Money,
        ValueType::Integer,
        ValueType::Number,
        ValueType::YesNo,
        ValueType::Date,
        ValueType::Text,
        options(&["heart", "cancer"]),
        options(&["heart", "flu"]),
        options(&["f", "m"]),
        ValueType::Document,
    ];
    match choose.of(if in_list { 1 } else { 4 }) {
        3 => {
            let fields =
                ["a", "b"].map(|name| (name.to_owned(), choose.of(8) == 7, kind(choose, true)));
            ValueType::List(fields.to_vec())
        }
        _ => choose.one(&kinds),
    }
}

fn value(choose: &mut Chooser<'_>, kind: &ValueType) -> Value {
    match kind {
        ValueType::YesNo => Value::YesNo(choose.of(2) == 1),
        ValueType::Choice(options) => Value::Text(choose.one(options)),
        ValueType::Integer => Value::Integer(choose.one(&[0, 1, -3, 40])),
        ValueType::Number => Value::Number(decimal(choose.one(&["0", "2.5", "-1", "7"]))),
        ValueType::Money => Value::Money(decimal(choose.one(&["0", "12.50", "900"]))),
        ValueType::Date => Value::Date(choose.one(&["2024-02-29", "2026-03-02"]).parse().unwrap()),
        ValueType::List(fields) => {
            let entries = (0..choose.of(3)).map(|_| {
                let mut entry = Record::new();
                for (name, optional, kind) in fields {
                    if !optional || choose.of(2) == 1 {
                        entry.insert(name.clone(), value(choose, kind));
                    }
                }
                entry
            });
            Value::List(entries.collect())
        }
        ValueType::Document => Value::File("d".to_owned()),
        ValueType::Text | ValueType::Instant | ValueType::Unknown => {
            Value::Text(choose.one(&["heart", "x", "5"]).to_owned())
        }
    }
}

/// Makes the fields of the form and of a stage that may be left out.
fn fields(choose: &mut Chooser<'_>) -> (Vec<Field>, bool) {
    let decided = choose.of(2) == 1;
    let paths = ["form.a", "form.b", "form.c", "form.d", "form.e", "field.f", "field.g"];
    let mut fields = Vec::new();
    for path in paths {
        let of_stage = path.starts_with("field.");
        let presence = match (choose.of(4), of_stage) {
            (3, _) => Presence::Optional,
            (_, true) => Presence::IfDecided,
            (_, false) => Presence::Always,
        };
        let declared = Declared { kind: kind(choose, false), presence };
        let there = match presence {
            Presence::Always => true,
            Presence::IfDecided => decided,
            Presence::Optional => (!of_stage || decided) && choose.of(2) == 1,
        };
        let value = there.then(|| value(choose, &declared.kind));
        fields.push(Field { path: path.to_owned(), declared, value });
    }
    (fields, decided)
}

/// What an expression is wanted to come to; now and then it comes to something else.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    Truth,
    Number,
    Text,
    Date,
}

fn expression(choose: &mut Chooser<'_>, fields: &[Field], want: Want, depth: u32) -> String {
    let want = if choose.of(16) == 15 {
        choose.one(&[Want::Number, Want::Text, Want::Truth])
    } else {
        want
    };
    if depth == 0 || choose.of(6) == 5 {
        return leaf(choose, fields, want);
    }
    let part = |choose: &mut Chooser<'_>, want: Want| expression(choose, fields, want, depth - 1);
    match (choose.of(6), want) {
        (0, _) => {
            let field = tested(choose, fields, want);
            format!("({field} ?? {})", part(choose, want))
        }
        (1, _) => {
            let condition = part(choose, Want::Truth);
            let then = part(choose, want);
            format!("(if {condition} {{ {then} }} else {{ {} }})", part(choose, want))
        }
        (way, Want::Truth) => condition(choose, fields, way, &part),
        (way, Want::Number) => number(choose, fields, way, &part),
        (_, Want::Date) => {
            let (name, day) = (choose.one(&["add_days", "add_months"]), part(choose, want));
            format!("{name}({day}, {})", part(choose, Want::Number))
        }
        (_, Want::Text) => leaf(choose, fields, want),
    }
}

type Part<'p> = &'p dyn Fn(&mut Chooser<'_>, Want) -> String;

fn condition(choose: &mut Chooser<'_>, fields: &[Field], way: usize, part: Part<'_>) -> String {
    match way {
        2 => {
            let field = tested(choose, fields, Want::Truth);
            let (test, join) = choose.one(&[("has", "&&"), ("missing", "||"), ("!has", "||")]);
            let sign = choose.one(&["==", "!=", "in", "<"]);
            let kind = choose.one(&[Want::Number, Want::Text]);
            let other = part(choose, kind);
            let right = if sign == "in" { format!("[{other}]") } else { other };
            format!("({test}({field}) {join} ({field}) {sign} {right})")
        }
        3 => {
            let (left, sign) = (part(choose, Want::Truth), choose.one(&["&&", "||"]));
            format!("({left} {sign} {})", part(choose, Want::Truth))
        }
        4 => format!("!({})", part(choose, Want::Truth)),
        _ => {
            let kind = choose.one(&[Want::Number, Want::Date, Want::Text]);
            let left = part(choose, kind);
            let signs = ["==", "!=", "<", "<=", ">", ">="];
            let sign =
                if kind == Want::Text { choose.one(&signs[..2]) } else { choose.one(&signs) };
            format!("({left} {sign} {})", part(choose, kind))
        }
    }
}

fn number(choose: &mut Chooser<'_>, fields: &[Field], way: usize, part: Part<'_>) -> String {
    match (way, choose.of(3)) {
        (2, _) => over_list(choose, fields),
        (3, _) => {
            let (name, left) = (choose.one(&["min", "max"]), part(choose, Want::Number));
            format!("{name}({left}, {})", part(choose, Want::Number))
        }
        (4, 0) => {
            let places = choose.one(&["2", "limits.ceiling", "limits.share"]);
            format!("round({}, {places})", part(choose, Want::Number))
        }
        (4, 1) => format!("-({})", part(choose, Want::Number)),
        (4, _) => {
            let first = part(choose, Want::Date);
            format!("days_between({first}, {})", part(choose, Want::Date))
        }
        _ => {
            let left = part(choose, Want::Number);
            let sign = choose.one(&["+", "-", "*", "/", "%"]);
            format!("({left} {sign} {})", part(choose, Want::Number))
        }
    }
}

fn suits(kind: &ValueType, want: Want) -> bool {
    match want {
        Want::Truth => *kind == ValueType::YesNo,
        Want::Number => kind.is_number(),
        Want::Text => matches!(kind, ValueType::Text | ValueType::Choice(_)),
        Want::Date => *kind == ValueType::Date,
    }
}

/// A field to be tested first, whether it must be or not.
fn tested(choose: &mut Chooser<'_>, fields: &[Field], want: Want) -> String {
    let suiting: Vec<_> = fields
        .iter()
        .filter(|field| want == Want::Truth || suits(&field.declared.kind, want))
        .collect();
    if suiting.is_empty() { "form.a".to_owned() } else { choose.one(&suiting).path.clone() }
}

fn leaf(choose: &mut Chooser<'_>, fields: &[Field], want: Want) -> String {
    let suiting: Vec<_> = fields.iter().filter(|field| suits(&field.declared.kind, want)).collect();
    let literals: &[&str] = match want {
        Want::Truth => &["true", "false", "has(field)"],
        Want::Number => {
            &["3", "0", "0.25", "limits.ceiling", "limits.share", "limits.by_disease[form.a]"]
        }
        Want::Text => &["\"heart\"", "\"f\"", "\"x\""],
        Want::Date => &["today"],
    };
    if suiting.is_empty() || choose.of(3) == 2 {
        return choose.one(literals).to_owned();
    }
    choose.one(&suiting).path.clone()
}

fn over_list(choose: &mut Chooser<'_>, fields: &[Field]) -> String {
    let lists: Vec<_> =
        fields.iter().filter(|field| matches!(field.declared.kind, ValueType::List(_))).collect();
    if lists.is_empty() {
        return "3".to_owned();
    }
    let list = &choose.one(&lists).path;
    let field = choose.one(&["a", "b"]);
    match choose.of(3) {
        0 => format!("{list}.len()"),
        1 => format!("sum_of({list}, \"{field}\")"),
        _ => {
            let sign = choose.one(&["==", "<"]);
            let other = leaf(choose, fields, choose_want(field));
            format!("count_where({list}, \"{field}\", \"{sign}\", {other})")
        }
    }
}

fn choose_want(field: &str) -> Want {
    if field == "a" { Want::Number } else { Want::Text }
}

/// Runs one case; returns whether the check accepted the expression.
fn holds(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let mut choose = Chooser(bytes);
    let (fields, decided) = fields(&mut choose);
    let want = choose.one(&[Want::Truth, Want::Number]);
    let source = expression(&mut choose, &fields, want, 3);
    let Ok(mut guard) = compile(&source) else { return Ok(false) };
    let declared = |path: &str| {
        fields.iter().find(|field| field.path == path).map(|field| field.declared.clone())
    };
    let Ok(kinds) = guard.check(declared) else { return Ok(false) };
    // Of a guard a file asks for yes or no, or for an amount.
    let is_condition = kinds.iter().all(|kind| *kind == ValueType::YesNo);
    if !is_condition && !kinds.iter().all(ValueType::is_number) {
        return Ok(false);
    }
    let record = |root: &str| -> Record {
        let of_root = fields.iter().filter(|field| field.path.starts_with(root));
        of_root
            .filter_map(|field| Some((field.path[root.len()..].to_owned(), field.value.clone()?)))
            .collect()
    };
    let (form, answers) = (record("form."), record("field."));
    let answers: IndexMap<String, Record> =
        decided.then(|| ("field".to_owned(), answers)).into_iter().collect();
    let scope = Scope {
        form: &form,
        answers: &answers,
        applicant: &Record::new(),
        today: "2026-03-02".parse().unwrap(),
        now: "2026-03-02T06:00:00Z".parse().unwrap(),
    };
    let evaluation = guard.evaluate(&scope);
    match evaluation.result {
        Err(reason) => prop_assert!(
            NOT_OF_TYPES.contains(&reason.0.as_str()),
            "`{source}` was accepted as {kinds:?} and cannot run: {reason}; {form:?} {answers:?}"
        ),
        Ok(result) => {
            let suiting = |kind: &ValueType| match &result {
                Value::YesNo(_) => *kind == ValueType::YesNo,
                // A whole number does wherever a number does.
                Value::Integer(_) => matches!(kind, ValueType::Integer | ValueType::Number),
                Value::Number(_) => *kind == ValueType::Number,
                Value::Money(_) => *kind == ValueType::Money,
                _ => false,
            };
            prop_assert!(
                kinds.iter().any(suiting),
                "`{source}` was accepted as {kinds:?} and came to {result:?}; {form:?}"
            );
        }
    }
    Ok(true)
}

#[test]
fn what_the_check_accepts_never_fails_because_of_types() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let counted = std::cell::Cell::new(0_u32);
    let ran = runner.run(&prop::collection::vec(any::<u8>(), 40..160), |bytes| {
        if holds(&bytes)? {
            counted.set(counted.get() + 1);
        }
        Ok(())
    });
    let accepted = counted.get();
    assert!(ran.is_ok(), "{ran:?}");
    assert!(accepted >= ACCEPTED, "only {accepted} of {CASES} were accepted");
}
