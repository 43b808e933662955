//! The functions of the language, and those a programme declares.

use super::{Case, compile, compiler, evaluate, outcome, refusal};

#[test]
fn presence_can_be_tested_for_fields_answers_and_stages() {
    for (source, expected) in [
        ("has(form.cost)", "true"),
        ("has(form.email)", "false"),
        ("missing(form.email)", "true"),
        ("has(form.estimate)", "true"),
        ("has(form.nobody)", "true"),
        ("has(field.visited)", "true"),
        ("has(field.photo)", "false"),
        ("has(field)", "true"),
        ("has(doctor)", "false"),
        ("missing(doctor)", "true"),
        ("has(doctor.amount)", "false"),
        ("has(doctor) && doctor.amount > 5", "false"),
        ("doctor.amount ?? 7", "integer 7"),
        ("has(applicant.language)", "true"),
        ("has(applicant.phone)", "false"),
        ("applicant.language == \"fr\"", "true"),
    ] {
        assert_eq!(outcome(source), expected, "{source}");
    }
}

#[test]
fn the_least_and_the_greatest_are_of_two_values_or_more() {
    for (source, expected) in [
        ("min(medical.amount, limits.ceiling)", "money 5000"),
        ("max(1, 2.5, 2)", "number 2.5"),
        ("min(3, 2)", "integer 2"),
        ("max(form.visit, today)", "2026-03-02"),
        ("min(form.cost, \"x\")", "cannot run: a text cannot be compared with an amount"),
        ("min(form.cost, form.email)", "cannot run: `form.email` has no value"),
        ("min(1, 2, 3, 4, 5, 6, 7, 8)", "integer 1"),
    ] {
        assert_eq!(outcome(source), expected, "{source}");
    }
    assert_eq!(refusal("min(1)"), "`min` does not take 1 argument @ min = write `min(a, b)`");
}

#[test]
fn rounding_is_half_away_from_zero() {
    for (source, expected) in [
        ("round(2.345, 2)", "number 2.35"),
        ("round(-2.345, 2)", "number -2.35"),
        ("round(form.cost / 7, 2)", "money 342.86"),
        ("round(7, 2)", "integer 7"),
        ("round(2.5, 0)", "number 3"),
        ("round(2.5, -1)", "cannot run: `round` keeps from 0 to 28 places"),
        (
            "round(form.disease, 2)",
            "cannot run: `round` needs a number and a whole number of places",
        ),
        ("round(form.email, 2)", "cannot run: `form.email` has no value"),
    ] {
        assert_eq!(outcome(source), expected, "{source}");
    }
}

#[test]
fn lists_are_counted_added_up_and_searched() {
    for (source, expected) in [
        ("form.family.len()", "integer 2"),
        ("form.nobody.len()", "integer 0"),
        ("sum_of(form.family, \"income\")", "money 20.05"),
        ("sum_of(form.family, \"age\")", "integer 12"),
        ("sum_of(form.nobody, \"income\") <= form.cost", "true"),
        ("count_where(form.family, \"age\", \"<\", 5)", "integer 1"),
        ("any_where(form.family, \"name\", \"==\", \"Omar\")", "true"),
        ("any_where(form.nobody, \"age\", \"<\", 5)", "false"),
        ("all_where(form.family, \"age\", \">=\", 5)", "false"),
        ("all_where(form.nobody, \"age\", \">=\", 5)", "true"),
        ("sum_of(form.family, \"weight\")", "cannot run: an entry of the list has no `weight`"),
        ("sum_of(form.family, \"name\")", "cannot run: a number cannot be added to a text"),
        ("sum_of(form.absent, \"age\")", "cannot run: `form.absent` has no value"),
        ("form.absent.len()", "cannot run: `form.absent` has no value"),
        ("form.cost.len()", "cannot run: `len` needs a list, not an amount"),
    ] {
        assert_eq!(outcome(source), expected, "{source}");
    }
}

#[test]
fn one_of_several_is_written_with_in() {
    assert_eq!(outcome("form.disease in [\"heart\", \"cancer\"]"), "true");
    assert_eq!(outcome("form.child in [1, 2.5]"), "false");
    assert_eq!(outcome("!(form.child in [1, 4.0])"), "false");
    assert_eq!(
        outcome("form.disease in [\"heart\", 5]"),
        "cannot run: a text cannot be compared with a number"
    );
}

#[test]
fn dates_are_counted_and_moved() {
    for (source, expected) in [
        ("days_between(form.visit, today)", "integer 3"),
        ("days_between(today, form.visit)", "integer -3"),
        ("working_days_between(form.visit, today)", "integer 1"),
        ("working_days_between(today, form.visit)", "integer -1"),
        ("years_between(form.visit, today)", "integer 0"),
        ("years_between(add_months(today, -24), today)", "integer 2"),
        ("years_between(add_days(add_months(today, -24), 1), today)", "integer 1"),
        ("add_days(form.visit, 3) == today", "true"),
        ("add_months(add_days(today, -30), 1)", "2026-02-28"),
        ("form.visit < today", "true"),
        ("now == now", "true"),
        ("add_days(today, 99999999999)", "cannot run: the date lies too far away"),
        ("add_months(today, 999999)", "cannot run: the date lies too far away"),
        ("add_days(today, 1.5)", "cannot run: `add_days` needs a date and a whole number"),
        ("days_between(today, form.cost)", "cannot run: `days_between` needs two dates"),
        ("days_between(form.born, today)", "cannot run: `form.born` has no value"),
    ] {
        assert_eq!(outcome(source), expected, "{source}");
    }
}

#[test]
fn a_table_is_looked_up_by_the_value_of_a_field() {
    assert_eq!(outcome("form.cost <= limits.by_disease[form.disease]"), "true");
    assert_eq!(outcome("limits.by_disease[\"cancer\"]"), "number 7500.50");
    assert_eq!(
        outcome("limits.by_disease[form.name]"),
        "cannot run: `limits.by_disease` has no entry for the value of `form.name`"
    );
    assert_eq!(outcome("limits.by_disease[form.email]"), "cannot run: `form.email` has no value");
    assert_eq!(
        outcome("limits.by_disease[form.child]"),
        "cannot run: `form.child` is no text, and `limits.by_disease` is looked up by text"
    );
}

#[test]
fn a_condition_chooses_between_two_values() {
    assert_eq!(outcome("if form.poor { form.cost } else { 0 }"), "money 2400");
    assert_eq!(
        outcome("if form.child > 9 { 1 } else if form.child > 3 { 2 } else { 3 }"),
        "integer 2"
    );
    assert_eq!(outcome("if has(form.email) { form.email == \"x\" } else { true }"), "true");
    assert_eq!(
        outcome("if form.cost { 1 } else { 2 }"),
        "cannot run: `form.cost` is neither yes nor no"
    );
}

const FUNCTIONS: &str = r#"
// (money, integer) -> money
fn share(amount, people) {
    let each = amount / people;
    if each > 100 { return 100; }
    round(each, 2)
}

// (list) -> integer
fn youngest(family) {
    let age = 200;
    for member in family {
        if member.age < age { age = member.age; }
    }
    age
}

// (text) -> number
fn weight(disease) {
    switch disease {
        "heart" => 2.5,
        _ => 1,
    }
}

fn doubled(n) { let x = n; x += n; x /= 2; x * 2 }
fn halved(n) { n /= 2; n }
fn down(n) { if n == 0 { 0 } else { down(n - 1) } }
fn endless() { let i = 0; while true { i += 1; } i }
fn third(list) { let x = [1, 2, 3]; x[2] }
"#;

fn with_functions(source: &str) -> String {
    let guard = compiler(Some(FUNCTIONS)).unwrap().compile(source).unwrap();
    match Case::new().evaluate(&guard).result {
        Ok(value) => value.to_string(),
        Err(reason) => format!("cannot run: {reason}"),
    }
}

#[test]
fn declared_functions_run_with_the_same_operators() {
    for (source, expected) in [
        ("share(form.income, form.family.len() + 1)", "60.03"),
        ("share(form.cost, 2)", "100"),
        ("youngest(form.family)", "3"),
        ("weight(form.disease)", "2.5"),
        ("doubled(5)", "10"),
        ("halved(5)", "2.5"),
        ("third(form.family)", "3"),
        ("down(5)", "0"),
        ("doubled(form.disease)", "cannot run: in `doubled`: a text cannot be added to a text"),
    ] {
        assert_eq!(with_functions(source), expected, "{source}");
    }
}

#[test]
fn functions_are_bounded_by_steps_and_depth() {
    assert_eq!(with_functions("endless()"), "cannot run: it takes more than 20,000 steps");
    let reason = with_functions("down(50)");
    assert!(reason.ends_with("functions call each other more than 8 deep"), "{reason}");
}

#[test]
fn the_types_of_functions_are_read() {
    let compiler = compiler(Some(FUNCTIONS)).unwrap();
    let share = &compiler.functions()[0];
    assert_eq!(share.name, "share");
    assert_eq!(share.parameters, ["amount", "people"]);
    assert_eq!(&FUNCTIONS[share.span.clone()], "share");
    insta::assert_debug_snapshot!(share.types, @r"
    Some(
        (
            [
                Money,
                Integer,
            ],
            Money,
        ),
    )
    ");
    assert_eq!(compiler.functions()[3].types, None);
}

/// What is said of a wrong block of functions.
fn refused_functions(source: &str) -> String {
    let error = compiler(Some(source)).expect_err(source);
    let underlined = error.span.map_or("-", |span| &source[span]);
    let help = error.help.map_or(String::new(), |help| format!(" = {help}"));
    format!("{} @ {underlined}{help}", error.message)
}

#[test]
fn a_wrong_block_of_functions_is_refused_with_its_place() {
    for (source, expected) in [
        (
            "fn f(x) { form.cost }",
            "`form` is not known here @ form = a function sees its parameters only",
        ),
        ("let x = 5;", "only functions stand here @ let"),
        ("fn f(x) { eval(x) }", "`eval` is not part of the language @ eval"),
        ("fn f(x) { sleep(x) }", "unknown function `sleep` @ sleep"),
        ("fn f(x) { rond(x, 2) }", "unknown function `rond` @ rond = did you mean `round`?"),
        ("fn min(x, y) { x }", "`min` is a function of the language @ min"),
        ("fn f(x) { x }\nfn f(x, y) { x }", "`f` is declared twice @ fn f(x, y) { x }"),
        (
            "// (money, cash) -> money\nfn f(x, y) { x }",
            "unknown type `cash` @ // (money, cash) -> money = a type is text, integer, number, money, date, yes_no or list",
        ),
        (
            "// (money) -> money\nfn f(x, y) { x }",
            "1 types for 2 parameters of `f` @ // (money) -> money",
        ),
        (
            "// (money -> money\nfn f(x) { x }",
            "the types of a function cannot be read @ // (money -> money = write `// (money, integer) -> money`",
        ),
        ("fn f(x) { try { x } catch { 5 } }", "what cannot run is not caught @ try"),
        ("fn f(x) { throw x }", "a function throws nothing @ throw"),
        ("fn f(x) { `${x}` }", "a text holds no `${…}` @ `"),
        ("fn f(x) { x.push(1) }", "only `len()` stands after a dot @ push"),
        ("fn f(x) { x ** 2 }", "`**` is not part of the language @ *"),
        (
            "// (money) -> money\nfn f(x) { switch x { 5 => 1, _ => 2 } }",
            "`switch` needs a parameter whose type line says text, yes_no or integer @ switch = use `if` for numbers",
        ),
        ("fn f(x) { 5 ", "`}` is missing at the end @ "),
    ] {
        assert_eq!(refused_functions(source), expected, "{source}");
    }
    let endless = format!("fn f(x) {{ {} }}", "x + ".repeat(20_000));
    assert!(refused_functions(&endless).starts_with("the functions are longer"));
}

#[test]
fn a_score_is_a_number_and_a_voucher_and_a_claim_have_parts() {
    assert_eq!(compile("score * 2 > 5").unwrap().reads(), ["score"]);
    let reads = compile("claim.amount <= voucher.redeemed").unwrap();
    assert_eq!(reads.reads(), ["claim.amount", "voucher.redeemed"]);
    assert_eq!(refusal("score.sum > 5"), "`score` has no parts @ score.sum");
    assert_eq!(refusal("claim > 5"), "`claim` alone is no value @ claim = write `claim.…`");
    assert_eq!(
        refusal("has(voucher)"),
        "`voucher` alone is no value @ voucher = write `voucher.…`"
    );
}

#[test]
fn a_list_of_a_thousand_entries_and_a_long_text_are_evaluated() {
    let mut case = Case::new();
    let Some(crate::value::Value::List(family)) = case.form.get_mut("family") else {
        panic!("the family is a list")
    };
    let member = family[0].clone();
    family.resize(1_000, member);
    case.form.insert("story".to_owned(), crate::value::Value::Text("😀".repeat(10_000)));
    case.form.insert("address".to_owned(), crate::value::Value::Text("😀".repeat(10_000)));
    let guard = compile(
        "form.family.len() == 1000 && sum_of(form.family, \"age\") > 8000 && has(form.address)
            && any_where(form.family, \"name\", \"==\", \"Omar\") && form.address != \"x\" && form.story != form.name",
    );
    assert_eq!(case.evaluate(&guard.unwrap()).truth(), Ok(true));
    assert_eq!(evaluate("form.poor").truth(), Ok(true));
}
