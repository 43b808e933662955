//! `annona serve`

use std::path::PathBuf;

use annona_engine::clock::{Clock as _, System};
use tokio_util::sync::CancellationToken;

use super::Answer;
use crate::config::{Config, Given, SETTINGS};
use crate::daemon::{Daemon, DaemonError};
use crate::signals::Signals;
use crate::{output, telemetry};

/// Runs the daemon: the API, timers, schedules and messages, over one data folder.
#[derive(Debug, clap::Args)]
#[command(after_long_help = settings())]
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
    /// Where everything is kept: sqlite, or the address of a PostgreSQL database.
    #[arg(long)]
    store: Option<String>,
}

impl Serve {
    pub(super) fn run(&self) -> Answer {
        let flags = [("data", &self.data), ("listen", &self.listen), ("store", &self.store)];
        let flags: Vec<Given> = flags
            .into_iter()
            .filter_map(|(name, value)| Some(Given { name, value: value.clone()? }))
            .collect();
        let config = match Config::load(self.config.as_deref(), std::env::vars(), &flags) {
            Ok(config) => config,
            Err(error) => return complain(Answer::Usage, &error.to_string()),
        };
        if let Err(error) = telemetry::start(&config.log) {
            return complain(Answer::Usage, &error.to_string());
        }
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        match runtime {
            Ok(runtime) => match runtime.block_on(serve(&config)) {
                Ok(()) => Answer::Yes,
                Err(error) => complain(answer(&error), &error.to_string()),
            },
            Err(error) => complain(Answer::CannotRead, &error.to_string()),
        }
    }
}

fn complain(answer: Answer, what: &str) -> Answer {
    output::complain(&format!("annona: {what}"));
    answer
}

fn answer(error: &DaemonError) -> Answer {
    if error.is_of_settings() {
        Answer::Usage
    } else if error.is_conflict() {
        Answer::Refused
    } else {
        Answer::CannotRead
    }
}

async fn serve(config: &Config) -> Result<(), DaemonError> {
    let began = System.now();
    // Before anything else, so that no signal finds a daemon that does not know it yet.
    let signals = Signals::new().map_err(DaemonError::Serve)?;
    let daemon = Daemon::start(config).await?;
    let milliseconds = System.now().as_millisecond() - began.as_millisecond();
    for line in welcome(&daemon) {
        output::say(&line);
    }
    tracing::info!(address = daemon.address(), milliseconds, "the daemon is ready");
    let stop = CancellationToken::new();
    tokio::spawn(signals.watch(stop.clone()));
    daemon.run(stop).await;
    Ok(())
}

/// Returns what whoever starts a daemon should know.
fn welcome(daemon: &Daemon) -> Vec<String> {
    let layout = daemon.folder().layout();
    let path = |path: PathBuf| std::path::absolute(&path).unwrap_or(path).display().to_string();
    let mut lines = vec![
        format!("annona serves at {}", daemon.address()),
        format!("data:      {}", path(layout.root().to_owned())),
    ];
    let messages = daemon.messages();
    let folder = messages.folder.display();
    lines.push(match &messages.mail {
        Some(server) => {
            format!("messages:  by mail through {server}; what it does not reach, to {folder}")
        }
        None => format!("messages:  to {folder}, since no mail server is set"),
    });
    if daemon.is_first_start() {
        let token = path(layout.admin_token());
        lines.push(format!("token:     {token} (whoever has it is the administrator)"));
    }
    if layout.root_key().exists() {
        let root = path(layout.root_key());
        lines.push(format!(
            "root key:  {root} (keep it elsewhere: only rotating keys and changing the address needs it)"
        ));
    }
    lines
}

/// Returns every setting, for the help.
fn settings() -> String {
    let width = SETTINGS.iter().map(|setting| setting.name.len()).max().unwrap_or(0);
    let lines =
        SETTINGS.iter().map(|setting| format!("  {:width$}  {}", setting.name, setting.about));
    let lines: Vec<String> = lines.collect();
    format!(
        "The first start on an empty folder makes the keys and writes `admin.token`. SIGTERM or Ctrl-C ends the daemon after the \
         requests under way; the same again ends it at once, and nothing that was answered is lost.\n\n\
         Settings, in the configuration file and as variables (smtp.host is ANNONA_SMTP_HOST); a flag wins over a variable, and \
         a variable over the file:\n{}",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Alone {
        #[command(flatten)]
        serve: Serve,
    }

    #[test]
    fn the_help_names_every_flag_and_every_setting() {
        let help = Alone::command().render_long_help().to_string();
        for flag in ["--config", "--data", "--listen", "--store"] {
            assert!(help.contains(flag), "{flag}");
        }
        for setting in SETTINGS {
            assert!(help.contains(&format!("  {} ", setting.name)), "{}", setting.name);
        }
    }
}
