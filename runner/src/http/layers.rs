//! What every request goes through: an id, a log line, limits, and an answer even to a panic.
//!
//! A log line names the route, never the address: ids, queries, tokens and bodies stay out of it.

use std::any::Any;
use std::time::Instant;

use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use super::App;
use super::problem::Problem;
use super::turns::Turn;
use super::unread;

/// The id of a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Most characters of an id that a client gives.
const MAX_REQUEST_ID: usize = 64;
/// The route that may take as long as an upload.
const UPLOAD_ROUTE: &str = "/v1/documents";
/// Routes that are answered however busy the daemon is.
const ALWAYS: [&str; 2] = ["/healthz", "/readyz"];

/// Puts the layers around the routes; the last one added is the first that a request meets.
pub(super) fn wrap(router: Router<App>, app: &App) -> Router<App> {
    router
        .layer(from_fn_with_state(app.clone(), limit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(unread::drain))
        .layer(from_fn(harden))
        .layer(from_fn(identify))
}

/// Gives the request an id, echoes it, and logs what became of it.
async fn identify(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).filter(|given| is_usable(given)).cloned();
    let Some(id) = id.or_else(fresh_id) else {
        return Problem::new("internal", "the operating system gives no randomness")
            .into_response();
    };
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = request.method().clone();
    let route = route(&request).to_owned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let milliseconds = began.elapsed().as_millis();
    span.in_scope(|| log(&method, &route, response.status(), milliseconds));
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn log(method: &Method, route: &str, status: StatusCode, milliseconds: u128) {
    let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
    let status = status.as_u16();
    match status {
        500.. => tracing::warn!(%method, route, status, milliseconds, "failed"),
        _ if ALWAYS.contains(&route) => {
            tracing::debug!(%method, route, status, milliseconds, "answered");
        }
        _ => tracing::info!(%method, route, status, milliseconds, "answered"),
    }
}

/// Refuses what is too much at once, and gives up what takes too long.
async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_always = ALWAYS.contains(&route(&request));
    let turn = Turn::take(&app.0.permits);
    if turn.is_none() && !is_always {
        let detail = format!("{} requests are under way", app.0.limits.requests);
        return Problem::new("overloaded", detail)
            .retry_after(std::time::Duration::from_secs(1))
            .into_response();
    }
    let is_upload = route(&request) == UPLOAD_ROUTE && request.method() == Method::POST;
    let time = if is_upload { app.0.limits.upload_time } else { app.0.limits.request_time };
    let request = match &turn {
        Some(turn) if !request.body().is_end_stream() => request.map(|body| turn.lend(body)),
        _ => request,
    };
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            "timed_out",
            format!(
                "more than {} seconds; what was sent may be recorded all the same",
                time.as_secs()
            ),
        )
        .into_response(),
    }
}

/// Says how an answer may be used: by nobody else, and as nothing else.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

/// Answers a panic; its words may hold values and stay out of answer and log.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request panicked");
    Problem::new("internal", "the daemon failed; its log says when").into_response()
}

/// Returns the route of a request as it stands in the description.
fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}

/// Returns whether a client's id can be echoed and logged.
fn is_usable(id: &HeaderValue) -> bool {
    let usable = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.as_bytes().iter().all(usable)
}

fn fresh_id() -> Option<HeaderValue> {
    let bytes = crate::random::bytes::<12>().ok()?;
    HeaderValue::from_str(&data_encoding::HEXLOWER.encode(&bytes)).ok()
}
