//! Guards against what their stage may read: types, and values that may be missing.

use annona_definitions::compile;

/// A programme whose first stage may be passed over and whose second may be skipped.
const AID: &str = r"format: 1
programme: aid
title: Aid
currency: USD
limits: {ceiling: 50, days: 30, by_area: {north: 2, south: 3}}
functions: |
  // doubles a number
  // (number) -> number
  fn twice(x) { x * 2 }
  fn free(x) { x }
roles: {clerk: Clerk, nurse: Nurse, boss: Boss}
form:
  name: {label: Name, type: text}
  phone: {label: Phone, type: phone}
  email: {label: E-mail, type: email, optional: true}
  area: {label: Area, type: choice, options: [north, south]}
  born: {label: Born, type: date, personal: true}
  cost: {label: Cost, type: money}
  extra: {label: Extra, type: money, optional: true}
  family: {label: Family, type: list, of: {age: integer, income: money}}
eligibility:
  - {require: ELIGIBLE, otherwise: late}
stages:
  - stage: visit
    role: clerk
    asks: {seen: {label: Seen, type: yes_no}, note: {label: Note, type: text, optional: true}}
    approve_if: VISIT
    due: 2 days
    if_late: [{after: 3 days, do: pass}]
  - stage: health
    role: nurse
    skip_if: SKIP
    asks: {amount: {label: Amount, type: money}}
    due: 2 days
  - stage: final
    role: boss
    role_if: {clerk: ROUTE}
    approve_if: FINAL
    asks: {amount: {label: Amount, type: money}}
    due: 1 day
reasons:
  reject: {late: Too late}
voucher: {amount: AMOUNT, valid: 30 days, providers: [shop]}
keep: 7 years
";

/// Guards that are right, by the word they stand for.
const RIGHT: [(&str, &str); 6] = [
    ("ELIGIBLE", "form.cost > 5"),
    ("VISIT", "visit.seen"),
    ("SKIP", "form.cost < 5"),
    ("ROUTE", "form.cost < 5"),
    ("FINAL", "final.amount <= form.cost"),
    ("AMOUNT", "final.amount"),
];

/// Returns what is found when one guard is replaced: code, underlined text, message.
fn found(word: &str, guard: &str) -> Vec<String> {
    let mut text = AID.to_owned();
    for (known, right) in RIGHT {
        let guard = if known == word { guard } else { right };
        text = text.replace(known, &format!("'{guard}'"));
    }
    let report = compile("aid.yaml", text.as_bytes()).report;
    let show = |finding: &annona_definitions::Finding| {
        let place = finding.places.first();
        let under = place.map_or("", |place| report.source().slice(place.span.clone()));
        format!("{} @ {under}: {}", finding.code.id, finding.message)
    };
    // That `free` has no types is found whatever the guards are.
    report.findings().iter().filter(|finding| finding.code.id != "G114").map(show).collect()
}

#[test]
fn a_guard_may_read_what_is_certainly_there_and_test_the_rest() {
    for (word, guard) in [
        ("ELIGIBLE", "form.cost <= limits.ceiling * 3 && years_between(form.born, today) < 18"),
        ("ELIGIBLE", "(form.extra ?? 0) <= 5"),
        ("ELIGIBLE", "has(form.email) && form.email != form.name"),
        ("ELIGIBLE", "sum_of(form.family, \"income\") / form.cost < 1"),
        ("ELIGIBLE", "limits.by_area[form.area] > 1"),
        ("ELIGIBLE", "add_days(form.born, limits.days) < today"),
        ("ELIGIBLE", "has(applicant.email) && applicant.phone == applicant.email"),
        ("VISIT", "visit.seen && (missing(visit.note) || visit.note != form.name)"),
        ("SKIP", "has(visit) && visit.seen"),
        ("SKIP", "if has(visit.seen) { visit.seen } else { form.cost < 5 }"),
        ("ROUTE", "(health.amount ?? 0) > 5"),
        ("FINAL", "missing(health) || health.amount >= final.amount"),
        ("FINAL", "twice(5) > 5 && free(form.cost)"),
        ("AMOUNT", "min(final.amount, twice(limits.ceiling), health.amount ?? 5)"),
        ("AMOUNT", "if has(health) { health.amount } else { 5 }"),
    ] {
        assert_eq!(found(word, guard), [""; 0], "{word}: {guard}");
    }
}

#[test]
fn a_value_that_may_be_missing_is_found_at_every_guard() {
    for (word, guard, expected) in [
        ("ELIGIBLE", "form.extra < 5", "G110 @ form.extra: `form.extra` may have no value"),
        (
            "ELIGIBLE",
            "applicant.email == form.name",
            "G110 @ applicant.email: `applicant.email` may have no value",
        ),
        (
            "ELIGIBLE",
            "form.email == \"x\" && has(form.email)",
            "G110 @ form.email: `form.email` may have no value",
        ),
        (
            "VISIT",
            "visit.seen && visit.note == \"x\"",
            "G110 @ visit.note: `visit.note` may have no value",
        ),
        ("SKIP", "visit.seen", "G110 @ visit.seen: `visit.seen` may have no value"),
        (
            "SKIP",
            "has(visit) && visit.note == \"x\"",
            "G110 @ visit.note: `visit.note` may have no value",
        ),
        ("ROUTE", "health.amount > 5", "G110 @ health.amount: `health.amount` may have no value"),
        (
            "FINAL",
            "has(visit) && health.amount > 5",
            "G110 @ health.amount: `health.amount` may have no value",
        ),
        ("AMOUNT", "health.amount", "G110 @ health.amount: `health.amount` may have no value"),
        (
            "AMOUNT",
            "health.amount ?? form.extra",
            "G110 @ form.extra: `form.extra` may have no value",
        ),
    ] {
        assert_eq!(found(word, guard), [expected], "{word}: {guard}");
    }
}

#[test]
fn what_is_not_there_yet_is_found_once() {
    for (word, guard, expected) in [
        (
            "ELIGIBLE",
            "visit.seen",
            "G103 @ visit.seen: `visit.seen` is read before stage `visit` is decided",
        ),
        (
            "SKIP",
            "health.amount > 5",
            "G103 @ health.amount: `health.amount` is read before stage `health` is decided",
        ),
        (
            "ROUTE",
            "final.amount > \"5\"",
            "G103 @ final.amount: `final.amount` is read before stage `final` is decided; G109 @ final.amount > \"5\": an amount cannot be compared with a text",
        ),
        (
            "ELIGIBLE",
            "applicant.language == \"en\"",
            "G101 @ applicant.language: `applicant.language` does not exist: no field of the form holds it",
        ),
    ] {
        assert_eq!(found(word, guard).join("; "), expected, "{word}: {guard}");
    }
}

#[test]
fn types_are_checked_at_every_guard() {
    for (word, guard, expected) in [
        ("ELIGIBLE", "form.area == \"nort\"", "G112 @ \"nort\": `nort` is none of the options"),
        ("ELIGIBLE", "form.cost", "G111 @ 'form.cost': yes or no is needed here, not an amount"),
        (
            "ELIGIBLE",
            "any_where(form.family, \"agee\", \"<\", 5)",
            "G109 @ \"agee\": an entry of `form.family` has no `agee`",
        ),
        (
            "SKIP",
            "form.born > form.cost",
            "G109 @ form.born > form.cost: a date cannot be compared with an amount",
        ),
        (
            "ROUTE",
            "form.cost * form.cost > 5",
            "G109 @ form.cost * form.cost: an amount cannot be multiplied by an amount",
        ),
        ("FINAL", "twice(form.name) > 5", "G109 @ form.name: `twice` needs a number here"),
        ("AMOUNT", "form.born", "G111 @ 'form.born': an amount is needed here, not a date"),
        (
            "AMOUNT",
            "if form.cost > 5 { form.cost } else { \"none\" }",
            "G111 @ 'if form.cost > 5 { form.cost } else { \"none\" }': an amount is needed here, not a text",
        ),
        (
            "AMOUNT",
            "form.cost / limits.ceiling - form.born",
            "G109 @ form.cost / limits.ceiling - form.born: a date cannot be taken from an amount",
        ),
    ] {
        assert_eq!(found(word, guard), [expected], "{word}: {guard}");
    }
}

#[test]
fn a_guard_that_is_not_verified_is_shown_beside_the_function() {
    let text = RIGHT.iter().fold(AID.to_owned(), |text, (word, right)| {
        text.replace(
            word,
            if *word == "FINAL" { "free(form.cost) && final.amount > 5" } else { right },
        )
    });
    insta::assert_snapshot!(compile("aid.yaml", text.as_bytes()).report.to_text(false), @r"
    warning[G114]: the types of `free` are not declared
      --> aid.yaml:10:6
       |
    10 |   fn free(x) { x }
       |      ^^^^ expected a comment line with its types above it
    ...
    38 |     approve_if: free(form.cost) && final.amount > 5
       |                 --------------- not verified
       |
       = help: write the line `// (number) -> number` above it, with the types that are meant      (annona explain G114)
    ");
}

#[test]
fn a_value_that_may_be_missing_is_explained_with_the_likely_fix() {
    let text = RIGHT.iter().fold(AID.replace("  fn free(x) { x }\n", ""), |text, (word, right)| {
        text.replace(word, if *word == "ROUTE" { "health.amount > limits.ceiling" } else { right })
    });
    insta::assert_snapshot!(compile("aid.yaml", text.as_bytes()).report.to_text(false), @r"
    error[G110]: `health.amount` may have no value
      --> aid.yaml:36:22
       |
    36 |     role_if: {clerk: health.amount > limits.ceiling}
       |                      ^^^^^^^^^^^^^ the stage `health` may be left out
       |
       = help: test it first (`has(health.amount) && …`), or say what counts instead: `(health.amount ?? 0)`      (annona explain G110)
    ");
}
