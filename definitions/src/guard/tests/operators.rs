//! Every operator over every pair of kinds, through rhai.

use super::outcome;

/// One expression of every kind; the last has no value.
const KINDS: [(&str, &str); 10] = [
    ("whole", "form.child"),
    ("number", "form.weight"),
    ("money", "form.cost"),
    ("text", "form.disease"),
    ("date", "form.visit"),
    ("instant", "now"),
    ("yes_no", "form.poor"),
    ("list", "form.family"),
    ("document", "form.estimate"),
    ("nothing", "form.email"),
];

/// The kind of every result: `i`nteger, `n`umber, `m`oney, `t`ruth, `-` cannot run. One row for each left side, one column for
/// each right side, in the order of [`KINDS`].
fn table(sign: &str) -> String {
    let kind_of = |outcome: &str| match outcome.split(' ').next() {
        Some("integer") => 'i',
        Some("number") => 'n',
        Some("money") => 'm',
        Some("true" | "false") => 't',
        _ => '-',
    };
    let row = |left: &str| -> String {
        KINDS
            .iter()
            .map(|(_, right)| kind_of(&outcome(&format!("{left} {sign} {right}"))))
            .collect()
    };
    KINDS.iter().map(|(_, left)| row(left)).collect::<Vec<_>>().join("\n")
}

#[test]
fn addition_and_subtraction_work_on_numbers_and_make_amounts_beside_an_amount() {
    for sign in ["+", "-"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(table(sign), @r"
            inm-------
            nnm-------
            mmm-------
            ----------
            ----------
            ----------
            ----------
            ----------
            ----------
            ----------
            ");
        }
    }
}

#[test]
fn an_amount_is_multiplied_by_a_number_only() {
    insta::assert_snapshot!(table("*"), @r"
    inm-------
    nnm-------
    mm--------
    ----------
    ----------
    ----------
    ----------
    ----------
    ----------
    ----------
    ");
}

#[test]
fn an_amount_by_an_amount_is_a_number_and_a_whole_by_a_whole_is_exact() {
    insta::assert_snapshot!(table("/"), @r"
    nn--------
    nn--------
    mmn-------
    ----------
    ----------
    ----------
    ----------
    ----------
    ----------
    ----------
    ");
}

#[test]
fn a_remainder_is_for_plain_numbers() {
    insta::assert_snapshot!(table("%"), @r"
    in--------
    nn--------
    ----------
    ----------
    ----------
    ----------
    ----------
    ----------
    ----------
    ----------
    ");
}

#[test]
fn equality_is_for_values_of_one_kind() {
    for sign in ["==", "!="] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(table(sign), @r"
            ttt-------
            ttt-------
            ttt-------
            ---t------
            ----t-----
            -----t----
            ------t---
            ----------
            ----------
            ----------
            ");
        }
    }
}

#[test]
fn order_is_for_numbers_and_for_dates() {
    for sign in ["<", "<=", ">", ">="] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(table(sign), @r"
            ttt-------
            ttt-------
            ttt-------
            ----------
            ----t-----
            -----t----
            ----------
            ----------
            ----------
            ----------
            ");
        }
    }
}

#[test]
fn membership_compares_as_equality_does() {
    for (_, left) in KINDS {
        for (_, right) in KINDS {
            let equal = outcome(&format!("{left} == {right}"));
            assert_eq!(outcome(&format!("{left} in [{right}]")), equal, "{left} in [{right}]");
        }
    }
}

#[test]
fn and_and_or_need_yes_or_no_on_both_sides() {
    for sign in ["&&", "||"] {
        let left = if sign == "&&" { "true" } else { "false" };
        for (kind, value) in KINDS {
            let expected = kind == "yes_no";
            let (first, second) = (
                outcome(&format!("{value} {sign} {left}")),
                outcome(&format!("{left} {sign} {value}")),
            );
            assert_eq!(!first.starts_with("cannot run"), expected, "{kind} {sign}: {first}");
            assert_eq!(!second.starts_with("cannot run"), expected, "{sign} {kind}: {second}");
        }
    }
}

#[test]
fn the_signs_before_a_value_need_their_kind() {
    let kinds =
        |sign: &str| -> String {
            KINDS
                .iter()
                .map(|(_, value)| {
                    if outcome(&format!("{sign}{value}")).starts_with("cannot") { '-' } else { 'x' }
                })
                .collect()
        };
    assert_eq!(kinds("-"), "xxx-------");
    assert_eq!(kinds("!"), "------x---");
}

#[test]
fn a_default_stands_in_for_a_missing_value_only() {
    assert_eq!(outcome("form.email ?? \"none\""), "\"none\"");
    assert_eq!(outcome("form.child ?? 0"), "integer 4");
    assert_eq!(outcome("form.extra ?? 0 < 5"), "true");
    assert_eq!(outcome("form.extra ?? form.more"), "cannot run: the result has no value");
}

#[test]
fn results_are_exact() {
    for (source, expected) in [
        ("5 / 2", "number 2.5"),
        ("4 / 2", "number 2"),
        ("7 % 4", "integer 3"),
        ("0.1 + 0.2 == 0.3", "true"),
        ("1 == 1.0", "true"),
        ("form.cost == 2400.00", "true"),
        ("form.cost * 0.1", "money 240.0"),
        ("form.cost / 7", "money 342.85714285714285714285714286"),
        ("form.income + 0.15", "money 180.25"),
        ("form.cost / form.income > 13", "true"),
        ("form.income / (form.family.len() + 1) <= 60.04", "true"),
        ("200000.10 - 200000", "number 0.10"),
        ("2 + 3 * 4 - -1", "integer 15"),
        ("(2 + 3) * 4", "integer 20"),
        ("9223372036854775807 == 9223372036854775807.0", "true"),
    ] {
        assert_eq!(outcome(source), expected, "{source}");
    }
}

#[test]
fn what_does_not_fit_or_divides_by_zero_cannot_run() {
    for source in ["1 / 0", "1 % 0", "1.5 / 0", "form.cost / 0", "form.cost / (form.child - 4)"] {
        assert_eq!(outcome(source), "cannot run: a number cannot be divided by zero", "{source}");
    }
    for source in [
        "9223372036854775807 + 1",
        "9223372036854775807 * 2",
        "-9223372036854775807 - 2",
        "79228162514264337593543950335 + 1.0",
        "79228162514264337593543950335 * 10",
        "form.cost * 79228162514264337593543950335",
    ] {
        assert_eq!(outcome(source), "cannot run: the result is too large", "{source}");
    }
}

#[test]
fn unlike_values_are_refused_in_words_that_name_no_type_of_the_program() {
    for (source, expected) in [
        ("form.cost <= \"5000\"", "an amount cannot be compared with a text"),
        ("form.disease == 1", "a text cannot be compared with a number"),
        ("form.disease < \"zebra\"", "a text has no order"),
        ("form.poor < true", "yes or no has no order"),
        ("form.visit == \"2026-02-27\"", "a date cannot be compared with a text"),
        ("form.visit - form.visit", "a date cannot be taken from a date: use `days_between`"),
        ("form.visit + 1", "a date cannot be added to a number"),
        ("form.cost * form.cost", "an amount cannot be multiplied by an amount"),
        ("1 / form.cost", "a number cannot be divided by an amount"),
        ("form.family == 2", "a list cannot be compared with a number"),
        ("form.estimate == \"d-1\"", "a document cannot be compared with a text"),
        ("form.email == \"a@b.c\"", "`form.email` has no value"),
        ("-form.disease", "a text has no negative"),
        ("!form.cost", "`!` needs yes or no, not an amount"),
        ("now == today", "an instant cannot be compared with a date"),
    ] {
        assert_eq!(outcome(source), format!("cannot run: {expected}"), "{source}");
    }
}
