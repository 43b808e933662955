//! What officers and applicants read, and what is recorded.

use super::{compile, evaluate};
use crate::value::Value;

fn explanation(source: &str) -> String {
    evaluate(source).explanation
}

#[test]
fn a_comparison_is_explained_with_its_values() {
    assert_eq!(
        explanation("medical.amount <= limits.ceiling"),
        "`medical.amount <= limits.ceiling`: 6,000 <= 5,000 is false"
    );
}

#[test]
fn of_several_conditions_the_one_that_decided_is_explained() {
    assert_eq!(
        explanation("form.cost <= 5000 && form.child >= 5 && form.poor"),
        "`form.child >= 5`: 4 >= 5 is false"
    );
    assert_eq!(
        explanation("form.child >= 5 || form.cost > 10"),
        "`form.cost > 10`: 2,400 > 10 is true"
    );
}

#[test]
fn where_all_held_or_none_did_all_are_explained() {
    assert_eq!(
        explanation("form.child < 5 && form.poor"),
        "`form.child < 5`: 4 < 5 is true, and `form.poor` is yes"
    );
    assert_eq!(
        explanation("form.child > 5 || field.visited"),
        "`form.child > 5`: 4 > 5 is false, and `field.visited` is no"
    );
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
    insta::assert_snapshot!(explained.join("\n"), @r#"
    `field.visited` is no
    `field.visited` is no
    `has(form.email)` is false
    `form.child > 5`: 4 > 5 is false
    `has(field)` is true
    `min(medical.amount, limits.ceiling)`: min(6,000, 5,000) is 5,000
    `form.income / (form.family.len() + 1) <= 150`: 60.033333… <= 150 is true
    `form.family.len() > 5`: 2 > 5 is false
    `sum_of(form.family, "income") > 1000`: 20.05 > 1,000 is false
    `count_where(form.family, "age", "<", 5) >= 1`: 1 >= 1 is true
    `any_where(form.family, "age", "<", 2)`: any_where(2 entries, "age", "<", 2) is false
    `form.disease in ["cancer", "birth"]`: "heart" in ["cancer", "birth"] is false
    `form.disease == "cancer"`: "heart" == "cancer" is false
    `form.visit < today`: 2026-02-27 < 2026-03-02 is true
    `days_between(form.visit, today)`: days_between(2026-02-27, 2026-03-02) is 3
    `form.email ?? "none"` is "none"
    `limits.by_disease[form.disease]` is 5,000
    `form.cost <= limits.by_disease[form.disease]`: 2,400 <= 5,000 is true
    `form.poor` is yes; `form.cost` is 2,400
    `form.cost * limits.share`: 2,400 * 0.8 is 1,920.0
    `(form.cost + 5) * -2`: 2,405 * -2 is -4,810
    `true` is true
    `form.cost` is 2,400
    "#);
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
    insta::assert_snapshot!(explained.join("\n"), @r#"
    `form.email == "x"` cannot run: `form.email` has no value [`form.email` has no value]
    `form.cost <= "5000"` cannot run: an amount cannot be compared with a text [an amount cannot be compared with a text]
    `form.child` is 4 [the result is neither true nor false]
    `form.email` cannot run: `form.email` has no value [`form.email` has no value]
    `doctor.approved` cannot run: `doctor.approved` has no value [`doctor.approved` has no value]
    `form.cost` cannot run: `form.cost` is neither yes nor no [`form.cost` is neither yes nor no]
    `form.cost / (form.child - 4)` cannot run: a number cannot be divided by zero [a number cannot be divided by zero]
    `limits.by_disease[form.name]` cannot run: `limits.by_disease` has no entry for the value of `form.name` [`limits.by_disease` has no entry for the value of `form.name`]
    `min(form.cost, form.email)` cannot run: `form.email` has no value [`form.email` has no value]
    "#);
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
    insta::assert_snapshot!(recorded.join("\n"), @r#"
    form.cost: 2,400
    form.disease: "heart"
    limits.ceiling: 5,000
    form.email: -
    field: yes
    today: 2026-03-02
    form.visit: 2026-02-27
    field.visited: no
    applicant.language: "fr"
    limits.by_disease[form.disease]: 5,000
    "#);
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
