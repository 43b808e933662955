//! What ends a daemon: the first signal after the requests under way, the second at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit status of a daemon that was told twice to end: 128 and the number of SIGINT, as shells count.
const ENDED_AT_ONCE: i32 = 130;

/// SIGTERM and SIGINT, which end nothing by themselves once this value is there.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// Returns the system's error where signals cannot be listened to.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Stops the daemon at the first signal, and ends the process at the second.
    pub async fn watch(mut self, stop: CancellationToken) {
        self.next().await;
        tracing::info!("the daemon stops; the same signal again ends it at once");
        stop.cancel();
        self.next().await;
        tracing::warn!("the daemon ends at once");
        std::process::exit(ENDED_AT_ONCE);
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
