//! What an officer reads about a task before deciding: allowed, refused and why, or what it depends on.

use annona_engine::command::Action;
use annona_engine::decide::{Allowed, Preview};
use annona_engine::facts::Rights;
use serde_json::json;

use crate::world::{World, form, form_with, person, programme, roles};

/// Writes a preview as one line.
fn line(preview: &Preview) -> String {
    let word = |allowed: &Allowed| match allowed {
        Allowed::Yes => "yes".to_owned(),
        Allowed::No(refusal) => refusal.code().to_owned(),
        Allowed::Depends { needs } => format!("needs {}", needs.join(", ")),
    };
    let Preview { claim, release, approve, reject, send_back } = preview;
    [("claim", claim), ("release", release), ("approve", approve), ("reject", reject)]
        .into_iter()
        .chain([("send_back", send_back)])
        .map(|(name, allowed)| format!("{name}: {}", word(allowed)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn seen_by(world: &World<'_>, role: &str) -> String {
    line(&world.preview(&person(role), &roles(&[role])))
}

#[test]
fn a_rule_over_questions_not_answered_yet_depends_on_them() {
    let programme = programme(&[]);
    let world = World::sent(&programme, form());
    insta::assert_snapshot!(seen_by(&world, "clerk"), @"claim: yes; release: not_your_task; approve: needs visited; reject: yes; send_back: yes");
}

#[test]
fn a_rule_over_what_is_known_is_evaluated_and_its_words_tell_whether_they_are_personal() {
    let personal = programme(&[(
        "approve_if: visit.visited && form.income <= 400",
        "approve_if: form.income <= 300",
    )]);
    let world = World::sent(&personal, form());
    let before = world.row().clone();
    let told = world.preview(&person("clerk"), &roles(&["clerk"]));
    let Allowed::No(annona_engine::Refusal::GuardFalse { explanation, personal }) = told.approve
    else {
        panic!("{told:?}")
    };
    assert!(personal);
    insta::assert_snapshot!(explanation, @"`form.income <= 300`: 387.65 <= 300 is false");
    assert_eq!(told.reject, Allowed::Yes);
    assert_eq!(*world.row(), before);

    let known = programme(&[(
        "approve_if: visit.visited && form.income <= 400",
        "approve_if: form.cost <= 900",
    )]);
    let world = World::sent(&known, form());
    insta::assert_snapshot!(seen_by(&world, "clerk"), @"claim: yes; release: not_your_task; approve: yes; reject: yes; send_back: yes");
}

#[test]
fn a_document_of_the_form_that_is_missing_is_named_and_one_that_is_asked_for_is_needed() {
    let mut lacking = form();
    lacking.as_object_mut().unwrap().remove("estimate");
    let of_the_form = programme(&[]);
    let mut world = World::sent(&of_the_form, lacking);
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    insta::assert_snapshot!(seen_by(&world, "doctor"), @"claim: yes; release: not_your_task; approve: document_missing; reject: yes; send_back: yes");

    let asked_for = programme(&[
        ("    approve_if: review.amount <= form.cost\n", ""),
        ("documents: [estimate]", "documents: [scan]"),
        (
            "amount: {label: Amount, type: money}",
            "amount: {label: Amount, type: money}\n      scan: {label: Scan, type: file, accept: [pdf], max_size: 1 MB, optional: true}",
        ),
    ]);
    let mut world = World::sent(&asked_for, form());
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    insta::assert_snapshot!(seen_by(&world, "doctor"), @"claim: yes; release: not_your_task; approve: needs scan; reject: yes; send_back: yes");
}

#[test]
fn a_rule_that_cannot_run_would_hold() {
    let programme = programme(&[(
        "approve_if: visit.visited && form.income <= 400",
        "approve_if: 100 / days_between(form.day, today) > 0",
    )]);
    let world = World::sent(&programme, form());
    insta::assert_snapshot!(seen_by(&world, "clerk"), @"claim: yes; release: not_your_task; approve: held; reject: yes; send_back: yes");
    assert_eq!(world.status(), "in_review");
}

#[test]
fn duties_roles_and_claims_stand_before_everything_else() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form_with(&json!({"cost": "900"})));
    insta::assert_snapshot!(seen_by(&world, "doctor"), @"claim: not_your_role; release: not_your_task; approve: not_your_role; reject: not_your_role; send_back: not_your_role");
    let own = Rights { own: true, ..roles(&["clerk"]) };
    insta::assert_snapshot!(line(&world.preview(&person("clerk"), &own)), @"claim: own_application; release: not_your_task; approve: own_application; reject: own_application; send_back: own_application");
    assert_eq!(world.act(person("eve"), roles(&["clerk"]), Action::Claim { task: 1 }), "ok");
    insta::assert_snapshot!(seen_by(&world, "clerk"), @"claim: already_claimed; release: not_your_task; approve: not_your_task; reject: not_your_task; send_back: not_your_task");
    insta::assert_snapshot!(line(&world.preview(&person("eve"), &roles(&["clerk"]))), @"claim: yes; release: yes; approve: needs visited; reject: yes; send_back: yes");
    assert_eq!(world.act(person("eve"), roles(&["clerk"]), Action::Release { task: 1 }), "ok");
    assert_eq!(world.ask("clerk", &["name"]), "ok");
    insta::assert_snapshot!(seen_by(&world, "clerk"), @"claim: task_closed; release: not_your_task; approve: task_closed; reject: task_closed; send_back: task_closed");
}
