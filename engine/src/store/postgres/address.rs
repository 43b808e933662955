//! Where the database is: a `postgres://` address, whose password never stands in it.

use std::fmt;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::super::StoreError;

/// How long a statement may run.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a statement waits for another transaction's lock.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a transaction may stand still before the server ends it, with all its locks.
pub(super) const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(15);
/// Connections that read, unless the configuration says how many.
pub(super) const READERS: u32 = 8;

/// The settings of every session, in milliseconds where they are times.
pub(super) const SESSION: [(&str, Duration); 3] = [
    ("statement_timeout", STATEMENT_TIMEOUT),
    ("lock_timeout", LOCK_TIMEOUT),
    ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT),
];

/// Where the database is and how it is reached.
#[derive(Clone)]
pub struct Address {
    pub(super) options: PgConnectOptions,
    pub(super) readers: u32,
}

impl Address {
    /// Reads a `postgres://user@host/database` address.
    ///
    /// Over a network the server must show a certificate for its name (`sslmode=verify-full`), unless the address says
    /// otherwise; on this machine it need not.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Unfit`] if it cannot be read or has a password in it.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let unfit = |what: &str| StoreError::Unfit(what.to_owned());
        if !is_address(url) {
            return Err(unfit("the address does not begin with `postgres://`"));
        }
        if has_password(url) {
            return Err(unfit("a password stands in the address: put it into a file"));
        }
        let options = PgConnectOptions::from_str(url)
            .map_err(|cause| unfit(&format!("the address cannot be read: {cause}")))?;
        let options = match () {
            () if names_ssl_mode(url) => options,
            () if is_local(&options) => options.ssl_mode(PgSslMode::Prefer),
            () => options.ssl_mode(PgSslMode::VerifyFull),
        };
        let milliseconds = SESSION.map(|(name, time)| (name, time.as_millis().to_string()));
        let options = options
            .application_name("annona")
            .options(milliseconds)
            // Every statement has its index. What a session planned while tables were still empty stays so for hours otherwise.
            .options([("jit", "off"), ("enable_seqscan", "off")])
            .disable_statement_logging();
        Ok(Self { options, readers: READERS })
    }

    /// Returns it with the password of its user.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.options = self.options.password(password);
        self
    }

    /// Returns it with so many connections that read, and at least one.
    #[must_use]
    pub fn with_readers(mut self, readers: u32) -> Self {
        self.readers = readers.max(1);
        self
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Address {
    /// Writes it without its password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        write!(formatter, "postgres://{}@", options.get_username())?;
        match options.get_socket() {
            Some(socket) => write!(formatter, "{}", socket.display())?,
            None => write!(formatter, "{}:{}", options.get_host(), options.get_port())?,
        }
        write!(formatter, "/{}", options.get_database().unwrap_or(options.get_username()))
    }
}

/// Returns whether a text is meant as the address of a PostgreSQL database.
fn is_address(url: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
}

fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || parameters(url).any(|name| name == "password")
}

fn names_ssl_mode(url: &str) -> bool {
    parameters(url).any(|name| name == "sslmode" || name == "ssl-mode")
}

fn parameters(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').map(|pair| pair.split('=').next().unwrap_or_default())
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_stands_in_no_address_and_is_never_shown() {
        for url in ["postgres://annona:secret@db/annona", "postgres://db/annona?password=secret"] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert_eq!(
                error,
                "the store cannot be used: a password stands in the address: put it into a file"
            );
        }
        let address = Address::parse("postgres://annona@db:5433/aid").unwrap();
        let shown = format!("{:?}", address.with_password("secret"));
        assert_eq!(shown, "postgres://annona@db:5433/aid");
    }

    #[test]
    fn another_kind_of_address_is_refused() {
        let error = Address::parse("mysql://annona@db/annona").unwrap_err().to_string();
        assert_eq!(
            error,
            "the store cannot be used: the address does not begin with `postgres://`"
        );
    }

    #[test]
    fn over_a_network_the_server_shows_a_certificate_unless_the_address_says_otherwise() {
        let mode = |url: &str| format!("{:?}", Address::parse(url).unwrap().options.get_ssl_mode());
        assert_eq!(mode("postgres://annona@db.example.org/annona"), "VerifyFull");
        assert_eq!(mode("postgres://annona@db.example.org/annona?sslmode=require"), "Require");
        assert_eq!(mode("postgres://annona@127.0.0.1/annona"), "Prefer");
        assert_eq!(mode("postgres://annona@[::1]/annona"), "Prefer");
        assert_eq!(mode("postgres://annona@%2Frun%2Fpostgresql/annona"), "Prefer");
    }
}
