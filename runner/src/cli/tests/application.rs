//! Applications: sending, showing, and everything that happened.

use serde_json::{Value, json};

use super::{ID, run, transcript};
use crate::client::stub::{Reply, Stub, problem, reply};

fn at(rest: &str) -> String {
    format!("/v1/applications/{ID}{rest}")
}

fn application() -> Value {
    json!({
        "id": ID, "reference": "US-7K3F-92Q6", "programme": "urgent-surgery", "status": "in_review",
        "stage": "medical", "stage_title": "Medical review", "due": "2026-03-05T06:00:00Z",
        "submitted_at": "2026-03-02T06:00:00Z", "changed_at": "2026-03-02T07:00:00Z",
        "form": {"cost": "2300.00", "family": [{"age": 3}, {"age": 5}]}, "masked": ["name", "phone"],
        "stages": [
            {"stage": "field", "title": "Home visit", "result": "approved", "by": "person:ama",
             "at": "2026-03-02T07:00:00Z", "answers": {"visited": true}, "masked": ["photo"]},
            {"stage": "extra", "title": "Second look", "result": "skipped", "answers": {}, "masked": []},
        ],
        "tasks": [{"id": format!("{ID}.3"), "stage": "medical", "role": "doctor", "escalated_to": ["director"],
            "claimed_by": "person:grace", "due": "2026-03-05T06:00:00Z", "suspended": false}],
        "erased": false,
    })
}

/// A reference whose check character is right, and the reply that finds its application.
fn found(times: usize) -> (String, Vec<Reply>) {
    let reference = annona_engine::reference::Reference::mint("urgent-surgery", &[7; 8]);
    let line = format!("GET /v1/applications?reference={reference}");
    (reference, vec![reply(&line, 200, &json!({"items": [{"id": ID}]})); times])
}

#[tokio::test]
async fn an_application_is_shown_as_a_ribbon_of_stages() {
    let (reference, mut replies) = found(1);
    replies.push(reply(&format!("GET {}", at("")), 200, &application()));
    let stub = Stub::start(replies).await;
    let typed = reference.to_lowercase().replace('-', " ");
    insta::assert_snapshot!(transcript(&stub, &["application", "show", &typed]).await, @r"
    US-7K3F-92Q6  urgent-surgery  in review
    sent 2026-03-02 09:00
      ✓ Home visit: approved by ama, 2026-03-02 10:00
          visited: yes, photo: masked
      – Second look: left out
      ▸ Medical review: open for doctor and director, claimed by grace, due 2026-03-05 09:00

      cost: 2300.00
      family: age: 3; age: 5
      not shown to you: name, phone
    ");
}

#[tokio::test]
async fn the_end_of_an_application_is_shown_with_its_reason_or_voucher() {
    let mut rejected = application();
    rejected["status"] = "rejected".into();
    rejected["reason"] = json!({"id": "late", "text": "We did not get an answer", "note": false});
    rejected["tasks"] = json!([]);
    let mut approved = application();
    approved["status"] = "approved".into();
    approved["voucher"] = json!({"id": "x", "number": "XMG2-Y70H-3Y56", "status": "part_redeemed", "amount": "2300.00",
        "balance": "1400.00", "currency": "USD", "valid_until": "2026-04-01", "providers": ["hospital"]});
    let line = format!("GET {}", at(""));
    let stub = Stub::start([reply(&line, 200, &rejected), reply(&line, 200, &approved)]).await;
    let shown = transcript(&stub, &["application", "show", ID]).await;
    assert!(shown.contains("\nreason: We did not get an answer\n"), "{shown}");
    let shown = transcript(&stub, &["application", "show", ID]).await;
    let voucher = "\nvoucher XMG2-Y70H-3Y56: USD 2,300.00, USD 1,400.00 left, redeemed in part, good until 2026-04-01, for: hospital\n";
    assert!(shown.contains(voucher), "{shown}");
}

#[tokio::test]
async fn a_history_says_who_did_what_and_which_rule_held() {
    let events = |events: Value, next: Value| json!({"items": events, "next": next});
    let first = json!([
        {"version": 1, "type": "submitted", "at": "2026-03-02T06:00:00Z", "who": "person:portal", "on_behalf_of": "applicant",
         "body": {"values": {"cost": "2300.00"}, "masked": [], "reference": "US-7K3F-92Q6", "programme": "urgent-surgery"},
         "guards": [{"place": "eligibility.0.require", "result": "true", "explanation": "`form.income < 500`: 120 < 500 is true"}], "facts": []},
        {"version": 2, "type": "stage_opened", "at": "2026-03-02T06:00:00Z", "who": "engine",
         "body": {"stage": "field", "task": 1, "role": "assessor", "due": "2026-03-05T06:00:00Z", "timers": []}, "guards": [], "facts": []},
    ]);
    let second = json!([
        {"version": 3, "type": "sent_back", "at": "2026-03-02T07:00:00Z", "who": "person:ama",
         "body": {"stage": "field", "task": 1, "to": "applicant", "fields": ["quote"], "answer_by": "2026-03-16T21:00:00Z"},
         "guards": [], "facts": [], "reason": {"id": "unreadable", "text": "The quote cannot be read", "note": true}, "note": "page two\nis black"},
        {"version": 4, "type": "voucher_issued", "at": "2026-03-03T07:00:00Z", "who": "person:daniel",
         "body": {"number": "XMG2-Y70H-3Y56", "amount": "2300", "currency": "USD"},
         "guards": [{"place": "voucher.amount", "result": "amount", "amount": "2300"}], "facts": []},
    ]);
    let stub = Stub::start([
        reply(&format!("GET {}", at("/history")), 200, &events(first, json!("c1"))),
        reply(&format!("GET {}", at("/history?after=c1")), 200, &events(second, Value::Null)),
    ])
    .await;
    insta::assert_snapshot!(transcript(&stub, &["application", "history", ID]).await, @r"
      1  2026-03-02 09:00  portal for the applicant sent application US-7K3F-92Q6
           eligibility.0.require holds: `form.income < 500`: 120 < 500 is true
      2  2026-03-02 09:00  the daemon opened stage field for assessor, due 2026-03-05 09:00
      3  2026-03-02 10:00  ama sent it back to the applicant, to correct: quote, before 2026-03-17 00:00
           reason: The quote cannot be read
           note: page two is black
      4  2026-03-03 10:00  daniel issued voucher XMG2-Y70H-3Y56 of USD 2,300.00
           voucher.amount is 2300
    ");
}

fn form_schema() -> Reply {
    let schema = json!({"properties": {"cost": {"x-type": "money"}, "quote": {"x-type": "file"}}});
    reply("GET /v1/programmes/kit/form", 200, &schema)
}

#[tokio::test]
async fn a_form_is_typed_by_its_schema_and_its_files_go_up_first() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("quote.pdf"), "%PDF").unwrap();
    let form = place.path().join("ana.yaml");
    std::fs::write(&form, "name: Ana\ncost: 2300\nquote: \"@quote.pdf\"\n").unwrap();
    let mut received = application();
    received["reference"] = "K-1".into();
    let stub = Stub::start([
        form_schema(),
        reply("POST /v1/documents", 201, &json!({"id": "d1"})),
        reply("POST /v1/applications", 201, &received),
    ])
    .await;
    let said =
        transcript(&stub, &["application", "submit", "kit", "--form", form.to_str().unwrap()])
            .await;
    insta::assert_snapshot!(said, @"K-1 received: it is now at stage medical (Medical review), due 2026-03-05 09:00");
    assert_eq!(
        stub.last().json(),
        json!({"programme": "kit", "form": {"name": "Ana", "cost": "2300", "quote": "d1"}})
    );
    assert_eq!(stub.lines().last().unwrap(), "POST /v1/applications");
}

#[tokio::test]
async fn a_form_that_is_wrong_names_every_field_and_one_that_is_not_eligible_its_reason() {
    let wrong = json!({"status": 422, "code": "form_invalid", "detail": "the form has 2 wrong fields", "errors": [
        {"pointer": "/form/name", "code": "required", "message": "this is needed"},
        {"pointer": "/form/cost", "code": "not_an_amount", "message": "an amount is expected"}]});
    let not_eligible = json!({"id": ID, "reference": "K-1", "status": "rejected",
        "reason": {"id": "duplicate", "text": "You have an open application"}});
    let stub = Stub::start([
        form_schema(),
        reply("POST /v1/applications", 422, &wrong),
        reply("POST /v1/applications", 201, &not_eligible),
    ])
    .await;
    let form = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(form.path(), "{\"cost\": \"many\"}").unwrap();
    let submit = ["application", "submit", "kit", "--form", form.path().to_str().unwrap()];
    insta::assert_snapshot!(transcript(&stub, &submit).await, @r"
    invalid (form_invalid): the form has 2 wrong fields
      form.name: this is needed (required)
      form.cost: an amount is expected (not_an_amount)
    [exit 1]
    ");
    insta::assert_snapshot!(transcript(&stub, &submit).await, @"K-1 is recorded, and rejected: You have an open application");
}

#[tokio::test]
async fn a_programme_that_is_not_there_is_named_and_so_is_how_a_file_is_sent() {
    let detail = "the form has 1 wrong field";
    let wrong = json!({"status": 422, "code": "form_invalid", "detail": detail,
        "errors": [{"pointer": "/form/quote", "code": "unknown_document", "message": "there is no such document of yours"}]});
    let stub = Stub::start([
        problem("GET /v1/programmes/kitt/form", 404, "not_found", "there is no such thing here"),
        form_schema(),
        reply("POST /v1/applications", 422, &wrong),
    ])
    .await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "quote: quote.pdf\n").unwrap();
    let form = file.path().to_str().unwrap();
    insta::assert_snapshot!(transcript(&stub, &["application", "submit", "kitt", "--form", form]).await, @r"
    annona: there is no programme `kitt`
    [exit 4]
    ");
    insta::assert_snapshot!(transcript(&stub, &["application", "submit", "kit", "--form", form]).await, @r"
    invalid (form_invalid): the form has 1 wrong field
      form.quote: there is no such document of yours (unknown_document)
      to send a file, write @ before its name: @estimate.pdf
    [exit 1]
    ");
}

#[tokio::test]
async fn an_answer_sends_only_what_the_file_holds() {
    let mut with_applicant = application();
    with_applicant["programme"] = "kit".into();
    let stub = Stub::start([
        reply(&format!("GET {}", at("")), 200, &with_applicant),
        form_schema(),
        reply(&format!("POST {}", at("/answer")), 200, &application()),
    ])
    .await;
    let form = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(form.path(), "cost: 12.50").unwrap();
    let file = form.path().to_str().unwrap();
    run(&stub, &["application", "answer", ID, "--form", file]).await;
    assert_eq!(stub.last().json(), json!({"form": {"cost": "12.5"}}));
}

#[tokio::test]
async fn a_reference_that_cannot_be_one_is_wrong_usage_and_one_that_nobody_has_is_refused() {
    let (reference, _) = found(0);
    let line = format!("GET /v1/applications?reference={reference}");
    let stub = Stub::start([reply(&line, 200, &json!({"items": []}))]).await;
    let slip = run(&stub, &["application", "show", "US-7K3F-0000"]).await;
    assert_eq!(slip.answer.number(), 2, "{slip:?}");
    assert!(stub.asked().is_empty());
    let none = run(&stub, &["application", "withdraw", &reference]).await;
    assert_eq!(none.answer.number(), 4);
    assert_eq!(
        none.problems,
        format!("annona: there is no application {reference} that you may see")
    );
}

#[tokio::test]
async fn applications_are_listed_as_they_are_asked_for() {
    let line = "GET /v1/applications?status=in_review&q=ana+mora&limit=10";
    let stub = Stub::start([reply(line, 200, &json!({"items": [application()]}))]).await;
    let list =
        ["application", "list", "--status", "in_review", "--search", "ana mora", "--limit", "10"];
    insta::assert_snapshot!(transcript(&stub, &list).await, @r"
    REFERENCE     PROGRAMME       STATUS     STAGE    DUE               CHANGED
    US-7K3F-92Q6  urgent-surgery  in review  medical  2026-03-05 09:00  2026-03-02 10:00
    ");
}

#[tokio::test]
async fn an_application_that_is_open_is_not_erased() {
    let line = format!("POST {}", at("/erase"));
    let stub = Stub::start([
        problem(&line, 409, "still_open", "personal values are erased only when it has ended"),
        reply(&line, 200, &json!({"id": ID, "reference": "US-7K3F-92Q6", "erased": true})),
    ])
    .await;
    assert_eq!(run(&stub, &["application", "erase", ID]).await.answer.number(), 4);
    insta::assert_snapshot!(transcript(&stub, &["application", "erase", ID]).await, @"the personal values of US-7K3F-92Q6 are erased; the log stays and still verifies");
}
