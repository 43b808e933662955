//! Bad input gets a clear answer, and nothing is lost: each case of the promise, against the binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

use annona_tests::{Answer, Caller, Daemon, People, binary, form, run, scratch};
use reqwest::Method;
use serde_json::{Value, json};

/// A programme whose one guard is to be filled in.
const GUARDED: &str = r"
format: 1
programme: kit
title: Kit
currency: USD
roles: {reviewer: Reviewer}
form: {name: {label: Name, type: text}, cost: {label: Cost, type: money}}
FUNCTIONS
stages: [{stage: review, role: reviewer, approve_if: GUARD, due: 5 days}]
reasons: {reject: {other: Other}}
voucher: {amount: form.cost, valid: 30 days, providers: [shop]}
keep: 1 year
";

/// Checks bytes with the binary; returns the exit code and what was said.
fn check(bytes: &[u8]) -> (Option<i32>, String) {
    let place = scratch();
    let file = place.path().join("programme.yaml");
    std::fs::write(&file, bytes).unwrap();
    let output = run(&["check", file.to_str().unwrap()]);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_definition_that_cannot_be_right_is_refused_with_its_place() {
    let bomb = (0..9).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        format!("{text}a{}: &a{} [*a{level}, *a{level}, *a{level}]\n", level + 1, level + 1)
    });
    let nested = format!("format: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    let large = "# filling\n".repeat(1_048_576);
    let twice = "format: 1\nformat: 1\n".to_owned();
    let unknown = GUARDED.replace("GUARD", "review.missing > 1").replace("FUNCTIONS", "");
    for (what, bytes, says) in [
        ("not YAML", b"a: [1, 2".to_vec(), "-->"),
        ("not UTF-8", vec![b'a', b':', b' ', 0xff, 0xfe], "UTF-8"),
        ("10 MB", large.into_bytes(), "bytes"),
        ("an alias bomb", bomb.into_bytes(), "anchor"),
        ("5,000 deep", nested.into_bytes(), "within each other"),
        ("a key twice", twice.into_bytes(), "format"),
        ("an unknown name", unknown.into_bytes(), "review.missing"),
    ] {
        let (code, said) = check(&bytes);
        assert_eq!(code, Some(1), "{what}: {said}");
        assert!(said.contains(says) && said.contains("error["), "{what}: {said}");
        assert!(!said.contains("panicked"), "{what}: {said}");
    }
}

/// Returns a programme with this guard, and this function beside it.
fn guarded(guard: &str, function: &str) -> Vec<u8> {
    let functions = if function.is_empty() {
        String::new()
    } else {
        format!("functions: |\n  // (money) -> yes_no\n  {}", function.replace('\n', "\n  "))
    };
    GUARDED.replace("GUARD", guard).replace("FUNCTIONS", &functions).into_bytes()
}

#[tokio::test]
async fn a_guard_that_runs_wild_holds_the_application_and_the_daemon_goes_on() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let admin = daemon.admin();
    let people = json!({"people": [
        {"id": "admin", "name": "A", "holds": [{"role": "administrator"}, {"role": "operator"}]},
        {"id": "rita", "name": "R", "holds": [{"programme": "kit", "role": "reviewer"}]},
        {"id": "portal", "name": "P", "holds": [{"role": "intake"}]}], "providers": []});
    let request = admin.request(Method::PUT, "/v1/roster").json(&people);
    let _ = Caller::try_send(request).await.unwrap().is(200);
    let (portal, rita) = (daemon.listed("person:portal").await, daemon.listed("person:rita").await);
    for (what, function) in [
        ("for ever", "fn wild(c) { let n = 0; while true { n += 1; } true }"),
        ("huge", "fn wild(c) { let s = \"x\"; for i in 0..64 { s += s; } s.len() > 0 }"),
        ("endless calls", "fn wild(c) { wild(c) }"),
        ("a changed constant", "fn wild(c) { const m = #{x: 1}; m.x = 5; true }"),
    ] {
        let source = guarded("wild(form.cost)", function);
        let deployed = deploy(&admin, source).await;
        if deployed.status.as_u16() == 422 {
            assert!(deployed.code() == "definition_invalid", "{what}");
            continue;
        }
        let deployed = deployed.is(201);
        assert_eq!(deployed.text("/programme"), "kit", "{what}");
        let body = json!({"programme": "kit", "form": {"name": "Ana", "cost": "10.00"}});
        let id = portal.post("/v1/applications", &body).await.is(201).text("/id");
        let approve = json!({"decision": "approve", "answers": {}});
        let held = rita.decide(&format!("{id}.1"), &approve).await;
        assert_eq!((held.status.as_u16(), held.code()), (409, "held".into()), "{what}");
        let row = rita.get(&format!("/v1/applications/{id}")).await.is(200);
        assert_eq!(row.text("/status"), "held", "{what}");
    }
    let incidents = admin.get("/v1/incidents").await.is(200).json();
    assert!(!incidents["items"].as_array().unwrap().is_empty());
}

async fn deploy(admin: &Caller, source: Vec<u8>) -> Answer {
    let request = admin.request(Method::POST, "/v1/programmes").body(source);
    Caller::try_send(request.header("content-type", "application/yaml")).await.unwrap()
}

#[tokio::test]
async fn a_form_with_every_field_wrong_names_them_all_at_once() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let wrong = json!({
        "name": 7, "national_id": "12", "phone": "0700", "email": "at home", "language": "xx", "address": "",
        "district": "moon", "gender": "none", "age": 300, "occupation": 1, "family": [{"name": "Omar", "age": "nine"}],
        "income": 180, "treatment": "teeth", "cost": "-1", "estimate": "nowhere", "shoe_size": 43,
    });
    let sent = json!({"programme": "urgent-surgery", "form": wrong});
    let refused = people.portal.post("/v1/applications", &sent).await.is(422);
    assert_eq!(refused.code(), "form_invalid");
    let json = refused.json();
    let named: Vec<&str> =
        json["errors"].as_array().unwrap().iter().filter_map(|it| it["pointer"].as_str()).collect();
    for field in wrong.as_object().unwrap().keys() {
        let pointer = format!("/form/{field}");
        assert!(named.iter().any(|it| it.starts_with(&pointer)), "{field} is not in {named:?}");
    }
    assert!(!json.to_string().contains("at home"), "a value is repeated: {json}");
    let missing = json!({"programme": "urgent-surgery", "form": {}});
    let refused = people.portal.post("/v1/applications", &missing).await.is(422).json();
    assert!(refused["errors"].as_array().unwrap().len() >= 12);
    let none = people.director.get("/v1/applications?programme=urgent-surgery").await.is(200);
    assert_eq!(none.json()["items"], json!([]), "nothing was recorded");
}

#[tokio::test]
async fn a_document_is_what_its_bytes_say_and_no_larger_than_may_be() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let program = people.portal.upload(std::fs::read(binary()).unwrap()[..4096].to_vec()).await;
    assert!(program.status.is_client_error(), "{}", program.json());
    let mut disguised = std::fs::read(binary()).unwrap()[..4096].to_vec();
    disguised.extend_from_slice(b"%PDF-1.7\n");
    let request = people.portal.request(Method::POST, "/v1/documents").body(disguised);
    let disguised = Caller::try_send(request.header("content-type", "application/pdf")).await;
    assert!(disguised.unwrap().status.is_client_error());
    // A gigabyte, announced: refused before it is sent. Curl waits for the daemon's word.
    let big = place.path().join("big");
    std::fs::write(&big, b"%PDF-1.7\n").unwrap();
    std::fs::OpenOptions::new().write(true).open(&big).unwrap().set_len(1 << 30).unwrap();
    let url = format!("{}/v1/documents", daemon.address);
    let token = std::fs::read_to_string(daemon.folder.join("admin.token")).unwrap();
    let bearer = format!("authorization: Bearer {}", token.trim());
    let upload = |chunked: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "60", "-T"]);
        curl.arg(&big).args(["-X", "POST", "-H", &bearer]).args(chunked).arg(&url);
        String::from_utf8(curl.output().unwrap().stdout).unwrap()
    };
    assert_eq!(upload(&[]), "413");
    assert_eq!(upload(&["-H", "transfer-encoding: chunked"]), "413");
    let left = std::fs::read_dir(daemon.folder.join("documents")).unwrap().count();
    assert_eq!(left, 0, "something of a refused document was left behind");
    assert_eq!(daemon.anyone().get("/readyz").await.status.as_u16(), 200);
}

/// What an officer sends, and what comes back.
fn refused(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

#[tokio::test]
async fn a_decision_that_may_not_be_is_refused_and_nothing_is_recorded() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let id = people.apply(8).await.text("/id");
    let first = format!("{id}.1");
    let approve = json!({"decision": "approve", "answers": {"visited": true}});
    let path = format!("/v1/tasks/{first}/decision");
    let (assessor, doctor) = (&people.assessor, &people.doctor);

    let without = assessor.post(&path, &approve).await;
    assert_eq!(refused(&without), (428, "version_required".into()));
    let old = assessor.decide_seen(&first, "\"1\"", &approve).await;
    assert_eq!(refused(&old), (412, "content_changed".into()));
    let another = doctor.decide_seen(&first, "\"2\"", &approve).await;
    assert_eq!(refused(&another), (403, "not_your_role".into()));
    let stranger = people.hospital.decide_seen(&first, "\"2\"", &approve).await;
    assert_eq!(refused(&stranger), (404, "not_found".into()));
    let nobody = daemon.anyone().decide_seen(&first, "\"2\"", &approve).await;
    assert_eq!(refused(&nobody), (401, "unauthenticated".into()));
    for (body, code) in [
        (json!({"decision": "approve", "answers": {"visited": false}}), "guard_false"),
        (json!({"decision": "approve", "answers": {}}), "answers_invalid"),
        (json!({"decision": "reject"}), "reason_required"),
        (json!({"decision": "reject", "reason": "ugly"}), "unknown_reason"),
        (json!({"decision": "reject", "reason": "not_needed"}), "note_required"),
        (
            json!({"decision": "send_back", "to": "final", "reason": "missing", "note": "x"}),
            "not_sendable_back",
        ),
        (json!({"decision": "burn"}), "body_invalid"),
    ] {
        let answer = assessor.decide(&first, &body).await;
        assert_eq!(refused(&answer), (422, code.into()), "{body}");
    }
    let row = assessor.get(&format!("/v1/applications/{id}")).await.is(200);
    assert_eq!(row.text("/version"), "2", "a refusal was recorded");
}

#[tokio::test]
async fn of_two_officers_at_once_one_decides_and_the_other_is_told() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let second = daemon.listed("person:ama").await;
    let id = people.apply(9).await.text("/id");
    let task = format!("{id}.1");
    let approve = json!({"decision": "approve", "answers": {"visited": true}});
    let (one, two) = tokio::join!(
        people.assessor.decide_seen(&task, "\"2\"", &approve),
        second.decide_seen(&task, "\"2\"", &approve)
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.json(), two.json());
    let lost = if one.status.as_u16() == 409 { one } else { two };
    assert_eq!(lost.code(), "task_closed");
}

#[tokio::test]
async fn nobody_decides_twice_nor_on_their_own_application() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let mut roster = daemon.admin().get("/v1/roster").await.is(200).json();
    let list = roster.pointer_mut("/people").and_then(Value::as_array_mut).unwrap();
    let ama = list.iter_mut().find(|person| person["id"] == "ama").unwrap();
    ama["holds"]
        .as_array_mut()
        .unwrap()
        .push(json!({"programme": "urgent-surgery", "role": "doctor"}));
    ama["holds"].as_array_mut().unwrap().push(json!({"role": "intake"}));
    let body = json!({"people": roster["people"], "providers": roster["providers"]});
    let request = daemon.admin().request(Method::PUT, "/v1/roster").json(&body);
    let _ = Caller::try_send(request).await.unwrap().is(200);

    let id = people.apply(210).await.text("/id");
    let visited = json!({"decision": "approve", "answers": {"visited": true}});
    let _ = people.assessor.decide(&format!("{id}.1"), &visited).await.is(201);
    let amount = json!({"decision": "approve", "answers": {"amount": "100.00"}});
    let twice = people.assessor.decide(&format!("{id}.2"), &amount).await;
    assert_eq!(refused(&twice), (403, "already_decided_by_you".into()));

    let estimate = people.assessor.upload(annona_tests::aside("own")).await.is(201).text("/id");
    let sent = json!({"programme": "urgent-surgery", "form": form(211, &estimate)});
    let own = people.assessor.post("/v1/applications", &sent).await.is(201).text("/id");
    let decided = people.assessor.decide(&format!("{own}.1"), &visited).await;
    assert_eq!(refused(&decided), (403, "own_application".into()));
}
