//! Each code has at least one mistake that shows it: the code, the underlined text, the message.

use std::collections::BTreeSet;

use annona_definitions::diagnostic::codes;
use annona_definitions::{Finding, compile};

/// A definition without a finding.
const KIT: &str = include_str!("kit.yaml");

/// A mistake: a text of [`KIT`], what stands there instead, and the one finding it gives.
struct Mistake(&'static str, &'static str, &'static str, &'static str, &'static str);

/// One mistake for each code that a small change can show, in the order of the table.
#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    Mistake("title: Kit", "title: Kit: small", "Y003", ": small", "this is not YAML: `: ` within a text"),
    Mistake("    due: 1 day", "      due: 1 day", "Y003", "due: 1 day", "this is not YAML: the line does not stand below those it belongs to"),
    Mistake("    due: 1 day", "\tdue: 1 day", "Y003", "\tdue: 1 day", "this is not YAML: a tab stands here"),
    Mistake("title: Kit", "title: 'Kit's", "Y003", "s", "this is not YAML: more stands after the closing quote"),
    Mistake("title: Kit", "title:Kit", "Y003", "title:Kit", "this is not YAML: `: ` is missing after the key"),
    Mistake("title: Kit", "title: @Kit", "Y003", "@Kit", "this is not YAML: no text begins with `@`"),
    Mistake("title: Kit", "title: &kit Kit", "Y005", "&kit", "anchors (`&`) and aliases (`*`) are not part of the language"),
    Mistake("title: Kit", "title: !kit Kit", "Y006", "!kit", "YAML tags (`!…`) are not part of the language"),
    Mistake("title: Kit", "title: Kit\ntitle: Tik", "Y008", "title", "the key `title` stands twice"),
    Mistake("title: Kit", "[a]: Kit", "Y011", "[a]: Kit", "a list or map stands where a key is expected"),
    Mistake("ceiling: 50", "ceiling: 0.1234567890123456", "Y012", "0.1234567890123456", "a number with more than 15 digits is not exact"),

    Mistake("role: clerk", "role: clerk\n    rolle: boss", "S001", "rolle", "`rolle` is no key here"),
    Mistake("title: Kit", "title: {en: Kit, a thing}", "S001", "a thing", "`a thing` is no key here"),
    Mistake("type: money", "tipe: money", "S001", "tipe", "`tipe` is no key here"),
    Mistake("title: Kit", "about: {}", "S002", "", "the key `title` is missing"),
    Mistake("title: Kit", "title: 5", "S003", "5", "a number stands where text or a text for each language is expected"),
    Mistake("due: 1 day", "due: 2", "S003", "2", "a number stands where a duration is expected"),
    Mistake("roles: {clerk: Clerk, boss: Boss}", "roles: [clerk, boss]", "S003", "[clerk, boss]", "a list stands where a map of keys is expected"),
    Mistake("reject: {late: Too late}", "reject: [late]", "S003", "[late]", "a list stands where a map of keys is expected"),
    Mistake("type: yes_no", "type: yesno", "S004", "yesno", "`yesno` is not allowed here"),
    Mistake("providers: [shop]", "providers: []", "S005", "[]", "the list needs an entry"),
    Mistake("providers: [shop]", "providers: [shop], redeem: {times: 0}", "S006", "0", "the number is below 1"),
    Mistake("role: clerk", "role: clerk\n    assign: {to: least_busy}", "S007", "assign", "`assign` is checked, and not run yet"),
    Mistake("type: file", "type: file, no_older_than: 6 months", "S007", "no_older_than", "`no_older_than` is checked, and not run yet"),
    Mistake("cost: {label", "family: {label: Family, type: list, of: {age: {label: Age, type: integer, show_if: form.name == \"A\"}}, optional: true}\n  cost: {label", "S008", "show_if", "`show_if` does not belong to a field of a list"),
    Mistake("type: money", "type: money, options: [5, 5]", "S008", "options", "`options` does not belong to this kind of entry"),
    Mistake("type: money", "type: money, accept: [pdf]", "S008", "accept", "`accept` does not belong to this kind of entry"),
    Mistake("keep: 7 years", "keep: 7 years\nseparate_duties: \"no\"", "S009", "\"no\"", "in quotes this is text, not yes or no"),
    Mistake("programme: kit", "programme: Kit", "S010", "Kit", "`Kit` cannot be part of addresses"),
    Mistake("name: {label: Name, type: text", "name: {label: Name, type: text, pattern: \"[a\"", "S011", "\"[a\"", "the pattern is no regular expression: a `[` is not closed by a `]`"),
    Mistake("type: money", "type: money, minimum: 5, maximum: 4", "S012", "5", "`minimum` is above `maximum`"),
    Mistake("type: file", "type: file, max_size: 5 GB", "S013", "5 GB", "`5 GB` is no file size"),
    Mistake("keep: 7 years", "keep: 7 years\nwebhooks: {ledger: {url: ledger.example}}", "S015", "ledger.example", "`ledger.example` is no address of the web"),
    Mistake("format: 1", "format: 2", "S014", "2", "the format `2` is not known"),

    Mistake("role: clerk", "role: clark", "N001", "clark", "there is no role `clark`"),
    Mistake("to: applicant, answer_within: 3 days, reason: late", "to: nobody", "N002", "nobody", "there is no stage `nobody`"),
    Mistake("reason: late", "reason: latte", "N003", "latte", "there is no reason `latte`"),
    Mistake("due: 1 day", "due: 1 day\n    documents: [papper]", "N004", "papper", "there is no field `papper`"),
    Mistake("title: Kit", "title: {en: Kit, de: Satz}", "N005", "de", "`de` is none of the programme's languages"),
    Mistake("currency: USD", "currency: usd", "N006", "usd", "`usd` is no currency of ISO 4217"),
    Mistake("boss: Boss", "boss: Boss, officer: O", "N007", "officer", "`officer` stands for somebody else and cannot be a role"),
    Mistake("boss: Boss", "boss: Boss, guest: Guest", "N008", "guest", "no stage, escalation or message uses the role `guest`"),
    Mistake("stage: final", "stage: check", "N009", "check", "two stages are called `check`"),
    Mistake("stage: final", "stage: today", "N010", "today", "guards use `today` for something else"),
    Mistake("keep: 7 years", "keep: 7 years\napplicant: {email: phone}", "N011", "phone", "`phone` is a field of type phone"),
    Mistake("languages: [en]", "languages: [en, en]", "N012", "en", "the language `en` stands twice"),
    Mistake("    send_back: {to: applicant, answer_within: 3 days, reason: late}\n", "", "N013", "blurred", "no stage sends back, so that `blurred` is never given"),
    Mistake("cost: {label", "birth_date: {label: Born, type: date, optional: true}\n  cost: {label", "N014", "birth_date", "`birth_date` looks personal and is not marked so"),
    Mistake("languages: [en]", "languages: [en, fr]", "N015", "submitted", "the text has no words in fr"),
    Mistake("  send_back: {blurred: Cannot be read}\n", "", "N016", "reasons", "officers can send back, and there is no reason under `reasons.send_back`"),
    Mistake("submitted: {to", "submited: {to", "N017", "submited", "there is no event `submited`"),

    Mistake("role: clerk", "role: clerk\n    on_approve: {webhook: ledger}", "N018", "ledger", "there is no webhook `ledger`"),
    Mistake("amount: form.cost", "amount: form.cost +", "G100", "", ""),
    Mistake("amount: form.cost", "amount: form.cots", "G101", "form.cots", "`form.cots` does not exist"),
    Mistake("approve_if: check.seen", "approve_if: check.sene", "G102", "check.sene", "`check.sene` is not asked at stage `check`"),
    Mistake("type: file", "type: file, show_if: form.cots > 5", "G101", "form.cots", "`form.cots` does not exist"),
    Mistake("type: file", "type: file, show_if: applicant.name == \"A\"", "G101", "applicant.name", "`applicant.name` cannot be read while the form is filled in"),
    Mistake("type: yes_no}", "type: yes_no}, why: {label: Why, type: text, optional: true, show_if: check.seen}", "G101", "check.seen", "`check.seen` cannot be read while the form is filled in"),
    Mistake("name: {label: Name, type: text", "name: {label: Name, type: text, required_if: form.cost > 5", "G103", "form.cost", "`form.cost` is asked later in the form"),
    Mistake("type: file", "type: file, show_if: has(form.paper)", "G103", "form.paper", "`form.paper` is asked later in the form"),
    Mistake("type: file", "type: file, required_if: 2 > 1", "G105", "2 > 1", "this is always true"),
    Mistake("type: file", "type: file, required_if: form.cost", "G111", "form.cost", "yes or no is needed here, not an amount"),
    Mistake("type: yes_no}", "type: yes_no, show_if: form.cost > 5}", "G110", "check.seen", "`check.seen` may have no value"),
    Mistake("cost: {label: Cost, type: money}", "cost: {label: Cost, type: money, show_if: form.name == \"Ana\"}", "G110", "form.cost", "`form.cost` may have no value"),
    Mistake("approve_if: check.seen", "skip_if: check.seen", "G103", "check.seen", "`check.seen` is read before stage `check` is decided"),
    Mistake("amount: form.cost", "amount: form.cost * score", "G101", "score", "`score` does not exist here: the programme has no `score`"),
    Mistake("approve_if: check.seen", "approve_if: voucher.amount > 5", "G101", "voucher.amount", "`voucher.amount` does not exist here: there is a voucher only"),
    Mistake("approve_if: check.seen", "approve_if: claim.amount > 5", "G101", "claim.amount", "`claim.amount` does not exist here: there is a claim only"),
    Mistake("approve_if: check.seen", "approve_if: limits.ceiling > 5", "G105", "limits.ceiling > 5", "this is always true"),
    Mistake("approve_if: check.seen", "approve_if: 1 > 2", "G106", "1 > 2", "this is never true, so that nobody can go on"),
    Mistake("keep: 7 years", "keep: 7 years\nfunctions: fn twice(", "G107", "", "`)` is missing here"),
    Mistake("ceiling: 50", "ceiling: many", "G108", "many", "`many` is no number"),

    Mistake("approve_if: check.seen", "approve_if: form.cost <= \"50\"", "G109", "form.cost <= \"50\"", "an amount cannot be compared with a text"),
    Mistake("approve_if: check.seen", "approve_if: form.name && check.seen", "G109", "form.name", "`form.name` is neither yes nor no"),
    Mistake("amount: form.cost", "amount: form.cost * form.cost", "G109", "form.cost * form.cost", "an amount cannot be multiplied by an amount"),
    Mistake("type: yes_no}", "type: yes_no, optional: true}", "G110", "check.seen", "`check.seen` may have no value"),
    Mistake("approve_if: check.seen", "approve_if: form.cost", "G111", "form.cost", "yes or no is needed here, not an amount"),
    Mistake("amount: form.cost", "amount: form.cost > 5", "G111", "form.cost > 5", "an amount is needed here, not yes or no"),
    Mistake("type: yes_no}}\n    approve_if: check.seen", "type: yes_no}, area: {label: Area, type: choice, options: [north, east]}}\n    approve_if: check.area == \"nord\"", "G112", "\"nord\"", "`nord` is none of the options"),
    Mistake("type: yes_no}}\n    approve_if: check.seen", "type: yes_no}, area: {label: Area, type: choice, options: [north, east]}}\n    approve_if: limits.rate[check.area] > 1", "G113", "check.area", "`limits.rate` has no entry for `east`"),
    Mistake("approve_if: check.seen", "approve_if: limits.rate[form.name] > 1", "G113", "form.name", "`limits.rate` may have no entry for `form.name`"),
    Mistake("keep: 7 years", "keep: 7 years\nfunctions: fn twice(x) { x * 2 }", "G114", "twice", "the types of `twice` are not declared"),
    Mistake("approve_if: check.seen", "approve_if: form.cost / 0 > 1", "G115", "form.cost / 0", "a number cannot be divided by zero"),

    Mistake("cost: {label", "day: {label: Day, type: date, optional: true, no_older_than: 6 hours}\n  cost: {label", "T101", "6 hours", "a date has no hours"),
    Mistake("cost: {label", "day: {label: Day, type: date, optional: true, no_older_than: 6 working days}\n  cost: {label", "T101", "6 working days", "working time does not count here"),
    Mistake("due: 1 day", "due: one day", "T101", "one day", "not a duration: write a number and a unit, such as `14 days`"),
    Mistake("keep: 7 years", "keep: 7 years\ncalendar: {timezone: Africa/Kampal}", "T102", "Africa/Kampal", "`Africa/Kampal` is no time zone"),
    Mistake("due: 1 day", "due: 1 day\n    if_late: [{after: 3 hours, do: escalate, to: clerk}]", "T103", "3 hours", "this happens before the deadline"),
    Mistake("keep: 7 years", "keep: 7 years\nschedules: [{name: x, cron: \"0 0 31 2 *\", do: expire_vouchers}]", "T104", "\"0 0 31 2 *\"", "this time never comes"),
    Mistake("    due: 1 day\n", "", "T105", "final", "the stage `final` has no deadline"),
    Mistake("keep: 7 years\n", "", "T106", "", "personal values are kept for ever: there is no `keep`"),
    Mistake("answer_within: 3 days, ", "", "T107", "send_back", "nothing says how long the answer may take"),
    Mistake("[{clerk: approve, seen: yes}]", "[{at: 2026-03-03T09:00}, {at: 2026-03-02T09:00}]", "T108", "2026-03-02T09:00", "a test cannot go back in time"),
    Mistake("cost: {label", "day: {label: Day, type: date, optional: true, minimum: soon}\n  cost: {label", "T109", "soon", "`soon` is no date"),
    Mistake("currency: USD", "currency: USD\ncalendar: {open: [mon-fri 08:00-17:00, fri 16:00-18:00]}", "T110", "fri 16:00-18:00", "these hours overlap others on the same day"),
    Mistake("currency: USD", "currency: USD\ncalendar: {closed: [2026-12-25, easter+1, christmas]}", "T111", "christmas", "`christmas` is no day"),

    Mistake("keep: 7 years", "keep: 7 years\nwindow: {from: 2026-02-01, until: 2026-01-31}", "T112", "2026-01-31", "the window closes before it opens"),
    Mistake("en: Thanks", "en: \"Got {referense}\"", "M101", "{referense}", "`{referense}` is not filled in"),
    Mistake("submitted: {to: applicant, en: Thanks", "reminder: {to: officer, en: \"Help {name}\"", "M102", "{name}", "`{name}` may go to the applicant only"),
    Mistake("submitted: {to: applicant", "submitted: {to: aplicant", "M103", "aplicant", "there is no reader `aplicant`"),
    Mistake("type: phone", "type: text", "M104", "notify", "no field says where the applicant is reached"),
    Mistake(", en: Thanks", "", "M105", "submitted", "the message has no words"),

    Mistake("to: applicant, answer_within: 3 days, reason: late", "to: final", "P101", "final", "`final` is not an earlier stage"),
    Mistake("submitted: {to: applicant, en: Thanks}", "claim_paid: {en: Paid}", "M106", "claim_paid", "`claim_paid` is never sent: there is no `reimbursement`"),
    Mistake("due: 1 day", "due: 1 day\n    documents: [cost]", "P102", "cost", "`cost` is a field of type money, not a document"),
    Mistake("due: 1 day", "due: 1 day\n    skip_if: form.cost < 5", "P103", "skip_if", "the stage that issues the voucher cannot be skipped"),
    Mistake("role: clerk", "role: clerk\n    on_approve: issue_voucher", "P104", "issue_voucher", "only the last stage issues the voucher"),
    Mistake("voucher: {amount: form.cost, valid: 30 days, providers: [shop]}\n", "description: >\n  No voucher\n", "P105", "issue_voucher", "there is no voucher to issue"),
    Mistake("approve_if: check.seen", "skip_if: 2 > 1", "P106", "2 > 1", "this is always true, so that the stage is never opened"),

    Mistake("role: boss", "role: boss\n    role_if: {clerk: 2 > 1}", "P107", "2 > 1", "this is always true, so that the roles after it"),
    Mistake("role: boss", "role: boss\n    role_if: {clerk: 1 > 2}", "P107", "1 > 2", "this is never true, so that this role never gets the stage"),
    Mistake("role: boss", "role: boss\n    role_if: {clerk: form.cost < 20, boss: form.cost > 20}", "P108", "role_if", "no route holds where `form.cost` is 20"),
    Mistake("role: boss", "role: boss\n    role_if: {clerk: form.cost <= 20, boss: form.cost >= 20}", "P109", "form.cost >= 20", "two routes hold where `form.cost` is 20: `clerk` comes first"),

    Mistake("role: boss", "role: boss\n    approvals: [{role: boss, count: 2}]", "P110", "role", "`role` stands beside a list of approvals"),
    Mistake("  - stage: final\n    role: boss\n    due: 1 day\n", "  - stage: final\n    parallel:\n      - {stage: a, role: boss, due: 1 day}\n      - {stage: b, parallel: [{stage: c, role: boss, due: 1 day}, {stage: d, role: boss, due: 1 day}]}\n", "P111", "parallel", "a group stands within a group"),
    Mistake("role: clerk", "role: clerk\n    on_approve: pay", "P112", "pay", "only the last stage of a reimbursement pays"),
    Mistake("currency: USD\n", "", "V101", "money", "money needs a currency"),
    Mistake("providers: [shop]", "providers: [shop], redeem: {check: fone}", "V102", "fone", "the form has no field `fone`"),
    Mistake("providers: [shop]", "providers: [shop], redeem: {times: 2, partial: no}", "V103", "2", "the whole voucher cannot be redeemed more than once"),

    Mistake("amount: form.cost", "amount: 0", "V104", "0", "an amount is more than nothing"),
    Mistake("amount: form.cost", "amount: 60, ceiling: limits.ceiling", "V104", "60", "the amount is above the ceiling"),

    Mistake("    on_approve: issue_voucher\nreasons:\n  reject: {late: Too late}\n  send_back: {blurred: Cannot be read}\nnotify: {submitted: {to: applicant, en: Thanks}}\nvoucher: {amount: form.cost, valid: 30 days, providers: [shop]}\n", "budget: {total: 5}\nreasons:\n  reject: {late: Too late}\n  send_back: {blurred: Cannot be read}\n", "V105", "budget", "a budget pays for vouchers, and there is none"),
    Mistake("keep: 7 years", "keep: 7 years\nscore: {cost: {bands: [{up_to: 5, points: 1}]}}", "V106", "up_to", "the last range leaves larger numbers without points"),
    Mistake("keep: 7 years", "keep: 7 years\nschedules: [{name: x, cron: \"0 6 * * *\", do: release_waiting}]", "V107", "release_waiting", "no approval ever waits for money"),
    Mistake("cost: 6,", "cost: six,", "X101", "six", ""),
    Mistake("[{clerk: approve, seen: yes}]", "[{wait: 3}, {clerk: approve, seen: yes}]", "X103", "3", "`wait` needs a duration, such as `3 days`"),
    Mistake("from: ana", "from: anna", "X102", "anna", "there is no example `anna`"),
    Mistake("{clerk: approve, seen: yes}", "{clerk: send_back, fields: [cost]}", "X109", "send_back", "`send_back` needs a reason"),
    Mistake("clerk: approve", "clark: approve", "X103", "clark", "nobody here is called `clark`"),
    Mistake("expect: {status", "expect: {stauts", "X104", "stauts", "`stauts` cannot be expected"),
    Mistake("seen: yes", "sene: yes", "X105", "sene", "`sene` is not asked here"),
    Mistake("status: in_review", "status: in_revew", "X106", "in_revew", "the status can never be `in_revew`"),
    Mistake("{clerk: approve, seen: yes}", "{clerk: reject, reason: late}, {applicant: appeal}", "X108", "appeal", "`appeal` needs `appeal`, and there is none"),
    Mistake("tests:", "tests:\n  - {test: it works, given: {from: ana}, expect: {status: in_review}}", "X107", "it works", "two tests are called `it works`"),
    Mistake("status: in_review", "voucher: {status: used}", "X106", "used", "the voucher's status can never be `used`"),
    Mistake("status: in_review", "voucher: {amount: six}", "X106", "six", "the voucher's amount can never be `six`"),
    Mistake("status: in_review", "queue: [clerk, bos]", "X106", "bos", "the queue can never be `bos`"),
    Mistake("status: in_review", "queue: {bos: check}", "N001", "bos", "there is no role `bos`"),
    Mistake("status: in_review", "deadline: soon", "T109", "soon", "`soon` is no date"),
    Mistake("clerk: approve, seen: yes", "clerk: reject", "X109", "reject", "`reject` needs a reason"),
];

/// Mistakes that concern the file as a whole, shown in tests of their own below.
const OF_THEIR_OWN: [&str; 6] = ["Y001", "Y002", "Y004", "Y007", "Y009", "Y010"];

/// Returns code, underlined text and message of every finding.
fn found(bytes: &[u8]) -> Vec<(String, String, String)> {
    let report = compile("kit.yaml", bytes).report;
    let show = |finding: &Finding| {
        let under = finding.places.first().map(|place| report.source().slice(place.span.clone()));
        (finding.code.id.to_owned(), under.unwrap_or_default().to_owned(), finding.message.clone())
    };
    let noted = |finding: &&Finding| finding.code == codes::NOT_BUILT;
    let all_noted = report.findings().iter().all(|finding| noted(&finding));
    // A part that cannot run yet is noted beside what is wrong with it.
    report.findings().iter().filter(|finding| all_noted || !noted(finding)).map(show).collect()
}

#[test]
fn the_definition_that_is_changed_has_no_finding() {
    assert_eq!(compile("kit.yaml", KIT.as_bytes()).report.to_text(false), "");
}

#[test]
fn each_mistake_gives_its_one_finding_at_its_place() {
    let mut wrong = Vec::new();
    for Mistake(from, to, code, under, message) in MISTAKES {
        assert!(KIT.contains(from), "{from} is not in the definition");
        let findings = found(KIT.replacen(from, to, 1).as_bytes());
        let right = matches!(findings.as_slice(), [(found, at, words)]
            if found == code && at == under && words.starts_with(message));
        if !right {
            wrong.push(format!("{code} {to:?}: {findings:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words of the programs underneath, which no administrator should meet.
const FOREIGN: [&str; 14] = [
    "rhai",
    "Rhai",
    "serde",
    "Dynamic",
    "i64",
    "u64",
    "Decimal",
    "ImmutableString",
    "::",
    "EvalAlt",
    "Option<",
    "Vec<",
    "BTreeMap",
    "panicked",
];

#[test]
fn no_finding_speaks_of_the_programs_underneath() {
    for Mistake(from, to, ..) in MISTAKES {
        let report = compile("kit.yaml", KIT.replacen(from, to, 1).as_bytes()).report;
        for finding in report.findings() {
            let labels = finding.places.iter().filter_map(|place| place.label.as_deref());
            for words in labels.chain([finding.message.as_str()]).chain(finding.help.as_deref()) {
                let foreign = FOREIGN.iter().find(|word| words.contains(**word));
                assert_eq!(foreign, None, "{words}");
            }
            let first = finding.message.chars().next().unwrap();
            let named = finding.message.starts_with("YAML");
            let written = (named || !first.is_uppercase()) && !finding.message.ends_with('.');
            assert!(written, "{}", finding.message);
        }
    }
}

#[test]
fn each_code_is_shown_by_a_mistake() {
    let table: BTreeSet<&str> = codes::ALL.iter().map(|code| code.id).collect();
    let shown: BTreeSet<&str> =
        MISTAKES.iter().map(|mistake| mistake.2).chain(OF_THEIR_OWN).collect();
    assert_eq!(table, shown);
}

#[test]
fn a_file_that_is_no_text_or_no_definition_is_told_apart() {
    let large = vec![b'#'; annona_definitions::source::MAX_SOURCE_BYTES + 1];
    assert_eq!(found(&large)[0].0, "Y001");
    assert_eq!(found(b"\xff\xfef\0o\0")[0].0, "Y002");
    let latin = found(b"title: caf\xe9\n");
    assert_eq!((latin[0].0.as_str(), latin[0].1.as_str()), ("Y002", "\u{fffd}"));
    assert_eq!(found(b"# nothing\n")[0].0, "Y004");
    assert_eq!(found(b"a: 1\n---\nb: 2\n")[0].0, "Y007");
    assert_eq!(found("[".repeat(5_000).as_bytes())[0].0, "Y009");
    assert_eq!(found(format!("a: [{}]", "1,".repeat(60_000)).as_bytes())[0].0, "Y010");
}

#[test]
fn mistakes_of_all_kinds_are_reported_in_one_pass() {
    let text = KIT
        .replace("title: Kit", "title: 5")
        .replace("role: clerk", "role: clark")
        .replace("approve_if: check.seen", "approve_if: check.sene")
        .replace("due: 1 day", "due: soon\n    colour: red")
        .replace("type: money", "type: money, accept: [pdf]");
    let codes: BTreeSet<String> = found(text.as_bytes()).into_iter().map(|found| found.0).collect();
    let expected = ["G102", "N001", "S001", "S003", "S008", "T101"];
    assert_eq!(codes, expected.map(str::to_owned).into());
}

/// Writes the first vowel twice.
fn misspelt(key: &str) -> String {
    let vowels = ["a", "e", "i", "o", "u"];
    let first = vowels.into_iter().min_by_key(|vowel| key.find(vowel).unwrap_or(usize::MAX));
    let vowel = first.unwrap_or_default();
    key.replacen(vowel, &vowel.repeat(2), 1)
}

#[test]
fn a_misspelt_key_is_one_mistake_and_hides_no_other() {
    for key in [
        "limits:",
        "roles:",
        "form:",
        "stages:",
        "- stage: check",
        "role: clerk",
        "asks:",
        "answer_within:",
        "due: 1 day",
        "reasons:",
        "reject:",
        "voucher: {",
        "currency:",
        "keep:",
        "examples:",
    ] {
        assert!(KIT.contains(key), "{key}");
        let misspelt = misspelt(key);
        let findings = found(KIT.replacen(key, &misspelt, 1).as_bytes());
        let codes: Vec<&str> = findings.iter().map(|found| found.0.as_str()).collect();
        assert_eq!(codes, ["S001"], "{misspelt}: {findings:#?}");
    }
    let below = KIT.replace("stages:", &misspelt("stages:")).replace("role: clerk", "roole: clark");
    let codes: Vec<String> = found(below.as_bytes()).into_iter().map(|found| found.0).collect();
    assert_eq!(codes, ["S001", "S001", "N001"]);
    let twice = KIT.replace("title: Kit", "titel: Kit\ntitl: Kit");
    let codes: Vec<String> = found(twice.as_bytes()).into_iter().map(|found| found.0).collect();
    assert_eq!(codes, ["S001", "S001"]);
}

#[test]
fn a_wrong_type_of_document_hides_nothing_else() {
    let text = KIT
        .replace("type: file", "type: file, accept: [exe, pdf]")
        .replace("role: clerk", "role: clark");
    let codes: BTreeSet<String> = found(text.as_bytes()).into_iter().map(|found| found.0).collect();
    assert_eq!(codes, ["N001", "S004"].map(str::to_owned).into());
}

#[test]
fn routes_that_share_all_amounts_between_them_are_right() {
    for routes in [
        "clerk: form.cost <= 20, boss: form.cost > limits.ceiling || form.cost > 20",
        "clerk: form.cost <= 20, boss: form.cost >= 20.01",
        "clerk: form.cost > 20",
        "clerk: form.cost > 20 && form.name != \"A\", boss: form.cost < 5",
    ] {
        let text = KIT.replace("role: boss", &format!("role: boss\n    role_if: {{{routes}}}"));
        assert_eq!(found(text.as_bytes()), [], "{routes}");
    }
}

#[test]
fn a_field_is_known_as_personal_by_its_name_or_its_label() {
    for (field, label, personal) in [
        ("nid", "Number", true),
        ("id_no", "Number", true),
        ("nationalid", "Number", true),
        ("birthday", "Day", true),
        ("reg", "National ID number", true),
        ("day", "Date of birth", true),
        ("clinic", "Clinic", false),
        ("paid_card", "Technician", false),
    ] {
        let written = format!("{field}: {{label: {label}, type: text, optional: true}}");
        let text = KIT.replace("  cost: {label", &format!("  {written}\n  cost: {{label"));
        let warned = found(text.as_bytes()).iter().any(|found| found.0 == "N014");
        assert_eq!(warned, personal, "{written}");
    }
}

#[test]
fn a_question_that_is_not_asked_is_shown_with_those_that_are() {
    let text = KIT.replace("approve_if: check.seen", "approve_if: check.sene");
    insta::assert_snapshot!(compile("kit.yaml", text.as_bytes()).report.to_text(false), @r"
    error[G102]: `check.sene` is not asked at stage `check`
      --> kit.yaml:17:17
       |
    17 |     approve_if: check.sene
       |                 ^^^^^^^^^^ asked here: seen
       |
       = help: did you mean `check.seen`?      (annona explain G102)
    ");
}

#[test]
fn a_programme_that_is_closed_all_year_is_never_open() {
    let days = (1..=12).flat_map(|month| (1..=31).map(move |day| format!("{month:02}-{day:02}")));
    let days = days.filter(|day| {
        !["02-30", "02-31", "04-31", "06-31", "09-31", "11-31"].contains(&day.as_str())
    });
    let closed = days.collect::<Vec<_>>().join(", ");
    let source = KIT.replacen(
        "currency: USD",
        &format!("currency: USD\ncalendar: {{closed: [{closed}]}}"),
        1,
    );
    let message = "there is no day on which the programme is open".to_owned();
    assert_eq!(found(source.as_bytes()), [("T110".to_owned(), "calendar".to_owned(), message)]);
}

/// Returns label and fix of the first finding of a code that a change gives.
fn told(code: &str, from: &str, to: &str) -> (String, String) {
    assert!(KIT.contains(from), "{from}");
    let report = compile("kit.yaml", KIT.replacen(from, to, 1).as_bytes()).report;
    let finding = report.findings().iter().find(|finding| finding.code.id == code);
    let Some(finding) = finding else { return (String::new(), report.to_text(false)) };
    let label = finding.places.first().and_then(|place| place.label.clone());
    (label.unwrap_or_default(), finding.help.clone().unwrap_or_default())
}

#[test]
fn a_missing_key_is_shown_as_it_would_be_written() {
    let (label, help) = told("S002", "    role: clerk\n", "");
    assert_eq!((label.as_str(), help.as_str()), ("`role` belongs here", "add `role: clerk`"));
    let (_, help) = told("S002", "amount: form.cost, ", "");
    assert_eq!(help, "add `amount: 'min(form.cost, limits.ceiling)'`");
}

#[test]
fn where_a_map_is_expected_one_is_shown() {
    let send_back = "send_back: {to: applicant, answer_within: 3 days, reason: late}";
    let (label, _) = told("S003", send_back, "send_back: yes");
    let shown =
        "expected a map of keys, such as `{to: [applicant, check], answer_within: 14 days}`";
    assert_eq!(label, shown);
    let (label, _) = told("S003", "roles: {clerk: Clerk, boss: Boss}", "roles: [clerk]");
    assert_eq!(label, "expected a map of keys, such as `{clerk: Clerk}`");
}

#[test]
fn of_many_keys_those_that_are_alike_come_first() {
    let (label, help) = told("S001", "keep: 7 years", "keep: 7 years\nreimburse: 5");
    assert_eq!(help, "did you mean `reimbursement`?");
    assert!(label.starts_with("keys here: reimbursement, "), "{label}");
}

#[test]
fn an_unknown_function_is_told_with_those_there_are() {
    let (label, help) = told("G100", "approve_if: check.seen", "approve_if: exists(check.seen)");
    assert_eq!(help, "did you mean `has`?");
    assert!(label.starts_with("functions: has, missing, min"), "{label}");
    let functions = "functions: \"// (money) -> money\\nfn halve(x) { x / 2 }\"";
    let voucher = "amount: form.cost,";
    let text = KIT.replacen(voucher, "amount: halv(form.cost),", 1);
    let report = compile("kit.yaml", format!("{text}{functions}\n").as_bytes()).report;
    assert_eq!(report.findings()[0].help.as_deref(), Some("did you mean `halve`?"));
}

#[test]
fn a_name_with_a_hyphen_is_one_mistake() {
    let text = KIT
        .replace("cost: {label", "full-cost: {label")
        .replace("form.cost", "form.full-cost")
        .replace("cost: 6", "full-cost: 6");
    assert_eq!(
        found(text.as_bytes()),
        [(
            "S010".to_owned(),
            "full-cost".to_owned(),
            "`full-cost` is not written as names are".to_owned()
        )]
    );
}
