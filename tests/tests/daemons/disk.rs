//! The database's disk is full: it is said, nothing that was answered is lost, and what is decided after room is made goes on.

use annona_tests::{Cluster, Office, People, form};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_the_server_is_said_and_recording_goes_on_once_there_is_room() {
    let cluster = Cluster::with_small_disk();
    let office = Office::open(&cluster.create_on_small_disk("aid"), 1);
    let people = People::of(office.first()).await;
    let id = people.apply(1).await.text("/id");
    let filler = cluster.small_disk().join("filler");
    // Ends where there is no more room.
    let written = std::fs::write(&filler, vec![0; 64 << 20]);
    assert!(written.is_err(), "the disk is larger than it should be");

    let mut full = None;
    for number in 2..600 {
        let estimate = people.portal.upload(annona_tests::aside("full")).await;
        let estimate = if estimate.status.as_u16() == 201 {
            estimate.text("/id")
        } else {
            full = Some(estimate);
            break;
        };
        let body = json!({"programme": "urgent-surgery", "form": form(number, &estimate)});
        let answer = people.portal.post("/v1/applications", &body).await;
        if answer.status.as_u16() != 201 {
            full = Some(answer);
            break;
        }
    }
    let full = full.unwrap().is(503);
    assert_eq!(full.code(), "unavailable");
    assert!(full.text("/detail").contains("disk is full"), "{}", full.json());
    let _ = people.director.get(&format!("/v1/applications/{id}")).await.is(200);

    std::fs::remove_file(&filler).unwrap();
    let _ = people.to_voucher(1_000).await;
    let visited = json!({"decision": "approve", "answers": {"visited": true}});
    let _ = people.assessor.decide(&format!("{id}.1"), &visited).await.is(201);
}
