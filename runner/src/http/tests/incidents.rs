//! Incidents: held applications, locked vouchers and parked deliveries.

use annona_definitions::programme::ProgrammeId;
use annona_engine::application::Status;
use annona_engine::command::Submit;
use annona_engine::id::{ApplicationId, Who};
use annona_engine::service::Principal;
use annona_engine::store::{Delivery, Record};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::{Answer, Asking, START, World};

/// True, but it cannot run on the day that the form names: a division by zero.
const PROGRAMME: &str = r#"
format: 1
programme: visits
title: Visits
roles: {clerk: Clerk}
form: {day: {label: Day, type: date}, phone: {label: Phone, type: phone}}
eligibility:
  - {require: "100 / days_between(form.day, today) > 0", otherwise: not_now}
stages: [{stage: visit, role: clerk}]
reasons: {reject: {not_now: Not now}}
keep: 1 year
"#;

/// A daemon with an application that is held.
async fn held() -> (World, ApplicationId) {
    let world = World::new().await;
    world.engine.deploy(&Who::Engine, PROGRAMME.as_bytes()).await.unwrap();
    let form = json!({"day": "2026-03-02", "phone": "+256700123456"});
    let submit = Submit { programme: ProgrammeId::recorded("visits"), form };
    let portal = Principal::Listed(Who::Person("portal".into()));
    let application = world.engine.submit(&portal, submit, None).await.unwrap().application;
    assert_eq!(application.status, Status::Held);
    (world, application.id)
}

async fn as_omar<'a>(world: &'a World, method: &str, path: &str) -> Asking<'a> {
    let token = world.token("person:omar").await;
    world.ask(method, path).bearing(&token)
}

async fn listed(world: &World) -> Value {
    as_omar(world, "GET", "/v1/incidents").await.send().await.json()["items"].take()
}

async fn retry(world: &World, id: &Value) -> Answer {
    let path = format!("/v1/incidents/{}/retry", id.as_str().unwrap());
    as_omar(world, "POST", &path).await.send().await
}

#[tokio::test]
async fn a_held_application_is_listed_and_goes_on_when_it_can() {
    let (world, application) = held().await;
    let mut incidents = listed(&world).await;
    assert_eq!(incidents[0]["application"].take(), application.to_string());
    insta::assert_json_snapshot!(incidents, @r#"
    [
      {
        "id": "1",
        "kind": "application",
        "application": null,
        "since": "2026-03-02T06:00:00Z",
        "cause": "a number cannot be divided by zero"
      }
    ]
    "#);
    let id = incidents[0]["id"].take();
    let still = retry(&world, &id).await;
    assert_eq!((still.status, still.code().as_str()), (StatusCode::CONFLICT, "held"));
    assert_eq!(listed(&world).await.as_array().unwrap().len(), 1);
    world.clock.set("2026-03-03T06:00:00Z".parse().unwrap());
    let answer = retry(&world, &id).await;
    assert_eq!(answer.status, StatusCode::OK);
    let mut body = answer.json();
    assert_eq!(body["application"].take(), application.to_string());
    insta::assert_json_snapshot!(body, @r#"
    {
      "id": "1",
      "application": null,
      "status": "in_review"
    }
    "#);
    assert_eq!(listed(&world).await, json!([]));
    assert_eq!(retry(&world, &id).await.code(), "not_found");
}

#[tokio::test]
async fn a_repeated_retry_is_answered_as_before() {
    let (world, _) = held().await;
    world.clock.set("2026-03-03T06:00:00Z".parse().unwrap());
    let id = listed(&world).await[0]["id"].take();
    let path = format!("/v1/incidents/{}/retry", id.as_str().unwrap());
    let mut answers = Vec::new();
    for _ in 0..2 {
        let request = as_omar(&world, "POST", &path).await.header("idempotency-key", "one");
        answers.push(request.send().await);
    }
    assert_eq!(answers[1].status, StatusCode::OK);
    assert_eq!(answers[0].json(), answers[1].json());
    let other = as_omar(&world, "POST", &path).await.header("idempotency-key", "two").send().await;
    assert_eq!(other.code(), "not_found");
}

#[tokio::test]
async fn a_parked_delivery_is_due_again_at_once_with_its_tries() {
    let world = World::new().await;
    let code = json!({"programme": "urgent-surgery", "phone": "+256700123456"});
    world.ask("POST", "/v1/sign-in").json(&code).send().await;
    let now = START.parse().unwrap();
    let entry = world.engine.store().due_outbox(now, 1).await.unwrap().remove(0);
    let parked = Delivery::Parked { cause: "the mail server refuses".into() };
    world.engine.record(Record::Delivered(entry.id, parked)).await.unwrap();
    assert!(world.engine.store().due_outbox(now, 1).await.unwrap().is_empty());
    let incidents = listed(&world).await;
    insta::assert_json_snapshot!(incidents, @r#"
    [
      {
        "id": "2",
        "kind": "delivery",
        "since": "2026-03-02T06:00:00Z",
        "cause": "the mail server refuses"
      }
    ]
    "#);
    let answer = retry(&world, &incidents[0]["id"]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let due = world.engine.store().due_outbox(now, 1).await.unwrap().remove(0);
    assert!(due.id == entry.id && due.attempts > entry.attempts);
    assert_eq!(listed(&world).await, json!([]));
}

#[tokio::test]
async fn incidents_are_an_operators() {
    let (world, _) = held().await;
    for (method, path) in [("GET", "/v1/incidents"), ("POST", "/v1/incidents/1/retry")] {
        let token = world.token("person:joseph").await;
        let joseph = world.ask(method, path).bearing(&token).send().await;
        assert_eq!(
            (joseph.status, joseph.code().as_str()),
            (StatusCode::FORBIDDEN, "not_your_role")
        );
        assert_eq!(world.ask(method, path).send().await.code(), "unauthenticated");
    }
    for (path, code) in [
        ("/v1/incidents?after=x", "bad_request"),
        ("/v1/incidents?limit=201", "bad_request"),
        ("/v1/incidents?page=2", "bad_request"),
    ] {
        assert_eq!(as_omar(&world, "GET", path).await.send().await.code(), code);
    }
    let none = as_omar(&world, "POST", "/v1/incidents/x/retry").await.send().await;
    assert_eq!(none.code(), "not_found");
}
