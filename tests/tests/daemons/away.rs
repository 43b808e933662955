//! The database is away, comes back, or can only be read: daemons say so, and go on by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use annona_tests::{Caller, Cluster, Office, People, form};
use reqwest::Method;
use serde_json::json;

use super::until;

/// How long the database is away.
const AWAY: Duration = Duration::from_secs(3);
/// The longest time until a daemon records again once the database is there.
const BACK: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn daemons_go_on_by_themselves_after_the_server_was_away_under_load() {
    let mut cluster = Cluster::start();
    let office = Office::open(&cluster.create("aid"), 2);
    let people = People::of(office.first()).await;
    let estimate = people.portal.upload(annona_tests::aside("away")).await.is(201).text("/id");
    let next = Arc::new(AtomicU32::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8_usize)
        .map(|client| {
            let portal = people.portal.at(&office.address(client % 2));
            let (next, done, estimate) = (next.clone(), done.clone(), estimate.clone());
            tokio::spawn(async move {
                let (mut recorded, mut after) = (Vec::new(), 0);
                while !done.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let body =
                        json!({"programme": "urgent-surgery", "form": form(number, &estimate)});
                    let request = portal.request(Method::POST, "/v1/applications").json(&body);
                    let answer = Caller::try_send(request).await.unwrap();
                    match (answer.status.as_u16(), answer.code().as_str()) {
                        (201, _) => recorded.push(answer.text("/id")),
                        // The document belongs to whichever application came first.
                        (422, _) => {}
                        (503, "unavailable" | "commit_unknown" | "overloaded") => after += 1,
                        (status, code) => panic!("{status} {code}: {}", answer.json()),
                    }
                }
                (recorded, after)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    tokio::task::block_in_place(|| cluster.stop());
    tokio::time::sleep(AWAY).await;
    for number in 0..2 {
        let ready = people.portal.at(&office.address(number)).get("/readyz").await;
        assert_eq!(ready.status.as_u16(), 503, "{}", ready.json());
    }
    tokio::task::block_in_place(|| cluster.go_on());
    for number in 0..2 {
        let portal = people.portal.at(&office.address(number));
        until_ready(&portal).await;
    }
    done.store(true, Ordering::Relaxed);
    let mut refused = 0;
    for client in clients {
        let (recorded, after) = client.await.unwrap();
        refused += after;
        for id in recorded {
            let path = format!("/v1/applications/{id}");
            let _ = people.director.at(&office.address(1)).get(&path).await.is(200);
        }
    }
    assert!(refused > 0, "nobody was told that the database is away");
    let _ = people.apply(1_000_000).await;
}

/// Waits until a daemon can record.
async fn until_ready(caller: &Caller) {
    let began = std::time::Instant::now();
    while caller.get("/readyz").await.status.as_u16() != 200 {
        assert!(began.elapsed() < BACK, "it does not go on by itself");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_read_and_says_that_it_cannot_be_written_until_it_is_promoted() {
    let primary = Cluster::start();
    let office = Office::open(&primary.create("aid"), 1);
    let people = People::of(office.first()).await;
    let id = people.apply(1).await.text("/id");
    let standby = primary.standby();
    let read = format!("SELECT count(*) FROM application WHERE id = '{id}'");
    until("the standby has followed", BACK, || standby.query("aid", &read) == "1");

    let daemon = office.start_over(&standby.address("aid"), "reader", "");
    let assessor = people.assessor.at(&daemon.address);
    let path = format!("/v1/applications/{id}");
    assert_eq!(assessor.get(&path).await.is(200).text("/stage"), "field");
    let visited = json!({"decision": "approve", "answers": {"visited": true}});
    let task = format!("{id}.1");
    let refused = assessor.decide(&task, &visited).await.is(503);
    assert_eq!(refused.code(), "unavailable");
    assert!(refused.text("/detail").contains("read-only"), "{}", refused.json());
    assert_eq!(assessor.get("/readyz").await.status.as_u16(), 503);

    tokio::task::block_in_place(|| standby.promote());
    until_ready(&assessor).await;
    let _ = assessor.decide(&task, &visited).await.is(201);
}
