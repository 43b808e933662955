//! Fail points without a line of code in the daemon: `strace` stops the unmodified binary at a system call, and kills it there
//! or has the call fail.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Daemon, StoreKind};

/// How long it may take until every thread is watched.
const ATTACHED: Duration = Duration::from_secs(10);
/// How long a call that is killed after its end is held there, in microseconds.
const HELD: u32 = 2_000_000;
/// What strace writes of a call that is held.
const IS_HELD: &str = "(DELAYED)";
/// What strace writes of a call that it had fail.
const IS_INJECTED: &str = "(INJECTED)";

/// A kind of moment in which something is half done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// What it is.
    pub name: &'static str,
    /// The system calls.
    pub calls: &'static str,
    /// The file in the data folder that they are about, if it is one.
    pub file: Option<&'static str>,
    /// The latest call of a thread that is taken.
    pub latest: u64,
}

/// Which side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// It is not done.
    Before,
    /// It is done, and nothing that follows.
    After,
}

const fn point(
    name: &'static str,
    calls: &'static str,
    file: Option<&'static str>,
    latest: u64,
) -> Point {
    Point { name, calls, file, latest }
}

/// What happens on the way of a decision in SQLite, of its answer and its messages.
const SQLITE: &[Point] = &[
    point("write into the journal", "pwrite64", Some("annona.db-wal"), 90),
    point("sync of the journal", "fsync,fdatasync", Some("annona.db-wal"), 5),
    point("answer", "writev,sendto", None, 40),
    point("write into the database", "pwrite64", Some("annona.db"), 40),
    point("sync of the database", "fsync,fdatasync", Some("annona.db"), 1),
    point("sync of any file", "fsync,fdatasync", None, 2),
    point("a message gets its name", "link,linkat", None, 2),
    point("a draft is removed", "unlink", None, 2),
    point("a document gets its name", "rename,renameat,renameat2", None, 1),
    point("hand-over between threads", "futex", None, 60),
];

/// What happens on the way of a decision in PostgreSQL: its statements and its COMMIT go through the same calls as answers.
const POSTGRES: &[Point] = &[
    point("statement, COMMIT or answer is sent", "sendto,writev", None, 90),
    point("statement, COMMIT or request is received", "recvfrom", None, 90),
    point("sync of any file", "fsync,fdatasync", None, 2),
    point("a message gets its name", "link,linkat", None, 2),
    point("a draft is removed", "unlink", None, 2),
    point("a document gets its name", "rename,renameat,renameat2", None, 1),
    point("hand-over between threads", "futex", None, 60),
];

/// Returns the points of a store.
#[must_use]
pub fn points(kind: StoreKind) -> &'static [Point] {
    match kind {
        StoreKind::Sqlite => SQLITE,
        StoreKind::Postgres => POSTGRES,
    }
}

/// A daemon's calls being watched.
#[derive(Debug)]
pub struct Watch {
    tracer: Child,
    log: PathBuf,
}

impl Watch {
    /// Has a daemon killed at the `nth` call of a thread.
    #[must_use]
    pub fn kill(daemon: &Daemon, point: &Point, side: Side, nth: u64) -> Self {
        let what = match side {
            Side::Before => "signal=SIGKILL".to_owned(),
            Side::After => format!("delay_exit={HELD}"),
        };
        let inject = format!("{}:{what}:when={nth}", point.calls);
        Self::start(daemon, point.calls, point.file, &inject)
    }

    /// Has calls of a daemon fail with an error: `when` names which ones of each thread, as strace does.
    #[must_use]
    pub fn fail(daemon: &Daemon, calls: &str, file: Option<&str>, error: &str, when: &str) -> Self {
        Self::start(daemon, calls, file, &format!("{calls}:error={error}:when={when}"))
    }

    fn start(daemon: &Daemon, calls: &str, file: Option<&str>, inject: &str) -> Self {
        let log = daemon.folder.with_extension("strace");
        let _ = std::fs::remove_file(&log);
        let mut command = Command::new("strace");
        command.args(["-f", "-qqq", "-s", "0", "-p", &daemon.id().to_string()]).arg("-o").arg(&log);
        command.args(["-e", &format!("trace={calls}"), "-e", "signal=none"]);
        command.args(["-e", &format!("inject={inject}")]);
        if let Some(file) = file {
            command.arg("-P").arg(daemon.folder.join(file));
        }
        let tracer = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let tracer = tracer.spawn().unwrap();
        let began = Instant::now();
        while !is_watched(daemon.id()) {
            assert!(began.elapsed() < ATTACHED, "strace does not attach: may it trace here?");
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { tracer, log }
    }

    /// Returns whether a call is held at its end.
    #[must_use]
    pub fn holds(&self) -> bool {
        std::fs::read_to_string(&self.log).is_ok_and(|text| text.contains(IS_HELD))
    }

    /// Returns how many calls were had fail.
    #[must_use]
    pub fn failed(&self) -> usize {
        std::fs::read_to_string(&self.log).map_or(0, |text| text.matches(IS_INJECTED).count())
    }

    /// Lets the daemon go.
    pub fn end(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        if self.tracer.try_wait().is_ok_and(|ended| ended.is_none()) {
            let pid = self.tracer.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &pid]).status();
            let _ = self.tracer.wait();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Returns whether every thread of a process is watched, or the process is gone.
fn is_watched(pid: u32) -> bool {
    let threads = std::fs::read_dir(Path::new("/proc").join(pid.to_string()).join("task"));
    threads.into_iter().flatten().flatten().all(|thread| {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        status.lines().all(|line| line != "TracerPid:\t0")
    })
}
