//! Tasks: queues, what can be decided, and deciding.

use serde_json::{Value, json};

use super::{ID, run, transcript};
use crate::client::stub::{Reply, Stub, problem, reply, reply_bytes};

fn id() -> String {
    format!("{ID}.3")
}

fn summary() -> Value {
    json!({"id": id(), "reference": "US-7K3F-92Q6", "programme": "urgent-surgery", "stage": "medical", "title": "Medical review",
        "role": "doctor", "opened_at": "2026-03-02T06:00:00Z", "due": "2026-03-05T06:00:00Z", "late": true, "claimed_by": "person:grace"})
}

fn task() -> Value {
    let mut task = summary();
    let more = json!({
        "version": 7,
        "application": {"id": ID, "status": "in_review", "form": {"cost": "2300.00"}, "masked": []},
        "asks": {"properties": {
            "visited": {"title": "We met the patient", "type": "boolean", "x-type": "yes_no"},
            "amount": {"title": "Amount", "type": "string", "x-type": "money"},
            "urgency": {"title": "How urgent", "x-type": "choice", "enum": ["high", "low"]},
            "photo": {"title": "Photo", "x-type": "file"},
        }, "required": ["visited", "amount"]},
        "documents": ["quote"], "draft": {"amount": "2000"},
        "reasons": {"approve": [], "reject": [{"id": "not_needed", "text": "Not needed", "note": true}],
            "send_back": [{"id": "unreadable", "text": "Cannot be read", "note": false}]},
        "send_back_to": ["applicant", "field"],
        "can": {"approve": {"allowed": null, "needs": ["amount"]}, "reject": {"allowed": true},
            "send_back": {"allowed": false, "code": "not_your_task", "why_not": "somebody else has claimed this task"}},
    });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

fn read() -> Reply {
    reply(&format!("GET /v1/tasks/{}", id()), 200, &task()).with("etag", "\"7\"")
}

fn decided(status: u16, body: &Value) -> Reply {
    reply(&format!("POST /v1/tasks/{}/decision", id()), status, body)
}

#[tokio::test]
async fn a_queue_is_a_table_and_on_a_narrow_screen_a_list() {
    let stub = Stub::start([reply(
        "GET /v1/tasks?view=pool&late=true&limit=50",
        200,
        &json!({"items": [summary()]}),
    )])
    .await;
    insta::assert_snapshot!(transcript(&stub, &["task", "list", "--view", "pool", "--late"]).await, @r"
    application: US-7K3F-92Q6
    stage: Medical review
    role: doctor
    due: 2026-03-05 09:00
    late: late
    claimed by: grace
    task: 0197d2f0-0000-7000-8000-000000000001.3
    ");
}

#[tokio::test]
async fn a_task_says_what_is_asked_and_what_can_be_decided() {
    let stub = Stub::start([read()]).await;
    insta::assert_snapshot!(transcript(&stub, &["task", "show", &id()]).await, @r"
    US-7K3F-92Q6, Medical review, due 2026-03-05 09:00 (task 0197d2f0-0000-7000-8000-000000000001.3)
    urgent-surgery, in review, for doctor, claimed by grace

    form
      cost: 2300.00

    asked here
      visited: We met the patient (yes_no)
      amount: Amount (money); before: 2000
      urgency: How urgent (choice, optional), one of: high, low
      photo: Photo (file, optional)

    documents needed
      quote

    decisions
      approve: depends on amount
      reject: yes
        not_needed: Not needed, with a note
      send back: no: somebody else has claimed this task
        unreadable: Cannot be read
      send back to: applicant, field
    ");
}

#[tokio::test]
async fn the_next_task_is_claimed_and_none_is_a_no() {
    let stub = Stub::start([
        reply("POST /v1/tasks/next", 200, &summary()),
        reply_bytes("POST /v1/tasks/next", b""),
    ])
    .await;
    insta::assert_snapshot!(transcript(&stub, &["task", "next"]).await, @"claimed: US-7K3F-92Q6, Medical review, due 2026-03-05 09:00 (task 0197d2f0-0000-7000-8000-000000000001.3)");
    assert_eq!(transcript(&stub, &["task", "next"]).await, "no task waits for you\n[exit 1]");
}

#[tokio::test]
async fn a_decision_carries_typed_answers_uploaded_files_and_the_version_that_was_read() {
    let next = json!({"application": {"id": ID, "reference": "US-7K3F-92Q6", "status": "in_review", "stage": "approval",
        "stage_title": "Final approval", "due": "2026-03-07T06:00:00Z"}, "next_task": summary(), "events": [
        {"version": 5, "type": "stage_approved", "at": "2026-03-03T06:00:00Z", "who": "person:grace",
         "body": {"stage": "medical", "task": 3, "values": {"amount": "2300"}, "masked": []}, "facts": [],
         "guards": [{"place": "stages.medical.approve_if", "result": "true", "explanation": "`medical.amount <= limits.ceiling`: 2,300 <= 5,000 is true"}]}]});
    let stub = Stub::start([
        read(),
        reply("POST /v1/documents", 201, &json!({"id": "d1"})),
        decided(201, &next),
    ])
    .await;
    let place = tempfile::tempdir().unwrap();
    let photo = place.path().join("photo.jpg");
    std::fs::write(&photo, "jpg").unwrap();
    let photo = format!("photo=@{}", photo.display());
    let task = id();
    let decide = [
        "task",
        "decide",
        &task,
        "approve",
        "--answer",
        "visited=yes",
        "--answer",
        "amount=2300",
        "--answer",
        &photo,
    ];
    insta::assert_snapshot!(transcript(&stub, &decide).await, @r"
      5  2026-03-03 09:00  grace approved at stage medical
           stages.medical.approve_if holds: `medical.amount <= limits.ceiling`: 2,300 <= 5,000 is true
           amount: 2300
    US-7K3F-92Q6 approved: it is now at stage approval (Final approval), due 2026-03-07 09:00
    its next task: US-7K3F-92Q6, Medical review, due 2026-03-05 09:00 (task 0197d2f0-0000-7000-8000-000000000001.3)
    ");
    let sent = stub.last();
    assert_eq!(sent.header("if-match"), Some("\"7\""));
    assert!(sent.header("idempotency-key").is_some());
    assert_eq!(
        sent.json(),
        json!({"decision": "approve", "answers": {"visited": true, "amount": "2300", "photo": "d1"}})
    );
}

#[tokio::test]
async fn answers_in_a_file_give_way_to_those_given_one_by_one() {
    let stub = Stub::start([read(), decided(201, &json!({}))]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "visited: no\namount: 100\n").unwrap();
    let (task, file) = (id(), file.path().to_str().unwrap());
    run(&stub, &["task", "decide", &task, "approve", "--answers", file, "--answer", "amount=200"])
        .await;
    assert_eq!(stub.last().json()["answers"], json!({"visited": false, "amount": "200"}));
}

#[tokio::test]
async fn the_last_approval_shows_the_voucher() {
    let answer = json!({"application": {"id": ID, "reference": "US-7K3F-92Q6", "status": "approved"}, "events": [],
        "voucher": {"id": "abc", "number": "XMG2-Y70H-3Y56", "amount": "2300.00", "currency": "USD",
            "valid_until": "2026-04-01", "providers": ["hospital"], "token": "EV1:ABC"}});
    let wide = json!({"token": "A".repeat(600)});
    let mut too_wide = answer.clone();
    too_wide["voucher"]["token"] = wide["token"].clone();
    let stub = Stub::start([read(), decided(201, &answer), decided(201, &too_wide)]).await;
    let task = id();
    let said = transcript(&stub, &["task", "decide", &task, "approve"]).await;
    let (words, code) = said.split_once('\u{1b}').unwrap();
    insta::assert_snapshot!(words, @r"
    US-7K3F-92Q6 approved: it is approved
    voucher XMG2-Y70H-3Y56: USD 2,300.00, good until 2026-04-01, for: hospital
    ");
    assert!(code.contains('█'));
    let said = transcript(&stub, &["task", "decide", &task, "approve"]).await;
    assert!(said.ends_with("which this terminal does not have; write it to a file:\n  annona voucher qr abc --png voucher.png"), "{said}");
}

#[tokio::test]
async fn a_rejection_and_a_return_say_why_and_what() {
    let stub = Stub::start([
        read(),
        decided(
            201,
            &json!({"application": {"reference": "US-7K3F-92Q6", "status": "rejected",
            "reason": {"id": "not_needed", "text": "Not needed"}}}),
        ),
        decided(
            201,
            &json!({"application": {"reference": "US-7K3F-92Q6", "status": "with_applicant",
            "returned": {"fields": ["quote"], "answer_by": "2026-03-16T21:00:00Z"}}, "next_task": summary()}),
        ),
    ])
    .await;
    let task = id();
    let reject =
        ["task", "decide", &task, "reject", "--reason", "not_needed", "--note", "free elsewhere"];
    insta::assert_snapshot!(transcript(&stub, &reject).await, @"US-7K3F-92Q6 rejected: it is rejected: Not needed");
    assert_eq!(
        stub.last().json(),
        json!({"decision": "reject", "reason": "not_needed", "note": "free elsewhere"})
    );
    let back = [
        "task",
        "decide",
        &task,
        "send_back",
        "--reason",
        "unreadable",
        "--to",
        "applicant",
        "--field",
        "quote",
    ];
    insta::assert_snapshot!(transcript(&stub, &back).await, @"US-7K3F-92Q6 sent back: it is with the applicant, to correct: quote, before 2026-03-17 00:00");
    assert_eq!(
        stub.last().json(),
        json!({"decision": "send_back", "reason": "unreadable", "to": "applicant", "fields": ["quote"]})
    );
}

#[tokio::test]
async fn a_refusal_says_its_code_its_sentence_and_what_helps() {
    let line = format!("POST /v1/tasks/{}/decision", id());
    let stub = Stub::start([
        read(),
        problem(
            &line,
            422,
            "guard_false",
            "`medical.amount <= limits.ceiling`: 6,000 <= 5,000 is false",
        ),
        problem(&line, 412, "content_changed", "the application has changed since you read it"),
    ])
    .await;
    let task = id();
    insta::assert_snapshot!(transcript(&stub, &["task", "decide", &task, "approve"]).await, @r"
    refused (guard_false): `medical.amount <= limits.ceiling`: 6,000 <= 5,000 is false
    [exit 4]
    ");
    insta::assert_snapshot!(transcript(&stub, &["task", "decide", &task, "approve"]).await, @r"
    refused (content_changed): the application has changed since you read it
      read it again with `annona task show`, then decide
    [exit 4]
    ");
}

#[tokio::test]
async fn a_task_is_found_by_its_application_while_one_is_open() {
    let application = |tasks: Value| json!({"id": ID, "reference": "US-7K3F-92Q6", "status": "approved", "tasks": tasks});
    let line = format!("GET /v1/applications/{ID}");
    let stub = Stub::start([
        reply(&line, 200, &application(json!([{"id": id(), "stage": "medical"}]))),
        reply(&line, 200, &application(json!([]))),
        reply(&format!("POST /v1/tasks/{}/claim", id()), 200, &summary()),
    ])
    .await;
    assert_eq!(run(&stub, &["task", "claim", ID]).await.answer.number(), 0);
    assert_eq!(stub.lines().last().unwrap(), &format!("POST /v1/tasks/{}/claim", id()));
    insta::assert_snapshot!(transcript(&stub, &["task", "release", ID]).await, @r"
    annona: US-7K3F-92Q6 has no open task: it is approved
    [exit 4]
    ");
}
