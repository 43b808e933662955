//! What happens when a task is late.

use annona_definitions::programme::NoticeEvent;
use annona_engine::application::{StageResult, TimerRule};
use annona_engine::command::Action;
use annona_engine::effect::Effect;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{World, form, person, programme, roles};

#[test]
fn each_timeout_fires_once_at_its_time_and_by_the_engine_alone() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let task = world.row().tasks[0].clone();
    let timer = |place: usize| {
        let timer = task.timers[place];
        (timer.due, Action::TimeOut { task: 1, rule: timer.rule, due: timer.due })
    };
    let (due, remind) = timer(0);
    world.now = due - SignedDuration::from_micros(1);
    assert_eq!(world.engine(remind.clone()), "already_done", "too early");
    world.now = due;
    assert_eq!(world.act(person("eve"), roles(&["clerk"]), remind.clone()), "not_found");
    let moved = Action::TimeOut {
        task: 1,
        rule: TimerRule::Late(0),
        due: due - SignedDuration::from_secs(1),
    };
    assert_eq!(world.engine(moved), "already_done", "of another instant");
    assert_eq!(world.engine(remind.clone()), "ok");
    let reminded = world.effects.iter().any(
        |effect| matches!(effect, Effect::Notify(notify) if notify.event == NoticeEvent::Reminder),
    );
    assert!(reminded);
    assert_eq!(world.engine(remind), "already_done", "fired");

    assert_eq!(
        world.act(person("sue"), roles(&["supervisor"]), Action::Claim { task: 1 }),
        "not_your_role"
    );
    assert_eq!(world.fire(TimerRule::Late(1)), "ok");
    assert_eq!(world.row().tasks[0].role.as_str(), "clerk", "the first role keeps it");
    assert_eq!(world.row().tasks[0].content, task.content);
    assert_eq!(world.act(person("sue"), roles(&["supervisor"]), Action::Claim { task: 1 }), "ok");

    assert_eq!(world.fire(TimerRule::Late(2)), "ok");
    assert_eq!(world.row().stages[0].result, StageResult::Passed);
    assert!(world.row().stages[0].answers.is_empty() && world.row().deciders.is_empty());
    assert_eq!((world.status(), world.stage()), ("in_review", "review"));
    assert_eq!(world.engine(timer(2).1), "already_done");
}

#[test]
fn a_timed_rejection_has_its_reason() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    assert_eq!(world.fire(TimerRule::Late(0)), "ok");
    assert_eq!(
        (world.status(), world.row().reason.as_ref().unwrap().as_str()),
        ("rejected", "too_slow")
    );
    assert_eq!(
        world.engine(Action::TimeOut { task: 9, rule: TimerRule::Late(0), due: world.now }),
        "already_done"
    );
}

#[test]
fn a_timer_of_a_task_that_was_decided_no_longer_stands() {
    let programme = programme(&[]);
    let mut world = World::sent(&programme, form());
    let timer = world.row().tasks[0].timers[0];
    assert_eq!(world.approve("clerk", json!({"visited": true})), "ok");
    world.now = timer.due;
    let events = world.log.len();
    assert_eq!(
        world.engine(Action::TimeOut { task: 1, rule: timer.rule, due: timer.due }),
        "already_done"
    );
    assert_eq!(world.log.len(), events);
}
