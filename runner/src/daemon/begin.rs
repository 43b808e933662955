//! The beginning of a daemon: its store and the keys that go with it.
//!
//! Daemons over one database begin one after the other, so that the first start makes one of everything.

use annona_engine::store::Beginning;
use annona_engine::vault::MasterKey;
use jiff::Timestamp;

use super::DaemonError;
use crate::config::{Config, Store};
use crate::folder::{Folder, KeysHeld};
use crate::keyring::{Identity, Keyring};
use crate::opened::Opened;

/// What a daemon has once it has begun.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) store: Opened,
    pub(super) master: MasterKey,
    pub(super) keyring: Keyring,
    pub(super) keys: KeysHeld,
    /// Held until this start has made what only the first one makes.
    pub(super) beginning: Option<Beginning>,
}

impl Begun {
    /// Opens the store and reads the keys, making what is not there yet.
    pub(super) async fn open(
        config: &Config,
        folder: &Folder,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Self, DaemonError> {
        if config.store == Store::Sqlite {
            // Before the database: a key that is missing beside one is never made again.
            let master = folder.master_key(config.master_key_file.as_deref())?;
            let (keyring, keys) = keys(folder, identity, now)?;
            let store = Opened::open(config, folder.layout()).await?;
            return Ok(Self { store, master, keyring, keys, beginning: None });
        }
        let store = Opened::open(config, folder.layout()).await?;
        let beginning = store.begin(config, folder).await?;
        let master = store.master_key(config, folder).await?;
        let (keyring, keys) = keys(folder, identity, now)?;
        Ok(Self { store, master, keyring, keys, beginning })
    }
}

/// Reads the keys; changes nothing of keys that other daemons use.
fn keys(
    folder: &Folder,
    identity: &Identity,
    now: Timestamp,
) -> Result<(Keyring, KeysHeld), DaemonError> {
    let layout = folder.layout();
    let mut keys = KeysHeld::take(layout)?;
    let keyring = if keys.is_alone() {
        Keyring::open(layout, identity, now)?
    } else {
        Keyring::join(layout, identity, now)?
    };
    keys.share(layout)?;
    Ok((keyring, keys))
}
