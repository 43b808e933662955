//! Deploying, roster, tokens, documents and incidents.

use serde_json::{Value, json};

use super::{run, transcript};
use crate::client::stub::{Stub, problem, reply, reply_bytes};

fn kit() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), include_str!("../../../templates/kit.yaml")).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[tokio::test]
async fn a_deployment_is_told_with_its_number_and_digest() {
    let answer = |number: u32, unchanged: bool| json!({"programme": "my-programme", "number": number, "digest": "0123456789abcdef", "unchanged": unchanged, "warnings": []});
    let stub = Stub::start([
        reply("POST /v1/programmes", 201, &answer(2, false)),
        reply("POST /v1/programmes", 200, &answer(2, true)),
    ])
    .await;
    let file = kit();
    insta::assert_snapshot!(transcript(&stub, &["deploy", path(&file)]).await, @"my-programme is deployed: number 2 (digest 0123456789ab…)");
    insta::assert_snapshot!(transcript(&stub, &["deploy", path(&file)]).await, @"my-programme is unchanged: this is its deployment 2 (digest 0123456789ab…)");
    assert_eq!(stub.last().header("content-type"), Some("application/yaml"));
    assert_eq!(stub.last().body, std::fs::read(file.path()).unwrap());
}

fn refused(report: &Value) -> crate::client::stub::Reply {
    let body =
        json!({"status": 422, "code": "definition_invalid", "detail": "1 error", "report": report});
    reply("POST /v1/programmes", 422, &body)
}

#[tokio::test]
async fn findings_of_the_daemon_are_shown_as_a_check_shows_them() {
    let source = "format: 1\ntitel: School kit\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), source).unwrap();
    let report = annona_definitions::compile("definition", source.as_bytes()).report.to_json();
    let stub = Stub::start([refused(&report)]).await;
    let said = transcript(&stub, &["deploy", path(&file)]).await;
    assert!(said.contains("\n2 | titel: School kit\n  | ^^^^^"), "{said}");
    assert!(said.ends_with("; nothing was deployed\n[exit 1]"), "{said}");
}

#[tokio::test]
async fn a_definition_that_cannot_run_yet_is_shown_and_not_deployed() {
    let file = kit();
    let report = json!({"errors": 0, "not_built": 2, "findings": []});
    let said = transcript(&Stub::start([refused(&report)]).await, &["deploy", path(&file)]).await;
    let said = said.replace(path(&file), "kit.yaml");
    insta::assert_snapshot!(said, @r"
    kit.yaml: valid, but 2 parts of it are not built yet; nothing was deployed
    [exit 1]
    ");
}

#[tokio::test]
async fn findings_that_only_the_daemon_has_are_shown_with_their_place() {
    let finding = json!({"severity": "error", "code": "X1", "message": "not here", "line": 3, "column": 5, "help": "leave it out"});
    let stub = Stub::start([refused(&json!({"errors": 1, "findings": [finding]}))]).await;
    let file = kit();
    let said = transcript(&stub, &["deploy", path(&file)]).await.replace(path(&file), "kit.yaml");
    insta::assert_snapshot!(said, @r"
    error[X1]: not here
     --> kit.yaml:3:5
      = help: leave it out

    kit.yaml: 1 error; nothing was deployed
    [exit 1]
    ");
}

#[tokio::test]
async fn a_roster_is_shown_as_it_can_be_applied_again() {
    let roster = json!({"people": [{"id": "grace", "name": "Grace", "holds": [{"role": "operator"}]}], "providers": []});
    let stub = Stub::start([
        reply("GET /v1/roster", 200, &roster).with("etag", "\"3\""),
        reply("PUT /v1/roster", 200, &json!({"version": 4, "people": 1, "providers": 0, "warnings": [{"pointer": "/people/grace/holds", "message": "there is no programme `kit` yet"}]})),
    ])
    .await;
    let shown = run(&stub, &["roster", "show"]).await.words;
    insta::assert_snapshot!(shown, @r"
    # version 3
    people:
    - id: grace
      name: Grace
      holds:
      - role: operator
    providers: []
    ");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), shown).unwrap();
    insta::assert_snapshot!(transcript(&stub, &["roster", "apply", path(&file)]).await, @r"
    the roster stands, version 4: 1 person, 0 providers
    warning: there is no programme `kit` yet
    ");
    assert_eq!(stub.last().json(), roster);
}

#[tokio::test]
async fn a_wrong_roster_is_invalid_and_every_place_is_named() {
    let body = json!({"status": 422, "code": "roster_invalid", "detail": "the roster was not taken",
        "errors": [{"pointer": "/people/Grace", "code": "roster", "message": "an id is lower-case"}]});
    let stub = Stub::start([reply("PUT /v1/roster", 422, &body)]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "people: []").unwrap();
    insta::assert_snapshot!(transcript(&stub, &["roster", "apply", path(&file)]).await, @r"
    invalid (roster_invalid): the roster was not taken
      people.Grace: an id is lower-case (roster)
    [exit 1]
    ");
}

#[tokio::test]
async fn a_file_that_is_no_roster_is_invalid_and_no_line_of_what_was_sent_is_named() {
    let body = json!({"status": 422, "code": "body_invalid", "detail": "the body is not as this request takes it (line 1, column 7)",
        "errors": [{"pointer": "/name", "code": "unknown_field", "message": "there is no such field here"}]});
    let stub = Stub::start([reply("PUT /v1/roster", 422, &body)]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "name: Ana").unwrap();
    insta::assert_snapshot!(transcript(&stub, &["roster", "apply", path(&file)]).await, @r"
    invalid (roster_invalid): the file is not written as a roster is
      name: there is no such field here (unknown_field)
    [exit 1]
    ");
}

#[tokio::test]
async fn a_token_is_for_a_person_or_a_provider_and_shown_once() {
    let stub = Stub::start([
        reply("GET /v1/roster", 200, &json!({"people": [], "providers": [{"id": "mulago"}]})),
        reply(
            "POST /v1/tokens",
            201,
            &json!({"id": "7", "token": "annona_x", "owner": "provider:mulago"}),
        ),
    ])
    .await;
    insta::assert_snapshot!(transcript(&stub, &["token", "new", "mulago", "--label", "scanner"]).await, @r"
    annona_x

    This token of provider mulago (id 7) is shown this once: keep it like a password.
    ");
    assert_eq!(stub.last().json(), json!({"owner": "provider:mulago", "label": "scanner"}));
    run(&stub, &["token", "new", "grace"]).await;
    assert_eq!(stub.last().json(), json!({"owner": "person:grace"}));
}

#[tokio::test]
async fn tokens_are_listed_and_revoked() {
    let tokens = json!({"items": [{"id": "7", "owner": "person:grace", "label": "laptop", "created_at": "2026-03-02T06:00:00Z"}], "next": "c"});
    let stub = Stub::start([
        reply("GET /v1/tokens?limit=50", 200, &tokens),
        reply_bytes("DELETE /v1/tokens/7", b""),
    ])
    .await;
    insta::assert_snapshot!(transcript(&stub, &["token", "list"]).await, @r"
    ID  OWNER  LABEL   MADE
    7   grace  laptop  2026-03-02 09:00

    there are more: --after c
    ");
    assert_eq!(transcript(&stub, &["token", "revoke", "7"]).await, "token 7 is revoked");
    assert_eq!(
        transcript(&stub, &["token", "revoke", "8"]).await,
        "refused (not_found): there is no such thing here\n[exit 4]"
    );
}

#[tokio::test]
async fn a_document_goes_up_and_comes_back() {
    let stub = Stub::start([
        reply(
            "POST /v1/documents",
            201,
            &json!({"id": "d1", "sha256": "00", "size": 3, "type": "application/pdf"}),
        ),
        reply_bytes("GET /v1/documents/d1", b"%PDF"),
    ])
    .await;
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a.pdf");
    std::fs::write(&file, "pdf").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(
        transcript(&stub, &["document", "upload", file]).await,
        "d1\napplication/pdf, 3 bytes"
    );
    let back = place.path().join("b.pdf");
    run(&stub, &["document", "get", "d1", "-o", back.to_str().unwrap()]).await;
    assert_eq!(std::fs::read(&back).unwrap(), b"%PDF");
    let again = run(&stub, &["document", "get", "d1", "-o", back.to_str().unwrap()]).await;
    assert_eq!(again.answer.number(), 3);
    let missing = run(&stub, &["document", "upload", "no-such-file.pdf"]).await;
    assert_eq!(missing.answer.number(), 3);
    assert!(missing.problems.starts_with("annona: cannot read no-such-file.pdf"), "{missing:?}");
}

#[tokio::test]
async fn incidents_are_listed_and_tried_again() {
    let items = json!({"items": [{"id": "17", "kind": "application", "application": super::ID, "since": "2026-03-02T06:00:00Z", "cause": "division by zero"}]});
    let stub = Stub::start([
        reply("GET /v1/incidents?limit=50", 200, &items),
        reply("GET /v1/incidents?limit=50", 200, &json!({"items": []})),
        reply(
            "POST /v1/incidents/17/retry",
            200,
            &json!({"id": "17", "application": super::ID, "status": "in_review"}),
        ),
        problem(
            "POST /v1/incidents/18/retry",
            409,
            "held",
            "the application is held: division by zero",
        ),
    ])
    .await;
    insta::assert_snapshot!(transcript(&stub, &["incident", "list"]).await, @r"
    ID  KIND         APPLICATION                           SINCE             CAUSE
    17  application  0197d2f0-0000-7000-8000-000000000001  2026-03-02 09:00  division by zero
    ");
    assert_eq!(transcript(&stub, &["incident", "list"]).await, "nothing waits for an operator");
    insta::assert_snapshot!(transcript(&stub, &["incident", "retry", "17"]).await, @"tried again: application 0197d2f0-0000-7000-8000-000000000001 is in review");
    insta::assert_snapshot!(transcript(&stub, &["incident", "retry", "18"]).await, @r"
    refused (held): the application is held: division by zero
    [exit 4]
    ");
}

#[tokio::test]
async fn a_program_gets_the_answer_and_the_problem_as_json() {
    let stub = Stub::start([
        reply("GET /v1/incidents?limit=50", 200, &json!({"items": []})),
        problem("POST /v1/incidents/1/retry", 403, "not_your_role", "another role"),
    ])
    .await;
    let listed = run(&stub, &["incident", "list", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&listed.words).unwrap(), json!({"items": []}));
    let refused = run(&stub, &["incident", "retry", "1", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&refused.words).unwrap()["code"], "not_your_role");
    assert_eq!((refused.answer.number(), refused.problems.as_str()), (4, ""));
}
