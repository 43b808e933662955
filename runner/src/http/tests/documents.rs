//! Documents through the router: what is taken, what lies on the disk, who gets it back.

use std::path::PathBuf;

use annona_engine::command::Action;
use annona_engine::id::ApplicationId;
use annona_engine::recorded::Hash;
use annona_engine::service::Principal;
use annona_engine::store::{Record, Token, TokenOwner};
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::super::App;
use super::super::problem::Problem;
use super::world::{Answer, World, example};
use crate::auth::Secret;
use crate::config::Limits;
use crate::documents::{Documents, UploadError};

/// The document that applications name.
fn sample() -> Vec<u8> {
    example("urgent-surgery/sample.pdf")
}

impl World {
    async fn upload(&self, token: &str, bytes: Vec<u8>) -> Answer {
        let asking = self.ask("POST", "/v1/documents").bearing(token);
        asking.body("application/octet-stream", bytes).send().await
    }

    async fn upload_once(&self, token: &str, key: &str, bytes: Vec<u8>) -> Answer {
        let asking = self.ask("POST", "/v1/documents").bearing(token);
        asking.header("idempotency-key", key).body("application/pdf", bytes).send().await
    }

    async fn download(&self, token: &str, id: &str) -> Answer {
        self.ask("GET", &format!("/v1/documents/{id}")).bearing(token).send().await
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("data/documents")
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder()).unwrap().count()
    }

    /// Returns a session of whoever is reached by this phone.
    async fn session(&self, phone: &str) -> String {
        let secret = Secret::mint().unwrap();
        let phone = annona_definitions::value::Value::Text(phone.to_owned());
        let phone = annona_definitions::form::normalised(&phone);
        let contact = self.engine.master().hash("phone", &phone);
        let token = Token {
            id: uuid::Uuid::new_v4(),
            hash: secret.hash(),
            owner: TokenOwner::Applicant { programme: "urgent-surgery".into(), contact },
            label: String::new(),
            created_at: self.engine.now(),
            expires_at: None,
        };
        self.engine.record(Record::AddToken(token)).await.unwrap();
        secret.text().to_owned()
    }

    /// Sends the example application with a document of the portal's.
    async fn submit(&self, document: &str) -> ApplicationId {
        let id = annona_definitions::programme::ProgrammeId::recorded("urgent-surgery");
        let programme = self.engine.newest(&id).await.unwrap().unwrap();
        let mut form = programme.examples["amina"].clone();
        form["estimate"] = json!(document);
        let portal = Principal::Listed(annona_engine::id::Who::Person("portal".into()));
        let submit = annona_engine::command::Submit { programme: id, form };
        self.engine.submit(&portal, submit, None).await.unwrap().application.id
    }
}

/// Returns the id of an uploaded document.
fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_document_is_taken_and_its_bytes_lie_nowhere_in_the_folder() {
    let world = World::new().await;
    let portal = world.token("person:portal").await;
    let answer = world.upload(&portal, sample()).await;
    let document = id(&answer);
    assert_eq!(answer.headers["location"], format!("/v1/documents/{document}"));
    assert_eq!(answer.json()["sha256"], Hash::of(&sample()).to_string());
    assert_eq!(answer.json()["size"], sample().len());
    assert_eq!(answer.json()["type"], "application/pdf");
    let mut folders = vec![world.place.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                assert!(!bytes.windows(8).any(|window| window == &sample()[..8]), "{path:?}");
            }
        }
    }
    let back = world.download(&portal, &document).await;
    assert_eq!(back.bytes, sample());
    assert_eq!(back.headers["content-type"], "application/pdf");
    assert_eq!(back.headers["content-length"], sample().len().to_string());
    assert_eq!(
        back.headers["content-disposition"],
        format!("attachment; filename=\"{document}.pdf\"")
    );
}

#[tokio::test]
async fn what_is_too_large_or_of_no_known_type_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let limits = Limits { upload_bytes: 1_000, ..Limits::default() };
    let documents = Documents::new(world.folder());
    let keyring = std::sync::Arc::clone(&world.app.0.keyring);
    let app = App::new(world.engine.clone(), documents, keyring, limits);
    let world = World { app, ..world };
    let portal = world.token("person:portal").await;
    let mut large = b"%PDF-1.7".to_vec();
    large.resize(1_001, 0);
    let refused = world.upload(&portal, large.clone()).await;
    assert_eq!((refused.status, &*refused.code()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    assert_eq!(refused.json()["detail"], "a document has at most 1000 bytes");
    let asking = world.ask("POST", "/v1/documents").bearing(&portal);
    let announced = asking.header("content-length", "1001").body("application/pdf", vec![]);
    assert_eq!(announced.send().await.code(), "too_large");
    for (name, bytes) in [
        ("a program", b"MZ\x90\x00\x03\x00\x00\x00%PDF-1.7".to_vec()),
        ("a page", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("nothing", Vec::new()),
    ] {
        let refused = world.upload(&portal, bytes).await;
        assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{name}");
        assert_eq!(refused.code(), "unsupported_media_type", "{name}");
    }
    large.truncate(1_000);
    id(&world.upload(&portal, large).await);
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn an_upload_without_a_token_is_refused() {
    let world = World::new().await;
    let refused = world.ask("POST", "/v1/documents").body("application/pdf", sample()).send().await;
    assert_eq!(refused.code(), "unauthenticated");
    assert_eq!(world.files(), 0);
}

#[tokio::test]
async fn a_document_is_its_uploaders_and_then_the_applicants_and_the_officers_who_works_it() {
    let world = World::new().await;
    let portal = world.token("person:portal").await;
    let ama = world.token("person:ama").await;
    let grace = world.token("person:grace").await;
    let amina = world.session("+256700000001").await;
    let stranger = world.session("+256700000099").await;
    let document = id(&world.upload(&portal, sample()).await);
    let opens = async |token: &str| world.download(token, &document).await.status.is_success();
    for (token, may) in [(&portal, true), (&ama, false), (&amina, false)] {
        assert_eq!(opens(token).await, may);
    }
    let application = world.submit(&document).await;
    for (token, may) in [(&portal, false), (&ama, false), (&amina, true), (&stranger, false)] {
        assert_eq!(opens(token).await, may);
    }
    let officer = Principal::Listed(annona_engine::id::Who::Person("ama".into()));
    world.engine.handle(&officer, application, Action::Claim { task: 1 }, None).await.unwrap();
    for (token, may) in [(&ama, true), (&grace, false), (&amina, true)] {
        assert_eq!(opens(token).await, may);
    }
    let refused = world.download(&grace, &document).await;
    assert_eq!((refused.status, &*refused.code()), (StatusCode::NOT_FOUND, "not_found"));
    assert_eq!(world.download(&ama, "0199").await.code(), "not_found");
}

#[tokio::test]
async fn an_upload_with_a_key_is_done_once() {
    let world = World::new().await;
    let portal = world.token("person:portal").await;
    let ama = world.token("person:ama").await;
    let first = id(&world.upload_once(&portal, "estimate", sample()).await);
    assert_eq!(id(&world.upload_once(&portal, "estimate", sample()).await), first);
    assert_eq!(world.files(), 1);
    let mut other = sample();
    other.push(b' ');
    let refused = world.upload_once(&portal, "estimate", other).await;
    assert_eq!(refused.code(), "idempotency_mismatch");
    assert_ne!(id(&world.upload_once(&portal, "another", sample()).await), first);
    assert_ne!(id(&world.upload_once(&ama, "estimate", sample()).await), first);
    assert_ne!(id(&world.upload(&portal, sample()).await), first);
    assert_eq!(world.files(), 4);
}

#[tokio::test]
async fn one_key_twice_at_once_is_in_flight() {
    let world = World::new().await;
    let portal = world.token("person:portal").await;
    let first = id(&world.upload_once(&portal, "estimate", sample()).await);
    let claim = world.app.0.documents.claim(first.parse().unwrap()).unwrap();
    let second = world.upload_once(&portal, "estimate", sample()).await;
    assert_eq!(second.code(), "idempotency_in_flight");
    drop(claim);
}

#[tokio::test]
async fn an_altered_document_is_not_answered() {
    let world = World::new().await;
    let portal = world.token("person:portal").await;
    let document = id(&world.upload(&portal, sample()).await);
    let file = std::fs::read_dir(world.folder()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(world.download(&portal, &document).await.code(), "internal");
}

#[tokio::test]
async fn what_nothing_refers_to_is_forgotten_and_the_rest_is_kept() {
    let world = World::new().await;
    let portal = world.token("person:portal").await;
    let used = id(&world.upload(&portal, sample()).await);
    let unused = id(&world.upload(&portal, sample()).await);
    world.submit(&used).await;
    let documents = &world.app.0.documents;
    let long_ago = format!("{}.00", uuid::Uuid::from_u128(7));
    std::fs::write(world.folder().join(long_ago), "without a record").unwrap();
    assert_eq!(documents.sweep(&world.engine).await.unwrap(), 1);
    assert_eq!(world.files(), 2);

    let later = world.engine.now() + SignedDuration::from_secs(1);
    assert_eq!(documents.forget(&world.engine, later).await.unwrap(), 1);
    assert_eq!(world.download(&portal, &unused).await.code(), "not_found");
    assert_eq!(documents.sweep(&world.engine).await.unwrap(), 0);
    assert_eq!(world.files(), 1);
}

#[test]
fn a_full_disk_is_the_daemons_trouble_and_may_be_over_soon() {
    let problem = Problem::from(UploadError::Full);
    assert_eq!((problem.status, problem.code), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert_eq!(problem.retry_after, Some(std::time::Duration::from_secs(30)));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_a_failure_of_the_daemon() {
    let world = World::new().await;
    let portal = world.token("person:portal").await;
    std::fs::remove_dir_all(world.folder()).unwrap();
    let failed = world.upload(&portal, sample()).await;
    assert_eq!(failed.code(), "internal");
    assert!(!failed.json()["detail"].as_str().unwrap().contains("data"));
}
