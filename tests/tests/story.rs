//! The whole story over HTTP, with the binary that people run: from signing in to a voucher that is used up.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use annona_tests::{Caller, Daemon, People, aside, form, python, repository, run, scratch};
use reqwest::Method;
use serde_json::{Value, json};

/// Returns the text of the one message to somebody, as the daemon wrote it.
fn message_to(daemon: &Daemon, to: &str) -> String {
    let began = Instant::now();
    loop {
        let files = std::fs::read_dir(daemon.folder.join("messages")).unwrap();
        let mut texts = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
            .filter_map(|path| std::fs::read_to_string(path).ok());
        if let Some(found) = texts.find(|text| text.contains(&format!("To: {to}"))) {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "no message: {}", daemon.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Signs an applicant in.
async fn sign_in(daemon: &Daemon, phone: &str) -> Caller {
    let anyone = daemon.anyone();
    let asked = json!({"programme": "urgent-surgery", "phone": phone});
    let id = anyone.post("/v1/sign-in", &asked).await.is(202).text("/id");
    let message = message_to(daemon, phone);
    let (_, message) = message.split_once("\n\n").unwrap();
    let digits = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    let words = message.split(|character: char| !character.is_alphanumeric() && character != '+');
    let code = words.collect::<Vec<_>>().into_iter().find(digits).unwrap().to_owned();
    let given = json!({"id": id, "code": code});
    let token = anyone.post("/v1/sign-in/code", &given).await.is(201).text("/token");
    anyone.bearing(&token)
}

/// Verifies a voucher by the command that needs no daemon; returns whether it is genuine, and what was said.
fn verify_offline(folder: &Path, token: &str) -> (bool, Value) {
    let list = folder.join("trust-list.cbor");
    let root = folder.join("root.pub");
    let arguments = ["verify", "voucher", token, "--json", "--trust-list"];
    let mut arguments = arguments.to_vec();
    arguments.extend([list.to_str().unwrap(), "--root", root.to_str().unwrap()]);
    let output = run(&arguments);
    (output.status.success(), serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test]
async fn an_applicant_signs_in_and_ends_with_a_voucher_that_is_redeemed_in_parts() {
    let place = scratch();
    let mut daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let applicant = sign_in(&daemon, "+256700000007").await;
    let estimate = applicant.upload(aside("estimate")).await.is(201).text("/id");
    let body = json!({"programme": "urgent-surgery", "form": form(7, &estimate)});
    let sent = applicant.post("/v1/applications", &body).await.is(201);
    assert_eq!((sent.text("/status"), sent.text("/stage")), ("in_review".into(), "field".into()));
    let id = sent.text("/id");

    let queue = people.assessor.get("/v1/tasks?view=pool").await.is(200);
    assert_eq!(queue.text("/items/0/id"), format!("{id}.1"));
    let first = format!("/v1/tasks/{id}.1");
    let unclaimed = people.assessor.get(&first).await.is(200).json();
    assert!(!unclaimed.to_string().contains("Amina"), "masked before it is one's own");
    let _ = people.assessor.post(&format!("{first}/claim"), &json!({})).await.is(200);
    let claimed = people.assessor.get(&first).await.is(200);
    assert_eq!(claimed.text("/application/form/name"), "Amina Nakato");
    let approve = |answers: Value| json!({"decision": "approve", "answers": answers});
    let visited = approve(json!({"visited": true}));
    let decided = people.assessor.decide(&format!("{id}.1"), &visited).await.is(201);
    assert_eq!(decided.text("/application/stage"), "medical");
    let amount = approve(json!({"amount": "2300.00"}));
    let _ = people.doctor.decide(&format!("{id}.2"), &amount).await.is(201);
    let last = people.director.decide(&format!("{id}.3"), &approve(json!({}))).await.is(201);
    let token = last.text("/voucher/token");
    assert!(token.starts_with("EV1:"), "{}", last.json());

    let theirs = applicant.get(&format!("/v1/applications/{id}")).await.is(200);
    assert_eq!(theirs.text("/status"), "approved");
    let voucher = theirs.text("/voucher/id");
    let (genuine, claims) = verify_offline(&daemon.folder, &token);
    assert!(genuine, "{claims}");
    assert_eq!((&claims["amount"], &claims["currency"]), (&json!("2300.00"), &json!("USD")));

    let redeem = |body: Value| {
        let path = format!("/v1/vouchers/{voucher}/redemptions");
        let hospital = people.hospital.clone();
        async move { hospital.post(&path, &body).await }
    };
    let part = redeem(json!({"amount": "300.00", "check": "0000000007"})).await.is(201);
    assert_eq!(part.text("/voucher/balance"), "2000.00");
    let more = redeem(json!({"amount": "2000.01", "check": "0000000007"})).await;
    assert_eq!((more.status.as_u16(), more.code()), (409, "amount_exceeds_balance".into()));
    let _ = redeem(json!({"check": "0000000007"})).await.is(201);
    let again = redeem(json!({"check": "0000000007"})).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "voucher_used_up".into()));
    let verified = people.hospital.post("/v1/vouchers/verify", &json!({"token": token})).await;
    assert_eq!(
        (verified.text("/valid"), verified.text("/code")),
        ("false".into(), "voucher_used_up".into())
    );

    let history = people.director.get(&format!("/v1/applications/{id}/history")).await.is(200);
    assert!(history.json().to_string().contains("medical.amount <= form.cost"));
    assert!(daemon.terminate());
    let log = run(&["verify", "log", "--data", daemon.folder.to_str().unwrap()]);
    assert!(log.status.success(), "{}", String::from_utf8_lossy(&log.stdout));
}

#[tokio::test]
async fn code_that_is_not_ours_reads_the_picture_and_verifies_the_token() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let last = people.to_voucher(3).await;
    let (token, voucher) = (last.text("/voucher/token"), last.text("/voucher/id"));

    let picture = people.director.get(&format!("/v1/vouchers/{voucher}/qr.png")).await.is(200);
    let picture = image::load_from_memory(&picture.bytes).unwrap().to_luma8();
    let (width, height) = picture.dimensions();
    let (width, height) = (usize::try_from(width).unwrap(), usize::try_from(height).unwrap());
    let pixel = |x: usize, y: usize| picture.as_raw().get(y * width + x).copied().unwrap();
    let mut found = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
    let grids = found.detect_grids();
    let (_, read) = grids.first().unwrap().decode().unwrap();
    assert_eq!(read, token);

    let keys = daemon.anyone().get("/.well-known/jwks.json").await.is(200);
    let script = repository().join("tests/foreign/verify_voucher.py");
    let verify = |token: &str| {
        // A key in base64url may begin with a dash.
        let arguments = ["--", token, &keys.text("/keys/0/x")];
        Command::new(python()).arg(&script).args(arguments).output().unwrap()
    };
    let verified = verify(&token);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let claims: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(claims["claims"]["voucher"]["amount_minor"], 230_000);
    assert_eq!(claims["claims"]["voucher"]["masked_name"], "A*** N***");
    // A token of another installation is signed by another key.
    let other = Daemon::start(&place.path().join("other"));
    let foreign = People::of(&other).await.to_voucher(4).await.text("/voucher/token");
    assert!(!verify(&foreign).status.success());
}

#[tokio::test]
async fn a_code_with_any_byte_changed_is_refused_with_a_reason() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let token = people.to_voucher(5).await.text("/voucher/token");
    let verify = async |token: &str| {
        people.hospital.post("/v1/vouchers/verify", &json!({"token": token})).await.is(200)
    };
    assert_eq!(verify(&token).await.text("/valid"), "true");
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let answer = verify(&String::from_utf8(bytes).unwrap()).await;
        assert_eq!(answer.text("/valid"), "false", "{place}");
        assert!(!answer.text("/why").is_empty() && !answer.text("/code").is_empty(), "{place}");
    }
}

#[tokio::test]
async fn a_request_that_is_repeated_with_its_key_is_answered_alike_and_done_once() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let id = people.apply(6).await.text("/id");
    let send = async |body: Value| {
        let path = format!("/v1/tasks/{id}.1/decision");
        let request = people.assessor.request(Method::POST, &path).json(&body);
        let request = request.header("if-match", "\"2\"").header("idempotency-key", "once");
        Caller::try_send(request).await.unwrap()
    };
    let read = people.assessor.get(&format!("/v1/tasks/{id}.1")).await;
    assert_eq!(read.etag.as_deref(), Some("\"2\""), "the task was opened by the second event");
    let body = json!({"decision": "approve", "answers": {"visited": true}});
    let first = send(body.clone()).await.is(201);
    let again = send(body).await.is(201);
    assert_eq!(first.json(), again.json());
    let other = send(json!({"decision": "approve", "answers": {"visited": false}})).await;
    assert_eq!((other.status.as_u16(), other.code()), (422, "idempotency_mismatch".into()));
    let history = people.assessor.get(&format!("/v1/applications/{id}/history")).await.json();
    let approvals = history["items"].as_array().unwrap().iter();
    assert_eq!(approvals.filter(|event| event["type"] == "stage_approved").count(), 1);
}
