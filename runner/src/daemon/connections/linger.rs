//! A close that waits for its client, so that an answer is never lost to what the client still sends.
//!
//! A system that closes a connection with bytes unread tells the client that it was broken off, and the client then throws away even the
//! answer that has arrived. So the daemon ends its own half first, and reads what comes until the client has ended its half as well.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// Most bytes that are read and thrown away: the largest upload that can be set.
const MAX_BYTES: u64 = 1 << 30;
/// Longest time in which they are read.
const TIME: Duration = Duration::from_secs(30);
/// Longest wait for the next of them.
const QUIET_TIME: Duration = Duration::from_secs(5);
/// How many of them are read at once.
const PIECE: usize = 8 << 10;

/// Ends a connection whose last answer was written.
pub(super) async fn close(mut stream: TcpStream) {
    if stream.shutdown().await.is_ok() {
        let _ = tokio::time::timeout(TIME, discard(&stream)).await;
    }
}

/// Reads until the client ends, falls silent or has sent too much.
async fn discard(stream: &TcpStream) {
    let mut read = 0;
    while read < MAX_BYTES {
        match tokio::time::timeout(QUIET_TIME, stream.readable()).await {
            Ok(Ok(())) => {}
            _ => return,
        }
        // On the stack and not across a wait: a connection that is closed takes no memory of its own.
        match stream.try_read(&mut [0; PIECE]) {
            Ok(0) => return,
            Ok(bytes) => read += bytes as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
