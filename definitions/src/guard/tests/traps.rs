//! Each trap of the interpreter, with the answer to it.

use std::time::Instant;

use super::super::MAX_GUARD_BYTES;
use super::{Case, compile, compiler, evaluate, outcome, refusal};

#[test]
fn a_constant_map_that_makes_the_optimiser_panic_is_refused() {
    for body in [
        "const c = #{x: 1}; c.x = 5; c.x",
        "const c = #{x: 1}; c.x += 5; c.x",
        "const c = #{x: 1}; c[\"x\"] = 5; 1",
    ] {
        let ran = compiler(Some(&format!("fn f() {{ {body} }}")))
            .and_then(|compiler| compiler.compile("f() == 1"))
            .map(|guard| Case::new().evaluate(&guard).result);
        assert!(!matches!(ran, Ok(Ok(_))), "{body}: {ran:?}");
    }
}

#[test]
fn a_panic_can_be_caught_in_every_profile() {
    let workspace = include_str!("../../../../Cargo.toml");
    assert!(!workspace.replace(' ', "").contains("panic=\"abort\""));
}

#[test]
fn an_evaluation_sees_the_values_of_its_own_scope() {
    let guard = compile("form.cost > 100").unwrap();
    let mut case = Case::new();
    assert_eq!(case.evaluate(&guard).truth(), Ok(true));
    case.form.insert("cost".to_owned(), crate::value::Value::Money(50.into()));
    assert_eq!(case.evaluate(&guard).truth(), Ok(false));
}

#[test]
fn a_misspelt_name_is_no_silent_false() {
    assert_eq!(outcome("form.csot < 5"), "cannot run: `form.csot` has no value");
    assert_eq!(outcome("doctor.amount < 5"), "cannot run: `doctor.amount` has no value");
}

#[test]
fn sleep_eval_and_output_are_unknown() {
    for name in ["sleep", "timestamp", "rand", "exit", "take"] {
        let source = format!("{name}(1)");
        assert!(refusal(&source).starts_with(&format!("unknown function `{name}`")), "{name}");
    }
    for name in ["eval", "print", "debug", "type_of", "Fn", "call", "is_shared", "curry"] {
        let source = format!("{name}(\"1\")");
        assert!(compile(&source).is_err(), "{name}");
    }
}

#[test]
fn unlike_types_never_compare_to_false() {
    assert_eq!(outcome("\"a\" == 1"), "cannot run: a text cannot be compared with a number");
    assert_eq!(outcome("form.email == form.extra"), "cannot run: `form.email` has no value");
    assert_eq!(outcome("form.email != \"x\""), "cannot run: `form.email` has no value");
}

#[test]
fn statements_assignments_and_loops_are_no_expressions() {
    for source in [
        "form.cost = 5",
        "let x = 5",
        "let x = 5; x",
        "5; 6",
        "while true { }",
        "loop { }",
        "for x in 0..9 { }",
        "fn f() { 5 }",
        "|x| x",
        "#{x: 1}",
        "[1, 2]",
        "0..5",
        "'a'",
        "`a${1}`",
        "()",
        "this",
        "{ 5 }",
        "if form.poor { 5 }",
        "if form.poor { let x = 5; x } else { 6 }",
        "switch form.disease { \"heart\" => 1, _ => 2 }",
        "form?.cost",
        "form[\"cost\"]",
        "form.family[0]",
        "2 ** 3",
        "5 & 3",
        "5 << 1",
        "1e3",
        "",
        "   ",
        "import \"x\" as y",
        "return 5",
        "throw 5",
        "\u{0}",
        "form.cost <=",
        "(form.cost",
        "\"open",
    ] {
        let error = compile(source).expect_err(source);
        assert!(!error.message.is_empty() && !error.message.ends_with('.'), "{source}: {error:?}");
        if let Some(span) = error.span {
            assert!(source.get(span.clone()).is_some(), "{source}: {span:?}");
        }
    }
    assert_eq!(refusal("form.cost = 5").split(" @").next(), Some("`=` compares nothing"));
}

#[test]
fn pathological_expressions_are_refused_at_once() {
    let started = Instant::now();
    for source in [
        "(".repeat(4_000),
        "-".repeat(4_000),
        "!".repeat(4_000),
        "[".repeat(4_000),
        "if ".repeat(1_000),
        format!("{}1{}", "(".repeat(1_500), ")".repeat(1_500)),
        "1 + ".repeat(MAX_GUARD_BYTES),
        "form.a.".repeat(500),
        "\"".repeat(4_001),
    ] {
        assert!(compile(&source).is_err());
    }
    let chain = format!("form.cost{}", " + 1".repeat(25));
    assert_eq!(outcome(&chain), "money 2425");
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn a_chain_of_twenty_five_conditions_is_not_too_deep() {
    let chain = vec!["form.cost > 1"; 25].join(" && ");
    assert_eq!(evaluate(&chain).truth(), Ok(true));
}

#[test]
fn huge_texts_and_lists_inside_functions_are_stopped() {
    let functions = "fn grow() { let x = [1]; for i in 0..30 { x = [x, x]; } 1 }
        fn wide() { let t = \"a\"; for i in 0..60 { t += t; } 1 }
        fn range() { let n = 0; for i in 0..9999999999 { n = i; } n }";
    let compiler = compiler(Some(functions)).unwrap();
    for name in ["grow", "wide", "range"] {
        let guard = compiler.compile(&format!("{name}() == 1")).unwrap();
        assert!(Case::new().evaluate(&guard).result.is_err(), "{name}");
    }
}

#[test]
fn nothing_reads_a_clock_so_that_a_replay_decides_alike() {
    let functions = "fn count() { let n = 0; for i in 0..4000 { n += 1; } n }";
    let guard = compiler(Some(functions)).unwrap().compile("count() == 4000").unwrap();
    let case = Case::new();
    let first = case.evaluate(&guard);
    assert!(first.result.is_ok(), "{first:?}");
    assert!((0..20).all(|_| case.evaluate(&guard) == first));
}

#[test]
fn has_is_asked_of_a_missing_value_without_reading_it() {
    assert_eq!(outcome("has(form.email)"), "false");
    assert_eq!(outcome("has(form.email) && form.email == \"x\""), "false");
    assert_eq!(outcome("missing(doctor.amount)"), "true");
}

#[test]
fn the_same_evaluation_comes_out_the_same() {
    let guard = compile("form.income / 7 <= limits.ceiling && has(field)").unwrap();
    let case = Case::new();
    assert_eq!(case.evaluate(&guard), case.evaluate(&guard));
}

#[test]
fn guards_and_compilers_go_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<super::Guard>();
    shared::<super::Compiler>();
}

mod arbitrary {
    use proptest::prelude::*;
    use proptest::test_runner::Config;

    use super::super::super::evaluate::Run;
    use super::super::super::operand::Operand;
    use super::super::{Case, compile, compiler};

    /// Returns whether a message speaks of the interpreter or of a type of the program.
    fn leaks(message: &str) -> bool {
        let words = [
            "rhai",
            "Rhai",
            "::<",
            "Dynamic",
            "i64",
            "Decimal",
            "ImmutableString",
            "Amount",
            "EvalAlt",
            "closure",
            "LHS",
            "syntax",
            "Syntax",
            "variable",
            "()`",
            "script",
        ];
        words.iter().any(|word| message.contains(word)) || message.ends_with('.')
    }

    /// Words from which wrong and right expressions are made.
    fn word() -> impl Strategy<Value = String> {
        let words = [
            "form.cost",
            "form.email",
            "medical.amount",
            "limits.ceiling",
            "limits.by_disease",
            "today",
            "now",
            "has",
            "missing",
            "min",
            "sum_of",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ".",
            "&&",
            "||",
            "??",
            "?.",
            "!",
            "-",
            "+",
            "*",
            "/",
            "%",
            "==",
            "<",
            "<=",
            "in",
            "if",
            "else",
            "true",
            "\"heart\"",
            "\"",
            "5",
            "0.5",
            "'",
            "`",
            "${",
            "//",
            "/*",
            "let",
            "=",
            ";",
            "#{",
            "|",
            "..",
            "é",
            "\n",
            "form",
            "field",
            "len()",
            "switch",
            "fn",
            "this",
            "::",
            "->",
            "=>",
        ];
        proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
    }

    proptest! {
        #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

        #[test]
        fn text_never_panics_the_compiler(source in any::<String>()) {
            let _ = compile(&source);
            let _ = compiler(Some(&source));
        }

        #[test]
        fn words_never_panic_and_spans_are_in_the_text(words in prop::collection::vec(word(), 0..12)) {
            let source = words.join(" ");
            match compile(&source) {
                Ok(guard) => {
                    for (_, span) in guard.read_spans() {
                        prop_assert!(source.get(span.clone()).is_some());
                    }
                    let evaluation = Case::new().evaluate(&guard);
                    prop_assert!(!evaluation.explanation.is_empty());
                }
                Err(error) => {
                    prop_assert!(!leaks(&error.message), "{source}: {}", error.message);
                    if let Some(span) = error.span {
                        prop_assert!(source.get(span).is_some());
                    }
                }
            }
            if let Err(error) = compiler(Some(&source)) {
                prop_assert!(!leaks(&error.message), "{source}: {}", error.message);
            }
        }
    }

    /// Expressions that are well formed.
    fn expression() -> impl Strategy<Value = String> {
        let leaf = proptest::sample::select(vec![
            "form.cost",
            "form.child",
            "form.weight",
            "form.email",
            "form.poor",
            "medical.amount",
            "limits.ceiling",
            "limits.share",
            "3",
            "-2",
            "0.25",
            "true",
            "today",
            "form.family.len()",
            "\"heart\"",
            "form.disease",
        ])
        .prop_map(str::to_owned);
        leaf.prop_recursive(4, 24, 2, |inner| {
            let signs =
                vec!["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "??"];
            prop_oneof![
                (inner.clone(), proptest::sample::select(signs), inner.clone())
                    .prop_map(|(left, sign, right)| format!("({left}) {sign} ({right})")),
                inner.clone().prop_map(|value| format!("-({value})")),
                inner.clone().prop_map(|value| format!("!({value})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("min({a}, {b})")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("if has(form.email) {{ {a} }} else {{ {b} }}")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("{a} in [{b}, 5]")),
            ]
        })
    }

    proptest! {
        #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

        #[test]
        fn an_explanation_computes_as_the_interpreter_does(source in expression()) {
            let case = Case::new();
            if let Ok(guard) = compile(&source) {
                let root = &guard.compiled.root;
                let mut run = Run::new(&guard.compiled, &[], &case.scope());
                let (explained, run) = (run.value(root), run.run(&root.ast));
                prop_assert_eq!(explained.is_ok(), run.is_ok(), "{:?} {:?}", explained, run);
                if let (Ok(explained), Ok(run)) = (explained, run) {
                    prop_assert_eq!(Operand::of(&explained), Operand::of(&run));
                }
            }
        }

        #[test]
        fn an_expression_written_by_us_means_the_same(source in expression()) {
            let case = Case::new();
            if let Ok(guard) = compile(&source) {
                let written = guard.compiled.root.text.clone();
                match compile(&written) {
                    Ok(again) => {
                        prop_assert_eq!(&again.compiled.root.text, &written);
                        prop_assert_eq!(case.evaluate(&again).result, case.evaluate(&guard).result);
                    }
                    // Without parentheses the parser sees sooner that a number is no condition.
                    Err(error) => prop_assert!(error.message.starts_with("yes or no is needed"), "{written}: {error:?}"),
                }
            }
        }
    }
}
