//! The limits an operator may set, each with its unit and its range.

use std::time::Duration;

use serde::Deserialize;

use super::ConfigError;

/// Limits of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a JSON body.
    pub body_bytes: usize,
    /// Most bytes of an uploaded document.
    pub upload_bytes: u64,
    /// Longest time a request may take, uploads excepted.
    pub request_time: Duration,
    /// Longest time an upload may take.
    pub upload_time: Duration,
    /// Most connections open at once; more are answered 503.
    pub connections: usize,
    /// Longest wait for the next request's headers on an open connection.
    pub idle_time: Duration,
    /// Most requests worked on at once; more are answered 503.
    pub requests: usize,
    /// Most codes sent to one contact in an hour.
    pub codes_per_contact: u32,
    /// Most codes sent to all contacts in a minute.
    pub codes_overall: u32,
    /// Most vouchers verified without a token in a minute.
    pub public_checks: u32,
    /// Longest wait for requests under way when the daemon stops.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            upload_bytes: 20 << 20,
            request_time: Duration::from_secs(30),
            upload_time: Duration::from_mins(10),
            connections: 12_000,
            // Longer than what proxies usually keep a connection for: they end it, never the daemon under their next request.
            idle_time: Duration::from_secs(75),
            requests: 1024,
            codes_per_contact: 5,
            codes_overall: 120,
            public_checks: 600,
            stop_time: Duration::from_secs(30),
        }
    }
}

/// The limits as they stand in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitSettings {
    body_bytes: Option<u64>,
    upload_bytes: Option<u64>,
    request_seconds: Option<u64>,
    upload_seconds: Option<u64>,
    connections: Option<u64>,
    idle_seconds: Option<u64>,
    requests: Option<u64>,
    codes_per_contact: Option<u64>,
    codes_overall: Option<u64>,
    public_checks: Option<u64>,
    stop_seconds: Option<u64>,
}

impl LimitSettings {
    /// Returns the limits, each within its range.
    pub(super) fn check(&self) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        let seconds = |given, name, default: Duration, least, most| {
            Ok::<_, ConfigError>(Duration::from_secs(within(
                given,
                name,
                default.as_secs(),
                least,
                most,
            )?))
        };
        let count = |given, name, default: u32| {
            let checked = within(given, name, u64::from(default), 1, 1_000_000)?;
            Ok::<_, ConfigError>(u32::try_from(checked).unwrap_or(default))
        };
        let size = |given, name, default: usize, least, most| {
            let checked = within(given, name, u64::try_from(default).unwrap_or(most), least, most)?;
            Ok::<_, ConfigError>(usize::try_from(checked).unwrap_or(default))
        };
        Ok(Limits {
            body_bytes: size(self.body_bytes, "body_bytes", default.body_bytes, 1 << 10, 64 << 20)?,
            upload_bytes: within(
                self.upload_bytes,
                "upload_bytes",
                default.upload_bytes,
                1 << 10,
                1 << 30,
            )?,
            request_time: seconds(
                self.request_seconds,
                "request_seconds",
                default.request_time,
                1,
                600,
            )?,
            upload_time: seconds(
                self.upload_seconds,
                "upload_seconds",
                default.upload_time,
                1,
                86_400,
            )?,
            connections: size(self.connections, "connections", default.connections, 1, 1_000_000)?,
            idle_time: seconds(self.idle_seconds, "idle_seconds", default.idle_time, 1, 3_600)?,
            requests: size(self.requests, "requests", default.requests, 1, 100_000)?,
            codes_per_contact: count(
                self.codes_per_contact,
                "codes_per_contact",
                default.codes_per_contact,
            )?,
            codes_overall: count(self.codes_overall, "codes_overall", default.codes_overall)?,
            public_checks: count(self.public_checks, "public_checks", default.public_checks)?,
            stop_time: seconds(self.stop_seconds, "stop_seconds", default.stop_time, 1, 3_600)?,
        })
    }
}

/// Returns the value given, or the default, if it lies within its range.
fn within(
    given: Option<u64>,
    name: &str,
    default: u64,
    least: u64,
    most: u64,
) -> Result<u64, ConfigError> {
    let value = given.unwrap_or(default);
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(ConfigError::setting(
            &format!("limits.{name}"),
            format!("must be from {least} to {most}"),
        ))
    }
}
