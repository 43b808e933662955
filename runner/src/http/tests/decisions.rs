//! Decisions through the router: what is recorded, and every reason why not.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::office::{Office, refused, task_of, text, told, wrong};

fn approve(answers: &Value) -> Value {
    json!({"decision": "approve", "answers": answers})
}

#[tokio::test]
async fn an_approval_opens_the_next_stage() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    let decided = office.approve("ama", &task, json!({"visited": true})).await;
    assert!(decided["application"]["masked"].as_array().unwrap().contains(&"name".into()));
    let parts = json!({
        "stages": decided["application"]["stages"], "events": decided["events"],
        "next_task": decided["next_task"], "voucher": decided.get("voucher"),
    });
    insta::assert_snapshot!(told(&parts), @r#"
    stages:
      -:
        stage: "field"
        title: "Field assessment"
        result: "approved"
        by: "person:ama"
        at: "2026-03-02T06:00:00Z"
        answers: {"visited":true}
        masked: []
    events:
      -:
        version: 3
        type: "stage_approved"
        at: "2026-03-02T06:00:00Z"
        who: "person:ama"
        body: {"stage":"field","task":1,"values":{"visited":true},"masked":[]}
        guards: [{"place":"stages.field.approve_if","result":"true","explanation":"`field.visited` is yes"}]
        facts: []
        previous: "[hash]"
      -:
        version: 4
        type: "stage_opened"
        at: "2026-03-02T06:00:00Z"
        who: "person:ama"
        body:
          stage: "medical"
          task: 2
          role: "doctor"
          due: "2026-03-02T14:00:00Z"
          timers: [{"timer":"late.0","due":"2026-03-02T10:00:00Z"},{"timer":"late.1","due":"2026-03-03T13:00:00Z"}]
        guards: []
        facts: []
        previous: "[hash]"
    next_task:
      id: "[id].2"
      reference: "[reference]"
      programme: "urgent-surgery"
      stage: "medical"
      title: "Medical review"
      role: "doctor"
      opened_at: "2026-03-02T06:00:00Z"
      due: "2026-03-02T14:00:00Z"
      late: false
    voucher: null
    "#);
}

#[tokio::test]
async fn the_last_approval_carries_the_voucher_with_its_code() {
    let office = Office::new().await;
    let decided = office.issued().await;
    assert_eq!(decided["application"]["status"], "approved");
    assert_eq!(decided.get("next_task"), None);
    assert!(text(&decided, "/voucher/token").starts_with("EV1:"));
    insta::assert_snapshot!(told(&decided["voucher"]), @r#"
    id: "[voucher]"
    number: "[number]"
    status: "active"
    amount: "2300.00"
    balance: "2300.00"
    currency: "USD"
    times: 3
    times_left: 3
    partial: true
    providers: ["hospital","clinic"]
    issued_at: "2026-03-02T06:00:00Z"
    expires_at: "2026-05-01T21:00:00Z"
    valid_until: "2026-05-01"
    check: "national_id"
    redemptions: []
    token: "[token]"
    "#);
    let events = decided["events"].as_array().unwrap();
    let issued = events.iter().find(|event| event["type"] == "voucher_issued").unwrap();
    insta::assert_snapshot!(told(issued), @r#"
    version: 9
    type: "voucher_issued"
    at: "2026-03-02T06:00:00Z"
    who: "person:daniel"
    body:
      id: "[voucher]"
      number: "[number]"
      amount: "2300.00"
      currency: "USD"
      times: 3
      partial: true
      providers: ["hospital","clinic"]
      expires_at: "2026-05-01T21:00:00Z"
      issuer: "annona"
      key: "[key]"
    guards: []
    facts: []
    previous: "[hash]"
    "#);
    // The code is nowhere else.
    let application = format!("/v1/applications/{}", text(&decided, "/application/id"));
    for who in ["amina", "daniel", "ada"] {
        for path in ["", "/history"] {
            let answer = office.get(who, &format!("{application}{path}")).await;
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("EV1:"), "{who} {path}");
        }
    }
}

#[tokio::test]
async fn a_decision_is_about_the_version_that_was_seen() {
    let office = Office::new().await;
    let sent = office.applied().await;
    let task = task_of(&sent);
    let path = format!("/v1/tasks/{task}/decision");
    let body = approve(&json!({"visited": true}));
    let without = office.post("ama", &path, &body).await;
    assert_eq!(refused(&without), (428, "version_required".to_owned()));
    let old = office.version(&task).await;
    let back = json!({
        "decision": "send_back", "reason": "unreadable", "fields": ["estimate"],
    });
    assert_eq!(office.decide("ama", &task, &back).await.status, StatusCode::CREATED);
    let waits = office.decide("ama", &task, &body).await;
    assert_eq!(refused(&waits), (409, "task_closed".to_owned()));
    let answer = json!({"form": {"estimate": office.document_of("amina").await}});
    let answered = format!("/v1/applications/{}/answer", text(&sent, "/id"));
    assert_eq!(office.post("amina", &answered, &answer).await.status, StatusCode::OK);
    let stale = office.decide_at("ama", &task, &old, &body).await;
    assert_eq!(refused(&stale), (412, "content_changed".to_owned()));
    let unquoted = office.decide_at("ama", &task, "7", &body).await;
    assert_eq!(refused(&unquoted), (400, "bad_request".to_owned()));
    assert_eq!(office.decide("ama", &task, &body).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn of_two_officers_at_once_one_decides() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    office.escalate().await;
    let etag = office.version(&task).await;
    let body = approve(&json!({"visited": true}));
    let (one, two) = tokio::join!(
        office.decide_at("ama", &task, &etag, &body),
        office.decide_at("sofia", &task, &etag, &body),
    );
    let (first, second) = if one.status == StatusCode::CREATED { (one, two) } else { (two, one) };
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(refused(&second), (409, "task_closed".to_owned()));
}

#[tokio::test]
async fn who_may_not_decide_is_refused() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    let body = approve(&json!({"visited": true}));
    for (who, status, code) in [
        ("amina", 404, "not_found"),
        ("other", 404, "not_found"),
        ("mulago", 404, "not_found"),
        ("portal", 404, "not_found"),
        ("grace", 403, "not_your_role"),
        ("joseph", 403, "not_your_role"),
    ] {
        let answer = office.decide(who, &task, &body).await;
        assert_eq!(refused(&answer), (status, code.to_owned()), "{who}");
    }
}

#[tokio::test]
async fn one_person_decides_one_stage() {
    let office = Office::new().await;
    // Daniel holds the roles of approver and director; grace's stage is between.
    let task = office.before_last("900").await;
    let back =
        json!({"decision": "send_back", "to": "field", "reason": "missing", "note": "Go again"});
    let decided = office.decide("daniel", &task, &back).await;
    assert_eq!(decided.status, StatusCode::CREATED, "{}", decided.json());
    let mut roster = (*office.world.engine.roster()).clone();
    let assessor = roster.people.iter().find(|person| person.id == "ama").unwrap().holds[0].clone();
    roster.people.iter_mut().find(|person| person.id == "daniel").unwrap().holds.push(assessor);
    office.world.engine.set_roster(&annona_engine::id::Who::Engine, roster).await.unwrap();
    let task = task_of(&decided.json()["application"]);
    let answer = office.decide("daniel", &task, &approve(&json!({"visited": true}))).await;
    assert_eq!(refused(&answer), (403, "already_decided_by_you".to_owned()));
    let mut form = office.form().await;
    form["phone"] = "+256700000010".into();
    form["national_id"] = "2222222222".into();
    let sent = json!({"programme": "urgent-surgery", "form": form});
    let sent = office.post("amina", "/v1/applications", &sent).await.json();
    let own = office.decide("ama", &task_of(&sent), &approve(&json!({"visited": true}))).await;
    assert_eq!(refused(&own), (403, "own_application".to_owned()));
}

#[tokio::test]
async fn a_rejection_takes_a_reason_that_there_is_and_its_note() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    for (body, code) in [
        (json!({"decision": "reject"}), "reason_required"),
        (json!({"decision": "reject", "reason": "no_such"}), "unknown_reason"),
        (json!({"decision": "reject", "reason": "not_needed"}), "note_required"),
        (json!({"decision": "reject", "reason": "not_needed", "note": " "}), "note_required"),
        (
            json!({"decision": "reject", "reason": "not_needed", "note": "x".repeat(4_001)}),
            "too_long",
        ),
    ] {
        let answer = office.decide("ama", &task, &body).await;
        assert_eq!(refused(&answer), (422, code.to_owned()), "{body}");
    }
    let body = json!({"decision": "reject", "reason": "not_needed", "note": "The pain is gone"});
    let decided = office.decide("ama", &task, &body).await;
    assert_eq!(decided.status, StatusCode::CREATED);
    assert!(!decided.json().to_string().contains("pain"), "a note is personal");
    insta::assert_snapshot!(told(&decided.json()["events"]), @r#"
    -:
      version: 3
      type: "rejected"
      at: "2026-03-02T06:00:00Z"
      who: "person:ama"
      body: {"by":"officer","stage":"field","task":1}
      guards: []
      facts: []
      reason: {"id":"not_needed","text":"Treatment is not urgent","note":true}
      previous: "[hash]"
    "#);
    let again = office.decide("ama", &task, &body).await;
    assert_eq!(refused(&again), (409, "task_closed".to_owned()));
    let id = text(&decided.json(), "/application/id").to_owned();
    let history = office.get("amina", &format!("/v1/applications/{id}/history")).await.json();
    assert_eq!(history["items"][2]["note"], "The pain is gone");
}

#[tokio::test]
async fn a_body_takes_what_the_decision_takes() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    let cases = [
        (json!({}), "/decision required"),
        (json!({"decision": "perhaps"}), "/decision wrong_type"),
        (json!({"decision": "approve", "colour": "red"}), "/colour unknown_field"),
        (
            json!({"decision": "approve", "answers": {}, "to": "field", "fields": []}),
            "/to not_taken, /fields not_taken",
        ),
        (
            json!({"decision": "reject", "reason": "not_needed", "answers": {}}),
            "/answers not_taken",
        ),
        (json!({"decision": "send_back", "answers": {}}), "/answers not_taken"),
    ];
    for (body, errors) in cases {
        let answer = office.decide("ama", &task, &body).await;
        assert_eq!(refused(&answer), (422, "body_invalid".to_owned()), "{body}");
        assert_eq!(wrong(&answer).join(", "), errors, "{body}");
    }
    let answer = office
        .decide("ama", &task, &approve(&json!({"visited": "so", "photo": "x", "more": 1})))
        .await;
    assert_eq!(refused(&answer), (422, "answers_invalid".to_owned()));
    assert_eq!(
        wrong(&answer),
        [
            "/answers/visited wrong_type",
            "/answers/more unknown_field",
            "/answers/photo unknown_document"
        ]
    );
}

#[tokio::test]
async fn a_stage_sends_back_only_where_it_may() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    for more in [
        json!({"to": "final"}),
        json!({"to": "applicant", "fields": []}),
        json!({"to": "applicant", "fields": ["no_such"]}),
        json!({}),
    ] {
        let mut body = json!({"decision": "send_back", "reason": "unreadable"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = office.decide("ama", &task, &body).await;
        assert_eq!(refused(&answer), (422, "not_sendable_back".to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_rule_that_does_not_hold_is_explained() {
    let office = Office::new().await;
    let task = task_of(&office.applied().await);
    let answer = office.decide("ama", &task, &approve(&json!({"visited": false}))).await;
    assert_eq!(refused(&answer), (422, "guard_false".to_owned()));
    insta::assert_snapshot!(text(&answer.json(), "/detail"), @"`field.visited` is no");
    office.approve("ama", &task, json!({"visited": true})).await;
}

/// A programme whose rule reads what is personal, and whose document may be left out.
const PERSONAL: &str = r"
format: 1
programme: urgent-surgery
title: Surgery
currency: USD
roles: {assessor: Assessor, doctor: Doctor}
form:
  phone: {label: Phone, type: phone}
  income: {label: Income, type: money, personal: true}
  estimate: {label: Estimate, type: file, optional: true, accept: [pdf], max_size: 1 MB}
stages:
  - {stage: field, role: assessor, approve_if: form.income <= 100}
  - {stage: medical, role: doctor, documents: [estimate]}
reasons: {reject: {rich: Income too high}}
voucher: {amount: 100, valid: 30 days, providers: [hospital]}
keep: 1 year
";

#[tokio::test]
async fn an_explanation_with_personal_values_is_for_the_officer_whose_task_it_is() {
    let office = Office::new().await;
    let who = annona_engine::id::Who::Engine;
    office.world.engine.deploy(&who, PERSONAL.as_bytes()).await.unwrap();
    let send = async |income: &str| {
        let form = json!({"phone": super::office::AMINA, "income": income});
        let body = json!({"programme": "urgent-surgery", "form": form});
        let sent = office.post("amina", "/v1/applications", &body).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.json());
        task_of(&sent.json())
    };
    let task = send("387.65").await;
    let path = format!("/v1/tasks/{task}");
    let read = office.get("ama", &path).await.json();
    let refusal = office.decide("ama", &task, &approve(&json!({}))).await;
    for (words, code) in [
        (&read["can"]["approve"]["why_not"], &read["can"]["approve"]["code"]),
        (&refusal.json()["detail"], &refusal.json()["code"]),
    ] {
        assert_eq!(code, "guard_false");
        assert!(!words.as_str().unwrap().contains("387"), "{words}");
    }
    let claimed = office.post("ama", &format!("{path}/claim"), &json!({})).await.json();
    insta::assert_snapshot!(told(&claimed["can"]["approve"]), @r#"
    allowed: false
    code: "guard_false"
    why_not: "`form.income <= 100`: 387.65 <= 100 is false"
    "#);
    let refusal = office.decide("ama", &task, &approve(&json!({}))).await;
    assert_eq!(refusal.json()["detail"], claimed["can"]["approve"]["why_not"]);

    let task = send("90").await;
    let decided = office.approve("ama", &task, json!({})).await;
    let task = task_of(&decided["application"]);
    let read = office.get("grace", &format!("/v1/tasks/{task}")).await.json();
    insta::assert_snapshot!(told(&read["can"]["approve"]), @r#"
    allowed: false
    code: "document_missing"
    why_not: "the document `estimate` is missing"
    "#);
    let missing = office.decide("grace", &task, &approve(&json!({}))).await;
    assert_eq!(refused(&missing), (422, "document_missing".to_owned()));
}

#[tokio::test]
async fn one_key_decides_once_and_is_answered_alike() {
    let office = Office::new().await;
    let task = office.before_last("900").await;
    let path = format!("/v1/tasks/{task}/decision");
    let etag = office.version(&task).await;
    let send = async |body: &Value| {
        let asking =
            office.world.ask("POST", &path).bearing(&office.world.token("person:daniel").await);
        asking.header("if-match", &etag).header("idempotency-key", "d").json(body).send().await
    };
    let first = send(&approve(&json!({}))).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json());
    office.wait(1);
    let again = send(&approve(&json!({}))).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    assert!(text(&again.json(), "/voucher/token").starts_with("EV1:"));
    let other = send(&json!({"decision": "approve"})).await;
    assert_eq!(refused(&other), (422, "idempotency_mismatch".to_owned()));
}
