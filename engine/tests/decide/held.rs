//! A guard that cannot run holds the application; it never approves and never rejects.

use annona_engine::application::TimerRule;
use annona_engine::command::{Action, Verdict};
use annona_engine::effect::Effect;
use annona_engine::event::{Body, GuardResult};
use annona_engine::id::{ApplicationId, Who};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{World, form, own, person, programme, roles};

/// True, but it cannot run on the day that the form names: a division by zero.
const NOT_TODAY: &str = "100 / days_between(form.day, today) > 0";

#[test]
fn approve_if_that_cannot_run_holds_and_keeps_the_officers_input() {
    let programme = programme(&[(
        "approve_if: visit.visited",
        &format!("approve_if: {NOT_TODAY} && visit.visited"),
    )]);
    let mut world = World::sent(&programme, form());
    let before = world.row().tasks[0].clone();
    assert_eq!(world.approve("clerk", json!({"visited": true, "words": "the neighbour"})), "held");
    assert_eq!((world.status(), world.stage()), ("held", "visit"));
    assert_eq!(world.row().drafts[0].answers.len(), 2);
    assert!(world.effects.iter().any(|effect| matches!(effect, Effect::Incident { .. })));
    assert_eq!(world.last[0].guards[0].result, GuardResult::CannotRun);
    assert!(world.row().deciders.is_empty(), "nothing was decided");
    for code in
        [world.approve("clerk", json!({"visited": true})), world.reject("clerk"), world.retry()]
    {
        assert_eq!(code, "held");
    }
    let timer = before.timers[0];
    world.wait(24 * 20);
    assert_eq!(
        world.engine(Action::TimeOut { task: 1, rule: timer.rule, due: timer.due }),
        "already_done"
    );
    let seen = world.row().tasks[0].content;
    assert_eq!(world.act(person("eve"), roles(&["clerk"]), Action::Retry), "not_found");
    assert_eq!(world.retry(), "ok");
    let after = &world.row().tasks[0];
    assert_eq!(
        (world.status(), after.content),
        ("in_review", seen),
        "what is decided upon is as it was"
    );
    assert_eq!(after.due, before.due.map(|due| due + SignedDuration::from_hours(24 * 20)));
    assert!(!world.row().drafts.is_empty());
    assert_eq!(world.retry(), "already_done");
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    assert!(world.row().drafts.is_empty());
}

#[test]
fn a_guard_that_is_false_records_nothing() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let events = world.log.len();
    assert_eq!(world.approve("clerk", json!({"visited": false})), "guard_false");
    assert_eq!((world.log.len(), world.status()), (events, "in_review"));
}

#[test]
fn an_eligibility_rule_that_cannot_run_holds_at_submission() {
    let programme = programme(&[("require: form.income <= 500", &format!("require: {NOT_TODAY}"))]);
    let mut world = World::new(&programme);
    assert_eq!(world.submit(form()), "ok");
    assert_eq!((world.status(), world.row().tasks_opened), ("held", 0));
    assert!(world.effects.contains(&Effect::TakeOncePer));
    world.wait(24);
    assert_eq!(world.retry(), "ok");
    assert_eq!((world.status(), world.stage()), ("in_review", "visit"));
    // The key of a duplicate is not taken while held; the retry finds it.
    let mut world = World::new(&programme);
    world.duplicates.insert(1, ApplicationId(uuid::Uuid::from_u128(9)));
    assert_eq!(world.submit(form()), "ok");
    assert!(!world.effects.contains(&Effect::TakeOncePer));
    let mut first_gone = world.clone();
    world.wait(24);
    assert_eq!(world.retry(), "ok");
    assert_eq!(world.status(), "rejected");
    first_gone.wait(24);
    first_gone.duplicates.clear();
    assert_eq!(first_gone.retry(), "ok");
    assert!(first_gone.effects.contains(&Effect::TakeOncePer));
}

#[test]
fn an_answer_in_time_that_is_then_held_is_not_rejected_by_its_deadline() {
    let programme = programme(&[("require: form.income <= 500", &format!("require: {NOT_TODAY}"))]);
    let mut world = World::new(&programme);
    world.wait(24);
    assert_eq!(world.submit(form()), "ok");
    assert_eq!(world.ask("clerk", &["day"]), "ok");
    let due = world.row().returned.as_ref().unwrap().answer_by.unwrap();
    assert_eq!(world.answer(json!({"day": "2026-03-03"})), "ok");
    assert_eq!(world.status(), "held");
    assert!(world.effects.contains(&Effect::TakeOncePer), "no later one may take its key");
    assert_eq!(world.answer(json!({"day": "2026-03-02"})), "not_with_applicant");
    world.now = due;
    let timer = Action::TimeOut { task: 1, rule: TimerRule::Answer, due };
    assert_eq!(world.engine(timer), "already_done");
    assert_eq!(world.status(), "held");
    assert_eq!(world.retry(), "ok");
    assert_eq!((world.status(), world.stage()), ("in_review", "visit"));
}

#[test]
fn a_later_stage_that_cannot_open_leaves_the_approval_standing() {
    for (from, to) in [
        ("    role: doctor", format!("    role: doctor\n    skip_if: {NOT_TODAY}")),
        ("    role: doctor", format!("    role: doctor\n    role_if: {{clerk: \"{NOT_TODAY}\"}}")),
    ] {
        let programme = programme(&[
            (from, &to),
            // Later guards must not count on the answers of a stage that may be skipped.
            ("director: review.amount", "director: (review.amount ?? 0)"),
            ("amount: review.amount", "amount: review.amount ?? 1"),
        ]);
        let mut world = World::sent(&programme, form());
        assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
        assert_eq!((world.status(), world.stage()), ("held", "review"));
        assert_eq!((world.row().stages.len(), world.row().tasks.len()), (1, 0));
        assert_eq!(world.retry(), "held");
        let mut gone = world.clone();
        assert_eq!(gone.act(Who::Applicant, own(), Action::Withdraw), "ok");
        assert!(gone.effects.contains(&Effect::CloseIncident) && gone.row().held.is_none());
    }
}

#[test]
fn an_amount_of_zero_below_zero_or_above_its_ceiling_is_held() {
    let programme = programme(&[
        ("amount: review.amount", "amount: review.amount - 100"),
        ("  valid: 30 days", "  ceiling: 500\n  valid: 30 days"),
    ]);
    for (recommended, issued) in [
        ("100", None),
        ("99", None),
        ("600.01", None),
        ("600", Some("500.00")),
        ("100.01", Some("0.01")),
    ] {
        let mut world = World::before_last(&programme, recommended);
        let role = world.row().tasks[0].role.clone();
        assert_eq!(world.approve(role.as_str(), json!({})), "ok");
        let found = world.row().voucher.as_ref().map(|voucher| voucher.amount.to_string());
        assert_eq!(found.as_deref(), issued, "{recommended}");
        assert_eq!(world.status(), if issued.is_some() { "approved" } else { "held" });
        assert!(world.row().tasks.is_empty());
        let signed = world.effects.contains(&Effect::SignVoucher);
        assert_eq!(signed, issued.is_some());
        if issued.is_none() {
            assert_eq!(world.retry(), "held");
            assert!(!world.last.iter().any(|event| matches!(event.body, Body::Approved)));
        }
    }
}

#[test]
fn half_a_cent_of_a_voucher_is_rounded_up() {
    for (amount, rounded) in
        [("0.01", "0.01"), ("0.03", "0.02"), ("0.05", "0.03"), ("900", "450.00")]
    {
        let programme = programme(&[("amount: review.amount", "amount: review.amount / 2")]);
        let mut world = World::before_last(&programme, amount);
        let role = world.row().tasks[0].role.clone();
        assert_eq!(
            world.decide(role.as_str(), Verdict::Approve { answers: json!({}) }, None, None),
            "ok"
        );
        assert_eq!(world.voucher().amount.to_string(), rounded);
    }
}
