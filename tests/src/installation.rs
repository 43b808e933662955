//! An installation that outlives its daemons: a data folder, a store, and a clock that goes on while nothing runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Caller, Cluster, Daemon, binary, repository, run, scratch};

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
    _cluster: Option<Cluster>,
    minutes: u32,
    tokens: Vec<String>,
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
#[derive(Debug, Clone)]
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
        let place = scratch();
        let mut made = Self { place, store, _cluster: cluster, minutes: 0, tokens: Vec::new() };
        let mut daemon = made.start();
        let read = |name: &str| std::fs::read(repository().join("tests/crash").join(name)).unwrap();
        let admin = daemon.admin();
        for (method, path, name, status) in [
            (reqwest::Method::POST, "/v1/programmes", "programme.yaml", 201),
            (reqwest::Method::PUT, "/v1/roster", "roster.yaml", 200),
        ] {
            let request = admin.request(method, path).header("content-type", "application/yaml");
            let _ = Caller::try_send(request.body(read(name))).await.unwrap().is(status);
        }
        for owner in PEOPLE {
            let body = json!({"owner": owner, "label": "crash"});
            made.tokens.push(admin.post("/v1/tokens", &body).await.is(201).text("/token"));
        }
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
        Callers(self.tokens.iter().map(|token| daemon.anyone().bearing(token)).collect())
    }

    /// Has everything recomputed that was recorded.
    ///
    /// # Errors
    ///
    /// Returns the first difference in words.
    pub fn verify(&self) -> Result<Value, String> {
        let folder = self.folder();
        verify(&folder, &self.store)
    }
}

/// Has everything recomputed that was recorded in a folder and its store.
///
/// # Errors
///
/// Returns the first difference in words.
pub fn verify(folder: &Path, store: &str) -> Result<Value, String> {
    let folder = folder.to_str().unwrap();
    let output = run(&["verify", "log", "--json", "--data", folder, "--store", store]);
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(serde_json::from_str(&words).unwrap());
    }
    Err(format!("{words}{}", String::from_utf8_lossy(&output.stderr)))
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
