//! A daemon without a network: the examples deployed, their roster, and a token for everybody in it.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use annona_engine::clock::Still;
use annona_engine::id::Who;
use annona_engine::roster::Roster;
use annona_engine::service::{Engine, Settings};
use annona_engine::store::{Memory, Record, Token, TokenOwner};
use annona_engine::vault::MasterKey;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use super::super::{App, openapi, router};
use crate::auth::Secret;
use crate::config::Limits;
use crate::documents::Documents;
use crate::folder::Folder;
use crate::keyring::{Identity, Keyring};

/// Where the daemon says it is.
pub(super) const ADDRESS: &str = "https://aid.example";
/// Monday, nine o'clock in Kampala.
pub(super) const START: &str = "2026-03-02T06:00:00Z";

/// A daemon.
#[derive(Debug)]
pub(super) struct World {
    pub(super) app: App,
    pub(super) engine: Engine,
    pub(super) clock: Arc<Still>,
    pub(super) place: tempfile::TempDir,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

/// A request in the making.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    world: &'a World,
    request: axum::http::request::Builder,
    body: Body,
}

/// Returns the parts of a daemon in a folder.
pub(super) async fn parts(place: &Path, clock: Arc<Still>) -> (Engine, Documents, Arc<Keyring>) {
    let folder = Folder::open(&place.join("data")).unwrap();
    let now = START.parse().unwrap();
    let keyring = Keyring::open(folder.layout(), &Identity::new("annona", ADDRESS), now).unwrap();
    let settings =
        Settings { issuer: "annona".into(), address: ADDRESS.into(), status_list_size: 1 << 10 };
    let engine = Engine::start(
        Arc::new(Memory::new()),
        clock,
        MasterKey::new([1; 32]),
        keyring.signer().clone(),
        settings,
    );
    let documents = Documents::new(folder.layout().documents());
    (engine.await.unwrap(), documents, Arc::new(keyring))
}

/// Returns a file of the examples.
pub(super) fn example(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path)).unwrap()
}

impl World {
    /// Starts a daemon in which the examples are deployed and the example roster stands.
    pub(super) async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let clock = Arc::new(Still::at(START.parse().unwrap()));
        let (engine, documents, keyring) = parts(place.path(), Arc::clone(&clock)).await;
        let roster: Roster = serde_yaml::from_slice(&example("roster.yaml")).unwrap();
        engine.set_roster(&Who::Engine, roster).await.unwrap();
        for name in ["urgent-surgery", "school-kit"] {
            let source = example(&format!("{name}/programme.yaml"));
            engine.deploy(&Who::Engine, &source).await.unwrap();
        }
        let app = App::new(engine.clone(), documents, keyring, Limits::default());
        Self { app, engine, clock, place }
    }

    /// Returns a new token of a person or provider of the roster: `person:grace`, `provider:mulago`.
    pub(super) async fn token(&self, who: &str) -> String {
        let secret = Secret::mint().unwrap();
        let token = Token {
            id: uuid::Uuid::new_v4(),
            hash: secret.hash(),
            owner: TokenOwner::Listed(who.parse().unwrap()),
            label: "test".into(),
            created_at: self.engine.now(),
            expires_at: None,
        };
        self.engine.record(Record::AddToken(token)).await.unwrap();
        secret.text().to_owned()
    }

    /// Begins a request without a token.
    pub(super) fn ask(&self, method: &str, path: &str) -> Asking<'_> {
        let request = Request::builder().method(method).uri(path);
        Asking { world: self, request, body: Body::empty() }
    }
}

impl Asking<'_> {
    /// Adds a token.
    pub(super) fn bearing(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Adds a JSON body.
    pub(super) fn json(mut self, body: &Value) -> Self {
        self.body = Body::from(body.to_string());
        self.header("content-type", "application/json")
    }

    /// Adds a body of another kind.
    pub(super) fn body(mut self, media_type: &str, body: Vec<u8>) -> Self {
        self.body = Body::from(body);
        self.header("content-type", media_type)
    }

    /// Sends it.
    pub(super) async fn send(self) -> Answer {
        let request = self.request.body(self.body).unwrap();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = router(self.world.app.clone()).oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        assert!(is_described(&method, &path, status), "{method} {path} is answered {status}");
        let bytes = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
        Answer { status, headers, bytes: bytes.to_vec() }
    }
}

impl Answer {
    /// Returns the body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// Returns the code of a problem.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

/// Returns whether the description of the API has this answer.
fn is_described(method: &Method, path: &str, status: StatusCode) -> bool {
    static DESCRIPTION: LazyLock<Value> =
        LazyLock::new(|| serde_json::to_value(openapi::description()).unwrap());
    let segments: Vec<&str> = path.split('/').collect();
    let is_for = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        let alike = |(one, other): (&&str, &&str)| one == other || one.starts_with('{');
        template.len() == segments.len() && template.iter().zip(&segments).all(alike)
    };
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    // An address of its own comes before one with an id in its place.
    let exact = paths.get(path);
    let mut templates = paths.iter().filter(|(template, _)| is_for(template)).map(|(_, it)| it);
    let Some(path) = exact.or_else(|| templates.next()) else {
        return status == StatusCode::NOT_FOUND;
    };
    match path.get(method.as_str().to_lowercase()) {
        Some(operation) => operation["responses"].get(status.as_str()).is_some(),
        None => status == StatusCode::METHOD_NOT_ALLOWED,
    }
}
