//! What is due is done once, whichever daemon does it, and taken over from one that was killed over it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use annona_tests::{Caller, Cluster, Daemon, Office};
use reqwest::Method;
use serde_json::json;

use super::until;

/// How many applications are sent.
const APPLICATIONS: usize = 40;
/// The longest time until what a dead daemon had taken is delivered.
const TAKEN_OVER: Duration = Duration::from_secs(20);

/// A programme whose timer fires after the shortest time that there is.
const QUICK: &str = r#"
format: 1
programme: quick
title: Quick
languages: [en]
roles: {clerk: Clerk, chief: Chief}
form:
  name: {label: Name, type: text, personal: true}
  email: {label: E-mail, type: email, personal: true}
stages:
  - {stage: review, role: clerk, due: 1 minute, if_late: [{after: 1 minute, do: escalate, to: chief}]}
reasons: {reject: {no: No}}
notify:
  submitted: {to: applicant, by: [email], en: "Received {reference}."}
  escalated: {by: [email], en: "{reference} waits."}
keep: 1 year
"#;

/// A mail server that takes connections and never says a word.
#[derive(Debug)]
struct Silent {
    port: u16,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Silent {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let held = Arc::new(Mutex::new(Vec::new()));
        let keeping = Arc::clone(&held);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                keeping.lock().unwrap().push(connection);
            }
        });
        Self { port, held }
    }

    fn connections(&self) -> usize {
        self.held.lock().unwrap().len()
    }

    /// Returns whether no connection brought a message.
    fn heard_nothing(&self) -> bool {
        self.held.lock().unwrap().iter_mut().all(|connection| {
            connection.set_nonblocking(true).unwrap();
            !matches!(connection.read(&mut [0; 64]), Ok(count) if count > 0)
        })
    }
}

/// Returns how often a message of each id was written in these folders, where it has these words.
fn messages(folders: &[&Path], words: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for folder in folders {
        for file in std::fs::read_dir(folder.join("messages")).unwrap() {
            let path = file.unwrap().path();
            let is_message = path.extension().is_some_and(|ending| ending == "eml");
            // A message is linked into its place whole, and its draft removed.
            if is_message && std::fs::read_to_string(&path).is_ok_and(|text| text.contains(words)) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                *found.entry(name).or_default() += 1;
            }
        }
    }
    found
}

async fn prepare(office: &Office) -> Caller {
    let request = office.admin(0).request(Method::POST, "/v1/programmes");
    let request = request.header("content-type", "application/yaml").body(QUICK);
    let _ = Caller::try_send(request).await.unwrap().is(201);
    let roster = json!({"people": [
        {"id": "admin", "name": "Administrator", "holds": [{"role": "administrator"}]},
        {"id": "clara", "name": "Clara", "email": "clara@example.org", "languages": ["en"],
            "holds": [{"programme": "quick", "role": "chief"}]},
        {"id": "portal", "name": "Portal", "holds": [{"role": "intake"}]},
    ], "providers": []});
    let request = office.admin(1).request(Method::PUT, "/v1/roster");
    let request = request.header("content-type", "application/yaml").body(roster.to_string());
    let _ = Caller::try_send(request).await.unwrap().is(200);
    office.first().listed("person:portal").await
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_timers_are_done_once_and_taken_over_from_a_daemon_that_is_killed() {
    let cluster = Cluster::start();
    let office = Office::open(&cluster.create("aid"), 2);
    let portal = prepare(&office).await;
    let mail = Silent::start();
    let smtp = format!(
        "smtp.host = '127.0.0.1'\nsmtp.port = {}\nsmtp.tls = 'none'\nsmtp.from = 'Aid <aid@example.org>'\n",
        mail.port
    );
    let mut doomed: Daemon = office.start("doomed", &smtp);
    let addresses = [office.address(0), office.address(1), doomed.address.clone()];
    let mut ids = Vec::new();
    for number in 0..APPLICATIONS {
        let at = portal.at(&addresses[number % 3]);
        let form = json!({"name": "Amina", "email": format!("amina{number}@example.org")});
        let sent = at.post("/v1/applications", &json!({"programme": "quick", "form": form})).await;
        ids.push(sent.is(201).text("/id"));
    }
    let sent = Instant::now();
    until("the doomed daemon has taken a message", TAKEN_OVER, || mail.connections() > 0);
    doomed.kill();
    let folders = [&*office.daemons[0].folder, &*office.daemons[1].folder];
    let time = until("every message is delivered", TAKEN_OVER, || {
        messages(&folders, "Received").len() == APPLICATIONS
    });
    assert!(mail.heard_nothing());

    // The timers are due one minute after the applications came.
    let rest = Duration::from_secs(75).saturating_sub(sent.elapsed());
    until("every escalation is delivered", rest + TAKEN_OVER, || {
        messages(&folders, "waits").len() == APPLICATIONS
    });
    std::thread::sleep(Duration::from_secs(1));
    for words in ["Received", "waits"] {
        let found = messages(&folders, words);
        assert_eq!(found.len(), APPLICATIONS);
        assert!(found.values().all(|count| *count == 1), "sent twice: {found:?}, after {time:?}");
    }
    for (place, id) in ids.iter().enumerate() {
        let history = format!("/v1/applications/{id}/history?limit=200");
        let events = portal.at(&addresses[place % 2]).get(&history).await.is(200).json();
        let events = events["items"].as_array().unwrap();
        let escalations = events.iter().filter(|event| event["type"] == "escalated").count();
        assert_eq!(escalations, 1, "{id}");
    }
}
