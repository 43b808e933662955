//! Where the story plays, and who is in it.

use std::path::PathBuf;

use crate::client::Client;
use crate::daemon::Daemon;
use crate::folder::{Layout, read_private};

use super::DemoError;

const ASK: &str = "ask the daemon";

/// The daemon's folder and address.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) layout: Layout,
    pub(super) address: String,
    /// The key that verifiers are given by hand, in hexadecimal digits.
    pub(super) root: String,
}

impl Place {
    /// Returns where a daemon is.
    pub(super) fn of(daemon: &Daemon) -> Self {
        let root = daemon.keyring().root().to_bytes();
        Self {
            layout: daemon.folder().layout().clone(),
            address: daemon.address().to_owned(),
            root: data_encoding::HEXLOWER.encode(&root),
        }
    }

    /// Returns somebody without a token.
    pub(super) fn anyone(&self) -> Result<Client, DemoError> {
        Client::new(&self.address, None).map_err(DemoError::at(ASK))
    }

    /// Returns somebody with a token.
    pub(super) fn bearing(&self, token: &str) -> Result<Client, DemoError> {
        Client::new(&self.address, Some(token)).map_err(DemoError::at(ASK))
    }

    /// Returns whoever set the installation up.
    pub(super) fn administrator(&self) -> Result<Client, DemoError> {
        let token = read_private(&self.layout.admin_token())?;
        self.bearing(String::from_utf8_lossy(&token).trim())
    }

    /// Returns where a voucher's picture is kept.
    pub(super) fn picture(&self, number: &str) -> PathBuf {
        self.layout.root().join(format!("voucher-{number}.png"))
    }
}

/// A token that was made for the story.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) who: String,
    pub(super) text: String,
}
