//! Each refusal, and which comes first: who, If-Match, state, duties, content.

use annona_definitions::programme::{ProgrammeId, ReasonId, SendBackTarget, StageId};
use annona_engine::application::TimerRule;
use annona_engine::command::{Action, Decide, Redeem, Submit, Verdict};
use annona_engine::facts::{ProviderRights, Rights};
use annona_engine::id::{VoucherId, Who};
use serde_json::json;

use crate::world::{DOCUMENT, NOTE, World, form, form_with, own, person, programme, roles};

#[test]
fn who_comes_before_version_before_state_before_duties_before_content() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let wrong = |seen| Decide {
        task: 1,
        seen,
        verdict: Verdict::Approve { answers: json!({"nonsense": 1}) },
        reason: Some(ReasonId::recorded("nonsense")),
        note: None,
    };
    let mut act =
        |who: Who, rights: Rights, seen| world.act(who, rights, Action::Decide(wrong(seen)));
    let own_clerk = Rights { own: true, ..roles(&["clerk"]) };
    // Everything is wrong with each; one thing less at a time.
    assert_eq!(act(Who::Applicant, own(), None), "not_found");
    assert_eq!(act(person("eve"), Rights::default(), None), "not_found");
    assert_eq!(act(person("eve"), roles(&["doctor"]), None), "not_your_role");
    assert_eq!(act(person("eve"), own_clerk.clone(), None), "version_required");
    assert_eq!(act(person("eve"), own_clerk.clone(), Some(99)), "content_changed");
    let seen = world.row().tasks[0].content;
    assert_eq!(world.ask("clerk", &["remark"]), "ok");
    let decide = || Action::Decide(wrong(Some(seen)));
    assert_eq!(world.act(person("eve"), own_clerk.clone(), decide()), "task_closed");
    assert_eq!(world.answer(json!({"remark": "new"})), "ok");
    assert_eq!(world.act(person("eve"), own_clerk.clone(), decide()), "content_changed");
    let seen = world.row().tasks[0].content;
    let decide = || Action::Decide(wrong(Some(seen)));
    assert_eq!(world.act(person("eve"), own_clerk, decide()), "own_application");
    assert_eq!(world.act(person("eve"), roles(&["clerk"]), decide()), "unknown_reason");
    assert_eq!(world.approve("clerk", json!({"nonsense": 1})), "answers_invalid");
    assert_eq!(world.approve("clerk", json!({"visited": false})), "guard_false");
    assert!(world.last.is_empty());
}

#[test]
fn a_claimed_task_is_its_holders() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let clerk = || roles(&["clerk"]);
    let claim = || Action::Claim { task: 1 };
    assert_eq!(world.act(person("ada"), roles(&["doctor"]), claim()), "not_your_role");
    assert_eq!(world.act(person("ada"), clerk(), Action::Release { task: 1 }), "not_your_task");
    assert_eq!(world.act(person("ada"), clerk(), claim()), "ok");
    let content = world.row().tasks[0].content;
    assert_eq!(world.act(person("ada"), clerk(), claim()), "ok");
    assert!(world.last.is_empty(), "taking one's own task again records nothing");
    assert_eq!(world.act(person("bob"), clerk(), claim()), "already_claimed");
    assert_eq!(world.act(person("bob"), clerk(), Action::Release { task: 1 }), "not_your_task");
    assert_eq!(world.approve("clerk", json!({"visited": true})), "not_your_task");
    assert_eq!(world.act(person("ada"), clerk(), Action::Release { task: 1 }), "ok");
    assert_eq!(world.row().tasks[0].content, content, "claims do not move the ETag");
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    for (task, code) in [(0, "not_found"), (1, "task_closed"), (3, "not_found")] {
        assert_eq!(world.act(person("bob"), clerk(), Action::Claim { task }), code);
        assert_eq!(world.act(person("bob"), clerk(), Action::Release { task }), code);
    }
}

#[test]
fn the_second_of_two_officers_finds_the_task_closed() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let seen = world.decision(Verdict::Reject);
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    let late = || Action::Decide(seen.clone());
    assert_eq!(world.act(person("bob"), roles(&["clerk"]), late()), "task_closed");
}

#[test]
fn a_rejection_and_a_send_back_have_a_reason() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let mut reject = |reason, note| world.decide("clerk", Verdict::Reject, reason, note);
    assert_eq!(reject(None, None), "reason_required");
    assert_eq!(reject(None, Some(NOTE)), "reason_required");
    assert_eq!(reject(Some("wrong"), None), "unknown_reason");
    assert_eq!(reject(Some("other"), None), "note_required");
    assert_eq!(reject(Some("other"), Some(" \n")), "note_required");
    assert_eq!(reject(Some("other"), Some(&"x".repeat(4_001))), "too_long");
    let back = |to: Option<SendBackTarget>, fields: &[&str]| Verdict::SendBack {
        to,
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
    };
    let stage = |name| Some(SendBackTarget::Stage(StageId::recorded(name)));
    for (verdict, reason, code) in [
        (back(None, &[]), Some("wrong"), "not_sendable_back"),
        (back(None, &["nothing"]), Some("wrong"), "not_sendable_back"),
        (back(stage("final"), &[]), Some("wrong"), "not_sendable_back"),
        (back(stage("visit"), &[]), Some("wrong"), "not_sendable_back"),
        (back(None, &["cost"]), None, "reason_required"),
        (back(None, &["cost"]), Some("other"), "unknown_reason"),
        (back(None, &["cost"]), Some("missing"), "note_required"),
    ] {
        assert_eq!(world.decide("clerk", verdict, reason, None), code);
    }
    assert_eq!(world.log.len(), 2, "no refusal is recorded");
    assert_eq!(world.decide("clerk", Verdict::Reject, Some("other"), Some(NOTE)), "ok");
    assert_eq!(
        (world.status(), world.row().reason.as_ref().unwrap().as_str()),
        ("rejected", "other")
    );
}

#[test]
fn a_document_must_be_there_of_its_type_and_size_and_ones_own() {
    let programme = programme(&[]);
    let mut world = World::new(&programme);
    let known = world.documents.clone();
    world.documents[0].media_type = "image/png".into();
    assert_eq!(world.submit(form()), "form_invalid");
    world.documents = known.clone();
    world.documents[0].size = 2_000_000;
    assert_eq!(world.submit(form()), "form_invalid");
    world.documents = Vec::new();
    assert_eq!(world.submit(form()), "form_invalid");
    assert_eq!(world.submit(form_with(&json!({"estimate": null}))), "ok");
    world.documents = known;
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    assert_eq!(world.approve("doctor", json!({})), "document_missing");
    assert_eq!(world.ask("doctor", &["estimate"]), "ok");
    assert_eq!(world.answer(json!({"estimate": DOCUMENT})), "ok");
    assert_eq!(world.approve("doctor", json!({})), "answers_invalid");
    assert_eq!(world.approve("doctor", json!({"amount": "900.01"})), "guard_false");
    assert_eq!(world.approve("doctor", json!({"amount": "900"})), "ok");
}

#[test]
fn a_submission_names_every_wrong_field_and_its_own_programme() {
    let programme = programme(&[]);
    let mut world = World::new(&programme);
    assert_eq!(world.submit(json!({"cost": 900, "phone": "12"})), "form_invalid");
    let errors = match world.refusal.as_ref().unwrap() {
        annona_engine::Refusal::FormInvalid { errors } => errors.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(errors, 6);
    let other = Submit { programme: ProgrammeId::recorded("other"), form: form() };
    assert_eq!(world.act(Who::Applicant, own(), Action::Submit(other)), "not_found");
    assert_eq!(world.engine(Action::Withdraw), "not_found");
    assert_eq!(world.submit(form()), "ok");
    assert_eq!(world.submit(form()), "already_done");
}

/// Every status an application can be in.
fn every_status(programme: &annona_definitions::Programme) -> Vec<World<'_>> {
    let in_review = World::sent(programme, form());
    let mut with_applicant = in_review.clone();
    assert_eq!(with_applicant.ask("clerk", &["cost"]), "ok");
    let mut held = World::before_last(programme, "0");
    assert_eq!(held.approve("chief", json!({})), "ok");
    let approved = World::issued(programme, "100");
    let mut rejected = in_review.clone();
    assert_eq!(rejected.reject("clerk"), "ok");
    let mut withdrawn = in_review.clone();
    assert_eq!(withdrawn.act(Who::Applicant, own(), Action::Withdraw), "ok");
    let worlds = vec![in_review, with_applicant, held, approved, rejected, withdrawn];
    let found: Vec<_> = worlds.iter().map(World::status).collect();
    assert_eq!(found, ["in_review", "with_applicant", "held", "approved", "rejected", "withdrawn"]);
    worlds
}

/// For each command the answer in each status.
const TABLE: [(&str, [&str; 6]); 11] = [
    ("approve", ["ok", "task_closed", "task_closed", "task_closed", "task_closed", "task_closed"]),
    ("reject", ["ok", "task_closed", "task_closed", "task_closed", "task_closed", "task_closed"]),
    ("claim", ["ok", "task_closed", "task_closed", "task_closed", "task_closed", "task_closed"]),
    (
        "answer",
        [
            "not_with_applicant",
            "ok",
            "not_with_applicant",
            "not_with_applicant",
            "not_with_applicant",
            "not_with_applicant",
        ],
    ),
    ("withdraw", ["ok", "ok", "ok", "already_ended", "already_ended", "already_ended"]),
    ("timer", ["already_done"; 6]),
    ("redeem", ["not_found", "not_found", "not_found", "ok", "not_found", "not_found"]),
    ("revoke", ["not_found", "not_found", "not_found", "ok", "not_found", "not_found"]),
    ("expire", ["not_found", "not_found", "not_found", "already_done", "not_found", "not_found"]),
    (
        "retry",
        ["already_done", "already_done", "held", "already_done", "already_done", "already_done"],
    ),
    ("erase", ["still_open", "still_open", "still_open", "still_open", "ok", "ok"]),
];

/// Returns the rights of somebody who may do everything.
fn all() -> Rights {
    let provider = ProviderRights { id: "m".into(), kind: "hospital".into(), admitted: true };
    let everything = ["clerk", "doctor", "chief", "issuer", "operator", "administrator"];
    Rights { provider: Some(provider), ..roles(&everything) }
}

/// Returns a command of the table, as it would be given in a world.
fn command(name: &str, world: &World<'_>) -> (Who, Rights, Action) {
    let officer = |verdict| {
        let mut decide = world.decision(verdict);
        decide.reason = (name == "reject").then(|| ReasonId::recorded("rich"));
        (person("eve"), all(), Action::Decide(decide))
    };
    let voucher = world.row().voucher.as_ref().map_or(VoucherId([0; 16]), |known| known.id);
    let redeem = Redeem { voucher, amount: None, check: Some("XK-7781".into()) };
    match name {
        "approve" => officer(Verdict::Approve { answers: json!({"visited": true}) }),
        "reject" => officer(Verdict::Reject),
        "claim" => (person("eve"), all(), Action::Claim { task: 1 }),
        "answer" => (Who::Applicant, own(), Action::Answer { form: json!({"cost": "9"}) }),
        "withdraw" => (Who::Applicant, own(), Action::Withdraw),
        "timer" => {
            let rule = TimerRule::Late(0);
            let due = world.now;
            (Who::Engine, Rights::default(), Action::TimeOut { task: 1, rule, due })
        }
        "redeem" => (Who::Provider("m".into()), all(), Action::Redeem(redeem)),
        "revoke" => (person("eve"), all(), Action::Revoke { note: NOTE.into() }),
        "expire" => (Who::Engine, Rights::default(), Action::Expire),
        "retry" => (person("eve"), all(), Action::Retry),
        _ => (person("eve"), all(), Action::Erase),
    }
}

#[test]
fn every_command_in_every_status_is_answered_as_the_reference_says() {
    let programme = programme(&[]);
    for (name, codes) in TABLE {
        for (world, code) in every_status(&programme).iter().zip(codes) {
            let mut world = world.clone();
            let (who, rights, action) = command(name, &world);
            let status = world.status();
            assert_eq!(world.act(who.clone(), rights, action.clone()), code, "{name}, {status}");
            // Nobody without rights learns anything, in any status.
            if who != Who::Engine {
                let mut stranger = world.clone();
                let events = stranger.log.len();
                let code = stranger.act(person("stranger"), Rights::default(), action);
                assert_eq!((code, stranger.log.len()), ("not_found", events), "{name}, {status}");
            }
        }
    }
}
