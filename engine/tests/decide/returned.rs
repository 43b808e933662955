//! Sent back: to the applicant, who corrects named fields, and to an earlier stage.

use annona_engine::application::TimerRule;
use annona_engine::command::Action;
use annona_engine::event::Body;
use annona_engine::facts::Rights;
use annona_engine::id::{ApplicationId, Who};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{World, form, form_with, own, person, programme, roles};

#[test]
fn only_the_fields_asked_for_may_change() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(world.answer(json!({"cost": "1"})), "not_with_applicant");
    assert_eq!(world.ask("clerk", &["remark", "cost", "cost"]), "ok");
    assert_eq!(world.row().returned.as_ref().unwrap().fields, ["cost", "remark"]);
    assert_eq!(world.answer(json!({"cost": "1", "income": "2"})), "form_invalid");
    assert_eq!(world.answer(json!({"cost": null})), "form_invalid");
    assert_eq!(world.answer(json!("cost")), "form_invalid");
    assert_eq!(
        world.act(Who::Applicant, Rights::default(), Action::Answer { form: json!({}) }),
        "not_found"
    );
    assert_eq!(
        world.act(person("eve"), roles(&["clerk"]), Action::Answer { form: json!({}) }),
        "not_found"
    );
    assert_eq!(world.answer(json!({"cost": "800", "remark": "as asked"})), "ok");
    assert_eq!((world.status(), world.stage()), ("in_review", "visit"));
    assert!(world.row().form.contains_key("remark"));
    assert_eq!(world.ask("clerk", &["remark"]), "ok");
    assert_eq!(
        world.act(
            person("desk"),
            roles(&["intake"]),
            Action::Answer { form: json!({"remark": null}) }
        ),
        "ok"
    );
    assert!(!world.row().form.contains_key("remark"));
}

#[test]
fn the_clock_stops_for_the_length_of_the_stop_and_the_etag_moves() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let before = world.row().tasks[0].clone();
    world.wait(7);
    assert_eq!(world.ask("clerk", &["remark"]), "ok");
    let rule = TimerRule::Late(0);
    let due = before.timers[0].due;
    world.wait(50);
    assert_eq!(world.engine(Action::TimeOut { task: 1, rule, due }), "already_done");
    assert_eq!(world.answer(json!({"remark": "new"})), "ok");
    let after = world.row().tasks[0].clone();
    let stop = SignedDuration::from_hours(50);
    assert_eq!(after.due, before.due.map(|due| due + stop));
    for (after, before) in after.timers.iter().zip(&before.timers) {
        assert_eq!(after.due, before.due + stop);
    }
    assert_eq!(after.suspended_at, None);
    assert_ne!(after.content, before.content, "the form has changed");
    assert_eq!(world.engine(Action::TimeOut { task: 1, rule, due }), "already_done");
    assert_eq!(world.fire(rule), "ok");
}

#[test]
fn eligibility_is_checked_again_after_an_answer() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(world.ask("clerk", &["income", "secret"]), "ok");
    let mut poor = world.clone();
    assert_eq!(world.answer(json!({"income": "501"})), "ok");
    assert_eq!(
        (world.status(), world.row().reason.as_ref().unwrap().as_str()),
        ("rejected", "rich")
    );
    poor.duplicates.insert(1, ApplicationId(uuid::Uuid::from_u128(9)));
    assert_eq!(poor.answer(json!({"secret": "XK-7781"})), "ok");
    assert_eq!(
        (poor.status(), poor.row().reason.as_ref().unwrap().as_str()),
        ("rejected", "duplicate")
    );
}

#[test]
fn a_duplicate_is_rejected_at_submission() {
    let programme = programme(&[]);
    let mut world = World::new(&programme);
    world.duplicates.insert(1, ApplicationId(uuid::Uuid::from_u128(9)));
    assert_eq!(world.submit(form()), "ok");
    assert_eq!((world.status(), world.row().tasks_opened), ("rejected", 0));
    // The first rule that fails gives the reason.
    let mut world = World::new(&programme);
    world.duplicates.insert(1, ApplicationId(uuid::Uuid::from_u128(9)));
    assert_eq!(world.submit(form_with(&json!({"income": "900"}))), "ok");
    assert_eq!(world.row().reason.as_ref().unwrap().as_str(), "rich");
}

#[test]
fn an_answer_returns_to_the_first_stage_whose_rules_read_what_changed() {
    let programme = programme(&[]);
    let at_review = || {
        let mut world = World::sent(&programme, form());
        assert_eq!(
            world.approve("clerk", json!({"visited": true, "words": "the neighbour"})),
            "ok"
        );
        assert_eq!(world.ask("doctor", &["cost", "income", "remark"]), "ok");
        world
    };
    // No rule reads the remark; the cost given again is unchanged.
    let mut world = at_review();
    assert_eq!(world.answer(json!({"remark": "x", "cost": "900.00"})), "ok");
    assert_eq!((world.stage(), world.row().tasks[0].number), ("review", 2));
    // `skip_if` of the first stage reads the cost, its `approve_if` the income.
    for answer in [json!({"cost": "800"}), json!({"income": "1"})] {
        let mut world = at_review();
        assert_eq!(world.answer(answer), "ok");
        assert_eq!((world.stage(), world.row().tasks[0].number), ("visit", 3));
        assert!(world.row().stages.is_empty() && world.row().returned.is_none());
        assert_eq!(world.row().drafts.len(), 1);
        assert_eq!(world.row().tasks.len(), 1);
    }
    // Now cheap enough: the first stage is left out.
    let mut world = at_review();
    assert_eq!(world.answer(json!({"cost": "50"})), "ok");
    assert_eq!((world.stage(), world.row().tasks[0].number), ("review", 3));
    assert!(world.row().drafts.is_empty());
}

#[test]
fn a_rule_that_reads_the_applicants_contact_reads_its_field() {
    let programme =
        programme(&[("skip_if: form.cost <= limits.quick", "skip_if: applicant.name == \"Bo\"")]);
    let mut world = World::sent(&programme, form());
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    assert_eq!(world.ask("doctor", &["name"]), "ok");
    assert_eq!(world.answer(json!({"name": "Bo"})), "ok");
    assert!(matches!(world.last[1].body, Body::Reopened { .. }));
    assert!(matches!(world.last[2].body, Body::StageSkipped { .. }));
}

#[test]
fn a_stage_opened_again_starts_a_fresh_clock_with_drafts_that_no_rule_reads() {
    let programme = programme(&[(
        "approve_if: review.amount <= form.cost",
        "approve_if: has(visit) || review.amount < 5",
    )]);
    let mut world = World::before_last(&programme, "600");
    assert_eq!(world.row().tasks[0].role.as_str(), "director");
    world.wait(1_000);
    assert_eq!(world.send_to("director", "visit"), "ok");
    let task = world.row().tasks[0].clone();
    assert_eq!(world.row().tasks.len(), 1);
    assert_eq!(task.due.unwrap(), task.opened_at + SignedDuration::from_hours(72));
    assert_eq!(world.row().drafts.len(), 2);
    assert!(world.row().stages.is_empty());
    // Passed this time: the old answers of the visit are in scope of no rule.
    let mut passed = world.clone();
    assert_eq!(passed.fire(TimerRule::Late(2)), "ok");
    assert_eq!(passed.approve("doctor", json!({"amount": "100"})), "guard_false");
    assert_eq!(passed.approve("doctor", json!({"amount": "4"})), "ok");
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    assert_eq!(world.approve("doctor", json!({"amount": "100"})), "ok");
    assert_eq!(world.row().tasks[0].role.as_str(), "chief", "the route is chosen anew");
    assert!(world.row().drafts.is_empty());
    assert_eq!(world.send_to("chief", "review"), "ok");
    assert_eq!((world.stage(), world.row().stages.len()), ("review", 1));
}

#[test]
fn no_answer_in_time_ends_the_application() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(world.ask("clerk", &["cost"]), "ok");
    let end = world.row().returned.as_ref().unwrap().answer_by.unwrap();
    // Asked on 2 March at 09:00 local time: until the end of 12 March in Kampala.
    assert_eq!(end.to_string(), "2026-03-12T21:00:00Z");
    let mut late = world.clone();
    late.now = end;
    assert_eq!(late.answer(json!({"cost": "1"})), "not_with_applicant");
    let mut early = world.clone();
    early.now = end - SignedDuration::from_micros(1);
    let timer = Action::TimeOut { task: 1, rule: TimerRule::Answer, due: end };
    assert_eq!(early.engine(timer.clone()), "already_done");
    assert_eq!(early.answer(json!({"cost": "1"})), "ok");
    early.now = end;
    assert_eq!(early.engine(timer), "already_done");
    assert_eq!(world.fire(TimerRule::Answer), "ok");
    assert_eq!(
        (world.status(), world.row().reason.as_ref().unwrap().as_str()),
        ("rejected", "no_answer")
    );
}

#[test]
fn withdrawing_ends_an_application_wherever_it_is() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(world.ask("clerk", &["cost"]), "ok");
    assert_eq!(world.act(Who::Applicant, Rights::default(), Action::Withdraw), "not_found");
    assert_eq!(world.act(Who::Applicant, own(), Action::Withdraw), "ok");
    assert!(world.row().tasks.is_empty() && world.row().returned.is_none());
    assert_eq!(world.act(Who::Applicant, own(), Action::Withdraw), "already_ended");
}
