//! Erasing one application: its values are nowhere any more, and the log still verifies.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use annona_tests::{Daemon, People, aside, form, run, scratch};
use serde_json::json;

/// Words that stand in the uploaded document and nowhere else.
const MARK: &str = "a mark that no other document has";

/// Returns every file below a folder, messages excepted: those were handed over, as a letter is.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("messages") {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// Returns the files in which some words stand.
fn holding(folder: &Path, words: &str) -> Vec<PathBuf> {
    let is_there = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(words.len()).any(|part| part == words.as_bytes())
    };
    files(folder).into_iter().filter(is_there).collect()
}

#[tokio::test]
async fn an_erased_application_leaves_no_personal_value_behind() {
    let place = scratch();
    let folder = place.path().join("data");
    let mut daemon = Daemon::start(&folder);
    let people = People::of(&daemon).await;
    let estimate = people.portal.upload(aside(MARK)).await.is(201).text("/id");
    // A name that the programme's own source does not hold.
    let mut form = form(1_234_567, &estimate);
    form["name"] = json!("Zubeda Tumwine");
    form["address"] = json!("9 Quiet Lane");
    let sent = json!({"programme": "urgent-surgery", "form": form});
    let sent = people.portal.post("/v1/applications", &sent).await.is(201);
    let (id, reference) = (sent.text("/id"), sent.text("/reference"));
    let body = json!({"decision": "reject", "reason": "not_needed", "note": "The knee can wait, says Doctor Who"});
    let _ = people.assessor.decide(&format!("{id}.1"), &body).await.is(201);
    let kept = people.apply(7_654_321).await.text("/id");

    let data = folder.to_str().unwrap();
    let erased = run(&["application", "erase", &reference, "--data", data]);
    assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
    let began = Instant::now();
    while std::fs::read_dir(folder.join("documents")).unwrap().count() > 1 {
        assert!(began.elapsed() < Duration::from_secs(30), "its document is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
    let row = people.director.get(&format!("/v1/applications/{id}")).await.is(200).json();
    assert_eq!(
        (&row["erased"], &row["status"], &row["form"]["cost"]),
        (&json!(true), &json!("rejected"), &json!("2400.00"))
    );
    let other = people.director.get(&format!("/v1/applications/{kept}")).await.is(200).json();
    assert_eq!(other["erased"], false);
    assert!(daemon.terminate());

    for words in [
        "Zubeda",
        "Tumwine",
        "0001234567",
        "+256701234567",
        "Quiet Lane",
        "The knee can wait",
        MARK,
    ] {
        assert_eq!(holding(&folder, words), Vec::<PathBuf>::new(), "{words}");
        assert!(!daemon.log().contains(words), "{words} is in the log");
    }
    let log = run(&["verify", "log", "--data", data]);
    assert!(log.status.success(), "{}", String::from_utf8_lossy(&log.stdout));
}
