//! Personal values: no event holds one; guards over them are recorded by commitment.

use annona_definitions::value::Value;
use annona_engine::event::{Body, GuardRecord};
use annona_engine::recorded::Recorded;
use serde_json::json;

use crate::world::{NOTE, World, form, programme};

fn input<'a>(guard: &'a GuardRecord, path: &str) -> &'a Recorded {
    guard.inputs.iter().find(|(known, _)| known == path).unwrap().1.as_ref().unwrap()
}

#[test]
fn a_guard_over_personal_values_is_recorded_by_commitment_and_explained_under_seal() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let guards: Vec<&GuardRecord> = world.last.iter().flat_map(|event| &event.guards).collect();
    let eligible = guards.iter().find(|guard| guard.place.starts_with("eligibility")).unwrap();
    let income = input(eligible, "form.income");
    assert_eq!(Some(income), world.row().form.get("income"), "the commitment of the form");
    assert!(
        matches!(income, Recorded::Sealed(_))
            && matches!(eligible.explanation, Recorded::Sealed(_))
    );
    match world.opened.value(&eligible.explanation).unwrap() {
        Value::Text(words) => assert!(words.contains("387.65"), "{words}"),
        other => panic!("{other:?}"),
    }
    let skip = guards.iter().find(|guard| guard.place == "stages.visit.skip_if").unwrap();
    assert!(matches!(skip.explanation, Recorded::Clear(_)), "nothing personal was read");
    assert!(matches!(input(skip, "form.cost"), Recorded::Clear(_)));
    assert_eq!(world.approve("clerk", json!({"visited": true, "words": "the neighbour"})), "ok");
    let guard = world.last[0].guards[0].clone();
    assert!(matches!(input(&guard, "visit.visited"), Recorded::Clear(_)));
    assert!(matches!(input(&guard, "form.income"), Recorded::Sealed(_)));
}

#[test]
fn the_entry_looked_up_by_a_personal_value_is_personal_too() {
    let programme = programme(&[
        ("limits: {quick: 50", "limits: {rate: {heart: 1, eye: 2}, quick: 50"),
        (
            "  day: {",
            "  illness: {label: Illness, type: choice, options: [heart, eye], personal: true}\n  day: {",
        ),
        ("skip_if: form.cost <= limits.quick", "skip_if: form.cost <= limits.rate[form.illness]"),
    ]);
    let mut form = form();
    form["illness"] = json!("eye");
    let world = World::sent(&programme, form);
    let guards: Vec<&GuardRecord> = world.last.iter().flat_map(|event| &event.guards).collect();
    let skip = guards.iter().find(|guard| guard.place == "stages.visit.skip_if").unwrap();
    assert!(matches!(input(skip, "limits.rate[form.illness]"), Recorded::Sealed(_)));
    assert!(matches!(skip.explanation, Recorded::Sealed(_)));
}

#[test]
fn notes_answers_and_masked_names_are_sealed_and_can_be_opened() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(world.approve("clerk", json!({"visited": true, "words": "the neighbour"})), "ok");
    assert_eq!(world.ask("doctor", &["name"]), "ok");
    let note = world.last[0].reason.as_ref().unwrap().note.unwrap();
    assert_eq!(world.opened.0[&note].value, Value::Text(NOTE.into()));
    assert_eq!(world.answer(json!({"name": "Amina Okello"})), "ok");
    assert_eq!(world.approve("doctor", json!({"amount": "10"})), "ok");
    assert_eq!(world.approve("chief", json!({})), "ok");
    let masked = world.last.iter().find_map(|event| match &event.body {
        Body::VoucherIssued(issued) => Some(issued.masked_name),
        _ => None,
    });
    match &world.opened.0[&masked.unwrap()].value {
        Value::Text(masked) => assert!(!masked.is_empty() && !masked.contains("Okello")),
        other => panic!("{other:?}"),
    }
}
