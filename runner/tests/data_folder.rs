//! Commands that open a data folder themselves, by the real binary: `annona key` and `annona verify log`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use annona::folder::{Folder, Layout};
use annona::keyring::{Identity, Keyring};
use annona_definitions::programme::ProgrammeId;
use annona_engine::clock::{Clock as _, System};
use annona_engine::command::Submit;
use annona_engine::id::Who;
use annona_engine::roster::Roster;
use annona_engine::service::{Engine, Principal, Settings};
use annona_engine::store::{Sqlite, Store as _};
use serde_json::{Value, json};

/// What a command said, and its exit status.
struct Said {
    words: String,
    problems: String,
    status: i32,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.words).unwrap()
    }
}

fn annona(arguments: &[&str], data: &Path) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_annona"))
        .args(arguments)
        .env("ANNONA_DATA", data)
        .env_remove("ANNONA_CONFIG")
        .output()
        .unwrap();
    Said {
        words: String::from_utf8(output.stdout).unwrap(),
        problems: String::from_utf8(output.stderr).unwrap(),
        status: output.status.code().unwrap(),
    }
}

/// Makes a data folder with keys and returns it, held.
fn folder(data: &Path) -> (Folder, Keyring) {
    let folder = Folder::open(data).unwrap();
    let identity = Identity::new("annona", "http://127.0.0.1:7667");
    let keyring = Keyring::open(folder.layout(), &identity, System.now()).unwrap();
    (folder, keyring)
}

/// Writes one application into a folder and returns the bytes of its first event.
async fn one_application(data: &Path) -> Vec<u8> {
    let (folder, keyring) = folder(data);
    let master = folder.master_key(None).unwrap();
    let store = Sqlite::open(&folder.layout().database()).await.unwrap();
    let settings = Settings {
        issuer: "annona".into(),
        address: "http://127.0.0.1:7667".into(),
        status_list_size: 1 << 10,
    };
    let (clock, signer) = (Arc::new(System), keyring.signer().clone());
    let engine = Engine::start(Arc::new(store.clone()), clock, master, signer, settings).await;
    let engine = engine.unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let roster = std::fs::read(examples.join("roster.yaml")).unwrap();
    let roster: Roster = serde_yaml::from_slice(&roster).unwrap();
    engine.set_roster(&Who::Engine, roster).await.unwrap();
    let source = std::fs::read(examples.join("school-kit/programme.yaml")).unwrap();
    engine.deploy(&Who::Engine, &source).await.unwrap();
    let form = json!({"name": "Amina", "phone": "+256700123456", "child": 9, "cost": "60.00"});
    let submit = Submit { programme: ProgrammeId::recorded("school-kit"), form };
    let portal = Principal::Listed(Who::Person("portal".into()));
    let sent = engine.submit(&portal, submit, None).await.unwrap().application;
    let event = store.events(sent.id, 1).await.unwrap().remove(0);
    engine.stop().await;
    store.close().await;
    event.bytes
}

#[tokio::test]
async fn a_log_that_nobody_altered_has_no_difference_and_one_byte_is_named() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let event = one_application(&data).await;
    let good = annona(&["verify", "log"], &data);
    assert_eq!(good.words, "no difference: 1 application, 2 events, 1 definition checked\n");
    assert_eq!((good.status, good.problems.as_str()), (0, ""));
    // Beside a daemon: the folder is held, and the log is read all the same.
    let held = Folder::open(&data).unwrap();
    let json = annona(&["verify", "log", "--json"], &data);
    assert_eq!((json.status, &json.json()["events"]), (0, &2.into()));
    drop(held);

    let file = Layout::new(&data).database();
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(event.len()).position(|window| window == event).unwrap();
    bytes[at + event.len() - 1] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let altered = annona(&["verify", "log"], &data);
    assert_eq!(altered.status, 1);
    let end = ", event 1: its bytes do not match its digest\n";
    assert!(altered.words.starts_with("a difference: application "), "{}", altered.words);
    assert!(altered.words.ends_with(end), "{}", altered.words);
    let json = annona(&["verify", "log", "--json"], &data);
    assert_eq!((json.status, &json.json()["event"]), (1, &1.into()));
}

#[test]
fn a_folder_without_a_database_or_its_key_cannot_be_verified() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let none = annona(&["verify", "log"], &data);
    assert_eq!(none.status, 3);
    assert!(none.problems.starts_with("there is no database "), "{}", none.problems);
    let (folder, _) = folder(&data);
    std::fs::write(folder.layout().database(), b"").unwrap();
    let lost = annona(&["verify", "log"], &data);
    assert_eq!(lost.status, 3);
    assert!(lost.problems.contains("the master key "), "{}", lost.problems);
    assert!(!folder.layout().master_key().exists(), "a key was made");
    folder_key(&folder);
    let empty = annona(&["verify", "log"], &data);
    assert_eq!(empty.status, 3);
    assert!(empty.problems.contains("start the daemon once"), "{}", empty.problems);
}

/// Makes the folder's master key, as a first start does.
fn folder_key(folder: &Folder) {
    let database = folder.layout().database();
    std::fs::remove_file(&database).unwrap();
    folder.master_key(None).unwrap();
    std::fs::write(&database, b"").unwrap();
}

#[test]
fn a_key_pair_is_written_once_for_its_owner_alone() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("root.pem");
    let out = file.to_str().unwrap();
    let made = annona(&["key", "new", "--out", out, "--json"], place.path());
    assert_eq!((made.status, made.json()["public"].as_str().unwrap().len()), (0, 64));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let private = std::fs::read_to_string(&file).unwrap();
    assert!(private.starts_with("-----BEGIN PRIVATE KEY-----"));
    let again = annona(&["key", "new", "--out", out], place.path());
    assert_eq!((again.status, again.words.as_str()), (4, ""));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), private);
}

#[test]
fn a_rotation_waits_for_the_daemon_to_stop_and_the_new_key_signs() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let none = annona(&["key", "list"], &data);
    assert_eq!(none.status, 3);
    assert_eq!(annona(&["key", "rotate"], &data).status, 3);
    assert!(!data.exists(), "a folder was made");
    let (held, keyring) = folder(&data);
    let refused = annona(&["key", "rotate"], &data);
    assert_eq!(refused.status, 4);
    assert!(refused.problems.contains("is in use by another annona"), "{}", refused.problems);
    assert!(refused.problems.contains("stop every daemon that uses these keys, rotate"));
    drop(held);
    let rotated = annona(&["key", "rotate", "--json"], &data);
    assert_eq!(rotated.status, 0);
    let list = annona(&["key", "list", "--json"], &data).json();
    assert_eq!(list["version"], 2);
    let keys: Vec<(&str, bool)> = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (key["kid"].as_str().unwrap(), key["signs"].as_bool().unwrap()))
        .collect();
    let (old, new) = (keyring.signer().id().to_string(), rotated.json());
    assert_eq!(keys, [(old.as_str(), false), (new["kid"].as_str().unwrap(), true)]);
    let words = annona(&["key", "list"], &data).words;
    assert!(words.contains(&format!("{}, signs now", new["kid"].as_str().unwrap())), "{words}");
}

#[test]
fn a_root_key_that_is_kept_elsewhere_is_asked_for() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let away = place.path().join("root.pem");
    let (held, _) = folder(&data);
    std::fs::rename(held.layout().root_key(), &away).unwrap();
    drop(held);
    let refused = annona(&["key", "rotate"], &data);
    assert_eq!(refused.status, 4);
    assert!(refused.problems.contains("--root"), "{}", refused.problems);
    let rotated = annona(&["key", "rotate", "--root", away.to_str().unwrap()], &data);
    assert_eq!(rotated.status, 0, "{}", rotated.problems);
}
