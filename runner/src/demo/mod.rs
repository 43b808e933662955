//! The whole story in one command: a daemon on a folder, and everybody in it, through the daemon's own HTTP API.
//!
//! Does nothing that its people could not do. Each run invents a fresh applicant, so that a second run on the same folder works.

mod applicant;
mod cast;
mod code;
mod story;
mod words;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use annona_engine::clock::{Clock as _, System};
use tokio_util::sync::CancellationToken;

use crate::client::ClientError;
use crate::config::{Config, DEFAULT_PORT, Log};
use crate::daemon::{Daemon, DaemonError};
use crate::folder::FolderError;
use crate::output::say;
use crate::random::RandomError;
use crate::signals::Signals;

/// How the story is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// Where the daemon listens; without it, at the usual port, or at a free one if that is taken.
    pub listen: Option<SocketAddr>,
    /// Whether the daemon ends after the story.
    pub once: bool,
}

/// A story that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The daemon cannot start or go on.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// A request was not answered as the story has it.
    #[error("{step}: {cause}")]
    Asked {
        /// What somebody wanted.
        step: &'static str,
        /// What came back.
        cause: ClientError,
    },
    /// Something else went another way.
    #[error("{step}: {what}")]
    Other {
        /// What somebody wanted.
        step: &'static str,
        /// What happened.
        what: String,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The operating system gives no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl DemoError {
    /// Returns what turns a client's error into one of a step.
    fn at(step: &'static str) -> impl Fn(ClientError) -> Self {
        move |cause| Self::Asked { step, cause }
    }

    /// Returns that a step came out otherwise.
    fn other(step: &'static str, what: impl Into<String>) -> Self {
        Self::Other { step, what: what.into() }
    }
}

/// Tells the story, and serves on until Ctrl-C unless it is told once.
///
/// # Errors
///
/// Returns [`DemoError`] with the step that failed.
pub async fn run(options: &Options) -> Result<(), DemoError> {
    let began = System.now();
    let daemon = start(options).await?;
    let place = cast::Place::of(&daemon);
    words::opening(&place);
    let stop = CancellationToken::new();
    let mut running = tokio::spawn(daemon.run(stop.clone()));
    let told = story::tell(&place, began).await;
    let mut ended = None;
    if let Ok(told) = &told {
        words::closing(&place, told, options.once);
        if !options.once {
            say("\nThe daemon goes on serving. Ctrl-C ends it.");
            match Signals::new() {
                Ok(signals) => drop(tokio::spawn(signals.watch(stop.clone()))),
                // On a system without signals the story ends here.
                Err(_) => stop.cancel(),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                ran = &mut running => ended = Some(ran),
            }
        }
    }
    stop.cancel();
    let ran = match ended {
        Some(ran) => ran,
        None => running.await,
    };
    ran.map_err(|_| DemoError::other("serve", "the daemon ended by a panic"))?;
    told.map(|_| ())
}

/// Starts the daemon, at a free port if the usual one is in use.
async fn start(options: &Options) -> Result<Daemon, DemoError> {
    // In full, so that what the story names is found from any folder.
    let data = std::path::absolute(&options.data).unwrap_or_else(|_| options.data.clone());
    let at = |listen| Config { data: data.clone(), listen, log: log(), ..Config::default() };
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if let Some(listen) = options.listen {
        return Ok(Daemon::start(&at(listen)).await?);
    }
    match Daemon::start(&at(local(DEFAULT_PORT))).await {
        Err(DaemonError::Listen { .. }) => Ok(Daemon::start(&at(local(0))).await?),
        other => Ok(other?),
    }
}

/// Returns how the daemon of the story logs: only what is wrong.
pub(crate) fn log() -> Log {
    Log { filter: "warn".to_owned(), ..Log::default() }
}
