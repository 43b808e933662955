//! Schedules: once for each due instant, in the programme's time zone.

use annona_engine::application::VoucherStatus;
use annona_engine::event::Body;
use annona_engine::schedules::Schedules;
use annona_engine::store::{Record, ScheduleKey};
use jiff::SignedDuration;

use crate::world::{World, days};

const AT_NOON: &str = r#"schedules: [{name: expire, cron: "0 12 * * *", do: expire_vouchers}]"#;

#[tokio::test]
async fn a_schedule_runs_once_for_each_instant_whichever_daemon_is_first() {
    let world = World::with(AT_NOON).await;
    let here = Schedules::new(world.engine.clone());
    let there = Schedules::new(world.another().await);
    // The installation's own work runs at the first start.
    assert_eq!(here.run_due().await.unwrap(), 1);
    assert_eq!(there.run_due().await.unwrap(), 0);
    for instant in ["2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z"] {
        world.at(instant);
        world.pass(SignedDuration::from_secs(-1));
        here.run_due().await.unwrap();
        world.at(instant);
        let (one, two) = tokio::join!(here.run_due(), there.run_due());
        assert_eq!(one.unwrap() + two.unwrap(), 1, "{instant}");
        assert_eq!(there.run_due().await.unwrap(), 0, "{instant}");
    }
}

#[tokio::test]
async fn a_daemon_that_was_down_runs_a_schedule_once() {
    let world = World::with(AT_NOON).await;
    Schedules::new(world.engine.clone()).run_due().await.unwrap();
    world.pass(days(40));
    let again = Schedules::new(world.another().await);
    // The programme's, and the installation's own.
    assert_eq!(again.run_due().await.unwrap(), 2);
    assert_eq!(again.run_due().await.unwrap(), 0);
}

#[tokio::test]
async fn vouchers_expire_at_half_past_midnight_where_the_programme_says_nothing() {
    let world = World::new().await;
    let schedules = Schedules::new(world.engine.clone());
    let id = world.submit().await;
    world.approve(id).await;
    // Valid to the end of the 12th; half past midnight on the 13th in Kampala.
    world.at("2026-03-12T20:59:00Z");
    schedules.run_due().await.unwrap();
    world.at("2026-03-12T21:29:59Z");
    assert_eq!(schedules.run_due().await.unwrap(), 0);
    assert_eq!(world.application(id).await.voucher.unwrap().status, VoucherStatus::Active);
    world.at("2026-03-12T21:30:00Z");
    assert_eq!(schedules.run_due().await.unwrap(), 1);
    assert_eq!(world.application(id).await.voucher.unwrap().status, VoucherStatus::Expired);
    assert_eq!(world.count(id, |body| matches!(body, Body::VoucherExpired)).await, 1);
}

#[tokio::test]
async fn a_run_that_was_recorded_and_cut_off_is_ended_by_the_next_start() {
    let world = World::with(AT_NOON).await;
    let (id, later) = (world.submit().await, world.submit().await);
    world.approve(id).await;
    world.pass(days(3));
    world.approve(later).await;
    // Valid to the end of the 12th: the daemon that recorded the run of the 15th ended over it.
    // The other voucher's turn comes with the next run, not with the next start.
    world.at("2026-03-16T08:00:00Z");
    let key = ScheduleKey { programme: "kit".into(), name: "expire".into() };
    let yesterday = "2026-03-15T09:00:00Z".parse().unwrap();
    world.engine.record(Record::ScheduleRun(key, yesterday)).await.unwrap();
    let again = Schedules::new(world.another().await);
    again.run_due().await.unwrap();
    let status = async |id| world.fresh(id).await.voucher.unwrap().status;
    assert_eq!(status(id).await, VoucherStatus::Expired);
    assert_eq!(status(later).await, VoucherStatus::Active);
    world.at("2026-03-16T09:00:00Z");
    again.run_due().await.unwrap();
    assert_eq!(status(later).await, VoucherStatus::Expired);
}

#[tokio::test]
async fn a_run_over_which_a_daemon_died_is_ended_by_another_one_soon() {
    let world = World::with(AT_NOON).await;
    let id = world.submit().await;
    world.approve(id).await;
    let other = Schedules::new(world.another().await);
    // Valid to the end of the 12th.
    world.at("2026-03-12T09:00:00Z");
    other.run_due().await.unwrap();
    // This one records the run of noon and is killed.
    let key = ScheduleKey { programme: "kit".into(), name: "expire".into() };
    let noon = "2026-03-13T09:00:00Z".parse().unwrap();
    world.at("2026-03-13T09:00:00Z");
    world.engine.record(Record::ScheduleRun(key, noon)).await.unwrap();
    other.run_due().await.unwrap();
    assert_eq!(world.fresh(id).await.voucher.unwrap().status, VoucherStatus::Active);
    world.pass(SignedDuration::from_mins(1));
    other.run_due().await.unwrap();
    assert_eq!(world.fresh(id).await.voucher.unwrap().status, VoucherStatus::Expired);
    assert_eq!(world.count(id, |body| matches!(body, Body::VoucherExpired)).await, 1);
}

#[tokio::test]
async fn personal_values_past_their_time_are_erased_daily() {
    let world = World::new().await;
    let schedules = Schedules::new(world.engine.clone());
    let id = world.submit().await;
    world.pass(days(3));
    let applicant =
        annona_engine::service::Principal::Listed(annona_engine::id::Who::Person("portal".into()));
    let withdraw = annona_engine::command::Action::Withdraw;
    world.engine.handle(&applicant, id, withdraw, None).await.unwrap();
    world.pass(days(364));
    schedules.run_due().await.unwrap();
    assert!(!world.application(id).await.erased);
    world.pass(days(2));
    schedules.run_due().await.unwrap();
    assert!(world.application(id).await.erased);
}
