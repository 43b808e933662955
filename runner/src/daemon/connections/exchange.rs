//! One connection: requests and answers in turn, until either side has enough.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt as _;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::linger;

/// Bytes of a request's line and headers that are surely taken; with twice as many it is surely answered 431, since what is
/// read at once may be more.
const HEAD_BYTES: usize = 64 << 10;
/// Most headers of a request; with more it is answered 431.
const HEADERS: usize = 100;
/// Longest time for which what was sent may stay unread by a client before its connection is given up.
const UNREAD_TIME: Duration = Duration::from_secs(30);

/// How the requests of a connection are answered.
#[derive(Debug)]
pub(super) struct Exchange {
    /// Answers them.
    pub(super) router: Router,
    /// Longest wait for the headers of the next one.
    pub(super) idle_time: Duration,
    /// Whether the first one is the last.
    pub(super) is_last: bool,
}

impl Exchange {
    /// Answers requests until the connection ends; after `stop`, only the one under way.
    pub(super) async fn run(self, mut stream: TcpStream, stop: &CancellationToken) {
        if prepare(&stream).is_err() {
            // The client is gone.
            return;
        }
        if self.answer(&mut stream, stop).await == End::Answered {
            linger::close(stream).await;
        }
    }

    async fn answer(self, stream: &mut TcpStream, stop: &CancellationToken) -> End {
        let service = TowerToHyperService::new(self.router);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.idle_time)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .keep_alive(!self.is_last)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        tokio::select! {
            biased;
            ended = connection.as_mut() => End::of(ended),
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                match connection.as_mut().now_or_never() {
                    Some(_) => End::Idle,
                    None => End::of(connection.await),
                }
            }
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// While its client could be reading an answer.
    Answered,
    /// While nothing was under way.
    Idle,
}

impl End {
    fn of(ended: hyper::Result<()>) -> Self {
        match ended {
            Err(error) if error.is_timeout() => Self::Idle,
            // Any other error is the client's too: it broke off, or sent what is no HTTP and was told so.
            _ => Self::Answered,
        }
    }
}

/// Has small answers sent at once, and a client that takes none given up.
fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    {
        let milliseconds = u32::try_from(UNREAD_TIME.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds)?;
    }
    Ok(())
}
