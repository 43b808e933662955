//! The daemon's connections: how many there may be, what each may take, and how it ends.
//!
//! Never looks into a request; what is answered is the router's.

mod descriptors;
mod exchange;
mod linger;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::exchange::Exchange;
use crate::config::Limits;

/// Most connections beyond the limit that are told so at once; yet others wait until they are accepted.
const MAX_REFUSALS: usize = 64;
/// Longest wait for the headers of a request on a connection that is refused.
const REFUSAL_TIME: Duration = Duration::from_secs(5);
/// How long nothing is accepted after the system could not.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Most connections that wait to be accepted, where the system allows as many.
const BACKLOG: u32 = 4_096;

/// Listens at an address.
///
/// # Errors
///
/// Returns the system's error if the address cannot be listened on.
pub(super) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port that a daemon before this one has just left is free.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What the daemon's connections need.
#[derive(Debug)]
pub(super) struct Connections {
    listener: TcpListener,
    /// Answers requests.
    router: Router,
    /// Answers requests of connections that are too many.
    overflow: Router,
    idle_time: Duration,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

/// What a connection holds for as long as it is open.
#[derive(Debug)]
struct Place {
    _permit: OwnedSemaphorePermit,
    /// Whether the connection is one too many.
    is_refused: bool,
}

impl Connections {
    /// Returns connections that are not accepted yet.
    pub(super) fn new(
        listener: TcpListener,
        router: Router,
        overflow: Router,
        limits: Limits,
    ) -> Self {
        let places = descriptors::room(limits.connections);
        Self {
            listener,
            router,
            overflow,
            idle_time: limits.idle_time,
            places: Arc::new(Semaphore::new(places)),
            refusals: Arc::new(Semaphore::new(MAX_REFUSALS.min(places.div_ceil(8)))),
        }
    }

    /// Accepts connections until `stop`; then ends the idle ones at once and waits for the requests under way.
    ///
    /// Dropped before that, it ends every connection where it stands.
    pub(super) async fn serve(self, stop: &CancellationToken) {
        let mut open = JoinSet::new();
        stop.run_until_cancelled(self.accept(&mut open, stop)).await;
        drop(self);
        while open.join_next().await.is_some() {}
    }

    async fn accept(&self, open: &mut JoinSet<()>, stop: &CancellationToken) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                Some(_) = open.join_next() => continue,
            };
            match accepted {
                Ok((stream, _)) => {
                    // Nobody closes the semaphores.
                    let Ok(place) = self.place().await else { return };
                    open.spawn(self.exchange(stream, place, stop.clone()));
                }
                // The client was gone before it was its turn.
                Err(error) if is_of_the_client(error.kind()) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    /// Returns a place for one more connection, once there is any.
    async fn place(&self) -> Result<Place, AcquireError> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(Place { _permit: permit, is_refused: false });
        }
        tokio::select! {
            biased;
            permit = Arc::clone(&self.refusals).acquire_owned() => {
                Ok(Place { _permit: permit?, is_refused: true })
            }
            permit = Arc::clone(&self.places).acquire_owned() => {
                Ok(Place { _permit: permit?, is_refused: false })
            }
        }
    }

    /// Returns what a connection does until it is closed.
    fn exchange(
        &self,
        stream: TcpStream,
        place: Place,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + use<> {
        let exchange = if place.is_refused {
            let idle_time = self.idle_time.min(REFUSAL_TIME);
            Exchange { router: self.overflow.clone(), idle_time, is_last: true }
        } else {
            let idle_time = self.idle_time;
            Exchange { router: self.router.clone(), idle_time, is_last: false }
        };
        async move {
            exchange.run(stream, &stop).await;
            drop(place);
        }
    }
}

/// Returns whether a connection was lost before it was accepted, which says nothing of the next one.
fn is_of_the_client(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests;
