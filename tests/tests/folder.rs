//! The data folder: one daemon at a time, a full disk, an end in the middle of work.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Stdio};

use annona_tests::{Caller, Daemon, People, binary, form, run, scratch};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn the_second_daemon_on_a_folder_refuses_to_start_and_says_why() {
    let place = scratch();
    let folder = place.path().join("data");
    let daemon = Daemon::start(&folder);
    let second = run(&["serve", "--data", folder.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(4), "{said}");
    assert!(said.contains("in use by another annona"), "{said}");
    assert_eq!(daemon.anyone().get("/healthz").await.status.as_u16(), 200);
}

#[tokio::test]
async fn requests_under_way_are_answered_when_the_daemon_is_asked_to_end() {
    let place = scratch();
    let folder = place.path().join("data");
    let mut daemon = Daemon::start(&folder);
    let people = People::of(&daemon).await;
    let estimate = people.portal.upload(annona_tests::aside("end")).await.is(201).text("/id");
    let mut sending = Vec::new();
    for number in 0..64 {
        let portal = people.portal.clone();
        let body = json!({"programme": "urgent-surgery", "form": form(100 + number, &estimate)});
        sending.push(tokio::spawn(async move {
            let request = portal.request(Method::POST, "/v1/applications").json(&body);
            Caller::try_send(request).await
        }));
    }
    tokio::task::yield_now().await;
    assert!(daemon.terminate());
    let mut recorded = Vec::new();
    for sent in sending {
        // A connection that came too late is refused; one that was taken is answered.
        let Some(answer) = sent.await.unwrap() else { continue };
        assert!(
            !answer.status.is_server_error() || answer.status.as_u16() == 503,
            "{}",
            answer.json()
        );
        if answer.status.as_u16() == 201 {
            recorded.push(answer.text("/id"));
        }
    }
    let daemon = Daemon::start(&folder);
    let director = daemon.listed("person:daniel").await;
    for id in recorded {
        let _ = director.get(&format!("/v1/applications/{id}")).await.is(200);
    }
}

/// How large the disk is that becomes full.
const DISK: &str = "8m";
/// How much of it something else takes, in bytes, until there is to be room again.
const FILLER: usize = 3 << 20;

/// Returns a definition of 64 KB.
fn source(number: u32) -> String {
    format!(
        "format: 1\nprogramme: p{number}\ntitle: T\nroles: {{a: A}}\nform: {{name: {{label: N, type: text}}}}\n\
         stages: [{{stage: s, role: a, due: 1 day}}]\nreasons: {{reject: {{no: No}}}}\nkeep: 1 year\n# {}\n",
        "filling ".repeat(8_000)
    )
}

#[tokio::test]
async fn a_full_disk_is_said_and_what_was_answered_stays() {
    let place = scratch();
    let folder = place.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    // A disk of its own, seen by this daemon alone.
    let script = format!(
        "mount -t tmpfs -o size={DISK},mode=700 tmpfs \"$1\" && exec \"$0\" serve --data \"$1\" --listen 127.0.0.1:0"
    );
    let mut command = Command::new("unshare");
    command.args(["-rm", "bash", "-c", &script]).arg(binary()).arg(&folder);
    let inner = Inner::start(command, &folder).await;
    let admin = inner.anyone().bearing(&inner.token);
    let filler = inner.inside.join("filler");
    std::fs::write(&filler, vec![0; FILLER]).unwrap();
    let mut answered = 0_u32;
    let mut full = None;
    for number in 0..4_000_u32 {
        let request = admin.request(Method::POST, "/v1/programmes").body(source(number));
        let request = request.header("content-type", "application/yaml");
        let answer = Caller::try_send(request).await.unwrap();
        if answer.status.as_u16() != 201 {
            full = Some(answer);
            break;
        }
        answered += 1;
    }
    let full = full.unwrap();
    assert_eq!((full.status.as_u16(), full.code()), (503, "unavailable".into()), "{}", full.json());
    assert!(full.text("/detail").contains("disk is full"), "{}", full.json());
    // Once there is room again it goes on by itself.
    std::fs::remove_file(&filler).unwrap();
    let request = admin.request(Method::POST, "/v1/programmes").body(source(answered));
    let request = request.header("content-type", "application/yaml");
    let _ = Caller::try_send(request).await.unwrap().is(201);
    answered += 1;
    assert_eq!(admin.get("/readyz").await.status.as_u16(), 200);
    let listed = admin.get("/v1/programmes?limit=200").await.is(200).json();
    let count = listed["items"].as_array().unwrap().len();
    assert_eq!(count, usize::try_from(answered).unwrap().min(200));
}

/// A daemon whose folder only it sees: where it listens and its token are read through its process.
#[derive(Debug)]
struct Inner {
    process: std::process::Child,
    address: String,
    token: String,
    /// Its folder, as it can be reached from outside.
    inside: std::path::PathBuf,
}

impl Inner {
    async fn start(mut command: Command, folder: &std::path::Path) -> Self {
        let log = std::fs::File::create(folder.with_extension("log")).unwrap();
        let process = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let root = std::path::PathBuf::from(format!("/proc/{}/root", process.id()));
        let inside = root.join(folder.strip_prefix("/").unwrap());
        for _ in 0..3_000 {
            let text = std::fs::read_to_string(inside.join("daemon.json")).unwrap_or_default();
            let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(address) = json.pointer("/address").and_then(serde_json::Value::as_str) {
                let token = std::fs::read_to_string(inside.join("admin.token")).unwrap();
                let (address, token) = (address.to_owned(), token.trim().to_owned());
                return Self { process, address, token, inside };
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let said = std::fs::read_to_string(folder.with_extension("log")).unwrap();
        Self { process, address: said, token: String::new(), inside }
    }

    fn anyone(&self) -> Caller {
        assert!(self.address.starts_with("http"), "not ready: {}", self.address);
        Caller::new(&self.address)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
