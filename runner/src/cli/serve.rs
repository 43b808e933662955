//! `annona serve`

use std::path::PathBuf;

use annona_engine::clock::{Clock as _, System};
use tokio_util::sync::CancellationToken;

use super::Answer;
use crate::config::{Config, Given};
use crate::daemon::Daemon;
use crate::{output, telemetry};

/// Runs the daemon: the API, timers, schedules and messages, over one data folder.
///
/// The first start on an empty folder makes the keys and writes `admin.token`.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Configuration file (TOML).
    #[arg(long, env = "ANNONA_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder.
    #[arg(long)]
    data: Option<String>,
    /// Address and port to listen on.
    #[arg(long)]
    listen: Option<String>,
}

impl Serve {
    pub(super) fn run(&self) -> Answer {
        let flags = [("data", &self.data), ("listen", &self.listen)];
        let flags: Vec<Given> = flags
            .into_iter()
            .filter_map(|(name, value)| Some(Given { name, value: value.clone()? }))
            .collect();
        let config = match Config::load(self.config.as_deref(), std::env::vars(), &flags) {
            Ok(config) => config,
            Err(error) => {
                output::complain(&format!("annona: {error}"));
                return Answer::CannotRead;
            }
        };
        if let Err(error) = telemetry::start(&config.log) {
            output::complain(&format!("annona: {error}"));
            return Answer::CannotRead;
        }
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let outcome = match runtime {
            Ok(runtime) => runtime.block_on(serve(&config)),
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(()) => Answer::Yes,
            Err(error) => {
                output::complain(&format!("annona: {error}"));
                Answer::CannotRead
            }
        }
    }
}

async fn serve(config: &Config) -> Result<(), String> {
    let began = System.now();
    let daemon = Daemon::start(config).await.map_err(|error| error.to_string())?;
    let milliseconds = System.now().as_millisecond() - began.as_millisecond();
    output::say(&format!("annona serves at {}", daemon.address()));
    tracing::info!(address = daemon.address(), milliseconds, "the daemon is ready");
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        ended().await;
        tracing::info!("the daemon stops");
        signalled.cancel();
    });
    daemon.run(stop).await.map_err(|error| error.to_string())
}

/// Waits until the process is asked to end.
async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
