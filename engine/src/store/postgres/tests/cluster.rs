//! A PostgreSQL server for one test, in a temporary folder, on a socket in it: nothing listens on the network.
//!
//! Servers are not shared, because each test is a process; a new one takes under a second. It is ended by its process id.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::super::super::StoreError;
use super::super::{Address, Postgres};

/// Where Debian puts the binaries of each version.
const INSTALLED: &str = "/usr/lib/postgresql";
/// How long a server may take to start.
const START: Duration = Duration::from_mins(1);
/// The user that runs the server where the tests are run by the superuser, whom it refuses.
const USER: &str = "postgres";

/// A running server.
#[derive(Debug)]
pub(super) struct Cluster {
    binaries: PathBuf,
    folder: TempDir,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a server and starts it.
    pub(super) fn start() -> Self {
        let binaries = binaries();
        let folder = tempfile::Builder::new().prefix("annona-pg").tempdir().unwrap();
        if is_superuser() {
            succeeded(&Command::new("chown").arg(USER).arg(folder.path()).output().unwrap());
        }
        let mut cluster = Self { binaries, folder, server: None };
        let made = cluster
            .command("initdb")
            .args([
                "--username=annona",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .arg("--pgdata")
            .arg(cluster.data())
            .output();
        succeeded(&made.unwrap());
        cluster.go_on();
        cluster
    }

    /// Starts the server again.
    pub(super) fn go_on(&mut self) {
        let log = self.folder.path().join("log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let server = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-c", "listen_addresses=", "-c", "shared_buffers=32MB"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.server = Some(server.unwrap());
        let began = Instant::now();
        while !self.is_ready() {
            assert!(began.elapsed() < START, "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server: at once, and its sessions with it.
    pub(super) fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let file = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = text.lines().next() {
            let _ = Command::new("kill").args(["-INT", pid]).status();
        }
        let _ = server.wait();
    }

    /// Returns the address of a database.
    pub(super) fn address(&self, database: &str) -> Address {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        Address::parse(&format!("postgres://annona@{socket}/{database}")).unwrap()
    }

    /// Makes an empty database.
    pub(super) async fn create(&self, database: &str) {
        self.run("postgres", &format!("CREATE DATABASE {database} TEMPLATE template0")).await;
    }

    /// Makes a database and opens the store in it.
    pub(super) async fn store(&self, database: &str) -> Postgres {
        self.create(database).await;
        self.open(database).await.unwrap()
    }

    /// Opens the store in a database.
    pub(super) async fn open(&self, database: &str) -> Result<Postgres, StoreError> {
        Postgres::open(&self.address(database)).await
    }

    /// Runs a statement in a database, as an administrator does.
    pub(super) async fn run(&self, database: &str, sql: &str) {
        let options = &self.address(database).options;
        let mut connection =
            <sqlx::PgConnection as sqlx::Connection>::connect_with(options).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn is_ready(&self) -> bool {
        let asked = Command::new(self.binaries.join("pg_isready"))
            .arg("-q")
            .arg("-h")
            .arg(self.folder.path())
            .status();
        asked.unwrap().success()
    }

    /// Returns one of the server's programs, which refuse to be run by the superuser.
    fn command(&self, program: &str) -> Command {
        let program = self.binaries.join(program);
        let mut command = if is_superuser() {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

fn is_superuser() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}

/// Returns the folder of the newest server that is installed.
fn binaries() -> PathBuf {
    let folders = std::fs::read_dir(INSTALLED).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = folders
        .filter_map(|folder| {
            let version = folder.file_name().to_str()?.parse().ok()?;
            Some((version, folder.path().join("bin")))
        })
        .filter(|(_, binaries)| binaries.join("postgres").is_file())
        .collect();
    found.sort();
    let Some((_, newest)) = found.pop() else {
        panic!("no PostgreSQL server in {INSTALLED}: please install it; on Debian: postgresql");
    };
    newest
}

fn succeeded(output: &Output) {
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
}
