//! The settings of an installation: one TOML file, then the environment, then flags; the later wins.
//!
//! A bad setting is refused before anything is opened. Secrets are given as paths of files, never as values.

mod limits;
mod merge;
mod settings;
mod smtp;
mod store;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use limits::Limits;
pub use merge::Given;
pub use settings::{SETTINGS, Setting};
pub use smtp::{Smtp, SmtpTls};
pub use store::{Database, Store};

/// Port of the daemon where none is set.
pub const DEFAULT_PORT: u16 = 7667;
/// Data folder where none is set.
pub const DEFAULT_DATA: &str = "annona-data";
/// Most bytes of a configuration file.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {cause}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not TOML, or holds what is no setting.
    #[error("{}: {what}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What is wrong, with the place.
        what: String,
    },
    /// A setting cannot have this value.
    #[error("{name}: {what}")]
    Setting {
        /// The setting: `smtp.port`.
        name: String,
        /// What is wrong.
        what: String,
    },
}

impl ConfigError {
    /// Returns the error about one setting.
    fn setting(name: &str, what: impl Into<String>) -> Self {
        Self::Setting { name: name.to_owned(), what: what.into() }
    }
}

/// The settings, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Where the daemon listens.
    pub listen: SocketAddr,
    /// Address by which people reach the daemon, without a trailing slash; `None`: where it listens.
    pub address: Option<String>,
    /// Name of the issuer in vouchers and in the trust list.
    pub issuer: String,
    /// The master key, where it is not in the data folder.
    pub master_key_file: Option<PathBuf>,
    /// Folder of documents; `None`: in the data folder.
    pub documents: Option<PathBuf>,
    /// Folder of keys; `None`: in the data folder.
    pub keys: Option<PathBuf>,
    /// Where everything is kept.
    pub store: Store,
    /// Mail; `None`: messages are written to files.
    pub smtp: Option<Smtp>,
    /// Folder for messages that are written to files; `None`: in the data folder.
    pub messages: Option<PathBuf>,
    /// Limits.
    pub limits: Limits,
    /// The log.
    pub log: Log,
    /// Things to tell the operator once the log is there.
    pub warnings: Vec<String>,
}

/// How the daemon logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// In which form.
    pub format: LogFormat,
    /// Which lines: `info`, or `info,annona=debug`.
    pub filter: String,
}

/// The form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the settings from `file`, the environment and flags.
    ///
    /// # Errors
    ///
    /// Returns [`ConfigError`] for the first setting that cannot be used.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[Given],
    ) -> Result<Self, ConfigError> {
        let text = file.map(|file| Ok((file, read(file)?))).transpose()?;
        let from_file = text.as_ref().map(|(file, text)| (*file, text.as_str()));
        let (settings, warnings) = merge::merge(from_file, environment, flags)?;
        settings.check(warnings)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: DEFAULT_DATA.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            address: None,
            issuer: "annona".to_owned(),
            master_key_file: None,
            documents: None,
            keys: None,
            store: Store::default(),
            smtp: None,
            messages: None,
            limits: Limits::default(),
            log: Log::default(),
            warnings: Vec::new(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// Reads a configuration file of bounded size.
fn read(file: &Path) -> Result<String, ConfigError> {
    let unreadable = |cause| ConfigError::Unreadable { file: file.to_owned(), cause };
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    if size > MAX_FILE_BYTES {
        let what = format!("a configuration has at most {MAX_FILE_BYTES} bytes");
        return Err(ConfigError::File { file: file.to_owned(), what });
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

#[cfg(test)]
mod tests;
