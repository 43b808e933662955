//! What lies where in a data folder.
//!
//! Takes no lock and writes nothing.

use std::path::{Path, PathBuf};

use annona_engine::voucher::KeyId;
use serde::Deserialize;

use crate::config::Config;

/// The paths of a data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
    /// Where documents lie, if not in the folder.
    documents: Option<PathBuf>,
    /// Where keys lie, if not in the folder.
    keys: Option<PathBuf>,
}

/// Where a daemon runs, as it tells clients on its machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Running {
    /// Its address: `http://127.0.0.1:7667`.
    pub address: String,
    /// Its process.
    pub pid: u32,
}

impl Layout {
    /// Returns the paths of the folder at `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), documents: None, keys: None }
    }

    /// Returns the paths that a configuration names.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let (documents, keys) = (config.documents.clone(), config.keys.clone());
        Self { root: config.data.clone(), documents, keys }
    }

    /// Returns the folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("annona.db")
    }

    /// Returns the folder of encrypted uploads.
    #[must_use]
    pub fn documents(&self) -> PathBuf {
        self.documents.clone().unwrap_or_else(|| self.root.join("documents"))
    }

    /// Returns the folder of signing keys.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.root.join("keys"))
    }

    /// Returns whether the keys lie in a folder that other daemons may use too.
    #[must_use]
    pub fn shares_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// Returns the folder of what belongs to the keys: the data folder, unless they lie elsewhere.
    fn beside_keys(&self) -> &Path {
        self.keys.as_deref().unwrap_or(&self.root)
    }

    /// Returns the file of a signing key.
    #[must_use]
    pub fn signing_key(&self, id: KeyId) -> PathBuf {
        self.keys().join(format!("{id}.pem"))
    }

    /// Returns the root key, which signs the trust list; it may be kept elsewhere.
    #[must_use]
    pub fn root_key(&self) -> PathBuf {
        self.keys().join("root.pem")
    }

    /// Returns the public half of the root key, for verifiers.
    #[must_use]
    pub fn root_public(&self) -> PathBuf {
        self.beside_keys().join("root.pub")
    }

    /// Returns the master key.
    #[must_use]
    pub fn master_key(&self) -> PathBuf {
        self.beside_keys().join("master.key")
    }

    /// Returns the token of whoever set the installation up.
    #[must_use]
    pub fn admin_token(&self) -> PathBuf {
        self.root.join("admin.token")
    }

    /// Returns the file that says where the daemon runs.
    #[must_use]
    pub fn daemon(&self) -> PathBuf {
        self.root.join("daemon.json")
    }

    /// Returns the folder of messages that are written to files.
    #[must_use]
    pub fn messages(&self) -> PathBuf {
        self.root.join("messages")
    }

    /// Returns the signed list of keys that verifiers trust.
    #[must_use]
    pub fn trust_list(&self) -> PathBuf {
        self.beside_keys().join("trust-list.cbor")
    }

    /// Returns the file whose lock is the folder's.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Returns where the folder's daemon says it runs, if it does.
    #[must_use]
    pub fn running(&self) -> Option<Running> {
        serde_json::from_str(&std::fs::read_to_string(self.daemon()).ok()?).ok()
    }
}
