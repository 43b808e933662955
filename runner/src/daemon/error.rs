//! Why a daemon cannot start or go on, in a sentence that says what to do.

use std::io::ErrorKind;
use std::net::SocketAddr;

use annona_engine::service::Failure;

use crate::channels::SmtpError;
use crate::folder::FolderError;
use crate::keyring::KeyringError;
use crate::opened::OpenError;
use crate::random::RandomError;

/// A daemon that cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The data folder cannot be used.
    #[error("{}", folder(.0))]
    Folder(#[from] FolderError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The mail server's settings cannot be used.
    #[error(transparent)]
    Smtp(#[from] SmtpError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] Failure),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {}", listen(cause))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// Serving ended by itself.
    #[error("the daemon stopped serving: {0}")]
    Serve(std::io::Error),
    /// The operating system gives no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl DaemonError {
    /// Returns whether the settings are at fault.
    #[must_use]
    pub fn is_of_settings(&self) -> bool {
        matches!(self, Self::Smtp(_))
    }

    /// Returns whether another daemon is in the way, or another installation.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        let refused = |error: &FolderError| {
            matches!(
                error,
                FolderError::InUse { .. }
                    | FolderError::Foreign { .. }
                    | FolderError::Unmarked { .. }
            )
        };
        match self {
            Self::Folder(error) | Self::Store(OpenError::File(error)) => refused(error),
            Self::Keyring(error) => matches!(error, KeyringError::OthersRun { .. }),
            _ => false,
        }
    }
}

fn folder(error: &FolderError) -> String {
    match error {
        FolderError::Io { .. } => format!("the data folder cannot be used: {error}"),
        _ => error.to_string(),
    }
}

fn listen(cause: &std::io::Error) -> String {
    match cause.kind() {
        ErrorKind::AddrInUse => {
            "another program uses this port: stop it, or choose another with --listen".to_owned()
        }
        ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        ErrorKind::PermissionDenied => {
            "ports below 1024 take special rights: choose another with --listen".to_owned()
        }
        _ => cause.to_string(),
    }
}
