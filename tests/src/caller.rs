//! Somebody with a token, who asks a daemon.

use std::sync::Once;

use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Somebody who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    http: reqwest::Client,
    address: String,
    token: Option<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its body.
    pub bytes: Vec<u8>,
}

impl Caller {
    /// Returns somebody without a token.
    #[must_use]
    pub fn new(address: &str) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Another test of this process may have set it.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, address: address.to_owned(), token: None }
    }

    /// Returns the same daemon's caller with a token.
    #[must_use]
    pub fn bearing(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Returns the same person at another daemon.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    /// Returns the token, of somebody who has one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Begins a request, for what the methods below do not send.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request; a daemon that is gone is `None`.
    pub async fn try_send(request: reqwest::RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        let status = response.status();
        let etag = response.headers().get("etag").map(|it| it.to_str().unwrap().to_owned());
        let bytes = response.bytes().await.ok()?.to_vec();
        Some(Answer { status, etag, bytes })
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        Self::try_send(self.request(Method::GET, path)).await.unwrap()
    }

    /// Sends a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Self::try_send(self.request(Method::POST, path).json(body)).await.unwrap()
    }

    /// Decides a task, by the version given or the one that stands.
    pub async fn decide(&self, task: &str, body: &Value) -> Answer {
        let read = self.get(&format!("/v1/tasks/{task}")).await;
        let etag = read.etag.clone().unwrap_or_default();
        self.decide_seen(task, &etag, body).await
    }

    /// Decides a task by a version that was seen.
    pub async fn decide_seen(&self, task: &str, etag: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, &format!("/v1/tasks/{task}/decision"));
        Self::try_send(request.header("if-match", etag).json(body)).await.unwrap()
    }

    /// Uploads a document.
    pub async fn upload(&self, bytes: Vec<u8>) -> Answer {
        let request = self.request(Method::POST, "/v1/documents");
        Self::try_send(request.header("content-type", "application/octet-stream").body(bytes))
            .await
            .unwrap()
    }
}

impl Answer {
    /// Returns the body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&self.bytes).into_owned()))
    }

    /// Returns a text of the body by its JSON pointer.
    #[must_use]
    pub fn text(&self, pointer: &str) -> String {
        let json = self.json();
        match json.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    /// Returns the code of a problem.
    #[must_use]
    pub fn code(&self) -> String {
        self.text("/code")
    }

    /// Returns the answer if it has this status.
    ///
    /// # Panics
    ///
    /// Panics with the body if it has another.
    #[must_use]
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }
}
