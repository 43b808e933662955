//! Signing in by a one-time code.

use annona_engine::service;
use annona_engine::store::OutboxContent;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::{Answer, World};
use crate::channels::Address;
use crate::sign_in_message::CodeMessage;

const PHONE: &str = "+256 700 123456";

async fn begin(world: &World, body: &Value) -> Answer {
    world.ask("POST", "/v1/sign-in").json(body).send().await
}

async fn ask(world: &World) -> Answer {
    begin(world, &json!({"programme": "urgent-surgery", "phone": PHONE})).await
}

async fn finish(world: &World, id: &Value, code: &str) -> Answer {
    world.ask("POST", "/v1/sign-in/code").json(&json!({"id": id, "code": code})).send().await
}

/// Returns the messages that wait, as who delivers them opens them.
async fn messages(world: &World) -> Vec<CodeMessage> {
    let due = world.engine.store().due_outbox(world.engine.now(), 200).await.unwrap();
    let opened = due.iter().filter_map(|entry| match &entry.content {
        OutboxContent::SignIn(sealed) => {
            Some(CodeMessage::open(world.engine.master(), sealed).unwrap())
        }
        OutboxContent::Notice { .. } => None,
    });
    opened.collect()
}

#[tokio::test]
async fn a_code_goes_to_the_phone_and_gives_a_session_of_a_day() {
    let world = World::new().await;
    let begun = ask(&world).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    let mut body = begun.json();
    let id = body["id"].take();
    insta::assert_json_snapshot!(body, @r#"
    {
      "id": null,
      "expires_at": "2026-03-02T06:10:00Z"
    }
    "#);
    let sent = messages(&world).await;
    let [message] = sent.as_slice() else { panic!("{} messages", sent.len()) };
    assert_eq!(message.to, Address::Phone("+256700123456".to_owned()));
    assert!(message.code.len() == 8 && message.code.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(
        (message.title.as_str(), message.language.as_str()),
        ("Urgent surgery assistance", "en")
    );
    let session = finish(&world, &id, &message.code).await;
    assert_eq!(session.status, StatusCode::CREATED);
    let mut body = session.json();
    let token = body["token"].take();
    insta::assert_json_snapshot!(body, @r#"
    {
      "token": null,
      "expires_at": "2026-03-03T06:00:00Z"
    }
    "#);
    let list = world.ask("GET", "/v1/programmes").bearing(token.as_str().unwrap()).send().await;
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
    world.clock.set("2026-03-03T06:00:00Z".parse().unwrap());
    let over = world.ask("GET", "/v1/programmes").bearing(token.as_str().unwrap()).send().await;
    assert_eq!(over.code(), "unauthenticated");
}

#[tokio::test]
async fn whoever_signs_in_is_the_applicant_whose_form_has_that_phone() {
    let world = World::new().await;
    let id = ask(&world).await.json()["id"].take();
    let code = messages(&world).await.remove(0).code;
    let token = finish(&world, &id, &code).await.json()["token"].as_str().unwrap().to_owned();
    let found = crate::auth::authenticate(&world.engine, &token, world.engine.now()).await.unwrap();
    let principal = found.unwrap();
    let (_, contact) = principal.applicant().unwrap();
    assert_eq!(contact, world.engine.master().hash("phone", "256700123456"));
    assert!(matches!(principal.in_engine(), service::Principal::Applicant { .. }));
}

#[tokio::test]
async fn the_answer_is_the_same_where_nothing_is_sent() {
    let world = World::new().await;
    let known = ask(&world).await;
    let before = messages(&world).await.len();
    let unknown = [
        json!({"programme": "nothing", "phone": PHONE}),
        // The programme asks for no mail address.
        json!({"programme": "school-kit", "email": "amina@example.org"}),
    ];
    for body in unknown {
        let answer = begin(&world, &body).await;
        assert_eq!(answer.status, known.status);
        let (mut answer, mut known) = (answer.json(), known.json());
        assert_ne!(answer["id"].take(), known["id"].take());
        assert_eq!(answer, known);
    }
    assert_eq!(messages(&world).await.len(), before);
}

#[tokio::test]
async fn a_contact_that_is_none_is_refused() {
    let world = World::new().await;
    let phone = begin(&world, &json!({"programme": "urgent-surgery", "phone": "0700"})).await;
    assert_eq!(phone.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_json_snapshot!(phone.json(), @r#"
    {
      "type": "urn:annona:problem:body_invalid",
      "title": "the body is not as this request takes it",
      "status": 422,
      "detail": "no code can be sent there",
      "code": "body_invalid",
      "errors": [
        {
          "pointer": "/phone",
          "code": "not_a_phone_number",
          "message": "must be a phone number with its country, such as +256 700 000001"
        }
      ]
    }
    "#);
    for body in [
        json!({"programme": "urgent-surgery"}),
        json!({"programme": "urgent-surgery", "phone": PHONE, "email": "a@example.org"}),
        json!({"programme": "urgent-surgery", "email": "a@"}),
        json!({"programme": "urgent-surgery", "phone": PHONE, "name": "A"}),
    ] {
        assert_eq!(begin(&world, &body).await.code(), "body_invalid", "{body}");
    }
}

#[tokio::test]
async fn a_wrong_code_costs_a_try_and_the_fifth_ends_them() {
    let world = World::new().await;
    let id = ask(&world).await.json()["id"].take();
    let code = messages(&world).await.remove(0).code;
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    let first = finish(&world, &id, wrong).await;
    assert_eq!(first.status, StatusCode::UNAUTHORIZED);
    insta::assert_json_snapshot!(first.json(), @r#"
    {
      "type": "urn:annona:problem:code_refused",
      "title": "the code is not good",
      "status": 401,
      "detail": "this is not the code; 4 tries are left",
      "code": "code_refused"
    }
    "#);
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(finish(&world, &id, wrong).await.json()["detail"].as_str().unwrap().to_owned());
    }
    insta::assert_json_snapshot!(told, @r#"
    [
      "this is not the code; 3 tries are left",
      "this is not the code; 2 tries are left",
      "this is not the code; 1 try is left",
      "this is not the code; no try is left: ask for another"
    ]
    "#);
    let late = finish(&world, &id, &code).await;
    assert_eq!((late.status, late.code().as_str()), (StatusCode::UNAUTHORIZED, "code_refused"));
}

#[tokio::test]
async fn a_code_that_was_used_is_over_or_is_unknown_is_refused_alike() {
    let world = World::new().await;
    let used = ask(&world).await.json()["id"].take();
    let code = messages(&world).await.remove(0).code;
    assert_eq!(finish(&world, &used, &code).await.status, StatusCode::CREATED);
    let mut refused = vec![finish(&world, &used, &code).await];
    let over = ask(&world).await.json()["id"].take();
    let code = messages(&world).await.pop().unwrap().code;
    world.clock.set("2026-03-02T06:10:00Z".parse().unwrap());
    refused.push(finish(&world, &over, &code).await);
    refused.push(finish(&world, &json!("00000000-0000-4000-8000-000000000000"), &code).await);
    for answer in &refused {
        assert_eq!(answer.code(), "code_refused");
        assert_eq!(answer.json(), refused[0].json());
    }
}

#[tokio::test]
async fn codes_to_one_contact_are_limited_and_others_are_not_concerned() {
    let world = World::new().await;
    for _ in 0..5 {
        assert_eq!(ask(&world).await.status, StatusCode::ACCEPTED);
    }
    let refused = ask(&world).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "too_many")
    );
    assert_eq!(refused.headers["retry-after"], "3600");
    // The same phone in another programme is the same phone.
    let elsewhere = begin(&world, &json!({"programme": "school-kit", "phone": PHONE})).await;
    assert_eq!(elsewhere.code(), "too_many");
    let other = json!({"programme": "urgent-surgery", "phone": "+256 700 123457"});
    assert_eq!(begin(&world, &other).await.status, StatusCode::ACCEPTED);
}
