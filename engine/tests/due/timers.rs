//! Timers: each fires once, and nobody need have been there.

use std::time::Duration;

use annona_definitions::programme::SendBackTarget;
use annona_engine::application::Status;
use annona_engine::command::Verdict;
use annona_engine::event::Body;
use jiff::SignedDuration;

use crate::world::{World, days};

#[tokio::test]
async fn a_reminder_fires_once_and_not_before_its_time() {
    let world = World::new().await;
    let id = world.submit().await;
    world.pass(days(1) - SignedDuration::from_secs(1));
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 0);
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 1);
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 0);
    assert_eq!(world.count(id, |body| matches!(body, Body::Reminded { .. })).await, 1);
}

#[tokio::test]
async fn a_timer_fires_once_however_many_daemons_there_are() {
    let world = World::new().await;
    let id = world.submit().await;
    let other = world.another().await;
    world.pass(days(1));
    let (one, two) = tokio::join!(world.engine.fire_timers(), other.fire_timers());
    assert_eq!(one.unwrap().done + two.unwrap().done, 1);
    assert_eq!(world.count(id, |body| matches!(body, Body::Reminded { .. })).await, 1);
}

#[tokio::test]
async fn what_fell_due_while_the_daemon_was_down_fires_once_and_in_order() {
    let world = World::new().await;
    let id = world.submit().await;
    world.pass(days(30));
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 3);
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 0);
    assert_eq!(world.count(id, |body| matches!(body, Body::Reminded { .. })).await, 1);
    assert_eq!(world.count(id, |body| matches!(body, Body::Escalated { .. })).await, 1);
    assert_eq!(world.count(id, |body| matches!(body, Body::StagePassed { .. })).await, 1);
    assert_eq!(world.application(id).await.stage().unwrap().as_str(), "final");
}

#[tokio::test]
async fn timers_of_more_applications_than_a_page_fire_once_each_and_in_order() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for _ in 0..150 {
        ids.push(world.submit().await);
    }
    // Three of each: what is due of an application stands in several pages.
    world.pass(days(30));
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 450);
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 0);
    for id in ids {
        assert_eq!(world.count(id, |body| matches!(body, Body::Reminded { .. })).await, 1);
        assert_eq!(world.count(id, |body| matches!(body, Body::Escalated { .. })).await, 1);
        assert_eq!(world.application(id).await.stage().unwrap().as_str(), "final");
    }
}

#[tokio::test]
async fn an_escalation_adds_the_role_and_keeps_the_officer() {
    let world = World::new().await;
    let id = world.submit().await;
    world.pass(days(2));
    world.engine.fire_timers().await.unwrap();
    let task = world.application(id).await.tasks[0].clone();
    assert_eq!(task.role.as_str(), "clerk");
    assert_eq!(task.escalated_to[0].as_str(), "supervisor");
}

#[tokio::test]
async fn an_applicant_who_does_not_answer_is_rejected_on_the_day_after_the_last() {
    let world = World::new().await;
    let id = world.submit().await;
    let verdict =
        Verdict::SendBack { to: Some(SendBackTarget::Applicant), fields: vec!["school".into()] };
    world.decide("ann", id, verdict, Some("missing")).await;
    world.at("2026-03-05T20:59:59Z");
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 0);
    world.at("2026-03-05T21:00:00Z");
    assert_eq!(world.engine.fire_timers().await.unwrap().done, 1);
    let application = world.application(id).await;
    assert_eq!(application.status, Status::Rejected);
    assert_eq!(application.reason.unwrap().as_str(), "no_answer");
}

#[tokio::test]
async fn the_next_timer_is_known_to_the_instant() {
    let world = World::new().await;
    let second = Duration::from_secs(1);
    assert_eq!(world.engine.until_next_timer(second).await.unwrap(), second);
    world.submit().await;
    world.pass(days(1) - SignedDuration::from_millis(250));
    let until = world.engine.until_next_timer(second).await.unwrap();
    assert_eq!(until, Duration::from_millis(250));
    world.pass(days(1));
    assert_eq!(world.engine.until_next_timer(second).await.unwrap(), second);
}
