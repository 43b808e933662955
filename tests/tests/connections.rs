//! Many connections, silent ones, and those that never stop sending: each gets its answer, and none stands in another's way.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use annona_tests::{Caller, Daemon, binary, scratch};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::Value;

/// How many idle connections are opened where the system lets a process have so many files.
const IDLE: u64 = 10_000;
/// Fewer say nothing.
const LEAST: u64 = 2_000;
/// How many are opened before they are accepted.
const AT_ONCE: usize = 500;
/// Files of a process beside connections.
const OTHER_FILES: u64 = 1_500;
/// Most memory of a daemon with so many idle connections.
const MAX_KIB: u64 = 200 << 10;
/// Longest time for an answer on a machine that has other things to do as well.
const SOON: Duration = Duration::from_secs(2);

/// Starts a daemon with these settings, by a shell line that runs `"$@"` in the end.
fn daemon(place: &Path, settings: &str, line: &str) -> Daemon {
    let config = place.join("annona.toml");
    std::fs::write(&config, settings).unwrap();
    let data = place.join("data");
    let mut command = Command::new("sh");
    command.args(["-c", line, "sh"]).arg(binary()).arg("serve").arg("--config").arg(&config);
    command.arg("--data").arg(&data).args(["--listen", "127.0.0.1:0"]);
    Daemon::spawn(command, &data)
}

fn connect(daemon: &Daemon) -> TcpStream {
    TcpStream::connect(daemon.address.trim_start_matches("http://")).unwrap()
}

/// Returns the process of a daemon in `/proc`.
fn process(daemon: &Daemon) -> String {
    let announced = std::fs::read_to_string(daemon.folder.join("daemon.json")).unwrap();
    let announced: Value = serde_json::from_str(&announced).unwrap();
    format!("/proc/{}", announced["pid"])
}

/// Returns how much memory a daemon has, in KiB.
fn memory(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("{}/status", process(daemon))).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Returns how many files a daemon has open.
fn files(daemon: &Daemon) -> u64 {
    std::fs::read_dir(format!("{}/fd", process(daemon))).unwrap().count() as u64
}

async fn status(caller: &Caller, path: &str) -> u16 {
    caller.get(path).await.status.as_u16()
}

#[tokio::test]
async fn thousands_of_idle_connections_keep_nobody_waiting_and_take_little_memory() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let room = limit.maximum.map_or(IDLE, |most| most.saturating_sub(OTHER_FILES));
    let idle = room.min(IDLE);
    assert!(idle >= LEAST, "raise the hard limit of open files (ulimit -Hn)");
    let place = scratch();
    let daemon = daemon(place.path(), "", "exec \"$@\"");
    let before = memory(&daemon);
    let mut open = Vec::new();
    for number in 0..idle {
        let mut stream = connect(&daemon);
        // Every other one has begun a request.
        if number % 2 == 0 {
            stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: ").unwrap();
        }
        open.push(stream);
        // What waits to be accepted is bounded: a system that has no room for more lets a client try again after a second.
        while open.len().is_multiple_of(AT_ONCE) && files(&daemon) < open.len() as u64 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let began = Instant::now();
    assert_eq!(status(&daemon.anyone(), "/readyz").await, 200);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let after = memory(&daemon);
    assert!(after < MAX_KIB, "{before} KiB became {after} KiB with {idle} connections");
    // The last that was begun is answered as well, once it is whole.
    let mut last = open.swap_remove(usize::try_from((idle - 1) / 2 * 2).unwrap());
    last.write_all(b"x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    last.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[test]
fn a_refused_upload_reads_its_answer_though_its_client_sends_on_without_waiting() {
    /// Parts of 64 KiB that are sent: a hundred times what may be.
    const PARTS: usize = 200;
    let place = scratch();
    let daemon = daemon(place.path(), "limits.upload_bytes = 131072", "exec \"$@\"");
    let token = std::fs::read_to_string(daemon.folder.join("admin.token")).unwrap();
    let head = format!(
        "POST /v1/documents HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ntransfer-encoding: chunked\r\n\r\n9\r\n%PDF-1.7\n\r\n",
        token.trim()
    );
    let part = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000));
    for _ in 0..20 {
        let mut stream = connect(&daemon);
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..PARTS {
            stream.write_all(part.as_bytes()).unwrap();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("too_large"), "{answer}");
    }
    let left = std::fs::read_dir(daemon.folder.join("documents")).unwrap().count();
    assert_eq!(left, 0, "something of a refused document was left behind");
}

#[test]
fn headers_that_come_slowly_are_cut_off() {
    let place = scratch();
    let daemon = daemon(place.path(), "limits.idle_seconds = 1", "exec \"$@\"");
    let mut slow = connect(&daemon);
    slow.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let began = Instant::now();
    loop {
        // A header a moment: never silent, and never done.
        let sent = slow.write_all(b"x: y\r\n");
        match slow.read(&mut [0; 64]) {
            Ok(0) => break,
            Ok(_) => panic!("half a request was answered"),
            Err(_) if sent.is_err() => break,
            Err(_) => assert!(began.elapsed() < Duration::from_secs(20), "it goes on for ever"),
        }
    }
}

#[tokio::test]
async fn where_few_files_may_be_open_connections_are_refused_and_the_daemon_goes_on() {
    /// What half of the files leave room for.
    const ROOM: usize = 64;
    let place = scratch();
    let daemon = daemon(place.path(), "", "ulimit -n 128 && exec \"$@\"");
    let mut open: Vec<TcpStream> = (0..ROOM).map(|_| connect(&daemon)).collect();
    // A caller each, since each keeps its connection.
    assert_eq!(status(&daemon.anyone(), "/readyz").await, 503);
    assert_eq!(daemon.anyone().get("/v1/trust-list").await.code(), "overloaded");
    assert_eq!(status(&daemon.anyone(), "/healthz").await, 200);
    open.clear();
    let began = Instant::now();
    while status(&daemon.anyone(), "/readyz").await != 200 {
        assert!(began.elapsed() < Duration::from_secs(20), "no place became free");
    }
    assert!(daemon.log().contains("open files are limited"), "{}", daemon.log());
}
