//! The HTTP frame: problems, extractors, limits and headers, through the real router.

use std::sync::Arc;
use std::time::Duration;

use annona_engine::clock::Still;
use annona_engine::id::TaskId;
use annona_engine::recorded::Hash;
use annona_engine::roster::Roster;
use annona_engine::store::{StoreError, Token, TokenOwner};
use async_trait::async_trait;
use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::super::extract::{Anyone, Body, Id, IdempotencyKey, IfMatch, Known, Search};
use super::super::*;
use super::world;
use crate::auth::Secret;

/// A daemon without an engine.
#[derive(Debug)]
pub(super) struct Bare {
    token: Option<Token>,
    late: u64,
    full: bool,
}

#[async_trait]
impl Directory for Bare {
    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        Ok(self.token.clone().filter(|token| token.hash == hash))
    }

    async fn roster(&self) -> Result<Arc<Roster>, StoreError> {
        Ok(Arc::default())
    }
}

#[async_trait]
impl Readiness for Bare {
    async fn is_writable(&self) -> Result<(), StoreError> {
        if self.full { Err(StoreError::Full) } else { Ok(()) }
    }

    async fn seconds_late(&self) -> Result<u64, StoreError> {
        Ok(self.late)
    }
}

pub(super) fn bare() -> Bare {
    Bare { token: None, late: 0, full: false }
}

pub(super) async fn app(bare: Bare, limits: Limits) -> App {
    let place = tempfile::tempdir().unwrap();
    let bare = Arc::new(bare);
    let clock = Arc::new(Still::at("2026-03-02T09:00:00Z".parse().unwrap()));
    let (engine, documents, keyring) = world::parts(place.path(), clock).await;
    App::with(engine, documents, keyring, limits, bare.clone(), bare)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    form: Form,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    ages: Vec<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    limit: Option<u8>,
}

/// Routes that show what their handlers are given, behind the layers of the daemon.
async fn shows(bare: Bare, limits: Limits) -> Router {
    let app = app(bare, limits).await;
    let router = Router::new()
        .route(
            "/body",
            post(async |body: Body<Sent>| format!("{:?} {}", body.value.form.ages, body.digest)),
        )
        .route("/key", post(async |IdempotencyKey(key): IdempotencyKey| format!("{key:?}")))
        .route("/match", get(async |IfMatch(version): IfMatch| format!("{version:?}")))
        .route("/tasks/{id}", get(async |Id(id): Id<TaskId>| id.number.to_string()))
        .route("/search", get(async |Search(asked): Search<Asked>| format!("{:?}", asked.limit)))
        .route("/known", get(async |Known(principal): Known| principal.who().to_string()))
        .route("/anyone", get(async |Anyone(principal): Anyone| principal.is_some().to_string()))
        .route("/slow", get(async || tokio::time::sleep(Duration::from_hours(1)).await))
        .route("/panics", get(panics));
    layers::wrap(router, &app).with_state(app)
}

async fn panics() -> &'static str {
    let values: Vec<&'static str> = Vec::new();
    values[0]
}

/// An answer: status, headers, text.
pub(super) struct Answer(StatusCode, HeaderMap, String);

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.2).unwrap()
    }

    pub(super) fn code(&self) -> String {
        assert_eq!(self.1["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.0.as_u16());
        problem["code"].as_str().unwrap().to_owned()
    }
}

pub(super) async fn ask(
    router: Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response =
        router.oneshot(request.body(HttpBody::from(body.to_owned())).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer(status, headers, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn show(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    ask(shows(bare(), Limits::default()).await, method, path, headers, body).await
}

#[tokio::test]
async fn the_daemon_says_whether_it_lives_and_is_ready() {
    let asked = async |bare, path| {
        ask(router(app(bare, Limits::default()).await), "GET", path, &[], "").await
    };
    assert_eq!(asked(bare(), "/healthz").await.json()["status"], "alive");
    assert_eq!(asked(Bare { late: 3, ..bare() }, "/readyz").await.json()["timers_late_seconds"], 3);
    assert_eq!(asked(Bare { late: 61, ..bare() }, "/readyz").await.code(), "overloaded");
    let full = asked(Bare { full: true, ..bare() }, "/readyz").await;
    assert_eq!(full.code(), "unavailable");
    assert_eq!(full.1["retry-after"], "30");
    assert_eq!(asked(bare(), "/v1/openapi.json").await.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let router = async || router(app(bare(), Limits::default()).await);
    assert_eq!(ask(router().await, "GET", "/nowhere", &[], "").await.code(), "not_found");
    assert_eq!(
        ask(router().await, "DELETE", "/healthz", &[], "").await.code(),
        "method_not_allowed"
    );
    for path in ["/tasks/7", "/tasks/0199.1", "/tasks/%ff"] {
        assert_eq!(show("GET", path, &[], "").await.code(), "not_found", "{path}");
    }
    let task = show("GET", "/tasks/00000000-0000-0000-0000-000000000001.7", &[], "").await;
    assert_eq!(task.2, "7");
}

#[tokio::test]
async fn a_request_has_an_id_and_an_answer_is_its_askers_alone() {
    let given = show("GET", "/anyone", &[("x-request-id", "portal-7")], "").await;
    assert_eq!(given.1["x-request-id"], "portal-7");
    assert_eq!(given.1["cache-control"], "no-store");
    assert_eq!(given.1["x-content-type-options"], "nosniff");
    for unusable in ["", "a b", "{\"x\":1}", &"a".repeat(65)] {
        let made = show("GET", "/anyone", &[("x-request-id", unusable)], "").await;
        assert_eq!(made.1["x-request-id"].len(), 24, "{unusable}");
    }
}

#[tokio::test]
async fn a_body_is_json_of_the_right_shape() {
    let json = ("content-type", "application/json; charset=utf-8");
    let sent = async |body: &str| show("POST", "/body", &[json], body).await;
    assert!(sent(r#"{"form": {"ages": [1, 2]}}"#).await.2.starts_with("[1, 2] "));
    assert_eq!(show("POST", "/body", &[], "{}").await.code(), "unsupported_media_type");
    for broken in ["", "{", "[1] 2", "{\"form\": nul}"] {
        assert!(["not_json", "body_invalid"].contains(&&*sent(broken).await.code()), "{broken}");
    }
    for (body, pointer, code) in [
        (r#"{"form": {"ages": [1, 300]}}"#, "/form/ages/1", "wrong_type"),
        (r#"{"form": {"ages": "secret"}}"#, "/form/ages", "wrong_type"),
        (r#"{"form": {}}"#, "/form/ages", "required"),
        (r#"{"form": {"ages": []}, "a/b": 1}"#, "/a~1b", "unknown_field"),
        (r#"{"form": {"ages": []}, "form": {"ages": []}}"#, "", "duplicate_field"),
    ] {
        let answer = sent(body).await;
        assert_eq!(answer.code(), "body_invalid", "{body}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body}: {}", answer.2);
        assert_eq!(answer.json()["errors"][0]["code"], code, "{body}");
        assert!(!answer.2.contains("secret"), "{}", answer.2);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_the_limit() {
    let limits = Limits { body_bytes: 20, ..Limits::default() };
    let headers = [("content-type", "application/json")];
    for announced in [true, false] {
        let mut headers = headers.to_vec();
        if announced {
            headers.push(("content-length", "21"));
        }
        let answer =
            ask(shows(bare(), limits).await, "POST", "/body", &headers, &" ".repeat(21)).await;
        assert_eq!(answer.code(), "too_large");
        assert_eq!(answer.json()["detail"], "a body has at most 20 bytes");
    }
}

#[tokio::test]
async fn conditions_are_read_strictly() {
    let matched = async |value: &str| show("GET", "/match", &[("if-match", value)], "").await;
    assert_eq!(matched("\"7\"").await.2, "Some(7)");
    assert_eq!(show("GET", "/match", &[], "").await.2, "None");
    for wrong in ["7", "*", "W/\"7\"", "\"07\"", "\"\"", "\"7\", \"8\""] {
        assert_eq!(matched(wrong).await.code(), "bad_request", "{wrong}");
    }
    let keyed = async |value: &str| show("POST", "/key", &[("idempotency-key", value)], "").await;
    assert_eq!(keyed("order 7").await.2, "Some(\"order 7\")");
    assert_eq!(keyed("").await.code(), "bad_request");
    assert_eq!(keyed(&"a".repeat(256)).await.code(), "bad_request");
    let twice =
        show("POST", "/key", &[("idempotency-key", "a"), ("idempotency-key", "b")], "").await;
    assert_eq!(twice.code(), "bad_request");
}

#[tokio::test]
async fn a_query_with_an_unknown_name_is_refused_without_its_value() {
    assert_eq!(show("GET", "/search?limit=7", &[], "").await.2, "Some(7)");
    let unknown = show("GET", "/search?name=Amina", &[], "").await;
    assert_eq!(unknown.code(), "bad_request");
    assert!(unknown.2.contains("`limit`") || unknown.2.contains("cannot be read"), "{}", unknown.2);
    assert!(!unknown.2.contains("Amina"));
    assert!(!show("GET", "/search?limit=Amina", &[], "").await.2.contains("Amina"));
}

#[tokio::test]
async fn a_token_opens_and_a_wrong_one_does_not_even_where_none_is_needed() {
    let secret = Secret::mint().unwrap();
    let token = Token {
        id: uuid::Uuid::from_u128(1),
        hash: secret.hash(),
        owner: TokenOwner::Applicant { programme: "kit".to_owned(), contact: Hash([1; 32]) },
        label: String::new(),
        created_at: "2026-03-02T09:00:00Z".parse().unwrap(),
        expires_at: None,
    };
    let with = async |path: &str, authorization: &[&str]| {
        let bare = Bare { token: Some(token.clone()), ..bare() };
        let headers: Vec<(&str, &str)> =
            authorization.iter().map(|value| ("authorization", *value)).collect();
        ask(shows(bare, Limits::default()).await, "GET", path, &headers, "").await
    };
    let good = format!("Bearer {}", secret.text());
    assert_eq!(with("/known", &[&good]).await.2, "applicant");
    assert_eq!(with("/anyone", &[]).await.2, "false");
    let none = with("/known", &[]).await;
    assert_eq!(none.code(), "unauthenticated");
    assert_eq!(none.1["www-authenticate"], "Bearer");
    let other = format!("Bearer {}", Secret::mint().unwrap().text());
    let basic = good.replace("Bearer", "Basic");
    for wrong in [&[&*other][..], &["Bearer x"], &[&basic], &["Bearer"], &[&good, &good]] {
        assert_eq!(with("/anyone", wrong).await.code(), "unauthenticated", "{wrong:?}");
    }
}

#[tokio::test]
async fn a_panic_is_answered_without_its_words() {
    let answer = show("GET", "/panics", &[], "").await;
    assert_eq!(answer.code(), "internal");
    assert!(!answer.2.contains("index"));
    assert!(answer.1.contains_key("x-request-id"));
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_given_up() {
    let answer = show("GET", "/slow", &[], "").await;
    assert_eq!(answer.code(), "timed_out");
    assert!(answer.json()["detail"].as_str().unwrap().starts_with("more than 30 seconds"));
}

#[tokio::test]
async fn a_busy_daemon_says_so_and_still_says_that_it_lives() {
    let limits = Limits { requests: 1, ..Limits::default() };
    let app = app(bare(), limits).await;
    let held = app.clone();
    let _one = held.0.permits.try_acquire().unwrap();
    let busy = ask(router(app.clone()), "GET", "/v1/openapi.json", &[], "").await;
    assert_eq!(busy.code(), "overloaded");
    assert_eq!(busy.1["retry-after"], "1");
    assert_eq!(ask(router(app), "GET", "/healthz", &[], "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_an_answer_left_unread_is_thrown_away_or_ends_the_connection() {
    let connection = async |headers: &[(&str, &str)], bytes: usize| {
        let answer = show("POST", "/body", headers, &"x".repeat(bytes)).await;
        assert_eq!(answer.code(), "unsupported_media_type");
        answer.1.get("connection").cloned()
    };
    assert_eq!(connection(&[], 0).await, None);
    assert_eq!(connection(&[], 10_000).await, None);
    assert_eq!(connection(&[], 1 << 20).await.unwrap(), "close");
    assert_eq!(connection(&[("expect", "100-continue")], 10_000).await.unwrap(), "close");
}

#[test]
fn problems_are_described() {
    let description = serde_json::to_value(openapi::description()).unwrap();
    assert_eq!(
        description["components"]["schemas"]["Problem"]["properties"]["code"]["type"],
        json!("string")
    );
}
