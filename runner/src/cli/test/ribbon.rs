//! The ribbon of a case, as text and as JSON: each moment, the guards with their values, where it stood, and where it left
//! what was expected.

use annona_definitions::programme::{NoticeEvent, RoleId};
use annona_engine::application::Status;
use annona_engine::event::GuardResult;
use annona_engine::trial::{Failure, Judged, Moment, Outcome, Standing, VoucherStanding};
use serde_json::{Value, json};

/// What stands before words below a moment, after its mark.
const INDENT: &str = "                    ";

/// Returns the ribbon as lines of text; `file` is named with the lines of what failed.
pub(super) fn lines(file: &str, outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, moment) in outcome.ribbon.iter().enumerate() {
        let failed: Vec<&Failure> =
            outcome.failures.iter().filter(|failure| failure.moment == Some(place)).collect();
        let mark = if failed.is_empty() { ' ' } else { '>' };
        let time = moment.at.strftime("%Y-%m-%d %H:%M");
        lines.push(format!("{mark} {time}   {} {}", moment.who, moment.what));
        lines.extend(details(moment).into_iter().map(|line| format!(" {INDENT}{line}")));
        lines.extend(failed.iter().map(|failure| failure_line(file, failure)));
    }
    let nowhere = outcome.failures.iter().filter(|failure| failure.moment.is_none());
    lines.extend(nowhere.map(|failure| failure_line(file, failure)));
    lines
}

/// Returns what stands below a moment.
fn details(moment: &Moment) -> Vec<String> {
    let mut lines: Vec<String> = moment.guards.iter().map(guard_line).collect();
    if let Some(refused) = &moment.refused {
        lines.push(format!("refused ({}): {}", refused.code, refused.words));
    }
    if !moment.sent.is_empty() {
        let sent: Vec<&str> = moment.sent.iter().map(|event| event.as_str()).collect();
        lines.push(format!("sent: {}", sent.join(", ")));
    }
    lines.push(match &moment.standing {
        Some(standing) => format!("-> {}", stands(standing)),
        None => "-> there is no application".to_owned(),
    });
    lines
}

fn guard_line(guard: &Judged) -> String {
    let place = match guard.place.split('.').collect::<Vec<_>>().as_slice() {
        ["eligibility", rule, _] => {
            format!("eligibility, rule {}", rule.parse().map_or(0, |rule: usize| rule + 1))
        }
        ["stages", stage, "role_if", role] => format!("{stage} for {role}, role_if"),
        ["stages", stage, guard] => format!("{stage}, {guard}"),
        names => names.join(", "),
    };
    format!("{place}: {}", guard.explanation)
}

/// Says where an application stands.
fn stands(standing: &Standing) -> String {
    let stage = standing.stage.as_ref();
    let mut words = match (standing.status, stage) {
        (Status::InReview, Some(stage)) => format!("in review at {stage}"),
        (Status::WithApplicant, Some(stage)) => format!("with the applicant, asked by {stage}"),
        (Status::Held, Some(stage)) => format!("held at {stage}"),
        (status, _) => status.as_str().replace('_', " "),
    };
    if let Some(because) = &standing.because {
        words.push_str(": ");
        words.push_str(because);
    }
    if !standing.queues.is_empty() {
        let queues: Vec<&str> = standing.queues.iter().map(RoleId::as_str).collect();
        words.push_str(", in the queue of ");
        words.push_str(&queues.join(" and "));
    }
    if let Some(deadline) = &standing.deadline {
        words.push_str(", due ");
        words.push_str(&deadline.replace('T', " "));
    }
    words.extend(standing.voucher.as_ref().map(voucher_stands));
    words
}

fn voucher_stands(voucher: &VoucherStanding) -> String {
    format!(
        "; voucher {}: {} of {} {} left, until {}",
        voucher.status.as_str().replace('_', " "),
        voucher.balance,
        voucher.amount,
        voucher.currency,
        voucher.valid_until
    )
}

fn failure_line(file: &str, failure: &Failure) -> String {
    let place = format!("{file}:{}: {}", failure.line, failure.message);
    format!(">{INDENT}{place}")
}

/// Returns an outcome as JSON.
pub(super) fn as_json(outcome: &Outcome) -> Value {
    let failures: Vec<Value> = outcome
        .failures
        .iter()
        .map(|failure| {
            json!({
                "line": failure.line,
                "step": failure.moment,
                "message": failure.message,
                "expected": failure.expected,
                "found": failure.found,
            })
        })
        .collect();
    json!({
        "test": outcome.name,
        "line": outcome.line,
        "passed": outcome.passed(),
        "failures": failures,
        "steps": outcome.ribbon.iter().map(moment_json).collect::<Vec<_>>(),
    })
}

fn moment_json(moment: &Moment) -> Value {
    let guards: Vec<Value> = moment.guards.iter().map(guard_json).collect();
    let refused = moment.refused.as_ref();
    json!({
        "at": moment.at.strftime("%Y-%m-%dT%H:%M").to_string(),
        "line": moment.line,
        "who": moment.who,
        "what": moment.what,
        "guards": guards,
        "refused": refused.map(|refused| json!({"code": refused.code, "words": refused.words})),
        "sent": moment.sent.iter().map(|event: &NoticeEvent| event.as_str()).collect::<Vec<_>>(),
        "standing": moment.standing.as_ref().map(standing_json),
    })
}

fn guard_json(guard: &Judged) -> Value {
    let result = match &guard.result {
        GuardResult::True => json!(true),
        GuardResult::False => json!(false),
        GuardResult::Amount(amount) => json!(amount.to_string()),
        GuardResult::CannotRun => Value::Null,
    };
    json!({"place": guard.place, "result": result, "explanation": guard.explanation})
}

fn standing_json(standing: &Standing) -> Value {
    json!({
        "status": standing.status.as_str(),
        "stage": standing.stage.as_ref().map(ToString::to_string),
        "queue": standing.queues.iter().map(RoleId::as_str).collect::<Vec<_>>(),
        "deadline": standing.deadline,
        "because": standing.because,
        "voucher": standing.voucher.as_ref().map(voucher_json),
    })
}

fn voucher_json(voucher: &VoucherStanding) -> Value {
    json!({
        "status": voucher.status.as_str(),
        "amount": voucher.amount.to_string(),
        "balance": voucher.balance.to_string(),
        "currency": voucher.currency,
        "valid_until": voucher.valid_until,
    })
}

#[cfg(test)]
mod tests {
    use annona_engine::trial;

    use super::*;
    use crate::cli::test::tests::programme;

    /// Returns the ribbon of a test of urgent surgery.
    fn ribbon(test: &str) -> String {
        let programme = programme(test);
        let case = programme.tests.last().unwrap();
        lines("programme.yaml", &trial::run(&programme, case)).join("\n")
    }

    #[test]
    fn a_failing_test_shows_what_happened_and_where_it_left_the_expectation() {
        let test = "
  - test: the approver approves 2,300
    given: {from: amina}
    when:
      - {wait: 3 working days}
      - {assessor: approve, visited: yes}
      - {doctor: approve, amount: 2300}
    expect: {stage: final, queue: approver, sent: [submitted, reminder, voucher_issued]}
";
        insta::assert_snapshot!(ribbon(test), @r#"
          2026-03-02 09:00   the applicant sends the application
                             eligibility, rule 1: `form.income / (form.family.len() + 1) <= limits.income_per_person`: 90 <= 150 is true
                             eligibility, rule 2: `form.cost <= limits.ceiling * 3`: 2,400 <= 15,000 is true
                             field, skip_if: `form.treatment == "trauma"`: "heart" == "trauma" is false
                             sent: submitted
                             -> in review at field, in the queue of assessor, due 2026-03-05 09:00
          2026-03-04 09:00   the clock reminds of field
                             sent: reminder
                             -> in review at field, in the queue of assessor, due 2026-03-05 09:00
        > 2026-03-05 09:00   the clock escalates field to supervisor
                             sent: escalated
                             -> in review at field, in the queue of assessor and supervisor, due 2026-03-05 09:00
        >                    programme.yaml:162: `sent` is [submitted, reminder, escalated], expected [submitted, reminder, voucher_issued]
          2026-03-05 09:00   the clock has gone on by 3 working days
                             -> in review at field, in the queue of assessor and supervisor, due 2026-03-05 09:00
          2026-03-05 09:00   assessor approves field, visited: yes
                             field, approve_if: `field.visited` is yes
                             -> in review at medical, in the queue of doctor, due 2026-03-05 17:00
        > 2026-03-05 09:00   doctor approves medical, amount: 2300
                             medical, approve_if: `medical.amount <= form.cost`: 2,300 <= 2,400 is true, and `medical.amount <= limits.ceiling`: 2,300 <= 5,000 is true
                             final for director, role_if: `medical.amount > limits.director_above`: 2,300 > 2,000 is true
                             -> in review at final, in the queue of director, due 2026-03-07 09:00
        >                    programme.yaml:162: `queue` is [director], expected `approver`
        "#);
    }

    #[test]
    fn a_refused_step_shows_why() {
        let test = "
  - test: the doctor is generous
    given: {from: amina, treatment: trauma, cost: 250}
    when: [{doctor: approve, amount: 251}, {approver: approve}]
    expect: {status: approved}
";
        insta::assert_snapshot!(ribbon(test), @r#"
          2026-03-02 09:00   the applicant sends the application
                             eligibility, rule 1: `form.income / (form.family.len() + 1) <= limits.income_per_person`: 90 <= 150 is true
                             eligibility, rule 2: `form.cost <= limits.ceiling * 3`: 250 <= 15,000 is true
                             field, skip_if: `form.treatment == "trauma"`: "trauma" == "trauma" is true, and `form.cost <= limits.fast_track`: 250 <= 300 is true
                             sent: submitted
                             -> in review at medical, in the queue of doctor, due 2026-03-02 17:00
        > 2026-03-02 09:00   doctor approves medical, amount: 251
                             refused (guard_false): `medical.amount <= form.cost`: 251 <= 250 is false
                             -> in review at medical, in the queue of doctor, due 2026-03-02 17:00
        >                    programme.yaml:158: refused with `guard_false`: `medical.amount <= form.cost`: 251 <= 250 is false
        "#);
    }

    #[test]
    fn the_json_has_the_same() {
        let programme = programme(
            "
  - test: redeemed in part
    given: {from: amina, cost: 900}
    when:
      - {assessor: approve, visited: yes}
      - {doctor: approve, amount: 900}
      - {approver: approve}
      - {provider: redeem, amount: 400, check: \"1234567890\"}
    expect: {voucher.balance: 501}
",
        );
        let case = programme.tests.last().unwrap();
        let json = as_json(&trial::run(&programme, case));
        insta::assert_json_snapshot!(json["failures"], @r#"
        [
          {
            "line": 163,
            "step": 4,
            "message": "`voucher.balance` is `500.00`, expected 501",
            "expected": "501",
            "found": "`500.00`"
          }
        ]
        "#);
        insta::assert_json_snapshot!(json["steps"][4], @r#"
        {
          "at": "2026-03-02T09:00",
          "line": 162,
          "who": "the provider",
          "what": "redeems 400",
          "guards": [],
          "refused": null,
          "sent": [],
          "standing": {
            "status": "approved",
            "stage": null,
            "queue": [],
            "deadline": null,
            "because": null,
            "voucher": {
              "status": "part_redeemed",
              "amount": "900.00",
              "balance": "500.00",
              "currency": "USD",
              "valid_until": "2026-05-01"
            }
          }
        }
        "#);
    }
}
