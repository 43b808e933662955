//! The roster: reading it, and applying another.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::{Answer, Asking, World, example};

async fn put<'a>(world: &'a World, who: &str) -> Asking<'a> {
    let token = world.token(who).await;
    world.ask("PUT", "/v1/roster").bearing(&token)
}

async fn shown(world: &World) -> Answer {
    let token = world.token("person:joseph").await;
    world.ask("GET", "/v1/roster").bearing(&token).send().await
}

/// Returns the roster that stands, to be changed.
async fn standing(world: &World) -> Value {
    shown(world).await.json()
}

#[tokio::test]
async fn a_roster_is_shown_with_its_version_to_administrators() {
    let world = World::new().await;
    let answer = shown(&world).await;
    assert_eq!(
        (answer.status, &answer.headers["etag"]),
        (StatusCode::OK, &"\"1\"".parse().unwrap())
    );
    insta::assert_json_snapshot!(answer.json()["people"][1], @r#"
    {
      "id": "grace",
      "name": "Grace Akello",
      "phone": "+256700000011",
      "email": "grace@example.org",
      "languages": [
        "en",
        "fr"
      ],
      "holds": [
        {
          "programme": "urgent-surgery",
          "role": "doctor"
        }
      ]
    }
    "#);
    insta::assert_json_snapshot!(answer.json()["providers"][0], @r#"
    {
      "id": "mulago",
      "name": "Mulago Hospital",
      "kind": "hospital",
      "region": "central",
      "programmes": [
        "urgent-surgery"
      ]
    }
    "#);
    let token = world.token("person:grace").await;
    let grace = world.ask("GET", "/v1/roster").bearing(&token).send().await;
    assert_eq!((grace.status, grace.code().as_str()), (StatusCode::FORBIDDEN, "not_your_role"));
    assert_eq!(world.ask("GET", "/v1/roster").send().await.code(), "unauthenticated");
}

#[tokio::test]
async fn a_roster_in_yaml_is_the_same_roster_and_keeps_its_version() {
    let world = World::new().await;
    let yaml = put(&world, "person:joseph").await.body("application/yaml", example("roster.yaml"));
    let answer = yaml.send().await;
    assert_eq!(
        (answer.status, &answer.headers["etag"]),
        (StatusCode::OK, &"\"1\"".parse().unwrap())
    );
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "version": 1,
      "people": 14,
      "providers": 4,
      "warnings": [
        {
          "pointer": "/people/ama/holds",
          "message": "there is no programme `my-programme` yet"
        },
        {
          "pointer": "/people/nimal/holds",
          "message": "there is no programme `sri-lanka-medical-aid` yet"
        }
      ]
    }
    "#);
    let standing = standing(&world).await;
    let json = put(&world, "person:joseph").await.json(&standing).send().await;
    assert_eq!(json.json(), answer.json());
}

#[tokio::test]
async fn another_roster_gets_the_next_version_and_rights_follow_at_once() {
    let world = World::new().await;
    let grace = world.token("person:grace").await;
    let mut roster = standing(&world).await;
    roster["people"].as_array_mut().unwrap().retain(|person| person["id"] != "grace");
    let applied = put(&world, "person:joseph").await.json(&roster).send().await;
    assert_eq!(applied.json()["version"], 2);
    let asked = world.ask("GET", "/v1/programmes").bearing(&grace).send().await;
    assert_eq!(asked.code(), "unauthenticated");
}

#[tokio::test]
async fn a_roster_is_applied_over_the_version_that_was_seen() {
    let world = World::new().await;
    let mut roster = standing(&world).await;
    roster["people"][0]["name"] = "Ama M.".into();
    for (seen, status, code) in [
        ("\"7\"", StatusCode::PRECONDITION_FAILED, "content_changed"),
        ("7", StatusCode::BAD_REQUEST, "bad_request"),
    ] {
        let request = put(&world, "person:joseph").await.header("if-match", seen);
        let refused = request.json(&roster).send().await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code));
    }
    let request = put(&world, "person:joseph").await.header("if-match", "\"1\"");
    assert_eq!(request.json(&roster).send().await.headers["etag"], "\"2\"");
    let request = put(&world, "person:joseph").await.header("if-match", "\"1\"");
    assert_eq!(request.json(&roster).send().await.code(), "content_changed");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_roster_is_named() {
    let world = World::new().await;
    let roster = json!({"people": [
        {"id": "Bad Id", "name": "", "phone": "0700", "holds": [{"role": "doctor"}]},
    ]});
    let answer = put(&world, "person:joseph").await.json(&roster).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "type": "urn:annona:problem:roster_invalid",
      "title": "the roster has errors",
      "status": 422,
      "detail": "the roster was not taken",
      "code": "roster_invalid",
      "errors": [
        {
          "pointer": "/people/Bad Id",
          "code": "roster",
          "message": "an id is lower-case letters, digits, `-` and `_`, 64 at most"
        },
        {
          "pointer": "/people/Bad Id",
          "code": "roster",
          "message": "a person has a name"
        },
        {
          "pointer": "/people/Bad Id/phone",
          "code": "roster",
          "message": "write the phone number as `+256700000010`"
        },
        {
          "pointer": "/people/Bad Id/holds",
          "code": "roster",
          "message": "role `doctor` belongs to a programme: name it"
        },
        {
          "pointer": "/people",
          "code": "roster",
          "message": "`joseph` applies this roster and would no longer be an administrator: keep them, or have another administrator apply it"
        }
      ]
    }
    "#);
    assert_eq!(shown(&world).await.headers["etag"], "\"1\"");
}

#[tokio::test]
async fn a_role_or_a_programme_that_is_not_there_is_a_warning() {
    let world = World::new().await;
    let mut roster = standing(&world).await;
    roster["people"][1]["holds"] = json!([
        {"programme": "urgent-surgery", "role": "surgeon"},
        {"programme": "urgent-surgery", "role": "intake"},
        {"programme": "food-aid", "role": "clerk"},
    ]);
    roster["providers"][0]["programmes"] = json!(["food-aid", "water"]);
    let answer = put(&world, "person:joseph").await.json(&roster).send().await;
    insta::assert_json_snapshot!(answer.json()["warnings"], @r#"
    [
      {
        "pointer": "/people/ama/holds",
        "message": "there is no programme `my-programme` yet"
      },
      {
        "pointer": "/people/grace/holds",
        "message": "programme `urgent-surgery` has no role `surgeon`"
      },
      {
        "pointer": "/people/grace/holds",
        "message": "there is no programme `food-aid` yet"
      },
      {
        "pointer": "/people/nimal/holds",
        "message": "there is no programme `sri-lanka-medical-aid` yet"
      },
      {
        "pointer": "/providers/mulago/programmes",
        "message": "there is no programme `water` yet"
      }
    ]
    "#);
}

#[tokio::test]
async fn a_body_that_is_no_roster_is_refused_with_its_place() {
    let world = World::new().await;
    let yaml = async |text: &str| {
        let request = put(&world, "person:joseph").await;
        request.body("application/yaml", text.as_bytes().to_vec()).send().await
    };
    let unknown = yaml("people: [{id: a, name: A, colour: red}]").await;
    insta::assert_json_snapshot!(unknown.json(), @r#"
    {
      "type": "urn:annona:problem:body_invalid",
      "title": "the body is not as this request takes it",
      "status": 422,
      "detail": "the body is not as this request takes it",
      "code": "body_invalid",
      "errors": [
        {
          "pointer": "/people/0/colour",
          "code": "unknown_field",
          "message": "there is no such field here"
        }
      ]
    }
    "#);
    assert_eq!(yaml("people: {").await.code(), "not_yaml");
    assert_eq!(yaml("people: []\npeople: []").await.code(), "not_yaml");
    let phone = yaml("people: [{id: a, name: A, phone: +256700000010}]").await;
    assert_eq!(phone.json()["errors"][0]["pointer"], "/people/0/phone");
    assert!(!String::from_utf8(phone.bytes).unwrap().contains("256700000010"));
    let text = put(&world, "person:joseph").await.body("text/plain", b"people: []".to_vec());
    assert_eq!(text.send().await.code(), "unsupported_media_type");
    let grace = put(&world, "person:grace").await.json(&json!({})).send().await;
    assert_eq!(grace.code(), "not_your_role");
}

#[tokio::test]
async fn who_may_not_send_a_body_learns_nothing_of_what_is_wrong_with_it() {
    let world = World::new().await;
    let token = world.token("person:grace").await;
    for (method, path) in [
        ("PUT", "/v1/roster"),
        ("POST", "/v1/programmes"),
        ("POST", "/v1/programmes/check"),
        ("POST", "/v1/tokens"),
    ] {
        let asking = world.ask(method, path).bearing(&token);
        let answer = asking.json(&serde_json::json!({"unknown": true})).send().await;
        assert_eq!(answer.code(), "not_your_role", "{path}");
    }
}
