//! Backups: made beside a running daemon, kept in parts, restored, verified; and what is erased is gone from them too.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use annona_tests::{Daemon, People, aside, form, run, scratch};
use serde_json::{Value, json};

/// Runs a command that prints JSON.
fn asked(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{}", problems(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn problems(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes a backup.
fn back_up(data: &Path, to: &Path) -> Value {
    asked(&["backup", "--data", text(data), "--to", text(to), "--json"])
}

/// Verifies a backup without keeping what was restored.
fn verified(from: &Path, data: &Path, more: &[&str]) -> Output {
    let key = data.join("master.key");
    let arguments = ["restore", text(from), "--verify", "--master-key-file", text(&key)];
    run(&[&arguments, more].concat())
}

/// Restores a backup and verifies it.
fn restored(from: &Path, key: &Path, to: &Path, more: &[&str]) -> Value {
    let arguments = ["restore", text(from), "--data", text(to), "--verify", "--json"];
    asked(&[&arguments, more, &["--master-key-file", text(key)]].concat())
}

/// Returns every file and folder below a folder.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all_below(&path));
        }
        found.push(path);
    }
    found
}

#[tokio::test]
async fn a_backup_made_beside_a_daemon_is_restored_and_served_with_everything_in_it() {
    let place = scratch();
    let (data, backup, again) =
        (place.path().join("data"), place.path().join("backup"), place.path().join("again"));
    let daemon = Daemon::start(&data);
    let people = People::of(&daemon).await;
    let voucher = people.to_voucher(1).await;
    let waiting = people.apply(2).await.text("/id");
    let made = back_up(&data, &backup);
    assert_eq!((&made["applications"], &made["documents"]), (&json!(2), &json!(2)));
    assert_eq!(made["totals"]["vouchers"]["USD"], json!({"issued": "2300.00", "left": "2300.00"}));
    let open = |path: &PathBuf| path.symlink_metadata().unwrap().mode() & 0o077 != 0;
    assert_eq!(all_below(&backup).into_iter().filter(open).collect::<Vec<_>>(), [] as [PathBuf; 0]);
    assert!(all_below(&backup).iter().all(|path| !path.ends_with("master.key")));

    let then = restored(&backup, &data.join("master.key"), &again, &[]);
    assert_eq!(then["verified"]["applications"], 2);
    assert_eq!(then["erased_since"], 0);
    // The first daemon still runs: the two have nothing in common but their past.
    let mut second = Daemon::start(&again);
    let director = second.listed("person:daniel").await;
    let row = director.get(&format!("/v1/applications/{}", voucher.text("/application/id"))).await;
    assert_eq!(row.is(200).text("/voucher/number"), voucher.text("/application/voucher/number"));
    let token = voucher.text("/voucher/token");
    let hospital = second.listed("provider:mulago").await;
    let checked = hospital.post("/v1/vouchers/verify", &json!({"token": token})).await.is(200);
    assert_eq!(checked.text("/valid"), "true", "{}", checked.json());
    let assessor = second.listed("person:ama").await;
    let visited = json!({"decision": "approve", "answers": {"visited": true}});
    let _ = assessor.decide(&format!("{waiting}.1"), &visited).await.is(201);
    assert!(second.terminate());
    let log = run(&["verify", "log", "--data", text(&again)]);
    assert!(log.status.success(), "{}", problems(&log));
}

#[tokio::test]
async fn no_part_of_a_backup_but_the_keys_opens_anything() {
    let place = scratch();
    let (data, backup) = (place.path().join("data"), place.path().join("backup"));
    let daemon = Daemon::start(&data);
    let people = People::of(&daemon).await;
    let _ = people.to_voucher(3).await;
    let _ = back_up(&data, &backup);
    let apart = place.path().join("keys elsewhere");
    fs::rename(backup.join("keys"), &apart).unwrap();
    let refused = verified(&backup, &data, &[]);
    assert_eq!(refused.status.code(), Some(3), "{}", problems(&refused));
    assert!(problems(&refused).contains("--keys"), "{}", problems(&refused));
    let whole = verified(&backup, &data, &["--keys", text(&apart)]);
    assert!(whole.status.success(), "{}", problems(&whole));
}

/// Waits until the file of a document is gone.
fn wait_for_documents(folder: &Path, left: usize) {
    let began = Instant::now();
    while fs::read_dir(folder.join("documents")).unwrap().count() > left {
        assert!(began.elapsed() < Duration::from_secs(30), "a document is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn what_was_erased_since_is_gone_from_an_old_backup_with_the_newest_keys() {
    let place = scratch();
    let (data, old, new) =
        (place.path().join("data"), place.path().join("old"), place.path().join("new"));
    let again = place.path().join("again");
    let daemon = Daemon::start(&data);
    let people = People::of(&daemon).await;
    let kept = people.to_voucher(4).await.text("/application/id");
    let estimate = people.portal.upload(aside("an old backup")).await.is(201).text("/id");
    let mut form = form(5, &estimate);
    form["name"] = json!("Zubeda Tumwine");
    let sent = json!({"programme": "urgent-surgery", "form": form});
    let sent = people.portal.post("/v1/applications", &sent).await.is(201);
    // Still open when the first backup is made, so that its ending is lost with what came after.
    let _ = back_up(&data, &old);
    let body = json!({"decision": "reject", "reason": "not_needed", "note": "No"});
    let _ = people.assessor.decide(&format!("{}.1", sent.text("/id")), &body).await.is(201);
    let erased = run(&["application", "erase", &sent.text("/reference"), "--data", text(&data)]);
    assert!(erased.status.success(), "{}", problems(&erased));
    wait_for_documents(&data, 1);
    let _ = back_up(&data, &new);

    let refused = verified(&new, &data, &["--keys", text(&old)]);
    assert_eq!(refused.status.code(), Some(4), "{}", problems(&refused));
    let then = restored(&old, &data.join("master.key"), &again, &["--keys", text(&new)]);
    assert_eq!((&then["erased_since"], &then["documents"]), (&json!(1), &json!(1)), "{then}");
    let mut second = Daemon::start(&again);
    let director = second.listed("person:daniel").await;
    let row = director.get(&format!("/v1/applications/{}", sent.text("/id"))).await.is(200);
    assert_eq!(row.text("/erased"), "true");
    let row = director.get(&format!("/v1/applications/{kept}")).await.is(200);
    assert_eq!((row.text("/erased"), row.text("/status")), ("false".into(), "approved".into()));
    // It is open here, and can be ended without its values.
    let assessor = second.listed("person:ama").await;
    let _ = assessor.decide(&format!("{}.1", sent.text("/id")), &body).await.is(201);
    assert!(second.terminate());
    let log = run(&["verify", "log", "--data", text(&again)]);
    assert!(log.status.success(), "{}", problems(&log));
}

#[tokio::test]
async fn a_byte_that_is_not_what_it_was_is_found_wherever_it_lies() {
    let place = scratch();
    let (data, backup) = (place.path().join("data"), place.path().join("backup"));
    let daemon = Daemon::start(&data);
    let people = People::of(&daemon).await;
    let _ = people.to_voucher(6).await;
    let _ = back_up(&data, &backup);
    let whole = verified(&backup, &data, &[]);
    assert!(whole.status.success(), "{}", problems(&whole));
    for file in all_below(&backup).into_iter().filter(|path| path.is_file()) {
        if file.ends_with("manifest.json") {
            continue;
        }
        let bytes = fs::read(&file).unwrap();
        let mut altered = bytes.clone();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        fs::write(&file, altered).unwrap();
        let found = verified(&backup, &data, &[]);
        assert_eq!(found.status.code(), Some(1), "{}: {}", file.display(), problems(&found));
        fs::write(&file, bytes).unwrap();
    }
}

#[tokio::test]
async fn a_document_without_a_file_is_named_and_the_rest_is_backed_up() {
    let place = scratch();
    let (data, backup) = (place.path().join("data"), place.path().join("backup"));
    let daemon = Daemon::start(&data);
    let people = People::of(&daemon).await;
    let _ = people.apply(7).await;
    let _ = people.apply(8).await;
    let document = fs::read_dir(data.join("documents")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&document).unwrap();
    let made = run(&["backup", "--data", text(&data), "--to", text(&backup)]);
    let name = document.file_stem().unwrap().to_str().unwrap();
    assert_eq!(made.status.code(), Some(1), "{}", problems(&made));
    assert!(problems(&made).contains(name), "{}", problems(&made));
    let whole = verified(&backup, &data, &[]);
    assert!(whole.status.success() && problems(&whole).contains(name), "{}", problems(&whole));
    // One that the backup had is not excused.
    let files = fs::read_dir(backup.join("documents")).unwrap();
    let files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    let is_document =
        |path: &&PathBuf| !path.ends_with("manifest.json") && !path.ends_with("SHA256SUMS");
    let other = files.iter().find(is_document).unwrap();
    fs::remove_file(other).unwrap();
    let found = verified(&backup, &data, &[]);
    assert!(!found.status.success(), "{}", problems(&found));
}

#[tokio::test]
async fn nothing_is_overwritten_and_another_installation_is_refused() {
    let place = scratch();
    let (data, backup) = (place.path().join("data"), place.path().join("backup"));
    let other = place.path().join("other");
    let daemon = Daemon::start(&data);
    let people = People::of(&daemon).await;
    let _ = people.apply(9).await;
    let _ = back_up(&data, &backup);
    let again = run(&["backup", "--data", text(&data), "--to", text(&backup)]);
    assert_eq!(again.status.code(), Some(4), "{}", problems(&again));
    let over = run(&["restore", text(&backup), "--data", text(&data)]);
    assert_eq!(over.status.code(), Some(4), "{}", problems(&over));
    let _stranger = Daemon::start(&other);
    let wrong = verified(&backup, &other, &[]);
    assert_eq!(wrong.status.code(), Some(4), "{}", problems(&wrong));
    let _ = back_up(&other, &place.path().join("theirs"));
    let theirs = place.path().join("theirs");
    let mixed = verified(&backup, &data, &["--keys", text(&theirs)]);
    assert_eq!(mixed.status.code(), Some(4), "{}", problems(&mixed));
    let nothing = run(&["restore", text(&backup)]);
    assert_eq!(nothing.status.code(), Some(2), "{}", problems(&nothing));
    let place = "postgres://annona@127.0.0.1:1/annona";
    let to = other.join("backup");
    let elsewhere = run(&["backup", "--data", text(&data), "--store", place, "--to", text(&to)]);
    assert_eq!(elsewhere.status.code(), Some(4), "{}", problems(&elsewhere));
    assert!(problems(&elsewhere).contains("pg_basebackup"), "{}", problems(&elsewhere));
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_made_while_officers_decide_and_values_are_erased_are_whole() {
    let place = scratch();
    let data = place.path().join("data");
    let daemon = Daemon::start(&data);
    let people = People::of(&daemon).await;
    let mut references = Vec::new();
    for number in 100..110 {
        let sent = people.apply(number).await;
        let body = json!({"decision": "reject", "reason": "not_needed", "note": "No"});
        let _ = people.assessor.decide(&format!("{}.1", sent.text("/id")), &body).await.is(201);
        references.push(sent.text("/id"));
    }
    let admin = daemon.admin();
    let working = tokio::spawn(async move {
        for (number, id) in (200..).zip(references) {
            let _ = people.to_voucher(number).await;
            let _ = admin.post(&format!("/v1/applications/{id}/erase"), &json!({})).await.is(200);
        }
    });
    for number in 0..4 {
        let to = place.path().join(format!("backup {number}"));
        let (from, target) = (data.clone(), to.clone());
        tokio::task::spawn_blocking(move || back_up(&from, &target)).await.unwrap();
        let from = data.clone();
        let found = tokio::task::spawn_blocking(move || verified(&to, &from, &[])).await.unwrap();
        assert!(found.status.success(), "{}", problems(&found));
    }
    working.await.unwrap();
}
