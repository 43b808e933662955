//! Whatever is too large is refused by a limit of its own, with the limit's name where there is one, and the daemon goes on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use annona_tests::{Caller, Daemon, People, form, scratch};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

/// One more than a request may have.
const HEADERS: usize = 101;

fn long(bytes: usize) -> String {
    "a".repeat(bytes)
}

fn posted(caller: &Caller, path: &str, body: impl Into<String>) -> RequestBuilder {
    let request = caller.request(Method::POST, path).header("content-type", "application/json");
    request.body(body.into())
}

/// Returns an application whose name has so many letters.
fn application(letters: usize) -> String {
    let mut form = form(2, "none");
    form.as_object_mut().unwrap().insert("name".to_owned(), json!(long(letters)));
    json!({"programme": "urgent-surgery", "form": form}).to_string()
}

/// Sends each, and expects its status and code; what the HTTP library refuses by itself has no body.
async fn are_refused(requests: Vec<(&str, RequestBuilder, u16, &str)>) {
    for (what, request, status, code) in requests {
        let answer = Caller::try_send(request).await.unwrap();
        let given = if answer.bytes.is_empty() { String::new() } else { answer.code() };
        assert_eq!((answer.status.as_u16(), given.as_str()), (status, code), "{what}");
    }
}

/// Returns the status at an address, which may be longer than an HTTP library sends.
fn status_at(daemon: &Daemon, path: &str) -> String {
    let mut stream = TcpStream::connect(daemon.address.trim_start_matches("http://")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: annona\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_whitespace().nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn what_stands_before_the_body_has_limits() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let get = |path: &str| people.portal.request(Method::GET, path);
    let key = posted(&people.portal, "/v1/applications", "{}").header("idempotency-key", long(256));
    let mut many = get("/v1/programmes");
    for number in 0..HEADERS {
        many = many.header(format!("x-{number}"), "a");
    }
    let page = |query: &str| get(&format!("/v1/applications?{query}"));
    are_refused(vec![
        ("a header", get("/v1/programmes").header("x-long", long(140 << 10)), 431, ""),
        ("headers", many, 431, ""),
        ("an id", get(&format!("/v1/applications/{}", long(60 << 10))), 404, "not_found"),
        ("a cursor", page(&format!("after={}", long(9 << 10))), 400, "bad_request"),
        ("a page", page("limit=201"), 400, "bad_request"),
        ("a number", page("limit=99999999999999999999999999"), 400, "bad_request"),
        ("a key", key, 400, "bad_request"),
    ])
    .await;
    let address = status_at(&daemon, &format!("/v1/programmes?after={}", long(70 << 10)));
    assert!(["414", "431"].contains(&address.as_str()), "{address}");
    assert_eq!(daemon.anyone().get("/readyz").await.status.as_u16(), 200);
}

#[tokio::test]
async fn bodies_and_what_is_in_them_have_limits() {
    let place = scratch();
    let daemon = Daemon::start(&place.path().join("data"));
    let people = People::of(&daemon).await;
    let id = people.apply(1).await.text("/id");
    let task = format!("/v1/tasks/{id}.1/decision");
    let send = |body: String| posted(&people.portal, "/v1/applications", body);
    let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let noted = |letters| json!({"decision": "approve", "note": long(letters)}).to_string();
    let decide =
        |letters| posted(&people.assessor, &task, noted(letters)).header("if-match", "\"2\"");
    let definition = daemon.admin().request(Method::POST, "/v1/programmes");
    let definition = definition.header("content-type", "application/yaml").body(long(4 << 20));
    are_refused(vec![
        ("a body", send(application(2 << 20)), 413, "too_large"),
        ("a text", send(application(100_000)), 422, "form_invalid"),
        ("brackets", send(nested), 422, "body_invalid"),
        ("a decision", decide(2 << 20), 413, "too_large"),
        ("a note", decide(100_000), 422, "too_long"),
        ("a definition", definition, 413, "too_large"),
        ("no token", posted(&daemon.anyone(), "/v1/sign-in", long(17 << 10)), 413, "too_large"),
    ])
    .await;
    // Nothing of it was recorded.
    let read = people.portal.get(&format!("/v1/applications/{id}")).await.is(200);
    assert_eq!(read.text("/version"), "2");
    assert_eq!(daemon.anyone().get("/readyz").await.status.as_u16(), 200);
}
