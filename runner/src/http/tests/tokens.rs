//! Tokens: shown once, listed without their text, refused once revoked.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::{Answer, World};

async fn create(world: &World, who: &str, body: &Value) -> Answer {
    let token = world.token(who).await;
    world.ask("POST", "/v1/tokens").bearing(&token).json(body).send().await
}

async fn status(world: &World, token: &str) -> StatusCode {
    world.ask("GET", "/v1/programmes").bearing(token).send().await.status
}

#[tokio::test]
async fn a_token_is_shown_once_and_opens_until_its_end() {
    let world = World::new().await;
    let asked =
        json!({"owner": "person:grace", "label": "laptop", "expires_at": "2026-03-03T06:00:00Z"});
    let answer = create(&world, "person:joseph", &asked).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let mut body = answer.json();
    let text = body["token"].take().as_str().unwrap().to_owned();
    let id = body["id"].take().as_str().unwrap().to_owned();
    insta::assert_json_snapshot!(body, @r#"
    {
      "token": null,
      "id": null,
      "owner": "person:grace",
      "label": "laptop",
      "created_at": "2026-03-02T06:00:00Z",
      "expires_at": "2026-03-03T06:00:00Z"
    }
    "#);
    assert!(text.starts_with("ann_") && id.len() == 36);
    assert_eq!(status(&world, &text).await, StatusCode::OK);
    world.clock.set("2026-03-03T06:00:00Z".parse().unwrap());
    assert_eq!(status(&world, &text).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_made_for_the_roster_alone_and_by_administrators() {
    let world = World::new().await;
    let wrong =
        json!({"owner": "person:nobody", "label": "a\nb", "expires_at": "2026-03-02T06:00:00Z"});
    let answer = create(&world, "person:joseph", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "type": "urn:annona:problem:body_invalid",
      "title": "the body is not as this request takes it",
      "status": 422,
      "detail": "no token can be made of this",
      "code": "body_invalid",
      "errors": [
        {
          "pointer": "/owner",
          "code": "unknown_owner",
          "message": "name a person or a provider of the roster"
        },
        {
          "pointer": "/expires_at",
          "code": "too_small",
          "message": "a token ends after now"
        },
        {
          "pointer": "/label",
          "code": "wrong_type",
          "message": "a label is one line without control characters"
        }
      ]
    }
    "#);
    for owner in ["applicant", "engine", "grace", "provider:grace", ""] {
        let answer = create(&world, "person:joseph", &json!({"owner": owner})).await;
        assert_eq!(answer.code(), "body_invalid", "{owner}");
    }
    let long = json!({"owner": "person:grace", "label": "x".repeat(101)});
    assert_eq!(
        create(&world, "person:joseph", &long).await.json()["errors"][0]["code"],
        "too_long"
    );
    let own = create(&world, "person:grace", &json!({"owner": "person:grace"})).await;
    assert_eq!((own.status, own.code().as_str()), (StatusCode::FORBIDDEN, "not_your_role"));
}

#[tokio::test]
async fn a_repeat_is_told_that_its_token_was_made() {
    let world = World::new().await;
    let joseph = world.token("person:joseph").await;
    let send = |key: &'static str, token: String| {
        let asked = world.ask("POST", "/v1/tokens").bearing(&token);
        asked.header("idempotency-key", key).json(&json!({"owner": "provider:mulago"})).send()
    };
    assert_eq!(send("one", joseph.clone()).await.status, StatusCode::CREATED);
    let again = send("one", joseph.clone()).await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "already_done"));
    assert_eq!(send("two", joseph).await.status, StatusCode::CREATED);
    // Another administrator's key of the same name is another key.
    let admin = world.token("person:admin").await;
    assert_eq!(send("one", admin.clone()).await.status, StatusCode::CREATED);
    // At once: the later ones find out when they are to be recorded.
    let all = futures_util::future::join_all((0..8).map(|_| send("at once", admin.clone()))).await;
    let (made, told): (Vec<_>, Vec<_>) =
        all.iter().partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(made.len(), 1);
    assert!(told.iter().all(|answer| answer.code() == "already_done"));
}

#[tokio::test]
async fn one_lists_ones_own_tokens_and_an_administrator_everybodys() {
    let world = World::new().await;
    let grace = world.token("person:grace").await;
    world.clock.set("2026-03-02T06:00:01Z".parse().unwrap());
    let joseph = world.token("person:joseph").await;
    let owners = async |token: &str, query: &str| {
        let path = format!("/v1/tokens{query}");
        let page = world.ask("GET", &path).bearing(token).send().await.json();
        let owners: Vec<String> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["owner"].as_str().unwrap().to_owned())
            .collect();
        (owners.join(" "), page["next"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(owners(&grace, "").await.0, "person:grace");
    assert_eq!(owners(&joseph, "").await.0, "person:grace person:joseph");
    let (first, next) = owners(&joseph, "?limit=1").await;
    assert_eq!(first, "person:grace");
    let last = owners(&joseph, &format!("?limit=1&after={next}")).await;
    assert_eq!(last, ("person:joseph".to_owned(), String::new()));
    let page = world.ask("GET", "/v1/tokens").bearing(&grace).send().await.json();
    assert!(page["items"][0].get("token").is_none() && page["items"][0].get("hash").is_none());
    assert_eq!(world.ask("GET", "/v1/tokens").send().await.code(), "unauthenticated");
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let world = World::new().await;
    let joseph = world.token("person:joseph").await;
    let created = create(&world, "person:joseph", &json!({"owner": "person:grace"})).await.json();
    let path = format!("/v1/tokens/{}", created["id"].as_str().unwrap());
    let (grace, ama) = (created["token"].as_str().unwrap(), world.token("person:ama").await);
    let other = world.ask("DELETE", &path).bearing(&ama).send().await;
    assert_eq!((other.status, other.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    let revoked = world.ask("DELETE", &path).bearing(grace).send().await;
    assert_eq!((revoked.status, revoked.bytes.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(status(&world, grace).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.ask("DELETE", &path).bearing(&joseph).send().await.code(), "not_found");
    let none = world.ask("DELETE", "/v1/tokens/none").bearing(&joseph).send().await;
    assert_eq!(none.code(), "not_found");
}
