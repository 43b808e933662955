//! Which names an expression may use, and what it reads.

use super::{compile, refusal};

#[test]
fn unknown_names_and_functions_are_refused_with_the_likely_one() {
    for (source, expected) in [
        (
            "form.cost <= limits.celing",
            "`limits.celing` is not declared @ limits.celing = did you mean `limits.ceiling`?",
        ),
        (
            "form.cost <= ceiling",
            "unknown name `ceiling` @ ceiling = did you mean `limits.ceiling`?",
        ),
        (
            "cost > 5",
            "`cost` alone is no value @ cost = write `form.cost` for a field, or `\"cost\"` for a text",
        ),
        ("form > 5", "`form` alone is no value @ form = write `form.…`"),
        ("has(form)", "`form` alone is no value @ form = write `form.…`"),
        ("rund(form.cost, 2)", "unknown function `rund` @ rund = did you mean `round`?"),
        ("has(form.a, form.b)", "`has` does not take 2 arguments @ has = write `has(x)`"),
        ("has(5)", "`has` needs a field, an answer or a stage @ has"),
        ("today.year", "`today` has no parts @ today.year"),
        ("form.visit.year > 5", "a value has no parts: a name has one dot @ year"),
        ("applicant.telephone", "`applicant.telephone` does not exist @ applicant.telephone"),
        (
            "applicant.emai",
            "`applicant.emai` does not exist @ applicant.emai = did you mean `email`?",
        ),
        (
            "limits.by_disease > 5",
            "`limits.by_disease` is a table, not a number @ limits.by_disease = write `limits.by_disease[form.…]`",
        ),
        (
            "limits.ceiling[form.disease]",
            "`limits.ceiling` is a number, not a table @ limits.ceiling",
        ),
        ("limits.by_disease[\"hart\"]", "`limits.by_disease` has no entry `hart` @ \""),
        (
            "form.family.sum_of(\"age\")",
            "only `len()` stands after a dot @ sum_of = write `sum_of(list, \"field\")`",
        ),
        ("sum_of(form.family, form.name)", "a field of a list is named in quotes @ form"),
        ("sum_of(5, \"age\")", "`sum_of` needs a list of the form or of a stage @ 5"),
        (
            "count_where(form.family, \"age\", \"=\", 5)",
            "a comparison is one of \"==\", \"!=\", \"<\", \"<=\", \">\", \">=\" @ \"",
        ),
        (
            "form?.cost",
            "`?.` is not part of the language @ ? = test it with `has(…)`, or give `?? default`",
        ),
        ("form.name == 'a'", "a text stands in double quotes @ ' = write \"…\""),
        ("form.x in form.family", "`in` needs a list in brackets on its right @ in"),
    ] {
        assert_eq!(refusal(source), expected, "{source}");
    }
}

#[test]
fn every_read_has_its_place() {
    let source = "medical.amount  <=\n  limits.by_disease[form.disease] && has(field)\n&& days_between(form . visit, today) < 9 && medical.amount > 0";
    let guard = compile(source).unwrap();
    assert_eq!(
        guard.reads(),
        ["medical.amount", "limits.by_disease", "form.disease", "field", "form.visit", "today"]
    );
    let texts: Vec<_> = guard
        .read_spans()
        .iter()
        .map(|(path, span)| (path.as_str(), &source[span.clone()]))
        .collect();
    assert_eq!(
        texts,
        [
            ("medical.amount", "medical.amount"),
            ("limits.by_disease", "limits.by_disease"),
            ("form.disease", "form.disease"),
            ("field", "field"),
            ("form.visit", "form . visit"),
            ("today", "today"),
            ("medical.amount", "medical.amount"),
        ]
    );
    assert_eq!(guard.source(), source);
}

#[test]
fn what_expressions_cannot_name_is_known() {
    let compiler = super::compiler(None).unwrap();
    for name in ["final", "field", "medical", "review_2", "parent"] {
        assert!(compiler.can_name_stage(name) && compiler.can_name_field(name), "{name}");
    }
    for name in [
        "form",
        "limits",
        "today",
        "now",
        "score",
        "if",
        "final-check",
        "2nd",
        "",
        "a b",
        "x)||has(y",
        "case",
        "this",
        "é",
    ] {
        assert!(!compiler.can_name_stage(name), "{name}");
    }
    for name in ["if", "static", "x.y", "a-b", "", "x /*", "case"] {
        assert!(!compiler.can_name_field(name), "{name}");
    }
}

#[test]
fn places_count_letters_not_bytes() {
    let source = "form.name == \"ёж\" && form.csot.x";
    let error = compile(source).unwrap_err();
    assert_eq!(error.span.map(|span| &source[span]), Some("x"));
}

#[test]
fn fields_of_list_entries_are_known() {
    let source =
        "sum_of(form.family, \"income\") < 5 && any_where(field.rooms, \"area\", \">\", 2)";
    let guard = compile(source).unwrap();
    let fields: Vec<_> = guard
        .list_fields()
        .iter()
        .map(|(list, field, span)| (list.as_str(), field.as_str(), &source[span.clone()]))
        .collect();
    assert_eq!(fields, [("form.family", "income", "income"), ("field.rooms", "area", "area")]);
}

#[test]
fn a_guard_over_limits_alone_is_constant() {
    assert!(compile("limits.ceiling > 5").unwrap().is_constant());
    assert!(compile("true").unwrap().is_constant());
    assert!(!compile("form.cost > 5").unwrap().is_constant());
    assert!(!compile("today == today").unwrap().is_constant());
}

#[test]
fn what_is_written_otherwise_elsewhere_is_told_how_it_is_written_here() {
    for (source, expected) in [
        ("form.cost > 5 and form.poor", "`and` is not expected here @ and = write `&&` for and"),
        ("form.cost > 5 or form.poor", "`or` is not expected here @ or = write `||` for or"),
        ("not form.poor", "`form` is not expected here @ form = write `!(…)` for not"),
        ("form.cost <> 5", "`>` is not expected here @ > = write `!=`"),
        ("form.cost => 5", "`=>` is not expected here @ = = write `>=`"),
        ("form.cost ≤ 5", "`≤` is not expected here @ ≤ = write `<=`"),
        (
            "form.cost > 5,000",
            "`,` is not expected here @ , = a number has no commas: write 5000, or 0.5",
        ),
        (
            "form.cost > 5 000",
            "`0` is not expected here @ 000 = a number has no spaces: write 5000",
        ),
        (
            "form.cost > 5%",
            "the expression ends too early @  = for a share write a number: 0.05 is 5 %",
        ),
        ("form.name == “Ana”", "`“` is not expected here @ “ = write straight quotes: \"…\""),
        ("form.poor is yes", "`is` is not expected here @ is = write `==`"),
        ("form.poor == yes", "`yes` is no word of guards @ yes = write `true`"),
        ("form.email != null", "`null` is a reserved word @ null = ask `has(…)` or `missing(…)`"),
        (
            "form.cost between 5 and 9",
            "`between` is not expected here @ between = write two comparisons: `x >= 5 && x <= 9`",
        ),
        (
            "if form.poor then 1 else 2",
            "`{` is missing here @ then = write `if … { … } else { … }`",
        ),
    ] {
        assert_eq!(super::refusal(source), expected, "{source}");
    }
}
