//! A daemon as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Caller;

/// How long a daemon may take to be ready.
const READY: Duration = Duration::from_secs(30);
/// How long it may take to end.
const ENDED: Duration = Duration::from_mins(1);

/// A running daemon; killed when the value is dropped.
#[derive(Debug)]
pub struct Daemon {
    process: Child,
    /// Its data folder.
    pub folder: PathBuf,
    /// Where it listens.
    pub address: String,
}

/// Returns the binary that is tested.
#[must_use]
pub fn binary() -> PathBuf {
    let named = std::env::var_os("ANNONA_BIN").map(PathBuf::from);
    let built = repository().join("target/debug/annona");
    let binary = named.unwrap_or(built);
    assert!(
        binary.is_file(),
        "set ANNONA_BIN to the binary: there is none at {}",
        binary.display()
    );
    binary
}

/// Returns the Python that has the foreign verifiers.
#[must_use]
pub fn python() -> PathBuf {
    let named = std::env::var_os("ANNONA_PYTHON").map(PathBuf::from);
    named.unwrap_or_else(|| repository().join("target/tools/python/bin/python"))
}

/// Returns the root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Returns a folder of the test's own.
#[must_use]
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs the binary to its end.
#[must_use]
pub fn run(arguments: &[&str]) -> Output {
    clean(Command::new(binary()).args(arguments)).stdin(Stdio::null()).output().unwrap()
}

/// Takes what the surroundings say to other daemons out of a command's environment.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ANNONA_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG")
}

impl Daemon {
    /// Starts a daemon on a folder, at a port of the system's choice.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let mut command = Command::new(binary());
        command.arg("serve").arg("--data").arg(folder).args(["--listen", "127.0.0.1:0"]);
        Self::spawn(command, folder)
    }

    /// Starts a daemon by a command of the test's own.
    ///
    /// # Panics
    ///
    /// Panics if it is not ready in time.
    #[must_use]
    pub fn spawn(mut command: Command, folder: &Path) -> Self {
        let announced = folder.join("daemon.json");
        // One that was killed has left its announcement behind.
        let _ = std::fs::remove_file(&announced);
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.with_extension("log"))
            .unwrap();
        let process = clean(&mut command)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut daemon = Self { process, folder: folder.to_owned(), address: String::new() };
        let began = Instant::now();
        while daemon.address.is_empty() {
            assert!(began.elapsed() < READY, "not ready: {}", daemon.log());
            assert!(daemon.process.try_wait().unwrap().is_none(), "ended: {}", daemon.log());
            std::thread::sleep(Duration::from_millis(5));
            let text = std::fs::read_to_string(&announced).unwrap_or_default();
            let json: Value = serde_json::from_str(&text).unwrap_or_default();
            let address = json.get("address").and_then(Value::as_str);
            address.unwrap_or_default().clone_into(&mut daemon.address);
        }
        daemon
    }

    /// Returns what the daemon has written to its outputs.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.with_extension("log")).unwrap_or_default()
    }

    /// Returns somebody without a token.
    #[must_use]
    pub fn anyone(&self) -> Caller {
        Caller::new(&self.address)
    }

    /// Returns whoever set the installation up.
    #[must_use]
    pub fn admin(&self) -> Caller {
        let token = std::fs::read_to_string(self.folder.join("admin.token")).unwrap();
        self.anyone().bearing(token.trim())
    }

    /// Returns a person or provider of the roster, with a token that was just made: `person:grace`.
    pub async fn listed(&self, who: &str) -> Caller {
        let made = self.admin().post("/v1/tokens", &json!({"owner": who, "label": "test"})).await;
        self.anyone().bearing(&made.is(201).text("/token"))
    }

    /// Deploys a file of the examples.
    pub async fn deploy(&self, example: &str) {
        let file = repository().join("examples").join(example).join("programme.yaml");
        let source = std::fs::read(file).unwrap();
        let request = self.admin().request(reqwest::Method::POST, "/v1/programmes");
        let request = request.header("content-type", "application/yaml").body(source);
        let _ = Caller::try_send(request).await.unwrap().is(201);
    }

    /// Applies the roster of the examples.
    pub async fn apply_roster(&self) {
        let roster = std::fs::read(repository().join("examples/roster.yaml")).unwrap();
        let request = self.admin().request(reqwest::Method::PUT, "/v1/roster");
        let request = request.header("content-type", "application/yaml").body(roster);
        let _ = Caller::try_send(request).await.unwrap().is(200);
    }

    /// Returns its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Returns whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    /// Ends the daemon at once, as a loss of power would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks the daemon to end, and returns whether it ended well.
    #[must_use]
    pub fn terminate(&mut self) -> bool {
        signal("TERM", self.process.id());
        self.ended().success()
    }

    /// Sends the daemon a signal: `INT`.
    pub fn signal(&self, name: &str) {
        signal(name, self.process.id());
    }

    /// Waits until the daemon has ended.
    ///
    /// # Panics
    ///
    /// Panics if it does not end in time.
    #[must_use]
    pub fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < ENDED, "it goes on: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Sends a process a signal.
pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "no process {pid}");
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
