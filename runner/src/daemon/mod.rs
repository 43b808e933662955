//! The daemon: one data folder, one engine, one address.
//!
//! Puts the parts together, starts them and stops them in order. Holds no rule.

mod begin;
mod connections;
mod courier;
mod error;
mod first;
mod workers;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use annona_engine::clock::{Clock, System};
use annona_engine::outbox::Outbox;
use annona_engine::service::{Engine, Settings};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::begin::Begun;
use self::connections::Connections;
use self::courier::Courier;
use self::workers::Workers;
use crate::channels::{Channel, Console, Smtp};
use crate::config::{Config, Limits, Store};
use crate::documents::Documents;
use crate::folder::{Folder, FolderError, KeysHeld, Layout, Running, create_folder};
use crate::http::{self, App};
use crate::keyring::{Identity, Keyring};
use crate::opened::Opened;

pub use error::DaemonError;

/// How many indexes one status list has.
const STATUS_LIST_SIZE: u32 = 1 << 20;
/// Longest wait for what workers are at when the daemon stops.
const WORKERS_STOP: Duration = Duration::from_secs(10);

/// A daemon that listens and does not answer yet.
#[derive(Debug)]
pub struct Daemon {
    folder: Folder,
    store: Opened,
    engine: Engine,
    keyring: Arc<Keyring>,
    _keys: KeysHeld,
    documents: Documents,
    outbox: Arc<Outbox>,
    app: App,
    listener: TcpListener,
    address: String,
    messages: Messages,
    is_first_start: bool,
    limits: Limits,
}

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Messages {
    /// The mail server, if there is one.
    pub mail: Option<String>,
    /// The folder of what no other channel reaches.
    pub folder: PathBuf,
}

impl Daemon {
    /// Takes the data folder, opens the store and the port, and starts the engine.
    ///
    /// # Errors
    ///
    /// Returns [`DaemonError`] for the first part that cannot be used; nothing is left half started.
    pub async fn start(config: &Config) -> Result<Self, DaemonError> {
        let folder = Folder::take(Layout::of(config))?;
        let (messages, channels) = channels(config, &folder)?;
        let listener = connections::listen(config.listen)
            .map_err(|cause| DaemonError::Listen { address: config.listen, cause })?;
        let local = listener.local_addr().map_err(DaemonError::Serve)?;
        let address = config.address.clone().unwrap_or_else(|| format!("http://{local}"));
        let clock: Arc<dyn Clock> = Arc::new(System);
        let identity = Identity::new(&config.issuer, &address);
        let Begun { store, master, keyring, keys, beginning } =
            Begun::open(config, &folder, &identity, clock.now()).await?;
        let settings = Settings {
            issuer: config.issuer.clone(),
            address: address.clone(),
            status_list_size: STATUS_LIST_SIZE,
        };
        let signer = keyring.signer().clone();
        let engine = Engine::start(store.shared(), clock, master, signer, settings).await?;
        let is_first_start = first::administrator(&folder, &engine).await?;
        if let Some(beginning) = beginning {
            beginning.end().await;
        }
        let keyring = Arc::new(keyring);
        let documents = documents(config, &folder, engine.now())?;
        let courier = Arc::new(Courier::new(engine.clone(), channels));
        let outbox = Arc::new(Outbox::new(engine.clone(), courier));
        let app = App::new(engine.clone(), documents.clone(), Arc::clone(&keyring), config.limits);
        // What clients on this machine connect to, wherever people reach the daemon.
        folder
            .announce(&Running { address: format!("http://{local}"), pid: std::process::id() })?;
        Ok(Self {
            folder,
            store,
            engine,
            keyring,
            _keys: keys,
            documents,
            outbox,
            app,
            listener,
            address,
            messages,
            is_first_start,
            limits: config.limits,
        })
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

    /// Returns where messages go.
    #[must_use]
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// Returns whether this start made the first administrator.
    #[must_use]
    pub fn is_first_start(&self) -> bool {
        self.is_first_start
    }

    /// Answers requests and does what falls due until `stop`; then takes nothing more, ends what is under way, and closes the
    /// store.
    pub async fn run(self, stop: CancellationToken) {
        let workers = Workers::start(&self.engine, &self.documents, &self.outbox);
        let overflow = http::overflow(self.app.clone());
        let router = http::router(self.app);
        let connections = Connections::new(self.listener, router, overflow, self.limits);
        let limit = async {
            stop.cancelled().await;
            tokio::time::sleep(self.limits.stop_time).await;
        };
        tokio::select! {
            () = connections.serve(&stop) => {}
            () = limit => {}
        }
        workers.stop(WORKERS_STOP).await;
        self.engine.stop().await;
        self.store.close().await;
        self.folder.retract();
    }
}

/// Returns the documents, without what uploads that were broken off left behind.
fn documents(config: &Config, folder: &Folder, now: Timestamp) -> Result<Documents, DaemonError> {
    let place = folder.layout().documents();
    let documents = match config.store {
        Store::Sqlite => Documents::new(place),
        Store::Postgres(_) => Documents::shared(place),
    };
    documents.remove_drafts(now).map_err(FolderError::io(documents.folder()))?;
    Ok(documents)
}

/// Returns the channels of a configuration, the folder that takes what no other reaches last.
fn channels(
    config: &Config,
    folder: &Folder,
) -> Result<(Messages, Vec<Arc<dyn Channel>>), DaemonError> {
    let console = config.messages.clone().unwrap_or_else(|| folder.layout().messages());
    let mut channels: Vec<Arc<dyn Channel>> = Vec::new();
    if let Some(settings) = &config.smtp {
        channels.push(Arc::new(Smtp::new(settings)?));
    }
    create_folder(&console)?;
    channels.push(Arc::new(Console::new(console.clone())));
    let mail = config.smtp.as_ref().map(|smtp| format!("{}:{}", smtp.host, smtp.port));
    Ok((Messages { mail, folder: absolute(&console) }, channels))
}

/// Returns a path as people can use it from another folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests;
