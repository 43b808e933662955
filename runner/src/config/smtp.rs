//! Where mail goes.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use serde::Deserialize;

use super::ConfigError;

/// Longest time for one step of a delivery where none is set.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time that can be set for one step of a delivery, in seconds.
const MAX_TIMEOUT_SECONDS: u64 = 600;

/// A mail server.
#[derive(Debug, Clone, PartialEq)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Who logs in, with the file that holds the password.
    pub login: Option<(String, PathBuf)>,
    /// Certificate authority of the server in PEM, where it is not a public one.
    pub ca_file: Option<PathBuf>,
    /// From whom messages come.
    pub from: Mailbox,
    /// Longest time for one step of a delivery.
    pub timeout: Duration,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Not at all; for a server on this machine.
    None,
    /// By STARTTLS, which must succeed.
    StartTls,
    /// From the first byte.
    Tls,
}

/// The mail server as it stands in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SmtpSettings {
    host: Option<String>,
    port: Option<u16>,
    tls: Option<SmtpTls>,
    username: Option<String>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    from: Option<String>,
    timeout_seconds: Option<u64>,
}

impl SmtpSettings {
    /// Returns the mail server, if the settings fit together.
    pub(super) fn check(self) -> Result<Smtp, ConfigError> {
        let missing = |name: &str| ConfigError::setting(name, "is needed to send mail");
        let host =
            self.host.filter(|host| !host.trim().is_empty()).ok_or_else(|| missing("smtp.host"))?;
        let tls = self.tls.unwrap_or(SmtpTls::StartTls);
        let login = match (self.username, self.password_file) {
            (Some(username), Some(file)) => Some((username, file)),
            (None, None) => None,
            (Some(_), None) => return Err(missing("smtp.password_file")),
            (None, Some(_)) => return Err(missing("smtp.username")),
        };
        if tls == SmtpTls::None && login.is_some() && !is_this_machine(&host) {
            let what =
                "a password is not sent to another machine in the clear: use `starttls` or `tls`";
            return Err(ConfigError::setting("smtp.tls", what));
        }
        let from = self.from.ok_or_else(|| missing("smtp.from"))?;
        let from =
            from.parse().map_err(|_| ConfigError::setting("smtp.from", "is no mail address"))?;
        let timeout = self.timeout_seconds.map_or(DEFAULT_TIMEOUT, Duration::from_secs);
        if timeout.is_zero() || timeout.as_secs() > MAX_TIMEOUT_SECONDS {
            let what = format!("must be from 1 to {MAX_TIMEOUT_SECONDS}");
            return Err(ConfigError::setting("smtp.timeout_seconds", what));
        }
        let port = self.port.unwrap_or(tls.port());
        if port == 0 {
            return Err(ConfigError::setting("smtp.port", "must be from 1 to 65535"));
        }
        Ok(Smtp { host, port, tls, login, ca_file: self.ca_file, from, timeout })
    }
}

impl SmtpTls {
    /// Returns the usual port.
    fn port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::StartTls => 587,
            Self::Tls => 465,
        }
    }
}

/// Returns whether a name stands for this machine.
fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
