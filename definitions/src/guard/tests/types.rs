//! What the check says before any application exists.

use super::super::{Declared, Presence, ValueType};
use super::{compile, compiler};

fn declared(path: &str) -> Option<Declared> {
    let always = |kind| Declared { kind, presence: Presence::Always };
    let optional = |kind| Declared { kind, presence: Presence::Optional };
    let options = |ids: &[&str]| ValueType::Choice(ids.iter().map(|&id| id.to_owned()).collect());
    let member = vec![
        ("age".to_owned(), false, ValueType::Integer),
        ("income".to_owned(), true, ValueType::Money),
        ("sex".to_owned(), false, options(&["f", "m"])),
    ];
    Some(match path {
        "form.cost" | "medical.amount" => always(ValueType::Money),
        "form.child" => always(ValueType::Integer),
        "form.weight" => always(ValueType::Number),
        "form.name" | "applicant.language" => always(ValueType::Text),
        "form.poor" => always(ValueType::YesNo),
        "form.born" => always(ValueType::Date),
        "form.disease" => always(options(&["heart", "cancer"])),
        "form.gender" => always(options(&["f", "m"])),
        "form.family" => always(ValueType::List(member)),
        "form.estimate" => always(ValueType::Document),
        "form.extra" => optional(ValueType::Money),
        "field.visited" => Declared { kind: ValueType::YesNo, presence: Presence::IfDecided },
        "form.email" | "field.note" => optional(ValueType::Text),
        _ => return None,
    })
}

/// The type of an expression, or everything that is wrong with it.
fn check(source: &str) -> String {
    match compile(source).unwrap().check(declared) {
        Ok(kinds) => shown(&kinds),
        Err(found) => {
            let wrong = found
                .into_iter()
                .map(|found| format!("{} @ {}", found.message, &source[found.span]));
            wrong.collect::<Vec<_>>().join("; ")
        }
    }
}

fn shown(kinds: &[ValueType]) -> String {
    kinds.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>().join(" or ")
}

#[test]
fn a_right_expression_has_a_type() {
    for (source, expected) in [
        ("form.cost <= limits.ceiling * 3", "YesNo"),
        ("form.cost * 0.8", "Money"),
        ("form.cost / medical.amount", "Number"),
        ("form.child + 1", "Integer"),
        ("form.child / 2", "Number"),
        ("min(medical.amount, limits.ceiling)", "Money"),
        ("round(form.cost / 3, 2)", "Money"),
        ("form.family.len()", "Integer"),
        ("form.cost / (form.family.len() + 1) <= 150", "YesNo"),
        ("form.cost / (form.child - 1)", "Money"),
        ("count_where(form.family, \"age\", \"<\", 5) > 1", "YesNo"),
        ("any_where(form.family, \"sex\", \"==\", \"f\")", "YesNo"),
        ("form.disease == \"heart\" || form.disease in [\"cancer\"]", "YesNo"),
        ("limits.by_disease[form.disease] > 5", "YesNo"),
        ("years_between(form.born, today) >= 18", "YesNo"),
        ("add_days(form.born, form.child) < today", "YesNo"),
        ("if form.poor { form.cost } else { 0 }", "Money or Integer"),
        ("form.extra ?? 0", "Money or Integer"),
        ("(form.extra ?? 0) + form.cost", "Money"),
        ("form.cost / (form.extra ?? 1)", "Number or Money"),
        ("(form.email ?? \"none\") == \"none\"", "YesNo"),
        ("(form.gender ?? \"x\") == \"x\"", "YesNo"),
        ("add_days(form.born, limits.ceiling)", "Date"),
        ("limits.ceiling", "Integer"),
        ("limits.share", "Number"),
        ("sum_of(form.family, \"age\")", "Integer"),
        ("has(field.note) && field.visited", "YesNo"),
        ("form.unknown > 5", "YesNo"),
        ("form.unknown", "Unknown"),
    ] {
        assert_eq!(check(source), expected, "{source}");
    }
}

#[test]
fn what_would_be_silently_false_elsewhere_is_an_error_with_its_place() {
    for (source, expected) in [
        (
            "form.poor && form.cost <= \"5000\"",
            "an amount cannot be compared with a text @ form.cost <= \"5000\"",
        ),
        ("form.disease == \"hart\"", "`hart` is none of the options @ \"hart\""),
        ("form.disease in [\"heart\", \"flu\"]", "`flu` is none of the options @ \"flu\""),
        ("any_where(form.family, \"sex\", \"==\", \"x\")", "`x` is none of the options @ \"x\""),
        (
            "form.cost * medical.amount > 5",
            "an amount cannot be multiplied by an amount @ form.cost * medical.amount",
        ),
        (
            "form.born - today > 5",
            "a date cannot be taken from a date: use `days_between` @ form.born - today",
        ),
        ("form.cost && form.poor", "`form.cost` is neither yes nor no @ form.cost"),
        ("!form.cost", "`!` needs yes or no, not an amount @ !form.cost"),
        ("form.cost / 0 > 5", "a number cannot be divided by zero @ form.cost / 0"),
        (
            "form.estimate == \"x\"",
            "a document cannot be compared with a text @ form.estimate == \"x\"",
        ),
        (
            "round(form.name, 2) > 1",
            "`round` needs a number and a whole number of places @ round(form.name, 2)",
        ),
        ("sum_of(form.family, \"agee\") > 1", "an entry of `form.family` has no `agee` @ \"agee\""),
        (
            "sum_of(form.family, \"income\") > 1",
            "an entry of `form.family` may have no `income` @ \"income\"",
        ),
    ] {
        assert_eq!(check(source), expected, "{source}");
    }
}

#[test]
fn every_type_that_a_part_may_come_to_must_go_with_the_others() {
    for (source, expected) in [
        (
            "limits.by_disease[form.gender] > 1",
            "`limits.by_disease` has no entry for `f`, `m` @ form.gender",
        ),
        (
            "limits.by_disease[form.child] > 1",
            "`limits.by_disease` is looked up by text @ form.child",
        ),
        (
            "form.cost < \"a\" || form.child == \"b\"",
            "an amount cannot be compared with a text @ form.cost < \"a\"; a number cannot be compared with a text @ form.child == \"b\"",
        ),
        (
            "limits.by_disease[form.name] > 1",
            "`limits.by_disease` may have no entry for `form.name` @ form.name",
        ),
        (
            "form.disease == form.gender",
            "`form.disease` and `form.gender` have no option in common @ form.gender",
        ),
        (
            "(if form.poor { 1 } else { \"a\" }) > 0",
            "a text cannot be compared with a number @ (if form.poor { 1 } else { \"a\" }) > 0",
        ),
        (
            "(form.extra ?? 5) / form.cost < 1",
            "a number cannot be divided by an amount @ (form.extra ?? 5) / form.cost",
        ),
        (
            "min(form.cost, 5, form.born) < 1",
            "a date cannot be compared with an amount @ min(form.cost, 5, form.born)",
        ),
        (
            "add_days(form.born, form.weight) < today",
            "`add_days` needs a date and a whole number @ add_days(form.born, form.weight)",
        ),
        (
            "round(form.cost, limits.share) > 1",
            "`round` needs a number and a whole number of places @ round(form.cost, limits.share)",
        ),
        ("if form.child { 1 } else { 2 }", "`form.child` is neither yes nor no @ form.child"),
    ] {
        assert_eq!(check(source), expected, "{source}");
    }
}

#[test]
fn an_optional_value_must_be_tested_before_it_is_used() {
    for source in [
        "has(form.email) && form.email == \"x\"",
        "missing(form.email) || form.email == \"x\"",
        "!has(form.email) || form.email == \"x\"",
        "!(missing(form.extra) || form.extra < 5)",
        "if has(form.extra) { form.extra } else { 0 }",
        "(form.extra ?? 0) < 5",
        "has(field) && field.visited",
        "has(field.visited) && field.visited",
        "missing(field) || field.visited",
        "has(field.note) && has(form.email) && field.note == form.email",
    ] {
        assert!(compile(source).unwrap().check(declared).is_ok(), "{source}");
    }
    for (source, path) in [
        ("form.email == \"x\"", "form.email"),
        ("form.email == \"x\" && has(form.email)", "form.email"),
        ("has(form.email) || form.email == \"x\"", "form.email"),
        ("has(form.extra) && form.email == \"x\"", "form.email"),
        ("field.visited", "field.visited"),
        ("has(field) && field.note == \"x\"", "field.note"),
        ("if has(form.extra) { 0 } else { form.extra }", "form.extra"),
        ("form.cost < (form.cost ?? form.extra)", "form.extra"),
        ("min(form.extra, 5)", "form.extra"),
    ] {
        assert_eq!(check(source), format!("`{path}` may have no value @ {path}"), "{source}");
    }
}

#[test]
fn functions_are_checked_by_their_type_line() {
    let functions = "// (money, integer) -> money\nfn share(amount, people) { amount / people }\nfn free(x) { x }";
    let compiler = compiler(Some(functions)).unwrap();
    let check = |source: &str| match compiler.compile(source).unwrap().check(declared) {
        Ok(kinds) => shown(&kinds),
        Err(found) => found.into_iter().map(|found| found.message).collect::<Vec<_>>().join("; "),
    };
    assert_eq!(check("share(form.cost, form.child)"), "Money");
    assert_eq!(check("share(5, 2) > 1"), "YesNo");
    assert_eq!(check("share(form.name, 2)"), "`share` needs an amount here");
    assert_eq!(check("share(form.cost, 2.5)"), "`share` needs a whole number here");
    assert_eq!(check("free(form.cost)"), "Unknown");
    assert_eq!(check("free(form.cost) && form.poor"), "YesNo");
}
