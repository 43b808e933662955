//! What a client sends, when it sends it again, and how it reads what comes back.

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::stub::{Stub, problem, quick, reply, reply_bytes};
use super::{Client, ClientError, path};

#[tokio::test]
async fn a_request_carries_the_token_and_a_post_a_key_of_its_own() {
    let stub = Stub::start([
        reply("GET /v1/roster", 200, &json!({"version": 1})),
        reply("POST /v1/tasks/next", 200, &json!({"id": "1"})),
    ])
    .await;
    let client = stub.client();
    client.get("/v1/roster").await.unwrap();
    client.post("/v1/tasks/next", &json!({})).await.unwrap();
    client.post("/v1/tasks/next", &json!({})).await.unwrap();
    let asked = stub.asked();
    assert_eq!(asked[0].header("authorization"), Some("Bearer annona_secret"));
    assert_eq!(asked[0].header("idempotency-key"), None);
    let keys = [asked[1].header("idempotency-key"), asked[2].header("idempotency-key")];
    assert!(keys[0].is_some() && keys[0] != keys[1], "{keys:?}");
}

#[tokio::test]
async fn a_busy_daemon_is_asked_again_with_the_same_key() {
    let busy = || problem("POST /v1/tokens", 503, "overloaded", "busy");
    let stub =
        Stub::start([busy(), busy(), reply("POST /v1/tokens", 201, &json!({"id": "a"}))]).await;
    let answer = stub.client().post("/v1/tokens", &json!({"owner": "grace"})).await.unwrap();
    assert_eq!(answer["id"], "a");
    let keys: Vec<_> = stub
        .asked()
        .iter()
        .map(|asked| asked.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test]
async fn a_daemon_that_stays_busy_is_given_up_after_a_few_tries() {
    let stub = Stub::start([problem("POST /v1/tokens", 503, "overloaded", "busy")]).await;
    let error = stub.client().post("/v1/tokens", &json!({})).await.unwrap_err();
    assert_eq!(error.code(), Some("overloaded"));
    assert_eq!(stub.asked().len(), 4);
}

#[tokio::test]
async fn a_daemon_that_wants_more_time_than_there_is_is_not_asked_again() {
    let wants = problem("GET /v1/roster", 503, "unavailable", "full").with("retry-after", "30");
    let stub = Stub::start([wants]).await;
    let error = stub.client().get("/v1/roster").await.unwrap_err();
    assert_eq!(error.problem().unwrap().retry_after.unwrap().as_secs(), 30);
    assert_eq!(stub.asked().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_not_asked_again() {
    let stub =
        Stub::start([problem("POST /v1/tokens", 403, "not_your_role", "another role")]).await;
    let error = stub.client().post("/v1/tokens", &json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "another role");
    assert_eq!(stub.asked().len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_with_the_same_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let broken = tokio::spawn(async move {
        let mut requests = Vec::new();
        for _ in 0..4 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 4096];
            let read = stream.read(&mut bytes).await.unwrap();
            requests.push(String::from_utf8_lossy(&bytes[..read]).into_owned());
        }
        requests
    });
    let client = Client::new(&address, None).unwrap().with_patience(quick());
    let error = client.post("/v1/tasks/next", &json!({})).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { connected: true, .. }), "{error:?}");
    let requests = broken.await.unwrap();
    let key = |request: &String| {
        request.lines().find(|line| line.starts_with("idempotency-key")).unwrap().to_owned()
    };
    assert!(requests.iter().all(|request| key(request) == key(&requests[0])));
}

#[tokio::test]
async fn where_nobody_listens_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(&address, None).unwrap().with_patience(quick());
    let error = client.delete("/v1/tokens/a").await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { connected: false, .. }), "{error:?}");
    assert!(error.to_string().starts_with("cannot reach the daemon at http://127"), "{error}");
}

#[tokio::test]
async fn a_version_that_was_read_goes_back_with_the_decision() {
    let stub = Stub::start([
        reply("GET /v1/tasks/t", 200, &json!({"id": "t"})).with("etag", "\"7\""),
        reply("POST /v1/tasks/t/decision", 201, &json!({})),
    ])
    .await;
    let client = stub.client();
    let read = client.read("/v1/tasks/t").await.unwrap();
    client.post_if_match("/v1/tasks/t/decision", &read.etag.unwrap(), &json!({})).await.unwrap();
    assert_eq!(stub.last().header("if-match"), Some("\"7\""));
}

#[tokio::test]
async fn a_file_is_sent_whole_and_again_when_asked() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("photo.jpg");
    std::fs::write(&file, vec![7; 100_000]).unwrap();
    let stub = Stub::start([
        problem("POST /v1/documents", 503, "overloaded", "busy"),
        reply("POST /v1/documents", 201, &json!({"id": "d"})),
    ])
    .await;
    stub.client().post_file("/v1/documents", &file).await.unwrap();
    let sizes: Vec<usize> = stub.asked().iter().map(|asked| asked.body.len()).collect();
    assert_eq!(sizes, [100_000, 100_000]);
    assert_eq!(stub.last().header("content-length"), Some("100000"));
    let missing = stub.client().post_file("/v1/documents", &place.path().join("none")).await;
    assert!(matches!(missing, Err(ClientError::File { .. })));
}

#[tokio::test]
async fn what_is_no_daemon_is_not_taken_for_one() {
    let stub = Stub::start([reply_bytes("GET /v1/roster", b"<html>hello</html>")]).await;
    let error = stub.client().get("/v1/roster").await.unwrap_err();
    assert!(matches!(error, ClientError::Unexpected { .. }), "{error:?}");
    assert!(Client::new("annona.example.org", None).is_err());
    assert!(Client::new("ftp://annona.example.org", None).is_err());
}

#[tokio::test]
async fn nothing_is_answered_as_nothing() {
    let stub = Stub::start([reply_bytes("DELETE /v1/tokens/a", b"")]).await;
    assert_eq!(stub.client().delete("/v1/tokens/a").await.unwrap(), json!(null));
}

#[test]
fn parts_of_an_address_are_encoded() {
    assert_eq!(
        path(&["v1", "tasks", "a b/c?"], &[("q", "a&b"), ("view", "mine")]),
        "/v1/tasks/a%20b%2Fc%3F?q=a%26b&view=mine"
    );
    assert_eq!(path(&["v1", "roster"], &[]), "/v1/roster");
}

#[test]
fn a_token_is_not_shown() {
    let client = Client::new("https://annona.example.org/", Some("annona_secret")).unwrap();
    assert!(!format!("{client:?}").contains("secret"));
    assert_eq!(client.server(), "https://annona.example.org");
}
