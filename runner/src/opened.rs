//! The store that the settings name, opened.

use std::sync::Arc;

use annona_engine::store::{Address, Auditable, Beginning, Postgres, Sqlite, Store, StoreError};
use annona_engine::vault::MasterKey;

use crate::config::{self, Config, Database};
use crate::folder::{Folder, FolderError, Layout, kept_master_key, read_private};

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The password or the master key cannot be read.
    #[error(transparent)]
    File(#[from] FolderError),
    /// The master key is that of another installation.
    #[error("{place}: its personal values are sealed by another master key than this folder's")]
    OtherKey {
        /// Which: a file or an address.
        place: String,
    },
    /// The store cannot be used.
    #[error("{place}: {cause}")]
    Store {
        /// Which: a file or an address.
        place: String,
        /// Why.
        cause: StoreError,
    },
}

/// An open store.
#[derive(Debug, Clone)]
pub(crate) enum Opened {
    /// A file in the data folder.
    Sqlite(Sqlite),
    /// A database.
    Postgres(Postgres),
}

impl Opened {
    /// Opens the store of a daemon, making it where it is not there yet.
    pub(crate) async fn open(config: &Config, layout: &Layout) -> Result<Self, OpenError> {
        let opened = match &config.store {
            config::Store::Sqlite => Sqlite::open(&layout.database()).await.map(Self::Sqlite),
            config::Store::Postgres(database) => {
                Postgres::open(&address(database)?).await.map(Self::Postgres)
            }
        };
        opened.map_err(|cause| OpenError::Store { place: place(config, layout), cause })
    }

    /// Opens the store beside a daemon that may be writing.
    pub(crate) async fn open_to_read(config: &Config, layout: &Layout) -> Result<Self, OpenError> {
        let opened = match &config.store {
            config::Store::Sqlite => {
                Sqlite::open_to_read(&layout.database()).await.map(Self::Sqlite)
            }
            config::Store::Postgres(database) => {
                Postgres::open_to_read(&address(database)?).await.map(Self::Postgres)
            }
        };
        opened.map_err(|cause| OpenError::Store { place: place(config, layout), cause })
    }

    /// Waits for its turn to start over a database, and checks that what its daemons share is its own.
    pub(crate) async fn begin(
        &self,
        config: &Config,
        folder: &Folder,
    ) -> Result<Option<Beginning>, OpenError> {
        let Self::Postgres(database) = self else { return Ok(None) };
        let place = place(config, folder.layout());
        let failed = |cause| OpenError::Store { place: place.clone(), cause };
        let beginning = database.begin().await.map_err(failed)?;
        let begins = database.roster_version().await.map_err(failed)? == 0;
        let installation = database.installation().await.map_err(failed)?;
        folder.belongs_to(installation, begins)?;
        Ok(Some(beginning))
    }

    /// Returns the master key of a database: a daemon that joins others brings theirs, and only the first one makes it.
    pub(crate) async fn master_key(
        &self,
        config: &Config,
        folder: &Folder,
    ) -> Result<MasterKey, OpenError> {
        let place = place(config, folder.layout());
        let failed = |cause| OpenError::Store { place: place.clone(), cause };
        let (store, named) = (self.shared(), config.master_key_file.as_deref());
        if store.roster().await.map_err(failed)?.is_none() {
            return Ok(folder.master_key(named)?);
        }
        let master = kept_master_key(folder.layout(), named, &place)?;
        // Any application tells whose key it is.
        for id in store.ids(None, 1).await.map_err(failed)? {
            let key = store.application(id).await.map_err(failed)?.and_then(|stored| stored.key);
            if key.is_some_and(|key| master.unwrap(id, &key).is_err()) {
                return Err(OpenError::OtherKey { place });
            }
        }
        Ok(master)
    }

    /// Returns the store as an engine takes it.
    pub(crate) fn shared(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
        }
    }

    /// Returns the store as an audit takes it.
    pub(crate) fn auditable(&self) -> &dyn Auditable {
        match self {
            Self::Sqlite(store) => store,
            Self::Postgres(store) => store,
        }
    }

    /// Closes every connection.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// Returns where the store is, in words that may be shown.
pub(crate) fn place(config: &Config, layout: &Layout) -> String {
    match &config.store {
        config::Store::Sqlite => layout.database().display().to_string(),
        config::Store::Postgres(database) => Address::parse(&database.address)
            .map_or_else(|_| database.address.clone(), |address| address.to_string()),
    }
}

/// Returns a database's address with the password of its user.
pub(crate) fn address(database: &Database) -> Result<Address, OpenError> {
    let parsed = Address::parse(&database.address);
    let place = || database.address.clone();
    let mut address = parsed.map_err(|cause| OpenError::Store { place: place(), cause })?;
    if let Some(file) = &database.password_file {
        let password = read_private(file)?;
        let password = String::from_utf8_lossy(&password);
        address = address.with_password(password.trim_end_matches(['\r', '\n']));
    }
    Ok(match database.connections {
        Some(connections) => address.with_readers(connections),
        None => address,
    })
}
