//! How a daemon is ended while a request is under way: told once, it waits; told twice, it does not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use annona_tests::{Daemon, binary, scratch, signal};
use serde_json::Value;

/// Exit status of a daemon that was told twice.
const ENDED_AT_ONCE: i32 = 130;

/// Begins a request that does not end.
fn begin(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let head = "POST /v1/sign-in HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    // Whatever was accepted before it is answered: this connection is open by now.
    let mut other = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    other.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    std::io::copy(&mut other, &mut std::io::sink()).unwrap();
    stream
}

/// Waits until a daemon takes nothing more.
fn refuses(address: &str) {
    let began = Instant::now();
    while TcpStream::connect(address.trim_start_matches("http://")).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(20), "it goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_daemon_that_is_told_twice_ends_at_once() {
    let place = scratch();
    let mut daemon = Daemon::start(&place.path().join("data"));
    let _under_way = begin(&daemon.address);
    daemon.signal("INT");
    refuses(&daemon.address);
    daemon.signal("INT");
    assert_eq!(daemon.ended().code(), Some(ENDED_AT_ONCE));
}

#[test]
fn a_story_that_is_told_twice_to_end_ends_at_once() {
    let place = scratch();
    let data = place.path().join("data");
    let said = place.path().join("said");
    let line = format!("{} demo --data {}", binary().display(), data.display());
    // On a terminal, as people run it: only there it goes on serving.
    let mut terminal = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &line])
        .arg(&said)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !std::fs::read_to_string(&said).unwrap_or_default().contains("Ctrl-C ends it") {
        assert!(began.elapsed() < Duration::from_secs(30), "the story does not end");
        assert!(terminal.try_wait().unwrap().is_none(), "the story ended the daemon");
        std::thread::sleep(Duration::from_millis(10));
    }
    let announced = std::fs::read_to_string(data.join("daemon.json")).unwrap();
    let announced: Value = serde_json::from_str(&announced).unwrap();
    let pid = u32::try_from(announced["pid"].as_u64().unwrap()).unwrap();
    let address = announced["address"].as_str().unwrap();
    let _under_way = begin(address);
    signal("INT", pid);
    refuses(address);
    signal("INT", pid);
    assert_eq!(terminal.wait().unwrap().code(), Some(ENDED_AT_ONCE));
}
