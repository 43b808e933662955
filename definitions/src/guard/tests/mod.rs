//! The rules of guards, over one small programme.

mod boundaries;
mod explanations;
mod functions;
mod names;
mod operators;
mod sound;
mod traps;
mod types;

use indexmap::IndexMap;
use rust_decimal::Decimal;

use super::{Compiler, Evaluation, Guard, GuardError, Limit, Scope};
use crate::calendar::{Calendar, Week};
use crate::value::{Record, Value};

pub(super) fn decimal(number: &str) -> Decimal {
    number.parse().unwrap()
}

fn record(values: &[(&str, Value)]) -> Record {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn limits() -> IndexMap<String, Limit> {
    let by_disease = [("heart", "5000"), ("cancer", "7500.50")];
    let table =
        by_disease.into_iter().map(|(name, number)| (name.to_owned(), decimal(number))).collect();
    IndexMap::from([
        ("ceiling".to_owned(), Limit::Number(decimal("5000"))),
        ("share".to_owned(), Limit::Number(decimal("0.8"))),
        ("by_disease".to_owned(), Limit::Table(table)),
    ])
}

/// An application with a value of every kind; `form.email`, `form.born` and the stage `doctor` are absent.
pub(super) struct Case {
    pub(super) form: Record,
    pub(super) answers: IndexMap<String, Record>,
    pub(super) applicant: Record,
}

impl Case {
    pub(super) fn new() -> Self {
        let text = |text: &str| Value::Text(text.to_owned());
        let member = |name, age, income| {
            record(&[
                ("name", text(name)),
                ("age", Value::Integer(age)),
                ("income", Value::Money(decimal(income))),
            ])
        };
        let form = record(&[
            ("name", text("Amina")),
            ("disease", text("heart")),
            ("child", Value::Integer(4)),
            ("weight", Value::Number(decimal("61.5"))),
            ("cost", Value::Money(decimal("2400"))),
            ("income", Value::Money(decimal("180.10"))),
            ("visit", Value::Date("2026-02-27".parse().unwrap())),
            ("poor", Value::YesNo(true)),
            ("family", Value::List(vec![member("Omar", 9, "20.05"), member("Zoe", 3, "0")])),
            ("nobody", Value::List(Vec::new())),
            ("estimate", Value::File("d-1".to_owned())),
        ]);
        let field = record(&[("visited", Value::YesNo(false))]);
        let medical = record(&[("amount", Value::Money(decimal("6000")))]);
        let answers = [("field".to_owned(), field), ("medical".to_owned(), medical)].into();
        let applicant = record(&[("language", text("fr"))]);
        Self { form, answers, applicant }
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        Scope {
            form: &self.form,
            answers: &self.answers,
            applicant: &self.applicant,
            today: "2026-03-02".parse().unwrap(),
            now: "2026-03-02T06:00:00Z".parse().unwrap(),
        }
    }

    pub(super) fn evaluate(&self, guard: &Guard) -> Evaluation {
        guard.evaluate(&self.scope())
    }
}

/// An office that is closed on Saturday and Sunday.
fn calendar() -> Calendar {
    let mut week = Week::never();
    week.add("mon-fri 08:00-17:00").unwrap();
    Calendar::with(jiff::tz::TimeZone::UTC, week, Vec::new())
}

pub(super) fn compiler(functions: Option<&str>) -> Result<Compiler, GuardError> {
    Compiler::new(&limits(), functions, calendar())
}

pub(super) fn compile(source: &str) -> Result<Guard, GuardError> {
    compiler(None).unwrap().compile(source)
}

pub(super) fn evaluate(source: &str) -> Evaluation {
    let guard = compile(source).unwrap_or_else(|error| panic!("{source}: {error:?}"));
    Case::new().evaluate(&guard)
}

/// What an expression comes to, as the explanation writes it, or why it cannot run.
pub(super) fn outcome(source: &str) -> String {
    match evaluate(source).result {
        Ok(Value::Money(amount)) => format!("money {amount}"),
        Ok(Value::Number(number)) => format!("number {number}"),
        Ok(Value::Integer(whole)) => format!("integer {whole}"),
        Ok(Value::YesNo(truth)) => truth.to_string(),
        Ok(value) => value.to_string(),
        Err(reason) => format!("cannot run: {reason}"),
    }
}

/// What the compiler says of a wrong expression, with the underlined text and the help.
pub(super) fn refusal(source: &str) -> String {
    let error = compile(source).expect_err(source);
    let underlined = error.span.map_or("-", |span| &source[span]);
    let help = error.help.map_or(String::new(), |help| format!(" = {help}"));
    format!("{} @ {underlined}{help}", error.message)
}
