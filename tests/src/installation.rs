//! An installation that outlives its daemons: a data folder, a store, and a clock that goes on while nothing runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::daemon::clean;
use crate::{Caller, Cluster, Daemon, binary, repository, scratch};

/// Where the library is that gives a daemon another clock, beside its architecture's name.
const OTHER_CLOCK: &str = "faketime/libfaketime.so.1";
/// How far the clock goes on between two daemons, in minutes: timers of the programme are due by then.
const MINUTES: u32 = 1;

/// Which store an installation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// A file in the data folder.
    Sqlite,
    /// A database on a server of its own.
    Postgres,
}

impl StoreKind {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// An installation.
#[derive(Debug)]
pub struct Installation {
    place: TempDir,
    store: String,
    /// The file of the database's password, where it asks for one.
    password_file: Option<PathBuf>,
    _cluster: Option<Cluster>,
    minutes: u32,
    /// Everybody who asks, wherever.
    callers: Callers,
}

/// Who asks in the crash tests, in the order of [`Post`].
const PEOPLE: [&str; 10] = [
    "person:portal",
    "person:ama",
    "person:grace",
    "person:daniel",
    "provider:mulago",
    "provider:lacor",
    "person:ada",
    "person:abena",
    "person:akua",
    "person:afia",
];

/// Everybody who asks one daemon.
#[derive(Debug, Clone, Default)]
pub struct Callers(Vec<Caller>);

/// One of those who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// Sends applications.
    Portal = 0,
    /// Decides the first stage.
    Assessor,
    /// Decides the second.
    Doctor,
    /// Decides the third.
    Approver,
    /// Redeems.
    Mulago,
    /// Redeems as well.
    Lacor,
    /// Reads everything.
    Auditor,
    /// Decides the first stage as well.
    Abena,
    /// So does she.
    Akua,
    /// And she.
    Afia,
}

impl Callers {
    /// Deploys the crash tests' programme, lists its people and makes each a token.
    pub async fn of(admin: &Caller) -> Self {
        let read = |name: &str| std::fs::read(repository().join("tests/crash").join(name)).unwrap();
        for (method, path, name, status) in [
            (reqwest::Method::POST, "/v1/programmes", "programme.yaml", 201),
            (reqwest::Method::PUT, "/v1/roster", "roster.yaml", 200),
        ] {
            let request = admin.request(method, path).header("content-type", "application/yaml");
            let _ = Caller::try_send(request.body(read(name))).await.unwrap().is(status);
        }
        let mut callers = Vec::new();
        for owner in PEOPLE {
            let body = json!({"owner": owner, "label": "crash"});
            let token = admin.post("/v1/tokens", &body).await.is(201).text("/token");
            callers.push(admin.bearing(&token));
        }
        Self(callers)
    }

    /// Returns the same people at the daemon of an address.
    #[must_use]
    pub fn at_daemon(&self, address: &str) -> Self {
        // Each with connections of its own: one daemon's end breaks no other's.
        let tokens = self.0.iter().filter_map(Caller::token);
        Self(tokens.map(|token| Caller::new(address).bearing(token)).collect())
    }

    /// Returns one of those who ask.
    #[must_use]
    pub fn at(&self, post: Post) -> &Caller {
        &self.0[post as usize]
    }
}

impl Installation {
    /// Makes an installation with the crash tests' programme and people.
    pub async fn new(kind: StoreKind) -> Self {
        let (cluster, store) = match kind {
            StoreKind::Sqlite => (None, "sqlite".to_owned()),
            StoreKind::Postgres => {
                let cluster = Cluster::start();
                let address = cluster.create("annona");
                (Some(cluster), address)
            }
        };
        Self::set_up(store, None, cluster).await
    }

    /// Makes the same installation over an empty database of somebody else's server.
    pub async fn over(store: &str, password_file: Option<PathBuf>) -> Self {
        Self::set_up(store.to_owned(), password_file, None).await
    }

    async fn set_up(
        store: String,
        password_file: Option<PathBuf>,
        cluster: Option<Cluster>,
    ) -> Self {
        let (place, callers) = (scratch(), Callers::default());
        let mut made = Self { place, store, password_file, _cluster: cluster, minutes: 0, callers };
        let mut daemon = made.start();
        made.callers = Callers::of(&daemon.admin()).await;
        assert!(daemon.terminate());
        made
    }

    /// Returns the data folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.place.path().join("data")
    }

    /// Returns the command that serves it, at a later instant than the one before.
    #[must_use]
    pub fn command(&mut self) -> Command {
        self.minutes += MINUTES;
        self.command_on(&self.folder())
    }

    /// Returns the command that serves a copy of its folder, at the instant of the last one.
    #[must_use]
    pub fn command_on(&self, folder: &Path) -> Command {
        let mut command = Command::new(binary());
        command
            .arg("serve")
            .arg("--data")
            .arg(folder)
            .args(["--listen", "127.0.0.1:0", "--store", &self.store])
            .envs(password(self.password_file.as_deref()))
            .env("LD_PRELOAD", other_clock())
            .env("FAKETIME", format!("+{}m", self.minutes))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
        command
    }

    /// Starts a daemon at a later instant than the one before.
    #[must_use]
    pub fn start(&mut self) -> Daemon {
        let command = self.command();
        Daemon::spawn(command, &self.folder())
    }

    /// Starts one more daemon over the same database, on a folder of its own with the same keys.
    #[must_use]
    pub fn join(&self, name: &str) -> Daemon {
        let folder = self.folder().with_file_name(name);
        copy(&self.folder(), &folder);
        Daemon::spawn(self.command_on(&folder), &folder)
    }

    /// Returns everybody who asks, at the daemon that runs now.
    #[must_use]
    pub fn office(&self, daemon: &Daemon) -> Callers {
        self.callers.at_daemon(&daemon.address)
    }

    /// Has everything recomputed that was recorded.
    ///
    /// # Errors
    ///
    /// Returns the first difference in words.
    pub fn verify(&self) -> Result<Value, String> {
        verify(&self.folder(), &self.store, self.password_file.as_deref())
    }
}

/// Has everything recomputed that was recorded in a folder and its store.
///
/// # Errors
///
/// Returns the first difference in words.
pub fn verify(folder: &Path, store: &str, password_file: Option<&Path>) -> Result<Value, String> {
    let mut command = Command::new(binary());
    command.args(["verify", "log", "--json", "--store", store, "--data"]).arg(folder);
    recomputed(command.envs(password(password_file)))
}

/// Runs a command that recomputes what was recorded.
pub(crate) fn recomputed(command: &mut Command) -> Result<Value, String> {
    let output = clean(command).output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(serde_json::from_str(&words).unwrap());
    }
    Err(format!("{words}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Returns the setting that names the file of the database's password, where there is one.
fn password(file: Option<&Path>) -> Option<(&str, &Path)> {
    Some(("ANNONA_STORE_PASSWORD_FILE", file?))
}

/// Copies a folder with its modes, without what a running daemon says of itself.
fn copy(from: &Path, to: &Path) {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (name, to) = (entry.file_name(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else if name != "lock" && name != "daemon.json" {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn other_clock() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let found = folders.map(|folder| folder.path().join(OTHER_CLOCK)).find(|file| file.is_file());
    assert!(found.is_some(), "no {OTHER_CLOCK}: please install it; on Debian: libfaketime");
    found.unwrap()
}
