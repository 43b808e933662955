//! How many requests are worked on at once. A request that waits for its client's bytes is not worked on: its turn goes to another.
//!
//! Never refuses a request that has begun; it waits for its next turn within the time that any request has.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turn of a request; while it is held, the request counts.
#[derive(Debug)]
pub(super) struct Turn {
    permits: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Turn {
    /// Takes a turn for a request that comes in; `None`: as many as may be are under way.
    pub(super) fn take(permits: &Arc<Semaphore>) -> Option<Arc<Self>> {
        let permit = Arc::clone(permits).try_acquire_owned().ok()?;
        Some(Arc::new(Self { permits: Arc::clone(permits), held: Mutex::new(Some(permit)) }))
    }

    /// Returns a body during whose waits the turn is another's.
    pub(super) fn lend(self: &Arc<Self>, body: Body) -> Body {
        let begun = (body.into_data_stream(), Arc::clone(self));
        Body::from_stream(stream::unfold(begun, async |(mut body, turn)| {
            let part = turn.aside(body.next()).await?;
            Some((part, (body, turn)))
        }))
    }

    /// Waits for a client, and then for a turn if it had to wait.
    async fn aside<T>(&self, client: impl Future<Output = T>) -> T {
        let mut client = pin!(client);
        if let Some(there) = client.as_mut().now_or_never() {
            return there;
        }
        self.hold(None);
        let came = client.await;
        // Nobody closes the semaphore.
        self.hold(Arc::clone(&self.permits).acquire_owned().await.ok());
        came
    }

    fn hold(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}
