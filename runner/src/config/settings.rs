//! Every setting: its name, what it means, and how they come together.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::limits::LimitSettings;
use super::smtp::SmtpSettings;
use super::{Config, ConfigError, Log, LogFormat, store};

/// A setting as the manual lists it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Name in the file; in the environment `ANNONA_` and the name in capitals with `_` for the dot.
    pub name: &'static str,
    /// Whether it is a number.
    pub number: bool,
    /// What it means, with its default.
    pub about: &'static str,
}

const fn text(name: &'static str, about: &'static str) -> Setting {
    Setting { name, number: false, about }
}

const fn number(name: &'static str, about: &'static str) -> Setting {
    Setting { name, number: true, about }
}

/// Every setting.
pub const SETTINGS: [Setting; 33] = [
    text("data", "the data folder (annona-data)"),
    text("listen", "address and port the daemon listens on (127.0.0.1:7667)"),
    text("address", "address by which people reach the daemon (where it listens)"),
    text("issuer", "name of the issuer in vouchers and trust list (host of the address)"),
    text("master_key_file", "the master key, where it does not lie with the keys"),
    text(
        "documents",
        "folder of documents, where daemons share one (documents in the data folder)",
    ),
    text("keys", "folder of keys and trust list, where daemons share one (in the data folder)"),
    text("store", "sqlite, in the data folder, or postgres://user@host/database (sqlite)"),
    text("store_password_file", "file that holds the password of the database's user"),
    number("store_connections", "connections to the database for reading (8)"),
    text(
        "messages",
        "folder for messages where no mail server is set (messages in the data folder)",
    ),
    text("smtp.host", "mail server; without it messages are written to files"),
    number("smtp.port", "its port (587; 465 with tls, 25 with none)"),
    text("smtp.tls", "none, starttls or tls (starttls)"),
    text("smtp.username", "who logs in"),
    text("smtp.password_file", "file that holds the password"),
    text(
        "smtp.ca_file",
        "certificate authority of the server in PEM, where it is not a public one",
    ),
    text("smtp.from", "from whom messages come: Relief Office <relief@example.org>"),
    number("smtp.timeout_seconds", "longest time for one step of a delivery (30)"),
    text("log.format", "text or json (text)"),
    text("log.filter", "which lines: info, or info,annona=debug (info)"),
    number("limits.body_bytes", "most bytes of a JSON body (1048576)"),
    number("limits.upload_bytes", "most bytes of a document (20971520)"),
    number("limits.request_seconds", "longest time for a request (30)"),
    number("limits.upload_seconds", "longest time for an upload (600)"),
    number("limits.connections", "most open connections (12000, or what open files allow)"),
    number("limits.idle_seconds", "longest wait for a request on an open connection (75)"),
    number("limits.requests", "most requests at once (1024)"),
    number("limits.codes_per_contact", "most sign-in codes to one contact in an hour (5)"),
    number("limits.codes_overall", "most sign-in codes to everybody in a minute (120)"),
    number("limits.public_checks", "most vouchers verified without a token in a minute (600)"),
    number("limits.stop_seconds", "longest wait for requests under way when the daemon stops (30)"),
    text("config", "the configuration file; only in the environment, or as a flag"),
];

/// Names that the command line reads from the environment by itself.
pub(super) const OF_THE_COMMAND_LINE: [&str; 3] = ["config", "server", "token"];

/// The settings as they are given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    address: Option<String>,
    issuer: Option<String>,
    master_key_file: Option<PathBuf>,
    documents: Option<PathBuf>,
    keys: Option<PathBuf>,
    store: Option<String>,
    store_password_file: Option<PathBuf>,
    store_connections: Option<u32>,
    messages: Option<PathBuf>,
    smtp: Option<SmtpSettings>,
    #[serde(default)]
    log: LogSettings,
    #[serde(default)]
    limits: LimitSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogSettings {
    format: Option<LogFormat>,
    filter: Option<String>,
}

/// Most characters of the issuer's name.
const MAX_ISSUER: usize = 100;

impl Settings {
    /// Returns the settings with defaults filled in, if each can be used.
    pub(super) fn check(self, warnings: Vec<String>) -> Result<Config, ConfigError> {
        let default = Config::default();
        let address = self.address.as_deref().map(checked_address).transpose()?;
        let issuer = match (self.issuer, &address) {
            (Some(issuer), _) => checked_issuer(&issuer)?,
            (None, Some(address)) => host_of(address).to_owned(),
            (None, None) => default.issuer,
        };
        Ok(Config {
            data: self.data.unwrap_or(default.data),
            listen: self.listen.unwrap_or(default.listen),
            address,
            issuer,
            master_key_file: self.master_key_file,
            documents: self.documents,
            keys: self.keys,
            store: store::check(self.store, self.store_password_file, self.store_connections)?,
            smtp: self.smtp.map(SmtpSettings::check).transpose()?,
            messages: self.messages,
            limits: self.limits.check()?,
            log: Log {
                format: self.log.format.unwrap_or_default(),
                filter: self.log.filter.unwrap_or(default.log.filter),
            },
            warnings,
        })
    }
}

/// Returns an address without its trailing slash.
fn checked_address(address: &str) -> Result<String, ConfigError> {
    let wrong = || ConfigError::setting("address", "must be as `https://annona.example.org`");
    let url = reqwest::Url::parse(address).map_err(|_| wrong())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !plain {
        return Err(wrong());
    }
    Ok(address.trim_end_matches('/').to_owned())
}

fn checked_issuer(issuer: &str) -> Result<String, ConfigError> {
    let issuer = issuer.trim();
    if issuer.is_empty()
        || issuer.chars().count() > MAX_ISSUER
        || issuer.chars().any(char::is_control)
    {
        return Err(ConfigError::setting(
            "issuer",
            format!("must be a name of at most {MAX_ISSUER} characters"),
        ));
    }
    Ok(issuer.to_owned())
}

/// Returns the host and port of an address that was checked.
fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
