//! Logs, to standard error: text for people or JSON for programs.
//!
//! No line holds a personal value, a token, a body, a query or a voucher's id; those who log see to it.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};

/// A log that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("log.filter cannot be read: {0}")]
    Filter(String),
    /// There is one already.
    #[error("the log was set up before")]
    Twice,
}

/// Sets up the log of the process.
///
/// # Errors
///
/// Returns [`TelemetryError`] if the filter cannot be read, or the log was set up before.
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    subscriber(log, io::stderr)?.try_init().map_err(|_| TelemetryError::Twice)
}

/// Returns what writes the log to `writer`.
fn subscriber<W>(
    log: &Log,
    writer: W,
) -> Result<Box<dyn tracing::Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|error| TelemetryError::Filter(error.to_string()))?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false);
    Ok(match log.format {
        LogFormat::Text => Box::new(builder.with_ansi(false).finish()),
        LogFormat::Json => {
            Box::new(builder.json().flatten_event(true).with_current_span(true).finish())
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_json_log_is_one_object_a_line() {
        let lines = Lines::default();
        let made = lines.clone();
        let log = Log { format: LogFormat::Json, filter: "info".to_owned() };
        let subscriber = subscriber(&log, move || made.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(seconds = 3, "the daemon stops");
            tracing::debug!("left out");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "the daemon stops");
        assert_eq!(line["seconds"], 3);
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let log = Log { format: LogFormat::Text, filter: "=[".to_owned() };
        assert!(matches!(subscriber(&log, io::sink), Err(TelemetryError::Filter(_))));
    }
}
