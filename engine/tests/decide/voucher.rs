//! The voucher: redeemed by the right provider, in time, with its check, never beyond its amount.

use annona_engine::command::{Action, Redeem};
use annona_engine::effect::Effect;
use annona_engine::facts::{ProviderRights, Rights};
use annona_engine::id::{VoucherId, Who};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{NOTE, World, form, own, person, programme, roles};

const CHECK: &str = "XK-7781";
const WHOLE: (&str, &str) =
    ("redeem: {times: 3, partial: true, check: secret}", "redeem: {times: 1}");

#[test]
fn a_voucher_is_redeemed_in_parts_up_to_its_amount() {
    let programme = programme(&[]);
    let mut world = World::issued(&programme, "100");
    assert_eq!(world.redeem(Some("30.50"), CHECK), "ok");
    assert_eq!(
        (world.voucher().balance.to_string(), world.voucher().status.as_str()),
        ("69.50".into(), "part_redeemed")
    );
    assert_eq!(world.redeem(Some("69.51"), CHECK), "amount_exceeds_balance");
    assert_eq!(world.redeem(None, " xk 7781"), "ok");
    assert_eq!(
        (world.voucher().balance.to_string(), world.voucher().status.as_str()),
        ("0.00".into(), "redeemed")
    );
    assert_eq!(world.redeem(Some("1"), CHECK), "voucher_used_up");
    assert_eq!(world.revoke("issuer", NOTE), "voucher_used_up");
}

#[test]
fn a_voucher_is_used_up_after_its_times_whatever_is_left() {
    let programme = programme(&[]);
    let mut world = World::issued(&programme, "100");
    for _ in 0..3 {
        assert_eq!(world.redeem(Some("1"), CHECK), "ok");
    }
    assert_eq!(world.voucher().balance.to_string(), "97.00");
    assert_eq!(world.redeem(Some("1"), CHECK), "voucher_used_up");
}

#[test]
fn a_whole_voucher_is_redeemed_whole() {
    let programme = programme(&[WHOLE]);
    let mut world = World::issued(&programme, "100");
    assert_eq!(world.redeem(Some("99.99"), ""), "partial_not_allowed");
    assert_eq!(world.redeem(Some("100"), ""), "ok");
    assert_eq!(world.redeem(None, ""), "voucher_used_up");
}

#[test]
fn an_amount_is_above_zero_in_whole_cents_and_within_the_balance() {
    let programme = programme(&[]);
    let mut world = World::issued(&programme, "100");
    let events = world.log.len();
    for (amount, code) in [
        ("0", "answers_invalid"),
        ("-1", "answers_invalid"),
        ("0.001", "answers_invalid"),
        ("100.01", "amount_exceeds_balance"),
        ("79228162514264337593543950335", "amount_exceeds_balance"),
        ("-79228162514264337593543950335", "answers_invalid"),
        ("0.0000000000000000000000000001", "answers_invalid"),
    ] {
        assert_eq!(world.redeem(Some(amount), CHECK), code, "{amount}");
    }
    assert_eq!(world.log.len(), events);
    assert_eq!(world.redeem(Some("100.000"), CHECK), "ok");
}

#[test]
fn only_admitted_providers_of_its_kinds_redeem_and_only_this_voucher() {
    let programme = programme(&[]);
    let mut world = World::issued(&programme, "100");
    assert_eq!(world.redeem_at("clinic", true, None, CHECK), "wrong_provider");
    assert_eq!(world.redeem_at("hospital", false, None, CHECK), "wrong_provider");
    let voucher = world.voucher().id;
    let redeem = |voucher| Action::Redeem(Redeem { voucher, amount: None, check: None });
    assert_eq!(world.act(person("eve"), roles(&["issuer"]), redeem(voucher)), "not_found");
    assert_eq!(world.act(Who::Applicant, own(), redeem(voucher)), "not_found");
    let provider = ProviderRights { id: "m".into(), kind: "hospital".into(), admitted: true };
    let rights = Rights { provider: Some(provider), ..Rights::default() };
    assert_eq!(
        world.act(Who::Provider("m".into()), rights, redeem(VoucherId([7; 16]))),
        "not_found"
    );
}

#[test]
fn a_voucher_is_refused_from_its_end_on_whatever_has_run() {
    let programme = programme(&[]);
    let mut world = World::issued(&programme, "100");
    let end = world.voucher().expires_at;
    // Issued on 2 March: until the end of 1 April in Kampala.
    assert_eq!(end.to_string(), "2026-04-01T21:00:00Z");
    world.now = end - SignedDuration::from_micros(1);
    assert_eq!(world.engine(Action::Expire), "already_done");
    assert_eq!(world.erase(), "still_open");
    assert_eq!(world.clone().redeem(None, CHECK), "ok");
    world.now = end;
    assert_eq!(world.redeem(None, CHECK), "voucher_expired");
    assert_eq!(world.refusal.as_ref().unwrap().to_string(), "the voucher expired on 2026-04-01");
    assert_eq!(world.act(person("eve"), roles(&["issuer"]), Action::Expire), "not_found");
    assert_eq!(world.engine(Action::Expire), "ok");
    assert!(world.effects.contains(&Effect::ReleaseOncePer), "it was not used");
    assert_eq!(world.engine(Action::Expire), "already_done");
    assert_eq!(world.redeem(None, CHECK), "voucher_expired");
    assert_eq!(world.revoke("issuer", NOTE), "voucher_expired");
    assert_eq!(world.erase(), "ok");
    assert_eq!(world.erase(), "already_done");
}

#[test]
fn five_failed_checks_lock_redemption_for_a_day_and_a_success_begins_the_count_anew() {
    let programme = programme(&[]);
    let mut world = World::issued(&programme, "100");
    for _ in 0..4 {
        assert_eq!(world.redeem(Some("1"), "guess"), "check_failed");
    }
    assert_eq!(world.redeem(Some("1"), CHECK), "ok");
    for left in [4, 3, 2, 1] {
        assert_eq!(world.redeem(Some("1"), "guess"), "check_failed");
        assert!(world.refusal.as_ref().unwrap().to_string().contains(&format!("{left} tr")));
    }
    assert_eq!(world.redeem(None, ""), "check_locked");
    assert!(world.effects.iter().any(|effect| matches!(effect, Effect::Incident { .. })));
    let locked = world.now;
    let events = world.log.len();
    assert_eq!(world.redeem(None, CHECK), "check_locked");
    world.now = locked + SignedDuration::from_hours(24) - SignedDuration::from_micros(2);
    assert_eq!(world.redeem(None, CHECK), "check_locked");
    assert_eq!(world.log.len(), events, "a locked voucher records no tries");
    world.now = locked + SignedDuration::from_hours(24);
    assert_eq!(world.redeem(None, "guess"), "check_failed");
    assert!(world.refusal.as_ref().unwrap().to_string().contains("4 tries"));
    assert_eq!(world.redeem(None, CHECK), "ok");
}

#[test]
fn revoking_takes_the_issuer_and_a_note() {
    let programme = programme(&[]);
    let mut world = World::issued(&programme, "100");
    assert_eq!(world.revoke("chief", NOTE), "not_found");
    assert_eq!(world.revoke("issuer", " "), "note_required");
    assert_eq!(world.revoke("issuer", &"x".repeat(4_001)), "too_long");
    let mut used = world.clone();
    assert_eq!(used.redeem(Some("1"), CHECK), "ok");
    assert_eq!(used.revoke("issuer", NOTE), "ok");
    assert!(!used.effects.contains(&Effect::ReleaseOncePer), "it was used in part");
    assert_eq!(world.revoke("issuer", NOTE), "ok");
    assert!(world.effects.contains(&Effect::ReleaseOncePer));
    assert_eq!(world.revoke("issuer", NOTE), "voucher_revoked");
    assert_eq!(world.redeem(None, CHECK), "voucher_revoked");
    assert_eq!(world.engine(Action::Expire), "already_done");
}

#[test]
fn personal_values_are_erased_only_when_all_is_over() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(world.erase(), "still_open");
    assert_eq!(world.reject("clerk"), "ok");
    assert_eq!(world.act(person("eve"), roles(&["clerk"]), Action::Erase), "not_found");
    assert_eq!(world.act(Who::Applicant, own(), Action::Erase), "not_found");
    assert_eq!(world.engine(Action::Erase), "ok");
    assert!(world.effects.contains(&Effect::DestroyKey) && world.row().erased);
    let mut issued = World::issued(&programme, "100");
    assert_eq!(issued.erase(), "still_open");
    assert_eq!(issued.revoke("issuer", NOTE), "ok");
    assert_eq!(issued.erase(), "ok");
    assert_eq!(issued.approve("clerk", json!({})), "task_closed");
}

#[test]
fn values_whose_key_is_gone_are_erased_whatever_is_open() {
    let programme = programme(&[]);
    let mut open = World::sent(&programme, form());
    let mut issued = World::issued(&programme, "100");
    for world in [&mut open, &mut issued] {
        world.key_is_gone = true;
        assert_eq!(world.act(Who::Applicant, own(), Action::Erase), "not_found");
        assert_eq!(world.engine(Action::Erase), "ok");
        assert!(world.effects.contains(&Effect::DestroyKey) && world.row().erased);
        assert_eq!(world.engine(Action::Erase), "already_done");
    }
    assert_eq!(open.reject("clerk"), "ok", "what is open is still decided");
}
