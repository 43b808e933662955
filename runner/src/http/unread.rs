//! What becomes of a body that an answer left unread: a little is read and thrown away, and of more the client is told that the connection ends.
//!
//! Never keeps a byte. Without it the server closes such a connection in silence, and the client's next request over it is lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, EXPECT};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt as _, stream};

/// Most bytes that are read after an answer.
const MAX_BYTES: usize = 256 << 10;
/// Longest time in which they are read: what a client has sent already takes no longer.
const TIME: Duration = Duration::from_millis(500);

/// A body that its handler and this layer share; `None` once it has ended.
type Shared = Arc<Mutex<Option<BodyDataStream>>>;

/// Reads what a handler left of a small body, or says that the connection ends.
pub(super) async fn drain(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // To read on would ask for a body that its client may still keep to itself.
    let is_announced = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let shared: Shared = Arc::new(Mutex::new(Some(body.into_data_stream())));
    let lent = Body::from_stream(lend(Arc::clone(&shared)));
    let mut response = next.run(Request::from_parts(parts, lent)).await;
    let most = if is_announced { 0 } else { MAX_BYTES };
    if !tokio::time::timeout(TIME, ends(shared, most)).await.unwrap_or(false) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Returns the stream that a handler reads from.
fn lend(shared: Shared) -> impl Stream<Item = Result<Bytes, axum::Error>> {
    stream::poll_fn(move |context| {
        let mut body = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = body.as_mut() else { return Poll::Ready(None) };
        let polled = open.poll_next_unpin(context);
        if matches!(polled, Poll::Ready(None)) {
            *body = None;
        }
        polled
    })
}

/// Reads on, and returns whether the body ended before there were so many bytes.
async fn ends(shared: Shared, most: usize) -> bool {
    let has_ended = || shared.lock().unwrap_or_else(PoisonError::into_inner).is_none();
    let mut rest = std::pin::pin!(lend(Arc::clone(&shared)));
    let mut read = 0_usize;
    while !has_ended() {
        if read >= most {
            return false;
        }
        match rest.next().await {
            Some(Ok(part)) => read = read.saturating_add(part.len()),
            Some(Err(_)) => return false,
            None => return true,
        }
    }
    true
}
