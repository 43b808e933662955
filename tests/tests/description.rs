//! The HTTP API is what its description says, whoever asks and whatever is sent: requests made from the OpenAPI document by
//! schemathesis, with tokens and things that are there. No answer is a 5xx, and none has a status, a type or a shape that the
//! document does not give.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

use annona_tests::{Caller, Daemon, People, python, scratch, verify};

/// What is held against each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
/// Requests by chance for each operation, beside those that its description asks for.
const EXAMPLES: &str = "12";

/// Sends what the description allows, and what it does not, with a token or none, at the paths that match; `id` stands for
/// what is there. Returns how many requests there were.
fn requests(daemon: &Daemon, who: &str, paths: &str, id: Option<&str>, caller: &Caller) -> u64 {
    let folder = daemon.folder.with_file_name(who);
    std::fs::create_dir(&folder).unwrap();
    let there = id.map(|id| format!("[parameters]\n\"path.id\" = \"{id}\"\n")).unwrap_or_default();
    std::fs::write(folder.join("schemathesis.toml"), there).unwrap();
    let mut command = Command::new(python().with_file_name("st"));
    command.current_dir(&folder).arg("run").arg(format!("{}/v1/openapi.json", daemon.address));
    command.args(["--include-path-regex", paths, "--checks", CHECKS, "--seed", "1"]);
    command.args(["--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing"]);
    command.args(["--no-color", "--continue-on-failure", "--warnings", "off"]);
    if let Some(token) = caller.token() {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{who}: {said}{}", String::from_utf8_lossy(&output.stderr));
    generated(&said)
}

/// Returns the number of `1325 generated, 1325 passed`.
fn generated(said: &str) -> u64 {
    let line = said.lines().find(|line| line.contains(" generated, ")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn no_request_that_the_description_allows_or_forbids_is_answered_otherwise_than_it_says() {
    let place = scratch();
    let mut daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let nobody = daemon.anyone();
    let open = people.apply(1).await.text("/id");
    let voucher = people.to_voucher(2).await.text("/voucher/id");
    let document = people.portal.upload(annona_tests::aside("of a fuzz run")).await.text("/id");
    let task = format!("{open}.1");
    let (admin, assessor, hospital) = (daemon.admin(), &people.assessor, &people.hospital);
    // What ends tokens and changes people would end the other requests; it is asked last.
    let runs = [
        ("nobody", "^/v1/", None, &nobody),
        ("administrator", "^/v1/(?!roster|tokens)", None, &admin),
        ("officer", "^/v1/tasks", Some(&task), assessor),
        ("provider", "^/v1/vouchers", Some(&voucher), hospital),
        ("issuer", "^/v1/vouchers", Some(&voucher), &people.issuer),
        ("documents", "^/v1/documents", Some(&document), &people.portal),
        ("portal", "^/v1/applications", Some(&open), &people.portal),
        ("operator", "^/v1/incidents", None, &people.operator),
        ("programmes", "^/v1/programmes/", Some(&"urgent-surgery".to_owned()), &admin),
        ("people", "^/v1/(roster|tokens)", None, &admin),
    ];
    for (who, paths, id, caller) in runs {
        let sent = requests(&daemon, who, paths, id.map(String::as_str), caller);
        assert!(sent > 0, "{who} sent nothing");
    }
    let ready = nobody.get("/readyz").await;
    assert_eq!(ready.status.as_u16(), 200, "{}", ready.json());
    assert!(!daemon.log().contains(" ERROR "), "{}", daemon.log());
    assert!(daemon.terminate());
    let verified = verify(Path::new(&daemon.folder), "sqlite", None);
    assert!(verified.is_ok(), "{verified:?}");
}
