//! A PostgreSQL server for one test, in a temporary folder of its own; ended by its process id.
//!
//! Needs Debian's `postgresql` alone. Listens on a socket in its folder, and on the network only where a test asks for it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Where Debian puts the binaries of each version.
const INSTALLED: &str = "/usr/lib/postgresql";
/// How long a server may take to start.
const START: Duration = Duration::from_mins(1);
/// Name of the small disk.
const DISK: &str = "disk";
/// How large it is.
const DISK_SIZE: &str = "24m";
/// The user that runs the server where the tests are run by the superuser, whom it refuses.
const USER: &str = "postgres";

/// A server; ended when the value is dropped.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    data: PathBuf,
    port: u16,
    settings: Vec<String>,
    /// What runs the server's programs as a user that they accept.
    runner: Vec<String>,
    /// What runs the server itself, where it has a disk of its own.
    small_disk: Vec<String>,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a server and starts it.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Makes a server with settings of its own (`ssl=on`) and starts it.
    #[must_use]
    pub fn with(settings: &[&str]) -> Self {
        let cluster = Self::empty();
        given_to_server(cluster.folder.path());
        cluster.begin(settings)
    }

    fn begin(mut self, settings: &[&str]) -> Self {
        let mut made = self.command("initdb");
        made.args(["--username=annona", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        succeeded(&made.arg("--no-sync").arg("--pgdata").arg(&self.data).output().unwrap());
        self.settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        self.go_on();
        self
    }

    /// Makes a server beside whose folder there is a small disk, which it alone sees, and starts it.
    #[must_use]
    pub fn with_small_disk() -> Self {
        let mut cluster = Self::empty();
        // In a namespace there is no other user to run it as: it is told that its own is not the superuser.
        let as_nobody = ["unshare", "-U", "--map-user=1000", "--map-group=1000"];
        cluster.runner = as_nobody.map(ToOwned::to_owned).to_vec();
        let disk = cluster.folder.path().join(DISK);
        std::fs::create_dir(&disk).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={DISK_SIZE},mode=700 tmpfs {} && exec \"$@\"",
            disk.display()
        );
        cluster.small_disk =
            ["unshare", "-rm", "bash", "-c", &script, "bash"].map(ToOwned::to_owned).to_vec();
        cluster.begin(&[])
    }

    /// Makes an empty database on the small disk and returns its address.
    #[must_use]
    pub fn create_on_small_disk(&self, database: &str) -> String {
        let disk = self.folder.path().join(DISK);
        let space = format!("CREATE TABLESPACE small LOCATION '{}'", disk.display());
        let _ = self.query("postgres", &space);
        let sql = format!("CREATE DATABASE {database} TEMPLATE template0 TABLESPACE small");
        let _ = self.query("postgres", &sql);
        self.address(database)
    }

    /// Returns the small disk as it can be reached from outside the server.
    ///
    /// # Panics
    ///
    /// Panics if the server is not running.
    #[must_use]
    pub fn small_disk(&self) -> PathBuf {
        let pid = self.server.as_ref().unwrap().id();
        let disk = self.folder.path().join(DISK);
        Path::new("/proc").join(pid.to_string()).join("root").join(disk.strip_prefix("/").unwrap())
    }

    /// Makes a server that follows this one and can only be read, and starts it.
    #[must_use]
    pub fn standby(&self) -> Self {
        let mut standby = Self::empty();
        given_to_server(standby.folder.path());
        let mut copied = standby.command("pg_basebackup");
        copied.arg("-h").arg(self.folder.path()).args(["-p", &self.port.to_string()]);
        copied.args(["-U", "annona", "-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"]);
        succeeded(&copied.arg(&standby.data).output().unwrap());
        standby.go_on();
        standby
    }

    fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("annona-pg").tempdir().unwrap();
        let data = folder.path().join("data");
        let runner = if is_superuser() { vec!["runuser", "-u", USER, "--"] } else { Vec::new() };
        let runner = runner.into_iter().map(ToOwned::to_owned).collect();
        let (settings, small_disk) = (Vec::new(), Vec::new());
        Self { folder, data, port: free_port(), settings, runner, small_disk, server: None }
    }

    /// Starts the server again.
    ///
    /// # Panics
    ///
    /// Panics if it is not ready in time.
    pub fn go_on(&mut self) {
        let log = self.folder.path().join("log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut server = self.command("postgres");
        server.arg("-D").arg(&self.data).arg("-k").arg(self.folder.path());
        server.args(["-p", &self.port.to_string(), "-c", "shared_buffers=32MB"]);
        server.args(["-c", "listen_addresses="]);
        for setting in &self.settings {
            server.args(["-c", setting]);
        }
        server.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.server = Some(server.spawn().unwrap());
        let began = Instant::now();
        while !self.is_ready() {
            assert!(began.elapsed() < START, "the server does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server at once, and its sessions with it.
    pub fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let text = std::fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        if let Some(pid) = text.lines().next() {
            let _ = Command::new("kill").args(["-INT", pid]).status();
        }
        let _ = server.wait();
    }

    /// Makes a server that follows another one the one that is written to.
    pub fn promote(&self) {
        let mut promoting = self.command("pg_ctl");
        succeeded(&promoting.arg("promote").arg("-D").arg(&self.data).output().unwrap());
    }

    /// Makes an empty database and returns its address, over the socket.
    #[must_use]
    pub fn create(&self, database: &str) -> String {
        let _ = self.query("postgres", &format!("CREATE DATABASE {database} TEMPLATE template0"));
        self.address(database)
    }

    /// Returns the address of a database, over the socket.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://annona@{socket}:{}/{database}", self.port)
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder of the server and of whatever belongs to it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a statement as an administrator does, and returns what it says, a row a line.
    #[must_use]
    pub fn query(&self, database: &str, sql: &str) -> String {
        let mut asking = self.command("psql");
        asking.arg("-h").arg(self.folder.path()).args(["-p", &self.port.to_string()]);
        asking.args(["-U", "annona", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]);
        let output = asking.output().unwrap();
        succeeded(&output);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn is_ready(&self) -> bool {
        let mut asking = Command::new(binaries().join("pg_isready"));
        asking.arg("-q").arg("-h").arg(self.folder.path()).args(["-p", &self.port.to_string()]);
        asking.status().unwrap().success()
    }

    /// Returns one of the server's programs, which refuse to be run by the superuser.
    fn command(&self, program: &str) -> Command {
        let own_disk: &[String] = if program == "postgres" { &self.small_disk } else { &[] };
        let mut words = own_disk.iter().chain(&self.runner).map(Into::into);
        let program = binaries().join(program).into_os_string();
        let first = words.next().unwrap_or_else(|| program.clone());
        let mut rest: Vec<std::ffi::OsString> = words.collect();
        if !(own_disk.is_empty() && self.runner.is_empty()) {
            rest.push(program);
        }
        let mut command = Command::new(first);
        command.args(rest).current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Gives a file or folder to the user that runs servers.
///
/// # Panics
///
/// Panics if it cannot be given.
pub fn given_to_server(path: &Path) {
    if is_superuser() {
        succeeded(&Command::new("chown").arg("-R").arg(USER).arg(path).output().unwrap());
    }
}

/// Returns a port that nobody uses now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
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
            Some((folder.file_name().to_str()?.parse().ok()?, folder.path().join("bin")))
        })
        .filter(|(_, binaries)| binaries.join("postgres").is_file())
        .collect();
    found.sort();
    let newest = found.pop();
    assert!(newest.is_some(), "no PostgreSQL server in {INSTALLED}: on Debian, install postgresql");
    newest.unwrap_or_default().1
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
