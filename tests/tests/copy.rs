//! Moving an installation from SQLite to PostgreSQL: half the story there, half here; and a copy that is killed on its way.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use annona_tests::{Cluster, Daemon, People, aside, binary, run, scratch};
use serde_json::{Value, json};

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

/// Starts a daemon on a folder whose store is a database.
fn serve(folder: &Path, address: &str) -> Daemon {
    let mut command = Command::new(binary());
    command.args(["serve", "--listen", "127.0.0.1:0", "--store", address, "--data"]).arg(folder);
    Daemon::spawn(command, folder)
}

/// Expects a log without a difference.
fn is_without_difference(folder: &Path, address: &str) {
    let log = run(&["verify", "log", "--data", text(folder), "--store", address]);
    assert!(log.status.success(), "{}", problems(&log));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_on_sqlite_is_ended_on_postgresql() {
    let place = scratch();
    let folder = place.path().join("data");
    let cluster = Cluster::start();
    let address = cluster.create("annona");
    let mut daemon = Daemon::start(&folder);
    let people = People::of(&daemon).await;
    let voucher = people.to_voucher(1).await;
    let half = people.apply(2).await.text("/id");
    let visited = json!({"decision": "approve", "answers": {"visited": true}});
    let _ = people.assessor.decide(&format!("{half}.1"), &visited).await.is(201);
    let made = json!({"owner": "person:portal", "label": "before"});
    let token = daemon.admin().post("/v1/tokens", &made).await.is(201).text("/token");
    let portal = daemon.anyone().bearing(&token);
    let unused = portal.upload(aside("before")).await.is(201).text("/id");
    let busy = run(&["store", "copy", text(&folder), &address]);
    assert_eq!(busy.status.code(), Some(4), "{}", problems(&busy));
    assert!(daemon.terminate());

    let copied = run(&["store", "copy", text(&folder), &address, "--json"]);
    assert!(copied.status.success(), "{}", problems(&copied));
    let said: Value = serde_json::from_slice(&copied.stdout).unwrap();
    assert_eq!(said.pointer("/applications"), Some(&json!(2)));
    is_without_difference(&folder, &address);
    let again = run(&["store", "copy", text(&folder), &address]);
    assert_eq!(again.status.code(), Some(4), "{}", problems(&again));

    let mut daemon = serve(&folder, &address);
    let doctor = daemon.listed("person:grace").await;
    let amount = json!({"decision": "approve", "answers": {"amount": "2300.00"}});
    let _ = doctor.decide(&format!("{half}.2"), &amount).await.is(201);
    let director = daemon.listed("person:daniel").await;
    let last = json!({"decision": "approve", "answers": {}});
    let last = director.decide(&format!("{half}.3"), &last).await.is(201);
    assert!(last.text("/voucher/token").starts_with("EV1:"), "{}", last.json());
    // A token of before, a document of before, a voucher of before.
    let portal = daemon.anyone().bearing(&token);
    let document = portal.get(&format!("/v1/documents/{unused}")).await.is(200);
    assert_eq!(document.bytes, aside("before"));
    let hospital = daemon.listed("provider:mulago").await;
    let path = format!("/v1/vouchers/{}/redemptions", voucher.text("/application/voucher/id"));
    let check = json!({"check": "0000000001"});
    let redeemed = hospital.post(&path, &check).await.is(201);
    assert_eq!(redeemed.text("/voucher/balance"), "0.00");
    assert!(daemon.terminate());
    is_without_difference(&folder, &address);
}

/// How many applications there are to copy.
const APPLICATIONS: u32 = 150;
/// How much longer each copy may run than the one before it, in milliseconds.
const LONGER: u64 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_killed_is_served_by_nobody_and_goes_on_where_it_was() {
    let place = scratch();
    let folder = place.path().join("data");
    let cluster = Cluster::start();
    let address = cluster.create("annona");
    let mut daemon = Daemon::start(&folder);
    let people = People::of(&daemon).await;
    for number in 0..APPLICATIONS {
        let _ = people.apply(number).await;
    }
    assert!(daemon.terminate());
    let (mut refused, mut patience) = (0, 0);
    while !copied_within(&folder, &address, Duration::from_millis(patience)) {
        patience += LONGER;
        let log = run(&["verify", "log", "--data", text(&folder), "--store", &address]);
        if log.status.success() {
            // Killed when all was there and compared, before it could say so.
            break;
        }
        assert_eq!(log.status.code(), Some(3), "{}", problems(&log));
        if problems(&log).contains("being copied") {
            refused += 1;
            let listen = ["--listen", "127.0.0.1:0"];
            let serve = ["serve", "--data", text(&folder), "--store", &address];
            let served = run(&[&serve[..], &listen].concat());
            assert_eq!(served.status.code(), Some(3), "{}", problems(&served));
        }
    }
    assert!(refused > 0, "no copy was killed halfway");
    let log = run(&["verify", "log", "--data", text(&folder), "--store", &address, "--json"]);
    assert!(log.status.success(), "{}", problems(&log));
    let said: Value = serde_json::from_slice(&log.stdout).unwrap();
    assert_eq!(said.pointer("/applications"), Some(&json!(APPLICATIONS)));
}

/// Copies for so long, then kills the copy; returns whether it had ended.
fn copied_within(folder: &Path, address: &str, time: Duration) -> bool {
    let mut copying = Command::new(binary())
        .args(["store", "copy", text(folder), address])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(time);
    copying.kill().unwrap();
    copying.wait().unwrap().success()
}

#[tokio::test]
async fn a_database_that_holds_another_installation_is_refused() {
    let place = scratch();
    let (ours, theirs) = (place.path().join("ours"), place.path().join("theirs"));
    let cluster = Cluster::start();
    let address = cluster.create("annona");
    let mut daemon = Daemon::start(&ours);
    assert!(daemon.terminate());
    let mut other = serve(&theirs, &address);
    assert!(other.terminate());
    let refused = run(&["store", "copy", text(&ours), &address]);
    assert_eq!(refused.status.code(), Some(4), "{}", problems(&refused));
    is_without_difference(&theirs, &address);
}
