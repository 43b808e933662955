//! The daemon: one data folder, one engine, one address.
//!
//! Puts the parts together, starts them and stops them in order. Holds no rule.

mod first;

use std::sync::Arc;

use annona_engine::clock::{Clock, System};
use annona_engine::service::{Engine, Failure, Settings};
use annona_engine::store::{Sqlite, StoreError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::documents::Documents;
use crate::folder::{Folder, FolderError, Running};
use crate::http::{self, App};
use crate::keyring::{Identity, Keyring, KeyringError};
use crate::random::RandomError;

/// How many indexes one status list has.
const STATUS_LIST_SIZE: u32 = 1 << 20;

/// A daemon that cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The store cannot be used.
    #[error("{}: {cause}", file.display())]
    Store {
        /// The database.
        file: std::path::PathBuf,
        /// Why.
        cause: StoreError,
    },
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] Failure),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
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

/// A daemon that listens and does not answer yet.
#[derive(Debug)]
pub struct Daemon {
    folder: Folder,
    store: Sqlite,
    engine: Engine,
    keyring: Arc<Keyring>,
    app: App,
    listener: TcpListener,
    address: String,
    stop_time: std::time::Duration,
}

impl Daemon {
    /// Takes the data folder, opens the store and the port, and starts the engine.
    ///
    /// # Errors
    ///
    /// Returns [`DaemonError`] for the first part that cannot be used; nothing is left half started.
    pub async fn start(config: &Config) -> Result<Self, DaemonError> {
        let folder = Folder::open(&config.data)?;
        let master = folder.master_key(config.master_key_file.as_deref())?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|cause| DaemonError::Listen { address: config.listen, cause })?;
        let local = listener.local_addr().map_err(DaemonError::Serve)?;
        let address = config.address.clone().unwrap_or_else(|| format!("http://{local}"));
        let clock: Arc<dyn Clock> = Arc::new(System);
        let identity = Identity::new(&config.issuer, &address);
        let keyring = Arc::new(Keyring::open(folder.layout(), &identity, clock.now())?);
        let file = folder.layout().database();
        let store = Sqlite::open(&file)
            .await
            .map_err(|cause| DaemonError::Store { file: file.clone(), cause })?;
        let settings = Settings {
            issuer: config.issuer.clone(),
            address: address.clone(),
            status_list_size: STATUS_LIST_SIZE,
        };
        let signer = keyring.signer().clone();
        let engine =
            Engine::start(Arc::new(store.clone()), clock, master, signer, settings).await?;
        first::administrator(&folder, &engine).await?;
        let documents = Documents::new(folder.layout().documents());
        let app = App::new(engine.clone(), documents, Arc::clone(&keyring), config.limits);
        // What clients on this machine connect to, wherever people reach the daemon.
        folder
            .announce(&Running { address: format!("http://{local}"), pid: std::process::id() })?;
        let stop_time = config.limits.stop_time;
        Ok(Self { folder, store, engine, keyring, app, listener, address, stop_time })
    }

    /// Returns the address at which people reach the daemon.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the data folder.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Returns the keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Returns the engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Answers requests until `stop`, then ends what is under way and closes the store.
    ///
    /// # Errors
    ///
    /// Returns [`DaemonError::Serve`] if serving ends by itself.
    pub async fn run(self, stop: CancellationToken) -> Result<(), DaemonError> {
        let router = http::router(self.app);
        let stopped = stop.clone();
        let serving = axum::serve(self.listener, router)
            .with_graceful_shutdown(async move { stopped.cancelled().await });
        let limit = async {
            stop.cancelled().await;
            tokio::time::sleep(self.stop_time).await;
        };
        let served = tokio::select! {
            served = serving => served.map_err(DaemonError::Serve),
            () = limit => Ok(()),
        };
        self.engine.stop().await;
        self.store.close().await;
        self.folder.retract();
        served
    }
}
