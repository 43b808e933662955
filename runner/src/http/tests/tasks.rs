//! Tasks through the router: queues, taking, reading, putting back.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::office::{Office, refused, task_of, text, told};

/// Writes what can be done with a task as one line.
fn can(task: &Value) -> String {
    let word = |(name, action): (&String, &Value)| {
        let allowed = &action["allowed"];
        match (allowed.as_bool(), action.get("code")) {
            (Some(true), None) => format!("{name}: yes"),
            (Some(false), Some(code)) => format!("{name}: {}", code.as_str().unwrap()),
            (None, None) => format!("{name}: needs {}", action["needs"]),
            other => panic!("{other:?}"),
        }
    };
    task["can"].as_object().unwrap().iter().map(word).collect::<Vec<_>>().join("; ")
}

async fn ids(office: &Office, who: &str, query: &str) -> Vec<String> {
    let answer = office.get(who, &format!("/v1/tasks{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| text(item, "/id").to_owned()).collect()
}

#[tokio::test]
async fn queues_hold_what_ones_roles_work() {
    let office = Office::new().await;
    let first = task_of(&office.applied().await);
    let nobodys: Vec<String> = Vec::new();
    let own = vec![first.clone()];
    for query in ["", "?view=pool", "?view=team", "?sort=due", "?stage=field"] {
        assert_eq!(ids(&office, "ama", query).await, own, "{query}");
    }
    for query in ["?view=mine", "?stage=medical", "?late=true", "?programme=school-kit"] {
        assert_eq!(ids(&office, "ama", query).await, nobodys, "{query}");
    }
    for who in ["grace", "portal", "joseph"] {
        assert_eq!(ids(&office, who, "").await, nobodys, "{who}");
    }
    for who in ["amina", "mulago"] {
        assert_eq!(refused(&office.get(who, "/v1/tasks").await), (404, "not_found".to_owned()));
    }
    let list = office.get("ama", "/v1/tasks").await.json();
    insta::assert_snapshot!(told(&list), @r#"
    items:
      -:
        id: "[id].1"
        reference: "[reference]"
        programme: "urgent-surgery"
        stage: "field"
        title: "Field assessment"
        role: "assessor"
        opened_at: "2026-03-02T06:00:00Z"
        due: "2026-03-05T06:00:00Z"
        late: false
    "#);
    office.post("ama", &format!("/v1/tasks/{first}/claim"), &json!({})).await;
    assert_eq!(ids(&office, "ama", "?view=mine").await, own);
    assert_eq!(ids(&office, "ama", "?view=pool").await, nobodys);
    office.wait(24 * 4);
    assert_eq!(ids(&office, "ama", "?late=true").await, own);
    for query in ["?view=all", "?sort=age", "?late=perhaps", "?limit=0", "?colour=red"] {
        let answer = office.get("ama", &format!("/v1/tasks{query}")).await;
        assert_eq!(refused(&answer), (400, "bad_request".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_page_of_a_queue_leads_to_the_next() {
    let office = Office::new().await;
    for _ in 0..3 {
        let mut form = office.form().await;
        form["national_id"] = format!("{:010}", office.world.engine.now().as_second()).into();
        let body = json!({"programme": "urgent-surgery", "form": form});
        office.post("amina", "/v1/applications", &body).await;
        office.wait(1);
    }
    let all = ids(&office, "ama", "").await;
    assert_eq!(all.len(), 3);
    let page = office.get("ama", "/v1/tasks?limit=2").await.json();
    let next = text(&page, "/next");
    assert_eq!(ids(&office, "ama", &format!("?limit=2&after={next}")).await, all[2..]);
}

#[tokio::test]
async fn a_task_shows_personal_values_to_the_officer_who_has_claimed_it_alone() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    let path = format!("/v1/tasks/{task}");
    let before = office.get("ama", &path).await;
    assert_eq!(before.headers["etag"], "\"2\"");
    assert!(!before.json().to_string().contains("Okello"));
    insta::assert_snapshot!(can(&before.json()), @r#"claim: yes; release: not_your_task; approve: needs ["visited"]; reject: yes; send_back: yes"#);
    let claimed = office.post("ama", &format!("{path}/claim"), &json!({})).await;
    assert_eq!(
        (claimed.status, &claimed.headers["etag"]),
        (StatusCode::OK, &before.headers["etag"])
    );
    let own = office.get("ama", &path).await.json();
    assert_eq!(claimed.json(), own);
    assert_eq!(own["application"]["form"]["name"], "Amina Okello");
    let application = format!("/v1/applications/{}", text(&own, "/application/id"));
    assert_eq!(office.get("ama", &application).await.json()["form"]["name"], "Amina Okello");
    assert_eq!(office.get("grace", &application).await.json()["form"].get("name"), None);
    let released = office.post("ama", &format!("{path}/release"), &json!({})).await;
    assert_eq!(released.status, StatusCode::OK);
    assert!(!released.json().to_string().contains("Okello"));
}

#[tokio::test]
async fn a_task_tells_all_that_its_officer_needs() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    let own = office.post("ama", &format!("/v1/tasks/{task}/claim"), &json!({})).await.json();
    // The application is told whole elsewhere.
    let mut around = own;
    around["application"] = "[application]".into();
    insta::assert_snapshot!(told(&around), @r#"
    id: "[id].1"
    reference: "[reference]"
    programme: "urgent-surgery"
    stage: "field"
    title: "Field assessment"
    role: "assessor"
    opened_at: "2026-03-02T06:00:00Z"
    due: "2026-03-05T06:00:00Z"
    late: false
    claimed_by: "person:ama"
    version: 2
    escalated_to: []
    suspended: false
    application: "[application]"
    asks:
      $schema: "https://json-schema.org/draft/2020-12/schema"
      type: "object"
      properties:
        visited: {"title":"Home visited","type":"boolean","x-type":"yes_no"}
        photo:
          title: "Photo"
          type: "string"
          minLength: 1
          maxLength: 64
          x-accept: ["application/pdf","image/jpeg","image/png"]
          x-max-size: 10485760
          x-type: "file"
          x-personal: true
      required: ["visited"]
      additionalProperties: false
    documents: []
    draft: {}
    reasons:
      approve: []
      reject:
        -: {"id":"income_too_high","text":"Household income is above the limit","note":false}
        -: {"id":"cost_too_high","text":"Cost is above what we can pay","note":false}
        -: {"id":"duplicate","text":"You have an open application or were helped less than 180 days ago","note":false}
        -: {"id":"not_needed","text":"Treatment is not urgent","note":true}
        -: {"id":"no_answer","text":"We did not get an answer","note":false}
      send_back:
        -: {"id":"unreadable","text":"A document cannot be read","note":false}
        -: {"id":"missing","text":"Something is missing","note":true}
    send_back_to: ["applicant"]
    can:
      claim: {"allowed":true}
      release: {"allowed":true}
      approve: {"allowed":null,"needs":["visited"]}
      reject: {"allowed":true}
      send_back: {"allowed":true}
    "#);
}

#[tokio::test]
async fn who_may_not_work_a_task_is_told_so_or_finds_none() {
    let office = Office::new().await;
    let sent = office.applied().await;
    let task = task_of(&sent);
    for (who, status, code) in [
        ("grace", 403, "not_your_role"),
        ("ada", 403, "not_your_role"),
        ("amina", 404, "not_found"),
        ("other", 404, "not_found"),
        ("portal", 404, "not_found"),
        ("mulago", 404, "not_found"),
    ] {
        let answer = office.get(who, &format!("/v1/tasks/{task}")).await;
        assert_eq!(refused(&answer), (status, code.to_owned()), "{who}");
        let answer = office.post(who, &format!("/v1/tasks/{task}/claim"), &json!({})).await;
        assert_eq!(refused(&answer), (status, code.to_owned()), "{who}");
    }
    let id = text(&sent, "/id");
    for wrong in [format!("{id}.0"), format!("{id}.9"), id.to_owned(), "no-such".to_owned()] {
        let answer = office.get("ama", &format!("/v1/tasks/{wrong}")).await;
        assert_eq!(refused(&answer), (404, "not_found".to_owned()), "{wrong}");
    }
    office.approve("ama", &task, json!({"visited": true})).await;
    let closed = office.get("ama", &format!("/v1/tasks/{task}")).await;
    assert_eq!(refused(&closed), (409, "task_closed".to_owned()));
}

#[tokio::test]
async fn a_task_is_claimed_by_one_and_put_back_by_that_one() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    office.escalate().await;
    let path = |verb: &str| format!("/v1/tasks/{task}/{verb}");
    let nothing = json!({});
    let first = office.keyed("ama", &path("claim"), "c", &nothing).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.json());
    let again = office.keyed("ama", &path("claim"), "c", &nothing).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    let other = office.post("sofia", &path("claim"), &nothing).await;
    assert_eq!(refused(&other), (409, "already_claimed".to_owned()));
    let other = office.post("sofia", &path("release"), &nothing).await;
    assert_eq!(refused(&other), (403, "not_your_task".to_owned()));
    let seen = office.get("sofia", &format!("/v1/tasks/{task}")).await.json();
    insta::assert_snapshot!(can(&seen), @"claim: already_claimed; release: not_your_task; approve: not_your_task; reject: not_your_task; send_back: not_your_task");
    let reject = json!({"decision": "reject", "reason": "not_needed", "note": "so"});
    let other = office.decide("sofia", &task, &reject).await;
    assert_eq!(refused(&other), (403, "not_your_task".to_owned()));
    let first = office.keyed("ama", &path("release"), "r", &nothing).await;
    let again = office.keyed("ama", &path("release"), "r", &nothing).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    let twice = office.post("ama", &path("release"), &nothing).await;
    assert_eq!(refused(&twice), (403, "not_your_task".to_owned()));
}

#[tokio::test]
async fn next_hands_out_the_most_urgent_and_each_task_once() {
    let office = Office::new().await;
    let none = office.post("ama", "/v1/tasks/next", &json!({})).await;
    assert_eq!((none.status, none.bytes.len()), (StatusCode::NO_CONTENT, 0));
    let mut sent = Vec::new();
    for id in ["1111111111", "2222222222"] {
        let mut form = office.form().await;
        form["national_id"] = id.into();
        let body = json!({"programme": "urgent-surgery", "form": form});
        sent.push(task_of(&office.post("amina", "/v1/applications", &body).await.json()));
        office.wait(1);
    }
    let first = office.keyed("ama", "/v1/tasks/next", "n", &json!({})).await;
    assert_eq!((first.status, text(&first.json(), "/id")), (StatusCode::OK, &*sent[0]));
    assert_eq!(first.headers["etag"], "\"2\"");
    assert_eq!(first.json()["application"]["form"]["name"], "Amina Okello");
    let again = office.keyed("ama", "/v1/tasks/next", "n", &json!({})).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    let second = office.post("ama", "/v1/tasks/next", &json!({})).await;
    assert_eq!(text(&second.json(), "/id"), sent[1]);
    let third = office.post("ama", "/v1/tasks/next", &json!({})).await;
    assert_eq!(third.status, StatusCode::NO_CONTENT);
    // The same key hands out the same task even now.
    let again = office.keyed("ama", "/v1/tasks/next", "n", &json!({})).await;
    assert_eq!(again.json(), first.json());
}

#[tokio::test]
async fn two_who_ask_for_the_next_task_at_once_get_two() {
    let office = Office::new().await;
    for id in ["1111111111", "2222222222"] {
        let mut form = office.form().await;
        form["national_id"] = id.into();
        let body = json!({"programme": "urgent-surgery", "form": form});
        assert_eq!(office.post("amina", "/v1/applications", &body).await.status, 201);
    }
    office.escalate().await;
    let nothing = json!({});
    let (one, two) = tokio::join!(
        office.post("ama", "/v1/tasks/next", &nothing),
        office.post("sofia", "/v1/tasks/next", &nothing),
    );
    assert_eq!((one.status, two.status), (StatusCode::OK, StatusCode::OK));
    assert_ne!(one.json()["id"], two.json()["id"]);
    assert_eq!(one.json()["claimed_by"], "person:ama");
    assert_eq!(two.json()["claimed_by"], "person:sofia");
}

#[tokio::test]
async fn next_passes_over_what_one_may_not_decide() {
    let office = Office::new().await;
    let mut form = office.form().await;
    // The assessor's own phone.
    form["phone"] = "+256700000010".into();
    let body = json!({"programme": "urgent-surgery", "form": form});
    let sent = office.post("amina", "/v1/applications", &body).await.json();
    let task = office.get("ama", &format!("/v1/tasks/{}", task_of(&sent))).await.json();
    insta::assert_snapshot!(can(&task), @"claim: own_application; release: not_your_task; approve: own_application; reject: own_application; send_back: own_application");
    let next = office.post("ama", "/v1/tasks/next", &json!({})).await;
    assert_eq!(next.status, StatusCode::NO_CONTENT);
    let claim =
        office.post("ama", &format!("/v1/tasks/{}/claim", task_of(&sent)), &json!({})).await;
    assert_eq!(refused(&claim), (403, "own_application".to_owned()));
}
