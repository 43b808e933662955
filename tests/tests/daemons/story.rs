//! The story with every step sent to another daemon: what one recorded, the next read sees, wherever it is sent.

use std::time::Duration;

use annona_tests::{Answer, Caller, Cluster, Office, People, aside, form};
use reqwest::Method;
use serde_json::{Value, json};

use super::until;

/// The longest time until a daemon that has started does what is due.
const START: Duration = Duration::from_secs(10);

fn approve(answers: &Value) -> Value {
    json!({"decision": "approve", "answers": answers})
}

/// Decides with an Idempotency-Key.
async fn decide_once(who: &Caller, task: &str, etag: &str, key: &str, body: &Value) -> Answer {
    let request = who.request(Method::POST, &format!("/v1/tasks/{task}/decision"));
    let request = request.header("if-match", etag).header("idempotency-key", key).json(body);
    Caller::try_send(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_story_may_be_sent_to_another_daemon() {
    let cluster = Cluster::start();
    let office = Office::open(&cluster.create("aid"), 3);
    // The installation's own work runs at the first start: by one of them.
    until("a schedule runs", START, || !office.logged("a schedule runs").is_empty());
    let people = People::of(office.first()).await;
    let [one, two, three] = [0, 1, 2].map(|number| office.address(number));

    let estimate = people.portal.at(&one).upload(aside("estimate")).await.is(201).text("/id");
    let body = json!({"programme": "urgent-surgery", "form": form(7, &estimate)});
    let sent = people.portal.at(&two).post("/v1/applications", &body).await.is(201);
    let id = sent.text("/id");
    let queue = people.assessor.at(&three).get("/v1/tasks?view=pool").await.is(200);
    assert_eq!(queue.text("/items/0/id"), format!("{id}.1"));
    let first = format!("/v1/tasks/{id}.1");
    // Each daemon has read the application by now, and is shown the claim of another one.
    for at in [&one, &two, &three] {
        let unclaimed = people.assessor.at(at).get(&first).await.is(200).json();
        assert!(!unclaimed.to_string().contains("Amina"), "masked before it is one's own");
    }
    let _ = people.assessor.at(&one).post(&format!("{first}/claim"), &json!({})).await.is(200);
    for at in [&one, &two, &three] {
        let claimed = people.assessor.at(at).get(&first).await.is(200);
        assert_eq!(claimed.text("/application/form/name"), "Amina Nakato");
    }
    let path = format!("/v1/documents/{estimate}");
    assert_eq!(people.assessor.at(&three).get(&path).await.is(200).bytes, aside("estimate"));

    let visited = approve(&json!({"visited": true}));
    let _ = people.assessor.at(&two).decide(&format!("{id}.1"), &visited).await.is(201);
    let amount = approve(&json!({"amount": "2300.00"}));
    let _ = people.doctor.at(&three).decide(&format!("{id}.2"), &amount).await.is(201);
    let last = people.director.at(&one).decide(&format!("{id}.3"), &approve(&json!({}))).await;
    let token = last.is(201).text("/voucher/token");
    let check = json!({"token": token});
    let verified = people.hospital.at(&two).post("/v1/vouchers/verify", &check).await.is(200);
    assert_eq!(verified.text("/valid"), "true", "{}", verified.json());
    let voucher = verified.text("/voucher/id");
    let redeem = json!({"amount": "300.00", "check": "0000000007"});
    let path = format!("/v1/vouchers/{voucher}/redemptions");
    let part = people.hospital.at(&three).post(&path, &redeem).await.is(201);
    assert_eq!(part.text("/voucher/balance"), "2000.00");
    let rest = json!({"check": "0000000007"});
    let _ = people.hospital.at(&one).post(&path, &rest).await.is(201);
    let again = people.hospital.at(&two).post(&path, &rest).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "voucher_used_up".into()));
    assert_eq!(office.logged("a schedule runs").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_decisions_at_two_daemons_one_wins_and_a_repeated_one_is_answered_alike() {
    let cluster = Cluster::start();
    let office = Office::open(&cluster.create("aid"), 2);
    let people = People::of(office.first()).await;
    let [one, two] = [0, 1].map(|number| people.assessor.at(&office.address(number)));
    let visited = approve(&json!({"visited": true}));
    let reject = json!({"decision": "reject", "reason": "not_needed", "note": "No"});
    for number in 0..8 {
        let id = people.apply(number).await.text("/id");
        let task = format!("{id}.1");
        let etag = one.get(&format!("/v1/tasks/{task}")).await.is(200).etag.unwrap();
        let read = two.get(&format!("/v1/tasks/{task}")).await.is(200);
        assert_eq!(read.etag.as_ref(), Some(&etag));
        let answers = tokio::join!(
            one.decide_seen(&task, &etag, &visited),
            two.decide_seen(&task, &etag, &reject)
        );
        let (won, lost) = match (answers.0.status.as_u16(), answers.1.status.as_u16()) {
            (201, _) => answers,
            _ => (answers.1, answers.0),
        };
        let won = won.is(201);
        assert_eq!((lost.status.as_u16(), lost.code()), (409, "task_closed".into()));
        for at in [&one, &two] {
            let now = at.get(&format!("/v1/applications/{id}")).await.is(200);
            assert_eq!(now.text("/status"), won.text("/application/status"));
        }
    }
    let id = people.apply(100).await.text("/id");
    let task = format!("{id}.1");
    let etag = one.get(&format!("/v1/tasks/{task}")).await.is(200).etag.unwrap();
    let (first, second) = tokio::join!(
        decide_once(&one, &task, &etag, "key", &visited),
        decide_once(&two, &task, &etag, "key", &visited)
    );
    let (first, second) = (first.is(201), second.is(201));
    let third = decide_once(&two, &task, &etag, "key", &visited).await.is(201);
    assert_eq!(first.json()["events"], second.json()["events"]);
    assert_eq!(first.json()["events"], third.json()["events"]);
    let other = decide_once(&two, &task, &etag, "key", &reject).await;
    assert_eq!(other.status.as_u16(), 422, "{}", other.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_end_at_one_daemon_end_at_all() {
    let cluster = Cluster::start();
    let office = Office::open(&cluster.create("aid"), 2);
    let people = People::of(office.first()).await;
    let [one, two] = [0, 1].map(|number| office.address(number));
    let id = people.apply(1).await.text("/id");
    let path = format!("/v1/applications/{id}");
    let _ = people.doctor.at(&one).get(&path).await.is(200);
    let _ = people.doctor.at(&two).get(&path).await.is(200);

    let mut roster = office.admin(0).get("/v1/roster").await.is(200).json();
    let all = roster.clone();
    for person in roster["people"].as_array_mut().unwrap() {
        if person["id"] == "grace" {
            person["holds"] = json!([]);
        }
    }
    let apply = |at: usize, roster: Value| {
        let request = office.admin(at).request(Method::PUT, "/v1/roster");
        let request = request.header("content-type", "application/yaml").body(roster.to_string());
        async { Caller::try_send(request).await.unwrap().is(200) }
    };
    let _ = apply(0, roster).await;
    let _ = people.doctor.at(&two).get(&path).await.is(404);
    let _ = people.doctor.at(&one).get(&path).await.is(404);
    let _ = apply(1, all).await;
    let _ = people.doctor.at(&one).get(&path).await.is(200);

    let made = json!({"owner": "person:grace", "label": "lost phone"});
    let made = office.admin(0).post("/v1/tokens", &made).await.is(201);
    let lost = people.doctor.bearing(&made.text("/token"));
    let _ = lost.at(&two).get(&path).await.is(200);
    let revoke = format!("/v1/tokens/{}", made.text("/id"));
    let revoking = office.admin(0).request(Method::DELETE, &revoke);
    assert!(Caller::try_send(revoking).await.unwrap().status.is_success());
    let _ = lost.at(&two).get(&path).await.is(401);
    let _ = lost.at(&one).get(&path).await.is(401);
}
