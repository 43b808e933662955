//! A daemon's life, through the library: what it refuses to start on, and what it leaves.

use std::path::Path;

use annona_engine::id::Who;
use tokio::net::TcpListener;

use super::*;
use crate::config::{Smtp as SmtpSettings, SmtpTls};

fn config(data: &Path) -> Config {
    Config { data: data.to_owned(), listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() }
}

async fn start(data: &Path) -> Result<Daemon, String> {
    Daemon::start(&config(data)).await.map_err(|error| error.to_string())
}

/// Starts a daemon and stops it again.
async fn once(data: &Path) {
    let stop = CancellationToken::new();
    stop.cancel();
    start(data).await.unwrap().run(stop).await;
}

#[tokio::test]
async fn a_daemon_answers_until_it_is_stopped_and_leaves_nobody_waiting() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let daemon = start(&data).await.unwrap();
    assert!(daemon.is_first_start());
    assert_eq!(daemon.messages(), &Messages { mail: None, folder: data.join("messages") });
    let address = daemon.address().to_owned();
    let stop = CancellationToken::new();
    let running = tokio::spawn(daemon.run(stop.clone()));
    let ready = reqwest::get(format!("{address}/readyz")).await.unwrap();
    assert_eq!(ready.status(), 200);
    assert!(data.join("daemon.json").exists());
    stop.cancel();
    running.await.unwrap();
    assert!(!data.join("daemon.json").exists());
    assert!(reqwest::get(format!("{address}/readyz")).await.is_err());
    assert!(!start(&data).await.unwrap().is_first_start());
}

#[tokio::test]
async fn a_second_daemon_on_a_folder_is_refused_and_told_which_process_holds_it() {
    let place = tempfile::tempdir().unwrap();
    let first = start(place.path()).await.unwrap();
    let error = Daemon::start(&config(place.path())).await.unwrap_err();
    assert!(error.is_conflict());
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    start(place.path()).await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = other.local_addr().unwrap();
    let config = Config { listen, ..config(place.path()) };
    let error = Daemon::start(&config).await.unwrap_err();
    assert!(!error.is_conflict() && !error.is_of_settings());
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {listen}: another program uses this port: stop it, or choose another with --listen"
        )
    );
    drop(other);
    Daemon::start(&config).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = start(&file.join("data")).await.unwrap_err();
    assert!(error.starts_with("the data folder cannot be used: "), "{error}");
    assert!(error.contains("file/data"), "{error}");
}

#[tokio::test]
async fn without_its_master_key_a_folder_is_not_opened_and_no_other_key_is_made() {
    let place = tempfile::tempdir().unwrap();
    once(place.path()).await;
    std::fs::remove_file(place.path().join("master.key")).unwrap();
    let error = start(place.path()).await.unwrap_err();
    assert!(
        error.contains("master.key is missing") && error.ends_with("put the key back"),
        "{error}"
    );
    assert!(!place.path().join("master.key").exists());
}

#[tokio::test]
async fn a_database_that_is_none_is_refused() {
    let place = tempfile::tempdir().unwrap();
    once(place.path()).await;
    std::fs::write(place.path().join("annona.db"), vec![b'x'; 8_192]).unwrap();
    for rest in ["annona.db-wal", "annona.db-shm"] {
        let _ = std::fs::remove_file(place.path().join(rest));
    }
    let error = start(place.path()).await.unwrap_err();
    assert!(error.contains("annona.db: "), "{error}");
}

#[tokio::test]
async fn a_database_of_a_newer_annona_is_refused_with_what_to_do() {
    /// Where a file of SQLite holds its `user_version`, in big-endian.
    const USER_VERSION: std::ops::Range<usize> = 60..64;
    let place = tempfile::tempdir().unwrap();
    once(place.path()).await;
    let file = place.path().join("annona.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[USER_VERSION].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&file, bytes).unwrap();
    let error = start(place.path()).await.unwrap_err();
    assert!(error.contains("has schema 99") && error.ends_with("use a newer one"), "{error}");
}

#[tokio::test]
async fn a_mail_server_that_cannot_be_set_up_is_refused_before_the_port_opens() {
    let place = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let smtp = SmtpSettings {
        host: "mail.example.org".into(),
        port: 587,
        tls: SmtpTls::StartTls,
        login: Some(("relief".into(), place.path().join("no password"))),
        ca_file: None,
        from: "relief@example.org".parse().unwrap(),
        timeout: Duration::from_secs(1),
    };
    // The port is taken: whoever tried to open it would say that instead.
    let listen = taken.local_addr().unwrap();
    let config = Config { smtp: Some(smtp), listen, ..config(place.path()) };
    let error = Daemon::start(&config).await.unwrap_err();
    assert!(error.is_of_settings(), "{error}");
    assert!(error.to_string().contains("no password"), "{error}");
}

#[tokio::test]
async fn a_first_start_that_was_killed_anywhere_is_begun_again() {
    let whole = tempfile::tempdir().unwrap();
    once(whole.path()).await;
    let keys = std::fs::read_dir(whole.path().join("keys")).unwrap();
    let keys = keys.map(|key| format!("keys/{}", key.unwrap().file_name().to_string_lossy()));
    let signing: Vec<String> = keys.filter(|key| key != "keys/root.pem").collect();
    // In the order in which a first start writes them.
    let mut written = vec!["lock".to_owned(), "master.key".to_owned(), "root.pub".to_owned()];
    written.push("keys/root.pem".to_owned());
    written.extend(signing);
    written.push("trust-list.cbor".to_owned());
    for killed_after in 0..=written.len() {
        let place = tempfile::tempdir().unwrap();
        Folder::open(place.path()).unwrap();
        for file in &written[..killed_after] {
            std::fs::copy(whole.path().join(file), place.path().join(file)).unwrap();
        }
        // A token that no store knows: the start ended between the two.
        std::fs::write(place.path().join("admin.token"), "ann_old\n").unwrap();
        let daemon = start(place.path())
            .await
            .unwrap_or_else(|error| panic!("{written:?}[..{killed_after}]: {error}"));
        let text = std::fs::read_to_string(place.path().join("admin.token")).unwrap();
        let hash = crate::auth::hash(text.trim()).unwrap();
        let token = daemon.engine().store().token(hash).await.unwrap().unwrap();
        let owner = annona_engine::store::TokenOwner::Listed(Who::Person("admin".into()));
        assert_eq!(token.owner, owner);
        let stop = CancellationToken::new();
        stop.cancel();
        daemon.run(stop).await;
        once(place.path()).await;
    }
}

#[tokio::test]
async fn drafts_that_a_crash_left_are_gone_before_the_first_request() {
    let place = tempfile::tempdir().unwrap();
    once(place.path()).await;
    let draft = place.path().join("documents/.00000000-0000-0000-0000-000000000007.0011");
    std::fs::write(&draft, "half").unwrap();
    let _daemon = start(place.path()).await.unwrap();
    assert!(!draft.exists());
}

/// Begins an upload, waits until the daemon writes it, and returns what sends the rest and the answer to come.
async fn begin_upload(
    data: &Path,
    address: &str,
) -> (
    tokio::sync::mpsc::UnboundedSender<Vec<u8>>,
    tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>,
) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel::<Vec<u8>>();
    let parts = futures_util::stream::poll_fn(move |context| {
        receive.poll_recv(context).map(|part| part.map(Ok::<_, std::io::Error>))
    });
    let token = std::fs::read_to_string(data.join("admin.token")).unwrap();
    let request = reqwest::Client::new()
        .post(format!("{address}/v1/documents"))
        .bearer_auth(token.trim())
        .body(reqwest::Body::wrap_stream(parts));
    let answer = tokio::spawn(request.send());
    send.send(b"%PDF-1.7 begins".to_vec()).unwrap();
    while std::fs::read_dir(data.join("documents")).unwrap().count() == 0 {
        tokio::task::yield_now().await;
    }
    (send, answer)
}

#[tokio::test]
async fn a_request_under_way_is_finished_before_the_daemon_ends() {
    let place = tempfile::tempdir().unwrap();
    let daemon = start(place.path()).await.unwrap();
    let address = daemon.address().to_owned();
    let stop = CancellationToken::new();
    let running = tokio::spawn(daemon.run(stop.clone()));
    let (rest, answer) = begin_upload(place.path(), &address).await;
    stop.cancel();
    rest.send(b" and ends".to_vec()).unwrap();
    drop(rest);
    assert_eq!(answer.await.unwrap().unwrap().status(), 201);
    running.await.unwrap();
}

#[tokio::test]
async fn a_request_that_does_not_end_is_not_waited_for_for_ever_and_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    config.limits.stop_time = Duration::from_millis(20);
    let daemon = Daemon::start(&config).await.unwrap();
    let address = daemon.address().to_owned();
    let stop = CancellationToken::new();
    let running = tokio::spawn(daemon.run(stop.clone()));
    let (_rest, answer) = begin_upload(place.path(), &address).await;
    stop.cancel();
    running.await.unwrap();
    answer.abort();
    once(place.path()).await;
    assert_eq!(std::fs::read_dir(place.path().join("documents")).unwrap().count(), 0);
}
