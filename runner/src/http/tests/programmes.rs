//! Programmes: deploying, checking and reading definitions.

use axum::http::StatusCode;
use serde_json::Value;

use super::world::{Answer, World, example};

const YAML: &str = "application/yaml";

async fn post(world: &World, who: &str, path: &str, source: &[u8]) -> Answer {
    let token = world.token(who).await;
    world.ask("POST", path).bearing(&token).body(YAML, source.to_vec()).send().await
}

async fn get(world: &World, who: &str, path: &str) -> Answer {
    let token = world.token(who).await;
    world.ask("GET", path).bearing(&token).send().await
}

/// The example with another title: the same programme, another definition.
fn renamed() -> Vec<u8> {
    let source = String::from_utf8(example("school-kit/programme.yaml")).unwrap();
    source.replacen("School kit", "School kit again", 1).into_bytes()
}

/// Returns the ids of a page.
fn ids(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let items = json["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_definition_is_deployed_once_and_the_next_one_gets_the_next_number() {
    let world = World::new().await;
    let source = example("sri-lanka-medical-aid/programme.yaml");
    let first = post(&world, "person:joseph", "/v1/programmes", &source).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let mut body = first.json();
    assert_eq!(body["digest"].take().as_str().unwrap().len(), 64);
    insta::assert_json_snapshot!(body, @r#"
    {
      "programme": "sri-lanka-medical-aid",
      "number": 1,
      "digest": null,
      "unchanged": false,
      "warnings": []
    }
    "#);
    let again = post(&world, "person:joseph", "/v1/programmes", &source).await;
    assert_eq!((again.status, &again.json()["unchanged"]), (StatusCode::OK, &true.into()));
    let next = post(&world, "person:joseph", "/v1/programmes", &renamed()).await;
    assert_eq!((next.status, &next.json()["number"]), (StatusCode::CREATED, &2.into()));
}

#[tokio::test]
async fn a_wrong_definition_is_refused_with_every_finding() {
    let world = World::new().await;
    let answer = post(&world, "person:joseph", "/v1/programmes", b"format: 1\ntitel: Kit\n").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut body = answer.json();
    let findings = body["report"]["findings"].take();
    insta::assert_json_snapshot!(body, @r#"
    {
      "type": "urn:annona:problem:definition_invalid",
      "title": "the definition has errors",
      "status": 422,
      "detail": "the definition has 5 errors",
      "code": "definition_invalid",
      "report": {
        "file": "definition",
        "errors": 5,
        "not_built": 0,
        "findings": null,
        "left_out": 0
      }
    }
    "#);
    let codes: Vec<&str> =
        findings.as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert!(codes.len() > 1 && codes.contains(&"S001"), "{codes:?}");
}

#[tokio::test]
async fn a_definition_that_cannot_run_yet_is_valid_and_never_deployed() {
    let world = World::new().await;
    let mut source = renamed();
    source.extend_from_slice(b"\nwindow: {from: 2026-01-01}\n");
    let checked = post(&world, "person:joseph", "/v1/programmes/check", &source).await.json();
    assert_eq!((&checked["valid"], &checked["not_built"]), (&true.into(), &1.into()));
    assert_eq!(checked["findings"][0]["severity"], "note");
    let deployed = post(&world, "person:joseph", "/v1/programmes", &source).await;
    assert_eq!(
        (deployed.status, deployed.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "definition_not_built")
    );
    assert_eq!(deployed.json()["report"]["findings"][0]["code"], "S007");
    let kit = get(&world, "person:joseph", "/v1/programmes/school-kit").await.json();
    assert_eq!(kit["number"], 1);
}

#[tokio::test]
async fn a_check_says_what_was_found_and_deploys_nothing() {
    let world = World::new().await;
    let valid = post(&world, "person:joseph", "/v1/programmes/check", &renamed()).await;
    assert_eq!(valid.status, StatusCode::OK);
    insta::assert_json_snapshot!(valid.json(), @r#"
    {
      "valid": true,
      "not_built": 0,
      "findings": [],
      "left_out": 0
    }
    "#);
    let wrong = post(&world, "person:joseph", "/v1/programmes/check", b"format: 1").await;
    assert_eq!((wrong.status, &wrong.json()["valid"]), (StatusCode::OK, &false.into()));
    let kit = get(&world, "person:joseph", "/v1/programmes/school-kit").await.json();
    assert_eq!(kit["number"], 1);
}

#[tokio::test]
async fn a_definition_is_yaml_of_a_bounded_size_from_an_administrator() {
    let world = World::new().await;
    let source = example("school-kit/programme.yaml");
    for path in ["/v1/programmes", "/v1/programmes/check"] {
        let ama = post(&world, "person:ama", path, &source).await;
        assert_eq!((ama.status, ama.code().as_str()), (StatusCode::FORBIDDEN, "not_your_role"));
        let nobody = world.ask("POST", path).body(YAML, source.clone()).send().await;
        assert_eq!(nobody.code(), "unauthenticated");
        let large = vec![b'#'; annona_definitions::source::MAX_SOURCE_BYTES + 1];
        assert_eq!(post(&world, "person:joseph", path, &large).await.code(), "too_large");
        let token = world.token("person:joseph").await;
        let json = world.ask("POST", path).bearing(&token).json(&Value::Null).send().await;
        assert_eq!(json.code(), "unsupported_media_type");
    }
}

#[tokio::test]
async fn everybody_lists_the_programmes_they_have_to_do_with() {
    let world = World::new().await;
    let seen = [
        ("person:joseph", vec!["school-kit", "urgent-surgery"]),
        ("person:portal", vec!["school-kit", "urgent-surgery"]),
        ("person:grace", vec!["urgent-surgery"]),
        ("provider:sunrise", vec!["school-kit"]),
        ("person:nimal", vec![]),
    ];
    for (who, programmes) in seen {
        assert_eq!(ids(&get(&world, who, "/v1/programmes").await), programmes, "{who}");
    }
    let first = get(&world, "person:joseph", "/v1/programmes?limit=1").await;
    assert_eq!(
        (ids(&first), &first.json()["next"]),
        (vec!["school-kit".to_owned()], &"school-kit".into())
    );
    let last = get(&world, "person:joseph", "/v1/programmes?limit=1&after=school-kit").await;
    assert_eq!(
        (ids(&last), &last.json()["next"]),
        (vec!["urgent-surgery".to_owned()], &Value::Null)
    );
    let none = get(&world, "person:joseph", "/v1/programmes?limit=0").await;
    assert_eq!(none.code(), "bad_request");
}

#[tokio::test]
async fn a_programme_is_shown_in_the_language_of_whoever_asks() {
    let world = World::new().await;
    let mut body = get(&world, "person:ama", "/v1/programmes/school-kit").await.json();
    assert_eq!(body["digest"].take().as_str().unwrap().len(), 64);
    insta::assert_json_snapshot!(body, @r#"
    {
      "id": "school-kit",
      "title": "School kit",
      "languages": [
        "en"
      ],
      "currency": "USD",
      "stages": [
        {
          "stage": "review",
          "title": "review",
          "role": "reviewer"
        }
      ],
      "number": 1,
      "digest": null,
      "deployed_at": "2026-03-02T06:00:00Z"
    }
    "#);
}

#[tokio::test]
async fn a_definition_is_read_back_byte_for_byte_by_its_number() {
    let world = World::new().await;
    post(&world, "person:joseph", "/v1/programmes", &renamed()).await;
    let path = "/v1/programmes/school-kit/definition";
    let newest = get(&world, "person:ama", path).await;
    assert_eq!(newest.headers["content-type"], YAML);
    assert_eq!(newest.bytes, renamed());
    let first = get(&world, "person:ama", &format!("{path}?number=1")).await;
    assert_eq!(first.bytes, example("school-kit/programme.yaml"));
    assert_eq!(get(&world, "person:ama", &format!("{path}?number=3")).await.code(), "not_found");
    // A provider has to do with the programme and still sees no rule of it.
    assert_eq!(get(&world, "provider:sunrise", path).await.code(), "not_found");
}

#[tokio::test]
async fn the_form_is_json_schema_in_the_language_that_is_asked_for() {
    let world = World::new().await;
    let source = String::from_utf8(example("urgent-surgery/programme.yaml")).unwrap();
    let translated = source.replacen("{label: Full name,", "{label: {en: Full name, fr: Nom}, ", 1);
    assert_ne!(source, translated);
    post(&world, "person:joseph", "/v1/programmes", translated.as_bytes()).await;
    let path = "/v1/programmes/urgent-surgery/form";
    let english = get(&world, "person:portal", path).await;
    assert_eq!(english.headers["content-type"], "application/schema+json");
    assert_eq!(english.json()["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(english.json()["properties"]["name"]["title"], "Full name");
    let french = get(&world, "person:portal", &format!("{path}?language=fr")).await.json();
    assert_eq!(french["properties"]["name"]["title"], "Nom");
    let other = get(&world, "person:portal", &format!("{path}?language=xx")).await.json();
    assert_eq!(english.json(), other);
}

#[tokio::test]
async fn what_one_has_nothing_to_do_with_is_not_there() {
    let world = World::new().await;
    for end in ["", "/definition", "/form"] {
        let other = format!("/v1/programmes/school-kit{end}");
        assert_eq!(get(&world, "person:grace", &other).await.code(), "not_found");
        let missing = format!("/v1/programmes/nothing{end}");
        assert_eq!(get(&world, "person:joseph", &missing).await.code(), "not_found");
        assert_eq!(world.ask("GET", &other).send().await.code(), "unauthenticated");
    }
}
