//! One person, one stage; never one's own application.

use annona_definitions::programme::SendBackTarget;
use annona_engine::command::{Action, Submit, Verdict};
use annona_engine::facts::Rights;
use serde_json::json;

use crate::world::{World, form, own, person, programme, roles};

const SHARED: [&str; 4] = ["clerk", "doctor", "chief", "director"];

fn approve_as(world: &mut World<'_>, name: &str, answers: serde_json::Value) -> &'static str {
    let decide = world.decision(Verdict::Approve { answers });
    world.act(person(name), roles(&SHARED), Action::Decide(decide))
}

#[test]
fn nobody_decides_two_stages_of_one_application() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(approve_as(&mut world, "eve", json!({"visited": true})), "ok");
    assert_eq!(approve_as(&mut world, "eve", json!({"amount": "10"})), "already_decided_by_you");
    assert_eq!(
        world.refusal.as_ref().unwrap().to_string(),
        "you have already decided stage `Home visit` of this application, and one person decides one stage only"
    );
    let claim = Action::Claim { task: 2 };
    assert_eq!(world.act(person("eve"), roles(&SHARED), claim), "already_decided_by_you");
    assert_eq!(approve_as(&mut world, "bob", json!({"amount": "10"})), "ok");
}

#[test]
fn a_send_back_is_a_decision_in_its_stage_and_the_same_person_may_decide_it_again() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(approve_as(&mut world, "eve", json!({"visited": true})), "ok");
    let to = Some(SendBackTarget::Stage(world.programme.stages[0].id.clone()));
    let mut decide = world.decision(Verdict::SendBack { to, fields: Vec::new() });
    decide.reason = Some(annona_definitions::programme::ReasonId::recorded("wrong"));
    assert_eq!(world.act(person("bob"), roles(&SHARED), Action::Decide(decide)), "ok");
    assert_eq!(world.stage(), "visit");
    assert_eq!(approve_as(&mut world, "bob", json!({"visited": true})), "already_decided_by_you");
    assert_eq!(approve_as(&mut world, "eve", json!({"visited": true})), "ok");
    assert_eq!(approve_as(&mut world, "eve", json!({"amount": "9"})), "already_decided_by_you");
    assert_eq!(approve_as(&mut world, "bob", json!({"amount": "9"})), "ok");
}

#[test]
fn claiming_and_releasing_are_no_decisions() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let eve = || person("eve");
    assert_eq!(world.act(eve(), roles(&SHARED), Action::Claim { task: 1 }), "ok");
    assert_eq!(world.act(eve(), roles(&SHARED), Action::Release { task: 1 }), "ok");
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    assert_eq!(approve_as(&mut world, "eve", json!({"amount": "9"})), "ok");
}

#[test]
fn without_separate_duties_one_person_may_do_all_but_never_on_their_own_application() {
    let programme = programme(&[("format: 1", "format: 1\nseparate_duties: no")]);
    let mut world = World::sent(&programme, form());
    let decide = world.decision(Verdict::Reject);
    let rights = Rights { own: true, ..roles(&SHARED) };
    assert_eq!(world.act(person("eve"), rights.clone(), Action::Decide(decide)), "own_application");
    assert_eq!(world.act(person("eve"), rights, Action::Claim { task: 1 }), "own_application");
    for answers in [json!({"visited": true}), json!({"amount": "9"}), json!({})] {
        assert_eq!(approve_as(&mut world, "eve", answers), "ok");
    }
    assert_eq!(world.status(), "approved");
}

#[test]
fn whoever_sent_an_application_for_another_never_decides_on_it() {
    let programme = programme(&[]);
    let mut world = World::new(&programme);
    let submit = Submit { programme: programme.id.clone(), form: form() };
    let intake = roles(&["intake", "clerk"]);
    assert_eq!(
        world.act(person("desk"), roles(&["clerk"]), Action::Submit(submit.clone())),
        "not_found"
    );
    assert_eq!(world.act(person("desk"), intake, Action::Submit(submit)), "ok");
    assert_eq!(approve_as(&mut world, "desk", json!({"visited": true})), "own_application");
    assert_eq!(world.act(person("desk"), own(), Action::Withdraw), "not_found");
    assert_eq!(world.act(person("desk"), roles(&["intake"]), Action::Withdraw), "ok");
}
