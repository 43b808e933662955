//! Whatever is tried in whatever order: the log folds to the row, and no more is redeemed than was issued.

use annona_engine::application::TimerRule;
use annona_engine::command::Action;
use annona_engine::id::Who;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use crate::world::{NOTE, World, form_with, own, person, programme, roles};

/// Commands that there are to try.
const KINDS: u8 = 19;

fn attempt(world: &mut World<'_>, kind: u8, cents: u32) -> &'static str {
    world.last.clear();
    let amount = Decimal::new(i64::from(cents), 2).to_string();
    let task = world.row().tasks.first().cloned();
    let number = task.as_ref().map_or(1, |task| task.number);
    let role = task.as_ref().map_or_else(|| "chief".to_owned(), |task| task.role.to_string());
    match kind {
        0..=4 => {
            let answers = match world.stage() {
                "visit" => json!({"visited": true, "words": "the neighbour"}),
                "review" => json!({"amount": amount}),
                _ => json!({}),
            };
            world.approve(&role, answers)
        }
        5 => world.ask(&role, &["cost", "remark"]),
        6 => world.answer(json!({"cost": amount, "remark": "new"})),
        7 => world.answer(json!({"remark": null})),
        8 => world.send_to(&role, "visit"),
        9 => world.act(person(&role), roles(&[&role]), Action::Claim { task: number }),
        10 => world.act(person(&role), roles(&[&role]), Action::Release { task: number }),
        11 => {
            world.wait(i64::from(cents % 200));
            let Some(timer) = task.and_then(|task| task.timers.first().copied()) else {
                return "-";
            };
            world.engine(Action::TimeOut { task: number, rule: timer.rule, due: timer.due })
        }
        12 => {
            world.wait(24);
            let returned = world.row().returned.clone();
            let Some(due) = returned.and_then(|returned| returned.answer_by) else { return "-" };
            world.engine(Action::TimeOut { task: number, rule: TimerRule::Answer, due })
        }
        13 | 14 => {
            world.redeem(Some(&amount), if cents.is_multiple_of(5) { "guess" } else { "XK-7781" })
        }
        15 => world.retry(),
        16 if cents.is_multiple_of(7) => world.revoke("issuer", NOTE),
        17 if cents.is_multiple_of(7) => world.act(Who::Applicant, own(), Action::Withdraw),
        18 if cents.is_multiple_of(3) => world.erase(),
        _ => world.engine(Action::Expire),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_folds_to_its_row_and_redeems_no_more_than_the_voucher(
        cost in 1_u32..100_000,
        tries in prop::collection::vec((0..KINDS, 0_u32..60_000), 1..40),
    ) {
        let programme = programme(&[]);
        let cost = Decimal::new(i64::from(cost), 2).to_string();
        let mut world = World::sent(&programme, form_with(&json!({"cost": cost})));
        for (kind, cents) in tries {
            let before = (world.log.len(), world.row().clone());
            let code = attempt(&mut world, kind, cents);
            if world.last.is_empty() {
                prop_assert_eq!(&before, &(world.log.len(), world.row().clone()));
            }
            prop_assert!(world.log.len() - before.0 == world.last.len(), "{}", code);
            if let Some(voucher) = &world.row().voucher {
                let redeemed: Decimal = voucher.redemptions.iter().map(|one| one.amount).sum();
                prop_assert!(redeemed <= voucher.amount && redeemed + voucher.balance == voucher.amount);
                prop_assert!(voucher.redemptions.len() <= voucher.times as usize);
                prop_assert_eq!(world.status(), "approved");
            }
            let ended = world.row().has_ended();
            prop_assert!(!ended || world.row().tasks.is_empty());
            prop_assert!(world.row().tasks.len() <= 1);
            prop_assert_eq!(world.row().returned.is_some(), world.status() == "with_applicant");
            prop_assert_eq!(world.row().held.is_some(), world.status() == "held");
        }
    }
}
