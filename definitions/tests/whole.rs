//! Rules of the parts that are checked and not run yet: one mistake for each, in a definition that has them all.

use annona_definitions::diagnostic::codes;
use annona_definitions::{Finding, compile};

/// A definition that uses the whole language; all that is found are notes.
const EVERYTHING: &str = include_str!("everything.yaml");

/// A text of [`EVERYTHING`], what stands there instead, and what is found: code, underlined text, message.
type Mistake = (&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    // The window.
    ("from: 2026-01-01, until", "from: soon, until", &[("T109", "soon", "`soon` is no date")]),
    ("late: hold", "late: keep", &[("S004", "keep", "`keep` is not allowed here")]),

    ("from: 2026-01-01, until: 2026-12-31, late: hold", "late: hold", &[("S002", "window", "the key `from` is missing")]),

    // The score.
    ("wall: {bands: {mud: 10, brick: 0}}", "walls: {bands: {mud: 10, brick: 0}}", &[("N004", "walls", "there is no field `walls`")]),
    ("{mud: 10, brick: 0}", "{mud: 10}", &[("V106", "bands", "no points for: brick")]),
    ("{mud: 10, brick: 0}", "{mud: 10, brik: 0}", &[("V106", "brik", "`brik` is no option of `wall`")]),
    ("{\"yes\": 5, \"no\": 0}", "{\"yes\": 5}", &[("V106", "bands", "no points for: no")]),
    ("{up_to: 100.50, points: 5}", "{up_to: 50, points: 5}", &[("V106", "50", "the ranges do not rise")]),
    ("{up_to: 50, points: 0}", "{points: 0}", &[("V106", "{points: 0}", "this range takes all numbers, so that those after it never count")]),
    ("{points: 10}]", "{up_to: 500, points: 10}]", &[("V106", "up_to", "the last range leaves larger numbers without points")]),
    ("wall: {bands: {mud: 10, brick: 0}}", "wall: {weight: 2}", &[("N011", "weight", "`wall` cannot be scored so")]),
    ("members: {weight: -2}", "members: {bands: {few: 2}}", &[("N011", "bands", "`members` cannot be scored so")]),
    ("members: {weight: -2}", "paper: {weight: -2}", &[("N011", "weight", "`paper` cannot be scored so")]),
    ("members: {weight: -2}", "members: {weight: two}", &[("S006", "two", "`two` is no number")]),
    ("  cut_off: 40\n", "", &[("S002", "score", "the key `cut_off` is missing")]),
    ("otherwise: too_rich\nbudget", "otherwise: rich\nbudget", &[("N003", "rich", "there is no reason `rich`")]),
    ("approve_if: check.seen && score > 0", "approve_if: check.seen && score", &[("G109", "score", "`score` is neither yes nor no")]),

    // The budget.
    ("total: 2000000", "total: 0", &[("S006", "0", "a number above 0 is expected here")]),
    ("per: year", "per: week", &[("S004", "week", "`week` is not allowed here")]),
    ("starts: 2026-04-01", "starts: april", &[("T109", "april", "`april` is no date")]),
    ("priority: score + form.members", "priority: form.poor", &[("G111", "form.poor", "a number is needed here, not yes or no")]),
    ("priority: score + form.members", "priority: 5", &[("G105", "5", "this is the same for every application")]),
    ("per: year", "per: programme", &[("S008", "carry_over", "`carry_over` does not belong to a budget of one period")]),
    ("when_empty: wait, priority: score + form.members", "when_empty: reject", &[("S002", "budget", "the key `reason` is missing"), ("M106", "waiting", "`waiting` is never sent"), ("V107", "release_waiting", "no approval ever waits"), ("X108", "waiting", "no approval ever waits")]),
    ("when_empty: wait,", "when_empty: wait, reason: too_rich,", &[("S008", "reason", "`reason` does not belong to this kind of entry")]),

    // Eligibility.
    ("across: [flood-relief]", "across: [everything]", &[("S004", "everything", "`everything` is this programme")]),
    ("across: [flood-relief]", "across: [Flood relief]", &[("S010", "Flood relief", "`Flood relief` is no name of a programme")]),
    ("require: score <= 40 || form.members > 10,", "require: score <= 40, across: [other],", &[("S008", "across", "`across` does not belong to this kind of entry")]),

    // Emergencies.
    ("{if: form.cost < 100", "{if: check.seen", &[("G103", "check.seen", "`check.seen` is read before stage `check` is decided")]),
    ("\"min(form.cost, 50)\"", "form.poor", &[("G111", "form.poor", "an amount is needed here")]),
    ("\"min(form.cost, 50)\"", "6000", &[("V104", "6000", "the amount is above the ceiling")]),
    ("ratify_within: 3 working days, ", "", &[("S002", "emergency", "the key `ratify_within` is missing")]),
    ("role: director}\nstages", "role: directer}\nstages", &[("N001", "directer", "there is no role `directer`")]),

    // Assignment and approvals.
    ("to: least_busy, match: district", "to: least_busy, match: distrikt", &[("N004", "distrikt", "there is no field `distrikt`")]),
    ("to: least_busy, match: district", "to: least_busy, match: income", &[("N011", "income", "`income` is a field of type money, which is never an officer's attribute")]),
    ("to: least_busy, match: district", "to: least_busy, person: ama", &[("S008", "person", "`person` does not belong to this kind of entry")]),
    ("to: person, person: ama", "to: person", &[("S002", "assign", "the key `person` is missing")]),
    ("assign: {to: person, person: ama}", "assign: {to: person, person: ama}\n        approvals: 2", &[("P110", "assign", "one person cannot give several approvals")]),
    ("approvals: 2\n", "approvals: none\n", &[("S004", "none", "`none` is not allowed here")]),
    ("approvals: 2\n", "approvals: 0\n", &[("S006", "0", "the number is below 1")]),
    ("{role: doctor, count: 2}, {role: director}", "{role: doctor, count: 2}, {role: doctor}", &[("N012", "doctor", "two seats are called `doctor`")]),
    ("{role: doctor, count: 2}, {role: director}", "{role: doktor, count: 2}, {role: director}", &[("N001", "doktor", "there is no role `doktor`")]),
    ("  - stage: board\n", "  - stage: board\n    role_if: {clerk: form.poor}\n", &[("P110", "role_if", "`role_if` stands beside a list of approvals")]),
    ("  - stage: final\n    role: director\n", "  - stage: final\n", &[("S002", "", "the key `role` is missing")]),

    // Groups.
    ("medical.needed && (check.seen ?? false)", "medical.needed && home.rooms > 1", &[("G103", "home.rooms", "`home.rooms` is read before stage `home` is decided")]),
    ("to: [applicant, check], answer", "to: [applicant, home], answer", &[("P101", "home", "`home` is not an earlier stage")]),
    ("title: {en: Visits, fr: Visites}", "role: clerk", &[("S008", "role", "`role` does not belong to this kind of entry")]),
    ("stage: home\n", "stage: check\n", &[("N009", "check", "two stages are called `check`"), ("G101", "home.rooms", "`home.rooms` does not exist")]),
    ("stage: visits", "stage: check", &[("N009", "check", "two stages are called `check`"), ("N002", "visits", "there is no stage `visits`")]),
    ("asks: {rooms:", "on_approve: issue_voucher\n        asks: {rooms:", &[("P104", "issue_voucher", "`issue_voucher` belongs to the group")]),
    ("role: clerk\n        assign", "role: clark\n        assign", &[("N001", "clark", "there is no role `clark`"), ("X105", "rooms", "`rooms` is not asked here")]),

    ("asks: {rooms:", "on_approve: {webhook: legder}\n        asks: {rooms:", &[("N018", "legder", "there is no webhook `legder`")]),
    ("  - stage: final\n    role: director\n    approvals: all\n    due: 3 days\n", "  - stage: final\n    parallel:\n      - {stage: one, role: director, due: 3 days, skip_if: form.poor}\n      - {stage: two, role: doctor, due: 3 days, if_late: [{after: 5 days, do: pass}]}\n", &[("P103", "skip_if", "the stage that issues the voucher cannot be skipped"), ("P103", "pass", "the stage that issues the voucher cannot be passed over")]),
    ("    - stage: payment\n      role: accountant\n      due: 2 days\n      on_approve: pay\n", "    - stage: payment\n      parallel:\n        - {stage: one, role: accountant, due: 2 days, on_approve: pay}\n        - {stage: two, role: director, due: 2 days, if_late: [{after: 5 days, do: approve}]}\n", &[("P112", "pay", "`pay` belongs to the group"), ("P103", "approve", "the stage that pays cannot be approved by time")]),
    ("stage: board", "stage: provider", &[("N010", "provider", "a claim is sent back to the `provider`")]),
    ("{to: visits}", "{to: final}", &[("P101", "final", "`final` is not an earlier stage")]),

    // Time and other systems.
    ("{after: 5 days, do: approve}", "{after: 2 days, do: approve}", &[("T103", "2 days", "this happens before the deadline")]),
    ("{after: 5 days, do: approve}", "{after: 5 days, do: approve, reason: too_rich}", &[("S008", "reason", "`reason` does not belong to this kind of entry")]),
    ("medical.needed && (check.seen ?? false)", "medical.needed && check.seen", &[("G110", "check.seen", "`check.seen` may have no value")]),
    ("do: webhook, to: ledger}\n      - {after: 5", "do: webhook, to: legder}\n      - {after: 5", &[("N018", "legder", "there is no webhook `legder`")]),
    ("do: webhook, to: ledger}\n      - {after: 5", "do: webhook}\n      - {after: 5", &[("S002", "", "the key `to` is missing")]),
    ("[issue_voucher, {webhook: ledger}]", "[issue_voucher, {webhook: legder}]", &[("N018", "legder", "there is no webhook `legder`")]),
    ("[issue_voucher, {webhook: ledger}]", "[issue_vouchers]", &[("S004", "issue_vouchers", "`issue_vouchers` is not allowed here")]),
    ("[issue_voucher, {webhook: ledger}]", "[issue_voucher, pay]", &[("P112", "pay", "only the last stage of a reimbursement pays")]),
    ("approvals: all\n    due: 3 days", "approvals: all\n    due: 3 days\n    if_late: [{after: 5 days, do: approve}]", &[("P103", "approve", "the stage that issues the voucher cannot be approved by time")]),
    ("https://ledger.example", "ftp://ledger.example", &[("S015", "\"ftp://ledger.example/annona?x=1\"", "`ftp://ledger.example/annona?x=1` is no address of the web")]),
    ("events: [voucher_issued, claim_paid]", "events: [voucher_isued]", &[("N017", "voucher_isued", "there is no event `voucher_isued`")]),
    ("LEDGER_SECRET", "ledger-secret", &[("S010", "ledger-secret", "`ledger-secret` is not written as variables are")]),

    // The voucher.
    ("redeem: {times: 4, partial: yes, check: phone, offline_up_to: 500,", "redeem: {times: 4, partial: yes, check: phone, offline_up_to: 0,", &[("S006", "0", "a number above 0 is expected here")]),
    ("voucher.amount * 0.1", "voucher.total * 0.1", &[("G101", "voucher.total", "`voucher.total` does not exist")]),
    ("form.cost * 0.8", "form.poor", &[("G111", "form.poor", "an amount is needed here")]),
    ("paper: A5", "paper: A3", &[("S004", "A3", "`A3` is not allowed here")]),
    ("languages: [en, fr], show", "languages: [en, de], show", &[("N005", "de", "`de` is none of the programme's languages")]),
    ("valid_until, code]", "valid_to, code]", &[("N004", "valid_to", "there is no field `valid_to`")]),
    ("show: [name", "show: [paper", &[("N011", "paper", "`paper` is a field of type file, which cannot be printed")]),
    ("profile: claim-169", "profile: claim-196", &[("S004", "claim-196", "`claim-196` is not allowed here")]),
    ("region: district", "region: north", &[("N004", "north", "there is no field `north`")]),

    // The reimbursement.
    ("claim.amount <= voucher.redeemed", "claim.amount <= voucher.redemed", &[("G101", "voucher.redemed", "`voucher.redemed` does not exist")]),
    ("claim.amount <= voucher.redeemed", "claim.sum <= voucher.redeemed", &[("G101", "claim.sum", "`claim.sum` does not exist")]),
    ("claim.amount <= voucher.redeemed && form.members > 0", "accounts.matches", &[("G103", "accounts.matches", "`accounts.matches` is read before stage `accounts` is decided")]),
    ("fr: Montant}, type: money}", "fr: Montant}, type: integer}", &[("N011", "amount", "`amount` is what is claimed")]),
    ("claim_within: 30 days", "claim_within: 30 working days", &[("T101", "30 working days", "working time does not count here")]),
    ("      due: 2 days\n      on_approve: pay", "      due: 2 days\n      skip_if: claim.amount < 5", &[("P103", "skip_if", "the stage that pays cannot be skipped")]),
    ("      due: 2 days\n      on_approve: pay", "      due: 2 days\n      if_late: [{after: 3 days, do: pass}]", &[("P103", "pass", "the stage that pays cannot be passed over")]),
    ("      due: 2 days\n      on_approve: pay", "      due: 2 days\n      on_approve: issue_voucher", &[("P104", "issue_voucher", "a reimbursement pays, and issues no voucher")]),
    ("to: provider, answer_within", "to: applicant, answer_within", &[("N002", "applicant", "there is no stage `applicant`")]),
    ("to: provider, answer_within: 10 days,", "to: provider,", &[("T107", "send_back", "nothing says how long the answer may take")]),
    ("documents: [invoice]", "documents: [amount]", &[("P102", "amount", "`amount` is a field of type money, not a document")]),
    ("stage: payment", "stage: check", &[("N009", "check", "two stages are called `check`")]),

    // The appeal.
    ("within: 30 days, role: director, due: 10 working days", "within: 30 days", &[("S002", "appeal", "the key `role` is missing")]),
    ("within: 30 days, role: director, due: 10 working days", "role: director", &[("S002", "appeal", "the key `within` is missing")]),
    ("role: director, due: 10 working days", "role: director, stages: [{stage: again, role: director, due: 3 days}]", &[("P110", "role", "an appeal has a role or stages, not both")]),
    ("role: director, due: 10 working days", "due: 3 days, stages: [{stage: again, role: director, due: 3 days}]", &[("S008", "due", "`due` does not belong to an appeal with stages")]),
    ("role: director, due: 10 working days", "stages: [{stage: again, role: director, due: 3 days, on_approve: issue_voucher}]", &[("P104", "issue_voucher", "an appeal issues no voucher")]),
    ("role: director, due: 10 working days", "stages: [{stage: again, role: director, due: 3 days, approve_if: check.seen}]", &[("G110", "check.seen", "`check.seen` may have no value")]),
    ("stage: board", "stage: appeal", &[("N010", "appeal", "an appeal is a stage of this name already")]),

    // Schedules.
    ("do: digest, to: director", "do: digest", &[("S002", "", "the key `to` is missing")]),
    ("do: digest, to: director", "do: digest, to: directer", &[("N001", "directer", "there is no role `directer`")]),
    ("do: webhook, to: ledger}\n  - {name: expire", "do: webhook, to: legder}\n  - {name: expire", &[("N018", "legder", "there is no webhook `legder`")]),
    ("do: expire_vouchers}", "do: expire_vouchers, to: director}", &[("S008", "to", "`to` does not belong to this kind of entry")]),

    // Tests.
    ("queue: clerk", "queue: clark", &[("X106", "clark", "the queue can never be `clark`")]),
    ("claim.status: paid", "claim.status: settled", &[("X106", "settled", "the claim's status can never be `settled`")]),
    ("stage: appeal, sent", "stage: again, sent", &[("X106", "again", "the stage can never be `again`")]),
    ("amount: 60, invoice: invoice.pdf", "amount: 60, invoise: invoice.pdf", &[("X105", "invoise", "`invoise` is not asked here")]),
    ("matches: yes}", "match: yes}", &[("X105", "match", "`match` is not asked here")]),
];

/// Returns code, underlined text and message of everything found but notes.
fn found(text: &str) -> Vec<(String, String, String)> {
    let report = compile("everything.yaml", text.as_bytes()).report;
    let show = |finding: &Finding| {
        let under = finding.places.first().map(|place| report.source().slice(place.span.clone()));
        (finding.code.id.to_owned(), under.unwrap_or_default().to_owned(), finding.message.clone())
    };
    let noted = |finding: &&Finding| finding.code == codes::NOT_BUILT;
    report.findings().iter().filter(|finding| !noted(finding)).map(show).collect()
}

#[test]
fn each_rule_of_the_whole_language_finds_its_mistake() {
    assert_eq!(found(EVERYTHING), []);
    let mut wrong = Vec::new();
    for (from, to, expected) in MISTAKES {
        assert!(EVERYTHING.contains(from), "{from} is not in the definition");
        let mut findings = found(&EVERYTHING.replacen(from, to, 1));
        for (code, under, message) in *expected {
            let is_it = |(found, at, words): &(String, String, String)| {
                found == code && (under.is_empty() || at == under) && words.starts_with(message)
            };
            match findings.iter().position(is_it) {
                Some(place) => drop(findings.remove(place)),
                None => wrong.push(format!("{to:?} does not give {code} {under:?} {message}")),
            }
        }
        if !findings.is_empty() {
            wrong.push(format!("{to:?} also gives {findings:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_definition_that_uses_what_cannot_run_is_no_programme() {
    let compiled = compile("everything.yaml", EVERYTHING.as_bytes());
    assert!(!compiled.report.has_errors() && compiled.report.not_built() > 10);
    assert!(compiled.programme.is_none());
}

#[test]
fn what_is_wrong_with_tests_and_examples_stops_no_deployed_definition() {
    let wrong = "examples: {one: {nothing: 1}}\ntests: [{test: t, given: {from: two}, when: [{clerk: reject}]}]\n";
    let source = "format: 1\nprogramme: kit\ntitle: Kit\nroles: {clerk: Clerk}\nform: {phone: {label: Phone, type: phone}}\n\
                  stages: [{stage: review, role: clerk, due: 1 day}]\nreasons: {reject: {late: Late}}\nkeep: 1 year\n";
    let source = format!("{source}{wrong}");
    assert!(annona_definitions::compile("kit.yaml", source.as_bytes()).programme.is_none());
    let deployed = annona_definitions::compile_deployed("kit.yaml", source.as_bytes());
    assert!(deployed.programme.is_some(), "{}", deployed.report.to_text(false));
}
