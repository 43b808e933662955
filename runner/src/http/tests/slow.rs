//! Clients that send slowly: they wait for themselves, and nobody waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::frame::{app, ask, bare};
use crate::config::Limits;
use crate::http::router;

const PATH: &str = "/v1/sign-in/code";
const CODE: &str = r#"{"id": "0199a1e4-0000-7000-8000-000000000001", "code": "12345678"}"#;

/// Returns a body that stops halfway until it is told to go on, and counts how many have begun.
fn halting(go: watch::Receiver<bool>, begun: Arc<AtomicUsize>) -> Body {
    let (head, tail) = CODE.split_at(10);
    let head = stream::once(async move {
        begun.fetch_add(1, Ordering::SeqCst);
        Ok::<_, std::io::Error>(Bytes::from(head))
    });
    let tail = stream::once(async move {
        let mut go = go;
        go.wait_for(|go| *go).await.unwrap();
        Ok(Bytes::from(tail))
    });
    Body::from_stream(head.chain(tail))
}

#[tokio::test]
async fn many_who_send_slowly_take_nobody_elses_turn_and_are_answered_in_the_end() {
    const SLOW: usize = 100;
    let limits = Limits { requests: 1, ..Limits::default() };
    let router = router(app(bare(), limits).await);
    let (go, gone) = watch::channel(false);
    let begun = Arc::new(AtomicUsize::new(0));
    let mut slow = JoinSet::new();
    for _ in 0..SLOW {
        let body = halting(gone.clone(), Arc::clone(&begun));
        let request = Request::post(PATH).header("content-type", "application/json").body(body);
        slow.spawn(router.clone().oneshot(request.unwrap()));
    }
    while begun.load(Ordering::SeqCst) < SLOW {
        tokio::task::yield_now().await;
    }
    let headers = [("content-type", "application/json")];
    let other = ask(router.clone(), "POST", PATH, &headers, CODE).await;
    assert_eq!(other.code(), "code_refused", "one turn is enough for whoever sends at once");
    go.send(true).unwrap();
    while let Some(answered) = slow.join_next().await {
        assert_eq!(answered.unwrap().unwrap().status(), 401);
    }
}

#[tokio::test]
async fn what_anybody_may_send_is_short() {
    let router = router(app(bare(), Limits::default()).await);
    let headers = [("content-type", "application/json")];
    for path in ["/v1/sign-in", PATH, "/v1/vouchers/verify"] {
        let answer = ask(router.clone(), "POST", path, &headers, &" ".repeat(20_000)).await;
        assert_eq!(answer.code(), "too_large", "{path}");
    }
}
