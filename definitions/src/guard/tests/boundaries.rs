//! What an expression compares its values with.

use rust_decimal::Decimal;

use super::compile;
use crate::guard::With;
use crate::value::Value;

fn boundaries(source: &str) -> Vec<(String, With)> {
    let found = compile(source).unwrap().boundaries();
    found.into_iter().map(|boundary| (boundary.path, boundary.with)).collect()
}

fn number(path: &str, number: i64) -> (String, With) {
    (path.to_owned(), With::Value(Value::Number(Decimal::from(number))))
}

fn whole(path: &str, number: i64) -> (String, With) {
    (path.to_owned(), With::Value(Value::Integer(number)))
}

#[test]
fn a_path_is_compared_with_numbers_and_limits_and_what_they_come_to() {
    assert_eq!(boundaries("form.child >= 5"), [whole("form.child", 5)]);
    assert_eq!(boundaries("limits.ceiling * 3 >= form.cost"), [whole("form.cost", 15_000)]);
    let both = boundaries("form.child < 5 || form.child > 12");
    assert_eq!(both, [whole("form.child", 5), whole("form.child", 12)]);
}

#[test]
fn each_entry_of_a_table_that_is_looked_up_is_one() {
    let found = boundaries("form.cost <= limits.by_disease[form.disease]");
    assert!(found.contains(&number("form.cost", 5_000)), "{found:?}");
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn two_paths_are_compared_with_each_other() {
    let with = |path: &str, other: &str| (path.to_owned(), With::Path(other.to_owned()));
    assert_eq!(
        boundaries("form.income <= form.cost"),
        [with("form.income", "form.cost"), with("form.cost", "form.income")]
    );
}

#[test]
fn a_divisor_counts_at_zero() {
    let found = boundaries("form.cost / form.child >= 10");
    assert!(found.contains(&whole("form.child", 0)), "{found:?}");
    assert!(found.contains(&whole("form.cost", 10)), "{found:?}");
    assert!(!found.contains(&whole("form.cost", 0)), "{found:?}");
}

#[test]
fn a_number_beside_a_field_of_a_list_is_that_fields() {
    let found = boundaries("count_where(form.family, \"age\", \"<\", 5) > 2");
    assert!(found.contains(&whole("form.family.age", 5)), "{found:?}");
    assert!(found.contains(&whole("form.family", 2)), "{found:?}");
}
