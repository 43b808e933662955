//! Where everything is kept: a file in the data folder, or a database.

use std::path::PathBuf;

use annona_engine::store::Address;

use super::ConfigError;

/// What stands for the file in the data folder.
const SQLITE: &str = "sqlite";
/// Most connections of one daemon that read.
const MAX_CONNECTIONS: u32 = 1000;

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Store {
    /// In one SQLite file in the data folder.
    #[default]
    Sqlite,
    /// In a PostgreSQL database.
    Postgres(Database),
}

/// A database and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its address, without a password.
    pub address: String,
    /// File that holds the password.
    pub password_file: Option<PathBuf>,
    /// Connections that read, where they are not as many as usual.
    pub connections: Option<u32>,
}

/// Returns where everything is kept, if that can be used.
pub(super) fn check(
    store: Option<String>,
    password_file: Option<PathBuf>,
    connections: Option<u32>,
) -> Result<Store, ConfigError> {
    let Some(address) = store.filter(|store| store != SQLITE) else {
        return Ok(Store::Sqlite);
    };
    Address::parse(&address).map_err(|cause| {
        let wrong = "must be `sqlite`, or as `postgres://user@host/database`";
        ConfigError::setting("store", format!("{wrong}: {cause}"))
    })?;
    if connections.is_some_and(|number| !(1..=MAX_CONNECTIONS).contains(&number)) {
        let what = format!("must be from 1 to {MAX_CONNECTIONS}");
        return Err(ConfigError::setting("store_connections", what));
    }
    Ok(Store::Postgres(Database { address, password_file, connections }))
}
