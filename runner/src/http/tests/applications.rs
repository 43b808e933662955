//! Applications through the router: sending, seeing, answering, withdrawing, erasing.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::office::{Office, refused, task_of, text, told, wrong};

const APPLICATIONS: &str = "/v1/applications";

#[tokio::test]
async fn an_application_is_sent_and_its_applicant_sees_it_whole() {
    let office = Office::new().await;
    let body = json!({"programme": "urgent-surgery", "form": office.form().await});
    let answer = office.post("amina", APPLICATIONS, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let sent = answer.json();
    let place = format!("/v1/applications/{}", text(&sent, "/id"));
    assert_eq!(answer.headers["location"], place);
    assert_eq!(office.get("amina", &place).await.json(), sent);
    insta::assert_snapshot!(told(&sent), @r#"
    id: "[id]"
    reference: "[reference]"
    programme: "urgent-surgery"
    status: "in_review"
    stage: "field"
    stage_title: "Field assessment"
    due: "2026-03-05T06:00:00Z"
    submitted_at: "2026-03-02T06:00:00Z"
    changed_at: "2026-03-02T06:00:00Z"
    version: 2
    definition: "[hash]"
    form:
      name: "Amina Okello"
      national_id: "1234567890"
      phone: "+256700000001"
      language: "en"
      address: "Gulu"
      district: "north"
      age: 41
      family: [{"name":"Omar","age":9}]
      income: "180.00"
      treatment: "heart"
      cost: "2400.00"
      estimate: "[id]"
    masked: []
    documents: [{"id":"[id]","sha256":"[hash]","size":1000,"type":"application/pdf"}]
    stages: []
    tasks: [{"id":"[id].1","stage":"field","role":"assessor","escalated_to":[],"due":"2026-03-05T06:00:00Z","suspended":false}]
    erased: false
    "#);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let office = Office::new().await;
    let form = json!({
        "name": 7, "national_id": "12", "phone": "12", "language": "de", "district": "up",
        "age": 130, "family": [{"name": "Omar", "age": "x"}], "income": 180, "treatment": "none",
        "cost": "0", "estimate": "no", "colour": "red",
    });
    let body = json!({"programme": "urgent-surgery", "form": form});
    let answer = office.post("amina", APPLICATIONS, &body).await;
    assert_eq!(refused(&answer), (422, "form_invalid".to_owned()));
    insta::assert_snapshot!(wrong(&answer).join("\n"), @r"
    /form/name wrong_type
    /form/national_id pattern
    /form/phone not_a_phone_number
    /form/language not_an_option
    /form/address required
    /form/district not_an_option
    /form/age too_large
    /form/family/0/age wrong_type
    /form/income not_an_amount
    /form/treatment not_an_option
    /form/cost too_small
    /form/colour unknown_field
    /form/estimate unknown_document
    ");
    // A document of somebody else's is none that may be named.
    let mut form = office.form().await;
    form["estimate"] = office.document_of("portal").await.into();
    let body = json!({"programme": "urgent-surgery", "form": form});
    let answer = office.post("amina", APPLICATIONS, &body).await;
    assert_eq!(wrong(&answer), ["/form/estimate unknown_document"]);
}

#[tokio::test]
async fn a_body_takes_its_own_fields_and_its_own_senders() {
    let office = Office::new().await;
    let form = office.form().await;
    let more = json!({"programme": "urgent-surgery", "form": form, "on_behalf_of": {"phone": "1"}});
    let answer = office.post("portal", APPLICATIONS, &more).await;
    assert_eq!(refused(&answer), (422, "body_invalid".to_owned()));
    assert_eq!(wrong(&answer), ["/on_behalf_of unknown_field"]);
    let body = json!({"programme": "urgent-surgery", "form": form});
    for (who, status, code) in [
        ("ama", 403, "not_your_role"),
        ("joseph", 403, "not_your_role"),
        ("mulago", 403, "not_your_role"),
        ("sunrise", 404, "not_found"),
    ] {
        let answer = office.post(who, APPLICATIONS, &body).await;
        assert_eq!(refused(&answer), (status, code.to_owned()), "{who}");
    }
    let elsewhere = json!({"programme": "school-kit", "form": {}});
    let answer = office.post("amina", APPLICATIONS, &elsewhere).await;
    assert_eq!(refused(&answer), (404, "not_found".to_owned()));
    let nowhere = json!({"programme": "no-such", "form": {}});
    let answer = office.post("portal", APPLICATIONS, &nowhere).await;
    assert_eq!(refused(&answer), (404, "not_found".to_owned()));
    let anonymous = office.world.ask("POST", APPLICATIONS).json(&body).send().await;
    assert_eq!(refused(&anonymous), (401, "unauthenticated".to_owned()));
}

#[tokio::test]
async fn one_that_is_not_eligible_is_recorded_as_rejected_with_the_reason() {
    let office = Office::new().await;
    let mut form = office.form().await;
    form["income"] = "900".into();
    let body = json!({"programme": "urgent-surgery", "form": form});
    let answer = office.post("amina", APPLICATIONS, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.json()["status"], "rejected");
    insta::assert_snapshot!(told(&answer.json()["reason"]), @r#"
    id: "income_too_high"
    text: "Household income is above the limit"
    note: false
    "#);
}

#[tokio::test]
async fn a_portal_sends_for_somebody_and_sees_no_personal_value() {
    let office = Office::new().await;
    let mut form = office.form().await;
    form["estimate"] = office.document_of("portal").await.into();
    let body = json!({"programme": "urgent-surgery", "form": form});
    let sent = office.post("portal", APPLICATIONS, &body).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.json());
    let sent = sent.json();
    assert!(sent["masked"].as_array().unwrap().contains(&"name".into()));
    assert!(!sent.to_string().contains("Okello"));
    let place = format!("/v1/applications/{}", text(&sent, "/id"));
    assert_eq!(office.get("portal", &place).await.json(), sent);
    // The person whom it is for signs in with the phone in the form.
    assert_eq!(office.get("amina", &place).await.json()["form"]["name"], "Amina Okello");
    let history = office.get("amina", &format!("{place}/history")).await.json();
    assert_eq!(history["items"][0]["who"], "person:portal");
    assert_eq!(history["items"][0]["on_behalf_of"], "applicant");
    let listed = office.get("portal", APPLICATIONS).await.json();
    assert_eq!(listed, json!({"items": []}));
    let withdrawn = office.post("portal", &format!("{place}/withdraw"), &json!({})).await;
    assert_eq!(withdrawn.json()["status"], "withdrawn");
    let history = office.get("amina", &format!("{place}/history?after=2")).await.json();
    assert_eq!(history["items"][0]["on_behalf_of"], "applicant");
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let office = Office::new().await;
    let id = text(&office.applied().await, "/id").to_owned();
    for who in ["other", "portal", "mulago", "sunrise"] {
        for path in ["", "/history"] {
            let answer = office.get(who, &format!("/v1/applications/{id}{path}")).await;
            assert_eq!(refused(&answer), (404, "not_found".to_owned()), "{who} {path}");
        }
        for path in ["withdraw", "erase"] {
            let path = format!("/v1/applications/{id}/{path}");
            let answer = office.post(who, &path, &json!({})).await;
            assert_eq!(refused(&answer), (404, "not_found".to_owned()), "{who} {path}");
        }
        let path = format!("/v1/applications/{id}/answer");
        let answer = office.post(who, &path, &json!({"form": {}})).await;
        assert_eq!(refused(&answer), (404, "not_found".to_owned()), "{who}");
    }
    let answer = office.get("ama", "/v1/applications/no-such").await;
    assert_eq!(refused(&answer), (404, "not_found".to_owned()));
    let withdraw = format!("/v1/applications/{id}/withdraw");
    assert_eq!(refused(&office.post("ama", &withdraw, &json!({})).await).0, 404);
}

#[tokio::test]
async fn officers_see_an_application_by_id_or_reference_without_personal_values() {
    let office = Office::new().await;
    let sent = office.applied().await;
    let by_id = office.get("grace", &format!("/v1/applications/{}", text(&sent, "/id"))).await;
    let shown = by_id.json();
    let parts = json!({"form": shown["form"], "masked": shown["masked"]});
    insta::assert_snapshot!(told(&parts), @r#"
    form: {"language":"en","district":"north","cost":"2400.00"}
    masked: ["name","national_id","phone","address","age","family","income","treatment","estimate"]
    "#);
    let reference = text(&sent, "/reference").to_lowercase();
    let by_reference = office.get("grace", &format!("/v1/applications/{reference}")).await;
    assert_eq!(by_reference.json(), shown);
    assert_eq!(office.get("ada", &format!("/v1/applications/{reference}")).await.json(), shown);
}

#[tokio::test]
async fn whoever_works_in_a_programme_finds_people_by_name_or_phone_and_nobody_else_does() {
    let office = Office::new().await;
    let sent = office.applied().await;
    let found = async |who: &str, words: &str| -> usize {
        let words = words.replace('+', "%2B").replace(' ', "%20").replace('í', "%C3%AD");
        let answer = office.get(who, &format!("{APPLICATIONS}?q={words}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
        assert!(!answer.json().to_string().contains("Okello"));
        answer.json()["items"].as_array().unwrap().len()
    };
    for words in ["amina", "OKELLO Amína", "+256 700 000 001", "0700000001 amina", "700000001"] {
        assert_eq!(found("grace", words).await, 1, "{words}");
        // Who sees every programme but no personal value, who sends for others, who redeems, and who applied.
        for who in ["joseph", "irene", "ada", "portal", "mulago", "amina", "other"] {
            assert_eq!(found(who, words).await, 0, "{who}");
        }
    }
    for words in ["amin", "amina nabirye", "0700000002", "1234567890", "gulu"] {
        assert_eq!(found("grace", words).await, 0, "{words}");
    }
    let many = office.get("grace", &format!("{APPLICATIONS}?q=a+b+c+d+e+f+g+h+i")).await;
    assert_eq!(refused(&many), (400, "bad_request".to_owned()));
    let path = format!("/v1/applications/{}", text(&sent, "/id"));
    let nothing = json!({});
    office.post("amina", &format!("{path}/withdraw"), &nothing).await;
    office.post("joseph", &format!("{path}/erase"), &nothing).await;
    assert_eq!(found("grace", "amina").await, 0);
    assert_eq!(found("grace", text(&sent, "/reference")).await, 1);
}

#[tokio::test]
async fn lists_hold_what_one_may_see_and_what_was_asked_for() {
    let office = Office::new().await;
    let first = office.applied().await;
    office
        .post("amina", &format!("/v1/applications/{}/withdraw", text(&first, "/id")), &json!({}))
        .await;
    office.wait(1);
    let second = office.applied().await;
    let listed = async |who: &str, query: &str| -> Vec<String> {
        let answer = office.get(who, &format!("{APPLICATIONS}{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
        let items = answer.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| text(item, "/id").to_owned()).collect()
    };
    let (one, two) = (text(&first, "/id").to_owned(), text(&second, "/id").to_owned());
    let both = vec![two.clone(), one.clone()];
    for who in ["amina", "grace", "joseph", "ada"] {
        assert_eq!(listed(who, "").await, both, "{who}");
        assert_eq!(listed(who, "?programme=urgent-surgery").await, both, "{who}");
    }
    for who in ["other", "portal", "mulago"] {
        assert!(listed(who, "").await.is_empty(), "{who}");
    }
    assert_eq!(listed("grace", "?status=withdrawn").await, vec![one.clone()]);
    assert_eq!(listed("grace", "?stage=field").await, vec![two.clone()]);
    let reference = text(&first, "/reference");
    assert_eq!(
        listed("grace", &format!("?reference={}", reference.to_lowercase())).await,
        vec![one.clone()]
    );
    assert_eq!(
        listed("grace", &format!("?q={}", reference.to_lowercase().split_at(7).0)).await,
        vec![one.clone()]
    );
    assert_eq!(listed("grace", "?q=us-").await, both);
    assert!(listed("other", "?q=US-").await.is_empty());
    let page = office.get("grace", &format!("{APPLICATIONS}?limit=1")).await.json();
    let next = text(&page, "/next").to_owned();
    assert_eq!(listed("grace", &format!("?limit=1&after={next}")).await, vec![one]);
    insta::assert_snapshot!(told(&page["items"]), @r#"
    -:
      id: "[id]"
      reference: "[reference]"
      programme: "urgent-surgery"
      status: "in_review"
      stage: "field"
      stage_title: "Field assessment"
      due: "2026-03-05T07:00:00Z"
      submitted_at: "2026-03-02T07:00:00Z"
      changed_at: "2026-03-02T07:00:00Z"
    "#);
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused() {
    let office = Office::new().await;
    for query in ["?status=open", "?limit=0", "?limit=201", "?after=x", "?colour=red"] {
        let answer = office.get("grace", &format!("{APPLICATIONS}{query}")).await;
        assert_eq!(refused(&answer), (400, "bad_request".to_owned()), "{query}");
    }
    for (who, query) in [("grace", "?programme=school-kit"), ("grace", "?programme=x")] {
        let answer = office.get(who, &format!("{APPLICATIONS}{query}")).await;
        assert_eq!(refused(&answer), (404, "not_found".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_history_tells_who_and_why_and_comes_by_page() {
    let office = Office::new().await;
    let sent = office.applied().await;
    let path = format!("/v1/applications/{}/history", text(&sent, "/id"));
    let own = office.get("amina", &path).await.json();
    assert_eq!(text(&own, "/items/0/body/values/name"), "Amina Okello");
    insta::assert_snapshot!(told(&own["items"][1]), @r#"
    version: 2
    type: "stage_opened"
    at: "2026-03-02T06:00:00Z"
    who: "applicant"
    body:
      stage: "field"
      task: 1
      role: "assessor"
      due: "2026-03-05T06:00:00Z"
      timers:
        -: {"timer":"late.0","due":"2026-03-04T06:00:00Z"}
        -: {"timer":"late.1","due":"2026-03-05T06:00:00Z"}
        -: {"timer":"late.2","due":"2026-03-16T06:00:00Z"}
    guards:
      -:
        place: "eligibility.0.require"
        result: "true"
        explanation: "`form.income / (form.family.len() + 1) <= limits.income_per_person`: 90 <= 150 is true"
      -:
        place: "eligibility.1.require"
        result: "true"
        explanation: "`form.cost <= limits.ceiling * 3`: 2,400 <= 15,000 is true"
      -:
        place: "stages.field.skip_if"
        result: "false"
        explanation: "`form.treatment == \"trauma\"`: \"heart\" == \"trauma\" is false"
    facts: []
    previous: "[hash]"
    "#);
    let masked = office.get("grace", &path).await.json();
    assert!(!masked.to_string().contains("Okello"), "{masked}");
    let guard = &masked["items"][1]["guards"][0];
    assert_eq!((&guard["result"], guard.get("explanation")), (&json!("true"), None));
    let first = office.get("grace", &format!("{path}?limit=1")).await.json();
    assert_eq!(first["next"], "1");
    let rest = office.get("grace", &format!("{path}?after=1")).await.json();
    let count = |page: &Value| page["items"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&first) + count(&rest)), (1, count(&masked)));
}

#[tokio::test]
async fn what_was_sent_back_is_answered_and_nothing_else_is() {
    let office = Office::new().await;
    let sent = office.applied().await;
    let answer_path = format!("/v1/applications/{}/answer", text(&sent, "/id"));
    let early = office.post("amina", &answer_path, &json!({"form": {"address": "Lira"}})).await;
    assert_eq!(refused(&early), (409, "not_with_applicant".to_owned()));
    let back = json!({
        "decision": "send_back", "reason": "missing", "note": "Which street?", "fields": ["address"],
    });
    let decided = office.decide("ama", &task_of(&sent), &back).await;
    assert_eq!(decided.status, StatusCode::CREATED, "{}", decided.json());
    insta::assert_snapshot!(told(&decided.json()["application"]["returned"]), @r#"
    fields: ["address"]
    answer_by: "2026-03-16T21:00:00Z"
    "#);
    let other = json!({"form": {"cost": "1"}});
    let answer = office.post("amina", &answer_path, &other).await;
    assert_eq!(refused(&answer), (422, "form_invalid".to_owned()));
    assert_eq!(wrong(&answer), ["/form/cost not_asked"]);
    let new = json!({"form": {"address": "12 Lira Road"}});
    let first = office.keyed("amina", &answer_path, "a", &new).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.json());
    assert_eq!(first.json()["status"], "in_review");
    assert_eq!(first.json()["form"]["address"], "12 Lira Road");
    let again = office.keyed("amina", &answer_path, "a", &new).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
}

#[tokio::test]
async fn an_application_is_withdrawn_once_and_then_erased() {
    let office = Office::new().await;
    let id = text(&office.applied().await, "/id").to_owned();
    let path = |verb: &str| format!("/v1/applications/{id}/{verb}");
    let nothing = json!({});
    let early = office.post("joseph", &path("erase"), &nothing).await;
    assert_eq!(refused(&early), (409, "still_open".to_owned()));
    let first = office.keyed("amina", &path("withdraw"), "w", &nothing).await;
    assert_eq!((first.status, &first.json()["status"]), (StatusCode::OK, &json!("withdrawn")));
    let again = office.keyed("amina", &path("withdraw"), "w", &nothing).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    let twice = office.post("amina", &path("withdraw"), &nothing).await;
    assert_eq!(refused(&twice), (409, "already_ended".to_owned()));
    let answer = office.post("grace", &path("erase"), &nothing).await;
    assert_eq!(refused(&answer), (403, "not_your_role".to_owned()));
    let first = office.keyed("joseph", &path("erase"), "e", &nothing).await;
    assert_eq!((first.status, &first.json()["erased"]), (StatusCode::OK, &json!(true)));
    let again = office.keyed("joseph", &path("erase"), "e", &nothing).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    let twice = office.post("joseph", &path("erase"), &nothing).await;
    assert_eq!(refused(&twice), (409, "already_done".to_owned()));
    let history = office.get("ada", &path("history")).await;
    assert_eq!(history.status, StatusCode::OK);
    assert!(!String::from_utf8_lossy(&history.bytes).contains("Okello"));
}

#[tokio::test]
async fn one_key_sends_one_application() {
    let office = Office::new().await;
    let body = json!({"programme": "urgent-surgery", "form": office.form().await});
    let first = office.keyed("amina", APPLICATIONS, "k", &body).await;
    let again = office.keyed("amina", APPLICATIONS, "k", &body).await;
    assert_eq!((again.status, again.json()), (StatusCode::CREATED, first.json()));
    assert_eq!(again.headers["location"], first.headers["location"]);
    let mut other = body.clone();
    other["form"]["cost"] = "2000".into();
    let mismatch = office.keyed("amina", APPLICATIONS, "k", &other).await;
    assert_eq!(refused(&mismatch), (422, "idempotency_mismatch".to_owned()));
    let listed = office.get("amina", APPLICATIONS).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_form_in_which_a_field_stands_twice_is_refused_at_its_place() {
    let office = Office::new().await;
    let body = json!({"programme": "urgent-surgery", "form": office.form().await}).to_string();
    for (once, twice, pointer) in [
        (r#""cost":"2400""#, r#""cost":"1","cost":"2400""#, "/form/cost"),
        (r#""name":"Omar""#, r#""name":"Omar","name":"Ali""#, "/form/family/0/name"),
    ] {
        assert!(body.contains(once), "{body}");
        let sent = office.send("amina", "/v1/applications", body.replace(once, twice)).await;
        assert_eq!(wrong(&sent), [format!("{pointer} duplicate_field")]);
    }
}
