//! What officers and applicants read, and what is recorded.

use super::{compile, evaluate};
use crate::value::Value;

fn explanation(source: &str) -> String {
    evaluate(source).explanation
}

#[test]
fn a_comparison_is_explained_with_its_values() {
    insta::assert_snapshot!(explanation("medical.amount <= limits.ceiling"), @"");
}

#[test]
fn of_several_conditions_the_one_that_decided_is_explained() {
    insta::assert_snapshot!(explanation("form.cost <= 5000 && form.child >= 5 && form.poor"), @"");
    insta::assert_snapshot!(explanation("form.child >= 5 || form.cost > 10"), @"");
}

#[test]
fn where_all_held_or_none_did_all_are_explained() {
    insta::assert_snapshot!(explanation("form.child < 5 && form.poor"), @"");
    insta::assert_snapshot!(explanation("form.child > 5 || field.visited"), @"");
}

#[test]
fn every_kind_of_part_is_explained() {
    let sources = [
        "field.visited",
        "!field.visited",
        "!has(form.email)",
        "!(form.child > 5)",
        "has(field)",
        "min(medical.amount, limits.ceiling)",
        "form.income / (form.family.len() + 1) <= 150",
        "form.family.len() > 5",
        "sum_of(form.family, \"income\") > 1000",
        "count_where(form.family, \"age\", \"<\", 5) >= 1",
        "any_where(form.family, \"age\", \"<\", 2)",
        "form.disease in [\"cancer\", \"birth\"]",
        "form.disease == \"cancer\"",
        "form.visit<today",
        "days_between(form.visit, today)",
        "form.email ?? \"none\"",
        "limits.by_disease[form.disease]",
        "form.cost <= limits.by_disease[form.disease]",
        "if form.poor { form.cost } else { form.cost / 2 }",
        "form.cost * limits.share",
        "(form.cost + 5) * -(2)",
        "true",
        "form.cost",
    ];
    let explained: Vec<_> = sources.iter().map(|source| explanation(source)).collect();
    insta::assert_snapshot!(explained.join("\n"), @"");
}

#[test]
fn a_guard_that_cannot_run_names_the_part_and_the_reason() {
    let sources = [
        "form.cost <= 5000 && form.email == \"x\"",
        "form.cost <= \"5000\"",
        "form.child",
        "form.email",
        "doctor.approved",
        "form.poor && form.cost",
        "form.cost / (form.child - 4) > 5",
        "limits.by_disease[form.name] > 5",
        "min(form.cost, form.email)",
    ];
    let explained: Vec<_> = sources
        .iter()
        .map(|source| {
            let evaluation = evaluate(source);
            format!(
                "{} [{}]",
                evaluation.explanation,
                match evaluation.truth() {
                    Ok(truth) => truth.to_string(),
                    Err(reason) => reason.to_string(),
                }
            )
        })
        .collect();
    insta::assert_snapshot!(explained.join("\n"), @"");
}

#[test]
fn a_long_text_is_cut() {
    let mut case = super::Case::new();
    case.form.insert("name".to_owned(), Value::Text("ё".repeat(500)));
    let shown = case.evaluate(&compile("form.name == \"x\"").unwrap()).explanation;
    assert!(shown.contains('…') && shown.chars().count() < 150, "{shown}");
}

#[test]
fn every_path_read_is_recorded_with_its_value() {
    let inputs = evaluate(
        "form.cost <= limits.by_disease[form.disease] && form.cost < limits.ceiling && has(form.email)
            && has(field) && today > form.visit && field.visited && applicant.language == \"fr\"",
    )
    .inputs;
    let recorded: Vec<_> = inputs
        .iter()
        .map(|(path, value)| {
            format!("{path}: {}", value.as_ref().map_or("-".to_owned(), Value::to_string))
        })
        .collect();
    insta::assert_snapshot!(recorded.join("\n"), @"");
}

#[test]
fn an_amount_is_a_number_and_nothing_else() {
    assert_eq!(evaluate("min(medical.amount, limits.ceiling)").amount(), Ok(5_000.into()));
    assert_eq!(evaluate("5").amount(), Ok(5.into()));
    assert!(evaluate("form.disease").amount().is_err());
    assert!(evaluate("form.poor").amount().is_err());
    assert!(evaluate("form.cost").truth().is_err());
    assert!(evaluate("form.email").amount().is_err());
}
