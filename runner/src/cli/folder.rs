//! Which data folder a command is about, for commands that open it themselves.

use std::path::PathBuf;

use super::Answer;
use crate::config::{Config, Given};
use crate::output;

/// A data folder, and the configuration it is used with.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// Configuration file (TOML).
    #[arg(long, env = "ANNONA_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder.
    #[arg(long)]
    data: Option<String>,
}

impl Place {
    /// Reads the configuration, or says why it cannot be used.
    pub(super) fn config(&self) -> Result<Config, Answer> {
        self.config_with(None)
    }

    /// Reads the configuration with another flag over it, or says why it cannot be used.
    pub(super) fn config_with(&self, flag: Option<Given>) -> Result<Config, Answer> {
        let data = self.data.as_ref().map(|data| Given { name: "data", value: data.clone() });
        let flags: Vec<Given> = data.into_iter().chain(flag).collect();
        Config::load(self.config.as_deref(), std::env::vars(), &flags).map_err(|error| {
            output::complain(&format!("annona: {error}"));
            Answer::CannotRead
        })
    }
}
